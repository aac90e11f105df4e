//! Registering applications and turning the ring of keys over the API.

use serde_json::{Value, json};

use crate::door::{Answer, Door, PASSWORD};

const LIST: &str = "/api/v1/admin/applications";
const KEYS: &str = "/api/v1/admin/signing-keys";
const NOBODY: &str = "00000000-0000-7000-8000-000000000000";

/// A door, and what a superuser's program sends.
async fn with_root() -> (Door, String) {
    let door = Door::new().await;
    let bearer = door.superuser().await.remove(0).1;
    (door, bearer)
}

fn is(answer: &Answer, status: u16, code: &str) {
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (status, code),
        "{}",
        answer.text
    );
}

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_application_from_its_beginning_to_its_end() {
    let (door, bearer) = with_root().await;
    let staff = [("authorization", bearer.as_str())];
    let command = json!({
        "name": "Shop", "client_id": "shop", "kind": "confidential", "origins": ["https://shop.example.org"],
        "profile": {"audience": ["http://127.0.0.1:3000"], "claims": [{"name": "shop.plan", "source": {"user": "attributes.plan"}}]},
    });
    let created = door.post(LIST, &command, &staff).await;
    assert_eq!(created.status, 201, "{}", created.text);
    let (application, secret) = (
        &created.json()["application"],
        &created.json()["secret"]["client_secret"],
    );
    let path = format!("{LIST}/{}", id(application));
    assert!(secret.as_str().unwrap().starts_with("cs_"));
    let shown = door.get(&path, &staff).await.json();
    assert_eq!(&shown, application);
    let listed = door
        .get(
            &format!("{LIST}?q=SHO&kind=confidential&enabled=true&sort=-created_at"),
            &staff,
        )
        .await;
    assert_eq!(listed.json()["items"][0]["client_id"], "shop");
    assert_eq!(listed.json()["total"], 1);

    // PATCH leaves the rest
    let changed = door.patch(&path, &json!({"name": "The shop"}), &staff).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    let mut expected = shown.clone();
    expected["name"] = json!("The shop");
    expected["updated_at"] = changed.json()["updated_at"].clone();
    assert_eq!(changed.json(), expected);
    let changed = door
        .patch(
            &path,
            &json!({"delivery": "cookie", "cookies": {"access": "at"}}),
            &staff,
        )
        .await
        .json();
    assert_eq!(
        (&changed["cookies"]["access"], &changed["cookies"]["refresh"]),
        (&json!("at"), &json!("refresh_token"))
    );
    assert_eq!(changed["profile"], shown["profile"]);

    let preview = door
        .post(&format!("{path}/preview"), &json!({"user": "root"}), &staff)
        .await;
    assert_eq!(preview.status, 200, "{}", preview.text);
    assert_eq!(preview.json()["access"]["client_id"], "shop");
    assert_eq!(preview.json()["access"]["shop"], json!({"plan": null}));
    let preview = door
        .post(&format!("{path}/preview"), &json!({"user": "nobody"}), &staff)
        .await;
    assert_eq!(preview.faults(), [("user".to_owned(), "invalid_choice".to_owned())]);

    // secrets: two at most, each shown once
    let second = door.post(&format!("{path}/secrets"), &json!({}), &staff).await;
    assert_eq!(second.status, 201);
    is(
        &door.post(&format!("{path}/secrets"), &json!({}), &staff).await,
        409,
        "state_conflict",
    );
    let gone = door
        .delete(&format!("{path}/secrets/{}", id(&second.json())), &staff)
        .await;
    assert_eq!(gone.status, 204, "{}", gone.text);
    is(
        &door
            .delete(&format!("{path}/secrets/{}", id(&second.json())), &staff)
            .await,
        404,
        "not_found",
    );

    assert_eq!(door.delete(&path, &staff).await.status, 204);
    is(&door.get(&path, &staff).await, 404, "not_found");
    is(&door.delete(&path, &staff).await, 404, "not_found");
}

#[tokio::test]
async fn secrets_are_shown_once_and_kept_nowhere() {
    let (door, bearer) = with_root().await;
    let staff = [("authorization", bearer.as_str())];
    let command =
        json!({"name": "Shop", "client_id": "shop", "kind": "confidential", "profile": {"algorithm": "HS256"}});
    let created = door.post(LIST, &command, &staff).await.json();
    let first = created["secret"]["client_secret"].as_str().unwrap().to_owned();
    let path = format!("{LIST}/{}", id(&created["application"]));
    let second = door.post(&format!("{path}/secrets"), &json!({}), &staff).await.json();
    let second = second["client_secret"].as_str().unwrap().to_owned();
    let key = door
        .post(KEYS, &json!({"algorithm": "HS256", "client_id": "shop"}), &staff)
        .await
        .json();
    let third = key["secret"].as_str().unwrap().to_owned();
    let mut seen = door.get(&path, &staff).await.text;
    seen += &door.get(LIST, &staff).await.text;
    seen += &door.get(KEYS, &staff).await.text;
    seen += &door.patch(&path, &json!({"name": "x"}), &staff).await.text;
    for table in [
        "event",
        "application",
        "application_secret",
        "crypto_key",
        "job",
        "flow_state",
    ] {
        seen += &door.test.dump(table).await.join("\n");
    }
    assert!(seen.contains("client_secret_created"), "the events are among it");
    for secret in [&first, &second, &third] {
        assert!(!seen.contains(secret.as_str()), "{secret} is kept in the clear");
    }
}

#[tokio::test]
async fn every_door_asks_for_its_permission() {
    let (door, bearer) = with_root().await;
    door.user("ana@example.org", Some("ana")).await;
    let ana = format!("Bearer {}", door.login("ana").await["access_token"].as_str().unwrap());
    let staff = [("authorization", bearer.as_str())];
    let shop = door
        .application(json!({"name": "Shop", "client_id": "shop", "kind": "confidential"}))
        .await;
    let one = format!("{LIST}/{}", shop.application.id);
    let key = door.get(KEYS, &staff).await.json()["items"][0].clone();
    let key = format!("{KEYS}/{}", id(&key));
    let send = async |method: &str, path: &str, headers: &[(&str, &str)]| match method {
        "GET" => door.get(path, headers).await,
        "POST" => door.post(path, &json!({}), headers).await,
        "PATCH" => door.patch(path, &json!({}), headers).await,
        _ => door.delete(path, headers).await,
    };
    let doors = [
        ("GET", LIST.to_owned(), "applications.view"),
        ("POST", LIST.to_owned(), "applications.manage"),
        ("GET", one.clone(), "applications.view"),
        ("PATCH", one.clone(), "applications.manage"),
        ("DELETE", one.clone(), "applications.manage"),
        ("POST", format!("{one}/preview"), "applications.view"),
        ("POST", format!("{one}/secrets"), "applications.manage"),
        ("DELETE", format!("{one}/secrets/{NOBODY}"), "applications.manage"),
        ("GET", KEYS.to_owned(), "settings.view"),
        ("POST", KEYS.to_owned(), "settings.manage"),
        ("POST", format!("{key}/activate"), "settings.manage"),
        ("DELETE", key.clone(), "settings.manage"),
    ];
    for (method, path, _) in &doors {
        is(&send(method, path, &[]).await, 401, "authentication_required");
        is(
            &send(method, path, &[("authorization", &ana)]).await,
            403,
            "permission_denied",
        );
    }
    // whoever may look may not change
    door.test.viewer("vera").await;
    let vera = door.login("vera").await;
    let vera = format!("Bearer {}", vera["access_token"].as_str().unwrap());
    for (method, path, permission) in &doors {
        let answer = send(method, path, &[("authorization", &vera)]).await;
        if permission.ends_with(".manage") {
            is(&answer, 403, "permission_denied");
        } else if path.ends_with("/preview") {
            is(&answer, 422, "validation_failed");
        } else {
            assert_eq!(answer.status, 200, "{method} {path}: {}", answer.text);
        }
    }
}

#[tokio::test]
async fn what_is_not_there_and_what_cannot_be() {
    let (door, bearer) = with_root().await;
    let staff = [("authorization", bearer.as_str())];
    for who in [NOBODY, "nonsense", "%00", "..%2f"] {
        is(&door.get(&format!("{LIST}/{who}"), &staff).await, 404, "not_found");
        is(
            &door.patch(&format!("{LIST}/{who}"), &json!({}), &staff).await,
            404,
            "not_found",
        );
        is(&door.delete(&format!("{LIST}/{who}"), &staff).await, 404, "not_found");
        is(
            &door.post(&format!("{LIST}/{who}/secrets"), &json!({}), &staff).await,
            404,
            "not_found",
        );
        is(
            &door
                .post(&format!("{LIST}/{who}/preview"), &json!({"user": "root"}), &staff)
                .await,
            404,
            "not_found",
        );
        is(
            &door.post(&format!("{KEYS}/{who}/activate"), &json!({}), &staff).await,
            404,
            "not_found",
        );
        is(&door.delete(&format!("{KEYS}/{who}"), &staff).await, 404, "not_found");
    }
    let built_in = door.get(&format!("{LIST}?q=sereno"), &staff).await.json()["items"][0].clone();
    let built_in = format!("{LIST}/{}", id(&built_in));
    is(&door.delete(&built_in, &staff).await, 409, "state_conflict");
    is(
        &door.post(&format!("{built_in}/secrets"), &json!({}), &staff).await,
        409,
        "state_conflict",
    );
    let off = door.patch(&built_in, &json!({"is_enabled": false}), &staff).await;
    assert_eq!(off.faults(), [("is_enabled".to_owned(), "invalid_choice".to_owned())]);
    let field = |field: &str, code: &str| vec![(field.to_owned(), code.to_owned())];
    for (command, expected) in [
        (json!({}), field("name", "blank")),
        (json!({"name": 7}), field("name", "invalid_type")),
        (json!({"name": "x", "surprise": 1}), field("surprise", "unknown_field")),
        (
            json!({"name": "x", "client_id": "sereno"}),
            field("client_id", "client_id_unique"),
        ),
        (json!({"name": "x", "kind": "secret"}), field("kind", "invalid_choice")),
        (
            json!({"name": "x", "delivery": "pigeon"}),
            field("delivery", "invalid_choice"),
        ),
        (
            json!({"name": "x", "grants": ["everything"]}),
            field("grants.0", "invalid_choice"),
        ),
        (
            json!({"name": "x", "profile": {"algorithm": "none"}}),
            field("profile.algorithm", "invalid_choice"),
        ),
        (
            json!({"name": "x", "profile": {"claims": [{"name": "exp", "source": "roles"}]}}),
            field("profile.claims.0.name", "invalid_choice"),
        ),
        (
            json!({"name": "x", "origins": ["https://a.example/path"]}),
            field("origins.0", "invalid_url"),
        ),
        (
            json!({"name": "x", "redirect_uris": ["http://a.example/"]}),
            field("redirect_uris.0", "invalid_url"),
        ),
        (
            json!({"name": "x", "delivery": "cookie", "cookies": {"path": "no"}}),
            field("cookies.path", "invalid_characters"),
        ),
    ] {
        let answer = door.post(LIST, &command, &staff).await;
        is(&answer, 422, "validation_failed");
        assert_eq!(answer.faults(), expected, "{command}");
    }
    for query in [
        "limit=0",
        "limit=x",
        "kind=x",
        "enabled=maybe",
        "sort=colour",
        "cursor=x",
        "surprise=1",
    ] {
        let answer = door.get(&format!("{LIST}?{query}"), &staff).await;
        assert_eq!(answer.status, 422, "{query}: {}", answer.text);
    }
}

#[tokio::test]
async fn the_ring_of_keys_is_turned_by_hand() {
    let (door, bearer) = with_root().await;
    let staff = [("authorization", bearer.as_str())];
    let old = door.get(KEYS, &staff).await.json()["items"][0].clone();
    assert_eq!(old["state"], "active");
    is(
        &door.delete(&format!("{KEYS}/{}", id(&old)), &staff).await,
        409,
        "state_conflict",
    );
    is(
        &door
            .post(&format!("{KEYS}/{}/activate", id(&old)), &json!({}), &staff)
            .await,
        409,
        "state_conflict",
    );
    let made = door.post(KEYS, &json!({"algorithm": "EdDSA"}), &staff).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let new = made.json()["key"].clone();
    assert_eq!(
        (&new["state"], &made.json()["secret"]),
        (&json!("waiting"), &json!(null))
    );
    let published = door.get("/.well-known/jwks.json", &[]).await.text;
    assert!(
        published.contains(new["kid"].as_str().unwrap()),
        "published before it signs"
    );
    let before = door.login("root").await;
    let active = door
        .post(&format!("{KEYS}/{}/activate", id(&new)), &json!({}), &staff)
        .await;
    assert_eq!(active.json()["state"], "active", "{}", active.text);
    let me = async |tokens: &Value| {
        let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
        door.get("/api/v1/me", &[("authorization", &bearer)])
            .await
            .status
            .as_u16()
    };
    assert_eq!(me(&before).await, 200, "what the old one signed is good to its end");
    let after = door.login("root").await;
    assert_eq!(me(&after).await, 200);
    let staff = format!("Bearer {}", after["access_token"].as_str().unwrap());
    let staff = [("authorization", staff.as_str())];
    assert_eq!(door.delete(&format!("{KEYS}/{}", id(&old)), &staff).await.status, 204);
    assert_eq!(me(&before).await, 401, "nobody knows its key any more");
    assert_eq!(me(&after).await, 200);
    for (command, field, code) in [
        (json!({"algorithm": "HS256"}), "client_id", "blank"),
        (json!({"client_id": "nobody"}), "client_id", "invalid_choice"),
        (json!({"secret": "x".repeat(40)}), "secret", "invalid_choice"),
        (
            json!({"algorithm": "HS256", "client_id": "sereno", "secret": "short"}),
            "secret",
            "too_short",
        ),
    ] {
        let answer = door.post(KEYS, &command, &staff).await;
        assert_eq!(answer.faults(), [(field.to_owned(), code.to_owned())], "{command}");
    }
    assert_eq!(
        door.post(
            "/api/v1/login",
            &json!({"identifier": "root", "password": PASSWORD}),
            &[]
        )
        .await
        .status,
        200
    );
}

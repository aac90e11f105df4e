//! Signing in through others over the API: by what a client posts, in all six deliveries; identities; providers for staff.

use serde_json::{Value, json};
use sereno_core::testing::{FakeProvider, Says};
use sereno_types::SocialKind;

use crate::door::Door;

async fn door() -> (Door, FakeProvider) {
    let door = Door::with(|config| config.social.timeout.0 = 1).await;
    let provider = FakeProvider::start(&door.test).await;
    provider.set_up(&door.test, provider.settings(SocialKind::Oidc)).await;
    (door, provider)
}

fn posted(provider: &FakeProvider) -> Value {
    json!({"id_token": provider.id_token(&json!({}))})
}

#[tokio::test]
async fn a_sign_in_is_delivered_as_the_application_says() {
    let (door, provider) = door().await;
    for (delivery, body, cookies) in [
        ("json", &["access_token", "refresh_token"][..], &[][..]),
        (
            "refresh_cookie",
            &["access_token", "csrf_token"][..],
            &["refresh_token="][..],
        ),
        ("cookie", &["csrf_token"][..], &["access_token=", "refresh_token="][..]),
        ("split_cookie", &["csrf_token"][..], &["access_token="][..]),
        ("session", &["csrf_token"][..], &["sid="][..]),
        ("key", &["key"][..], &[][..]),
    ] {
        door.application(json!({"name": delivery, "client_id": delivery, "delivery": delivery, "origins": ["https://shop.example.org"]}))
            .await;
        let mut command = posted(&provider);
        command["client_id"] = json!(delivery);
        command["device"] = json!({"uuid": "6f1b1c9e-3c66-4b6e-9d5c-0a1b2c3d4e5f", "name": "Phone"});
        let answer = door.post("/api/v1/social/oidc", &command, &[]).await;
        assert_eq!(answer.status, 200, "{delivery}: {}", answer.text);
        let said = answer.json();
        assert_eq!(said["user"]["email"], "ana@example.org");
        assert_eq!(said["device_uuid"], "6f1b1c9e-3c66-4b6e-9d5c-0a1b2c3d4e5f");
        for field in body {
            assert!(said[*field].is_string(), "{delivery} lacks {field}: {said}");
        }
        for cookie in cookies {
            assert!(answer.cookies().contains(cookie), "{delivery}: {}", answer.cookies());
        }
    }
}

#[tokio::test]
async fn refusals_have_their_status_and_their_code() {
    let (door, provider) = door().await;
    let path = "/api/v1/social/oidc";
    for (body, status, code) in [
        (json!({}), 422, "validation_failed"),
        (json!({"id_token": "x", "surprise": 1}), 422, "validation_failed"),
        (json!({"id_token": 7}), 422, "validation_failed"),
        (json!({"id_token": "x"}), 400, "social_token_invalid"),
        (
            json!({"id_token": provider.id_token(&json!({"aud": "x"}))}),
            400,
            "social_audience_mismatch",
        ),
        (json!({"access_token": "x"}), 400, "social_access_token_unverifiable"),
        (json!({"code": "x"}), 422, "validation_failed"),
        (
            json!({"code": "x", "redirect_uri": "org.example.app:/back"}),
            400,
            "social_exchange_refused",
        ),
        (json!({"id_token": "x", "client_id": "nobody"}), 401, "invalid_client"),
    ] {
        let answer = door.post(path, &body, &[]).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (status, code),
            "{body}"
        );
    }
    assert_eq!(
        door.post("/api/v1/social/nobody", &posted(&provider), &[]).await.status,
        404
    );
    door.test.advance(std::time::Duration::from_hours(2));
    provider.say("/.well-known/openid-configuration", Says::Json(500, json!({})));
    let away = door.post(path, &posted(&provider), &[]).await;
    assert_eq!(
        (away.status.as_u16(), away.code().as_str()),
        (503, "social_unavailable")
    );
    provider.say("/.well-known/openid-configuration", Says::Huge);
    let huge = door.post(path, &posted(&provider), &[]).await;
    assert_eq!(
        (huge.status.as_u16(), huge.code().as_str()),
        (502, "social_answer_invalid")
    );
}

#[tokio::test]
async fn identities_are_listed_connected_and_disconnected() {
    let (door, provider) = door().await;
    let buttons = door.get("/api/v1/social", &[]).await;
    assert_eq!(
        buttons.json(),
        json!([{"slug": "oidc", "kind": "oidc", "name": "OpenID Connect"}])
    );
    let first = door.post("/api/v1/social/oidc", &posted(&provider), &[]).await.json();
    let bearer = format!("Bearer {}", first["access_token"].as_str().unwrap());
    let caller = [("authorization", bearer.as_str())];
    let mine = door.get("/api/v1/me/identities", &caller).await.json();
    assert_eq!(
        (&mine["total"], &mine["items"][0]["provider"]),
        (&json!(1), &json!("oidc"))
    );
    let id = mine["items"][0]["id"].as_str().unwrap().to_owned();
    let last = door.delete(&format!("/api/v1/me/identities/{id}"), &caller).await;
    assert_eq!(
        (last.status.as_u16(), last.code().as_str()),
        (409, "last_sign_in_method")
    );
    let second = json!({"id_token": provider.id_token(&json!({"sub": "second"}))});
    assert_eq!(
        door.post("/api/v1/me/identities/oidc", &second, &caller).await.status,
        204
    );
    assert_eq!(
        door.delete(&format!("/api/v1/me/identities/{id}"), &caller)
            .await
            .status,
        204
    );
    assert_eq!(
        door.delete(&format!("/api/v1/me/identities/{id}"), &caller)
            .await
            .status,
        404
    );
    assert_eq!(door.post("/api/v1/me/identities/oidc", &second, &[]).await.status, 401);
    let user = first["user"]["id"].as_str().unwrap();
    let staff = door.superuser().await;
    let staff: Vec<(&str, &str)> = staff.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let theirs = door
        .get(&format!("/api/v1/admin/users/{user}/identities"), &staff)
        .await
        .json();
    let id = theirs["items"][0]["id"].as_str().unwrap();
    let path = format!("/api/v1/admin/users/{user}/identities/{id}");
    assert_eq!(door.delete(&path, &caller).await.status, 403);
    assert_eq!(door.delete(&path, &staff).await.status, 204);
}

#[tokio::test]
async fn staff_sets_up_changes_and_tests_providers() {
    let (door, provider) = door().await;
    let staff = door.superuser().await;
    let staff: Vec<(&str, &str)> = staff.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let path = "/api/v1/admin/social-providers";
    let command = json!({
        "slug": "work", "kind": "oidc", "name": "Work", "client_id": "sereno-client", "client_secret": "sereno-secret",
        "settings": {"issuer": provider.url}, "sign_up": true, "linking": "verified", "is_enabled": true
    });
    let made = door.post(path, &command, &staff).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert!(!made.text.contains("sereno-secret"));
    let made = made.json();
    assert_eq!(
        made["callback_url"],
        "http://127.0.0.1:3000/account/social/work/callback"
    );
    assert_eq!(
        (&made["has_secret"], &made["scopes"]),
        (&json!(true), &json!(["openid", "email", "profile"]))
    );
    let one = format!("{path}/{}", made["id"].as_str().unwrap());
    let found = door.get(&format!("{path}?q=wor&enabled=true"), &staff).await.json();
    assert_eq!(found["total"], 1);
    let tested = door.post(&format!("{one}/test"), &json!({}), &staff).await.json();
    assert_eq!(tested["passed"], true, "{tested}");
    let moved = door
        .patch(&one, &json!({"settings": {"issuer": "https://evil.example"}}), &staff)
        .await;
    assert_eq!(
        moved.faults(),
        [("client_secret".to_owned(), "secret_required".to_owned())]
    );
    let changed = door.patch(&one, &json!({"name": "Office"}), &staff).await.json();
    assert_eq!(changed["name"], "Office");
    let unknown = door.patch(&one, &json!({"settings": {"surprise": 1}}), &staff).await;
    assert_eq!(unknown.status, 422);
    assert_eq!(door.delete(&one, &staff).await.status, 204);
    assert_eq!(door.get(&one, &staff).await.status, 404);
    assert_eq!(door.get(path, &[]).await.status, 401);
}

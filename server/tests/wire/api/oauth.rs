//! OAuth's own endpoints: how an application proves itself, what it learns of tokens, and ending them.

use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::door::{Answer, Door, PASSWORD, request};

const FORM: &str = "application/x-www-form-urlencoded";

/// A server with ana and two confidential applications, and their secrets.
async fn with_two() -> (Door, String, String) {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    let mut secrets = Vec::new();
    for client_id in ["shop", "desk"] {
        let created = door
            .application(json!({"name": client_id, "client_id": client_id, "kind": "confidential"}))
            .await;
        secrets.push(created.secret.unwrap().client_secret);
    }
    let desk = secrets.pop().unwrap();
    (door, secrets.pop().unwrap(), desk)
}

async fn log_in(door: &Door, client_id: &str, secret: &str) -> Value {
    let body = json!({"client_id": client_id, "client_secret": secret, "identifier": "ana", "password": PASSWORD});
    let answer = door.post("/api/v1/login", &body, &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

fn basic(name: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{secret}")))
}

async fn send(door: &Door, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut all = vec![("content-type", FORM)];
    all.extend_from_slice(headers);
    door.send(request("POST", path, &all, Body::from(body.to_owned())))
        .await
}

async fn introspect(door: &Door, name: &str, secret: &str, token: &str) -> Value {
    let headers = [("authorization", &*basic(name, secret))];
    let answer = send(door, "/oauth/introspect", &headers, &format!("token={token}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

fn refused(answer: &Answer, status: u16, error: &str) {
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["error"]),
        (status, &json!(error)),
        "{}",
        answer.text
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    let challenge = answer.header("www-authenticate");
    if status == 401 {
        assert!(challenge.starts_with("Basic "), "{challenge}");
    } else {
        assert_eq!(challenge, "");
    }
}

#[tokio::test]
async fn an_application_proves_itself_in_the_header_or_in_the_body() {
    let (door, shop, _) = with_two().await;
    let good = basic("shop", &shop);
    let in_body = format!("token=x&client_id=shop&client_secret={shop}");
    let encoded = shop.replace('c', "%63").replace('_', "%5F");
    for (headers, body) in [
        (vec![("authorization", good.clone())], "token=x".to_owned()),
        (
            vec![("authorization", good.replace("Basic", "bAsIc"))],
            "token=x".to_owned(),
        ),
        (vec![("authorization", basic("%73hop", &encoded))], "token=x".to_owned()),
        (
            vec![("authorization", good.clone())],
            "token=x&client_id=shop".to_owned(),
        ),
        (
            vec![("authorization", good.clone())],
            "token=x&client_secret=".to_owned(),
        ),
        (vec![], in_body.clone()),
    ] {
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = send(&door, "/oauth/introspect", &headers, &body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()),
            (200, json!({"active": false})),
            "{body}"
        );
    }
    for (headers, body) in [
        (vec![], "token=x".to_owned()),
        (vec![], "token=x&client_id=shop".to_owned()),
        (vec![], "token=x&client_id=nobody&client_secret=x".to_owned()),
        (vec![], "token=x&client_id=sereno".to_owned()),
        (vec![("authorization", basic("shop", "wrong"))], "token=x".to_owned()),
        (vec![("authorization", basic("desk", &shop))], "token=x".to_owned()),
        (vec![("authorization", basic("", ""))], "token=x".to_owned()),
        (vec![("authorization", basic("%00", "%00"))], "token=x".to_owned()),
        (vec![("authorization", "Bearer x".to_owned())], "token=x".to_owned()),
    ] {
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        for path in ["/oauth/introspect", "/oauth/revoke"] {
            let answer = send(&door, path, &headers, &body).await;
            // whoever revokes may be public, and Sereno's own application is
            if path == "/oauth/revoke" && (body == "token=x" && headers.is_empty() || body.ends_with("=sereno")) {
                assert_eq!(answer.status, 200);
            } else {
                refused(&answer, 401, "invalid_client");
            }
        }
    }
    for (headers, body) in [
        (vec![("authorization", good.clone())], in_body.clone()),
        (
            vec![("authorization", good.clone())],
            "token=x&client_id=desk".to_owned(),
        ),
        (vec![("authorization", "Basic ???".to_owned())], "token=x".to_owned()),
        (
            vec![("authorization", format!("Basic {}", STANDARD.encode("shop")))],
            "token=x".to_owned(),
        ),
        (vec![("authorization", good.clone())], "token=x&token=y".to_owned()),
        (
            vec![("authorization", good.clone())],
            "token=x&surprise=1&surprise=1".to_owned(),
        ),
        (vec![("authorization", good.clone())], "token=".to_owned()),
        (vec![("authorization", good.clone())], String::new()),
        (vec![("authorization", good.clone())], "token=%00".to_owned()),
    ] {
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        for path in ["/oauth/introspect", "/oauth/revoke"] {
            refused(&send(&door, path, &headers, &body).await, 400, "invalid_request");
        }
    }
    for kind in ["application/json", "text/plain", ""] {
        let headers = [("content-type", kind), ("authorization", &*good)];
        let answer = door
            .send(request("POST", "/oauth/introspect", &headers, Body::from("token=x")))
            .await;
        refused(&answer, 415, "invalid_request");
    }
}

#[tokio::test]
async fn whichever_layer_refuses_says_it_in_oauths_words() {
    let (door, ..) = with_two().await;
    let answer = send(&door, "/oauth/revoke", &[("origin", "https://evil.example")], "token=x").await;
    refused(&answer, 403, "invalid_request");
    let answer = send(&door, "/oauth/revoke", &[], &"x".repeat(70_000)).await;
    refused(&answer, 413, "invalid_request");
    assert_eq!(answer.header("connection"), "close");
    assert_eq!(door.get("/oauth/revoke", &[]).await.code(), "method_not_allowed");
}

#[tokio::test]
async fn secrets_that_were_brought_along_work_however_they_are_encoded() {
    let door = Door::new().await;
    let secret = "c2VjcmV0IHRoYXQgd2FzIGJyb3VnaHQ+IGFsb25n/w==&x=y";
    let command = serde_json::from_value(json!({"name": "Old", "client_id": "old", "kind": "confidential"})).unwrap();
    let (sereno, staff) = (&door.test.sereno, door.test.system().await);
    let brought = sereno_core::oauth::admin::Brought {
        secret: secret.into(),
        may_be_short: false,
    };
    sereno_core::oauth::admin::create(sereno, &door.test.meta(), &staff, command, Some(brought))
        .await
        .unwrap();
    let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    // many clients leave the two halves as they are; a plus is the one character that cannot be meant then
    for sent in [encoded.as_str(), &secret.replace('+', "%2B")] {
        let answer = send(
            &door,
            "/oauth/introspect",
            &[("authorization", &basic("old", sent))],
            "token=x",
        )
        .await;
        assert_eq!(answer.status, 200, "{sent}: {}", answer.text);
    }
    let cut = secret.split('&').next().unwrap();
    let answer = send(
        &door,
        "/oauth/introspect",
        &[("authorization", &basic("old", cut))],
        "token=x",
    )
    .await;
    refused(&answer, 401, "invalid_client");
}

#[tokio::test]
async fn introspection_says_what_a_token_is_good_for() {
    let (door, shop, desk) = with_two().await;
    let tokens = log_in(&door, "shop", &shop).await;
    let access = tokens["access_token"].as_str().unwrap();
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let said = introspect(&door, "shop", &shop, access).await;
    assert_eq!(said["active"], true);
    assert_eq!(said["client_id"], "shop");
    assert_eq!(said["username"], "ana");
    assert_eq!(said["token_type"], "Bearer");
    assert_eq!(said["sub"], tokens["user"]["id"]);
    assert_eq!(said["aud"], json!(["http://127.0.0.1:3000"]));
    assert_eq!(said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap(), 300);
    let said = introspect(&door, "shop", &shop, refresh).await;
    assert_eq!(
        (&said["active"], &said["token_type"]),
        (&json!(true), &json!("refresh_token"))
    );
    for token in [access, refresh] {
        let other = introspect(&door, "desk", &desk, token).await;
        assert_eq!(other, json!({"active": false}), "not the desk's business");
    }
    for token in ["garbage", "sr_x", "a.b.c", &access[..access.len() - 2]] {
        assert_eq!(introspect(&door, "shop", &shop, token).await, json!({"active": false}));
    }
    let public = "token=x&client_id=sereno";
    refused(
        &send(&door, "/oauth/introspect", &[], public).await,
        401,
        "invalid_client",
    );
}

#[tokio::test]
async fn revoking_is_no_error_for_what_is_unknown_and_ends_what_is_ones_own() {
    let (door, shop, desk) = with_two().await;
    let tokens = log_in(&door, "shop", &shop).await;
    let access = tokens["access_token"].as_str().unwrap();
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let revoke = async |name: &str, secret: &str, token: &str| {
        let body = format!("token={token}&token_type_hint=nonsense");
        let answer = send(
            &door,
            "/oauth/revoke",
            &[("authorization", &basic(name, secret))],
            &body,
        )
        .await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, ""));
    };
    for token in ["garbage", "sr_x", "a.b.c"] {
        revoke("shop", &shop, token).await;
    }
    revoke("desk", &desk, access).await;
    revoke("desk", &desk, refresh).await;
    assert_eq!(
        introspect(&door, "shop", &shop, access).await["active"],
        true,
        "not the desk's"
    );
    revoke("shop", &shop, access).await;
    let bearer = format!("Bearer {access}");
    let me = door.get("/api/v1/me", &[("authorization", &bearer)]).await;
    assert_eq!((me.status.as_u16(), me.code().as_str()), (401, "invalid_token"));
    assert_eq!(
        introspect(&door, "shop", &shop, refresh).await["active"],
        true,
        "an access token goes alone"
    );
    revoke("shop", &shop, refresh).await;
    assert_eq!(
        introspect(&door, "shop", &shop, refresh).await,
        json!({"active": false})
    );
}

#[tokio::test]
async fn guessing_secrets_has_a_limit() {
    let door = Door::with(|config| {
        config.limit.requests_per_address = 1;
        config.server.trusted_proxies = 1;
    })
    .await;
    door.application(json!({"name": "Shop", "client_id": "shop", "kind": "confidential"}))
        .await;
    let guess = async || {
        let body = "token=x&client_id=shop&client_secret=guess";
        let answer = send(&door, "/oauth/introspect", &[("x-forwarded-for", "192.0.2.7")], body).await;
        (answer.status.as_u16(), answer.header("retry-after").to_owned())
    };
    for _ in 0..10 {
        assert_eq!(guess().await.0, 401);
    }
    let (status, wait) = guess().await;
    assert_eq!(status, 429);
    assert!(wait.parse::<u64>().is_ok_and(|wait| wait > 0), "{wait}");
}

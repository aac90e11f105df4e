//! What a client sees of an operator's hook.

use axum::Json;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use serde_json::{Value, json};

use crate::door::{Door, PASSWORD};

/// A hook that refuses with the name of what it was asked about, but for sign-ins of `ana` and sign-ups of both.
async fn hook() -> String {
    let answer = |Json(message): Json<Value>| async move {
        let who = message["identifier"].as_str().unwrap_or_default();
        if message["type"] == "login" && who.starts_with("ana") || message["type"] == "registration" && who < "c" {
            return (StatusCode::OK, Json(json!({})));
        }
        let code = format!("no_{}", message["type"].as_str().unwrap_or_default());
        (StatusCode::FORBIDDEN, Json(json!({ "code": code })))
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/", post(answer))).await });
    url
}

async fn door(before: &[&str]) -> Door {
    let (url, before) = (hook().await, before.iter().map(|name| (*name).to_owned()).collect());
    Door::with(|config| {
        config.hooks.url = url;
        config.hooks.secret = "a secret of thirty-two characters".into();
        config.hooks.before = before;
    })
    .await
}

#[tokio::test]
async fn a_refusal_is_403_with_the_operators_own_reason() {
    let door = door(&["login", "registration", "token_verify"]).await;
    door.user("ana@example.org", None).await;
    door.user("bea@example.org", None).await;
    let access = door.login("ana@example.org").await["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let login = |password: &str| json!({"identifier": "bea@example.org", "password": password});
    for (path, body, reason) in [
        ("/api/v1/login", login(PASSWORD), "no_login"),
        ("/api/v1/login", login("wrong"), "no_login"),
        (
            "/api/v1/registrations",
            json!({"email": "eve@example.org", "password": PASSWORD}),
            "no_registration",
        ),
        ("/api/v1/token/verify", json!({"token": access}), "no_token_verify"),
    ] {
        let answer = door.post(path, &body, &[]).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (403, "refused_by_hook")
        );
        assert_eq!(answer.json()["reason"], reason);
    }
    // a bearer is no question about a token
    let bearer = format!("Bearer {access}");
    assert_eq!(door.get("/api/v1/me", &[("authorization", &bearer)]).await.status, 200);
}

#[tokio::test]
async fn a_person_gets_a_sentence_and_oauth_its_own_words() {
    let door = door(&["login", "token_verify"]).await;
    door.user("ana@example.org", None).await;
    door.user("bea@example.org", None).await;
    let fields = [("identifier", "bea@example.org"), ("password", PASSWORD)];
    let form = door.form("/account/fn/sign_in", &fields, "/account/sign-in", "").await;
    let page = door.page("/account/sign-in", &form.cookies()).await;
    assert!(
        page.text.contains("A rule of this service refused this."),
        "{}",
        page.text
    );

    let shop = door
        .application(json!({"name": "Shop", "client_id": "shop", "kind": "confidential"}))
        .await;
    let secret = shop.secret.unwrap().client_secret;
    let login = json!({
        "identifier": "ana@example.org", "password": PASSWORD, "client_id": "shop", "client_secret": secret,
    });
    let access = door.post("/api/v1/login", &login, &[]).await.json()["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let body = format!("token={access}&client_id=shop&client_secret={secret}");
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let request = crate::door::request("POST", "/oauth/introspect", &headers, body.into());
    let answer = door.send(request).await;
    assert_eq!(
        (answer.status.as_u16(), answer.json()),
        (403, json!({"error": "access_denied"}))
    );
}

//! The signed-in user, by bearer and by session.

use serde_json::json;

use crate::door::Door;

#[tokio::test]
async fn a_bearer_sees_themselves() {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    let tokens = door.login("ana").await;
    let bearer = format!("bearer {}", tokens["access_token"].as_str().unwrap());
    let me = door.get("/api/v1/me", &[("authorization", &bearer)]).await;
    assert_eq!(me.json(), tokens["user"]);
    assert_eq!(me.header("cache-control"), "no-store");
    assert!(me.header("x-csrf-token").is_empty(), "a bearer needs no CSRF token");
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_told_so() {
    let door = Door::new().await;
    let answer = door.get("/api/v1/me", &[]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (401, "authentication_required")
    );
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    for value in ["Bearer", "Bearer x", "Bearer a.b.c", "Basic YTpi", "Bearer \u{fc}"] {
        let answer = door.get("/api/v1/me", &[("authorization", value)]).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (401, "invalid_token"),
            "{value}"
        );
        assert_eq!(answer.header("www-authenticate"), "Bearer error=\"invalid_token\"");
    }
}

#[tokio::test]
async fn a_session_needs_its_csrf_token_to_change_anything() {
    let door = Door::new().await;
    let admin = door.administrator().await;
    let me = door.get("/api/v1/me", &[("cookie", &admin)]).await;
    let token = me.header("x-csrf-token");
    assert!(!token.is_empty());
    // also at doors for everybody, where they rest on the caller
    for (path, body) in [
        ("/api/v1/logout", json!({})),
        ("/api/v1/me/deletion", json!({})),
        ("/api/v1/me/email/confirm", json!({"code": "12345678"})),
    ] {
        let refused = door.post(path, &body, &[("cookie", &admin)]).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code().as_str()),
            (403, "cross_site_request"),
            "{path} {body}"
        );
    }
    // and where they do not, no cookie keeps anybody from them; a token of nobody's ends nothing of the caller's
    let nonsense = json!({"refresh_token": "sr_nonsense"});
    let answer = door.post("/api/v1/logout", &nonsense, &[("cookie", &admin)]).await;
    assert_eq!(answer.status, 204);
    let unknown = json!({"token": "x"});
    let answer = door
        .post("/api/v1/me/email/confirm", &unknown, &[("cookie", &admin)])
        .await;
    assert_eq!(answer.code(), "email_change_link_invalid");
    let foreign = [
        ("cookie", admin.as_str()),
        ("x-csrf-token", token),
        ("origin", "https://evil.example"),
    ];
    assert_eq!(
        door.post("/api/v1/logout", &json!({}), &foreign).await.code(),
        "cross_site_request"
    );
    let ours = [
        ("cookie", admin.as_str()),
        ("x-csrf-token", token),
        ("origin", "http://127.0.0.1:3000"),
    ];
    assert_eq!(door.post("/api/v1/logout", &json!({}), &ours).await.status, 204);
    assert_eq!(
        door.get("/api/v1/me", &[("cookie", &admin)]).await.status,
        401,
        "the session is over"
    );
}

#[tokio::test]
async fn the_ways_to_sign_in_are_told_to_whom_they_are_of() {
    let door = Door::new().await;
    assert_eq!(
        door.get("/api/v1/me/factors", &[]).await.code(),
        "authentication_required"
    );
    door.user("ana@example.org", Some("ana")).await;
    let tokens = door.login("ana").await;
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let answer = door.get("/api/v1/me/factors", &[("authorization", &bearer)]).await;
    assert_eq!(
        answer.json(),
        json!({"factors": [
            {"kind": "password", "name": null, "id": null, "is_usable": true},
            {"kind": "mailed_code", "name": "ana@example.org", "id": null, "is_usable": true},
        ]}),
        "{}",
        answer.text
    );
}

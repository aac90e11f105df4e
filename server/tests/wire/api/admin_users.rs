//! What staff sees of users and does to them.

use serde_json::json;

use crate::door::Door;

#[tokio::test]
async fn users_are_listed_in_pages() {
    let door = Door::new().await;
    let admin = door.administrator().await;
    for name in ["ana", "bob", "cleo"] {
        door.user(&format!("{name}@example.org"), None).await;
    }
    let cookie = [("cookie", admin.as_str())];
    let first = door.get("/api/v1/admin/users?sort=email&limit=2", &cookie).await.json();
    assert_eq!(
        (first["total"].as_u64(), first["items"][0]["email"].as_str()),
        (Some(4), Some("admin@example.org"))
    );
    let next = format!(
        "/api/v1/admin/users?sort=email&limit=2&cursor={}",
        first["next_cursor"].as_str().unwrap()
    );
    let second = door.get(&next, &cookie).await.json();
    assert_eq!(second["items"][1]["email"], "cleo@example.org");
    assert!(second["next_cursor"].is_null() && second["prev_cursor"].is_string());
    for (query, code) in [
        ("limit=0", "invalid_choice"),
        ("limit=201", "invalid_choice"),
        ("cursor=x", "invalid_choice"),
        ("colour=1", "unknown_field"),
    ] {
        let answer = door.get(&format!("/api/v1/admin/users?{query}"), &cookie).await;
        assert_eq!(
            (answer.status.as_u16(), answer.faults()[0].1.as_str()),
            (422, code),
            "{query}"
        );
    }
}

#[tokio::test]
async fn locking_cuts_off_at_once_and_unlocking_lets_in_again() {
    let door = Door::new().await;
    let admin = door.administrator().await;
    door.user("ana@example.org", None).await;
    let tokens = door.login("ana@example.org").await;
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    assert_eq!(door.get("/api/v1/me", &[("authorization", &bearer)]).await.status, 200);
    let csrf = door.get("/api/v1/me", &[("cookie", &admin)]).await;
    let headers = [
        ("cookie", admin.as_str()),
        ("x-csrf-token", csrf.header("x-csrf-token")),
    ];
    let user = format!("/api/v1/admin/users/{}", tokens["user"]["id"].as_str().unwrap());
    let locked = door.post(&format!("{user}/lock"), &json!({}), &headers).await;
    assert_eq!(locked.json()["state"], "locked");
    assert_eq!(door.get("/api/v1/me", &[("authorization", &bearer)]).await.status, 401);
    assert_eq!(
        door.post(&format!("{user}/lock"), &json!({}), &headers).await.code(),
        "state_conflict"
    );
    assert_eq!(
        door.post(&format!("{user}/unlock"), &json!({}), &headers).await.json()["state"],
        "active"
    );
    assert_eq!(
        door.get("/api/v1/me", &[("authorization", &bearer)]).await.status,
        401,
        "what was issued stays dead"
    );
    door.login("ana@example.org").await;
    assert_eq!(
        door.post(&format!("{user}/send-activation"), &json!({}), &headers)
            .await
            .code(),
        "state_conflict"
    );
}

#[tokio::test]
async fn actions_without_a_body_refuse_one_that_says_something() {
    use axum::body::Body;
    let door = Door::new().await;
    let admin = door.administrator().await;
    let me = door.get("/api/v1/me", &[("cookie", &admin)]).await;
    let csrf = me.header("x-csrf-token").to_owned();
    let nobody = "00000000-0000-7000-8000-000000000000";
    for action in ["lock", "unlock", "send-activation"] {
        let path = format!("/api/v1/admin/users/{nobody}/{action}");
        for (kind, body, status, code) in [
            ("", "", 404, "not_found"),
            ("application/json", "", 404, "not_found"),
            ("application/json", "{}", 404, "not_found"),
            ("application/json", "{\"reason\":\"x\"}", 422, "validation_failed"),
            ("application/json", "[]", 422, "validation_failed"),
            ("application/json", "{", 400, "malformed_body"),
            ("text/plain", "x", 415, "unsupported_media_type"),
        ] {
            let headers = [
                ("cookie", admin.as_str()),
                ("x-csrf-token", csrf.as_str()),
                ("content-type", kind),
            ];
            let sent = crate::door::request("POST", &path, &headers, Body::from(body));
            let answer = door.send(sent).await;
            assert_eq!(
                (answer.status.as_u16(), answer.code().as_str()),
                (status, code),
                "{action} {kind} {body}"
            );
        }
    }
}

#[tokio::test]
async fn others_are_kept_out() {
    let door = Door::new().await;
    let admin = door.administrator().await;
    door.user("ana@example.org", None).await;
    let tokens = door.login("ana@example.org").await;
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let id = tokens["user"]["id"].as_str().unwrap();
    for path in [
        "/api/v1/admin/overview",
        "/api/v1/admin/users",
        &format!("/api/v1/admin/users/{id}"),
    ] {
        assert_eq!(door.get(path, &[]).await.code(), "authentication_required", "{path}");
        assert_eq!(
            door.get(path, &[("authorization", &bearer)]).await.code(),
            "permission_denied",
            "{path}"
        );
        assert_eq!(door.get(path, &[("cookie", &admin)]).await.status, 200, "{path}");
    }
    for action in ["lock", "unlock", "send-activation"] {
        let path = format!("/api/v1/admin/users/{id}/{action}");
        assert_eq!(
            door.post(&path, &json!({}), &[("authorization", &bearer)]).await.code(),
            "permission_denied"
        );
    }
    let csrf = door.get("/api/v1/me", &[("cookie", &admin)]).await;
    let headers = [
        ("cookie", admin.as_str()),
        ("x-csrf-token", csrf.header("x-csrf-token")),
    ];
    for id in ["nonsense", "00000000-0000-7000-8000-000000000000"] {
        assert_eq!(
            door.get(&format!("/api/v1/admin/users/{id}"), &[("cookie", &admin)])
                .await
                .code(),
            "not_found"
        );
        assert_eq!(
            door.post(&format!("/api/v1/admin/users/{id}/lock"), &json!({}), &headers)
                .await
                .code(),
            "not_found"
        );
    }
    let own = format!("/api/v1/admin/users/{}/lock", csrf.json()["id"].as_str().unwrap());
    assert_eq!(door.post(&own, &json!({}), &headers).await.code(), "own_account");
}

#[tokio::test]
async fn staff_invites_and_whoever_it_is_chooses_a_password() {
    let door = Door::new().await;
    let admin = door.administrator().await;
    let csrf = door.get("/api/v1/me", &[("cookie", &admin)]).await;
    let headers = [
        ("cookie", admin.as_str()),
        ("x-csrf-token", csrf.header("x-csrf-token")),
    ];
    let made = door
        .post(
            "/api/v1/admin/invitations",
            &json!({"email": "ana@example.org"}),
            &headers,
        )
        .await;
    assert_eq!(
        (made.status.as_u16(), made.json()["is_new"].as_bool()),
        (201, Some(true))
    );
    let again = door
        .post(
            "/api/v1/admin/invitations",
            &json!({"email": "ana@example.org"}),
            &headers,
        )
        .await;
    assert_eq!(again.faults(), [("email".to_owned(), "email_unique".to_owned())]);
    let mail = door.test.mails().await.pop().unwrap();
    let token = sereno_core::testing::token_of(&mail);
    let body = json!({"token": token, "password": "a boat at the far shore"});
    let activated = door.post("/api/v1/registrations/activate", &body, &[]).await;
    assert_eq!(
        (activated.status.as_u16(), activated.json()["state"].as_str()),
        (200, Some("active"))
    );
    let body = json!({"identifier": "ana@example.org", "password": "a boat at the far shore"});
    assert_eq!(door.post("/api/v1/login", &body, &[]).await.status, 200);
}

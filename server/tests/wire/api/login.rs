//! Signing in and out.

use serde_json::json;

use crate::door::{Door, PASSWORD};

#[tokio::test]
async fn by_address_or_name_in_any_case() {
    let door = Door::new().await;
    door.user("Ana@Example.org", Some("Ana")).await;
    for identifier in ["ana@example.org", "ANA@EXAMPLE.ORG", "ana", " Ana "] {
        let answer = door.login(identifier).await;
        assert_eq!(answer["token_type"], "Bearer");
        assert_eq!(answer["user"]["email"], "Ana@Example.org");
    }
}

#[tokio::test]
async fn unknown_wrong_and_locked_are_one_answer() {
    let door = Door::new().await;
    door.user("ana@example.org", None).await;
    door.user("bob@example.org", None).await;
    let admin = door.administrator().await;
    let list = door
        .get("/api/v1/admin/users?q=bob", &[("cookie", &admin)])
        .await
        .json();
    let csrf = door.get("/api/v1/me", &[("cookie", &admin)]).await;
    let path = format!("/api/v1/admin/users/{}/lock", list["items"][0]["id"].as_str().unwrap());
    let headers = [
        ("cookie", admin.as_str()),
        ("x-csrf-token", csrf.header("x-csrf-token")),
    ];
    assert_eq!(door.post(&path, &json!({}), &headers).await.status, 200);
    let mut answers = Vec::new();
    for (identifier, password) in [
        ("nobody@example.org", PASSWORD),
        ("nobody", PASSWORD),
        ("ana@example.org", "wrong"),
        ("bob@example.org", PASSWORD),
    ] {
        let runs = door.test.sereno.hasher.runs();
        let body = json!({"identifier": identifier, "password": password});
        let answer = door.post("/api/v1/login", &body, &[]).await;
        let mut json = answer.json();
        json["request_id"] = json!("-");
        answers.push((answer.status.as_u16(), json, door.test.sereno.hasher.runs() - runs));
    }
    assert_eq!(answers[0].0, 401);
    assert_eq!(answers[0].1["code"], "invalid_credentials");
    assert!(answers.iter().all(|answer| answer == &answers[0]), "{answers:#?}");
}

#[tokio::test]
async fn a_pending_account_is_told_only_to_its_owner() {
    let door = Door::new().await;
    door.post(
        "/api/v1/registrations",
        &json!({"email": "ana@example.org", "password": PASSWORD}),
        &[],
    )
    .await;
    let right = json!({"identifier": "ana@example.org", "password": PASSWORD});
    let answer = door.post("/api/v1/login", &right, &[]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (403, "activation_required")
    );
    let wrong = json!({"identifier": "ana@example.org", "password": "wrong"});
    assert_eq!(
        door.post("/api/v1/login", &wrong, &[]).await.code(),
        "invalid_credentials"
    );
}

#[tokio::test]
async fn guessing_is_limited_and_says_when_to_come_back() {
    let door = Door::with(|config| config.limit.login_per_account_and_address = 3).await;
    door.user("ana@example.org", None).await;
    let wrong = json!({"identifier": "ana@example.org", "password": "wrong"});
    for _ in 0..3 {
        assert_eq!(door.post("/api/v1/login", &wrong, &[]).await.status, 401);
    }
    let answer = door.post("/api/v1/login", &wrong, &[]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (429, "too_many_requests")
    );
    door.test.advance(std::time::Duration::from_secs(
        answer.header("retry-after").parse().unwrap(),
    ));
    door.login("ana@example.org").await;
}

#[tokio::test]
async fn signing_out_ends_the_family_once_and_for_all() {
    let door = Door::new().await;
    door.user("ana@example.org", None).await;
    let tokens = door.login("ana@example.org").await;
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let body = json!({"refresh_token": tokens["refresh_token"]});
    assert_eq!(door.post("/api/v1/logout", &body, &[]).await.status, 204);
    assert_eq!(
        door.post("/api/v1/logout", &body, &[]).await.status,
        204,
        "signing out twice is no error"
    );
    assert_eq!(
        door.get("/api/v1/me", &[("authorization", &bearer)]).await.code(),
        "invalid_token"
    );
    assert_eq!(
        door.post("/api/v1/token/refresh", &body, &[]).await.code(),
        "refresh_token_invalid"
    );
    assert_eq!(
        door.post("/api/v1/logout", &json!({}), &[]).await.code(),
        "authentication_required"
    );
    let tokens = door.login("ana@example.org").await;
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    assert_eq!(
        door.post("/api/v1/logout", &json!({}), &[("authorization", &bearer)])
            .await
            .status,
        204
    );
    assert_eq!(door.get("/api/v1/me", &[("authorization", &bearer)]).await.status, 401);
}

/// Behind a proxy a client is who the proxy says, whatever the client wrote into the header itself.
#[tokio::test]
async fn a_forged_address_is_no_other_address() {
    let door = Door::with(|config| {
        config.server.trusted_proxies = 1;
        config.limit.login_per_account_and_address = 3;
    })
    .await;
    door.user("ana@example.org", None).await;
    let guess = async |forwarded: &str| {
        let body = json!({"identifier": "ana@example.org", "password": "wrong"});
        let answer = door
            .post("/api/v1/login", &body, &[("x-forwarded-for", forwarded)])
            .await;
        answer.status.as_u16()
    };
    for forged in ["198.51.100.1", "evil", "2001:db8::1, 10.0.0.1"] {
        assert_eq!(guess(&format!("{forged}, 203.0.113.9")).await, 401);
    }
    assert_eq!(guess("198.51.100.4, 203.0.113.9").await, 429);
    assert_eq!(guess("198.51.100.4, 203.0.113.9:4711").await, 429);
    assert_eq!(guess("203.0.113.9, 203.0.113.10").await, 401);
}

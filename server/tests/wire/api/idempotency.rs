//! Requests that are sent twice under one key.

use serde_json::{Value, json};

use crate::door::{Answer, Door};

const KEY: &str = "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"";

fn is(answer: &Answer, status: u16, code: &str) {
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (status, code),
        "{}",
        answer.text
    );
}

async fn sign_up(door: &Door, email: &str, key: &str) -> Answer {
    let body = json!({"email": email, "password": crate::door::PASSWORD});
    door.post("/api/v1/registrations", &body, &[("idempotency-key", key)])
        .await
}

#[tokio::test]
async fn a_request_that_comes_again_is_answered_and_not_carried_out() {
    let door = Door::new().await;
    let first = sign_up(&door, "ana@example.org", KEY).await;
    assert_eq!(first.status, 202, "{}", first.text);
    assert_eq!(door.test.mails().await.len(), 1);
    // with quotes as without
    for key in [KEY, KEY.trim_matches('"')] {
        let again = sign_up(&door, "ana@example.org", key).await;
        assert_eq!((again.status, &again.text), (first.status, &first.text));
        assert_eq!(again.header("content-type"), first.header("content-type"));
    }
    assert!(door.test.mails().await.is_empty(), "another mail left");
    assert_eq!(door.test.count("event WHERE name = 'user_registered'").await, 1);
    is(
        &sign_up(&door, "bea@example.org", KEY).await,
        422,
        "idempotency_key_reused",
    );
    assert_eq!(sign_up(&door, "bea@example.org", "another").await.status, 202);
    for wrong in ["\"\"", &"x".repeat(256), "a b", "\u{e9}"] {
        is(
            &sign_up(&door, "cleo@example.org", wrong).await,
            400,
            "idempotency_key_invalid",
        );
    }
    // after a day nobody knows of it any more
    door.test.advance(std::time::Duration::from_hours(25));
    assert_eq!(sign_up(&door, "cleo@example.org", KEY).await.status, 202);
    door.test.advance(std::time::Duration::from_hours(25));
    sereno_core::jobs::sweep(&door.test.sereno).await.unwrap();
    assert_eq!(door.test.count("kept_answer").await, 0);
}

#[tokio::test]
async fn what_was_refused_did_nothing_and_may_come_again() {
    let door = Door::new().await;
    let wrong = json!({"email": "ana@example.org", "password": "short"});
    let headers = [("idempotency-key", KEY)];
    let refused = door.post("/api/v1/registrations", &wrong, &headers).await;
    assert_eq!(refused.status, 422);
    assert_eq!(door.test.count("kept_answer").await, 0);
    assert_eq!(sign_up(&door, "ana@example.org", KEY).await.status, 202);
}

#[tokio::test]
async fn of_several_at_once_one_is_carried_out() {
    let door = Door::new().await;
    let all = futures_util::future::join_all((0..8).map(|_| sign_up(&door, "ana@example.org", KEY))).await;
    let done = all.iter().filter(|answer| answer.status == 202).count();
    assert!(done >= 1);
    for other in all.iter().filter(|answer| answer.status != 202) {
        is(other, 409, "request_in_progress");
    }
    assert_eq!(door.test.mails().await.len(), 1);
}

#[tokio::test]
async fn a_request_whose_process_is_gone_can_be_taken_over() {
    let door = Door::new().await;
    assert_eq!(sign_up(&door, "ana@example.org", KEY).await.status, 202);
    door.test
        .execute("UPDATE kept_answer SET status = NULL, sealed = NULL")
        .await;
    is(
        &sign_up(&door, "ana@example.org", KEY).await,
        409,
        "request_in_progress",
    );
    door.test.advance(std::time::Duration::from_mins(3));
    assert_eq!(sign_up(&door, "ana@example.org", KEY).await.status, 202);
}

#[tokio::test]
async fn a_secret_is_answered_again_and_nowhere_readable() {
    let door = Door::new().await;
    let bearer = door.superuser().await.remove(0).1;
    let headers = [("authorization", bearer.as_str()), ("idempotency-key", KEY)];
    let body = json!({"name": "Shop", "client_id": "shop", "kind": "confidential"});
    let path = "/api/v1/admin/applications";
    let first = door.post(path, &body, &headers).await;
    assert_eq!(first.status, 201, "{}", first.text);
    let again = door.post(path, &body, &headers).await;
    assert_eq!((again.status, again.json()), (first.status, first.json()));
    let secret = first.json()["secret"]["client_secret"].as_str().unwrap().to_owned();
    let kept = door.test.dump("kept_answer").await.concat();
    assert!(!kept.is_empty() && !kept.contains(&secret) && !kept.contains("8e03978e"));
    // whoever may not do it any more gets nothing again
    door.test.execute("UPDATE \"user\" SET is_superuser = FALSE").await;
    is(&door.post(path, &body, &headers).await, 403, "permission_denied");
    door.test.execute("UPDATE \"user\" SET is_superuser = TRUE").await;
    // keys belong to their caller
    door.user("ana@example.org", None).await;
    let theirs = format!(
        "Bearer {}",
        door.login("ana@example.org").await["access_token"].as_str().unwrap()
    );
    let headers = [("authorization", theirs.as_str()), ("idempotency-key", KEY)];
    is(&door.post(path, &body, &headers).await, 403, "permission_denied");
    is(
        &door.post(path, &body, &[("idempotency-key", KEY)]).await,
        401,
        "authentication_required",
    );
}

/// Tokens are never kept: under a key as without, each sign-in brings its own.
#[tokio::test]
async fn tokens_are_not_kept() {
    let door = Door::new().await;
    door.user("ana@example.org", None).await;
    let body = json!({"identifier": "ana@example.org", "password": crate::door::PASSWORD});
    let headers = [("idempotency-key", KEY)];
    let one: Value = door.post("/api/v1/login", &body, &headers).await.json();
    let two: Value = door.post("/api/v1/login", &body, &headers).await.json();
    assert!(one["refresh_token"].is_string());
    assert_ne!(one["refresh_token"], two["refresh_token"]);
    assert_eq!(door.test.count("kept_answer").await, 0);
}

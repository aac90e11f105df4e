//! A password's life and an address's, as programs see it.

use serde_json::{Value, json};

use crate::door::{Answer, Door, PASSWORD, token_of};

const NEW: &str = "lanterns in the rain";

async fn door() -> (Door, Value, String) {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    let tokens = door.login("ana").await;
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    (door, tokens, bearer)
}

fn said(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), answer.code())
}

async fn forgot(door: &Door, identifier: &str) -> Answer {
    door.post("/api/v1/password/forgot", &json!({"identifier": identifier}), &[])
        .await
}

#[tokio::test]
async fn a_forgotten_password_is_set_anew_by_the_mails_link() {
    let (door, _, bearer) = door().await;
    let known = forgot(&door, "ana").await;
    assert_eq!((known.status.as_u16(), known.text.as_str()), (202, ""));
    let mail = door.test.mails().await.remove(0);
    assert!(
        mail.text
            .contains("http://127.0.0.1:3000/account/reset-password?token=")
    );
    let reset = |password: &str| json!({"token": token_of(&mail.text), "password": password});
    let weak = door.post("/api/v1/password/reset", &reset("1234"), &[]).await;
    assert_eq!(said(&weak), (422, "validation_failed".to_owned()));
    assert_eq!(weak.faults()[0], ("password".into(), "password_too_short".into()));
    let done = door.post("/api/v1/password/reset", &reset(NEW), &[]).await;
    assert_eq!((done.status.as_u16(), done.text.as_str()), (204, ""));
    let again = door.post("/api/v1/password/reset", &reset(NEW), &[]).await;
    assert_eq!(said(&again), (400, "reset_link_invalid".to_owned()));
    let me = door.get("/api/v1/me", &[("authorization", &bearer)]).await;
    assert_eq!(said(&me), (401, "invalid_token".to_owned()));
    let body = json!({"identifier": "ana", "password": NEW});
    assert_eq!(door.post("/api/v1/login", &body, &[]).await.status, 200);
}

#[tokio::test]
async fn forgetting_is_answered_alike_for_everybody() {
    let (door, ..) = door().await;
    let known = forgot(&door, "ana@example.org").await;
    for identifier in ["nobody@example.org", "nobody", "no address@all"] {
        let unknown = forgot(&door, identifier).await;
        assert_eq!((unknown.status, unknown.text), (known.status, known.text.clone()));
        let names = |answer: &Answer| answer.headers.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&forgot(&door, identifier).await), names(&known));
    }
    assert_eq!(door.test.mails().await.len(), 1);
    assert_eq!(
        forgot(&door, "").await.faults(),
        [("identifier".into(), "blank".into())]
    );
    for _ in 0..4 {
        assert_eq!(forgot(&door, "ana@example.org").await.status, 202);
    }
    let over = forgot(&door, "ana@example.org").await;
    assert_eq!(said(&over), (429, "too_many_requests".to_owned()));
    assert!(!over.header("retry-after").is_empty());
}

#[tokio::test]
async fn a_bearer_changes_the_password_and_stays_signed_in() {
    let (door, tokens, bearer) = door().await;
    let other = door.login("ana").await;
    let headers = [("authorization", bearer.as_str())];
    let change = async |old: &str, new: &str| {
        let body = json!({"old_password": old, "new_password": new});
        door.post("/api/v1/password/change", &body, &headers).await
    };
    let wrong = change("wrong", NEW).await;
    assert_eq!(said(&wrong), (422, "validation_failed".to_owned()));
    assert_eq!(wrong.faults(), [("old_password".into(), "password_incorrect".into())]);
    assert_eq!(
        change(PASSWORD, PASSWORD).await.faults(),
        [("new_password".into(), "password_unchanged".into())]
    );
    let done = change(PASSWORD, NEW).await;
    assert_eq!((done.status.as_u16(), done.text.as_str()), (204, ""));
    assert_eq!(door.get("/api/v1/me", &headers).await.status, 200);
    let refresh = async |tokens: &Value| {
        let body = json!({"refresh_token": tokens["refresh_token"]});
        door.post("/api/v1/token/refresh", &body, &[]).await.status.as_u16()
    };
    assert_eq!((refresh(&tokens).await, refresh(&other).await), (200, 401));
    let nobody = door
        .post(
            "/api/v1/password/change",
            &json!({"old_password": NEW, "new_password": PASSWORD}),
            &[],
        )
        .await;
    assert_eq!(said(&nobody), (401, "authentication_required".to_owned()));
}

#[tokio::test]
async fn a_session_changes_the_password_with_its_csrf_token() {
    let door = Door::new().await;
    let admin = door.administrator().await;
    let body = json!({"old_password": PASSWORD, "new_password": NEW});
    let refused = door.post("/api/v1/password/change", &body, &[("cookie", &admin)]).await;
    assert_eq!(said(&refused), (403, "cross_site_request".to_owned()));
    let me = door.get("/api/v1/me", &[("cookie", &admin)]).await;
    let headers = [("cookie", admin.as_str()), ("x-csrf-token", me.header("x-csrf-token"))];
    assert_eq!(door.post("/api/v1/password/change", &body, &headers).await.status, 204);
    assert_eq!(door.get("/api/v1/me", &[("cookie", &admin)]).await.status, 200);
}

#[tokio::test]
async fn without_the_old_one_a_stale_sign_in_is_refused() {
    let door = Door::with(|config| {
        config.password.old_required = false;
        config.token.access_lifetime.0 = 3_600;
    })
    .await;
    door.user("ana@example.org", None).await;
    let tokens = door.login("ana@example.org").await;
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let headers = [("authorization", bearer.as_str())];
    door.test.advance(std::time::Duration::from_secs(301));
    let body = json!({"new_password": NEW});
    let stale = door.post("/api/v1/password/change", &body, &headers).await;
    assert_eq!(said(&stale), (403, "reauthentication_required".to_owned()));
    let stale = door
        .post("/api/v1/me/email", &json!({"email": "new@example.org"}), &headers)
        .await;
    assert_eq!(said(&stale), (403, "reauthentication_required".to_owned()));
    let body = json!({"email": "new@example.org", "password": PASSWORD});
    assert_eq!(door.post("/api/v1/me/email", &body, &headers).await.status, 202);
}

#[tokio::test]
async fn an_address_is_replaced_when_its_link_is_used() {
    let (door, _, bearer) = door().await;
    door.user("bea@example.org", None).await;
    let headers = [("authorization", bearer.as_str())];
    let ask = async |email: &str| {
        door.test.advance(std::time::Duration::from_millis(10));
        door.post("/api/v1/me/email", &json!({"email": email}), &headers).await
    };
    let (taken, free) = (ask("bea@example.org").await, ask("ana@example.net").await);
    assert_eq!((free.status.as_u16(), free.text.as_str()), (202, ""));
    assert_eq!((taken.status, taken.text), (free.status, free.text.clone()));
    assert_eq!(
        ask("nonsense").await.faults(),
        [("email".into(), "invalid_email".into())]
    );
    let mails = door.test.mails().await;
    let link = mails
        .iter()
        .find(|mail| mail.text.contains("/account/confirm-email?token="));
    let link = link.unwrap();
    assert_eq!(link.recipient, "ana@example.net");
    assert!(mails.iter().all(|mail| mail.recipient != "bea@example.org"));
    let body = json!({"token": token_of(&link.text)});
    let done = door.post("/api/v1/me/email/confirm", &body, &[]).await;
    assert_eq!((done.status.as_u16(), done.text.as_str()), (204, ""));
    let me = door.get("/api/v1/me", &headers).await.json();
    assert_eq!(
        (&me["email"], &me["email_verified"]),
        (&json!("ana@example.net"), &json!(true))
    );
    let again = door.post("/api/v1/me/email/confirm", &body, &[]).await;
    assert_eq!(said(&again), (400, "email_change_link_invalid".to_owned()));
    let nobody = door
        .post("/api/v1/me/email", &json!({"email": "x@example.org"}), &[])
        .await;
    assert_eq!(said(&nobody), (401, "authentication_required".to_owned()));
}

#[tokio::test]
async fn staff_sends_the_link_and_needs_the_permission_for_it() {
    let (door, tokens, bearer) = door().await;
    let admin = door.administrator().await;
    let csrf = door.get("/api/v1/me", &[("cookie", &admin)]).await;
    let headers = [
        ("cookie", admin.as_str()),
        ("x-csrf-token", csrf.header("x-csrf-token")),
    ];
    let path = |id: &str| format!("/api/v1/admin/users/{id}/send-password-reset");
    let ana = path(tokens["user"]["id"].as_str().unwrap());
    let sent = door.post(&ana, &json!({}), &headers).await;
    assert_eq!((sent.status.as_u16(), sent.text.as_str()), (202, ""));
    let mail = door.test.mails().await.remove(0);
    assert_eq!(mail.recipient, "ana@example.org");
    assert!(mail.text.contains("/account/reset-password?token="));
    let own = path(csrf.json()["id"].as_str().unwrap());
    assert_eq!(
        said(&door.post(&own, &json!({}), &headers).await),
        (409, "own_account".to_owned())
    );
    assert_eq!(
        said(&door.post(&ana, &json!({}), &[("authorization", &bearer)]).await),
        (403, "permission_denied".to_owned())
    );
    // nobody chooses the password for somebody else
    let chosen = door.post(&ana, &json!({"password": NEW}), &headers).await;
    assert_eq!(chosen.status, 422);
}

#[tokio::test]
async fn the_policy_check_knows_breached_passwords() {
    let door = Door::with(|config| {
        let file = std::path::Path::new(&config.general.data).join("breached.txt");
        // SHA-1 of "marmalade sunset parade", as the public lists write it
        let hash = sereno_core::crypto::digest::sha1_hex("marmalade sunset parade");
        std::fs::write(&file, format!("{hash}:42\r\n")).unwrap();
        config.password.breached_file = file.to_string_lossy().into_owned();
    })
    .await;
    let check = async |password: &str| {
        door.post("/api/v1/password-policy/check", &json!({"password": password}), &[])
            .await
    };
    assert_eq!(
        check("marmalade sunset parade").await.faults(),
        [("password".into(), "password_breached".into())]
    );
    assert_eq!(check(PASSWORD).await.status, 204);
}

//! The end of an account, as programs see it.

use std::time::Duration;

use serde_json::json;

use crate::door::{Answer, Door, code_of, token_of};

fn said(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), answer.code())
}

async fn ask(door: &Door, identifier: &str) -> Answer {
    door.post("/api/v1/me/deletion", &json!({"identifier": identifier}), &[])
        .await
}

#[tokio::test]
async fn an_app_deletes_the_account_of_whom_uses_it() {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    let tokens = door.login("ana").await;
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let own = [("authorization", bearer.as_str())];
    let copy = door.get("/api/v1/me/export", &own).await;
    assert_eq!(copy.status, 200);
    assert!(copy.header("content-disposition").starts_with("attachment;"));
    assert_eq!(copy.json()["emails"][0]["address"], "ana@example.org");
    let asked = door.post("/api/v1/me/deletion", &json!({}), &own).await;
    assert_eq!((asked.status.as_u16(), asked.text.as_str()), (202, ""));
    let code = code_of(&door.test.mails().await.remove(0).text);
    let confirm = json!({"email": "ana@example.org", "code": code});
    let closed = door.post("/api/v1/me/deletion/confirm", &confirm, &[]).await;
    assert_eq!(closed.status, 200, "{}", closed.text);
    assert_eq!(closed.json(), json!({"delete_at": "2026-01-15T00:00:00Z"}));
    assert_eq!(
        said(&door.get("/api/v1/me", &own).await),
        (401, "invalid_token".to_owned())
    );
    let keep = json!({"token": token_of(&door.test.mails().await.remove(0).text)});
    let kept = door.post("/api/v1/me/deletion/cancel", &keep, &[]).await;
    assert_eq!((kept.status.as_u16(), kept.text.as_str()), (204, ""));
    let again = door.post("/api/v1/me/deletion/cancel", &keep, &[]).await;
    assert_eq!(said(&again), (400, "deletion_link_invalid".to_owned()));
    door.login("ana").await;
}

#[tokio::test]
async fn asking_is_answered_alike_for_everybody() {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    let known = ask(&door, "ana@example.org").await;
    for identifier in ["nobody@example.org", "nobody", "no address@all"] {
        let unknown = ask(&door, identifier).await;
        assert_eq!((unknown.status, unknown.text), (known.status, known.text.clone()));
    }
    assert_eq!(door.test.mails().await.len(), 1);
    let nobody = door.post("/api/v1/me/deletion", &json!({}), &[]).await;
    assert_eq!(nobody.faults(), [("identifier".into(), "blank".into())]);
    let stale = [("authorization", "Bearer stale")];
    let refused = door.post("/api/v1/me/deletion", &json!({}), &stale).await;
    assert_eq!(said(&refused), (401, "invalid_token".to_owned()));
    let strange = door
        .post(
            "/api/v1/me/deletion",
            &json!({"identifier": "ana", "at_once": true}),
            &[],
        )
        .await;
    assert_eq!(said(&strange).0, 422);
    for command in [json!({"token": ""}), json!({})] {
        let refused = door.post("/api/v1/me/deletion/confirm", &command, &[]).await;
        assert_eq!(refused.faults().len(), 2, "{}", refused.text);
    }
    for token in ["x", &"y".repeat(5_000)] {
        let refused = door
            .post("/api/v1/me/deletion/confirm", &json!({"token": token}), &[])
            .await;
        assert_eq!(said(&refused), (400, "deletion_link_invalid".to_owned()));
    }
}

#[tokio::test]
async fn staff_closes_restores_and_exports() {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    let staff = door.superuser().await;
    let staff: Vec<(&str, &str)> = staff.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let id = door.get("/api/v1/admin/users?q=ana", &staff).await.json()["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/api/v1/admin/users/{id}");
    let post = async |what: &str| door.post(&format!("{path}/{what}"), &json!({}), &staff).await;
    assert_eq!(post("disable").await.json()["state"], "disabled");
    assert_eq!(said(&post("disable").await), (409, "state_conflict".to_owned()));
    assert_eq!(post("enable").await.json()["state"], "active");
    let copy = door.get(&format!("{path}/export"), &staff).await;
    assert_eq!(copy.json()["account"]["username"], "ana");
    assert_eq!(door.delete(&path, &staff).await.status, 204);
    let closed = door.get(&path, &staff).await.json();
    assert_eq!(
        (&closed["state"], &closed["delete_at"]),
        (&json!("deleting"), &json!("2026-01-15T00:00:00Z"))
    );
    assert_eq!(post("restore").await.json()["delete_at"], json!(null));
    assert_eq!(door.delete(&path, &staff).await.status, 204);
    door.test.advance(Duration::from_hours(24 * 14));
    sereno_core::jobs::sweep(&door.test.sereno).await.unwrap();
    assert_eq!(
        door.get(&path, &staff).await.status.as_u16() / 100,
        4,
        "gone, or the sign-in is over"
    );
}

#[tokio::test]
async fn who_has_no_confirmed_address_proves_the_wish_anew() {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    door.test.execute("UPDATE user_email SET verified_at = NULL").await;
    let tokens = door.login("ana").await;
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let own = [("authorization", bearer.as_str())];
    door.test.advance(Duration::from_secs(299));
    let fresh = door
        .post("/api/v1/me/deletion", &json!({"password": "wrong"}), &own)
        .await;
    assert_eq!(fresh.faults(), [("password".into(), "password_incorrect".into())]);
    let closed = door
        .post("/api/v1/me/deletion", &json!({"password": crate::door::PASSWORD}), &own)
        .await;
    assert_eq!(closed.status, 200, "{}", closed.text);
    assert_eq!(closed.json(), json!({"delete_at": "2026-01-15T00:04:59Z"}));
    assert_eq!(
        said(&door.get("/api/v1/me", &own).await),
        (401, "invalid_token".to_owned())
    );
}

//! Mails on the wire: history, repair, mails of other services, addresses that are not written to.

use serde_json::{Value, json};

use crate::door::Door;

/// A superuser's bearer, and the headers that it makes.
async fn staff(door: &Door) -> Vec<(&'static str, String)> {
    door.superuser().await
}

fn sent<'a>(headers: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    headers.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

fn letter() -> Value {
    json!({"recipients": ["ana@example.org", "nobody"], "subject": "Invoice", "html": "<p>Dear Ana</p>",
        "attachments": [{"name": "invoice.pdf", "content": "JVBERg=="}]})
}

#[tokio::test]
async fn another_service_sends_a_mail_once() {
    let door = Door::new().await;
    let headers = staff(&door).await;
    let mut with_key = sent(&headers);
    with_key.push(("idempotency-key", "8e03978e-40d5-43dd-bc93-6894a57f9324"));
    let before = door.test.mails().await.len();
    let first = door.post("/api/v1/admin/messages", &letter(), &with_key).await;
    assert_eq!(first.status, 200, "{}", first.text);
    let results = first.json()["results"].clone();
    assert_eq!(
        (&results[0]["code"], &results[0]["ok"], &results[1]["code"]),
        (&json!("email_in_queue"), &json!(true), &json!("invalid_email"))
    );
    let again = door.post("/api/v1/admin/messages", &letter(), &with_key).await;
    assert_eq!(again.text, first.text);
    let mails = door.test.mails().await;
    assert_eq!((mails.len(), mails[0].attachments.len()), (1, 1), "{before}");
    let path = format!("/api/v1/admin/messages/{}", results[0]["id"].as_str().unwrap());
    let detail = door.get(&path, &sent(&headers)).await.json();
    assert_eq!(
        (
            &detail["message"]["state"],
            &detail["tried"][0]["outcome"],
            &detail["preview"]
        ),
        (&json!("sent"), &json!("sent"), &Value::Null)
    );
}

#[tokio::test]
async fn what_is_wrong_is_told_by_field() {
    let door = Door::new().await;
    let headers = staff(&door).await;
    let mut wrong = letter();
    wrong["subject"] = json!("a\r\nBcc: eve@example.org");
    wrong["attachments"][0]["content"] = json!("%");
    wrong["recipients"] = json!([]);
    let refused = door.post("/api/v1/admin/messages", &wrong, &sent(&headers)).await;
    let fault = |field: &str, code: &str| (field.to_owned(), code.to_owned());
    assert_eq!(
        refused.faults(),
        [
            fault("recipients", "empty_email"),
            fault("subject", "invalid_characters"),
            fault("attachments.0.content", "invalid_attachment"),
        ]
    );
    // larger than other doors take, and within what mails may have
    let mut large = letter();
    large["attachments"][0]["content"] = json!("AAAA".repeat(500_000));
    let taken = door.post("/api/v1/admin/messages", &large, &sent(&headers)).await;
    assert_eq!(taken.status, 200, "{}", taken.text);
    large["attachments"][0]["content"] = json!("AAAA".repeat(2_500_000));
    let refused = door.post("/api/v1/admin/messages", &large, &sent(&headers)).await;
    assert_eq!(refused.status, 413);
}

#[tokio::test]
async fn mails_are_cancelled_retried_and_resent() {
    let door = Door::new().await;
    let headers = staff(&door).await;
    let headers = sent(&headers);
    let made = door.post("/api/v1/admin/messages", &letter(), &headers).await.json();
    let path = format!("/api/v1/admin/messages/{}", made["results"][0]["id"].as_str().unwrap());
    let act = async |what: &str, body: Value| door.post(&format!("{path}/{what}"), &body, &headers).await;
    let cancelled = act("cancel", json!({})).await;
    assert_eq!(cancelled.json()["message"]["state"], "cancelled", "{}", cancelled.text);
    assert_eq!(act("cancel", json!({})).await.code(), "state_conflict");
    assert_eq!(act("release", json!({})).await.code(), "state_conflict");
    assert_eq!(act("retry", json!({})).await.json()["message"]["state"], "queued");
    let preview = door.get(&path, &headers).await.json()["preview"].clone();
    assert_eq!(
        (&preview["text"], &preview["attachments"]),
        (&json!("Dear Ana\n"), &json!(["invoice.pdf"]))
    );
    door.test.mails().await;
    assert_eq!(act("retry", json!({})).await.code(), "state_conflict");
    let gone = act("resend", json!({"recipient": "bea@example.org"})).await;
    assert_eq!(gone.code(), "state_conflict", "its text is not kept");
    let none = door
        .post("/api/v1/admin/messages/retry-failed", &json!({}), &headers)
        .await;
    assert_eq!(none.json(), json!({"released": 0}));
    let none = door.post("/api/v1/admin/messages/release", &json!({}), &headers).await;
    assert_eq!(none.json(), json!({"released": 0}));
    let list = door
        .get("/api/v1/admin/messages?kind=custom&state=sent&limit=1", &headers)
        .await
        .json();
    assert_eq!(
        (&list["total"], &list["items"][0]["recipient"]),
        (&json!(1), &json!("ana@example.org"))
    );
}

#[tokio::test]
async fn addresses_are_listed_and_taken_off() {
    let door = Door::new().await;
    let headers = staff(&door).await;
    let headers = sent(&headers);
    let added = door
        .post(
            "/api/v1/admin/suppressions",
            &json!({"address": "ana@example.org", "note": "asked"}),
            &headers,
        )
        .await;
    assert_eq!(added.status, 201, "{}", added.text);
    assert_eq!(added.json()["address"], "ana@example.org");
    let made = door.post("/api/v1/admin/messages", &letter(), &headers).await.json();
    assert_eq!(made["results"][0]["code"], "address_suppressed");
    let list = door
        .get("/api/v1/admin/suppressions?q=ana&cause=staff", &headers)
        .await
        .json();
    let row = &list["items"][0];
    assert_eq!(
        (&row["address"], &row["cause"]),
        (&json!("ana@example.org"), &json!("staff"))
    );
    let path = format!("/api/v1/admin/suppressions/{}", row["id"].as_str().unwrap());
    assert_eq!(door.delete(&path, &headers).await.status, 204);
    assert_eq!(door.delete(&path, &headers).await.status, 404);
}

//! Announcements on the wire, the timeline, and what users want to be sent.

use std::time::Duration;

use axum::body::Body;
use serde_json::{Value, json};

use crate::door::{Door, request};

fn sent<'a>(headers: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    headers.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

fn letter() -> Value {
    json!({"name": "Winter", "subject": "News", "html": "<p>Dear all</p>",
        "audience": {"kind": "addresses", "addresses": ["ana@example.org", "bea@example.org"]}})
}

const PATH: &str = "/api/v1/admin/announcements";

async fn finish(door: &Door) {
    for _ in 0..4 {
        door.test.mails().await;
        door.test.advance(Duration::from_secs(1));
    }
}

#[tokio::test]
async fn an_announcement_is_written_tried_sent_and_told_of() {
    let door = Door::new().await;
    let headers = door.superuser().await;
    let headers = sent(&headers);
    let mut once = headers.clone();
    once.push(("idempotency-key", "8e03978e-40d5-43dd-bc93-6894a57f9324"));
    let made = door.post(PATH, &letter(), &once).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(door.post(PATH, &letter(), &once).await.text, made.text);
    let first_tag = made.header("etag").to_owned();
    let made = made.json();
    assert_eq!(made["reaches"], 2);
    let path = format!("{PATH}/{}", made["announcement"]["id"].as_str().unwrap());
    let tag = door.get(&path, &headers).await.header("etag").to_owned();
    assert_eq!(first_tag, tag);
    let mut changed = letter();
    changed["subject"] = json!("Other news");
    let put = async |body: &Value, tag: &str| {
        let mut all = headers.clone();
        all.extend([("content-type", "application/json"), ("if-match", tag)]);
        door.send(request("PUT", &path, &all, Body::from(body.to_string())))
            .await
    };
    let saved = put(&changed, &tag).await;
    assert_eq!(saved.status, 200, "{}", saved.text);
    let stale = put(&changed, &tag).await;
    assert_eq!(
        (stale.status.as_u16(), stale.code().as_str()),
        (412, "precondition_failed")
    );
    assert_eq!(stale.json()["current"]["written"]["subject"], "Other news");
    let shown = door.post(&format!("{path}/preview"), &json!({}), &headers).await.json();
    assert!(shown["text"].as_str().unwrap().contains("Dear all"), "{shown}");
    let tried = door.post(&format!("{path}/test"), &json!({}), &headers).await;
    assert_eq!(tried.status, 202, "{}", tried.text);
    let started = door.post(&format!("{path}/schedule"), &json!({}), &headers).await;
    assert_eq!(started.json()["announcement"]["state"], "scheduled", "{}", started.text);
    finish(&door).await;
    let done = door.get(&path, &headers).await.json();
    assert_eq!(
        (&done["announcement"]["state"], &done["announcement"]["counts"]["sent"]),
        (&json!("sent"), &json!(2))
    );
    let id = done["announcement"]["id"].as_str().unwrap();
    let mails = format!("/api/v1/admin/messages?announcement={id}&kind=announcement&state=sent&q=ana");
    let mails = door.get(&mails, &headers).await.json();
    assert_eq!(
        (&mails["total"], &mails["items"][0]["recipient"]),
        (&json!(1), &json!("ana@example.org"))
    );
    let list = door.get(&format!("{PATH}?state=sent&q=winter"), &headers).await.json();
    assert_eq!(list["total"], 1);
    let timeline = "/api/v1/admin/notifications?kind=announcement&channel=email&limit=1";
    let first = door.get(timeline, &headers).await.json();
    assert_eq!(
        (&first["total"], first["items"].as_array().unwrap().len()),
        (&json!(2), 1)
    );
    let next = format!("{timeline}&cursor={}", first["next_cursor"].as_str().unwrap());
    let next = door.get(&next, &headers).await.json();
    assert_ne!(first["items"][0]["id"], next["items"][0]["id"]);
    for what in ["pause", "resume", "cancel", "unschedule"] {
        let refused = door.post(&format!("{path}/{what}"), &json!({}), &headers).await;
        assert_eq!(refused.code(), "state_conflict", "{what}");
    }
}

#[tokio::test]
async fn a_projects_mails_are_tried_and_found() {
    let door = Door::new().await;
    let headers = door.superuser().await;
    let headers = sent(&headers);
    door.post("/api/v1/admin/projects", &json!({"slug": "shop"}), &headers)
        .await;
    let path = "/api/v1/admin/projects/shop/mail/test";
    let tried = door
        .post(path, &json!({"recipient": "ana@example.org"}), &headers)
        .await;
    assert_eq!(tried.status, 200, "{}", tried.text);
    assert_eq!(
        (&tried.json()["ok"], &tried.json()["code"]),
        (&json!(true), &json!("email_sent"))
    );
    let wrong = door.post(path, &json!({"recipient": "ana"}), &headers).await;
    assert_eq!(wrong.faults(), [("recipient".to_owned(), "invalid_email".to_owned())]);
    let nowhere = "/api/v1/admin/projects/nothing/mail/test";
    let nowhere = door
        .post(nowhere, &json!({"recipient": "ana@example.org"}), &headers)
        .await;
    assert_eq!(nowhere.status, 404);
    let mails = door.get("/api/v1/admin/messages?project=shop", &headers).await.json();
    assert_eq!(
        (&mails["total"], &mails["items"][0]["project"]),
        (&json!(1), &json!("shop"))
    );
    let timeline = "/api/v1/admin/notifications?reason=email_sent&kind=test";
    let timeline = door.get(timeline, &headers).await.json();
    assert_eq!(
        (&timeline["total"], &timeline["items"][0]["code"]),
        (&json!(1), &json!("email_sent"))
    );
    let wrong = door.get("/api/v1/admin/notifications?reason=shoe", &headers).await;
    assert_eq!(wrong.faults(), [("reason".to_owned(), "invalid_choice".to_owned())]);
    let pushes = "/api/v1/admin/push-notifications?since=2026-01-01&until=2026-01-02";
    assert_eq!(door.get(pushes, &headers).await.status, 200);
}

#[tokio::test]
async fn what_is_wrong_is_told_by_field_and_line() {
    let door = Door::new().await;
    let headers = door.superuser().await;
    let headers = sent(&headers);
    let mut wrong = letter();
    // a list whose kind is forgotten is not everybody
    wrong["audience"] = json!({"addresses": ["ana@example.org"]});
    let refused = door.post(PATH, &wrong, &headers).await;
    assert_eq!(
        refused.faults(),
        [("audience.kind".to_owned(), "invalid_choice".to_owned())]
    );
    let mut wrong = letter();
    wrong["name"] = json!("");
    wrong["audience"]["addresses"] = json!(["ana@example.org", "nobody"]);
    let refused = door.post(PATH, &wrong, &headers).await;
    assert_eq!(
        refused.faults(),
        [
            ("name".to_owned(), "blank".to_owned()),
            ("audience.addresses.1".to_owned(), "invalid_email".to_owned())
        ]
    );
    // a list of five thousand fits
    let many: Vec<String> = (0..5_000)
        .map(|at| format!("someone.of.that.name{at}@mail.example.org"))
        .collect();
    let mut long = letter();
    long["audience"]["addresses"] = json!(many);
    let taken = door.post(PATH, &long, &headers).await;
    assert_eq!((taken.status.as_u16(), &taken.json()["reaches"]), (201, &json!(5_000)));
}

#[tokio::test]
async fn a_mail_program_unsubscribes_with_one_post_from_anywhere() {
    let door = Door::new().await;
    door.user("ana@example.org", None).await;
    let headers = door.superuser().await;
    let headers = sent(&headers);
    let made = door.post(PATH, &letter(), &headers).await.json();
    let path = format!("{PATH}/{}", made["announcement"]["id"].as_str().unwrap());
    door.post(&format!("{path}/schedule"), &json!({}), &headers).await;
    finish(&door).await;
    let mails = door.test.mail.sent();
    let mail = mails
        .iter()
        .find(|mail| mail.recipient == "ana@example.org" && mail.unsubscribe.is_some());
    let link = mail.unwrap().unsubscribe.clone().unwrap();
    let link = link.strip_prefix("http://127.0.0.1:3000").unwrap().to_owned();
    // looking, also by a program that looks at links, changes nothing
    assert_eq!(door.page(&link, "").await.status, 200);
    assert_eq!(door.test.count("announcement_optout").await, 0);
    let post = async |link: &str, body: &'static str| {
        let all = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("origin", "https://mail.example.com"),
            ("sec-fetch-site", "cross-site"),
        ];
        door.send(request("POST", link, &all, Body::from(body))).await
    };
    assert_eq!(post(&link, "x=y").await.code(), "malformed_body");
    let wrong = post("/account/unsubscribe?token=abc", "List-Unsubscribe=One-Click").await;
    assert_eq!(wrong.code(), "unsubscribe_link_invalid");
    assert_eq!(door.test.count("announcement_optout").await, 0);
    let done = post(&link, "List-Unsubscribe=One-Click").await;
    assert_eq!(done.status, 200, "{}", done.text);
    assert!(done.header("set-cookie").is_empty());
    let page = door.page(&link, "").await.text;
    assert!(page.contains("You will get no more announcements."), "{page}");
    // and back again, in the account
    let tokens = door.login("ana@example.org").await;
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let me = "/api/v1/me/preferences";
    let own = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    assert_eq!(door.get(me, &own).await.json(), json!({"announcements": false}));
    let yes = Body::from(json!({"announcements": true}).to_string());
    let set = door.send(request("PUT", me, &own, yes)).await;
    assert_eq!(set.json(), json!({"announcements": true}), "{}", set.text);
}

#[tokio::test]
async fn a_project_says_how_its_mails_leave_and_tells_no_password() {
    let door = Door::new().await;
    let headers = door.superuser().await;
    let headers = sent(&headers);
    door.post("/api/v1/admin/projects", &json!({"slug": "shop"}), &headers)
        .await;
    let path = "/api/v1/admin/projects/shop/mail";
    let change = async |body: Value| {
        let mut all = headers.clone();
        all.push(("content-type", "application/json"));
        door.send(request("PATCH", path, &all, Body::from(body.to_string())))
            .await
    };
    let said =
        json!({"mail_from": "The Shop <shop@example.net>", "transport": "smtp://shop:wheel-barrow@mail.example.net"});
    let changed = change(said).await;
    let holds =
        json!({"mail_from": "The Shop <shop@example.net>", "reply_to": null, "transport": "mail.example.net:587"});
    assert_eq!(changed.json(), holds, "{}", changed.text);
    let seen = door.get(path, &headers).await;
    assert_eq!(seen.json(), holds);
    assert!(!seen.text.contains("wheel-barrow"));
    let tag = seen.header("etag").to_owned();
    assert_eq!((tag.as_str(), tag.len() > 20), (changed.header("etag"), true));
    let mut late = headers.clone();
    late.push(("if-match", "\"1.other\""));
    let late = door.patch(path, &json!({"reply_to": "late@example.org"}), &late).await;
    assert_eq!(
        (late.status.as_u16(), late.code().as_str()),
        (412, "precondition_failed")
    );
    assert_eq!(late.json()["current"], holds);
    let mut mine = headers.clone();
    mine.push(("if-match", &tag));
    let own = door.patch(path, &json!({"reply_to": ""}), &mine).await;
    assert_eq!(own.status, 200, "{}", own.text);
    assert_eq!(
        change(json!({"transport": "nowhere"})).await.faults(),
        [("transport".to_owned(), "invalid_url".to_owned())]
    );
    assert_eq!(change(json!({"transport": ""})).await.json()["transport"], Value::Null);
    assert_eq!(
        door.get("/api/v1/admin/projects/nothing/mail", &headers).await.status,
        404
    );
}

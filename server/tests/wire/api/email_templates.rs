//! E-mail templates over HTTP: what staff's programs see, write, publish and compare.

use axum::body::Body;
use serde_json::{Value, json};

use crate::door::{Answer, Door, request};

const LIST: &str = "/api/v1/admin/email-templates";
const ACTIVATION: &str = "/api/v1/admin/email-templates/activation/en";

fn borrowed<'a>(headers: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    headers.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

async fn put(door: &Door, body: &Value, headers: &[(&str, &str)]) -> Answer {
    let mut all = vec![("content-type", "application/json")];
    all.extend_from_slice(headers);
    let path = format!("{ACTIVATION}/draft");
    door.send(request("PUT", &path, &all, Body::from(body.to_string())))
        .await
}

fn says(words: &str) -> Value {
    json!({
        "subject": words,
        "text": format!("{words}\n{{{{ link }}}}"),
        "html": format!("<p>{words}</p>{{{{ link }}}}"),
        "note": "why",
    })
}

#[tokio::test]
async fn a_template_is_written_published_compared_and_rolled_back() {
    let door = Door::new().await;
    let root = door.superuser().await;
    let staff = borrowed(&root);
    let listed = door.get(&format!("{LIST}?q=activ&limit=10"), &staff).await.json();
    let row = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["name"] == "activation")
        .unwrap()
        .clone();
    assert_eq!(
        (row["languages"].as_array().unwrap().len(), row["is_custom"].clone()),
        (3, json!(false))
    );
    let seen = door.get(ACTIVATION, &staff).await;
    assert_eq!(seen.json()["needs"], json!(["link", "code"]));
    assert_eq!(seen.json()["live"], Value::Null);
    let tag = seen.header("etag").to_owned();
    let mut mine = staff.clone();
    mine.push(("if-match", &tag));
    let saved = put(&door, &says("One"), &mine).await;
    assert_eq!(saved.status, 200, "{}", saved.text);
    let late = put(&door, &says("Two"), &mine).await;
    assert_eq!(
        (late.status.as_u16(), late.code().as_str()),
        (412, "precondition_failed")
    );
    assert_eq!(late.json()["current"]["draft"]["source"]["subject"], "One");
    let publish = format!("{ACTIVATION}/publish");
    let stale = door.post(&publish, &json!({}), &mine).await;
    assert_eq!(stale.status, 412);
    let published = door.post(&publish, &json!({"note": "first"}), &staff).await;
    assert_eq!(published.json()["live"]["version"], 1, "{}", published.text);
    assert_eq!(published.json()["live"]["note"], "first");
    assert!(
        published.json()["live"]["author"]["name"].is_string(),
        "{}",
        published.text
    );
    let again = door.post(&publish, &json!({}), &staff).await;
    assert_eq!((again.status.as_u16(), again.code().as_str()), (409, "state_conflict"));
    put(&door, &says("Two"), &staff).await;
    door.post(&publish, &json!({}), &staff).await;
    let diff = door
        .get(&format!("{ACTIVATION}/diff?from=1&to=live"), &staff)
        .await
        .json();
    assert_eq!(diff["parts"][0]["lines"][0]["before"]["text"], "One");
    assert_eq!(diff["parts"][0]["lines"][0]["after"]["text"], "Two");
    let back = door
        .post(
            &format!("{ACTIVATION}/rollback"),
            &json!({"version": 1, "note": "back"}),
            &staff,
        )
        .await;
    assert_eq!(back.json()["live"]["version"], 3, "{}", back.text);
    let versions = door.get(&format!("{ACTIVATION}/versions?limit=2"), &staff).await.json();
    assert_eq!(
        (versions["total"].clone(), versions["items"][0]["is_live"].clone()),
        (json!(3), json!(true))
    );
    let two = door.get(&format!("{ACTIVATION}/versions/2"), &staff).await.json();
    assert_eq!(two["source"]["subject"], "Two");
    let preview = door
        .post(
            &format!("{ACTIVATION}/preview"),
            &json!({"of": "2", "look": "dark"}),
            &staff,
        )
        .await
        .json();
    assert_eq!(preview["subject"], "Two");
    assert!(preview["html"].as_str().unwrap().contains("token=sample"));
    let test = door
        .post(&format!("{ACTIVATION}/test"), &json!({"to": "eve@example.org"}), &staff)
        .await;
    assert_eq!(
        (test.status.as_u16(), test.json()["to"].clone()),
        (202, json!("eve@example.org"))
    );
    assert_eq!(door.test.mails().await[0].subject, "[Test] One");
    assert_eq!(door.delete(ACTIVATION, &staff).await.status, 204);
    assert_eq!(door.delete(ACTIVATION, &staff).await.code(), "state_conflict");
    assert_eq!(
        door.delete(&format!("{ACTIVATION}/draft"), &staff).await.code(),
        "state_conflict"
    );
}

#[tokio::test]
async fn a_fault_says_where_it_is() {
    let door = Door::new().await;
    let root = door.superuser().await;
    let staff = borrowed(&root);
    let source = json!({"subject": "x", "text": "a\n {{ unknown }}", "html": "{% include 'x' %}"});
    let preview = format!("{ACTIVATION}/preview");
    let looked_at = door.post(&preview, &json!({"source": source}), &staff).await;
    assert_eq!(
        looked_at.faults(),
        ["source.text", "source.html"].map(|part| (part.to_owned(), "template_syntax_error".to_owned()))
    );
    let refused = put(&door, &source, &staff).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code().as_str()),
        (422, "validation_failed")
    );
    let errors = refused.json()["errors"].clone();
    assert_eq!(
        errors[0],
        json!({"field": "text", "code": "template_syntax_error",
            "params": {"line": 2, "column": 5, "reason": "there is no variable unknown"}})
    );
    assert_eq!(errors[1]["params"]["reason"], "include is no part of this language");
    // a note that is not there may be said so
    let nothing = json!({"subject": "x", "text": "x", "html": "x", "note": null});
    assert_eq!(put(&door, &nothing, &staff).await.status, 200);
    let useless = door.post(&format!("{ACTIVATION}/publish"), &json!({}), &staff).await;
    assert_eq!(
        useless.faults(),
        ["text", "html"].map(|part| (part.to_owned(), "template_variable_missing".to_owned()))
    );
    // three parts of 65,536 characters fit, and no more
    let most = "ü".repeat(65_536);
    let long = put(&door, &json!({"subject": "x", "text": most, "html": most}), &staff).await;
    assert_eq!(long.status, 200, "{}", long.text);
    let longer = put(
        &door,
        &json!({"subject": "x", "text": "x".repeat(64 * 1_024 + 1), "html": "x"}),
        &staff,
    )
    .await;
    assert_eq!(longer.faults(), [("text".to_owned(), "too_long".to_owned())]);
    let huge = put(
        &door,
        &json!({"subject": "x", "text": "x".repeat(2_500_000), "html": "x"}),
        &staff,
    )
    .await;
    assert_eq!((huge.status.as_u16(), huge.code().as_str()), (413, "body_too_large"));
    for path in ["nothing/en", "activation/fr", "custom.none/en"] {
        assert_eq!(door.get(&format!("{LIST}/{path}"), &staff).await.status, 404, "{path}");
    }
    assert_eq!(door.get(&format!("{ACTIVATION}/versions/1"), &staff).await.status, 404);
    let unknown = door.get(&format!("{ACTIVATION}/diff?from=9&to=live"), &staff).await;
    assert_eq!(unknown.faults(), [("from".to_owned(), "invalid_choice".to_owned())]);
}

#[tokio::test]
async fn templates_of_staffs_own_come_and_go() {
    let door = Door::new().await;
    let root = door.superuser().await;
    let staff = borrowed(&root);
    let body = json!({"slug": "welcome", "title": "Welcome", "variables": [{"name": "name", "sample": "Ana"}]});
    let made = door.post(LIST, &body, &staff).await;
    assert_eq!(
        (made.status.as_u16(), made.json()["name"].clone()),
        (201, json!("custom.welcome"))
    );
    assert_eq!(
        door.post(LIST, &body, &staff).await.faults(),
        [("slug".to_owned(), "slug_unique".to_owned())]
    );
    let path = format!("{LIST}/custom.welcome");
    let tag = made.header("etag").to_owned();
    assert_eq!(door.get(&format!("{path}/en"), &staff).await.header("etag"), tag);
    let mut seen = staff.clone();
    seen.push(("if-match", &tag));
    let changed = door.patch(&path, &json!({"title": "Hello"}), &seen).await;
    assert_eq!(changed.json()["title"], "Hello", "{}", changed.text);
    assert_ne!(changed.header("etag"), tag);
    let late = door.patch(&path, &json!({"title": "Late"}), &seen).await;
    assert_eq!(
        (late.status.as_u16(), late.json()["current"]["title"].clone()),
        (412, json!("Hello"))
    );
    assert_eq!(door.delete(&path, &seen).await.status, 412);
    let variables = json!([{"name": "brand", "sample": "x"}, {"name": "A b"}]);
    let refused = door.patch(&path, &json!({"variables": variables}), &staff).await;
    assert_eq!(refused.faults().len(), 2, "{}", refused.text);
    let own = door.get(&format!("{LIST}?custom=true"), &staff).await.json();
    assert_eq!(own["total"], 1);
    assert_eq!(door.delete(&path, &staff).await.status, 204);
    assert_eq!(door.delete(&path, &staff).await.status, 404);
    assert_eq!(door.delete(&format!("{LIST}/activation"), &staff).await.status, 404);
}

#[tokio::test]
async fn templates_are_downloaded_and_read_in() {
    let door = Door::new().await;
    let root = door.superuser().await;
    let staff = borrowed(&root);
    let body = json!({"slug": "welcome", "title": "Welcome", "variables": [{"name": "name", "sample": "Ana"}]});
    door.post(LIST, &body, &staff).await;
    let file = door
        .get(&format!("{LIST}/export?names=custom.welcome,activation"), &staff)
        .await;
    assert!(
        file.header("content-disposition")
            .contains("sereno-email-templates.json"),
        "{}",
        file.text
    );
    let mut file = file.json();
    assert_eq!(file["templates"].as_array().unwrap().len(), 2);
    assert_eq!(file["templates"][1]["definition"]["title"], "Welcome");
    let unknown = door.get(&format!("{LIST}/export?names=x"), &staff).await;
    assert_eq!(unknown.faults(), [("names".to_owned(), "invalid_choice".to_owned())]);
    file["templates"][0]["languages"]["en"]["subject"] = json!("Mine");
    file["publish"] = json!(true);
    let import = format!("{LIST}/import");
    let told = door.post(&import, &file, &staff).await;
    assert_eq!(told.status, 200, "{}", told.text);
    let outcomes: Vec<Value> = told.json()["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["outcome"].clone())
        .collect();
    assert_eq!(outcomes, ["unchanged", "published", "unchanged", "unchanged"]);
    let now = door.get(ACTIVATION, &staff).await.json();
    assert_eq!(now["live"]["source"]["subject"], "Mine");
}

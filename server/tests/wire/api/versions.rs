//! Versions of what staff edits, and how much of a limit is left.

use serde_json::{Value, json};

use crate::door::{Door, request};

#[tokio::test]
async fn a_change_of_another_version_is_refused_with_what_it_is_now() {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    let (application, headers) = {
        door.application(json!({"name": "Shop", "client_id": "shop", "kind": "confidential"}))
            .await;
        door.staff("shop").await
    };
    let staff: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let users = door.get("/api/v1/admin/users?q=ana", &staff).await.json();
    let user = users["items"][0]["id"].as_str().unwrap().to_owned();
    let attribute = "/api/v1/admin/attributes/tier";
    let put = async |body: Value, more: &[(&str, &str)]| {
        let mut sent = staff.clone();
        sent.push(("content-type", "application/json"));
        sent.extend_from_slice(more);
        door.send(request("PUT", attribute, &sent, body.to_string().into()))
            .await
    };
    assert_eq!(
        put(json!({"kind": "integer"}), &[("if-match", "*")]).await.code(),
        "precondition_failed"
    );
    assert_eq!(put(json!({"kind": "integer"}), &[]).await.status, 200);
    let make = async |what: &str, body: Value| {
        let made = door.post(&format!("/api/v1/admin/{what}"), &body, &staff).await;
        assert_eq!(made.status, 201, "{}", made.text);
        format!("/api/v1/admin/{what}/{}", made.json()["id"].as_str().unwrap())
    };
    let role = make("roles", json!({"codename": "reader"})).await;
    let project = make("projects", json!({"slug": "acme", "owner": user})).await;
    let provider = make(
        "social-providers",
        json!({"kind": "github", "slug": "github", "client_id": "a", "client_secret": "b"}),
    )
    .await;
    for (path, change, field) in [
        (
            format!("/api/v1/admin/applications/{application}"),
            json!({"name": "Shop 2"}),
            "name",
        ),
        (
            format!("/api/v1/admin/users/{user}"),
            json!({"first_name": "Ana"}),
            "first_name",
        ),
        (role.clone(), json!({"name": "Reader"}), "name"),
        (project.clone(), json!({"name": "Acme"}), "name"),
        (provider.clone(), json!({"name": "Hub"}), "name"),
    ] {
        let seen = door.get(&path, &staff).await;
        let tag = seen.header("etag").to_owned();
        assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() > 20, "{tag}");
        assert_eq!(door.get(&path, &staff).await.header("etag"), tag, "nothing has changed");
        // what happens by itself is no change
        door.login("ana").await;
        assert_eq!(door.get(&path, &staff).await.header("etag"), tag);
        let with = |tag: &'static str| [staff.as_slice(), &[("if-match", tag)]].concat();
        let mut mine = staff.clone();
        mine.push(("if-match", &tag));
        let changed = door.patch(&path, &change, &mine).await;
        assert_eq!(changed.status, 200, "{}", changed.text);
        assert_ne!(changed.header("etag"), tag);
        assert_eq!(changed.header("etag"), door.get(&path, &staff).await.header("etag"));
        let late = door.patch(&path, &json!({field: "Somebody else"}), &mine).await;
        assert_eq!(
            (late.status.as_u16(), late.code().as_str()),
            (412, "precondition_failed")
        );
        assert_eq!(late.json()["current"][field], change[field], "{}", late.text);
        for wrong in ["W/\"x\"", "x", ""] {
            let refused = door.patch(&path, &json!({field: "x"}), &with(wrong)).await;
            // an empty header is not sent by the fixture
            assert_eq!(
                refused.status.as_u16(),
                if wrong.is_empty() { 200 } else { 412 },
                "{wrong}"
            );
        }
        assert_eq!(door.patch(&path, &change, &with("*")).await.status, 200);
    }
    let tag = door.get(attribute, &staff).await.header("etag").to_owned();
    let changed = put(json!({"kind": "string"}), &[("if-match", &tag)]).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    let late = put(json!({"kind": "boolean"}), &[("if-match", &tag)]).await;
    assert_eq!(
        (late.status.as_u16(), late.json()["current"]["kind"].as_str()),
        (412, Some("string"))
    );
    for path in [
        attribute.to_owned(),
        format!("/api/v1/admin/applications/{application}"),
        role,
        project,
        provider,
    ] {
        let mut old = staff.clone();
        old.push(("if-match", &tag));
        assert_eq!(door.delete(&path, &old).await.status, 412, "{path}");
        let now = door.get(&path, &staff).await.header("etag").to_owned();
        let mut mine = staff.clone();
        mine.push(("if-match", &now));
        assert_eq!(door.delete(&path, &mine).await.status, 204, "{path}");
        assert_eq!(door.get(&path, &staff).await.status, 404);
    }
}

/// What is done to an account as a whole names the version that was looked at, like an edit.
#[tokio::test]
async fn an_account_is_locked_as_it_was_looked_at() {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    door.application(json!({"name": "Shop", "client_id": "shop", "kind": "confidential"}))
        .await;
    let (_, headers) = door.staff("shop").await;
    let staff: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let users = door.get("/api/v1/admin/users?q=ana", &staff).await.json();
    let path = format!("/api/v1/admin/users/{}", users["items"][0]["id"].as_str().unwrap());
    let send = async |method: &str, path: &str, tag: &str| {
        let mut sent = staff.clone();
        sent.push(("if-match", tag));
        door.send(request(method, path, &sent, axum::body::Body::empty())).await
    };
    let seen = door.get(&path, &staff).await.header("etag").to_owned();
    // a colleague was faster
    let changed = door.patch(&path, &json!({"first_name": "Ana"}), &staff).await;
    let mut tag = changed.header("etag").to_owned();
    for (method, what, state) in [
        ("POST", "/lock", "locked"),
        ("POST", "/unlock", "active"),
        ("POST", "/disable", "disabled"),
        ("POST", "/enable", "active"),
        ("PUT", "/superuser", "active"),
        ("DELETE", "/superuser", "active"),
    ] {
        let door_of = format!("{path}{what}");
        let late = send(method, &door_of, &seen).await;
        assert_eq!(
            (late.status.as_u16(), late.code().as_str()),
            (412, "precondition_failed"),
            "{what}"
        );
        assert_eq!(late.json()["current"]["first_name"], "Ana", "{what}");
        let done = send(method, &door_of, &tag).await;
        assert_eq!(done.status, 200, "{what}: {}", done.text);
        assert_eq!(done.json()["state"], state, "{what}");
        let now = done.header("etag").to_owned();
        assert!(!now.is_empty() && now != tag, "{what}");
        assert_eq!(now, door.get(&path, &staff).await.header("etag"), "{what}");
        tag = now;
    }
    assert_eq!(send("DELETE", &path, &seen).await.status, 412);
    assert_eq!(send("DELETE", &path, &tag).await.status, 204);
    let closing = door.get(&path, &staff).await.header("etag").to_owned();
    assert_eq!(send("POST", &format!("{path}/restore"), &tag).await.status, 412);
    assert_eq!(send("POST", &format!("{path}/restore"), &closing).await.status, 200);
    // without a version it is done as ever
    assert_eq!(door.post(&format!("{path}/lock"), &json!({}), &staff).await.status, 200);
}

#[tokio::test]
async fn a_limit_says_how_much_of_it_is_left() {
    let door = Door::with(|config| config.limit.requests_per_address = 3).await;
    let body = json!({"email": "nobody@example.org"});
    let ask = async || {
        let mut sent = request(
            "POST",
            "/api/v1/registrations/resend",
            &[("content-type", "application/json")],
            body.to_string().into(),
        );
        let peer = std::net::SocketAddr::from(([192, 0, 2, 9], 4711));
        sent.extensions_mut().insert(axum::extract::ConnectInfo(peer));
        door.send(sent).await
    };
    for left in [2, 1, 0] {
        let answer = ask().await;
        assert_eq!(answer.header("ratelimit-policy"), "\"resend\";q=3;w=60");
        assert!(
            answer
                .header("ratelimit")
                .starts_with(&format!("\"resend\";r={left};t=")),
            "{}",
            answer.header("ratelimit")
        );
    }
    let refused = ask().await;
    assert_eq!(
        (refused.status.as_u16(), refused.code().as_str()),
        (429, "too_many_requests")
    );
    let wait = refused.header("retry-after");
    assert_eq!(refused.header("ratelimit"), format!("\"resend\";r=0;t={wait}"));
    // what counts nobody says nothing
    let free = door.get("/api/v1/social", &[]).await;
    assert!(free.header("ratelimit").is_empty());
}

//! Staff and devices, as a browser without JavaScript goes about it.

use serde_json::json;

use crate::door::{Door, PASSWORD};

async fn named(door: &Door, who: &str, name: &str) -> (String, String) {
    let body = json!({"identifier": who, "password": PASSWORD,
        "device": {"name": name, "os": "Android", "firebase_token": format!("fcm:secret-of-{name}")}});
    let answer = door.post("/api/v1/login", &body, &[]).await.json();
    let bearer = format!("Bearer {}", answer["access_token"].as_str().unwrap());
    (answer["device_id"].as_str().unwrap().to_owned(), bearer)
}

#[tokio::test]
async fn a_device_is_found_renamed_and_removed() {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    door.user("bea@example.org", Some("bea")).await;
    let cookies = door.administrator().await;
    assert!(
        door.page("/console/devices", &cookies)
            .await
            .text
            .contains("No devices yet")
    );
    let (id, bearer) = named(&door, "ana", "Pocket").await;
    named(&door, "bea", "Tower").await;
    let list = door.page("/console/devices?q=pocket", &cookies).await.text;
    let path = format!("/console/devices/{id}");
    assert!(list.contains(&format!("href=\"{path}\"")) && !list.contains("Tower"));
    assert!(!list.contains("fcm:"), "a push token is not shown");
    let theirs = door.page("/console/devices?user=bea", &cookies).await.text;
    assert!(theirs.contains("Tower") && !theirs.contains("Pocket"));
    let first = door.page("/console/devices?limit=1", &cookies).await.text;
    assert!(first.contains("rel=\"next\"") && first.contains("2 devices"));

    let page = door.page(&path, &cookies).await.text;
    assert!(page.contains("Sign-ins on this device"));
    assert!(!page.contains("fcm:"));
    let long = "x".repeat(101);
    let refused = door
        .form(
            "/console/fn/rename_device",
            &[("id", &id), ("name", &long)],
            &path,
            &cookies,
        )
        .await;
    assert_eq!(
        (refused.status.as_u16(), refused.header("location")),
        (303, path.as_str())
    );
    let renamed = door
        .form(
            "/console/fn/rename_device",
            &[("id", &id), ("name", "Lost")],
            &path,
            &cookies,
        )
        .await;
    assert_eq!(renamed.header("location"), format!("{path}?done=renamed"));
    let page = door.page(renamed.header("location"), &cookies).await.text;
    assert!(page.contains("The device has another name now.") && page.contains("Lost"));
    let question = door.page(&format!("{path}?confirm=remove"), &cookies).await.text;
    assert!(question.contains("Remove Lost?"));
    let removed = door
        .form("/console/fn/remove_device", &[("id", &id)], &path, &cookies)
        .await;
    assert_eq!(removed.header("location"), "/console/devices?done=removed");
    let list = door.page(removed.header("location"), &cookies).await.text;
    assert!(list.contains("The device is removed") && !list.contains("Lost"));
    assert_eq!(door.page(&path, &cookies).await.status, 404);
    assert_eq!(door.get("/api/v1/me", &[("authorization", &bearer)]).await.status, 401);
}

#[tokio::test]
async fn the_pages_and_their_functions_are_closed_to_others() {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    let (id, bearer) = named(&door, "ana", "Pocket").await;
    let fields = [("identifier", "ana"), ("password", PASSWORD), ("next", "/account")];
    let cookies = door
        .form("/account/fn/sign_in", &fields, "/account/sign-in", "")
        .await
        .cookies();
    let path = format!("/console/devices/{id}");
    for page in ["/console/devices", &path] {
        assert!(door.page(page, "").await.status.is_redirection());
        assert_eq!(door.page(page, &cookies).await.status, 403);
    }
    for function in ["list_devices", "device", "rename_device", "remove_device"] {
        let answer = door
            .form(&format!("/console/fn/{function}"), &[("id", &id)], &path, &cookies)
            .await;
        assert!(!answer.text.contains("Pocket"), "{function}");
    }
    assert_eq!(door.get("/api/v1/me", &[("authorization", &bearer)]).await.status, 200);
}

/// The page of one's own devices, as a browser without JavaScript uses it.
#[tokio::test]
async fn users_rename_and_remove_their_own() {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    door.user("eve@example.org", Some("eve")).await;
    let device = json!({"name": "Old phone", "os": "Android", "os_version": "16"});
    let body = json!({"identifier": "ana", "password": PASSWORD, "device": device});
    let tokens = door.post("/api/v1/login", &body, &[]).await.json();
    let id = tokens["device_id"].as_str().unwrap();
    let sign_in = async |name: &str| {
        let fields = [("identifier", name), ("password", PASSWORD), ("next", "/account")];
        let answer = door.form("/account/fn/sign_in", &fields, "/account/sign-in", "").await;
        answer.cookies()
    };
    let (ana, eve) = (sign_in("ana").await, sign_in("eve").await);
    let page = door.page("/account/devices", &ana).await;
    assert!(page.text.contains("Old phone") && page.text.contains("Android 16"));
    assert!(!door.page("/account/devices", &eve).await.text.contains("Old phone"));
    let asks = door.page(&format!("/account/devices?rename={id}"), &ana).await;
    assert!(asks.text.contains("/account/fn/rename_my_device"));
    let rename = [("id", id), ("name", "Pocket phone")];
    let theirs = door
        .form("/account/fn/rename_my_device", &rename, "/account/devices", &eve)
        .await;
    assert_eq!(
        theirs.header("location"),
        "/account/devices",
        "refused, and nothing told"
    );
    let done = door
        .form("/account/fn/rename_my_device", &rename, "/account/devices", &ana)
        .await;
    assert_eq!(done.header("location"), "/account/devices?done=renamed");
    assert!(door.page("/account/devices", &ana).await.text.contains("Pocket phone"));
    let done = door
        .form("/account/fn/remove_my_device", &[("id", id)], "/account/devices", &ana)
        .await;
    assert_eq!(done.header("location"), "/account/devices?done=removed");
    assert!(!door.page("/account/devices", &ana).await.text.contains("Pocket phone"));
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let me = door.get("/api/v1/me", &[("authorization", &bearer)]).await;
    assert_eq!(me.status, 401);
}

/// What a user calls a device is text, in the title of the window too.
#[tokio::test]
async fn a_name_breaks_out_of_nothing() {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    let admin = door.administrator().await;
    let name = "</title><meta http-equiv=refresh content=0;url=//evil.example> & <b>";
    let body = json!({"identifier": "ana", "password": PASSWORD, "device": {"name": name}});
    let answer = door.post("/api/v1/login", &body, &[]).await.json();
    let id = answer["device_id"].as_str().unwrap();
    let page = door.page(&format!("/console/devices/{id}"), &admin).await;
    assert_eq!(page.status, 200);
    let head = page.text.split("</head>").next().unwrap();
    assert_eq!(head.matches("</title>").count(), 1, "{head}");
    assert!(head.contains("<title>&lt;/title>&lt;meta"), "{head}");
    assert!(
        !page.text.contains("<meta http-equiv"),
        "it stands in the page as markup"
    );
}

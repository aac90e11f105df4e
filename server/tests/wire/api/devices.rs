//! Devices on the wire: named at sign-in, listed, changed, removed; by their owner and by staff.

use serde_json::{Value, json};

use crate::door::{Door, PASSWORD};

const PHONE: &str = "6f1b1c9e-3c66-4b6e-9d5c-0a1b2c3d4e5f";

async fn sign_in(door: &Door, who: &str, device: Value) -> (Value, String) {
    let body = json!({"identifier": who, "password": PASSWORD, "device": device});
    let answer = door.post("/api/v1/login", &body, &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let answer = answer.json();
    let bearer = format!("Bearer {}", answer["access_token"].as_str().unwrap());
    (answer, bearer)
}

#[tokio::test]
async fn an_owner_names_changes_and_removes_a_device() {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    let plain = door.login("ana").await;
    assert!(plain.get("device_id").is_none() && plain.get("device_uuid").is_none());
    let said = json!({"uuid": PHONE, "name": "Phone", "os": "Android", "device_id": "imei-1",
        "firebase_token": "fcm:0123456789abcdef"});
    let (answer, bearer) = sign_in(&door, "ana", said).await;
    assert_eq!(answer["device_uuid"], PHONE);
    let id = answer["device_id"].as_str().unwrap().to_owned();
    assert_ne!(id, PHONE);
    let sent = [("authorization", bearer.as_str())];
    let list = door.get("/api/v1/me/devices", &sent).await;
    let row = list.json()["items"][0].clone();
    assert_eq!(
        (row["id"].as_str().unwrap(), row["device_id"].as_str()),
        (id.as_str(), Some("imei-1"))
    );
    assert_eq!(row["firebase_token"], "…cdef");
    assert!(!list.text.contains("fcm:"), "{}", list.text);
    let sessions = door.get("/api/v1/me/sessions", &sent).await.json();
    let sessions = sessions["items"].as_array().unwrap();
    let current = sessions.iter().find(|row| row["is_current"] == true).unwrap();
    assert_eq!(current["device"], json!({"id": id, "name": "Phone", "os": "Android"}));
    let path = format!("/api/v1/me/devices/{id}");
    let renamed = door
        .patch(&path, &json!({"name": "Old phone", "os": null}), &sent)
        .await;
    assert_eq!(renamed.status, 200, "{}", renamed.text);
    assert_eq!(
        (&renamed.json()["name"], &renamed.json()["os"]),
        (&json!("Old phone"), &Value::Null)
    );
    for (body, field, code) in [
        (json!({"uuid": PHONE}), "uuid", "unknown_field"),
        (json!({"name": "x".repeat(101)}), "name", "too_long"),
        (json!({"name": 7}), "name", "invalid_type"),
    ] {
        let refused = door.patch(&path, &body, &sent).await;
        assert_eq!(
            refused.faults(),
            [(field.to_owned(), code.to_owned())],
            "{}",
            refused.text
        );
    }
    for path in [
        "/api/v1/me/devices/x",
        "/api/v1/me/devices/0198c2d4-7b1e-7c3a-9f00-000000000007",
    ] {
        assert_eq!(door.patch(path, &json!({}), &sent).await.status, 404);
        assert_eq!(door.delete(path, &sent).await.status, 404);
    }
    assert_eq!(door.get("/api/v1/me/devices", &[]).await.status, 401);
    assert_eq!(door.delete(&path, &sent).await.status, 204);
    assert_eq!(door.get("/api/v1/me", &sent).await.status, 401, "its sign-in has ended");
}

#[tokio::test]
async fn a_sign_in_says_which_field_of_the_device_is_wrong() {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    for (device, field, code) in [
        (json!({"uuid": "zzz"}), "device.uuid", "invalid_type"),
        (json!({"os_version": "x".repeat(51)}), "device.os_version", "too_long"),
        (
            json!({"firebase_token": "a b"}),
            "device.firebase_token",
            "invalid_characters",
        ),
        (json!({"color": "red"}), "device.color", "unknown_field"),
        (json!({"os": 7}), "device.os", "invalid_type"),
    ] {
        let body = json!({"identifier": "ana", "password": PASSWORD, "device": device});
        let answer = door.post("/api/v1/login", &body, &[]).await;
        assert_eq!(answer.status, 422, "{}", answer.text);
        assert_eq!(answer.faults(), [(field.to_owned(), code.to_owned())]);
    }
}

#[tokio::test]
async fn signing_out_removes_the_device_that_is_named() {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    door.user("bea@example.org", Some("bea")).await;
    let (anas, bearer) = sign_in(&door, "ana", json!({"uuid": PHONE})).await;
    let (again, other) = sign_in(&door, "ana", json!({"uuid": PHONE})).await;
    assert_eq!(anas["device_id"], again["device_id"]);
    let (beas, _) = sign_in(&door, "bea", json!({"uuid": PHONE})).await;
    let out = async |tokens: &Value, device: &Value| {
        let body = json!({"refresh_token": tokens["refresh_token"], "device_id": device});
        assert_eq!(door.post("/api/v1/logout", &body, &[]).await.status, 204);
    };
    out(&beas, &anas["device_id"]).await;
    assert_eq!(door.get("/api/v1/me", &[("authorization", &other)]).await.status, 200);
    out(&anas, &anas["device_id"]).await;
    for bearer in [&bearer, &other] {
        assert_eq!(door.get("/api/v1/me", &[("authorization", bearer)]).await.status, 401);
    }
}

#[tokio::test]
async fn staff_finds_renames_and_removes_anybodys_device() {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    let (answer, bearer) = sign_in(&door, "ana", json!({"name": "Phone", "os": "Android"})).await;
    let id = answer["device_id"].as_str().unwrap();
    let staff = door.superuser().await;
    let sent = [(staff[0].0, staff[0].1.as_str())];
    let list = async |query: &str| door.get(&format!("/api/v1/admin/devices{query}"), &sent).await.json();
    let found = list("?q=ana%40example&limit=1").await;
    assert_eq!(
        (&found["total"], &found["items"][0]["user"]["name"]),
        (&json!(1), &json!("ana"))
    );
    assert_eq!(list("?user=ana").await["total"], 1);
    assert_eq!(list("?q=windows").await["total"], 0);
    let refused = door.get("/api/v1/admin/devices?limit=0", &sent).await;
    assert_eq!(refused.faults(), [("limit".to_owned(), "invalid_choice".to_owned())]);
    let path = format!("/api/v1/admin/devices/{id}");
    let detail = door.get(&path, &sent).await.json();
    assert_eq!(
        (&detail["name"], &detail["sessions"]["items"][0]["kind"]),
        (&json!("Phone"), &json!("tokens"))
    );
    let push = door.patch(&path, &json!({"firebase_token": "x"}), &sent).await;
    assert_eq!(
        push.faults(),
        [("firebase_token".to_owned(), "unknown_field".to_owned())]
    );
    assert_eq!(door.patch(&path, &json!({"name": "Lost"}), &sent).await.status, 204);
    assert_eq!(list("?q=lost").await["total"], 1);
    for (method, answer) in [
        ("GET", door.get(&path, &[("authorization", &bearer)]).await),
        ("DELETE", door.delete(&path, &[("authorization", &bearer)]).await),
    ] {
        assert_eq!(answer.code(), "permission_denied", "{method}");
    }
    assert_eq!(door.delete(&path, &sent).await.status, 204);
    assert_eq!(door.get(&path, &sent).await.status, 404);
    assert_eq!(door.get("/api/v1/me", &[("authorization", &bearer)]).await.status, 401);
}

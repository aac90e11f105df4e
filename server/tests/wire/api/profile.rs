//! Profiles, what may stand in them, what changed, and sign-ins: one's own and everybody's.

use serde_json::json;

use crate::door::Door;

fn bearer(tokens: &serde_json::Value) -> String {
    format!("Bearer {}", tokens["access_token"].as_str().unwrap())
}

#[tokio::test]
async fn staff_declares_users_fill_in_and_the_history_tells() {
    let door = Door::with(|config| config.profile.protected = vec!["last_name".to_owned()]).await;
    door.user("ana@example.org", Some("ana")).await;
    let staff = door.superuser().await;
    let staff = [(staff[0].0, staff[0].1.as_str())];
    let tokens = door.login("ana").await;
    let bearer = bearer(&tokens);
    let ana = [("authorization", bearer.as_str())];

    let body = json!({"kind": "integer", "description": "what they pay for"}).to_string();
    let headers = [staff[0], ("content-type", "application/json")];
    let path = "/api/v1/admin/attributes/tier";
    let declared = door
        .send(crate::door::request("PUT", path, &headers, body.into()))
        .await;
    assert_eq!(declared.status, 200, "{}", declared.text);
    let fields = door.get("/api/v1/me/fields", &ana).await.json();
    assert_eq!(fields[2]["is_protected"], true, "{fields}");
    assert_eq!(fields[4]["field"], "attributes.tier");

    let wrong = json!({"last_name": "Bee", "attributes": {"tier": "3"}});
    let answer = door.patch("/api/v1/me", &wrong, &ana).await;
    let told = [("last_name", "protected_field"), ("attributes.tier", "invalid_type")];
    assert_eq!(answer.status, 422);
    assert_eq!(
        answer.faults(),
        told.map(|(field, code)| (field.to_owned(), code.to_owned()))
    );
    let right = json!({"first_name": "Ana", "attributes": {"tier": 3}});
    assert_eq!(door.patch("/api/v1/me", &right, &ana).await.status, 200);

    door.test.advance(std::time::Duration::from_secs(1));
    let path = format!("/api/v1/admin/users/{}", tokens["user"]["id"].as_str().unwrap());
    let theirs = door.patch(&path, &json!({"last_name": "Bee"}), &staff).await;
    assert_eq!(
        theirs.json()["last_name"],
        "Bee",
        "what is protected from users is not from staff"
    );
    for forbidden in ["password", "is_superuser", "state", "permissions", "roles"] {
        let answer = door.patch(&path, &json!({ forbidden: true }), &staff).await;
        assert_eq!(answer.status, 422, "{forbidden}");
    }
    let changes = door.get(&format!("{path}/changes?limit=2"), &staff).await.json();
    assert_eq!(changes["total"], 3);
    assert_eq!(changes["items"][0]["field"], "last_name");
    assert_eq!(changes["items"][0]["actor_name"], "root");
    assert!(changes["next_cursor"].is_string());

    assert_eq!(door.patch(&path, &json!({"last_name": "X"}), &ana).await.status, 403);
    assert_eq!(door.get(&format!("{path}/changes"), &ana).await.status, 403);
    assert_eq!(door.get("/api/v1/me/fields", &[]).await.status, 401);
}

#[tokio::test]
async fn sign_ins_are_listed_and_ended_by_their_owner_and_by_staff() {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    let staff = door.superuser().await;
    let staff = [(staff[0].0, staff[0].1.as_str())];
    let (one, _, _) = (
        door.login("ana").await,
        door.login("ana").await,
        door.login("ana").await,
    );
    let bearer = bearer(&one);
    let ana = [("authorization", bearer.as_str())];
    let list = door.get("/api/v1/me/sessions?limit=2", &ana).await.json();
    assert_eq!(
        (&list["total"], list["items"].as_array().unwrap().len()),
        (&json!(3), 2)
    );
    let mut rows = list["items"].as_array().unwrap().iter();
    let other = rows.find(|row| row["is_current"] == false).unwrap();
    let path = format!("/api/v1/me/sessions/{}", other["id"].as_str().unwrap());
    assert_eq!(door.delete(&path, &ana).await.status, 204);
    assert_eq!(door.delete(&path, &ana).await.status, 404);
    let ended = door
        .post("/api/v1/me/sessions/end", &json!({"which": "others"}), &ana)
        .await;
    assert_eq!(ended.json()["ended"], 1);

    let id = one["user"]["id"].as_str().unwrap();
    let theirs = door
        .get(&format!("/api/v1/admin/sessions?user={id}"), &staff)
        .await
        .json();
    assert_eq!(theirs["items"][0]["user"]["name"], "ana");
    let all = format!("/api/v1/admin/users/{id}/end-sessions");
    assert_eq!(door.post(&all, &json!({}), &ana).await.status, 403);
    let answer = door
        .send(crate::door::request("POST", &all, &staff, axum::body::Body::empty()))
        .await;
    assert_eq!(answer.json()["ended"], 1);
    assert_eq!(door.get("/api/v1/me", &ana).await.status, 401);
}

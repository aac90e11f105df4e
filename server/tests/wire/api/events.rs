//! Events on the wire, for staff; and the pages that show them.

use serde_json::json;

use crate::door::Door;

/// Ana's sign-in, whose first refresh token came again after its successor had been used.
async fn replayed(door: &Door) -> Vec<String> {
    door.user("ana@example.org", Some("ana")).await;
    let mut tokens = vec![door.login("ana").await["refresh_token"].as_str().unwrap().to_owned()];
    for _ in 0..2 {
        let body = json!({"refresh_token": tokens.last().unwrap()});
        let answer = door.post("/api/v1/token/refresh", &body, &[]).await;
        tokens.push(answer.json()["refresh_token"].as_str().unwrap().to_owned());
    }
    let body = json!({"refresh_token": tokens[0]});
    let refused = door.post("/api/v1/token/refresh", &body, &[]).await;
    assert_eq!(refused.code(), "refresh_token_invalid");
    tokens
}

#[tokio::test]
async fn staff_reads_what_happened_and_where_a_line_of_tokens_went() {
    let door = Door::new().await;
    let tokens = replayed(&door).await;
    let headers = door.superuser().await;
    let staff: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let list = door
        .get(
            "/api/v1/admin/events?kind=refresh_replayed&user=ana&outcome=failure",
            &staff,
        )
        .await;
    assert_eq!(list.status, 200, "{}", list.text);
    let row = list.json()["items"][0].clone();
    assert_eq!(
        (&row["code"], &row["application"]["name"], &row["detail"]),
        (
            &json!("refresh_token_invalid"),
            &json!("Sereno"),
            &json!({"presented": 1, "current": 3})
        )
    );
    let event = door
        .get(&format!("/api/v1/admin/events/{}", row["id"].as_str().unwrap()), &staff)
        .await;
    let lineage = &event.json()["lineage"];
    assert_eq!(
        (&lineage["generation"], &lineage["revoke_reason"]),
        (&json!(3), &json!("replayed"))
    );
    assert!(lineage["tokens"][0]["replayed_at"].is_string() && lineage["tokens"][1]["replayed_at"].is_null());
    assert!(tokens.iter().all(|token| !event.text.contains(token)));
    for (question, field) in [("kind=shoe", "kind"), ("since=soon", "since"), ("limit=0", "limit")] {
        let refused = door.get(&format!("/api/v1/admin/events?{question}"), &staff).await;
        assert_eq!(refused.faults(), [(field.to_owned(), "invalid_choice".to_owned())]);
    }
    assert_eq!(door.get("/api/v1/admin/events/x", &staff).await.status, 404);
    // for staff alone
    let ana = door.login("ana").await;
    let bearer = format!("Bearer {}", ana["access_token"].as_str().unwrap());
    let refused = door.get("/api/v1/admin/events", &[("authorization", &bearer)]).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (403, "permission_denied".to_owned())
    );
    assert_eq!(door.get("/api/v1/admin/events", &[]).await.status, 401);
}

#[tokio::test]
async fn the_pages_lead_from_a_user_to_the_lineage() {
    let door = Door::new().await;
    let tokens = replayed(&door).await;
    let cookies = door.administrator().await;
    let overview = door.page("/console", &cookies).await.text;
    assert!(overview.contains("href=\"/console/events\""));
    let list = door
        .page("/console/events?kind=refresh_replayed&user=ana", &cookies)
        .await
        .text;
    assert!(list.contains("1 event matches"), "{list}");
    let link = list.split("href=\"/console/events/").nth(1).unwrap();
    let id = link.split('"').next().unwrap();
    let page = door.page(&format!("/console/events/{id}"), &cookies).await.text;
    for words in [
        "Lineage of the refresh tokens",
        "Replayed",
        "Latest",
        "refresh_token_invalid",
        "presented",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert!(tokens.iter().all(|token| !page.contains(token)));
    let user = page
        .split("href=\"/console/users/")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let user = door.page(&format!("/console/users/{user}"), &cookies).await.text;
    assert!(
        user.contains("/console/events?user="),
        "the user's page leads to all events about them"
    );
    // what an address says wrong is as if it were not there
    let list = door.page("/console/events?kind=shoe&since=soon", &cookies).await;
    assert!(list.status == 200 && !list.text.contains("events match"));
    assert_eq!(door.page("/console/events/x", &cookies).await.status, 404);
}

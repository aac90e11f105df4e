//! Refreshing, checking, public keys.

use std::time::Duration;

use serde_json::json;

use crate::door::Door;

#[tokio::test]
async fn refreshing_rotates_and_a_replay_ends_the_family() {
    let door = Door::new().await;
    door.user("ana@example.org", None).await;
    let first = door.login("ana@example.org").await;
    let refresh = async |token: &serde_json::Value| {
        door.post("/api/v1/token/refresh", &json!({"refresh_token": token}), &[])
            .await
    };
    let second = refresh(&first["refresh_token"]).await.json();
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    let again = refresh(&first["refresh_token"]).await;
    assert_eq!(
        again.json()["refresh_token"],
        second["refresh_token"],
        "a lost answer signs nobody out"
    );
    let third = refresh(&second["refresh_token"]).await.json();
    door.test.advance(Duration::from_mins(1));
    let replay = refresh(&first["refresh_token"]).await;
    assert_eq!(
        (replay.status.as_u16(), replay.code().as_str()),
        (401, "refresh_token_invalid")
    );
    assert_eq!(refresh(&third["refresh_token"]).await.status, 401, "the family is over");
}

#[tokio::test]
async fn what_is_no_refresh_token_is_refused_alike() {
    let door = Door::new().await;
    door.user("ana@example.org", None).await;
    let tokens = door.login("ana@example.org").await;
    let real = tokens["refresh_token"].as_str().unwrap();
    let other = if &real[10..11] == "A" { "B" } else { "A" };
    let changed = format!("{}{other}{}", &real[..10], &real[11..]);
    for token in [
        "sr_",
        "nonsense",
        &changed,
        tokens["access_token"].as_str().unwrap(),
        &"sr_A".repeat(9_999),
    ] {
        let answer = door
            .post("/api/v1/token/refresh", &json!({"refresh_token": token}), &[])
            .await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (401, "refresh_token_invalid")
        );
    }
    let body = json!({"refresh_token": real, "client_id": "another"});
    assert_eq!(door.post("/api/v1/token/refresh", &body, &[]).await.status, 401);
}

#[tokio::test]
async fn a_token_that_was_not_sent_is_missed() {
    let door = Door::new().await;
    for (path, field) in [
        ("/api/v1/token/refresh", "refresh_token"),
        ("/api/v1/token/verify", "token"),
    ] {
        for body in [json!({}), json!({ field: "" })] {
            let answer = door.post(path, &body, &[]).await;
            assert_eq!(
                (answer.status.as_u16(), answer.code().as_str()),
                (422, "validation_failed")
            );
            assert_eq!(answer.faults(), [(field.to_owned(), "blank".to_owned())], "{body}");
        }
    }
}

#[tokio::test]
async fn a_token_can_be_checked() {
    let door = Door::new().await;
    door.user("ana@example.org", None).await;
    let tokens = door.login("ana@example.org").await;
    let verify = async |token: &serde_json::Value| {
        door.post("/api/v1/token/verify", &json!({"token": token}), &[])
            .await
            .json()
    };
    let good = verify(&tokens["access_token"]).await;
    assert_eq!(
        (good["active"].as_bool(), &good["user_id"]),
        (Some(true), &tokens["user"]["id"])
    );
    assert_eq!(
        verify(&tokens["refresh_token"]).await,
        json!({"active": false, "code": "invalid_token"})
    );
    assert_eq!(
        (&good["client_id"], &good["aud"]),
        (&json!("sereno"), &json!(["http://127.0.0.1:3000"]))
    );
    for forged in ["", "x.y.z"].map(|end| json!(tokens["access_token"].as_str().unwrap().to_owned() + end)) {
        let verdict = verify(&forged).await;
        assert_eq!(
            verdict["active"].as_bool(),
            Some(forged == tokens["access_token"]),
            "{verdict}"
        );
    }
    let ended = door.login("ana@example.org").await;
    let logout = json!({"refresh_token": ended["refresh_token"]});
    assert_eq!(door.post("/api/v1/logout", &logout, &[]).await.status, 204);
    assert_eq!(
        verify(&ended["access_token"]).await,
        json!({"active": false, "code": "token_revoked"})
    );
    door.test.advance(Duration::from_mins(6));
    assert_eq!(
        verify(&tokens["access_token"]).await,
        json!({"active": false, "code": "token_expired"})
    );
}

#[tokio::test]
async fn public_keys_are_public_and_nothing_more() {
    let door = Door::new().await;
    let keys = door.get("/.well-known/jwks.json", &[]).await;
    assert_eq!(keys.header("cache-control"), "public, max-age=300");
    let answer = keys.json();
    let key = &answer["keys"][0];
    let contract = serde_json::to_value(sereno_server::api::document()).unwrap();
    let said = &contract["components"]["schemas"]["PublicKey"]["properties"];
    for (member, _) in key.as_object().unwrap() {
        assert!(said[member].is_object(), "{member} is not in the contract: {said}");
    }
    assert_eq!((key["kty"].as_str(), key["alg"].as_str()), (Some("OKP"), Some("EdDSA")));
    assert!(key.get("d").is_none(), "the private half is out");
}

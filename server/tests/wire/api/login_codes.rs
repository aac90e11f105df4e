//! Signing in by a mailed code or link.

use serde_json::{Value, json};
use sereno_core::testing::login_code_of;

use crate::door::{Answer, Door, PASSWORD, token_of};

async fn ask(door: &Door, body: &Value) -> Answer {
    door.post("/api/v1/otp", body, &[]).await
}

async fn verify(door: &Door, body: &Value) -> Answer {
    door.post("/api/v1/otp/verify", body, &[]).await
}

/// The code of the mail that came, and the token of its link.
async fn mailed(door: &Door) -> (String, String) {
    let mail = door.test.mails().await.pop().expect("a mail");
    (login_code_of(&mail), token_of(&mail.text))
}

/// What a telephone does: it asks with its device, types the code, refreshes, and asks who it is.
#[tokio::test]
async fn a_telephones_journey() {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    let device = json!({"uuid": "6f1b1c9e-3c66-4b6e-9d5c-0a1b2c3d4e5f", "name": "Ana's phone", "os": "Android"});
    let asked = ask(&door, &json!({"identifier": "ana@example.org", "device": device})).await;
    assert_eq!(asked.status, 202, "{}", asked.text);
    assert_eq!(asked.header("cache-control"), "no-store");
    let handle = asked.json()["device_id"].clone();
    let (code, _) = mailed(&door).await;
    let bare = verify(&door, &json!({"identifier": "ana@example.org", "code": code})).await;
    assert_eq!(
        (bare.status.as_u16(), bare.code().as_str()),
        (401, "login_code_invalid")
    );
    let typed = format!("{} {}", &code[..3], &code[3..]);
    let body = json!({"identifier": "ana@example.org", "code": typed, "device_id": handle});
    let answer = verify(&door, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let json = answer.json();
    assert_eq!(json["token_type"], "Bearer");
    assert_eq!(json["device_uuid"], "6f1b1c9e-3c66-4b6e-9d5c-0a1b2c3d4e5f");
    let bearer = format!("Bearer {}", json["access_token"].as_str().unwrap());
    let me = door.get("/api/v1/me", &[("authorization", &bearer)]).await;
    assert_eq!(me.json()["email"], "ana@example.org");
    let devices = door
        .get("/api/v1/me/devices", &[("authorization", &bearer)])
        .await
        .json();
    assert_eq!(devices["items"][0]["id"], json["device_id"]);
    let refreshed = door
        .post(
            "/api/v1/token/refresh",
            &json!({"refresh_token": json["refresh_token"]}),
            &[],
        )
        .await;
    assert_eq!(refreshed.status, 200);
    assert_eq!(verify(&door, &body).await.code(), "login_code_invalid", "a replay");
}

#[tokio::test]
async fn a_link_signs_in_through_every_delivery() {
    let door = Door::new().await;
    door.user("ana@example.org", None).await;
    for (delivery, body, cookies) in [
        ("json", "refresh_token", 0),
        ("refresh_cookie", "access_token", 2),
        ("cookie", "csrf_token", 3),
        ("split_cookie", "csrf_token", 4),
        ("session", "csrf_token", 1),
        ("key", "key", 0),
    ] {
        let client = format!("app-{}", delivery.replace('_', "-"));
        door.application(json!({"name": delivery, "client_id": client, "delivery": delivery}))
            .await;
        assert_eq!(
            ask(&door, &json!({"identifier": "ana@example.org", "client_id": client}))
                .await
                .status,
            202
        );
        let (_, token) = mailed(&door).await;
        let answer = verify(&door, &json!({"token": token, "client_id": client})).await;
        assert_eq!(answer.status, 200, "{delivery}: {}", answer.text);
        assert!(answer.json()[body].is_string(), "{delivery}: {}", answer.text);
        let set = answer.headers.get_all("set-cookie").iter().count();
        assert_eq!(set, cookies, "{delivery}");
        door.test.advance(std::time::Duration::from_hours(1));
    }
}

#[tokio::test]
async fn a_confidential_application_proves_itself() {
    let door = Door::new().await;
    door.user("ana@example.org", None).await;
    let made = door
        .application(json!({"name": "Shop", "client_id": "shop", "kind": "confidential", "delivery": "json"}))
        .await;
    let secret = made.secret.unwrap().client_secret;
    let asking = |secret: &str| json!({"identifier": "ana@example.org", "client_id": "shop", "client_secret": secret});
    assert_eq!(ask(&door, &asking("cs_wrong")).await.code(), "invalid_client");
    assert_eq!(ask(&door, &asking(&secret)).await.status, 202);
    let (code, _) = mailed(&door).await;
    let mut body = json!({"identifier": "ana@example.org", "code": code, "client_id": "shop"});
    assert_eq!(verify(&door, &body).await.code(), "invalid_client");
    body["client_secret"] = json!(secret);
    assert_eq!(verify(&door, &body).await.status, 200);
}

#[tokio::test]
async fn unknown_locked_and_known_are_one_answer() {
    let door = Door::with(|config| config.login_code.sign_up = false).await;
    door.user("ana@example.org", None).await;
    door.user("lou@example.org", None).await;
    let lou = door.test.holder_of("lou@example.org").await;
    door.test.put_into(lou, sereno_types::UserState::Locked).await;
    let mut answers = Vec::new();
    for who in ["ana@example.org", "lou@example.org", "nobody@example.org", "nobody"] {
        let asked = ask(&door, &json!({"identifier": who})).await;
        let keys: Vec<String> = asked.json().as_object().unwrap().keys().cloned().collect();
        let handle = asked.json()["device_id"].as_str().unwrap().len();
        door.test.mails().await;
        let guess = verify(&door, &json!({"identifier": who, "code": "no code"})).await;
        let mut json = guess.json();
        json["request_id"] = json!("-");
        answers.push((asked.status, keys, handle, guess.status, json));
    }
    assert!(answers.iter().all(|answer| answer == &answers[0]), "{answers:#?}");
}

#[tokio::test]
async fn whoever_is_new_signs_up_by_it() {
    let door = Door::new().await;
    let asked = door
        .post(
            "/api/v1/otp?ui_locales=de",
            &json!({"identifier": "neu@example.org"}),
            &[],
        )
        .await;
    assert_eq!(asked.status, 202);
    let mail = door.test.mails().await.pop().unwrap();
    assert_eq!(mail.subject, "Ihr Code zum Anmelden");
    let answer = verify(
        &door,
        &json!({"identifier": "neu@example.org", "code": login_code_of(&mail)}),
    )
    .await;
    assert_eq!(answer.json()["user"]["email_verified"], true, "{}", answer.text);
}

#[tokio::test]
async fn bad_input_is_told_field_by_field() {
    let door = Door::new().await;
    let blank = [("identifier".into(), "blank".into())];
    assert_eq!(ask(&door, &json!({})).await.faults(), blank);
    for (body, faults) in [
        (json!({"identifier": 5}), "identifier invalid_type"),
        (json!({"identifier": "a".repeat(255)}), "identifier too_long"),
        (json!({"identifier": "ana", "device": ["x"]}), "device invalid_type"),
        (
            json!({"identifier": "ana", "device": {"uuid": "x"}}),
            "device.uuid invalid_type",
        ),
        (
            json!({"identifier": "ana", "device": {"name": "n".repeat(101)}}),
            "device.name too_long",
        ),
        (
            json!({"identifier": "ana", "device": {"colour": 1}}),
            "device.colour unknown_field",
        ),
        (json!({"identifier": "ana", "code": "123456"}), "code unknown_field"),
    ] {
        let answer = ask(&door, &body).await;
        assert_eq!(answer.status, 422, "{body}: {}", answer.text);
        let found = answer
            .faults()
            .into_iter()
            .map(|(field, code)| format!("{field} {code}"));
        assert_eq!(found.collect::<Vec<_>>(), [faults], "{body}");
    }
    for (body, faults) in [
        (json!({"identifier": "ana"}), "code blank"),
        (json!({"identifier": "ana", "code": " - "}), "code blank"),
        (json!({"identifier": "ana", "code": 123_456}), "code invalid_type"),
        (json!({"identifier": "ana", "code": "1".repeat(65)}), "code too_long"),
        (
            json!({"identifier": "ana", "code": "1", "device_id": "x"}),
            "device_id invalid_type",
        ),
        (
            json!({"identifier": "ana", "code": "1", "device": {}}),
            "device unknown_field",
        ),
    ] {
        let answer = verify(&door, &body).await;
        assert_eq!(answer.status, 422, "{body}: {}", answer.text);
        let found = answer
            .faults()
            .into_iter()
            .map(|(field, code)| format!("{field} {code}"));
        assert_eq!(found.collect::<Vec<_>>(), [faults], "{body}");
    }
}

#[tokio::test]
async fn guessing_says_when_to_come_back_and_leaves_passwords_alone() {
    let door = Door::with(|config| config.login_code.guesses_per_account = 2).await;
    door.user("ana@example.org", None).await;
    let wrong = json!({"identifier": "ana@example.org", "code": "000000"});
    for _ in 0..2 {
        assert_eq!(verify(&door, &wrong).await.status, 401);
    }
    let answer = verify(&door, &wrong).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (429, "too_many_requests")
    );
    assert!(answer.header("retry-after").parse::<u64>().unwrap() > 80_000);
    let body = json!({"identifier": "ana@example.org", "password": PASSWORD});
    assert_eq!(door.post("/api/v1/login", &body, &[]).await.status, 200);
}

#[tokio::test]
async fn switched_off_it_says_so() {
    let door = Door::with(|config| config.login_code.enabled = false).await;
    for answer in [
        ask(&door, &json!({"identifier": "ana"})).await,
        verify(&door, &json!({"token": "x"})).await,
    ] {
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (403, "login_codes_off")
        );
    }
}

//! What is not as the package had it, beside the recorded exchanges: weaknesses that were not copied, and what never worked.

use std::time::Duration;

use serde_json::{Value, json};
use sereno_core::account::{admin, devices};
use sereno_core::config::Seconds;
use sereno_core::testing::{called, login_code_of, refused_fields, register};
use sereno_core::{oauth, token};
use sereno_types::{ApplicationKind, Code, CreateApplication, Grant, Id, PageQuery, UserQuery, UserState};

use super::fixture::{CLIENT, NetsCore};

#[tokio::test]
async fn nobody_makes_themselves_somebody_else() {
    let facade = NetsCore::with(|_| ()).await;
    let body = json!({
        "email": "evil@example.com", "is_superuser": true, "is_staff": true, "password": "raw", "first_name": "Eve",
        "device": {"name": "x"},
    });
    assert_eq!(facade.json("/login/", &body, None).await.status, 200);
    facade.place.test.mails().await;
    let (access, _) = facade.sign_in("evil@example.com").await;
    let grab = json!({"is_superuser": true, "password": "raw", "id": 1, "email_verified": false, "doc_id": "D1"});
    let answer = facade.json("/update/", &grab, Some(&access)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let data = &answer.json()["data"];
    assert_eq!(data["email_verified"], true);
    assert_eq!(data["first_name"], "", "who types an address does not name its account");
    let user = facade.place.test.holder_of("evil@example.com").await;
    assert!(!facade.place.test.row(user).await.is_superuser);
}

#[tokio::test]
async fn asking_for_a_code_makes_no_account() {
    let facade = NetsCore::with(|_| ()).await;
    let (code, device) = facade.ask("neu@example.com").await;
    let staff = facade.place.test.system().await;
    let query = UserQuery {
        q: Some("neu@example.com".to_owned()),
        ..UserQuery::default()
    };
    let found = admin::list(&facade.place.test.sereno, &staff, query.clone())
        .await
        .unwrap();
    assert_eq!(found.total, 0);
    facade.enter("neu@example.com", &code, &device).await;
    let found = admin::list(&facade.place.test.sereno, &staff, query).await.unwrap();
    assert_eq!(found.total, 1);
}

#[tokio::test]
async fn where_nobody_may_sign_up_no_code_makes_an_account() {
    let facade = NetsCore::with(|config| config.login_code.sign_up = false).await;
    let body = json!({"email": "neu@example.com", "device": {"name": "x"}});
    let answer = facade.json("/login/", &body, None).await;
    assert_eq!(answer.json()["data"], "CODE SENT", "nobody learns of it");
    let device = answer.json()["extra"]["device_uuid"].as_str().unwrap().to_owned();
    let body = facade.credentials("neu@example.com", "123456", &device);
    assert_eq!(facade.json("/authenticate/", &body, None).await.status, 400);
}

#[tokio::test]
async fn no_name_reaches_the_database() {
    let facade = NetsCore::with(|_| ()).await;
    let (access, _) = facade.sign_in("otp@example.com").await;
    let name = "(SELECT client_secret FROM application LIMIT 1) AS x_id";
    let answer = facade
        .json("/getProfile/", &json!({"fields": [name]}), Some(&access))
        .await;
    assert_eq!(answer.json()["data"], json!({name: null}), "a name like any other");
}

#[tokio::test]
async fn a_code_is_good_once_and_guesses_are_counted() {
    let facade = NetsCore::with(|_| ()).await;
    let (code, device) = facade.ask("otp@example.com").await;
    facade.enter("otp@example.com", &code, &device).await;
    let body = facade.credentials("otp@example.com", &code, &device);
    assert_eq!(facade.json("/authenticate/", &body, None).await.status, 400, "used");
    let mut last = 400;
    for guess in 0..200 {
        let body = facade.credentials("otp@example.com", &format!("{guess:06}"), &device);
        last = facade.json("/authenticate/", &body, None).await.status;
        if last != 400 {
            break;
        }
    }
    assert_eq!(last, 429);
}

#[tokio::test]
async fn a_code_is_heard_on_its_device_alone() {
    let facade = NetsCore::with(|_| ()).await;
    let (code, _) = facade.ask("otp@example.com").await;
    let (_, other) = facade.ask("otp@example.com").await;
    for device in [Value::Null, json!(other)] {
        let mut body = facade.credentials("otp@example.com", &code, "");
        body["device_uuid"] = device.clone();
        let answer = facade.json("/authenticate/", &body, None).await;
        assert_eq!(
            answer.json()["message"],
            "Invalid code for this user and device",
            "{device}"
        );
    }
}

#[tokio::test]
async fn a_uuid_of_another_accounts_device_is_none() {
    let facade = NetsCore::with(|_| ()).await;
    let (_, theirs) = facade.ask("u1@example.com").await;
    for (email, uuid, status) in [
        ("u1@example.com", theirs.as_str(), 200),
        ("otp@example.com", theirs.as_str(), 400),
        ("ghost@example.com", theirs.as_str(), 400),
        ("otp@example.com", "6f1b1c9e-3c66-4b6e-9d5c-0a1b2c3d4e5f", 400),
    ] {
        let body = json!({"email": email, "device": {"uuid": uuid, "name": "x"}});
        let answer = facade.json("/login/", &body, None).await;
        assert_eq!(answer.status, status, "{email} {}", answer.text);
        if status == 400 {
            assert_eq!(answer.json()["message"], "Invalid device uuid");
        }
    }
}

#[tokio::test]
async fn a_device_that_firebase_knows_keeps_its_uuid() {
    let facade = NetsCore::with(|_| ()).await;
    let uuid = async |email: &str| {
        let body = json!({"email": email, "device": {"firebase_token": "fcm"}});
        facade.json("/login/", &body, None).await.json()["extra"]["device_uuid"].clone()
    };
    let first = uuid("otp@example.com").await;
    assert_eq!(uuid("OTP@example.com").await, first);
    assert_ne!(uuid("u1@example.com").await, first);
}

#[tokio::test]
async fn a_cookie_speaks_for_no_other_site() {
    let facade = NetsCore::with(|_| ()).await;
    let (access, _) = facade.sign_in("otp@example.com").await;
    let cookie = format!("sessionid={access}");
    let headers = [("cookie", cookie.as_str()), ("origin", "https://evil.example")];
    assert_eq!(
        facade.place.send("POST", "/getProfile/", &headers, "").await.status,
        403
    );
    assert_eq!(
        facade
            .place
            .send("POST", "/getProfile/", &headers[..1], "")
            .await
            .status,
        200
    );
}

/// The tokens are the caller's; a browser that was made to send the form is not signed in by it.
#[tokio::test]
async fn a_form_of_another_site_signs_no_browser_in() {
    let facade = NetsCore::with(|_| ()).await;
    let (code, device) = facade.ask("otp@example.com").await;
    let body = facade.credentials("otp@example.com", &code, &device).to_string();
    let headers = [("content-type", "application/json"), ("origin", "https://evil.example")];
    let answer = facade.place.send("POST", "/authenticate/", &headers, body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.set_cookies(), Vec::<String>::new());
}

/// Whoever asks again with what was used gets the same successor for ten seconds; after that somebody else has it, too.
#[tokio::test]
async fn a_refresh_token_that_was_used_brings_its_successor_once_more_and_then_ends_the_sign_in() {
    let facade = NetsCore::with(|_| ()).await;
    let (access, refresh) = facade.sign_in("otp@example.com").await;
    let secret = facade.secret().to_owned();
    let renew = async |token: &str| {
        let fields = [
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("client_id", CLIENT),
            ("client_secret", secret.as_str()),
        ];
        facade.form("/o/token/", &fields).await
    };
    let first = renew(&refresh).await.json();
    assert_eq!(renew(&refresh).await.json()["refresh_token"], first["refresh_token"]);
    // what was issued before is good until it ends
    assert_eq!(facade.json("/getProfile/", &json!({}), Some(&access)).await.status, 200);
    facade.place.test.advance(Duration::from_secs(11));
    assert_eq!(renew(&refresh).await.json()["error"], "invalid_grant");
    let next = first["refresh_token"].as_str().unwrap();
    assert_eq!(renew(next).await.json()["error"], "invalid_grant");
    let newest = first["access_token"].as_str().unwrap();
    assert_eq!(facade.json("/getProfile/", &json!({}), Some(newest)).await.status, 403);
}

#[tokio::test]
async fn a_wrong_application_opens_no_session() {
    let facade = NetsCore::with(|_| ()).await;
    let (code, device) = facade.ask("otp@example.com").await;
    let mut body = facade.credentials("otp@example.com", &code, &device);
    for (name, value, said) in [
        ("client_id", "nope", "Invalid client_id"),
        ("client_secret", "nope", "Invalid client_secret"),
    ] {
        let good = body[name].clone();
        body[name] = json!(value);
        let answer = facade.json("/authenticate/", &body, None).await;
        assert_eq!(answer.json()["message"], said);
        assert_eq!(answer.set_cookies(), Vec::<String>::new());
        body[name] = good;
    }
    assert_eq!(facade.json("/authenticate/", &body, None).await.status, 200);
}

#[tokio::test]
async fn a_number_keeps_the_zeros_of_a_code() {
    let facade = NetsCore::with(|config| config.testers.development_code = "001234".into()).await;
    let (_, device) = facade.ask("otp@example.com").await;
    let mut body = facade.credentials("otp@example.com", "", &device);
    body["code"] = json!(1234);
    assert_eq!(facade.json("/authenticate/", &body, None).await.status, 200);
    let facade = NetsCore::with(|config| config.testers.development_code = "00123456".into()).await;
    let (_, device) = facade.ask("otp@example.com").await;
    let body = facade.credentials("otp@example.com", "00123456", &device);
    assert_eq!(facade.json("/authenticate/", &body, None).await.status, 200);
}

#[tokio::test]
async fn refusals_of_sereno_are_said_in_its_words() {
    let facade = NetsCore::with(|_| ()).await;
    let answer = facade
        .place
        .send("POST", "/login/", &[("content-type", "application/json")], "{")
        .await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json()["res"], 0);
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", "x"),
        ("client_id", CLIENT),
    ];
    let answer = facade.form("/o/token/", &fields).await;
    assert_eq!(
        (answer.status, answer.json()),
        (401, json!({"error": "invalid_client"}))
    );
}

#[tokio::test]
async fn no_testers_code_is_built_in() {
    let facade = NetsCore::with(|_| ()).await;
    let (_, device) = facade.ask("google_tester1@example.com").await;
    let body = facade.credentials("google_tester1@example.com", "789654", &device);
    assert_eq!(facade.json("/authenticate/", &body, None).await.status, 400);
}

#[tokio::test]
async fn who_is_switched_off_does_not_sign_in() {
    let facade = NetsCore::with(|_| ()).await;
    let (code, device) = facade.ask("otp@example.com").await;
    let test = &facade.place.test;
    let id = Id(test.holder_of("otp@example.com").await.to_string());
    admin::disable(&test.sereno, &test.meta(), &test.system().await, &id)
        .await
        .unwrap();
    let body = facade.credentials("otp@example.com", &code, &device);
    let answer = facade.json("/authenticate/", &body, None).await;
    assert_eq!(
        (answer.status, &answer.json()["message"]),
        (400, &json!("Invalid code for this user and device"))
    );
}

#[tokio::test]
async fn the_hardwares_id_is_kept() {
    let facade = NetsCore::with(|_| ()).await;
    let test = &facade.place.test;
    let body = json!({"email": "otp@example.com", "device": {"name": "Pixel 8", "device_id": "hardware-1"}});
    let asked = facade.json("/login/", &body, None).await;
    assert_eq!(asked.status, 200, "{}", asked.text);
    let code = login_code_of(&test.mails().await.pop().unwrap());
    let device = asked.json()["extra"]["device_uuid"].as_str().unwrap().to_owned();
    let (access, _) = facade.enter("otp@example.com", &code, &device).await;
    let me = token::authenticate(&test.sereno, &access).await.unwrap();
    let mine = devices::mine(&test.sereno, &me, PageQuery::default()).await.unwrap();
    assert_eq!(mine.items[0].device_id.as_deref(), Some("hardware-1"));
}

#[tokio::test]
async fn a_deleted_account_can_be_kept_for_a_while() {
    let facade = NetsCore::with(|config| config.deletion.grace_period = Seconds(86_400)).await;
    let (access, _) = facade.sign_in("u1@example.com").await;
    let (code, _) = facade.ask("u1@example.com").await;
    let body = json!({"sure": true, "code": code});
    let answer = facade.json("/delete/", &body, Some(&access)).await;
    assert_eq!(answer.json()["data"], "Account deleted successfully", "{}", answer.text);
    let user = facade.place.test.holder_of("u1@example.com").await;
    assert_eq!(facade.place.test.row(user).await.state(), UserState::Deleting);
    assert_eq!(facade.json("/getProfile/", &json!({}), Some(&access)).await.status, 403);
}

#[tokio::test]
async fn a_secret_that_can_be_guessed_is_not_taken() {
    let facade = NetsCore::with(|_| ()).await;
    let test = &facade.place.test;
    let (staff, meta) = (test.system().await, test.meta());
    let brought = |may_be_short| {
        Some(oauth::admin::Brought {
            secret: "secret-plain".into(),
            may_be_short,
        })
    };
    let made = oauth::admin::create(&test.sereno, &meta, &staff, called("ours"), brought(false));
    let refused = refused_fields(made.await);
    assert_eq!(refused, [("client_secret".to_owned(), Code::TooShort)]);
    // unless the operator says that it is known
    let made = oauth::admin::create(&test.sereno, &meta, &staff, called("ours"), brought(true));
    assert!(made.await.is_ok());
}

/// An app that keeps no uuid makes a device of every sign-in, until one of them has to go.
#[tokio::test]
async fn there_are_so_many_devices_and_no_more() {
    let facade = NetsCore::with(|config| config.device.per_user = 1).await;
    let (code, first) = facade.ask("otp@example.com").await;
    let (access, _) = facade.enter("otp@example.com", &code, &first).await;
    let (code, second) = facade.ask("otp@example.com").await;
    let body = facade.credentials("otp@example.com", &code, &second);
    let answer = facade.json("/authenticate/", &body, None).await;
    let said = json!({"res": 0, "message": Code::TooManyDevices.title(), "data": null});
    assert_eq!((answer.status, answer.json()), (400, said));
    assert_eq!(answer.set_cookies(), Vec::<String>::new());
    // the code is good yet, once somebody has left
    assert_eq!(facade.json("/logout/", &json!({}), Some(&access)).await.status, 200);
    assert_eq!(facade.json("/authenticate/", &body, None).await.status, 200);
}

#[tokio::test]
async fn an_application_signs_in_if_it_has_a_secret_and_the_grant() {
    let facade = NetsCore::with(|_| ()).await;
    let test = &facade.place.test;
    let public = CreateApplication {
        kind: ApplicationKind::Public,
        ..called("client-public")
    };
    register(test, public).await.unwrap();
    let service = CreateApplication {
        grants: Some(vec![Grant::ClientCredentials]),
        ..called("client-service")
    };
    let created = register(test, service).await.unwrap();
    let secret = created.secret.unwrap().client_secret;
    let no_grant = Code::UnauthorizedClient.title();
    for (client_id, client_secret, said) in [
        ("client-public", "x", "Invalid client_secret"),
        ("client-service", secret.as_str(), no_grant),
    ] {
        let (code, device) = facade.ask("otp@example.com").await;
        let mut body = facade.credentials("otp@example.com", &code, &device);
        body["client_id"] = json!(client_id);
        body["client_secret"] = json!(client_secret);
        let answer = facade.json("/authenticate/", &body, None).await;
        let said = json!({"res": 0, "message": said, "data": null});
        assert_eq!((answer.status, answer.json()), (400, said), "{client_id}");
    }
}

#[tokio::test]
async fn of_protected_names_alone_nothing_is_shown() {
    let facade = NetsCore::with(|_| ()).await;
    let (access, _) = facade.sign_in("otp@example.com").await;
    for fields in [json!(["password"]), json!(["is_superuser", "password"])] {
        let answer = facade
            .json("/getProfile/", &json!({"fields": fields}), Some(&access))
            .await;
        assert_eq!((answer.status, answer.json()), (200, json!({"res": 1, "data": null})));
    }
}

//! What a sign-in tells its owner. The mail, and mails in staff's own words, never worked in the package.

use serde_json::json;
use sereno_core::account::devices;
use sereno_core::templates::{draft, publish};
use sereno_core::testing::{FakeFcm, TestSereno, login_code_of};
use sereno_core::token;
use sereno_types::{PageQuery, PublishEmailTemplate, SaveEmailDraft};

use super::fixture::NetsCore;

/// Writes the mail with the code anew.
pub async fn rewrite(test: &TestSereno) {
    let (staff, meta, mail) = (test.system().await, test.meta(), ("login_code", "en"));
    let command = SaveEmailDraft {
        subject: "In our words".to_owned(),
        text: "{{ code }}\n{{ link }}".to_owned(),
        html: "<p>{{ code }}</p><a href=\"{{ link }}\">{{ link }}</a>".to_owned(),
        note: None,
    };
    draft::save(&test.sereno, &meta, &staff, mail, command).await.unwrap();
    publish::publish(&test.sereno, &meta, &staff, mail, PublishEmailTemplate::default())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_stored_template_is_mailed() {
    let facade = NetsCore::with(|_| ()).await;
    rewrite(&facade.place.test).await;
    let body = json!({"email": "otp@example.com", "device": {"name": "x"}});
    assert_eq!(facade.json("/login/", &body, None).await.status, 200);
    let mail = facade.place.test.mails().await.pop().unwrap();
    assert_eq!(mail.subject, "In our words");
}

#[tokio::test]
async fn a_sign_in_on_a_new_device_is_mailed() {
    let facade = NetsCore::with(|_| ()).await;
    facade.sign_in("otp@example.com").await;
    let first: Vec<_> = facade.place.test.mails().await;
    assert!(first.is_empty(), "nobody is told of their very first sign-in");
    let (code, device) = facade.ask("otp@example.com").await;
    facade.enter("otp@example.com", &code, &device).await;
    let told = facade.place.test.mails().await.pop().unwrap();
    assert_eq!(told.recipient, "otp@example.com");
    assert!(told.text.contains("not known before: Pixel 8"), "{}", told.text);
}

#[tokio::test]
async fn the_mail_with_the_code_is_in_serenos_words() {
    let facade = NetsCore::with(|_| ()).await;
    let body = json!({"email": "otp@example.com", "device": {"name": "x"}});
    assert_eq!(facade.json("/login/", &body, None).await.status, 200);
    let mail = facade.place.test.mails().await.pop().unwrap();
    assert_eq!(mail.subject, "Your code to sign in");
    assert!(!mail.text.contains("Here is your verification code"), "{}", mail.text);
}

#[tokio::test]
async fn a_sign_in_is_told_on_the_users_devices() {
    let fcm = FakeFcm::start().await;
    let facade = NetsCore::with(|config| {
        config.push.service_account_file = fcm.account_file.to_string_lossy().into_owned();
        config.push.url.clone_from(&fcm.url);
        config.device.push_notice = true;
        config.compat.nets_core.device_required = false;
    })
    .await;
    let test = &facade.place.test;
    let body = json!({"email": "otp@example.com", "device": {"name": "Pixel 8", "firebase_token": "fcm-token"}});
    let asked = facade.json("/login/", &body, None).await.json();
    let code = login_code_of(&test.mails().await.pop().unwrap());
    let device = asked["extra"]["device_uuid"].as_str().unwrap();
    let (access, _) = facade.enter("otp@example.com", &code, device).await;
    test.mails().await;
    let told = fcm.taken().pop().unwrap();
    assert_eq!(told["token"], "fcm-token");
    assert_eq!(told["notification"]["title"], "New sign-in");
    let me = token::authenticate(&test.sereno, &access).await.unwrap();
    let mine = devices::mine(&test.sereno, &me, PageQuery::default()).await.unwrap();
    let id = &mine.items[0].id.0;
    assert_ne!(id, device, "nor is it the uuid that the app knows");
    let data = &told["data"];
    assert_eq!(
        (&data["type"], &data["device"], &data["device_id"]),
        (&json!("login"), &json!("Pixel 8"), &json!(id))
    );
    assert!(data["ip"].is_string(), "{data}");

    // who signs in on no device is told nowhere
    let asked = facade.json("/login/", &json!({"email": "otp@example.com"}), None).await;
    assert_eq!(asked.status, 200, "{}", asked.text);
    let code = login_code_of(&test.mails().await.pop().unwrap());
    let mut body = facade.credentials("otp@example.com", &code, "");
    body["device_uuid"] = json!(null);
    assert_eq!(facade.json("/authenticate/", &body, None).await.status, 200);
    test.mails().await;
    assert_eq!(fcm.taken().len(), 1);
}

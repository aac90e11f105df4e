//! The device that asks, and what hangs on it.

use sereno_core::login;
use sereno_core::testing::{TestSereno, login_code_of, refused};
use sereno_types::{Code, DeviceHint, Id, VerifyLoginCode};

use super::{PHONE, ask_on, phone, verify, with_code, with_link};

#[tokio::test]
async fn a_device_is_written_after_the_proof_and_binds_the_code() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    test.log_in("ana").await;
    let handle = ask_on(&test, "ana", phone()).await;
    let code = login_code_of(&test.mails().await.pop().unwrap());
    assert_eq!(
        test.count("device").await,
        0,
        "nobody may write onto a stranger's account"
    );
    let with = |handle: Option<&str>| {
        let mut command = with_code("ana", &code);
        command.device_id = handle.map(|handle| Id(handle.to_owned()));
        command
    };
    let foreign = ask_on(
        &test,
        "ana",
        DeviceHint {
            name: Some("Eve's".to_owned()),
            ..DeviceHint::default()
        },
    )
    .await;
    for handle in [None, Some(PHONE), Some(foreign.0.as_str())] {
        assert_eq!(
            refused(verify(&test, with(handle)).await),
            Code::LoginCodeInvalid,
            "{handle:?}"
        );
    }
    assert_eq!(
        test.column("SELECT CAST(attempts_left AS TEXT) FROM one_time ORDER BY created_at, id")
            .await[0],
        "5",
        "and takes no attempt of it"
    );
    let logged_in = verify(&test, with(Some(&handle.0))).await.unwrap();
    let device = logged_in.device.unwrap();
    assert_eq!(
        (device.uuid.to_string(), device.name.as_deref()),
        (PHONE.to_owned(), Some("Ana's phone"))
    );
    assert!(device.firebase_token.is_some());
    assert_eq!(test.count("device").await, 1);
    assert_eq!(
        test.count("token_family WHERE device_id IS NOT NULL").await,
        1,
        "the sign-in hangs on it"
    );
    let mails = test.mails().await;
    let notice = mails.iter().find(|mail| mail.text.contains("Ana's phone"));
    assert!(notice.is_some(), "as after a sign-in by password");
    // the same phone again is no new device, and its handle alone says who asked
    let handle = ask_on(&test, "ana", phone()).await;
    let code = login_code_of(&test.mails().await.pop().unwrap());
    let command = VerifyLoginCode {
        code: Some(code.as_str().into()),
        device_id: Some(handle),
        ..VerifyLoginCode::default()
    };
    assert_eq!(verify(&test, command).await.unwrap().device.unwrap().id, device.id);
    assert_eq!(test.mails().await.len(), 0);
}

/// The mail may be opened on another machine than the one that asked.
#[tokio::test]
async fn a_link_brings_the_device_only_with_its_handle() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    ask_on(&test, "ana", phone()).await;
    let elsewhere = test.mails().await.pop().unwrap();
    assert!(verify(&test, with_link(&elsewhere)).await.unwrap().device.is_none());
    let handle = ask_on(&test, "ana", phone()).await;
    let mut command = with_link(&test.mails().await.pop().unwrap());
    command.device_id = Some(Id(PHONE.to_owned()));
    assert_eq!(refused(verify(&test, command.clone()).await), Code::LoginCodeInvalid);
    command.device_id = Some(handle);
    assert!(verify(&test, command).await.unwrap().device.is_some());
}

#[tokio::test]
async fn a_code_of_a_browser_is_heard_with_its_handle_alone() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let asked = login::ask_code_in_browser(&test.sereno, &test.meta(), "ana".to_owned()).await;
    let code = login_code_of(&test.mails().await.pop().unwrap());
    assert_eq!(
        refused(verify(&test, with_code("ana", &code)).await),
        Code::LoginCodeInvalid
    );
    let command = VerifyLoginCode {
        code: Some(code.as_str().into()),
        device_id: Some(asked.unwrap().device_id),
        ..VerifyLoginCode::default()
    };
    let session = login::by_code_with_session(&test.sereno, &test.meta(), command).await;
    assert!(session.is_ok());
}

/// For clients that keep the uuid of their device and no handle.
#[tokio::test]
async fn a_handle_is_found_by_its_device() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let phone_id = PHONE.parse().unwrap();
    let of = async |name: &str| login::code_handle_on(&test.sereno, name, phone_id).await.unwrap();
    assert_eq!(of("ana").await, None);
    let handle = ask_on(&test, "ana", phone()).await;
    assert_eq!(of("ana@example.org").await, Some(handle), "by either name");
    assert_eq!(of("eve@example.org").await, None);
}

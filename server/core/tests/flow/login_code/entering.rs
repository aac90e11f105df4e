//! Codes and links that sign in, once.

use std::sync::Arc;
use std::time::Duration;

use sereno_core::event::EventKind;
use sereno_core::login::{self, Brought, LoggedIn};
use sereno_core::testing::{Pair, TestSereno, login_code_of, refused, refused_fields};
use sereno_core::{session, token};
use sereno_types::{AskLoginCode, Code, DeviceHint, Id, VerifyLoginCode};

use super::{ask_on, mail, phone, verify, with_code, with_link};

fn pair(logged_in: LoggedIn) -> Pair {
    match logged_in.brought {
        Brought::Tokens(issued) => Pair::of(issued),
        Brought::Session(_) => panic!("a session"),
    }
}

#[tokio::test]
async fn a_code_signs_in_once() {
    let test = TestSereno::new().await;
    let id = test.user("ana").await;
    let mail = mail(&test, "ana").await;
    assert_eq!(
        (mail.recipient.as_str(), mail.subject.as_str()),
        ("ana@example.org", "Your code to sign in")
    );
    let code = login_code_of(&mail);
    assert!(code.len() == 6 && code.chars().all(|c| c.is_ascii_digit()), "{code}");
    assert!(mail.text.contains("/account/sign-in/link?token="));
    // by the other name, and as people type
    let typed = format!(" {} - {} ", &code[..3], &code[3..]);
    let logged_in = verify(&test, with_code("ANA@example.org", &typed)).await.unwrap();
    assert_eq!(logged_in.user.id.0, id.to_string());
    let pair = pair(logged_in);
    token::authenticate(&test.sereno, &pair.access_token).await.unwrap();
    assert_eq!(
        test.column("SELECT CAST(amr AS TEXT) FROM token_family").await,
        ["[\"otp\"]"]
    );
    assert_eq!(
        refused(verify(&test, with_code("ana", &code)).await),
        Code::LoginCodeInvalid
    );
    assert_eq!(
        refused(verify(&test, with_link(&mail)).await),
        Code::LoginCodeInvalid,
        "nor does its link work any more"
    );
    assert!(test.row(id).await.last_login_at.is_some());
    assert_eq!(test.events.count(EventKind::CodeRequested), 1);
    assert_eq!(test.events.count(EventKind::LoggedIn), 1);
    assert_eq!(test.events.count(EventKind::LoginFailed), 2);
}

#[tokio::test]
async fn a_link_signs_a_browser_in_once() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let mail = mail(&test, "ana@example.org").await;
    let new = login::by_code_with_session(&test.sereno, &test.meta(), with_link(&mail)).await;
    let actor = session::resolve(&test.sereno, &new.unwrap().secret).await.unwrap();
    assert!(actor.caller().is_ok());
    assert_eq!(refused(verify(&test, with_link(&mail)).await), Code::LoginCodeInvalid);
    let code = with_code("ana", &login_code_of(&mail));
    assert_eq!(refused(verify(&test, code).await), Code::LoginCodeInvalid);
    assert_eq!(
        test.column("SELECT CAST(amr AS TEXT) FROM session").await,
        ["[\"otp\"]"]
    );
}

#[tokio::test]
async fn nothing_and_nonsense_are_refused_field_by_field() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    assert_eq!(
        refused_fields(verify(&test, VerifyLoginCode::default()).await),
        [("identifier".to_owned(), Code::Blank), ("code".to_owned(), Code::Blank)]
    );
    let mut command = with_code(&"a".repeat(255), &"1".repeat(65));
    command.device_id = Some(Id("nonsense".to_owned()));
    assert_eq!(
        refused_fields(verify(&test, command).await),
        [
            ("device_id".to_owned(), Code::InvalidType),
            ("identifier".to_owned(), Code::TooLong),
            ("code".to_owned(), Code::TooLong)
        ]
    );
    for typed in ["-", "\0", "'; DROP TABLE", "१२३४५६", "000000"] {
        let expected = if typed == "-" {
            Code::ValidationFailed
        } else {
            Code::LoginCodeInvalid
        };
        assert_eq!(
            refused(verify(&test, with_code("ana", typed)).await),
            expected,
            "{typed}"
        );
        let command = VerifyLoginCode {
            token: Some(typed.into()),
            ..VerifyLoginCode::default()
        };
        assert_eq!(refused(verify(&test, command).await), Code::LoginCodeInvalid, "{typed}");
    }
    let ask = async |identifier: &str, device: Option<DeviceHint>| {
        let command = AskLoginCode {
            identifier: identifier.to_owned(),
            device,
            ..AskLoginCode::default()
        };
        login::ask_code(&test.sereno, &test.meta(), command).await
    };
    assert_eq!(
        refused_fields(ask(" ", None).await),
        [("identifier".to_owned(), Code::Blank)]
    );
    let malformed = DeviceHint {
        uuid: Some("x".to_owned()),
        name: Some("n".repeat(101)),
        ..DeviceHint::default()
    };
    assert_eq!(
        refused_fields(ask("ana", Some(malformed)).await),
        [
            ("device.name".to_owned(), Code::TooLong),
            ("device.uuid".to_owned(), Code::InvalidType)
        ]
    );
    assert_eq!(test.count("login_code").await, 0);
}

#[tokio::test]
async fn letters_are_heard_in_either_case() {
    let test = TestSereno::with(|config| {
        config.login_code.alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ".to_owned();
        config.login_code.length = 8;
    })
    .await;
    test.user("ana").await;
    let code = login_code_of(&mail(&test, "ana").await);
    assert!(code.len() == 9 && code.contains('-'), "{code}");
    verify(&test, with_code("ana", &code.to_lowercase())).await.unwrap();
}

/// However many mails somebody asks for, a guess is held against three codes; what is named is among them.
#[tokio::test]
async fn a_guess_is_held_against_the_latest_three_and_the_named() {
    let test = TestSereno::with(|config| {
        config.limit.mails_per_recipient = 0;
        config.login_code.guesses_per_account = 3;
    })
    .await;
    test.user("ana").await;
    let (handle, first) = test.ask_code("ana").await;
    for _ in 0..3 {
        test.advance(Duration::from_secs(1));
        test.ask_code("ana").await;
    }
    let code = login_code_of(&first.unwrap());
    let runs = test.sereno.hasher.runs();
    assert_eq!(
        refused(verify(&test, with_code("ana", &code)).await),
        Code::LoginCodeInvalid
    );
    assert_eq!(test.sereno.hasher.runs() - runs, 3);
    assert_eq!(
        refused(verify(&test, with_code("ana", &code)).await),
        Code::TooManyRequests
    );
    test.log_in("ana").await;
    let mut command = with_code("ana", &code);
    command.device_id = Some(handle);
    verify(&test, command).await.unwrap();
}

#[tokio::test]
async fn it_can_be_switched_off() {
    let test = TestSereno::with(|config| config.login_code.enabled = false).await;
    test.user("ana").await;
    let asked = login::ask_code_in_browser(&test.sereno, &test.meta(), "ana".to_owned()).await;
    assert_eq!(refused(asked), Code::LoginCodesOff);
    assert_eq!(
        refused(verify(&test, with_code("ana", "123456")).await),
        Code::LoginCodesOff
    );
}

/// Of a code and a link that are used at once, many times, one gets in.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_race_lets_one_in() {
    let test = Arc::new(TestSereno::new().await);
    test.user("ana").await;
    for who in ["ana", "new@example.org"] {
        let mail = mail(&test, who).await;
        let tries = (0..8).map(|at| {
            let (test, who, mail) = (Arc::clone(&test), who.to_owned(), mail.clone());
            tokio::spawn(async move {
                let command = if at < 3 {
                    with_code(&who, &login_code_of(&mail))
                } else {
                    with_link(&mail)
                };
                verify(&test, command).await
            })
        });
        let tries: Vec<_> = tries.collect();
        let mut won = 0;
        for one in tries {
            match one.await.unwrap() {
                Ok(_) => won += 1,
                Err(error) => assert_eq!(error.code(), Code::LoginCodeInvalid, "{error}"),
            }
        }
        assert_eq!(won, 1, "{who}");
    }
    assert_eq!(test.count("\"user\"").await, 2);
}

#[tokio::test]
async fn what_is_old_is_swept_away() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    ask_on(&test, "ana", phone()).await;
    test.advance(Duration::from_hours(25));
    sereno_core::jobs::sweep(&test.sereno).await.unwrap();
    assert_eq!(test.count("login_code").await, 0);
}

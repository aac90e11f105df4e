//! Signing in by a mailed code or link: asking, proving, and what it makes of an account.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "builders and checks outside of the test functions"
)]

use std::sync::Arc;
use std::time::Duration;

use sereno_core::account::password::forgot;
use sereno_core::account::{admin, attributes};
use sereno_core::context::RequestMeta;
use sereno_core::event::EventKind;
use sereno_core::intent::IntentKind;
use sereno_core::login::{self, Brought, LoggedIn};
use sereno_core::port::mail::OutgoingMail;
use sereno_core::testing::{PASSWORD, Pair, TestSereno, by_link, login_code_of, refused, refused_fields, token_of};
use sereno_core::{Result, account, session, token};
use sereno_types::{
    AskLoginCode, Code, CreateApplication, DeclareAttribute, Delivery, DeviceHint, ForgotPassword, Grant, Id, Locale,
    Secret, UserState, VerifyLoginCode,
};

const PHONE: &str = "6f1b1c9e-3c66-4b6e-9d5c-0a1b2c3d4e5f";

async fn verify(test: &TestSereno, command: VerifyLoginCode) -> Result<LoggedIn> {
    login::by_code_for_application(&test.sereno, &test.meta(), command).await
}

fn with_code(identifier: &str, code: &str) -> VerifyLoginCode {
    VerifyLoginCode {
        identifier: Some(identifier.to_owned()),
        code: Some(code.into()),
        ..VerifyLoginCode::default()
    }
}

fn with_link(mail: &OutgoingMail) -> VerifyLoginCode {
    VerifyLoginCode {
        token: Some(Secret::new(token_of(mail))),
        ..VerifyLoginCode::default()
    }
}

fn pair(logged_in: LoggedIn) -> Pair {
    match logged_in.brought {
        Brought::Tokens(issued) => Pair::of(issued),
        Brought::Session(_) => panic!("a session"),
    }
}

/// The mail that comes when somebody asks for a code.
async fn mail(test: &TestSereno, identifier: &str) -> OutgoingMail {
    test.ask_code(identifier).await.1.unwrap()
}

async fn ask_on(test: &TestSereno, identifier: &str, device: DeviceHint) -> Id {
    let command = AskLoginCode {
        identifier: identifier.to_owned(),
        device: Some(device),
        ..AskLoginCode::default()
    };
    let asked = login::ask_code(&test.sereno, &test.meta(), command).await;
    asked.unwrap().device_id
}

fn phone() -> DeviceHint {
    DeviceHint {
        uuid: Some(PHONE.to_owned()),
        name: Some("Ana's phone".to_owned()),
        firebase_token: Some("fcm:token-of-the-phone".into()),
        ..DeviceHint::default()
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

/// Asking and guessing take the same steps and give the same answers for everybody.
#[tokio::test]
async fn nobody_learns_who_has_an_account() {
    let test = TestSereno::with(|config| config.login_code.sign_up = false).await;
    let (locked, gone) = (test.user("lou").await, test.user("dan").await);
    test.user("ana").await;
    test.sign_up("pia@example.org").await;
    test.put_into(locked, UserState::Locked).await;
    test.put_into(gone, UserState::Disabled).await;
    let mut steps = Vec::new();
    for who in ["ana", "lou", "dan", "pia", "nobody"] {
        let who = format!("{who}@example.org");
        test.statements.take();
        let command = AskLoginCode {
            identifier: who.clone(),
            ..AskLoginCode::default()
        };
        let asked = login::ask_code(&test.sereno, &test.meta(), command).await.unwrap();
        let asking = test.statements.take();
        let mails = test.mails().await;
        let expected = match who.as_str() {
            "ana@example.org" => vec!["Your code to sign in"],
            // what somebody signed up with is confirmed by its own mail
            "pia@example.org" => vec!["Confirm your e-mail address"],
            _ => vec![],
        };
        let subjects: Vec<&str> = mails.iter().map(|mail| mail.subject.as_str()).collect();
        assert_eq!(subjects, expected, "{who}");
        let guess = async |command: VerifyLoginCode| {
            let runs = test.sereno.hasher.runs();
            test.statements.take();
            assert_eq!(refused(verify(&test, command).await), Code::LoginCodeInvalid, "{who}");
            (test.sereno.hasher.runs() - runs, test.statements.take())
        };
        let bare = guess(with_code(&who, "999999x")).await;
        let mut command = with_code(&who, "999999x");
        command.device_id = Some(asked.device_id);
        let named = guess(command.clone()).await;
        command.identifier = None;
        let by_handle = guess(command).await;
        steps.push((asking, bare, named, by_handle));
    }
    for other in &steps[1..] {
        assert_eq!(&steps[0], other);
    }
}

#[tokio::test]
async fn an_unknown_address_gets_an_account_when_it_is_proven() {
    let test = TestSereno::new().await;
    let mail = mail(&test, "New.Ana@example.org").await;
    assert_eq!(mail.recipient, "New.Ana@example.org");
    assert_eq!(test.count("\"user\"").await, 0, "not before");
    let logged_in = verify(&test, with_code("new.ana@example.org", &login_code_of(&mail))).await;
    let user = logged_in.unwrap().user;
    assert_eq!(
        (user.email.as_deref(), user.email_verified),
        (Some("New.Ana@example.org"), true)
    );
    let row = test.row(user.id.0.parse().unwrap()).await;
    assert_eq!((row.state(), row.origin.as_str()), (UserState::Active, "sign_up"));
    assert!(row.password_hash.is_none() && !row.is_superuser);
    let kinds = test.events.kinds();
    let told: Vec<_> = kinds.iter().filter(|kind| **kind != EventKind::EmailSent).collect();
    assert_eq!(
        told,
        [
            &EventKind::CodeRequested,
            &EventKind::UserRegistered,
            &EventKind::UserActivated,
            &EventKind::LoggedIn,
            &EventKind::TokenIssued
        ]
    );
    // without a password nobody gets in by one, and one can be set
    let by_password = test.credentials("new.ana@example.org", "");
    assert!(
        login::for_application(&test.sereno, &test.meta(), by_password)
            .await
            .is_err()
    );
    let command = ForgotPassword {
        identifier: "new.ana@example.org".to_owned(),
    };
    forgot(&test.sereno, &test.meta(), command).await.unwrap();
    assert_eq!(test.mails().await.len(), 1);
    // the second time it is a sign-in like any other
    let again = self::mail(&test, "new.ana@example.org").await;
    verify(&test, with_link(&again)).await.unwrap();
    assert_eq!(test.count("\"user\"").await, 1);
}

#[tokio::test]
async fn signing_up_by_code_is_a_policy() {
    for (sign_up, enabled) in [(false, true), (true, false)] {
        let test = TestSereno::with(|config| {
            config.login_code.sign_up = sign_up;
            config.registration.enabled = enabled;
        })
        .await;
        assert!(test.ask_code("new@example.org").await.1.is_none());
        assert_eq!(
            refused(verify(&test, with_code("new@example.org", "123456")).await),
            Code::LoginCodeInvalid
        );
        assert_eq!(test.count("\"user\"").await, 0);
    }
    // neither a name nor what mail cannot be sent to
    let test = TestSereno::new().await;
    for who in ["nobody", "a@b", "x@localhost", "a\0@example.org"] {
        assert!(test.ask_code(who).await.1.is_none(), "{who}");
    }
}

#[tokio::test]
async fn what_a_sign_up_must_bring_along_cannot_be_left_out() {
    let test = TestSereno::with(|config| config.registration.username_required = true).await;
    let declare = DeclareAttribute {
        is_required: true,
        ..DeclareAttribute::default()
    };
    attributes::declare(&test.sereno, &test.meta(), &test.system().await, "plan", declare)
        .await
        .unwrap();
    let mail = mail(&test, "new@example.org").await;
    let refusal = refused_fields(verify(&test, with_code("new@example.org", &login_code_of(&mail))).await);
    assert_eq!(
        refusal,
        [
            ("attributes.plan".to_owned(), Code::Blank),
            ("username".to_owned(), Code::Blank)
        ]
    );
    assert_eq!(test.count("\"user\"").await, 0);
    assert_eq!(
        test.count("one_time WHERE consumed_at IS NOT NULL").await,
        0,
        "nothing is used up"
    );
    // who has an account already has it still
    test.user("ana").await;
    verify(&test, with_link(&self::mail(&test, "ana").await)).await.unwrap();
}

/// Anybody can sign up with anybody's address: what they typed must not become the owner's.
#[tokio::test]
async fn nothing_of_an_unproven_sign_up_survives_a_code() {
    let test = TestSereno::new().await;
    let strangers = sereno_types::Register {
        email: "ana@example.org".to_owned(),
        password: PASSWORD.into(),
        username: Some("stranger".to_owned()),
        attributes: serde_json::from_str("{\"plan\":\"evil\"}").unwrap(),
    };
    account::register::register(&test.sereno, &test.meta(), strangers)
        .await
        .unwrap();
    let activation = test.mails().await.pop().unwrap();
    let mail = mail(&test, "ana@example.org").await;
    let user = verify(&test, with_code("ana@example.org", &login_code_of(&mail)))
        .await
        .unwrap()
        .user;
    assert!(user.email_verified && user.username.is_none() && user.attributes.is_empty());
    let row = test.row(user.id.0.parse().unwrap()).await;
    assert_eq!(row.state(), UserState::Active);
    assert!(row.password_hash.is_none());
    assert_eq!(test.count("sign_up").await, 0);
    let guess = test.credentials("ana@example.org", PASSWORD);
    assert_eq!(
        refused(login::for_application(&test.sereno, &test.meta(), guess).await),
        Code::InvalidCredentials
    );
    let late = account::activate::activate(&test.sereno, &test.meta(), by_link(&activation)).await;
    assert_eq!(refused(late), Code::ActivationLinkInvalid);
    assert_eq!(test.events.count(EventKind::UserActivated), 1);
}

#[tokio::test]
async fn whom_staff_invited_is_activated_as_they_are() {
    let test = TestSereno::with(|config| config.login_code.sign_up = false).await;
    let command = admin::CreateUser {
        email: "ana@example.org".to_owned(),
        username: Some("ana".to_owned()),
        password: Some(PASSWORD.into()),
        inactive: true,
        ..admin::CreateUser::default()
    };
    admin::create_user(&test.sereno, &test.meta(), &test.system().await, command)
        .await
        .unwrap();
    test.mails().await;
    verify(&test, with_link(&mail(&test, "ana").await)).await.unwrap();
    test.log_in("ana").await;
}

#[tokio::test]
async fn locking_and_changed_credentials_end_what_was_mailed() {
    let test = TestSereno::with(|config| config.limit.mails_per_recipient = 0).await;
    let id = test.user("ana").await;
    let staff = test.system().await;
    let both = async |mail: &OutgoingMail| {
        for command in [with_code("ana", &login_code_of(mail)), with_link(mail)] {
            assert_eq!(refused(verify(&test, command).await), Code::LoginCodeInvalid);
        }
    };
    let first = mail(&test, "ana").await;
    admin::lock(&test.sereno, &test.meta(), &staff, &Id(id.to_string()))
        .await
        .unwrap();
    both(&first).await;
    assert!(
        test.ask_code("ana").await.1.is_none(),
        "nothing is sent to a locked account"
    );
    admin::unlock(&test.sereno, &test.meta(), &staff, &Id(id.to_string()))
        .await
        .unwrap();
    both(&first).await;
    let second = mail(&test, "ana").await;
    test.execute("UPDATE user_email SET address = 'ana@example.net', canonical = 'ana@example.net'")
        .await;
    both(&second).await;
    let sent = mail(&test, "ana").await;
    assert_eq!(sent.recipient, "ana@example.net");
    test.put_into(id, UserState::Disabled).await;
    both(&sent).await;
}

#[tokio::test]
async fn codes_and_links_end_in_their_time() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let mail = mail(&test, "ana").await;
    test.advance(Duration::from_mins(10));
    for command in [with_code("ana", &login_code_of(&mail)), with_link(&mail)] {
        assert_eq!(refused(verify(&test, command).await), Code::LoginCodeInvalid);
    }
    // a mail that leaves late works as long as any other
    let command = AskLoginCode {
        identifier: "ana".to_owned(),
        ..AskLoginCode::default()
    };
    login::ask_code(&test.sereno, &test.meta(), command).await.unwrap();
    test.advance(Duration::from_mins(30));
    let late = test.mails().await.pop().unwrap();
    test.advance(Duration::from_secs(599));
    verify(&test, with_code("ana", &login_code_of(&late))).await.unwrap();
}

#[tokio::test]
async fn another_mail_keeps_or_replaces_the_earlier() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let (first, second) = (mail(&test, "ana").await, mail(&test, "ana").await);
    verify(&test, with_code("ana", &login_code_of(&first))).await.unwrap();
    assert_eq!(
        refused(verify(&test, with_link(&second)).await),
        Code::LoginCodeInvalid,
        "one sign-in, one code"
    );
    let test = TestSereno::with(|config| config.login_code.resend = "replace".to_owned()).await;
    test.user("ana").await;
    let (first, second) = (mail(&test, "ana").await, mail(&test, "ana").await);
    for command in [with_code("ana", &login_code_of(&first)), with_link(&first)] {
        assert_eq!(refused(verify(&test, command).await), Code::LoginCodeInvalid);
    }
    verify(&test, with_link(&second)).await.unwrap();
    // a mail that was asked for and replaced before it left does not leave
    for _ in 0..2 {
        let command = AskLoginCode {
            identifier: "ana".to_owned(),
            ..AskLoginCode::default()
        };
        login::ask_code(&test.sereno, &test.meta(), command).await.unwrap();
    }
    assert_eq!(test.mails().await.len(), 1);
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
async fn a_code_is_good_through_the_application_that_asked() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let staff = test.system().await;
    for (client_id, delivery, grants) in [
        ("shop", Delivery::Key, vec![Grant::Password]),
        ("desk", Delivery::Session, vec![Grant::Password]),
        ("machine", Delivery::Json, vec![]),
    ] {
        let command = CreateApplication {
            name: client_id.to_owned(),
            client_id: Some(client_id.to_owned()),
            delivery,
            grants: Some(grants),
            ..CreateApplication::default()
        };
        sereno_core::oauth::admin::create(&test.sereno, &test.meta(), &staff, command, None)
            .await
            .unwrap();
    }
    let ask = async |client_id: &str| {
        let command = AskLoginCode {
            identifier: "ana".to_owned(),
            client_id: Some(client_id.to_owned()),
            ..AskLoginCode::default()
        };
        login::ask_code(&test.sereno, &test.meta(), command).await
    };
    assert_eq!(refused(ask("nobody").await), Code::InvalidClient);
    assert_eq!(refused(ask("machine").await), Code::UnauthorizedClient);
    let through = |client_id: &str, mail: &OutgoingMail| {
        let mut command = with_code("ana", &login_code_of(mail));
        command.client_id = Some(client_id.to_owned());
        command
    };
    ask("shop").await.unwrap();
    let mail = test.mails().await.pop().unwrap();
    assert_eq!(
        refused(verify(&test, through("desk", &mail)).await),
        Code::LoginCodeInvalid
    );
    assert_eq!(
        refused(verify(&test, with_code("ana", &login_code_of(&mail))).await),
        Code::LoginCodeInvalid
    );
    let brought = verify(&test, through("shop", &mail)).await.unwrap().brought;
    assert!(matches!(brought, Brought::Tokens(issued) if matches!(issued.tokens, token::Tokens::Key(_))));
    // one that was asked for without an application is good through any
    let mail = self::mail(&test, "ana").await;
    let brought = verify(&test, through("desk", &mail)).await.unwrap().brought;
    assert!(matches!(brought, Brought::Session(_)));
    // and Sereno's own pages take every link
    ask("shop").await.unwrap();
    let link = with_link(&test.mails().await.pop().unwrap());
    assert!(
        login::by_code_with_session(&test.sereno, &test.meta(), link)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn hooks_are_asked_before_and_a_refusal_uses_nothing_up() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    test.events.refuse(&[IntentKind::LoginCode]);
    let command = AskLoginCode {
        identifier: "ana".to_owned(),
        ..AskLoginCode::default()
    };
    let asked = login::ask_code(&test.sereno, &test.meta(), command).await;
    assert_eq!(refused(asked), Code::RefusedByHook);
    assert_eq!(
        test.count("login_code").await + test.count("event WHERE name = 'code_requested'").await,
        0
    );
    test.events.refuse(&[]);
    let (known, new) = (mail(&test, "ana").await, mail(&test, "new@example.org").await);
    test.events.intents();
    for (kind, mail, who) in [
        (IntentKind::Login, &known, "ana"),
        (IntentKind::TokenIssue, &known, "ana"),
        (IntentKind::Registration, &new, "new@example.org"),
    ] {
        test.events.refuse(&[kind]);
        let refusal = verify(&test, with_code(who, &login_code_of(mail))).await;
        assert_eq!(refused(refusal), Code::RefusedByHook, "{kind:?}");
        let asked = test.events.intents();
        assert_eq!(asked[0].kind, IntentKind::Login);
        assert_eq!(
            (asked[0].method, asked[0].identifier.as_deref()),
            (Some("otp"), Some(who))
        );
    }
    test.events.refuse(&[]);
    verify(&test, with_code("ana", &login_code_of(&known))).await.unwrap();
    test.events.intents();
    verify(&test, with_link(&new)).await.unwrap();
    // who types no name is named by what was asked for
    let named: Vec<_> = test.events.intents();
    assert_eq!(named[0].identifier.as_deref(), Some("new@example.org"));
}

#[tokio::test]
async fn mails_speak_the_language_that_was_asked_in() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    for (locale, subject) in [
        (Locale::De, "Ihr Code zum Anmelden"),
        (Locale::Es, "Su código para iniciar sesión"),
    ] {
        let meta = RequestMeta {
            locale: Some(locale),
            ..test.meta()
        };
        login::ask_code_in_browser(&test.sereno, &meta, "ana".to_owned())
            .await
            .unwrap();
        assert_eq!(test.mails().await[0].subject, subject);
    }
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

/// A code that could sign in closes the account of whoever is signed in, once.
#[tokio::test]
async fn an_account_is_closed_by_a_code() {
    let test = TestSereno::new().await;
    let id = test.user("ana").await;
    let actor = test.actor("ana").await;
    let leave = async |code: &str| login::leave_by_code(&test.sereno, &test.meta(), &actor, code.into()).await;
    assert_eq!(refused(leave("000000").await), Code::LoginCodeInvalid, "nobody asked");
    // on whatever device
    ask_on(&test, "ana", phone()).await;
    let code = login_code_of(&test.mails().await.pop().unwrap());
    let theirs = login_code_of(&{
        test.user("eve").await;
        mail(&test, "eve").await
    });
    if theirs != code {
        assert_eq!(refused(leave(&theirs).await), Code::LoginCodeInvalid, "somebody else's");
    }
    leave(&code).await.unwrap();
    assert_eq!(test.row(id).await.state(), UserState::Deleting);
    assert_eq!(test.events.count(EventKind::DeletionScheduled), 1);
    assert_eq!(
        refused(leave(&code).await),
        Code::AuthenticationRequired,
        "it is closed"
    );
}

#[tokio::test]
async fn an_account_that_must_stay_is_not_closed_by_a_code() {
    let test = TestSereno::with(|config| config.deletion.enabled = false).await;
    test.user("ana").await;
    let actor = test.actor("ana").await;
    let left = login::leave_by_code(&test.sereno, &test.meta(), &actor, "000000".into()).await;
    assert_eq!(refused(left), Code::DeletionClosed);

    let test = TestSereno::new().await;
    let id = test.superuser("root").await;
    let actor = test.actor("root").await;
    let code = login_code_of(&mail(&test, "root").await);
    let leave = async || login::leave_by_code(&test.sereno, &test.meta(), &actor, code.as_str().into()).await;
    assert_eq!(refused(leave().await), Code::LastAdministrator);
    assert_eq!(test.row(id).await.state(), UserState::Active);
    // nothing was used up by it
    test.superuser("second").await;
    leave().await.unwrap();
}

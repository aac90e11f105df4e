//! What was mailed: how long it is good, in which language, through which application.

use std::time::Duration;

use sereno_core::context::RequestMeta;
use sereno_core::intent::IntentKind;
use sereno_core::login::{self, Brought};
use sereno_core::port::mail::OutgoingMail;
use sereno_core::testing::{TestSereno, login_code_of, refused};
use sereno_core::token;
use sereno_types::{AskLoginCode, Code, CreateApplication, Delivery, Grant, Locale};

use super::{mail, verify, with_code, with_link};

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

//! Confirming the address: by link, by code, and asking for another mail.

use std::time::Duration;

use sereno_core::account::activate::{activate, resend};
use sereno_core::account::admin;
use sereno_core::event::EventKind;
use sereno_core::testing::{TestSereno, by_code, by_link, code_of, refused, refused_fields};
use sereno_core::{Error, Result};
use sereno_types::{Activate, Activated, Code, Id, ResendActivation, UserState};

async fn send(test: &TestSereno, command: Activate) -> Result<Activated> {
    activate(&test.sereno, &test.meta(), command).await
}

async fn ask_again(test: &TestSereno, email: &str) -> Result<()> {
    let command = ResendActivation {
        email: email.to_owned(),
    };
    resend(&test.sereno, &test.meta(), command).await
}

#[tokio::test]
async fn a_link_works_once() {
    let test = TestSereno::new().await;
    let mail = test.sign_up("ana@example.org").await;
    let activated = send(&test, by_link(&mail)).await.unwrap();
    let row = test.row(activated.id.0.parse().unwrap()).await;
    assert_eq!((activated.state, row.state()), (UserState::Active, UserState::Active));
    assert_eq!(test.count("user_email WHERE verified_at IS NOT NULL").await, 1);
    assert_eq!(refused(send(&test, by_link(&mail)).await), Code::ActivationLinkInvalid);
    let code = by_code("ana@example.org", &code_of(&mail));
    assert_eq!(
        refused(send(&test, code).await),
        Code::ActivationLinkInvalid,
        "nor does its code"
    );
    assert_eq!(test.events.count(EventKind::UserActivated), 1);
    assert_eq!(test.events.count(EventKind::ActivationFailed), 2);
    test.log_in("ana@example.org").await;
}

#[tokio::test]
async fn a_code_works_once_however_it_is_typed() {
    let test = TestSereno::new().await;
    let mail = test.sign_up("ana@example.org").await;
    let code = code_of(&mail);
    let typed = format!(" {} {} ", &code[..4], &code[5..]);
    send(&test, by_code("ANA@example.org", &typed)).await.unwrap();
    assert_eq!(
        refused(send(&test, by_code("ana@example.org", &code)).await),
        Code::ActivationLinkInvalid
    );
    assert_eq!(
        refused(send(&test, by_link(&mail)).await),
        Code::ActivationLinkInvalid,
        "nor does its link"
    );
}

#[tokio::test]
async fn nothing_and_nonsense_are_refused() {
    let test = TestSereno::new().await;
    assert_eq!(
        refused_fields(send(&test, Activate::default()).await),
        [("email".to_owned(), Code::Blank), ("code".to_owned(), Code::Blank)]
    );
    assert_eq!(
        refused_fields(send(&test, by_code("ana", "-")).await),
        [
            ("email".to_owned(), Code::InvalidEmail),
            ("code".to_owned(), Code::Blank)
        ]
    );
    for token in ["x", "\0", "'; DROP TABLE", &"x".repeat(100_000)] {
        let command = Activate {
            token: Some(token.into()),
            ..Activate::default()
        };
        assert_eq!(refused(send(&test, command).await), Code::ActivationLinkInvalid);
    }
    let command = by_code("ana@example.org", &"9".repeat(100_000));
    assert_eq!(refused(send(&test, command).await), Code::ActivationLinkInvalid);
    // an empty token is none
    let mut command = by_code("ana@example.org", "1");
    command.token = Some("".into());
    assert_eq!(refused(send(&test, command).await), Code::ActivationLinkInvalid);
}

#[tokio::test]
async fn link_and_code_end_in_their_time() {
    let test = TestSereno::new().await;
    let (ana, bea) = (
        test.sign_up("ana@example.org").await,
        test.sign_up("bea@example.org").await,
    );
    test.advance(Duration::from_mins(10));
    let late = by_code("ana@example.org", &code_of(&ana));
    assert_eq!(refused(send(&test, late).await), Code::ActivationLinkInvalid);
    test.advance(Duration::from_secs(86_400 - 601));
    send(&test, by_link(&ana)).await.unwrap();
    test.advance(Duration::from_secs(1));
    assert_eq!(refused(send(&test, by_link(&bea)).await), Code::ActivationLinkInvalid);
}

#[tokio::test]
async fn five_wrong_codes_and_no_more_are_heard() {
    let test = TestSereno::new().await;
    let mail = test.sign_up("ana@example.org").await;
    let code = code_of(&mail);
    let wrong = if code == "0000-0000" { "1111-1111" } else { "0000-0000" };
    for _ in 0..5 {
        assert_eq!(
            refused(send(&test, by_code("ana@example.org", wrong)).await),
            Code::ActivationLinkInvalid
        );
    }
    assert_eq!(
        refused(send(&test, by_code("ana@example.org", &code)).await),
        Code::ActivationLinkInvalid
    );
    send(&test, by_link(&mail)).await.unwrap();
}

#[tokio::test]
async fn the_code_of_another_address_is_wrong() {
    let test = TestSereno::new().await;
    let (ana, _) = (
        test.sign_up("ana@example.org").await,
        test.sign_up("bea@example.org").await,
    );
    let crossed = by_code("bea@example.org", &code_of(&ana));
    assert_eq!(refused(send(&test, crossed).await), Code::ActivationLinkInvalid);
}

/// A wrong code for a pending address, any code for an active one and for an unknown one: answer, hash runs and statements
/// are the same.
#[tokio::test]
async fn refused_codes_are_alike() {
    let test = TestSereno::new().await;
    test.sign_up("pending@example.org").await;
    test.signed_up("active").await;
    let mut seen = Vec::new();
    for name in ["pending", "active", "unknown"] {
        test.statements.take();
        let runs = test.sereno.hasher.runs();
        let refusal = refused(send(&test, by_code(&format!("{name}@example.org"), "0000-000")).await);
        seen.push((refusal, test.sereno.hasher.runs() - runs, test.statements.take()));
    }
    assert_eq!(seen[0].1, 1);
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
}

#[tokio::test]
async fn a_locked_account_is_not_activated_and_its_link_is_not_used_up() {
    let test = TestSereno::new().await;
    let mail = test.sign_up("ana@example.org").await;
    let id = Id(test.holder_of("ana@example.org").await.to_string());
    let staff = test.system().await;
    admin::lock(&test.sereno, &test.meta(), &staff, &id).await.unwrap();
    assert_eq!(refused(send(&test, by_link(&mail)).await), Code::ActivationLinkInvalid);
    let unlocked = admin::unlock(&test.sereno, &test.meta(), &staff, &id).await.unwrap();
    assert_eq!(unlocked.state, UserState::Pending);
    send(&test, by_link(&mail)).await.unwrap();
}

#[tokio::test]
async fn another_mail_brings_another_link_and_the_first_that_is_used_ends_all() {
    let test = TestSereno::new().await;
    let first = test.sign_up("ana@example.org").await;
    test.advance(Duration::from_secs(1));
    ask_again(&test, " ANA@example.org").await.unwrap();
    let second = test.mails().await.remove(0);
    assert_eq!(second.recipient, "ana@example.org");
    let stale = by_code("ana@example.org", &code_of(&first));
    if code_of(&first) != code_of(&second) {
        assert_eq!(
            refused(send(&test, stale).await),
            Code::ActivationLinkInvalid,
            "the latest code counts"
        );
    }
    send(&test, by_link(&first)).await.unwrap();
    assert_eq!(
        refused(send(&test, by_link(&second)).await),
        Code::ActivationLinkInvalid
    );
    ask_again(&test, "ana@example.org").await.unwrap();
    assert!(test.mails().await.is_empty(), "an active account needs none");
}

/// Asking for another mail: answer, statements and queued work are the same for pending, active and unknown addresses, and
/// the job that finds nobody lets go of the database.
#[tokio::test]
async fn asking_again_tells_nothing() {
    let test = TestSereno::new().await;
    test.sign_up("pending@example.org").await;
    test.signed_up("active").await;
    let mut seen = Vec::new();
    for name in ["pending", "active", "unknown"] {
        test.statements.take();
        let (runs, jobs) = (test.sereno.hasher.runs(), test.count("job").await);
        test.statements.take();
        ask_again(&test, &format!("{name}@example.org")).await.unwrap();
        let statements = test.statements.take();
        seen.push((
            statements,
            test.sereno.hasher.runs() - runs,
            test.count("job").await - jobs,
        ));
    }
    assert_eq!(seen[0].2, 1);
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
    let mails = test.mails().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].recipient, "pending@example.org");
    assert_eq!(test.count("job WHERE state <> 'done'").await, 0);
    // the mail was overtaken by an activation
    ask_again(&test, "pending@example.org").await.unwrap();
    send(&test, by_link(&mails[0])).await.unwrap();
    assert!(test.mails().await.is_empty());
}

#[tokio::test]
async fn asking_again_is_limited_for_everybody() {
    let test = TestSereno::new().await;
    test.sign_up("ana@example.org").await;
    for (name, free) in [("ana", 4), ("nobody", 5)] {
        for _ in 0..free {
            ask_again(&test, &format!("{name}@example.org")).await.unwrap();
        }
        let refusal = ask_again(&test, &format!("{name}@example.org")).await.unwrap_err();
        assert!(matches!(
            refusal,
            Error::Refused {
                code: Code::TooManyRequests,
                retry_after: Some(3_601),
                ..
            }
        ));
    }
    assert_eq!(
        refused_fields(ask_again(&test, "ana").await),
        [("email".to_owned(), Code::InvalidEmail)]
    );
}

/// Whoever asks for another mail may have made any of the sign-ups: each gets its own mail again, so that a stranger's
/// sign-up does not become the only one that can still be confirmed.
#[tokio::test]
async fn another_mail_is_sent_for_each_sign_up() {
    let test = TestSereno::new().await;
    test.sign_up("ana@example.org").await;
    test.advance(Duration::from_secs(1));
    let mut theirs = sereno_types::Register {
        email: "ana@example.org".to_owned(),
        password: "lanterns above the harbour".into(),
        ..sereno_types::Register::default()
    };
    theirs.username = Some("stranger".to_owned());
    sereno_core::account::register::register(&test.sereno, &test.meta(), theirs)
        .await
        .unwrap();
    test.mails().await;
    test.advance(Duration::from_secs(1));
    ask_again(&test, "ana@example.org").await.unwrap();
    let mails = test.mails().await;
    assert_eq!(mails.len(), 2);
    let mine = mails.iter().find(|mail| mail.text.contains("00:00:00 UTC")).unwrap();
    send(&test, by_link(mine)).await.unwrap();
    test.log_in("ana@example.org").await;
    assert_eq!(
        test.count("\"user\" WHERE username = 'stranger'").await,
        0,
        "nothing of the stranger's was confirmed"
    );
}

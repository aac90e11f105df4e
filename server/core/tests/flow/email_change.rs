//! Replacing one's own address.

#![expect(clippy::unwrap_used, reason = "builders and checks outside of the test functions")]

use std::sync::Arc;
use std::time::Duration;

use sereno_core::account::email::{confirm, request};
use sereno_core::account::password::{change, forgot, reset};
use sereno_core::account::{activate, profile};
use sereno_core::context::Actor;
use sereno_core::event::EventKind;
use sereno_core::port::mail::{MailError, MailTransport, OutgoingMail};
use sereno_core::testing::{PASSWORD, TestSereno, by_link, code_of, refused, refused_fields, token_of};
use sereno_core::{Result, jobs};
use sereno_types::{ChangeEmail, ChangePassword, Code, ConfirmEmail, ForgotPassword, ResetPassword, UserState};

const CONFIRM: &str = "Confirm your new e-mail address";
const NOTICE: &str = "Your e-mail address is about to change";

async fn ask(test: &TestSereno, actor: &Actor, email: &str, password: Option<&str>) -> Result<()> {
    let command = ChangeEmail {
        email: email.to_owned(),
        password: password.map(Into::into),
    };
    request(&test.sereno, &test.meta(), actor, command).await
}

async fn use_link(test: &TestSereno, mail: &OutgoingMail) -> Result<()> {
    let command = ConfirmEmail {
        token: Some(token_of(mail).as_str().into()),
        ..ConfirmEmail::default()
    };
    confirm(&test.sereno, &test.meta(), &Actor::Anonymous, command).await
}

/// What was sent, by subject and recipient.
fn told(mails: &[OutgoingMail]) -> Vec<(&str, &str)> {
    let mut told: Vec<_> = mails
        .iter()
        .map(|mail| (mail.subject.as_str(), mail.recipient.as_str()))
        .collect();
    told.sort_unstable();
    told
}

/// The link that comes to the new address.
async fn link(test: &TestSereno, actor: &Actor, email: &str) -> OutgoingMail {
    test.advance(Duration::from_millis(10));
    ask(test, actor, email, Some(PASSWORD)).await.unwrap();
    let mut mails = test.mails().await;
    mails.retain(|mail| mail.subject == CONFIRM);
    mails.pop().unwrap()
}

async fn type_code(test: &TestSereno, actor: &Actor, code: &str) -> Result<()> {
    let command = ConfirmEmail {
        code: Some(code.into()),
        ..ConfirmEmail::default()
    };
    confirm(&test.sereno, &test.meta(), actor, command).await
}

#[tokio::test]
async fn the_code_of_the_mail_does_the_same_for_whoever_asked() {
    let test = TestSereno::new().await;
    let id = test.user("ana").await;
    test.user("bea").await;
    let (ana, bea) = (test.sign_in("ana").await.actor, test.sign_in("bea").await.actor);
    let mail = link(&test, &ana, "new@example.net").await;
    let code = code_of(&mail);
    assert!(!code.is_empty() && mail.html.contains(&code));
    assert_eq!(
        refused(type_code(&test, &Actor::Anonymous, &code).await),
        Code::AuthenticationRequired
    );
    assert_eq!(
        refused(type_code(&test, &bea, &code).await),
        Code::EmailChangeLinkInvalid
    );
    assert_eq!(
        refused_fields(type_code(&test, &ana, " ").await),
        [("code".to_owned(), Code::Blank)]
    );
    type_code(&test, &ana, &code).await.unwrap();
    assert_eq!(test.holder_of("new@example.net").await, id);
    assert_eq!(refused(use_link(&test, &mail).await), Code::EmailChangeLinkInvalid);
    // five wrong ones, and only the link is heard
    let mail = link(&test, &ana, "other@example.net").await;
    let code = code_of(&mail);
    let wrong = if code == "0000-0000" { "1111-1111" } else { "0000-0000" };
    for _ in 0..5 {
        assert_eq!(
            refused(type_code(&test, &ana, wrong).await),
            Code::EmailChangeLinkInvalid
        );
    }
    assert_eq!(
        refused(type_code(&test, &ana, &code).await),
        Code::EmailChangeLinkInvalid
    );
    use_link(&test, &mail).await.unwrap();
}

#[tokio::test]
async fn the_address_changes_when_the_new_one_is_confirmed() {
    let test = TestSereno::new().await;
    let id = test.user("ana").await;
    let own = test.sign_in("ana").await;
    ask(&test, &own.actor, "Ana.Nova@Example.net", None).await.unwrap();
    let mails = test.mails().await;
    assert_eq!(
        told(&mails),
        [(CONFIRM, "Ana.Nova@Example.net"), (NOTICE, "ana@example.org")]
    );
    let before = profile::me(&test.sereno, &own.actor).await.unwrap();
    assert_eq!(
        before.email.as_deref(),
        Some("ana@example.org"),
        "nothing has changed yet"
    );
    let mail = mails.iter().find(|mail| mail.subject == CONFIRM).unwrap();
    assert!(mail.text.contains("/account/confirm-email?token="));
    use_link(&test, mail).await.unwrap();
    let after = profile::me(&test.sereno, &own.actor).await.unwrap();
    assert_eq!(
        (after.email.as_deref(), after.email_verified),
        (Some("Ana.Nova@Example.net"), true),
        "as it was written"
    );
    assert_eq!(test.holder_of("ana.nova@example.net").await, id);
    assert_eq!(test.count("user_email").await, 1);
    assert_eq!(
        refused(use_link(&test, mail).await),
        Code::EmailChangeLinkInvalid,
        "it works once"
    );
    test.log_in("ana.nova@example.net").await;
    assert_eq!(test.events.count(EventKind::EmailChangeRequested), 1);
    assert_eq!(test.events.count(EventKind::EmailChanged), 1);
    assert_eq!(test.events.count(EventKind::EmailChangeFailed), 1);
}

/// Answer, statements, hash runs and queued work of the request are the same whoever has the new address.
#[tokio::test]
async fn asking_tells_nothing_of_the_new_address() {
    let test = TestSereno::new().await;
    for name in ["ana", "active", "locked"] {
        test.user(name).await;
    }
    test.put_into(test.holder_of("locked@example.org").await, UserState::Locked)
        .await;
    test.sign_up("pending@example.org").await;
    let own = test.sign_in("ana").await;
    let names = ["free", "active", "locked", "pending"];
    let (mut seen, mut sent) = (Vec::new(), Vec::new());
    for name in names {
        test.advance(Duration::from_millis(10));
        let (runs, jobs) = (test.sereno.hasher.runs(), test.count("job").await);
        test.statements.take();
        ask(&test, &own.actor, &format!("{name}@example.org"), Some(PASSWORD))
            .await
            .unwrap();
        let statements = test.statements.take();
        seen.push((
            statements,
            test.sereno.hasher.runs() - runs,
            test.count("job").await - jobs,
        ));
        sent.push(test.mails().await);
    }
    for (name, other) in names.iter().zip(&seen) {
        assert_eq!(&seen[0], other, "{name}");
    }
    let notice = (NOTICE, "ana@example.org");
    assert_eq!(told(&sent[0]), [(CONFIRM, "free@example.org"), notice]);
    assert_eq!(told(&sent[1]), [notice], "its owner gets nothing");
    assert_eq!(told(&sent[2]), [notice]);
    assert_eq!(
        told(&sent[3]),
        [(CONFIRM, "pending@example.org"), notice],
        "nobody has proven to own it"
    );
}

#[tokio::test]
async fn it_wants_a_fresh_proof() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let own = test.sign_in("ana").await;
    test.advance(Duration::from_mins(5));
    ask(&test, &own.actor, "a@example.net", None).await.unwrap();
    test.advance(Duration::from_secs(1));
    for none in [None, Some("")] {
        assert_eq!(
            refused(ask(&test, &own.actor, "b@example.net", none).await),
            Code::ReauthenticationRequired
        );
    }
    assert_eq!(
        refused_fields(ask(&test, &own.actor, "b@example.net", Some("wrong")).await),
        [("password".to_owned(), Code::PasswordIncorrect)]
    );
    ask(&test, &own.actor, "b@example.net", Some(PASSWORD)).await.unwrap();
    assert_eq!(
        test.count("limit_counter").await,
        4,
        "the wrong one is forgiven here, and counted from everywhere; one for each mail"
    );
    assert_eq!(
        refused_fields(ask(&test, &own.actor, "nonsense", Some(PASSWORD)).await),
        [("email".to_owned(), Code::InvalidEmail)]
    );
    assert_eq!(
        refused(ask(&test, &Actor::Anonymous, "b@example.net", Some(PASSWORD)).await),
        Code::AuthenticationRequired
    );
}

#[tokio::test]
async fn wrong_passwords_and_mails_are_limited() {
    let test = TestSereno::new().await;
    for name in ["ana", "bea"] {
        test.user(name).await;
    }
    let (ana, bea) = (test.sign_in("ana").await, test.sign_in("bea").await);
    for n in 0..5 {
        ask(&test, &bea.actor, &format!("bea{n}@example.net"), None)
            .await
            .unwrap();
    }
    assert_eq!(
        refused(ask(&test, &bea.actor, "bea5@example.net", None).await),
        Code::TooManyRequests,
        "notices to one's own address"
    );
    for _ in 0..10 {
        assert_eq!(
            refused(ask(&test, &ana.actor, "a@example.net", Some("wrong")).await),
            Code::ValidationFailed
        );
    }
    assert_eq!(
        refused(ask(&test, &ana.actor, "a@example.net", Some(PASSWORD)).await),
        Code::TooManyRequests
    );
}

#[tokio::test]
async fn another_request_and_another_password_end_the_link() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let own = test.sign_in("ana").await;
    let slip = link(&test, &own.actor, "anna@example.net").await;
    let meant = link(&test, &own.actor, "ana@example.net").await;
    assert_eq!(
        refused(use_link(&test, &slip).await),
        Code::EmailChangeLinkInvalid,
        "a slip of the pen gives nothing away"
    );
    let command = ChangePassword {
        old_password: PASSWORD.into(),
        new_password: "lanterns in the rain".into(),
    };
    change(&test.sereno, &test.meta(), &own.actor, command).await.unwrap();
    assert_eq!(refused(use_link(&test, &meant).await), Code::EmailChangeLinkInvalid);
}

/// A mail server that is away.
struct Away;

#[async_trait::async_trait]
impl MailTransport for Away {
    fn name(&self) -> String {
        "away".to_owned()
    }

    async fn send(&self, _mail: &OutgoingMail) -> Result<String, MailError> {
        Err(MailError::Later("away".to_owned()))
    }

    async fn check(&self) -> Result<(), MailError> {
        Ok(())
    }
}

/// Both links wait for a mail server that is away: only the later one's is minted.
#[tokio::test]
async fn a_link_that_leaves_late_is_not_minted_after_another_request() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let own = test.sign_in("ana").await;
    let away = test.try_another(|_| (), Some(Arc::new(Away))).await.unwrap();
    for email in ["slip@example.net", "meant@example.net"] {
        test.advance(Duration::from_millis(10));
        ask(&test, &own.actor, email, None).await.unwrap();
        jobs::run_due(&away.sereno).await.unwrap();
    }
    test.advance(Duration::from_hours(1));
    let mails = test.mails().await;
    let notice = (NOTICE, "ana@example.org");
    assert_eq!(told(&mails), [(CONFIRM, "meant@example.net"), notice, notice]);
}

/// The request decides, and not its mail: the one for an address that somebody else has gets none.
#[tokio::test]
async fn a_link_that_leaves_late_is_not_minted_after_a_request_that_gets_no_mail() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    test.user("bea").await;
    let own = test.sign_in("ana").await;
    let away = test.try_another(|_| (), Some(Arc::new(Away))).await.unwrap();
    for email in ["slip@example.net", "bea@example.org"] {
        ask(&test, &own.actor, email, None).await.unwrap();
        jobs::run_due(&away.sereno).await.unwrap();
        test.advance(Duration::from_millis(10));
    }
    test.advance(Duration::from_hours(1));
    let mails = test.mails().await;
    let notice = (NOTICE, "ana@example.org");
    assert_eq!(told(&mails), [notice, notice]);
}

#[tokio::test]
async fn the_link_ends_in_its_time_and_with_the_account() {
    let test = TestSereno::new().await;
    let id = test.user("ana").await;
    let own = test.sign_in("ana").await;
    let first = link(&test, &own.actor, "ana@example.net").await;
    test.put_into(id, UserState::Locked).await;
    assert_eq!(refused(use_link(&test, &first).await), Code::EmailChangeLinkInvalid);
    test.put_into(id, UserState::Active).await;
    test.advance(Duration::from_hours(24));
    assert_eq!(refused(use_link(&test, &first).await), Code::EmailChangeLinkInvalid);
    for token in ["", "x", "\0"] {
        let command = ConfirmEmail {
            token: Some(token.into()),
            ..ConfirmEmail::default()
        };
        let outcome = confirm(&test.sereno, &test.meta(), &Actor::Anonymous, command).await;
        assert_eq!(refused(outcome), Code::EmailChangeLinkInvalid);
    }
}

#[tokio::test]
async fn an_address_that_was_taken_meanwhile_stays_with_its_owner() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let own = test.sign_in("ana").await;
    let mail = link(&test, &own.actor, "bea@example.org").await;
    let bea = test.signed_up("bea").await;
    assert_eq!(refused(use_link(&test, &mail).await), Code::EmailUnique);
    assert_eq!(
        test.count("event WHERE name = 'email_change_failed' AND code = 'email_unique'")
            .await,
        1
    );
    assert_eq!(test.holder_of("bea@example.org").await, bea);
    assert_eq!(test.count("user_email WHERE canonical = 'ana@example.org'").await, 1);
}

#[tokio::test]
async fn an_account_that_nobody_confirmed_gives_way() {
    let test = TestSereno::new().await;
    let id = test.user("ana").await;
    let own = test.sign_in("ana").await;
    let stale = test.sign_up("ana@example.net").await;
    let mail = link(&test, &own.actor, "ana@example.net").await;
    use_link(&test, &mail).await.unwrap();
    assert_eq!(test.holder_of("ana@example.net").await, id);
    assert_eq!(test.count("\"user\"").await, 1);
    assert_eq!(test.events.count(EventKind::UserExpired), 1);
    let late = activate::activate(&test.sereno, &test.meta(), by_link(&stale)).await;
    assert_eq!(refused(late), Code::ActivationLinkInvalid);
}

#[tokio::test]
async fn links_to_set_a_password_that_went_to_the_old_address_end() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let own = test.sign_in("ana").await;
    let mail = link(&test, &own.actor, "ana@example.net").await;
    let forgotten = || ForgotPassword {
        identifier: "ana".to_owned(),
    };
    forgot(&test.sereno, &test.meta(), forgotten()).await.unwrap();
    let old = test.mails().await.pop().unwrap();
    // one that has not left yet, too
    forgot(&test.sereno, &test.meta(), forgotten()).await.unwrap();
    use_link(&test, &mail).await.unwrap();
    let command = ResetPassword {
        token: Some(token_of(&old).as_str().into()),
        password: "lanterns in the rain".into(),
        ..ResetPassword::default()
    };
    assert_eq!(
        refused(reset(&test.sereno, &test.meta(), command).await),
        Code::ResetLinkInvalid
    );
    let later = test.mails().await;
    assert_eq!(told(&later), [("Set a new password", "ana@example.net")]);
}

#[tokio::test]
async fn another_spelling_of_the_same_address_is_taken_over() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let own = test.sign_in("ana").await;
    let mail = link(&test, &own.actor, "Ana@Example.org").await;
    use_link(&test, &mail).await.unwrap();
    let me = profile::me(&test.sereno, &own.actor).await.unwrap();
    assert_eq!(me.email.as_deref(), Some("Ana@Example.org"));
}

#[tokio::test]
async fn who_has_no_address_gets_one() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let own = test.sign_in("ana").await;
    test.execute("DELETE FROM user_email").await;
    let mail = link(&test, &own.actor, "ana@example.net").await;
    use_link(&test, &mail).await.unwrap();
    test.log_in("ana@example.net").await;
}

/// Two users confirm the same new address at once: one gets it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_who_want_one_address_one_gets_it() {
    let test = Arc::new(TestSereno::with(|config| config.database.timeout.0 = 30).await);
    for round in 0..4 {
        let (mut tasks, email) = (Vec::new(), format!("wanted{round}@example.net"));
        for name in [format!("ana{round}"), format!("bea{round}")] {
            test.user(&name).await;
            let own = test.sign_in(&name).await;
            let mail = link(&test, &own.actor, &email).await;
            let test = Arc::clone(&test);
            tasks.push(async move { use_link(&test, &mail).await });
        }
        let tasks: Vec<_> = tasks.into_iter().map(tokio::spawn).collect();
        let mut won = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(()) => won += 1,
                Err(error) => assert_eq!(error.code(), Code::EmailUnique),
            }
        }
        assert_eq!(won, 1);
    }
}

#[tokio::test]
async fn what_was_said_of_the_old_address_by_its_link_goes_along() {
    use sereno_core::account::preferences;
    let test = TestSereno::new().await;
    let token = sereno_core::notify::optout::token(&test.sereno, "ana@example.org", None);
    let no = sereno_types::Unsubscribe {
        token: token.as_str().into(),
    };
    preferences::unsubscribe(&test.sereno, &test.meta(), no).await.unwrap();
    test.user("ana").await;
    let ana = test.actor("ana@example.org").await;
    let mail = link(&test, &ana, "new@example.org").await;
    use_link(&test, &mail).await.unwrap();
    let ana = test.actor("new@example.org").await;
    assert!(!preferences::own(&test.sereno, &ana).await.unwrap().announcements);
}

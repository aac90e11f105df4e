//! A forgotten password: asking for the link, and setting a new one by it.

#![expect(clippy::unwrap_used, reason = "builders and checks outside of the test functions")]

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use sereno_core::account::admin;
use sereno_core::account::password::{forgot, reset};
use sereno_core::context::{Actor, RequestMeta};
use sereno_core::event::EventKind;
use sereno_core::port::mail::OutgoingMail;
use sereno_core::testing::{PASSWORD, TestSereno, by_link, code_of, refused, refused_fields, token_of};
use sereno_core::{Error, Result, account, login, session, token};
use sereno_types::{Code, ForgotPassword, Id, Locale, ResetPassword, UserState};

const NEW: &str = "lanterns in the rain";

async fn ask(test: &TestSereno, identifier: &str) -> Result<()> {
    let command = ForgotPassword {
        identifier: identifier.to_owned(),
    };
    forgot(&test.sereno, &test.meta(), command).await
}

async fn set(test: &TestSereno, token: &str, password: &str) -> Result<()> {
    let command = ResetPassword {
        token: Some(token.into()),
        password: password.into(),
        ..ResetPassword::default()
    };
    reset(&test.sereno, &test.meta(), command).await
}

/// The mail that comes when the password of `ana@example.org` is forgotten.
async fn link(test: &TestSereno) -> OutgoingMail {
    ask(test, "ana@example.org").await.unwrap();
    test.mails().await.pop().unwrap()
}

async fn type_code(test: &TestSereno, identifier: &str, code: &str, password: &str) -> Result<()> {
    let command = ResetPassword {
        identifier: Some(identifier.to_owned()),
        code: Some(code.into()),
        password: password.into(),
        ..ResetPassword::default()
    };
    reset(&test.sereno, &test.meta(), command).await
}

#[tokio::test]
async fn the_code_of_the_mail_does_the_same_by_address_and_by_name() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    for (identifier, password) in [("ana@example.org", NEW), ("ANA", "a third one entirely")] {
        let mail = link(&test).await;
        let code = code_of(&mail);
        assert!(!code.is_empty() && mail.html.contains(&code));
        // a password that is refused does not use it up
        let weak = type_code(&test, identifier, &code, "12345678").await;
        assert!(refused_fields(weak).iter().all(|(field, _)| field == "password"));
        let typed = code.replace('-', " ");
        type_code(&test, identifier, &typed, password).await.unwrap();
        assert_eq!(
            refused(type_code(&test, identifier, &code, NEW).await),
            Code::ResetLinkInvalid,
            "it works once"
        );
        assert_eq!(refused(set(&test, &token_of(&mail), NEW).await), Code::ResetLinkInvalid);
        test.advance(Duration::from_hours(2));
    }
    let blank = refused_fields(reset(&test.sereno, &test.meta(), ResetPassword::default()).await);
    assert_eq!(
        blank,
        [("identifier".to_owned(), Code::Blank), ("code".to_owned(), Code::Blank)]
    );
}

#[tokio::test]
async fn codes_cannot_be_guessed_and_the_link_is_heard_all_the_same() {
    let test = TestSereno::with(|config| config.limit.requests_per_address = 0).await;
    test.user("ana").await;
    let mail = link(&test).await;
    let code = code_of(&mail);
    let wrong = if code == "0000-0000" { "1111-1111" } else { "0000-0000" };
    for _ in 0..5 {
        assert_eq!(
            refused(type_code(&test, "ana@example.org", wrong, NEW).await),
            Code::ResetLinkInvalid
        );
    }
    let late = type_code(&test, "ana@example.org", &code, NEW).await;
    assert_eq!(refused(late), Code::ResetLinkInvalid, "it hears five");
    // whoever it names, and whether anybody, the guesses of a day are the same
    for (identifier, so_far) in [("ana@example.org", 6), ("nobody@example.org", 0)] {
        for _ in so_far..25 {
            let outcome = type_code(&test, identifier, wrong, NEW).await;
            assert_eq!(refused(outcome), Code::ResetLinkInvalid, "{identifier}");
        }
        let outcome = type_code(&test, identifier, wrong, NEW).await;
        assert_eq!(refused(outcome), Code::TooManyRequests, "{identifier}");
    }
    set(&test, &token_of(&mail), NEW).await.unwrap();
}

#[tokio::test]
async fn a_guess_costs_the_same_whoever_it_names() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    link(&test).await;
    let cost = async |identifier: &str| {
        test.statements.take();
        let before = test.sereno.hasher.runs();
        assert_eq!(
            refused(type_code(&test, identifier, "0000-0001", NEW).await),
            Code::ResetLinkInvalid
        );
        (test.statements.take().len(), test.sereno.hasher.runs() - before)
    };
    let known = cost("ana@example.org").await;
    assert_eq!(cost("nobody@example.org").await, known);
    assert_eq!(known.1, 1);
}

#[tokio::test]
async fn a_link_sets_the_password_once_and_ends_every_sign_in() {
    let test = TestSereno::new().await;
    let id = test.user("ana").await;
    let (tokens, browser) = (test.log_in("ana").await, test.sign_in("ana").await);
    let mail = link(&test).await;
    assert_eq!(mail.recipient, "ana@example.org");
    assert!(mail.text.contains("/account/reset-password?token="));
    let token = token_of(&mail);
    set(&test, &token, NEW).await.unwrap();
    assert_eq!(refused(set(&test, &token, NEW).await), Code::ResetLinkInvalid);
    assert_eq!(test.row(id).await.credential_epoch, 2);
    assert_eq!(
        refused(test.refresh(&tokens.refresh_token).await),
        Code::RefreshTokenInvalid
    );
    assert_eq!(
        refused(token::authenticate(&test.sereno, &tokens.access_token).await),
        Code::InvalidToken
    );
    let actor = session::resolve(&test.sereno, &browser.secret).await.unwrap();
    assert_eq!(actor, Actor::Anonymous);
    for (password, works) in [(PASSWORD, false), (NEW, true)] {
        let signed_in = login::with_session(&test.sereno, &test.meta(), test.credentials("ana", password)).await;
        assert_eq!(signed_in.is_ok(), works);
    }
    let notice = test.mails().await.pop().unwrap();
    assert_eq!(notice.subject, "Your password was changed");
    assert_eq!(test.events.count(EventKind::PasswordResetRequested), 1);
    assert_eq!(test.events.count(EventKind::PasswordReset), 1);
    assert_eq!(test.events.count(EventKind::PasswordResetFailed), 1);
    assert_eq!(
        test.count("token_family WHERE revoke_reason = 'password_reset'").await,
        1
    );
}

#[tokio::test]
async fn a_weak_password_does_not_use_the_link_up() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let token = token_of(&link(&test).await);
    for (password, code) in [
        ("", Code::Blank),
        ("xq7 vnd", Code::PasswordTooShort),
        ("ana@example.org", Code::PasswordTooSimilar),
    ] {
        assert_eq!(
            refused_fields(set(&test, &token, password).await),
            [("password".to_owned(), code)]
        );
    }
    let long = "x".repeat(129);
    assert_eq!(
        refused_fields(set(&test, &token, &long).await),
        [("password".to_owned(), Code::PasswordTooLong)],
        "refused and not cut"
    );
    set(&test, &token, NEW).await.unwrap();
}

#[tokio::test]
async fn first_and_last_name_count_among_the_relatives() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    test.execute("UPDATE \"user\" SET last_name = 'Hollyhock'").await;
    let token = token_of(&link(&test).await);
    assert_eq!(
        refused_fields(set(&test, &token, "hollyhocks").await),
        [("password".to_owned(), Code::PasswordTooSimilar)]
    );
}

#[tokio::test]
async fn a_link_ends_in_its_time() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let (first, second) = (token_of(&link(&test).await), token_of(&link(&test).await));
    test.advance(Duration::from_secs(3_599));
    set(&test, &first, NEW).await.unwrap();
    assert_eq!(
        refused(set(&test, &second, NEW).await),
        Code::ResetLinkInvalid,
        "the first that is used ends the others"
    );
    let third = token_of(&link(&test).await);
    test.advance(Duration::from_hours(1));
    assert_eq!(refused(set(&test, &third, NEW).await), Code::ResetLinkInvalid);
}

#[tokio::test]
async fn nonsense_is_no_link() {
    let test = TestSereno::new().await;
    let mail = test.sign_up("ana@example.org").await;
    // a token is good for its purpose alone
    for token in ["", "x", "\0", &"x".repeat(100_000), &token_of(&mail)] {
        let runs = test.sereno.hasher.runs();
        assert_eq!(refused(set(&test, token, NEW).await), Code::ResetLinkInvalid);
        assert_eq!(test.sereno.hasher.runs(), runs, "what is no link costs no hash");
    }
}

/// Whatever raises the epoch after the link was asked for ends it, before and after the mail has left; and no link brings a
/// locked or disabled account back.
#[tokio::test]
async fn locked_accounts_stay_locked_and_old_links_dead() {
    let test = TestSereno::new().await;
    let id = test.user("ana").await;
    let token = token_of(&link(&test).await);
    let (staff, who) = (test.system().await, Id(id.to_string()));
    admin::lock(&test.sereno, &test.meta(), &staff, &who).await.unwrap();
    assert_eq!(refused(set(&test, &token, NEW).await), Code::ResetLinkInvalid);
    assert_eq!(test.row(id).await.state(), UserState::Locked);
    admin::unlock(&test.sereno, &test.meta(), &staff, &who).await.unwrap();
    assert_eq!(refused(set(&test, &token, NEW).await), Code::ResetLinkInvalid);
    // asked for, then locked and unlocked, and only then delivered
    ask(&test, "ana").await.unwrap();
    admin::lock(&test.sereno, &test.meta(), &staff, &who).await.unwrap();
    admin::unlock(&test.sereno, &test.meta(), &staff, &who).await.unwrap();
    assert!(test.mails().await.is_empty());
    for state in [UserState::Disabled, UserState::Deleting] {
        test.put_into(id, UserState::Active).await;
        let token = token_of(&link(&test).await);
        test.put_into(id, state).await;
        assert_eq!(refused(set(&test, &token, NEW).await), Code::ResetLinkInvalid);
        assert_eq!(test.row(id).await.state(), state);
    }
}

/// Answer, statements, hash runs and queued work are the same whoever is asked for; the mails differ.
#[tokio::test]
async fn asking_tells_nothing() {
    let test = TestSereno::new().await;
    for name in ["active", "locked", "disabled", "deleting", "unverified"] {
        let id = test.user(name).await;
        if let Some(state) = UserState::from_name(name) {
            test.put_into(id, state).await;
        }
    }
    test.sign_up("pending@example.org").await;
    test.execute("UPDATE user_email SET verified_at = NULL WHERE canonical = 'unverified@example.org'")
        .await;
    let names = [
        "active",
        "locked",
        "disabled",
        "deleting",
        "unverified",
        "pending",
        "unknown",
    ];
    let mut seen = Vec::new();
    for name in names {
        let (runs, jobs) = (test.sereno.hasher.runs(), test.count("job").await);
        test.statements.take();
        ask(&test, &format!("{name}@example.org")).await.unwrap();
        let statements = test.statements.take();
        seen.push((
            statements,
            test.sereno.hasher.runs() - runs,
            test.count("job").await - jobs,
        ));
    }
    assert!(!seen[0].0.is_empty() && seen[0].2 == 1);
    for (name, other) in names.iter().zip(&seen) {
        assert_eq!(&seen[0], other, "{name}");
    }
    // by user name as well, where only known and unknown differ
    let mut by_name = Vec::new();
    for name in ["locked", "disabled", "unknown"] {
        test.statements.take();
        ask(&test, name).await.unwrap();
        by_name.push(test.statements.take());
    }
    assert_eq!(by_name[0], by_name[1]);
    assert_eq!(by_name[0], by_name[2]);
    let mails = test.mails().await;
    let mut told: Vec<_> = mails
        .iter()
        .map(|mail| (mail.recipient.as_str(), mail.subject.as_str()))
        .collect();
    told.sort_unstable();
    assert_eq!(
        told,
        [
            ("active@example.org", "Set a new password"),
            ("pending@example.org", "Confirm your e-mail address")
        ]
    );
    assert_eq!(test.count("job WHERE state <> 'done'").await, 0);
    let pending = mails.iter().find(|mail| mail.recipient.starts_with("pending"));
    let activate = account::activate::activate(&test.sereno, &test.meta(), by_link(pending.unwrap())).await;
    assert_eq!(activate.unwrap().state, UserState::Active);
}

#[tokio::test]
async fn by_user_name_the_mail_goes_to_the_address() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    ask(&test, " ANA ").await.unwrap();
    let mail = test.mails().await.pop().unwrap();
    assert_eq!(mail.recipient, "ana@example.org");
    set(&test, &token_of(&mail), NEW).await.unwrap();
    for (identifier, code) in [(" ", Code::Blank), (&*"a".repeat(255), Code::TooLong)] {
        assert_eq!(
            refused_fields(ask(&test, identifier).await),
            [("identifier".to_owned(), code)]
        );
    }
}

#[tokio::test]
async fn unknown_addresses_are_told_only_where_that_is_wanted() {
    let test = TestSereno::with(|config| config.password.tell_unknown = true).await;
    let locked = test.user("locked").await;
    test.put_into(locked, UserState::Locked).await;
    let mut seen = Vec::new();
    for identifier in ["nobody@example.org", "locked@example.org", "no address@at all"] {
        test.statements.take();
        ask(&test, identifier).await.unwrap();
        seen.push(test.statements.take());
    }
    ask(&test, "nobody").await.unwrap();
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
    let mails = test.mails().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].recipient, "nobody@example.org");
    assert_eq!(mails[0].subject, "There is no account with this address");
}

#[tokio::test]
async fn who_has_no_password_sets_one() {
    let test = TestSereno::new().await;
    let id = test.user("ana").await;
    test.execute("UPDATE \"user\" SET password_hash = NULL").await;
    set(&test, &token_of(&link(&test).await), NEW).await.unwrap();
    assert!(test.row(id).await.password_hash.is_some());
}

#[tokio::test]
async fn asking_is_limited_for_everybody_and_apart_from_other_mails() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    for identifier in ["ana@example.org", "ana", "nobody@example.org"] {
        for _ in 0..5 {
            ask(&test, identifier).await.unwrap();
        }
        let refusal = ask(&test, identifier).await.unwrap_err();
        assert!(matches!(
            refusal,
            Error::Refused {
                code: Code::TooManyRequests,
                retry_after: Some(3_601),
                ..
            }
        ));
    }
    test.sign_up("nobody@example.org").await;
    let few = TestSereno::with(|config| config.limit.requests_per_address = 2).await;
    for name in ["a", "b"] {
        ask(&few, name).await.unwrap();
    }
    assert_eq!(refused(ask(&few, "c").await), Code::TooManyRequests);
}

/// What was guessed at the old password, here and elsewhere, delays nobody who set a new one.
#[tokio::test]
async fn a_proven_reset_clears_the_delay() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let from = |last| RequestMeta {
        address: Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, last))),
        ..RequestMeta::default()
    };
    for last in [1, 2] {
        for _ in 0..11 {
            let guess = test.credentials("ana", "wrong");
            login::with_session(&test.sereno, &from(last), guess)
                .await
                .err()
                .unwrap();
        }
        let late = login::with_session(&test.sereno, &from(last), test.credentials("ana", PASSWORD)).await;
        assert_eq!(refused(late), Code::TooManyRequests);
    }
    set(&test, &token_of(&link(&test).await), NEW).await.unwrap();
    for last in [1, 2] {
        login::with_session(&test.sereno, &from(last), test.credentials("ana", NEW))
            .await
            .ok()
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_uses_at_once_one_wins() {
    let test = Arc::new(TestSereno::with(|config| config.database.timeout.0 = 30).await);
    let id = test.user("ana").await;
    let token = token_of(&link(&test).await);
    let tasks: Vec<_> = (0..16)
        .map(|n| {
            let (test, token) = (Arc::clone(&test), token.clone());
            tokio::spawn(async move { set(&test, &token, &format!("lanterns in rain {n}")).await })
        })
        .collect();
    let mut won = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(()) => won += 1,
            Err(error) => assert_eq!(error.code(), Code::ResetLinkInvalid),
        }
    }
    assert_eq!((won, test.row(id).await.credential_epoch), (1, 2));
}

#[tokio::test]
async fn staff_starts_a_reset_and_never_chooses_the_password() {
    let test = TestSereno::new().await;
    let (ana, root) = (test.user("ana").await, test.superuser("root").await);
    let browser = test.sign_in("root").await;
    let staff = test.staff(&browser.actor).await;
    let id = |id: uuid::Uuid| Id(id.to_string());
    let send = async |staff, id: Id| admin::send_password_reset(&test.sereno, &test.meta(), staff, &id).await;
    send(&staff, id(ana)).await.unwrap();
    let mail = test.mails().await.pop().unwrap();
    assert_eq!(mail.recipient, "ana@example.org");
    set(&test, &token_of(&mail), NEW).await.unwrap();
    assert_eq!(
        test.count("event WHERE name = 'password_reset_requested' AND actor_kind = 'user'")
            .await,
        1
    );
    assert_eq!(refused(send(&staff, id(root)).await), Code::OwnAccount);
    assert!(matches!(send(&staff, Id("x".to_owned())).await, Err(Error::NotFound)));
    for state in [UserState::Locked, UserState::Pending, UserState::Disabled] {
        test.put_into(ana, state).await;
        assert_eq!(refused(send(&staff, id(ana)).await), Code::StateConflict);
    }
    test.put_into(ana, UserState::Active).await;
    test.execute("UPDATE user_email SET verified_at = NULL WHERE canonical = 'ana@example.org'")
        .await;
    assert_eq!(refused(send(&staff, id(ana)).await), Code::StateConflict);
    assert_eq!(
        refused(send(&staff, id(ana)).await),
        Code::TooManyRequests,
        "five in an hour"
    );
}

#[tokio::test]
async fn the_mail_speaks_what_the_request_says_else_the_users_language_else_that_of_the_settings() {
    let test = TestSereno::with(|config| config.mail.locale = "es".to_owned()).await;
    test.user("ana").await;
    let subject = async |said: Option<Locale>| {
        let mut meta = test.meta();
        meta.locale = said;
        let command = ForgotPassword {
            identifier: "ana@example.org".to_owned(),
        };
        forgot(&test.sereno, &meta, command).await.unwrap();
        test.mails().await.pop().unwrap().subject
    };
    let spanish = subject(None).await;
    test.execute("UPDATE \"user\" SET locale = 'de-CH'").await;
    let german = subject(None).await;
    let english = subject(Some(Locale::En)).await;
    assert_eq!(
        [spanish, german, english],
        [
            "Elija una nueva contraseña",
            "Neues Passwort festlegen",
            "Set a new password"
        ]
    );
}

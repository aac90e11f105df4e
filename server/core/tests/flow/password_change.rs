//! Changing one's own password.

#![expect(clippy::unwrap_used, reason = "builders and checks outside of the test functions")]

use std::sync::Arc;
use std::time::Duration;

use sereno_core::account::password::{change, forgot, reset};
use sereno_core::context::Actor;
use sereno_core::event::EventKind;
use sereno_core::testing::{PASSWORD, TestSereno, refused, refused_fields, token_of};
use sereno_core::{Result, login, session, token};
use sereno_types::{ChangePassword, Code, ForgotPassword, ResetPassword, UserState};

const NEW: &str = "lanterns in the rain";

async fn send(test: &TestSereno, actor: &Actor, old: &str, new: &str) -> Result<()> {
    let command = ChangePassword {
        old_password: old.into(),
        new_password: new.into(),
    };
    change(&test.sereno, &test.meta(), actor, command).await
}

async fn is_signed_in(test: &TestSereno, secret: &str) -> bool {
    session::resolve(&test.sereno, secret).await.unwrap() != Actor::Anonymous
}

#[tokio::test]
async fn a_session_changes_the_password_and_goes_on_while_all_others_end() {
    let test = TestSereno::new().await;
    let id = test.user("ana").await;
    let (own, other, tokens) = (
        test.sign_in("ana").await,
        test.sign_in("ana").await,
        test.log_in("ana").await,
    );
    token::authenticate(&test.sereno, &tokens.access_token).await.unwrap();
    test.mails().await;
    send(&test, &own.actor, PASSWORD, NEW).await.unwrap();
    assert!(is_signed_in(&test, &own.secret).await);
    assert!(!is_signed_in(&test, &other.secret).await);
    assert_eq!(
        refused(token::authenticate(&test.sereno, &tokens.access_token).await),
        Code::InvalidToken
    );
    assert_eq!(
        refused(test.refresh(&tokens.refresh_token).await),
        Code::RefreshTokenInvalid
    );
    assert_eq!(test.row(id).await.credential_epoch, 2);
    for (password, works) in [(PASSWORD, false), (NEW, true)] {
        let signed_in = login::with_session(&test.sereno, &test.meta(), test.credentials("ana", password)).await;
        assert_eq!(signed_in.is_ok(), works);
    }
    let notice = test.mails().await.pop().unwrap();
    assert_eq!(
        (notice.recipient.as_str(), notice.subject.as_str()),
        ("ana@example.org", "Your password was changed")
    );
    assert!(notice.text.contains("2026-01-01 00:00:00 UTC"));
    assert_eq!(test.events.count(EventKind::PasswordChanged), 1);
    // and once more: the session carries the new epoch
    send(&test, &own.actor, NEW, PASSWORD).await.unwrap();
    assert!(is_signed_in(&test, &own.secret).await);
}

#[tokio::test]
async fn a_bearers_own_family_goes_on() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let (own, other, browser) = (
        test.log_in("ana").await,
        test.log_in("ana").await,
        test.sign_in("ana").await,
    );
    let actor = token::authenticate(&test.sereno, &own.access_token).await.unwrap();
    send(&test, &actor, PASSWORD, NEW).await.unwrap();
    token::authenticate(&test.sereno, &own.access_token).await.unwrap();
    let next = test.refresh(&own.refresh_token).await.unwrap();
    test.refresh(&next.refresh_token).await.unwrap();
    assert_eq!(
        refused(test.refresh(&other.refresh_token).await),
        Code::RefreshTokenInvalid
    );
    assert!(!is_signed_in(&test, &browser.secret).await);
}

#[tokio::test]
async fn others_go_on_where_that_is_wanted_but_links_end() {
    let test = TestSereno::with(|config| config.password.change_ends_others = false).await;
    test.user("ana").await;
    let (own, other, tokens, gone) = (
        test.sign_in("ana").await,
        test.sign_in("ana").await,
        test.log_in("ana").await,
        test.log_in("ana").await,
    );
    let actor = token::authenticate(&test.sereno, &gone.access_token).await.unwrap();
    login::logout(&test.sereno, &test.meta(), &actor, sereno_types::Logout::default())
        .await
        .unwrap();
    let command = ForgotPassword {
        identifier: "ana".to_owned(),
    };
    forgot(&test.sereno, &test.meta(), command).await.unwrap();
    let link = test.mails().await.pop().unwrap();
    send(&test, &own.actor, PASSWORD, NEW).await.unwrap();
    assert!(is_signed_in(&test, &own.secret).await && is_signed_in(&test, &other.secret).await);
    token::authenticate(&test.sereno, &tokens.access_token).await.unwrap();
    test.refresh(&tokens.refresh_token).await.unwrap();
    assert_eq!(
        refused(test.refresh(&gone.refresh_token).await),
        Code::RefreshTokenInvalid,
        "what had ended stays ended"
    );
    let command = ResetPassword {
        token: Some(token_of(&link).as_str().into()),
        password: "a third one entirely".into(),
        ..ResetPassword::default()
    };
    assert_eq!(
        refused(reset(&test.sereno, &test.meta(), command).await),
        Code::ResetLinkInvalid
    );
}

#[tokio::test]
async fn what_is_wrong_is_told_by_field() {
    let test = TestSereno::new().await;
    let id = test.user("ana").await;
    let own = test.sign_in("ana").await;
    let field = |name: &str, code| (name.to_owned(), code);
    assert_eq!(
        refused_fields(send(&test, &own.actor, "", "").await),
        [field("old_password", Code::Blank), field("new_password", Code::Blank)]
    );
    assert_eq!(
        refused_fields(send(&test, &own.actor, PASSWORD, "1234567").await),
        [
            field("new_password", Code::PasswordTooShort),
            field("new_password", Code::PasswordTooCommon),
            field("new_password", Code::PasswordEntirelyNumeric)
        ]
    );
    assert_eq!(
        refused_fields(send(&test, &own.actor, "wrong", NEW).await),
        [field("old_password", Code::PasswordIncorrect)]
    );
    assert_eq!(
        refused_fields(send(&test, &own.actor, &"x".repeat(1_000), NEW).await),
        [field("old_password", Code::TooLong)]
    );
    assert_eq!(
        refused_fields(send(&test, &own.actor, PASSWORD, PASSWORD).await),
        [field("new_password", Code::PasswordUnchanged)]
    );
    assert_eq!(
        refused(send(&test, &Actor::Anonymous, PASSWORD, NEW).await),
        Code::AuthenticationRequired
    );
    assert_eq!(test.row(id).await.credential_epoch, 1);
    assert!(test.mails().await.is_empty());
    test.put_into(id, UserState::Locked).await;
    assert_eq!(
        refused(send(&test, &own.actor, PASSWORD, NEW).await),
        Code::AuthenticationRequired
    );
}

/// A stolen session is no place to guess: its guesses and those at the sign-in are counted together.
#[tokio::test]
async fn wrong_old_passwords_count_with_those_at_the_sign_in() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let own = test.sign_in("ana").await;
    for _ in 0..5 {
        let guess = test.credentials("ana", "wrong");
        login::with_session(&test.sereno, &test.meta(), guess)
            .await
            .err()
            .unwrap();
        assert_eq!(
            refused(send(&test, &own.actor, "wrong", NEW).await),
            Code::ValidationFailed
        );
    }
    let runs = test.sereno.hasher.runs();
    for _ in 0..3 {
        assert_eq!(
            refused(send(&test, &own.actor, PASSWORD, NEW).await),
            Code::TooManyRequests
        );
    }
    assert_eq!(test.sereno.hasher.runs(), runs, "a limited attempt costs no hash");
    let late = login::with_session(&test.sereno, &test.meta(), test.credentials("ana", PASSWORD)).await;
    assert_eq!(refused(late), Code::TooManyRequests);
    assert_eq!(
        test.events.count(EventKind::ReauthenticationFailed),
        6,
        "of what is over the limit the first is written down"
    );
    test.advance(Duration::from_mins(15));
    send(&test, &own.actor, PASSWORD, NEW).await.unwrap();
}

#[tokio::test]
async fn without_the_old_one_a_fresh_sign_in_is_wanted() {
    let test = TestSereno::with(|config| config.password.old_required = false).await;
    test.user("ana").await;
    let own = test.sign_in("ana").await;
    test.advance(Duration::from_mins(5));
    assert_eq!(
        refused_fields(send(&test, &own.actor, "", PASSWORD).await),
        [("new_password".to_owned(), Code::PasswordUnchanged)]
    );
    send(&test, &own.actor, "", NEW).await.unwrap();
    test.advance(Duration::from_secs(1));
    assert_eq!(
        refused(send(&test, &own.actor, "", PASSWORD).await),
        Code::ReauthenticationRequired
    );
    assert_eq!(
        refused_fields(send(&test, &own.actor, PASSWORD, "a third one entirely").await),
        [("old_password".to_owned(), Code::PasswordIncorrect)],
        "what is given is looked at"
    );
    send(&test, &own.actor, NEW, PASSWORD).await.unwrap();
}

#[tokio::test]
async fn who_has_no_password_needs_a_fresh_sign_in() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let own = test.sign_in("ana").await;
    test.execute("UPDATE \"user\" SET password_hash = NULL").await;
    test.advance(Duration::from_secs(301));
    assert_eq!(
        refused(send(&test, &own.actor, "", NEW).await),
        Code::ReauthenticationRequired
    );
    let test = TestSereno::new().await;
    test.user("ana").await;
    let own = test.sign_in("ana").await;
    test.execute("UPDATE \"user\" SET password_hash = NULL").await;
    send(&test, &own.actor, "", NEW).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_changes_at_once_one_wins() {
    let test = Arc::new(TestSereno::with(|config| config.database.timeout.0 = 30).await);
    let id = test.user("ana").await;
    let own = test.sign_in("ana").await;
    let tasks: Vec<_> = (0..8)
        .map(|n| {
            let (test, actor) = (Arc::clone(&test), own.actor);
            tokio::spawn(async move { send(&test, &actor, PASSWORD, &format!("lanterns in rain {n}")).await })
        })
        .collect();
    let mut won = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(()) => won += 1,
            Err(error) => assert!(
                matches!(error.code(), Code::StateConflict | Code::ValidationFailed),
                "{error}"
            ),
        }
    }
    assert_eq!((won, test.row(id).await.credential_epoch), (1, 2));
    assert!(is_signed_in(&test, &own.secret).await);
}

/// The caller's own client refreshes while the password changes: both succeed, in whatever order.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_refresh_beside_the_change_signs_nobody_out() {
    let test = Arc::new(TestSereno::with(|config| config.database.timeout.0 = 30).await);
    test.user("ana").await;
    let mut own = test.log_in("ana").await;
    let (mut old, mut new) = (PASSWORD, NEW);
    for round in 0..12 {
        let actor = token::authenticate(&test.sereno, &own.access_token).await.unwrap();
        let changing = {
            let test = Arc::clone(&test);
            tokio::spawn(async move { send(&test, &actor, old, new).await })
        };
        // refresh again and again until the change is done
        while !changing.is_finished() {
            own = test
                .refresh(&own.refresh_token)
                .await
                .unwrap_or_else(|error| panic!("round {round}: {error}"));
        }
        changing.await.unwrap().unwrap();
        own = test.refresh(&own.refresh_token).await.unwrap();
        (old, new) = (new, old);
    }
}

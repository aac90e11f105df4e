//! Signing in by password.

#![expect(clippy::panic, reason = "a builder outside of the test functions")]

use std::sync::Arc;
use std::time::Duration;

use sereno_core::event::EventKind;
use sereno_core::login::{Brought, LoggedIn};
use sereno_core::testing::{PASSWORD, Pair, TestSereno, refused, refused_fields};
use sereno_core::{Result, account, login, token};
use sereno_types::{Code, Id, Login, UserState};

async fn send(test: &TestSereno, command: Login) -> Result<LoggedIn> {
    login::for_application(&test.sereno, &test.meta(), command).await
}

fn pair(brought: Brought) -> Pair {
    match brought {
        Brought::Tokens(issued) => Pair::of(issued),
        Brought::Session(_) => panic!("a session"),
    }
}

#[tokio::test]
async fn address_and_user_name_open_the_same_account() {
    let test = TestSereno::new().await;
    let id = test.user("ana").await;
    for identifier in ["ana@example.org", " ANA@Example.Org ", "ana", "ANA", "Ａｎａ"] {
        let logged_in = send(&test, test.credentials(identifier, PASSWORD)).await.unwrap();
        assert_eq!(logged_in.user.id.0, id.to_string());
        let answer = pair(logged_in.brought);
        assert_eq!((answer.user_id, answer.expires_in), (id, Some(300)));
        let actor = token::authenticate(&test.sereno, &answer.access_token).await.unwrap();
        assert_eq!(actor.caller().unwrap().user_id, id);
        assert_eq!(
            account::profile::me(&test.sereno, &actor).await.unwrap(),
            logged_in.user
        );
    }
    assert_eq!(test.events.count(EventKind::LoggedIn), 5);
    assert!(test.row(id).await.last_login_at.is_some());
    assert_eq!(
        test.count("event WHERE name = 'logged_in' AND actor_kind = 'user'")
            .await,
        5
    );
}

/// Answer, hash runs, statements, events and mails are the same for an unknown account, a wrong password, and every account
/// that may not sign in, whether the password was right or wrong.
#[tokio::test]
async fn refusals_are_alike() {
    let test = TestSereno::new().await;
    for name in ["active", "locked", "disabled", "deleting", "no-password"] {
        let id = test.user(name).await;
        if let Some(state) = UserState::from_name(name) {
            test.put_into(id, state).await;
        }
    }
    test.execute("UPDATE \"user\" SET password_hash = NULL WHERE username = 'no-password'")
        .await;
    test.sign_up("pending@example.org").await;
    for by_address in [true, false] {
        let mut seen = Vec::new();
        for (name, password) in [
            ("unknown", PASSWORD),
            ("active", "wrong"),
            ("locked", PASSWORD),
            ("locked", "wrong"),
            ("disabled", PASSWORD),
            ("disabled", "wrong"),
            ("deleting", PASSWORD),
            ("no-password", PASSWORD),
            ("un\0known", PASSWORD),
            ("pending", "wrong"),
        ] {
            let identifier = if by_address {
                format!("{name}@example.org")
            } else {
                name.to_owned()
            };
            test.advance(Duration::from_secs(1));
            let (runs, events) = (test.sereno.hasher.runs(), test.events.kinds().len());
            // so that the newest event is this attempt's
            test.advance(Duration::from_millis(1));
            test.statements.take();
            let outcome = send(&test, test.credentials(&identifier, password)).await;
            let statements = test.statements.take();
            let event = test
                .column("SELECT name || outcome || code FROM event ORDER BY at DESC LIMIT 1")
                .await;
            test.statements.take();
            seen.push((
                refused(outcome),
                test.sereno.hasher.runs() - runs,
                statements,
                test.events.kinds().split_off(events),
                event,
                test.mails().await.len(),
            ));
        }
        assert_eq!((seen[0].0, seen[0].1, seen[0].5), (Code::InvalidCredentials, 1, 0));
        assert_eq!(seen[0].3, [EventKind::LoginFailed]);
        for other in &seen[1..] {
            assert_eq!(*other, seen[0]);
        }
    }
    assert_eq!(test.count("token_family").await, 0);
}

#[tokio::test]
async fn a_pending_account_is_told_so_only_with_the_right_password() {
    let test = TestSereno::new().await;
    test.sign_up("ana@example.org").await;
    let right = send(&test, test.credentials("ana@example.org", PASSWORD)).await;
    assert_eq!(refused(right), Code::ActivationRequired);
    let wrong = send(&test, test.credentials("ana@example.org", "wrong")).await;
    assert_eq!(refused(wrong), Code::InvalidCredentials);
    assert_eq!(test.count("token_family").await, 0);
}

#[tokio::test]
async fn nonsense_costs_no_hash() {
    let test = TestSereno::with(|config| config.limit.requests_per_address = 2).await;
    test.statements.take();
    let blank = refused_fields(send(&test, Login::default()).await);
    assert_eq!(
        blank,
        [
            ("identifier".to_owned(), Code::Blank),
            ("password".to_owned(), Code::Blank)
        ]
    );
    assert_eq!(test.statements.take().len(), 0);
    assert_eq!(test.events.count(EventKind::LoginFailed), 0, "a slip is no attempt");
    let long = test.credentials(&"a".repeat(255), &"x".repeat(600));
    for _ in 0..2 {
        assert_eq!(
            refused_fields(send(&test, long.clone()).await),
            [
                ("identifier".to_owned(), Code::TooLong),
                ("password".to_owned(), Code::TooLong)
            ]
        );
    }
    assert_eq!(test.count("event WHERE name = 'login_failed'").await, 2);
    // and nobody fills the database with it
    assert_eq!(refused(send(&test, long).await), Code::TooManyRequests);
    assert_eq!(test.events.count(EventKind::LoginFailed), 2);
    assert_eq!(test.sereno.hasher.runs(), 0);
}

#[tokio::test]
async fn an_unknown_or_disabled_application_gets_nothing() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    for client_id in ["nobody", "", "\0", "sereno\0"] {
        let mut command = test.credentials("ana", PASSWORD);
        command.client_id = Some(client_id.to_owned());
        assert_eq!(
            refused(send(&test, command).await),
            Code::InvalidClient,
            "{client_id:?}"
        );
    }
    let mut command = test.credentials("ana", PASSWORD);
    command.client_id = Some("sereno".to_owned());
    send(&test, command).await.unwrap();
}

#[tokio::test]
async fn a_hash_of_another_make_is_renewed_at_sign_in() {
    let test = TestSereno::new().await;
    let id = test.user("ana").await;
    // made by Django's PBKDF2PasswordHasher().encode("wheelbarrow at dawn", "seasalt", 1000)
    test.execute(
        "UPDATE \"user\" SET password_hash = 'pbkdf2_sha256$1000$seasalt$pwj8pFp40Xe8y1UT+m17rLMSJD14r376c3FOsmP/Ltc='",
    )
    .await;
    let wrong = send(&test, test.credentials("ana", "wrong")).await;
    assert_eq!(refused(wrong), Code::InvalidCredentials);
    assert_eq!(test.events.count(EventKind::PasswordRehashed), 0);
    test.log_in("ana").await;
    let renewed = test.row(id).await.password_hash.unwrap().0;
    assert!(renewed.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{renewed}");
    test.log_in("ana").await;
    assert_eq!(test.events.count(EventKind::PasswordRehashed), 1);
    // other figures, other hash; sign-ins and epoch stay as they are
    let dearer = test
        .try_another(|config| config.password.memory_kib = 128, None)
        .await
        .unwrap();
    dearer.log_in("ana").await;
    assert_eq!(dearer.events.count(EventKind::PasswordRehashed), 1);
    let row = test.row(id).await;
    assert!(row.password_hash.unwrap().0.contains("m=128"));
    assert_eq!((row.credential_epoch, test.count("token_family").await), (1, 3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_account_can_sign_in_many_times_at_once() {
    let test = Arc::new(TestSereno::with(|config| config.limit.login_per_account_and_address = 1_000).await);
    test.user("ana").await;
    for _ in 0..4 {
        let tasks: Vec<_> = (0..24)
            .map(|_| {
                let test = Arc::clone(&test);
                tokio::spawn(async move { send(&test, test.credentials("ana", PASSWORD)).await })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
    }
    assert_eq!(test.count("token_family").await, 96);
}

/// Whatever a sign-in that races with a lock was given is worth nothing once the lock is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_lock_catches_sign_ins_under_way() {
    let test = Arc::new(TestSereno::with(|config| config.limit.login_per_account_and_address = 0).await);
    let id = test.user("ana").await;
    let staff = test.system().await;
    let public = Id(id.to_string());
    for _ in 0..12 {
        let logins: Vec<_> = (0..4)
            .map(|_| {
                let test = Arc::clone(&test);
                tokio::spawn(async move { send(&test, test.credentials("ana", PASSWORD)).await })
            })
            .collect();
        tokio::task::yield_now().await;
        let locked = account::admin::lock(&test.sereno, &test.meta(), &staff, &public)
            .await
            .unwrap();
        for login in logins {
            match login.await.unwrap() {
                Ok(logged_in) => {
                    let answer = pair(logged_in.brought);
                    let dead = token::authenticate(&test.sereno, &answer.access_token).await;
                    assert_eq!(refused(dead), Code::InvalidToken);
                    assert_eq!(
                        refused(test.refresh(&answer.refresh_token).await),
                        Code::RefreshTokenInvalid
                    );
                }
                Err(error) => assert_eq!(error.code(), Code::InvalidCredentials),
            }
        }
        assert_eq!(locked.open_grants, 0);
        assert_eq!(test.count("token_family WHERE revoked_at IS NULL").await, 0);
        account::admin::unlock(&test.sereno, &test.meta(), &staff, &public)
            .await
            .unwrap();
    }
}

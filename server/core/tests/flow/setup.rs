//! The first administrator.

#![expect(clippy::unwrap_used, reason = "builders and checks outside of the test functions")]

use std::sync::Arc;
use std::time::Duration;

use sereno_core::account::setup::{first_administrator, is_done, link};
use sereno_core::event::EventKind;
use sereno_core::session::{NewSession, resolve};
use sereno_core::testing::{PASSWORD, TestSereno, refused, refused_fields};
use sereno_core::{Result, access};
use sereno_types::{Code, Permission, SetUp, UserState};

async fn fresh_token(test: &TestSereno) -> String {
    let link = link(&test.sereno).await.unwrap();
    link.strip_prefix("http://127.0.0.1:3000/setup?token=")
        .unwrap()
        .to_owned()
}

async fn send(test: &TestSereno, token: &str, email: &str) -> Result<NewSession> {
    let command = SetUp {
        token: token.into(),
        email: email.to_owned(),
        password: PASSWORD.into(),
    };
    first_administrator(&test.sereno, &test.meta(), command).await
}

#[tokio::test]
async fn the_link_makes_an_administrator_and_signs_them_in() {
    let test = TestSereno::new().await;
    assert!(!is_done(test.sereno.db.read()).await.unwrap());
    let token = fresh_token(&test).await;
    let session = send(&test, &token, "root@example.org").await.unwrap();
    let actor = resolve(&test.sereno, &session.secret).await.unwrap();
    assert_eq!(actor, session.actor);
    let staff = access::staff(&test.sereno, &actor).await.unwrap();
    assert!(staff.is_superuser());
    let profile = access::profile(&test.sereno, &staff).await.unwrap();
    assert_eq!(
        (profile.name.as_str(), profile.permissions.len()),
        ("root@example.org", Permission::ALL.len())
    );
    let row = test.row(actor.caller().unwrap().user_id).await;
    assert_eq!(
        (row.state(), row.is_superuser, row.number),
        (UserState::Active, true, 1)
    );
    assert_eq!(row.last_login_at, Some(test.sereno.now()), "setting up signs in");
    assert!(is_done(test.sereno.db.read()).await.unwrap());
    assert_eq!(test.events.kinds(), [EventKind::AdministratorSetUp]);
    test.log_in("root@example.org").await;
    // once
    assert_eq!(
        refused(send(&test, &token, "eve@example.org").await),
        Code::SetupLinkInvalid
    );
    assert_eq!(refused(link(&test.sereno).await), Code::SetupDone);
    assert!(test.mails().await.is_empty());
}

#[tokio::test]
async fn a_refused_form_leaves_the_link_as_it_is() {
    let test = TestSereno::new().await;
    let token = fresh_token(&test).await;
    let command = SetUp {
        token: token.as_str().into(),
        email: "rooted".to_owned(),
        password: "rooted12".into(),
    };
    let refusal = first_administrator(&test.sereno, &test.meta(), command).await;
    assert_eq!(
        refused_fields(refusal),
        [
            ("email".to_owned(), Code::InvalidEmail),
            ("password".to_owned(), Code::PasswordTooSimilar)
        ]
    );
    test.user("taken").await;
    assert_eq!(
        refused_fields(send(&test, &token, "taken@example.org").await),
        [("email".to_owned(), Code::EmailUnique)]
    );
    send(&test, &token, "root@example.org").await.unwrap();
}

#[tokio::test]
async fn only_the_latest_link_works_and_for_a_day() {
    let test = TestSereno::new().await;
    let old = fresh_token(&test).await;
    let new = fresh_token(&test).await;
    for wrong in [old.as_str(), "", "x", "\0"] {
        assert_eq!(
            refused(send(&test, wrong, "root@example.org").await),
            Code::SetupLinkInvalid
        );
    }
    test.advance(Duration::from_hours(24));
    assert_eq!(
        refused(send(&test, &new, "root@example.org").await),
        Code::SetupLinkInvalid
    );
    assert_eq!(test.count("\"user\"").await, 0);
}

#[tokio::test]
async fn a_link_is_worth_nothing_once_there_is_an_administrator() {
    let test = TestSereno::new().await;
    let token = fresh_token(&test).await;
    test.superuser("root").await;
    assert_eq!(refused(send(&test, &token, "eve@example.org").await), Code::SetupDone);
    assert_eq!(test.count("\"user\"").await, 1);
}

/// Even if several links are alive, because several nodes made theirs at once, one administrator comes of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_links_at_once_make_one_administrator() {
    for _ in 0..3 {
        let test = Arc::new(TestSereno::new().await);
        let mut tokens = Vec::new();
        for _ in 0..8 {
            tokens.push(fresh_token(&test).await);
        }
        test.execute("UPDATE one_time SET consumed_at = NULL").await;
        let tasks: Vec<_> = tokens
            .into_iter()
            .enumerate()
            .map(|(number, token)| {
                let test = Arc::clone(&test);
                tokio::spawn(async move { send(&test, &token, &format!("root{number}@example.org")).await })
            })
            .collect();
        let mut successes = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(_) => successes += 1,
                Err(error) => assert_eq!(error.code(), Code::SetupDone),
            }
        }
        assert_eq!(
            (successes, test.count("\"user\"").await, test.count("session").await),
            (1, 1, 1)
        );
    }
}

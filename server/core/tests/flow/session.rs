//! Browser sessions and what anonymous visitors keep.

#![expect(clippy::unwrap_used, reason = "builders and checks outside of the test functions")]

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use sereno_core::context::{Actor, Via};
use sereno_core::login;
use sereno_core::session::{
    create_flow_state, delete_flow_state, load_data, load_flow_state, resolve, save_data, save_flow_state,
};
use sereno_core::testing::TestSereno;
use sereno_types::{Logout, UserState};

async fn is_signed_in(test: &TestSereno, secret: &str) -> bool {
    resolve(&test.sereno, secret).await.unwrap() != Actor::Anonymous
}

#[tokio::test]
async fn a_cookie_leads_to_its_user() {
    let test = TestSereno::new().await;
    let id = test.user("ana").await;
    let (one, two) = (test.sign_in("ana").await, test.sign_in("ana").await);
    assert_ne!(one.secret, two.secret, "every sign-in has a value of its own");
    let caller = resolve(&test.sereno, &one.secret).await.unwrap().caller().unwrap();
    assert_eq!((caller.user_id, caller.via), (id, Via::Session(one.id)));
    for stranger in ["", "x", "\0", &one.secret[1..], &"x".repeat(100_000)] {
        assert!(!is_signed_in(&test, stranger).await);
    }
    assert!(!is_signed_in(&test, &test.column("SELECT digest FROM session").await[0]).await);
}

#[tokio::test]
async fn sessions_end_when_idle_and_at_the_latest() {
    let test = TestSereno::with(|config| {
        config.session.idle_lifetime.0 = 600;
        config.session.lifetime.0 = 1_500;
    })
    .await;
    test.user("ana").await;
    let (idle, busy) = (test.sign_in("ana").await.secret, test.sign_in("ana").await.secret);
    test.advance(Duration::from_secs(599));
    assert!(is_signed_in(&test, &busy).await);
    test.advance(Duration::from_secs(1));
    assert!(!is_signed_in(&test, &idle).await);
    assert!(load_data(&test.sereno, &idle).await.unwrap().is_none());
    assert!(!save_data(&test.sereno, &idle, json!({})).await.unwrap());
    test.advance(Duration::from_secs(598));
    assert!(is_signed_in(&test, &busy).await);
    test.advance(Duration::from_secs(301));
    assert!(is_signed_in(&test, &busy).await);
    test.advance(Duration::from_secs(1));
    assert!(!is_signed_in(&test, &busy).await);
    assert!(!save_data(&test.sereno, &busy, json!({})).await.unwrap());
}

#[tokio::test]
async fn being_seen_is_written_once_a_minute() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let secret = test.sign_in("ana").await.secret;
    let mut statements = Vec::new();
    for wait in [0, 59, 1, 30, 30] {
        test.advance(Duration::from_secs(wait));
        test.statements.take();
        assert!(is_signed_in(&test, &secret).await);
        statements.push(test.statements.take().len());
    }
    assert_eq!(statements, [1, 1, 2, 1, 2]);
}

#[tokio::test]
async fn a_session_dies_with_its_users_right_to_sign_in() {
    let test = TestSereno::new().await;
    let id = test.user("ana").await;
    let secret = test.sign_in("ana").await.secret;
    assert!(save_data(&test.sereno, &secret, json!({"a": 1})).await.unwrap());
    for state in UserState::ALL {
        test.put_into(id, *state).await;
        let works = *state == UserState::Active;
        assert_eq!(is_signed_in(&test, &secret).await, works, "{state:?}");
        assert_eq!(
            load_data(&test.sereno, &secret).await.unwrap().is_some(),
            works,
            "{state:?}"
        );
    }
    test.put_into(id, UserState::Active).await;
    test.execute("UPDATE \"user\" SET credential_epoch = credential_epoch + 1")
        .await;
    assert!(!is_signed_in(&test, &secret).await);
}

#[tokio::test]
async fn what_pages_keep_goes_with_the_session_and_never_brings_it_back() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let secret = test.sign_in("ana").await.secret;
    assert_eq!(load_data(&test.sereno, &secret).await.unwrap(), Some(json!({})));
    let data = json!({"csrf": "x", "list": [1, {"b": null}], "text": "nu\0l", "k\0": true});
    assert!(save_data(&test.sereno, &secret, data).await.unwrap());
    let kept = json!({"csrf": "x", "list": [1, {"b": null}], "text": "nu\u{fffd}l", "k\u{fffd}": true});
    assert_eq!(load_data(&test.sereno, &secret).await.unwrap(), Some(kept));
    let actor = resolve(&test.sereno, &secret).await.unwrap();
    login::logout(&test.sereno, &test.meta(), &actor, Logout::default())
        .await
        .unwrap();
    assert!(!save_data(&test.sereno, &secret, json!({"back": true})).await.unwrap());
    assert!(load_data(&test.sereno, &secret).await.unwrap().is_none());
    assert!(!is_signed_in(&test, &secret).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_under_way_do_not_undo_a_sign_out() {
    let test = Arc::new(TestSereno::new().await);
    test.user("ana").await;
    for _ in 0..10 {
        let secret = Arc::new(test.sign_in("ana").await.secret);
        let actor = resolve(&test.sereno, &secret).await.unwrap();
        test.advance(Duration::from_secs(61));
        let tasks: Vec<_> = (0..8)
            .map(|number| {
                let (test, secret) = (Arc::clone(&test), Arc::clone(&secret));
                tokio::spawn(async move {
                    if number == 4 {
                        let done = login::logout(&test.sereno, &test.meta(), &actor, Logout::default()).await;
                        done.unwrap();
                    } else {
                        resolve(&test.sereno, &secret).await.unwrap();
                        save_data(&test.sereno, &secret, json!({"n": number})).await.unwrap();
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert!(!is_signed_in(&test, &secret).await);
    }
    assert_eq!(test.count("session WHERE ended_at IS NULL").await, 0);
}

#[tokio::test]
async fn visitors_keep_their_own_for_its_time() {
    let test = TestSereno::new().await;
    let sereno = &test.sereno;
    let minutes = Duration::from_mins(5);
    let one = create_flow_state(sereno, json!({"email": "a\0"}), minutes)
        .await
        .unwrap()
        .secret;
    let two = create_flow_state(sereno, json!(2), minutes).await.unwrap().secret;
    assert_eq!(
        load_flow_state(sereno, &one).await.unwrap(),
        Some(json!({"email": "a\u{fffd}"}))
    );
    assert!(save_flow_state(sereno, &one, json!({"n": "\0"})).await.unwrap());
    assert_eq!(
        load_flow_state(sereno, &one).await.unwrap(),
        Some(json!({"n": "\u{fffd}"}))
    );
    delete_flow_state(sereno, &one).await.unwrap();
    assert!(
        !save_flow_state(sereno, &one, json!(3)).await.unwrap(),
        "deleted stays deleted"
    );
    assert!(load_flow_state(sereno, &one).await.unwrap().is_none());
    assert_eq!(load_flow_state(sereno, &two).await.unwrap(), Some(json!(2)));
    test.advance(minutes);
    assert!(load_flow_state(sereno, &two).await.unwrap().is_none());
    assert!(!save_flow_state(sereno, &two, json!(3)).await.unwrap());
    // one kind of value is unknown as the other
    test.user("ana").await;
    let secret = test.sign_in("ana").await.secret;
    assert!(load_flow_state(sereno, &secret).await.unwrap().is_none());
    let flow = create_flow_state(sereno, json!(1), minutes).await.unwrap().secret;
    assert_eq!(resolve(sereno, &flow).await.unwrap(), Actor::Anonymous);
}

//! Counting against guessing and flooding.

#![expect(clippy::panic, reason = "builders and checks outside of the test functions")]

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use sereno_core::context::limiter::{self, Limit};
use sereno_core::context::{Actor, RequestMeta};
use sereno_core::event::EventKind;
use sereno_core::login::LoggedIn;
use sereno_core::testing::{PASSWORD, TestSereno, refused};
use sereno_core::{Error, Result, login};
use sereno_types::Code;

async fn guess(test: &TestSereno, from: u8, identifier: &str, password: &str) -> Result<LoggedIn> {
    let meta = RequestMeta {
        address: Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, from))),
        ..RequestMeta::default()
    };
    login::for_application(&test.sereno, &meta, test.credentials(identifier, password)).await
}

fn wait<T>(outcome: Result<T>) -> u64 {
    match outcome {
        Err(Error::Refused {
            code: Code::TooManyRequests,
            retry_after: Some(seconds),
            ..
        }) => seconds,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it was not limited"),
    }
}

#[tokio::test]
async fn guessing_from_one_address_ends_after_ten() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    for identifier in ["ana", "nobody", "nobody@example.org"] {
        for _ in 0..10 {
            assert_eq!(
                refused(guess(&test, 1, identifier, "wrong").await),
                Code::InvalidCredentials
            );
        }
        let runs = test.sereno.hasher.runs();
        assert_eq!(
            wait(guess(&test, 1, identifier, PASSWORD).await),
            901,
            "the right one comes too late"
        );
        assert_eq!(test.sereno.hasher.runs(), runs, "a limited attempt costs no hash");
    }
    assert_eq!(
        wait(guess(&test, 1, "ana@example.org", PASSWORD).await),
        901,
        "another name of the same account"
    );
    guess(&test, 2, "ana", PASSWORD).await.unwrap();
    test.advance(Duration::from_secs(899));
    assert_eq!(wait(guess(&test, 1, "ana", PASSWORD).await), 2);
    test.advance(Duration::from_secs(1));
    guess(&test, 1, "ana", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn guessing_from_everywhere_ends_after_a_hundred() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    for from in 0..100 {
        assert_eq!(
            refused(guess(&test, from, "ana", "wrong").await),
            Code::InvalidCredentials
        );
    }
    assert_eq!(wait(guess(&test, 200, "ana", PASSWORD).await), 3_601);
    test.advance(Duration::from_hours(1));
    guess(&test, 200, "ana", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_success_forgives_what_came_before() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    for _ in 0..3 {
        for _ in 0..9 {
            assert_eq!(refused(guess(&test, 1, "ana", "wrong").await), Code::InvalidCredentials);
        }
        guess(&test, 1, "ana", PASSWORD).await.unwrap();
    }
    // the client's own counter is gone; the one that all clients share counts the wrong ones
    assert_eq!(test.column("SELECT count FROM limit_counter").await, ["27"]);
}

/// Whoever goes on after the limit neither costs a hash nor fills the table of events.
#[tokio::test]
async fn the_first_refusal_of_a_window_is_written_down() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    for _ in 0..60 {
        let _ = guess(&test, 1, "ana", "wrong").await;
    }
    assert_eq!(test.count("event WHERE code = 'too_many_requests'").await, 1);
    assert_eq!(test.events.count(EventKind::LoginFailed), 11);
    test.advance(Duration::from_mins(15));
    for _ in 0..20 {
        let _ = guess(&test, 1, "ana", "wrong").await;
    }
    assert_eq!(test.count("event WHERE code = 'too_many_requests'").await, 2);
}

#[tokio::test]
async fn counters_survive_a_restart_and_hold_for_every_node() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    let other = test.another().await;
    for _ in 0..5 {
        assert_eq!(refused(guess(&test, 1, "ana", "wrong").await), Code::InvalidCredentials);
        assert_eq!(
            refused(guess(&other, 1, "ana", "wrong").await),
            Code::InvalidCredentials
        );
    }
    assert_eq!(wait(guess(&test.another().await, 1, "ana", PASSWORD).await), 901);
}

/// Guesses at once are no more than guesses one after another.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn guesses_at_once_are_counted_each() {
    let test = Arc::new(TestSereno::new().await);
    test.user("ana").await;
    let runs = test.sereno.hasher.runs();
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let test = Arc::clone(&test);
            tokio::spawn(async move { refused(guess(&test, 1, "ana", "wrong").await) })
        })
        .collect();
    let mut limited = 0;
    for task in tasks {
        if task.await.unwrap() == Code::TooManyRequests {
            limited += 1;
        }
    }
    assert_eq!((limited, test.sereno.hasher.runs() - runs), (54, 10));
    assert_eq!(test.count("event WHERE code = 'too_many_requests'").await, 1);
}

#[tokio::test]
async fn requests_of_one_address_are_counted_by_kind() {
    let test = TestSereno::with(|config| {
        config.limit.requests_per_address = 3;
        config.limit.login_per_account = 0;
        config.limit.login_per_account_and_address = 0;
    })
    .await;
    test.user("ana").await;
    for _ in 0..3 {
        guess(&test, 1, "ana", PASSWORD).await.unwrap();
    }
    test.statements.take();
    assert_eq!(wait(guess(&test, 1, "ana", PASSWORD).await), 61);
    assert!(
        test.statements.take().is_empty(),
        "a limited address costs no statement"
    );
    guess(&test, 2, "ana", PASSWORD).await.unwrap();
    test.sign_up("bea@example.org").await;
    test.advance(Duration::from_mins(1));
    guess(&test, 1, "ana", PASSWORD).await.unwrap();
    assert_eq!(
        test.count("limit_counter WHERE count > 1").await,
        0,
        "0 switches a limit off"
    );
}

#[tokio::test]
async fn counters_know_their_limits() {
    let test = TestSereno::new().await;
    let limit = |what: &str, most, seconds| Limit::new(&test.sereno, what, "whom", most, Duration::from_secs(seconds));
    let (short, long, off) = (limit("short", 2, 10), limit("long", 3, 100), limit("off", 0, 10));
    let all = [short.clone(), long.clone(), off];
    for _ in 0..2 {
        assert!(limiter::raise(&test.sereno, &all).await.unwrap().is_none());
    }
    let over = limiter::raise(&test.sereno, &all).await.unwrap().unwrap();
    assert_eq!((over.retry_after, over.is_first), (11, true));
    let over = limiter::raise(&test.sereno, &all).await.unwrap().unwrap();
    assert_eq!(
        (over.retry_after, over.is_first),
        (101, true),
        "the longest wait; the first over the other limit"
    );
    let over = limiter::raise(&test.sereno, &all).await.unwrap().unwrap();
    assert!(!over.is_first);
    test.advance(Duration::from_secs(10));
    assert!(limiter::raise(&test.sereno, &[short]).await.unwrap().is_none());
    assert_eq!(wait(limiter::take(&test.sereno, &[long]).await), 91);
    limiter::take(&test.sereno, &[]).await.unwrap();
    assert_eq!(test.count("limit_counter").await, 2);
    assert!(!test.dump("limit_counter").await.concat().contains("whom"));
}

#[tokio::test]
async fn an_honest_attempt_forgives_its_own_mistakes_and_no_one_elses() {
    let test = TestSereno::new().await;
    let minute = Duration::from_mins(1);
    let own = Limit::new(&test.sereno, "own", "whom", 1, minute);
    let shared = Limit::new(&test.sereno, "shared", "whom", 3, minute);
    let both = [own.clone(), shared.clone()];
    let from_elsewhere = [shared.clone()];
    limiter::take(&test.sereno, &both).await.unwrap();
    limiter::take(&test.sereno, &from_elsewhere).await.unwrap();
    limiter::forgive(test.sereno.db.write(), &own, &shared).await.unwrap();
    // one guess from elsewhere stays counted: two more are heard, not three
    limiter::take(&test.sereno, &both).await.unwrap();
    limiter::take(&test.sereno, &from_elsewhere).await.unwrap();
    assert!(limiter::take(&test.sereno, &from_elsewhere).await.is_err());
}

/// Raising and forgiving the same counters at once: nobody waits for the other's row.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn raising_and_forgiving_do_not_block_each_other() {
    let test = Arc::new(TestSereno::new().await);
    let limits: Vec<_> = (0..20)
        .map(|number| {
            Limit::new(
                &test.sereno,
                "x",
                &number.to_string(),
                1_000_000,
                Duration::from_mins(1),
            )
        })
        .collect();
    let tasks: Vec<_> = (0..4)
        .map(|number| {
            let (test, mut limits) = (Arc::clone(&test), limits.clone());
            limits.rotate_left(5 * number);
            tokio::spawn(async move {
                for _ in 0..40 {
                    limiter::raise(&test.sereno, &limits).await?;
                    let tx = test.sereno.begin(&test.meta(), &Actor::System).await?;
                    limiter::forgive(tx.db(), &limits[0], &limits[1]).await?;
                    tx.commit().await?;
                }
                Ok::<_, Error>(())
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
}

/// Whoever is over the own limit must not be able to lock the owner out.
#[tokio::test]
async fn one_client_cannot_lock_an_account_for_everybody() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    for _ in 0..150 {
        guess(&test, 1, "ana", "wrong").await.unwrap_err();
    }
    guess(&test, 2, "ana", PASSWORD).await.unwrap();
}

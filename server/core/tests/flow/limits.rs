//! Counting against guessing and flooding.

#![expect(clippy::panic, reason = "builders and checks outside of the test functions")]

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use sereno_core::context::RequestMeta;
use sereno_core::context::delay::{self, Curve, Delay};
use sereno_core::context::limiter::{self, Limit};
use sereno_core::event::EventKind;
use sereno_core::login::LoggedIn;
use sereno_core::testing::{PASSWORD, TestSereno, refused};
use sereno_core::{Error, Result, login, token};
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

/// Five wrong passwords from one address are free.
async fn five_are_free() -> TestSereno {
    TestSereno::with(|config| config.limit.login_per_account_and_address = 5).await
}

/// The waits after the free ones, and that an attempt inside of one is neither counted nor costs a hash.
#[tokio::test]
async fn guessing_from_one_address_waits_longer_and_longer() {
    let test = five_are_free().await;
    test.user("ana").await;
    for identifier in ["ana", "nobody", "nobody@example.org"] {
        for _ in 0..5 {
            assert_eq!(
                refused(guess(&test, 1, identifier, "wrong").await),
                Code::InvalidCredentials
            );
        }
        for seconds in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
            let runs = test.sereno.hasher.runs();
            for _ in 0..3 {
                assert_eq!(wait(guess(&test, 1, identifier, PASSWORD).await), seconds);
            }
            assert_eq!(
                test.sereno.hasher.runs(),
                runs,
                "an attempt inside a wait costs no hash"
            );
            test.advance(Duration::from_millis(seconds * 1_000 - 1));
            assert_eq!(wait(guess(&test, 1, identifier, PASSWORD).await), 1);
            test.advance(Duration::from_millis(1));
            assert_eq!(
                refused(guess(&test, 1, identifier, "wrong").await),
                Code::InvalidCredentials,
                "{identifier} after {seconds}"
            );
        }
        assert_eq!(wait(guess(&test, 1, identifier, PASSWORD).await), 900);
    }
    // another name of the same account, and another client
    let other = async || guess(&test, 3, "ana", "wrong").await.unwrap_err();
    for _ in 0..6 {
        other().await;
    }
    assert_eq!(wait(guess(&test, 3, "ana@example.org", PASSWORD).await), 1);
    guess(&test, 2, "ana", PASSWORD).await.unwrap();
    assert_eq!(
        wait(guess(&test, 3, "ana", PASSWORD).await),
        1,
        "a success clears the counter of its own client"
    );
}

#[tokio::test]
async fn the_right_password_is_heard_after_the_wait_and_clears_it() {
    let test = five_are_free().await;
    test.user("ana").await;
    for _ in 0..5 {
        guess(&test, 1, "ana", "wrong").await.unwrap_err();
    }
    assert_eq!(wait(guess(&test, 1, "ana", PASSWORD).await), 1);
    test.advance(Duration::from_secs(1));
    guess(&test, 1, "ana", PASSWORD).await.unwrap();
    for _ in 0..5 {
        assert_eq!(refused(guess(&test, 1, "ana", "wrong").await), Code::InvalidCredentials);
    }
}

/// After a quiet quarter of an hour the free ones are free again, and not before.
#[tokio::test]
async fn counters_forget_when_it_was_quiet() {
    let test = five_are_free().await;
    test.user("ana").await;
    for _ in 0..5 {
        guess(&test, 1, "ana", "wrong").await.unwrap_err();
    }
    test.advance(Duration::from_mins(15));
    guess(&test, 1, "ana", "wrong").await.unwrap_err();
    assert_eq!(
        wait(guess(&test, 1, "ana", "wrong").await),
        2,
        "a quarter of an hour after the wait"
    );
    test.advance(Duration::from_secs(902));
    for _ in 0..5 {
        assert_eq!(refused(guess(&test, 1, "ana", "wrong").await), Code::InvalidCredentials);
    }
    assert_eq!(wait(guess(&test, 1, "ana", "wrong").await), 1);
}

#[tokio::test]
async fn guessing_from_everywhere_makes_strangers_wait_and_never_long() {
    let test = five_are_free().await;
    test.user("ana").await;
    guess(&test, 250, "ana", PASSWORD).await.unwrap();
    for identifier in ["ana", "nobody"] {
        for from in 0..100 {
            assert_eq!(
                refused(guess(&test, from, identifier, "wrong").await),
                Code::InvalidCredentials
            );
        }
        for (from, seconds) in (100..).zip([1, 2, 4, 8, 16, 32, 60, 60]) {
            test.statements.take();
            for _ in 0..2 {
                assert_eq!(wait(guess(&test, from, identifier, PASSWORD).await), seconds);
            }
            test.advance(Duration::from_secs(seconds));
            assert_eq!(
                refused(guess(&test, from, identifier, "wrong").await),
                Code::InvalidCredentials,
                "the refusals before did not count as guesses of this client"
            );
        }
    }
    for identifier in ["ana", "nobody"] {
        test.advance(Duration::from_mins(1));
        guess(&test, 120, identifier, "wrong").await.unwrap_err();
    }
    test.advance(Duration::from_mins(1));
    guess(&test, 121, "ana", "wrong").await.unwrap_err();
    guess(&test, 121, "nobody", "wrong").await.unwrap_err();
    // the owner, from where the owner has been before, does not wait for what others do
    guess(&test, 250, "ana", PASSWORD).await.unwrap();
    assert_eq!(wait(guess(&test, 249, "ana", PASSWORD).await), 60);
    assert_eq!(wait(guess(&test, 250, "nobody", PASSWORD).await), 60);
    // and has a counter of their own there
    for _ in 0..5 {
        assert_eq!(
            refused(guess(&test, 250, "ana", "wrong").await),
            Code::InvalidCredentials
        );
    }
    assert_eq!(wait(guess(&test, 250, "ana", PASSWORD).await), 1);
    test.advance(Duration::from_mins(1));
    guess(&test, 249, "ana", PASSWORD).await.unwrap();
}

/// Any address of the network that the owner has signed in from will do, by session or by token.
#[tokio::test]
async fn a_network_is_known_by_sessions_and_by_tokens() {
    let test = TestSereno::with(|config| config.limit.login_per_account = 1).await;
    test.user("ana").await;
    let from = |text: &str| RequestMeta {
        address: text.parse().ok(),
        ..RequestMeta::default()
    };
    let credentials = || test.credentials("ana", PASSWORD);
    login::with_session(&test.sereno, &from("2001:db8:0:1::a"), credentials())
        .await
        .unwrap();
    login::for_application(&test.sereno, &from("::ffff:192.0.2.7"), credentials())
        .await
        .unwrap();
    guess(&test, 1, "ana", "wrong").await.unwrap_err();
    for (address, known) in [
        ("2001:db8:0:1:ffff::b", true),
        ("2001:db8:0:2::a", false),
        ("192.0.2.7", true),
        ("192.0.2.8", false),
    ] {
        let outcome = login::with_session(&test.sereno, &from(address), credentials()).await;
        assert_eq!(outcome.is_ok(), known, "{address}");
    }
    let nowhere = login::with_session(&test.sereno, &RequestMeta::default(), credentials()).await;
    assert_eq!(refused(nowhere), Code::TooManyRequests);
}

#[tokio::test]
async fn a_success_forgives_what_came_before() {
    let test = TestSereno::new().await;
    test.user("ana").await;
    test.user("bea").await;
    guess(&test, 1, "bea", "wrong").await.unwrap_err();
    for _ in 0..3 {
        for _ in 0..4 {
            assert_eq!(refused(guess(&test, 1, "ana", "wrong").await), Code::InvalidCredentials);
        }
        guess(&test, 1, "ana", PASSWORD).await.unwrap();
    }
    // the client's own counter is gone; the one that all clients share counts the wrong ones; another account's stay
    assert_eq!(
        test.column("SELECT count FROM limit_counter ORDER BY count").await,
        ["1", "1", "12"]
    );
}

/// Whoever goes on inside the wait neither costs a hash nor fills the table of events.
#[tokio::test]
async fn the_first_refusal_of_a_window_is_written_down() {
    let test = five_are_free().await;
    test.user("ana").await;
    for _ in 0..60 {
        let _ = guess(&test, 1, "ana", "wrong").await;
    }
    assert_eq!(test.count("event WHERE code = 'too_many_requests'").await, 1);
    assert_eq!(test.events.count(EventKind::LoginFailed), 6);
    test.advance(Duration::from_secs(901));
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
    assert_eq!(wait(guess(&test.another().await, 1, "ana", PASSWORD).await), 1);
}

/// Guesses at once are no more than guesses one after another, and one opening lets one through.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn guesses_at_once_are_counted_each() {
    let test = Arc::new(five_are_free().await);
    test.user("ana").await;
    let mut told = 1;
    for (open, again) in [(5, 1), (1, 2), (1, 4)] {
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
        assert_eq!((limited, test.sereno.hasher.runs() - runs), (64 - open, open));
        assert_eq!(test.count("event WHERE code = 'too_many_requests'").await, told);
        told = 1;
        test.advance(Duration::from_secs(again));
    }
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
async fn requests_of_one_application_are_counted_where_that_is_asked_for() {
    let test = TestSereno::with(|config| config.limit.requests_per_application = 3).await;
    test.user("ana").await;
    let refresh = async |refresh_token: String| {
        let command = sereno_types::Refresh {
            refresh_token: refresh_token.into(),
            ..Default::default()
        };
        token::refresh(&test.sereno, &test.meta(), command).await
    };
    for from in 1..3 {
        guess(&test, from, "ana", PASSWORD).await.unwrap();
    }
    assert_eq!(refused(refresh("sr_x".to_owned()).await), Code::RefreshTokenInvalid);
    assert_eq!(wait(guess(&test, 4, "ana", PASSWORD).await), 61);
    assert_eq!(refused(refresh("sr_x".to_owned()).await), Code::TooManyRequests);
    // the pages are no application
    login::with_session(&test.sereno, &test.meta(), test.credentials("ana", PASSWORD))
        .await
        .unwrap();
    test.advance(Duration::from_mins(1));
    guess(&test, 4, "ana", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn counters_know_their_limits() {
    let test = TestSereno::new().await;
    let limit = |what: &str, most, seconds| Limit::new(&test.sereno, what, "whom", most, Duration::from_secs(seconds));
    let (short, long, off) = (limit("short", 2, 10), limit("long", 3, 100), limit("off", 0, 10));
    let all = [short.clone(), long.clone(), off];
    for _ in 0..2 {
        limiter::take(&test.sereno, &all).await.unwrap();
    }
    assert_eq!(wait(limiter::take(&test.sereno, &all).await), 11);
    assert_eq!(wait(limiter::take(&test.sereno, &all).await), 101, "the longest wait");
    test.advance(Duration::from_secs(10));
    limiter::take(&test.sereno, &[short]).await.unwrap();
    assert_eq!(wait(limiter::take(&test.sereno, &[long]).await), 91);
    limiter::take(&test.sereno, &[]).await.unwrap();
    assert_eq!(test.count("limit_counter").await, 2);
    assert!(!test.dump("limit_counter").await.concat().contains("whom"));
}

fn delay(test: &TestSereno, what: &str, free: u64, longest: u64) -> Delay {
    let curve = Curve {
        free,
        window: Duration::from_mins(1),
        longest: Duration::from_secs(longest),
    };
    Delay::new(&test.sereno, what, "whom", curve)
}

#[tokio::test]
async fn an_honest_attempt_is_taken_back_with_its_wait_and_no_one_elses() {
    let test = TestSereno::new().await;
    let (db, shared) = (test.sereno.db.write(), delay(&test, "shared", 3, 60));
    let heard = async || delay::count(db, &shared, test.sereno.now()).await.unwrap();
    for _ in 0..3 {
        assert!(heard().await);
    }
    assert!(!heard().await);
    delay::give_back(db, &shared).await.unwrap();
    // two guesses stay counted: the third makes wait again, no longer than before
    assert!(heard().await);
    assert_eq!(delay::refuse(&test.sereno, &shared).await.unwrap().retry_after, 1);
    delay::forget(db, &shared).await.unwrap();
    assert_eq!(test.count("limit_counter").await, 0);
}

/// Nothing free, a longest wait of nothing, and switched off.
#[tokio::test]
async fn the_edges_of_a_delay() {
    let test = TestSereno::new().await;
    let (db, now) = (test.sereno.db.write(), test.sereno.now());
    let first = delay(&test, "first", 1, 1);
    for _ in 0..3 {
        assert!(delay::count(db, &first, test.sereno.now()).await.unwrap());
        assert!(!delay::count(db, &first, test.sereno.now()).await.unwrap());
        let wait = delay::refuse(&test.sereno, &first).await.unwrap();
        assert_eq!(wait.retry_after, 1);
        test.advance(Duration::from_secs(1));
    }
    let (never, off) = (delay(&test, "never", 1, 0), delay(&test, "off", 0, 60));
    for _ in 0..3 {
        assert!(delay::count(db, &never, now).await.unwrap());
        assert!(delay::count(db, &off, now).await.unwrap());
    }
}

/// Counting and forgiving the same account at once: nobody waits for the other's row.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn counting_and_forgiving_do_not_block_each_other() {
    let test = Arc::new(
        TestSereno::with(|config| {
            config.limit.login_per_account_and_address = 1_000;
            config.limit.login_per_account = 1_000;
        })
        .await,
    );
    test.user("ana").await;
    let tasks: Vec<_> = (0..4)
        .map(|number: u8| {
            let test = Arc::clone(&test);
            tokio::spawn(async move {
                for round in 0..20 {
                    let from = (number + round) % 3;
                    match guess(&test, from, "ana", if round % 2 == 0 { PASSWORD } else { "wrong" }).await {
                        Err(Error::Refused { .. }) | Ok(_) => {}
                        Err(error) => return Err(error),
                    }
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

/// Whatever somebody types, it is not the counter of an account that it does not name.
#[tokio::test]
async fn no_text_is_anothers_counter() {
    let test = TestSereno::new().await;
    let id = test.user("ana").await;
    for _ in 0..30 {
        let command = test.credentials(&format!("{id}\n1"), "wrong");
        let _ = login::for_application(&test.sereno, &test.meta(), command).await;
    }
    test.log_in("ana").await;
}

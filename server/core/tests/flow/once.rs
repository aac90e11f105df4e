//! What is good for one use, asked for by many at once.

#![expect(clippy::unwrap_used, reason = "builders and checks outside of the test functions")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use sereno_core::account::activate::activate;
use sereno_core::account::setup;
use sereno_core::event::EventKind;
use sereno_core::testing::{PASSWORD, TestSereno, by_code, by_link, code_of, refused};
use sereno_core::{Result, token};
use sereno_types::{Code, SetUp};

const MANY: usize = 64;
const ROUNDS: usize = 4;

/// Does the same many times at once; how many succeeded, and every refusal's code.
async fn at_once<T, F>(test: &Arc<TestSereno>, what: impl Fn(Arc<TestSereno>) -> F) -> (Vec<T>, BTreeSet<Code>)
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let tasks: Vec<_> = (0..MANY).map(|_| tokio::spawn(what(Arc::clone(test)))).collect();
    let (mut successes, mut refusals) = (Vec::new(), BTreeSet::new());
    for task in tasks {
        match task.await.unwrap() {
            Ok(answer) => successes.push(answer),
            Err(error) => {
                refusals.insert(error.code());
            }
        }
    }
    (successes, refusals)
}

async fn patient() -> Arc<TestSereno> {
    Arc::new(TestSereno::with(|config| config.database.timeout.0 = 30).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_link_activates_once() {
    let test = patient().await;
    for round in 0..ROUNDS {
        let mail = test.sign_up(&format!("ana{round}@example.org")).await;
        let (successes, refusals) = at_once(&test, |test| {
            let command = by_link(&mail);
            async move { activate(&test.sereno, &test.meta(), command).await }
        })
        .await;
        assert_eq!(
            (successes.len(), refusals),
            (1, BTreeSet::from([Code::ActivationLinkInvalid]))
        );
        assert_eq!(test.events.count(EventKind::UserActivated), round + 1);
    }
    assert_eq!(test.count("event WHERE name = 'user_activated'").await, ROUNDS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_code_activates_once() {
    let test = patient().await;
    for round in 0..ROUNDS {
        let address = format!("ana{round}@example.org");
        let code = code_of(&test.sign_up(&address).await);
        let (successes, refusals) = at_once(&test, |test| {
            let command = by_code(&address, &code);
            async move { activate(&test.sereno, &test.meta(), command).await }
        })
        .await;
        assert_eq!(
            (successes.len(), refusals),
            (1, BTreeSet::from([Code::ActivationLinkInvalid]))
        );
    }
    assert_eq!(test.count("event WHERE name = 'user_activated'").await, ROUNDS);
}

/// Guessing at once hears no more guesses than guessing one after another.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn guesses_at_once_are_counted_each() {
    let test = patient().await;
    let code = code_of(&test.sign_up("ana@example.org").await);
    let wrong = if code == "0000-0000" { "1111-1111" } else { "0000-0000" };
    let (successes, _) = at_once(&test, |test| {
        let command = by_code("ana@example.org", wrong);
        async move { activate(&test.sereno, &test.meta(), command).await }
    })
    .await;
    assert!(successes.is_empty());
    assert_eq!(test.column("SELECT attempts_left FROM one_time").await, ["0"]);
    let right = activate(&test.sereno, &test.meta(), by_code("ana@example.org", &code)).await;
    assert_eq!(refused(right), Code::ActivationLinkInvalid);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_set_up_link_makes_one_administrator() {
    for _ in 0..ROUNDS {
        let test = patient().await;
        let link = setup::link(&test.sereno).await.unwrap();
        let token = link.split_once("token=").unwrap().1.to_owned();
        let (successes, refusals) = at_once(&test, |test| {
            let command = SetUp {
                token: token.as_str().into(),
                email: "root@example.org".to_owned(),
                password: PASSWORD.into(),
            };
            async move { setup::first_administrator(&test.sereno, &test.meta(), command).await }
        })
        .await;
        assert_eq!(
            (successes.len(), refusals),
            (1, BTreeSet::from([Code::SetupLinkInvalid]))
        );
        assert_eq!((test.count("\"user\"").await, test.count("session").await), (1, 1));
    }
}

/// Everybody within the window gets the same successor, nobody forks the family, and nothing counts as a replay.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_refresh_token_has_one_successor() {
    let test = patient().await;
    test.user("ana").await;
    let mut current = test.log_in("ana").await.refresh_token;
    for round in 0..ROUNDS {
        let (answers, refusals) = at_once(&test, |test| {
            let refresh_token = current.clone();
            async move { test.refresh(&refresh_token).await }
        })
        .await;
        let successors: BTreeSet<_> = answers.iter().map(|answer| answer.refresh_token.clone()).collect();
        assert_eq!((answers.len(), successors.len(), refusals.len()), (MANY, 1, 0));
        assert_eq!(test.events.count(EventKind::RefreshRotated), round + 1);
        for answer in &answers {
            token::authenticate(&test.sereno, &answer.access_token).await.unwrap();
        }
        current = successors.into_iter().next().unwrap();
    }
    assert_eq!(
        test.column("SELECT generation FROM token_family").await,
        [(ROUNDS + 1).to_string()]
    );
    assert_eq!(test.events.count(EventKind::RefreshReplayed), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn replays_at_once_end_the_family_once() {
    let test = patient().await;
    test.user("ana").await;
    let stolen = test.log_in("ana").await.refresh_token;
    let current = test.refresh(&stolen).await.unwrap().refresh_token;
    test.advance(Duration::from_secs(11));
    let (answers, refusals) = at_once(&test, |test| {
        let refresh_token = stolen.clone();
        async move { test.refresh(&refresh_token).await }
    })
    .await;
    assert_eq!(
        (answers.len(), refusals),
        (0, BTreeSet::from([Code::RefreshTokenInvalid]))
    );
    assert_eq!(refused(test.refresh(&current).await), Code::RefreshTokenInvalid);
    assert_eq!(test.events.count(EventKind::RefreshReplayed), 1);
}

/// A sign-out that races with refreshes wins: afterwards nothing of the family works.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_sign_out_ends_refreshes_under_way() {
    let test = patient().await;
    test.user("ana").await;
    for _ in 0..ROUNDS {
        let first = test.log_in("ana").await.refresh_token;
        let out = {
            let (test, first) = (Arc::clone(&test), first.clone());
            tokio::spawn(async move {
                let command = sereno_types::Logout {
                    refresh_token: Some(first.as_str().into()),
                    ..Default::default()
                };
                let anybody = sereno_core::context::Actor::Anonymous;
                sereno_core::login::logout(&test.sereno, &test.meta(), &anybody, command).await
            })
        };
        let (answers, _) = at_once(&test, |test| {
            let first = first.clone();
            async move { test.refresh(&first).await }
        })
        .await;
        out.await.unwrap().unwrap();
        for answer in answers {
            assert_eq!(
                refused(test.refresh(&answer.refresh_token).await),
                Code::RefreshTokenInvalid
            );
            let bearer = token::authenticate(&test.sereno, &answer.access_token).await;
            assert_eq!(refused(bearer), Code::InvalidToken);
        }
    }
}

//! Changes made elsewhere are seen here, soon where memory may be used and at once where it may not.

#![expect(clippy::unwrap_used, reason = "builders and checks outside of the test functions")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sea_orm::ConnectionTrait;
use serde_json::json;
use sereno_core::account::admin;
use sereno_core::context::Actor;
use sereno_core::context::freshness::watch;
use sereno_core::event::EventKind;
use sereno_core::oauth::admin as applications;
use sereno_core::testing::{Client, TestSereno, refused};
use sereno_core::{access, login, session, token};
use sereno_types::{Code, Id, Logout, Secret, UpdateApplication};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// Two processes on one database; the second one listens.
async fn two() -> (TestSereno, TestSereno) {
    let here = TestSereno::new().await;
    let there = here.another().await;
    tokio::spawn(watch(there.sereno.clone()));
    (here, there)
}

/// Waits until the token is refused, and says how long that took.
async fn refused_after(test: &TestSereno, access_token: &str) -> Duration {
    let begin = Instant::now();
    while token::authenticate(&test.sereno, access_token).await.is_ok() {
        assert!(begin.elapsed() < Duration::from_secs(5), "it never heard");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    begin.elapsed()
}

/// Until what is asked costs no statement any more: the listener is up, and memory holds the answer.
async fn remembered(test: &TestSereno, access_token: &str) {
    let begin = Instant::now();
    let mut quiet = 0;
    while quiet < 3 {
        token::authenticate(&test.sereno, access_token).await.unwrap();
        test.statements.take();
        tokio::time::sleep(Duration::from_millis(400)).await;
        test.statements.take();
        token::authenticate(&test.sereno, access_token).await.unwrap();
        let asked = test.statements.take().iter().any(|sql| sql.contains("token_family"));
        quiet = if asked { 0 } else { quiet + 1 };
        assert!(begin.elapsed() < Duration::from_secs(10), "nothing is remembered");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_elsewhere_is_heard_within_a_second() {
    let (here, there) = two().await;
    let id = Id(here.user("ana").await.to_string());
    let answer = here.log_in("ana").await;
    remembered(&there, &answer.access_token).await;
    let staff = here.system().await;
    admin::lock(&here.sereno, &here.meta(), &staff, &id).await.unwrap();
    let took = refused_after(&there, &answer.access_token).await;
    assert!(took < Duration::from_millis(1_500), "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_out_elsewhere_is_heard_within_a_second() {
    let (here, there) = two().await;
    here.user("ana").await;
    let answer = here.log_in("ana").await;
    remembered(&there, &answer.access_token).await;
    let command = Logout {
        refresh_token: Some(answer.refresh_token.as_str().into()),
        ..Default::default()
    };
    login::logout(&here.sereno, &here.meta(), &Actor::Anonymous, command)
        .await
        .unwrap();
    let took = refused_after(&there, &answer.access_token).await;
    assert!(took < Duration::from_millis(1_500), "{took:?}");
}

/// Even when nobody listens: refreshing, sessions and everything staff does read the rows.
#[tokio::test]
async fn what_must_not_be_stale_reads_the_rows() {
    let here = TestSereno::new().await;
    let there = here.another().await;
    let id = Id(here.superuser("ana").await.to_string());
    here.superuser("root").await;
    let (answer, browser) = (here.log_in("ana").await, here.sign_in("ana").await);
    let actor = token::authenticate(&there.sereno, &answer.access_token).await.unwrap();
    access::staff(&there.sereno, &actor).await.unwrap();
    let staff = here.system().await;
    admin::lock(&here.sereno, &here.meta(), &staff, &id).await.unwrap();
    assert_eq!(
        refused(access::staff(&there.sereno, &actor).await),
        Code::AuthenticationRequired
    );
    assert_eq!(
        refused(there.refresh(&answer.refresh_token).await),
        Code::RefreshTokenInvalid
    );
    assert_eq!(
        session::resolve(&there.sereno, &browser.secret).await.unwrap(),
        Actor::Anonymous
    );
    admin::unlock(&here.sereno, &here.meta(), &staff, &id).await.unwrap();
    assert_eq!(
        refused(access::staff(&there.sereno, &actor).await),
        Code::AuthenticationRequired
    );
    // in the process that changed it, memory is corrected at once
    assert_eq!(
        refused(token::authenticate(&here.sereno, &answer.access_token).await),
        Code::InvalidToken
    );
}

/// An application that was switched off elsewhere refreshes nothing, whatever is remembered of it here, and nothing is taken
/// for a replay.
#[tokio::test]
async fn an_application_that_was_switched_off_elsewhere_refreshes_nothing() {
    let here = TestSereno::with_ana().await;
    let there = here.another().await;
    let staff = here.system().await;
    let switch = async |id: &Id, is_enabled| {
        let command = UpdateApplication {
            is_enabled: Some(is_enabled),
            ..UpdateApplication::default()
        };
        let done = applications::update(&here.sereno, &here.meta(), &staff, id, command).await;
        done.unwrap();
    };
    for (name, profile) in [
        ("opaque", json!({})),
        ("jwt", json!({"refresh_format": "jwt"})),
        ("stays", json!({"rotation": "never"})),
    ] {
        let client = Client::with(&here, name, profile).await;
        let (_, first) = client.pair(&there).await;
        let (_, second) = client.refresh(&there, &first).await.unwrap();
        switch(&client.id, false).await;
        // the first would be a retry
        for token in [&first, &second] {
            let outcome = client.refresh(&there, token).await;
            assert_eq!(refused(outcome), Code::RefreshTokenInvalid, "{name}");
        }
        switch(&client.id, true).await;
        client.refresh(&there, &second).await.unwrap();
    }
    assert_eq!(there.events.count(EventKind::RefreshReplayed), 0);
}

/// On PostgreSQL the listener may lose its connection: it comes back, and what happened meanwhile is not missed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_that_lost_its_connection_comes_back() {
    let (here, there) = two().await;
    if here.database.is_sqlite() {
        return;
    }
    let id = Id(here.user("ana").await.to_string());
    let answer = here.log_in("ana").await;
    remembered(&there, &answer.access_token).await;
    let killed = "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE query LIKE 'LISTEN%'";
    assert_eq!(here.column(killed).await.len(), 1);
    let staff = here.system().await;
    admin::lock(&here.sereno, &here.meta(), &staff, &id).await.unwrap();
    assert!(refused_after(&there, &answer.access_token).await < Duration::from_millis(1_500));
    admin::unlock(&here.sereno, &here.meta(), &staff, &id).await.unwrap();
    let answer = here.log_in("ana").await;
    remembered(&there, &answer.access_token).await;
    admin::lock(&here.sereno, &here.meta(), &staff, &id).await.unwrap();
    assert!(refused_after(&there, &answer.access_token).await < Duration::from_millis(1_500));
}

/// A network that swallows what is said, and closes nothing, is found out too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_whose_network_swallows_everything_forgets() {
    let here = TestSereno::new().await;
    if here.database.is_sqlite() {
        return;
    }
    let network = Network::before(here.sereno.config.database_url()).await;
    let there = here
        .try_another(
            |config| {
                config.database.url = Secret::new(network.url.clone());
                // how long it waits for an answer that was swallowed, too
                config.database.timeout.0 = 2;
            },
            None,
        )
        .await
        .unwrap();
    tokio::spawn(watch(there.sereno.clone()));
    let id = Id(here.user("ana").await.to_string());
    let answer = here.log_in("ana").await;
    remembered(&there, &answer.access_token).await;
    network.swallows.store(true, Ordering::Relaxed);
    let staff = here.system().await;
    admin::lock(&here.sereno, &here.meta(), &staff, &id).await.unwrap();
    refused_after(&there, &answer.access_token).await;
    network.swallows.store(false, Ordering::Relaxed);
    admin::unlock(&here.sereno, &here.meta(), &staff, &id).await.unwrap();
    let answer = here.log_in("ana").await;
    remembered(&there, &answer.access_token).await;
}

/// What stands between a node and its database. It can swallow what the connections say and hear that listen.
struct Network {
    url: String,
    swallows: Arc<AtomicBool>,
}

impl Network {
    async fn before(database: String) -> Self {
        let mut url: Url = database.parse().unwrap();
        let behind = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        url.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
        let swallows = Arc::new(AtomicBool::new(false));
        let network = Self {
            url: url.to_string(),
            swallows: Arc::clone(&swallows),
        };
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let database = TcpStream::connect(&behind).await.unwrap();
                let (swallows, listens) = (Arc::clone(&swallows), Arc::new(AtomicBool::new(false)));
                let (from_client, to_client) = client.into_split();
                let (from_database, to_database) = database.into_split();
                tokio::spawn(pass_on(
                    from_client,
                    to_database,
                    Arc::clone(&swallows),
                    Arc::clone(&listens),
                ));
                tokio::spawn(pass_on(from_database, to_client, swallows, listens));
            }
        });
        network
    }
}

async fn pass_on(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, swallows: Arc<AtomicBool>, listens: Arc<AtomicBool>) {
    let mut bytes = [0; 8_192];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        let said = &bytes[..count];
        if said.windows(6).any(|word| word == b"LISTEN") {
            listens.store(true, Ordering::Relaxed);
        }
        let is_lost = swallows.load(Ordering::Relaxed) && listens.load(Ordering::Relaxed);
        if !is_lost && to.write_all(said).await.is_err() {
            return;
        }
    }
}

/// A request that is given up at any moment, even during its commit, leaves no memory of what is no longer true.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_caller_who_goes_away_leaves_nothing_stale() {
    let test = Arc::new(TestSereno::with(|config| config.limit.login_per_account_and_address = 0).await);
    let id = Id(test.user("ana").await.to_string());
    let staff = test.system().await;
    // how long an undisturbed one takes; the others are cut short everywhere between its beginning and its end
    let begin = Instant::now();
    admin::lock(&test.sereno, &test.meta(), &staff, &id).await.unwrap();
    let whole = begin.elapsed();
    admin::unlock(&test.sereno, &test.meta(), &staff, &id).await.unwrap();
    let mut locked = 0;
    for round in 0..150_u32 {
        let answer = test.log_in("ana").await;
        let reader = {
            let (test, token) = (Arc::clone(&test), answer.access_token.clone());
            tokio::spawn(async move {
                loop {
                    let _ = token::authenticate(&test.sereno, &token).await;
                    tokio::task::yield_now().await;
                }
            })
        };
        let locking = {
            let (test, staff, id) = (Arc::clone(&test), staff.clone(), id.clone());
            tokio::spawn(async move { admin::lock(&test.sereno, &test.meta(), &staff, &id).await.map(|_| ()) })
        };
        let begin = Instant::now();
        // a timer is too coarse for this
        while begin.elapsed() < whole * round / 120 {
            tokio::task::yield_now().await;
        }
        locking.abort();
        let _ = locking.await;
        reader.abort();
        let _ = reader.await;
        // whoever comes next waits for a commit under way
        let hold = if test.database.is_sqlite() { "" } else { " FOR UPDATE" };
        let tx = test.sereno.begin(&test.meta(), &Actor::System).await.unwrap();
        let sql = format!("SELECT state FROM \"user\"{hold}");
        tx.db().execute_unprepared(&sql).await.unwrap();
        drop(tx);
        let is_locked = test.count("\"user\" WHERE state = 'locked'").await == 1;
        let begin = Instant::now();
        while is_locked == token::authenticate(&test.sereno, &answer.access_token).await.is_ok() {
            assert!(
                begin.elapsed() < Duration::from_secs(1),
                "round {round}: locked is {is_locked}"
            );
            tokio::task::yield_now().await;
        }
        if is_locked {
            locked += 1;
            admin::unlock(&test.sereno, &test.meta(), &staff, &id).await.unwrap();
        }
    }
    assert!(locked > 0, "no lock was quick enough to tell anything");
}

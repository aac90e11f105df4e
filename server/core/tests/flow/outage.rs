//! A database that is locked, full, read-only or gone: the answer is `unavailable`, nothing is half-written, and all is well
//! once it is back.

#![expect(clippy::unwrap_used, reason = "builders and checks outside of the test functions")]

use std::sync::Arc;

use sea_orm::{ConnectionTrait, TransactionTrait};
use sereno_core::account::activate::{activate, resend};
use sereno_core::account::{admin, profile};
use sereno_core::context::{Actor, RequestMeta};
use sereno_core::event::{Event, EventKind};
use sereno_core::testing::{PASSWORD, TestSereno, by_link, login_code_of, refused, token_of};
use sereno_core::{Error, Result, account, jobs, login, session, token};
use sereno_types::{Code, Id, Logout, Register, ResendActivation, VerifyLoginCode};

async fn register(test: &TestSereno, email: &str) -> Result<()> {
    let command = Register {
        email: email.to_owned(),
        password: PASSWORD.into(),
        ..Register::default()
    };
    account::register::register(&test.sereno, &test.meta(), command).await
}

/// An account of everything: signed in twice, and somebody who waits for activation.
struct Scene {
    test: TestSereno,
    id: Id,
    access_token: String,
    refresh_token: String,
    cookie: String,
    link: sereno_core::port::mail::OutgoingMail,
    code: sereno_core::port::mail::OutgoingMail,
}

impl Scene {
    async fn new() -> Self {
        let test = TestSereno::with(|config| config.database.timeout.0 = 1).await;
        let id = Id(test.user("ana").await.to_string());
        let answer = test.log_in("ana").await;
        let cookie = test.sign_in("ana").await.secret;
        let link = test.sign_up("bea@example.org").await;
        let code = test.ask_code("ana").await.1.unwrap();
        Self {
            id,
            access_token: answer.access_token,
            refresh_token: answer.refresh_token,
            cookie,
            link,
            code,
            test,
        }
    }

    /// Every flow that writes, and what came of it.
    async fn every_writer(&self) -> Vec<(&'static str, Result<()>)> {
        let (sereno, meta) = (&self.test.sereno, self.test.meta());
        let system = self.test.system().await;
        let credentials = || self.test.credentials("ana", PASSWORD);
        let wrong = self.test.credentials("nobody", PASSWORD);
        let again = ResendActivation {
            email: "bea@example.org".to_owned(),
        };
        let out = Logout {
            refresh_token: Some(self.refresh_token.as_str().into()),
            ..Default::default()
        };
        vec![
            ("register", register(&self.test, "cleo@example.org").await),
            ("activate", activate(sereno, &meta, by_link(&self.link)).await.map(drop)),
            ("resend", resend(sereno, &meta, again).await),
            (
                "login",
                login::for_application(sereno, &meta, credentials()).await.map(drop),
            ),
            (
                "sign in",
                login::with_session(sereno, &meta, credentials()).await.map(drop),
            ),
            (
                "wrong login",
                login::for_application(sereno, &meta, wrong).await.map(drop),
            ),
            (
                "ask for a code",
                login::ask_code_in_browser(sereno, &meta, "ana".to_owned())
                    .await
                    .map(drop),
            ),
            ("sign in by code", self.by_code().await),
            ("sign in by link", self.by_code_link().await),
            ("refresh", self.test.refresh(&self.refresh_token).await.map(drop)),
            ("logout", login::logout(sereno, &meta, &Actor::Anonymous, out).await),
            ("lock", admin::lock(sereno, &meta, &system, &self.id).await.map(drop)),
            (
                "keep data",
                session::save_data(sereno, &self.cookie, serde_json::json!({"x": 1}))
                    .await
                    .map(drop),
            ),
            ("set-up link", account::setup::link(sereno).await.map(drop)),
        ]
    }

    async fn by_code(&self) -> Result<()> {
        let command = VerifyLoginCode {
            identifier: Some("ana".to_owned()),
            code: Some(login_code_of(&self.code).as_str().into()),
            ..VerifyLoginCode::default()
        };
        let done = login::by_code_for_application(&self.test.sereno, &self.test.meta(), command).await;
        done.map(drop)
    }

    async fn by_code_link(&self) -> Result<()> {
        let command = VerifyLoginCode {
            token: Some(token_of(&self.code).as_str().into()),
            ..VerifyLoginCode::default()
        };
        let done = login::by_code_with_session(&self.test.sereno, &self.test.meta(), command).await;
        done.map(drop)
    }

    fn all_unavailable(outcomes: Vec<(&'static str, Result<()>)>) {
        for (flow, outcome) in outcomes {
            assert!(matches!(outcome, Err(Error::Unavailable(_))), "{flow}: {outcome:?}");
            assert_eq!(refused(outcome), Code::Unavailable);
        }
    }

    async fn content(&self) -> Vec<Vec<String>> {
        let mut content = Vec::new();
        for table in self.test.tables().await {
            // counters are raised before an attempt and on their own
            if table != "limit_counter" {
                let mut rows = self.test.dump(&table).await;
                rows.sort();
                content.push(rows);
            }
        }
        content
    }

    /// Everything that was refused before works.
    async fn all_well(&self) {
        let meta = self.test.meta();
        token::authenticate(&self.test.sereno, &self.access_token)
            .await
            .unwrap();
        self.by_code().await.unwrap();
        let next = self.test.refresh(&self.refresh_token).await.unwrap();
        self.test.refresh(&next.refresh_token).await.unwrap();
        activate(&self.test.sereno, &meta, by_link(&self.link)).await.unwrap();
        self.test.log_in("bea@example.org").await;
        self.test.sign_up("dora@example.org").await;
        let system = self.test.system().await;
        admin::lock(&self.test.sereno, &meta, &system, &self.id).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_that_somebody_holds_for_too_long() {
    let scene = Scene::new().await;
    let before = scene.content().await;
    let other = scene.test.database.connect().await;
    let holding = other.begin().await.unwrap();
    if scene.test.database.is_sqlite() {
        holding
            .execute_unprepared("UPDATE counter SET value = value")
            .await
            .unwrap();
        // reading goes on
        let actor = token::authenticate(&scene.test.sereno, &scene.access_token)
            .await
            .unwrap();
        profile::me(&scene.test.sereno, &actor).await.unwrap();
    } else {
        for table in [
            "\"user\"",
            "limit_counter",
            "token_family",
            "one_time",
            "session",
            "event",
        ] {
            holding
                .execute_unprepared(&format!("LOCK TABLE {table}"))
                .await
                .unwrap();
        }
    }
    Scene::all_unavailable(scene.every_writer().await);
    holding.rollback().await.unwrap();
    assert_eq!(scene.content().await, before);
    scene.all_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_became_read_only() {
    let scene = Scene::new().await;
    let before = scene.content().await;
    let (on, off) = if scene.test.database.is_sqlite() {
        ("PRAGMA query_only = 1".to_owned(), "PRAGMA query_only = 0".to_owned())
    } else {
        let name = scene.test.column("SELECT current_database()::text").await.remove(0);
        let set = |value: &str| format!("ALTER DATABASE {name} SET default_transaction_read_only = {value}");
        (set("on"), format!("BEGIN READ WRITE; {}; COMMIT", set("off")))
    };
    scene.test.execute(&on).await;
    if !scene.test.database.is_sqlite() {
        hang_up(&scene.test).await;
    }
    Scene::all_unavailable(scene.every_writer().await);
    let actor = token::authenticate(&scene.test.sereno, &scene.access_token)
        .await
        .unwrap();
    profile::me(&scene.test.sereno, &actor).await.unwrap();
    assert_eq!(scene.content().await, before);
    scene.test.execute(&off).await;
    if !scene.test.database.is_sqlite() {
        hang_up(&scene.test).await;
    }
    scene.all_well().await;
}

/// Ends every connection but the one that asks.
async fn hang_up(test: &TestSereno) {
    let other = test.database.connect().await;
    let all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    other.execute_unprepared(all).await.unwrap();
    other.close().await.unwrap();
}

/// A full disk: what was acknowledged is there, what was not is not, and nothing lies in between.
#[tokio::test]
async fn a_disk_that_is_full() {
    let test = TestSereno::with(|config| config.limit.mails_per_recipient = 0).await;
    if !test.database.is_sqlite() {
        return;
    }
    let pages: u64 = test.column("PRAGMA page_count").await[0].parse().unwrap();
    test.execute(&format!("PRAGMA max_page_count = {}", pages + 4)).await;
    let (mut accepted, mut refused) = (0, 0);
    for number in 0..200 {
        match register(&test, &format!("user{number}@example.org")).await {
            Ok(()) => accepted += 1,
            Err(Error::Unavailable(_)) => refused += 1,
            Err(error) => panic!("{error:?}"),
        }
        if refused > 5 {
            break;
        }
    }
    assert!(accepted > 0 && refused > 0, "{accepted} {refused}");
    for table in ["\"user\"", "user_email", "email_message", "job", "event"] {
        assert_eq!(test.count(table).await, accepted, "{table}");
    }
    assert_eq!(test.column("PRAGMA integrity_check").await, ["ok"]);
    test.execute("PRAGMA max_page_count = 1000000").await;
    // SQLite has undone a transaction by itself: what is acknowledged from now on must not be a part of it
    for number in 0..5 {
        register(&test, &format!("later{number}@example.org")).await.unwrap();
    }
    let there = test.another().await;
    assert_eq!(
        there.count("\"user\"").await,
        accepted + 5,
        "another process sees what was acknowledged"
    );
    register(&there, "last@example.org").await.unwrap();
    assert_eq!(test.mails().await.len(), accepted + 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_were_cut_are_made_anew() {
    let scene = Scene::new().await;
    if scene.test.database.is_sqlite() {
        return;
    }
    hang_up(&scene.test).await;
    scene.all_well().await;
    // in the middle of a unit of work: nothing of it happened
    let (sereno, test) = (&scene.test.sereno, &scene.test);
    let events = test.count("event").await;
    let mut tx = sereno.begin(&RequestMeta::default(), &Actor::System).await.unwrap();
    tx.db()
        .execute_unprepared("UPDATE counter SET value = 1000")
        .await
        .unwrap();
    tx.record(Event::new(EventKind::LoggedIn));
    hang_up(test).await;
    assert_eq!(refused(tx.commit().await), Code::Unavailable);
    assert_eq!(
        (
            test.count("event").await,
            test.count("counter WHERE value = 1000").await
        ),
        (events, 0)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_gone_and_comes_back() {
    let scene = Scene::new().await;
    if scene.test.database.is_sqlite() {
        return;
    }
    let before = scene.content().await;
    let name = scene.test.column("SELECT current_database()::text").await.remove(0);
    let elsewhere = TestSereno::new().await;
    elsewhere
        .execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        .await;
    elsewhere
        .execute(&format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        ))
        .await;
    Scene::all_unavailable(scene.every_writer().await);
    assert!(matches!(scene.test.sereno.db.ping().await, Err(Error::Unavailable(_))));
    assert!(matches!(
        jobs::run_due(&scene.test.sereno).await,
        Err(Error::Unavailable(_))
    ));
    let started = scene.test.try_another(|_| (), None).await.map(drop);
    assert!(matches!(started, Err(Error::Unavailable(_))), "{started:?}");
    elsewhere
        .execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
        .await;
    scene.test.sereno.db.ping().await.unwrap();
    assert_eq!(scene.content().await, before);
    scene.all_well().await;
}

#[tokio::test]
async fn a_place_that_cannot_hold_a_database() {
    let test = TestSereno::new().await;
    let file = test.database.folder().join("file");
    std::fs::write(&file, "x").unwrap();
    let started = test
        .try_another(
            |config| {
                config.general.data = file.join("data").to_string_lossy().into_owned();
                config.database.url = "".into();
            },
            None,
        )
        .await
        .map(drop);
    assert!(matches!(started, Err(Error::Unavailable(_))), "{started:?}");
    let started = test
        .try_another(
            |config| config.database.url = format!("sqlite:{}/x/y.db", file.display()).into(),
            None,
        )
        .await
        .map(drop);
    assert!(matches!(started, Err(Error::Unavailable(_))), "{started:?}");
    let started = test
        .try_another(
            |config| config.database.url = "postgres://nobody@127.0.0.1:1/x".into(),
            None,
        )
        .await
        .map(drop);
    assert!(matches!(started, Err(Error::Unavailable(_))), "{started:?}");
}

/// More work than the hashing pool takes: refused at once with a time to wait, and nothing is written.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn more_hashes_than_can_wait() {
    let test = TestSereno::with(|config| {
        config.password.threads = 1;
        config.password.queue = 1;
        config.password.memory_kib = 65_536;
        config.limit.login_per_account_and_address = 0;
    })
    .await;
    test.user("ana").await;
    let test = Arc::new(test);
    let tasks: Vec<_> = (0..24)
        .map(|_| {
            let test = Arc::clone(&test);
            tokio::spawn(async move {
                login::for_application(&test.sereno, &test.meta(), test.credentials("ana", PASSWORD)).await
            })
        })
        .collect();
    let (mut accepted, mut overloaded) = (0, 0);
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => accepted += 1,
            Err(Error::Refused {
                code: Code::Overloaded,
                retry_after: Some(1),
                ..
            }) => overloaded += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(accepted > 0 && overloaded > 0, "{accepted} {overloaded}");
    assert_eq!(test.count("token_family").await, accepted);
}

/// Callers who go away at any moment leave no transaction open and no lock held.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn callers_who_go_away_leave_nothing_open() {
    let test = Arc::new(TestSereno::with(|config| config.limit.mails_per_recipient = 0).await);
    for round in 0..300_u64 {
        let flow = {
            let test = Arc::clone(&test);
            tokio::spawn(async move { register(&test, &format!("user{}@example.org", round % 7)).await })
        };
        tokio::time::sleep(std::time::Duration::from_micros(round * 20)).await;
        flow.abort();
        if let Ok(outcome) = flow.await {
            outcome.unwrap();
        }
    }
    // and in the very moment in which a transaction begins
    let observer = test.database.connect().await;
    for round in 0..200_u64 {
        let beginning = {
            let test = Arc::clone(&test);
            tokio::spawn(async move {
                loop {
                    drop(
                        test.sereno
                            .begin(&RequestMeta::default(), &Actor::System)
                            .await
                            .unwrap(),
                    );
                }
            })
        };
        tokio::time::sleep(std::time::Duration::from_micros(500 + round * 11)).await;
        beginning.abort();
        let _ = beginning.await;
        nothing_is_open(&observer).await;
    }
    if test.database.is_sqlite() {
        assert_eq!(test.column("PRAGMA integrity_check").await, ["ok"]);
    }
    let accounts = test.count("\"user\"").await;
    assert_eq!(test.count("user_email").await, accounts);
    assert_eq!(test.count("email_message").await, test.count("job").await);
    test.sign_up("last@example.org").await;
}

/// No connection but the observer's is in a transaction, or will not be in a moment.
async fn nothing_is_open(observer: &sea_orm::DatabaseConnection) {
    if observer.get_database_backend() != sea_orm::DbBackend::Postgres {
        return;
    }
    let open =
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    let begin = std::time::Instant::now();
    loop {
        let open = sea_orm::Statement::from_string(sea_orm::DbBackend::Postgres, open);
        if observer.query_all_raw(open).await.unwrap().is_empty() {
            return;
        }
        assert!(
            begin.elapsed() < std::time::Duration::from_secs(30),
            "a transaction stays open"
        );
        tokio::task::yield_now().await;
    }
}

/// When there is no room SQLite may undo a whole transaction by itself. Whoever counted on it being open must not take
/// everybody's later changes for a part of it: they would be answered, and never be committed.
#[tokio::test]
async fn a_transaction_that_sqlite_undid_itself() {
    let test = TestSereno::new().await;
    if !test.database.is_sqlite() {
        return;
    }
    test.user("ana").await;
    let tokens = test.log_in("ana").await;
    let tx = test
        .sereno
        .begin(&RequestMeta::default(), &Actor::System)
        .await
        .unwrap();
    tx.db().execute_unprepared("ROLLBACK").await.unwrap();
    assert!(tx.commit().await.is_err(), "nothing is acknowledged");
    // and one that ends without a commit
    let tx = test.sereno.begin(&RequestMeta::default(), &Actor::System).await;
    drop(tx.unwrap());
    register(&test, "ben@example.org").await.unwrap();
    test.refresh(&tokens.refresh_token).await.unwrap();
    let there = test.another().await;
    assert_eq!(there.count("\"user\"").await, 2, "another process sees it");
    assert_eq!(there.count("token_family WHERE generation = 2").await, 1);
    register(&there, "cleo@example.org").await.unwrap();
}

//! A whole Sereno for tests, on a throw-away database (a SQLite file, or a database of its own on the PostgreSQL that
//! `SERENO_TEST_POSTGRES` names), with a clock and a mailbox the test holds in its hand.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use sereno_types::Secret;

use crate::boot::{self, World};
use crate::clock::{ManualClock, Moment};
use crate::config::Config;
use crate::context::{RequestMeta, Sereno};
use crate::entropy::SystemEntropy;
use crate::error::Result;
use crate::event::{Event, EventKind, Subscriber};
use crate::jobs;
use crate::notify::transport::MemoryTransport;
use crate::port::mail::OutgoingMail;

/// 2026-01-01T00:00:00Z: where the test's clock starts.
const START: Moment = Moment(1_767_225_600_000_000);

/// Sereno and everything the test holds in its hand.
pub struct TestSereno {
    /// The context.
    pub sereno: Sereno,
    /// The clock; it stands still until the test moves it.
    pub clock: Arc<ManualClock>,
    /// The mailbox.
    pub mail: Arc<MemoryTransport>,
    /// What was published.
    pub events: Arc<Recorder>,
    /// Keeps the database until the test ends.
    pub database: TestDatabase,
}

impl TestSereno {
    /// Sereno with cheap hashing and everything else as it comes.
    pub async fn new() -> Self {
        Self::with(|_| ()).await
    }

    /// Sereno with other settings.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let database = TestDatabase::new().await;
        let mut config = database.config();
        change(&mut config);
        let (clock, mail, events) = (
            Arc::new(ManualClock::new(START)),
            Arc::default(),
            Arc::<Recorder>::default(),
        );
        let world = World {
            clock: clock.clone(),
            entropy: Arc::new(SystemEntropy),
            mail: Arc::clone(&mail) as _,
            subscribers: vec![events.clone()],
        };
        let sereno = boot::start(config, world).await.unwrap_or_else(|error| fail(&error));
        Self {
            sereno,
            clock,
            mail,
            events,
            database,
        }
    }

    /// Moves the clock.
    pub fn advance(&self, span: Duration) {
        self.clock.advance(span);
    }

    /// Works everything that is due and gives the mails sent meanwhile.
    pub async fn mails(&self) -> Vec<OutgoingMail> {
        let before = self.mail.sent().len();
        jobs::run_due(&self.sereno).await.unwrap_or_else(|error| fail(&error));
        self.mail.sent().split_off(before)
    }

    /// A request from somewhere.
    #[must_use]
    pub fn meta(&self) -> RequestMeta {
        RequestMeta {
            address: Some(std::net::Ipv4Addr::new(192, 0, 2, 1).into()),
            user_agent: Some("test".to_owned()),
            request_id: Some("test-request".to_owned()),
            ..RequestMeta::default()
        }
    }
}

/// Everything that was published.
#[derive(Default)]
pub struct Recorder(Mutex<Vec<Event>>);

impl Recorder {
    /// The kinds, in order.
    pub fn kinds(&self) -> Vec<EventKind> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .map(|event| event.kind)
            .collect()
    }

    /// How many of a kind.
    pub fn count(&self, kind: EventKind) -> usize {
        self.kinds().into_iter().filter(|found| *found == kind).count()
    }
}

impl Subscriber for Recorder {
    fn published(&self, event: &Event) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(event.clone());
    }
}

/// A database of its own for one test, gone when the test ends.
pub struct TestDatabase {
    folder: std::path::PathBuf,
    postgres: Option<(String, String)>,
}

impl TestDatabase {
    /// Makes it.
    pub async fn new() -> Self {
        let name = format!("sereno_test_{}", unique());
        let folder = std::env::temp_dir().join(&name);
        std::fs::create_dir_all(&folder).unwrap_or_else(|error| fail(&error));
        let postgres = match std::env::var("SERENO_TEST_POSTGRES") {
            Ok(server) if !server.is_empty() => {
                let admin = connect(&format!("{server}/postgres"))
                    .await
                    .unwrap_or_else(|error| fail(&error));
                let made = admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await;
                made.unwrap_or_else(|error| fail(&error));
                Some((server, name))
            }
            _ => None,
        };
        Self { folder, postgres }
    }

    /// Settings that use it, with cheap hashing.
    #[must_use]
    pub fn config(&self) -> Config {
        let mut config = Config::default();
        config.general.data = self.folder.to_string_lossy().into_owned();
        config.password.memory_kib = 64;
        config.password.iterations = 1;
        config.limit.requests_per_address = 0;
        if let Some((server, name)) = &self.postgres {
            config.database.url = Secret::new(format!("{server}/{name}"));
            config.database.max_connections = 4;
        }
        config
    }

    /// The folder of the test.
    #[must_use]
    pub fn folder(&self) -> &std::path::Path {
        &self.folder
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // databases on the test server go with the server
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

async fn connect(url: &str) -> Result<DatabaseConnection> {
    Ok(Database::connect(url).await?)
}

fn unique() -> String {
    let entropy: &dyn crate::entropy::Entropy = &SystemEntropy;
    entropy
        .id(START)
        .map_or_else(|error| fail(&error), |id| id.simple().to_string())
}

#[expect(clippy::panic, reason = "a test that cannot be set up has failed")]
fn fail<T>(error: &dyn std::fmt::Display) -> T {
    panic!("the test could not be set up: {error}")
}

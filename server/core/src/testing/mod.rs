//! A whole Sereno for tests, on a throw-away database (a SQLite file, or a database of its own on the PostgreSQL that
//! `SERENO_TEST_POSTGRES` names), with a clock and a mailbox the test holds in its hand.

mod client;
mod database;
mod fcm;
mod people;
mod provider;
mod recorder;
mod template;

use std::sync::Arc;
use std::time::Duration;

pub use client::{Client, called, claims_of, pair_of, part_of, profile_of, register};
pub use database::TestDatabase;
pub use fcm::FakeFcm;
pub use people::{PASSWORD, Pair, by_code, by_link, code_of, login_code_of, refused, refused_fields, token_of};
pub use provider::{CLIENT, FakeProvider, Says, Signing};
pub use recorder::{Recorder, Statements};

use crate::boot::{self, World};
use crate::clock::{ManualClock, Moment};
use crate::config::Config;
use crate::context::{RequestMeta, Sereno};
use crate::entropy::SystemEntropy;
use crate::error::Result;
use crate::jobs;
use crate::notify::transport::MemoryTransport;
use crate::port::mail::{MailTransport, OutgoingMail};

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
    /// What was asked of the database.
    pub statements: Arc<Statements>,
    /// Keeps the database until the test ends.
    pub database: Arc<TestDatabase>,
}

impl TestSereno {
    /// Sereno with cheap hashing and everything else as it comes.
    pub async fn new() -> Self {
        Self::with(|_| ()).await
    }

    /// Sereno with other settings.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let database = Arc::new(TestDatabase::new().await);
        let mut config = database.config();
        change(&mut config);
        let started = Self::start(
            database,
            config,
            Arc::new(ManualClock::new(START)),
            Arc::default(),
            None,
        )
        .await;
        started.unwrap_or_else(|error| fail(&error))
    }

    /// Another process on the same database, with the same settings, clock and mailbox, and a memory of its own.
    pub async fn another(&self) -> Self {
        let started = self.try_another(|_| (), None).await;
        started.unwrap_or_else(|error| fail(&error))
    }

    /// Another process with other settings or another way for mails to leave; or why it does not start.
    ///
    /// # Errors
    /// Those of [`boot::start`].
    pub async fn try_another(
        &self,
        change: impl FnOnce(&mut Config),
        transport: Option<Arc<dyn MailTransport>>,
    ) -> Result<Self> {
        let mut config = self.sereno.config.clone();
        change(&mut config);
        let (database, clock, mail) = (
            Arc::clone(&self.database),
            Arc::clone(&self.clock),
            Arc::clone(&self.mail),
        );
        Self::start(database, config, clock, mail, transport).await
    }

    async fn start(
        database: Arc<TestDatabase>,
        config: Config,
        clock: Arc<ManualClock>,
        mail: Arc<MemoryTransport>,
        transport: Option<Arc<dyn MailTransport>>,
    ) -> Result<Self> {
        let (events, statements) = (Arc::<Recorder>::default(), Arc::<Statements>::default());
        let told = Arc::clone(&statements);
        let world = World {
            clock: clock.clone(),
            entropy: Arc::new(SystemEntropy),
            mail: transport.unwrap_or_else(|| mail.clone()),
            push: None,
            subscribers: vec![events.clone()],
            probe: Some(Arc::new(move |sql| told.add(sql))),
        };
        let sereno = boot::start(config, world).await?;
        statements.take();
        Ok(Self {
            sereno,
            clock,
            mail,
            events,
            statements,
            database,
        })
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

/// Holds a generated document against the one in `docs/`; with `SERENO_BLESS=1` in the environment it is written there
/// instead.
#[track_caller]
pub fn checked_in(name: &str, generated: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs")
        .join(name);
    if std::env::var_os("SERENO_BLESS").is_some() {
        std::fs::write(&path, generated).unwrap_or_else(|error| fail(&error));
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    if found != generated {
        fail::<()>(&format!(
            "docs/{name} is not what the code says; run the tests once with SERENO_BLESS=1"
        ));
    }
}

#[track_caller]
#[expect(clippy::panic, reason = "a test that cannot go on has failed")]
fn fail<T>(error: &dyn std::fmt::Display) -> T {
    panic!("the test cannot go on: {error}")
}

//! The context that every flow is given: database, configuration, clock, randomness, hasher, keys, ports, limiter and
//! subscribers, in one value that is cheap to clone. Knows no flow.

mod actor;
mod cache;
mod db;
pub mod delay;
mod deliver_event;
pub mod freshness;
mod gathering;
mod job;
pub mod keys;
pub mod limiter;
mod tx;
mod version;

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::oneshot;
use uuid::Uuid;

pub use actor::{Actor, Caller, RequestMeta, Staff, Via};
pub use cache::{Application, ApplicationIndex, Cache, FamilySnapshot, TokenSnapshot, UserSnapshot};
pub use db::{Db, Probe, tidy, without_nul};
pub use deliver_event::DeliverEvent;
pub use gathering::{Duty, Gathering};
pub use job::{Failure, Job};
pub use tx::Tx;

use crate::clock::{Clock, Moment};
use crate::config::Config;
use crate::crypto::keys::KeyRing;
use crate::crypto::password::Hasher;
use crate::entity::token_family;
use crate::entropy::Entropy;
use crate::error::Result;
use crate::event::{Event, EventKind, Subscriber};
use crate::hook::HttpHook;
use crate::intent::{Intent, IntentKind};
use crate::net::{Documents, Outbound};
use crate::port::mail::MailTransport;
use crate::port::push::PushSender;

/// Everything a flow may reach. Made by `boot`, or by `testing`.
#[derive(Clone)]
pub struct Sereno(Arc<Parts>);

/// What the context consists of.
pub struct Parts {
    /// What was configured.
    pub config: Config,
    /// Rows.
    pub db: Db,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Password hashing.
    pub hasher: Hasher,
    /// Keys, opened.
    pub keys: KeyRing,
    /// Outgoing mail.
    pub mail: Arc<dyn MailTransport>,
    /// Mail servers of projects, with the connections that are open to them.
    pub project_transports: Mutex<HashMap<Uuid, ProjectTransport>>,
    /// Outgoing notifications to devices, where a service is set up.
    pub push: Option<Arc<dyn PushSender>>,
    /// Who is asked before something happens, and hears of events.
    pub subscribers: Vec<Arc<dyn Subscriber>>,
    /// The operator's server that is told of events by jobs; among the subscribers too, to be asked.
    pub hook: Option<Arc<HttpHook>>,
    /// The way out to whom administrators and providers name.
    pub outbound: Outbound,
    /// Documents of providers, such as their keys.
    pub documents: Documents,
    /// What is remembered of users, token families and access tokens between two requests.
    pub cache: Cache,
    /// Counters per client address.
    pub addresses: limiter::Addresses,
    /// Counters per application.
    pub applications: limiter::PerMinute<Uuid>,
    /// Refresh tokens that wait for their successors.
    pub rotations: Gathering<Rotation>,
    /// Places to unpack a picture in.
    pub pictures: Arc<tokio::sync::Semaphore>,
    /// Rung when a job was queued in this process.
    pub job_bell: tokio::sync::Notify,
}

/// The mail server of a project, while its address is fresh.
pub struct ProjectTransport {
    /// When what it was made of was changed last.
    pub of: Moment,
    /// When its address was looked up.
    pub found_at: Moment,
    /// It.
    pub transport: Arc<dyn MailTransport>,
}

/// A refresh token that was presented and wants its successor.
pub struct Rotation {
    /// The family.
    pub family: Uuid,
    /// Its place in the line.
    pub generation: i64,
    /// Through which application.
    pub application_id: Uuid,
    /// How long the successor may stay unused.
    pub idle: Duration,
    /// Where the request came from.
    pub meta: RequestMeta,
    /// The family's row after the rotation; nothing when the token was not the latest of an open family.
    pub answer: oneshot::Sender<Result<Option<token_family::Model>>>,
}

impl Rotation {
    /// Whether both are of one refresh token, through one application: who names another one gets nothing, and takes nothing
    /// from those who name the right one.
    #[must_use]
    pub fn is_of(&self, other: &Self) -> bool {
        self.family == other.family
            && self.generation == other.generation
            && self.application_id == other.application_id
    }

    /// Whether this is the family after this rotation.
    #[must_use]
    pub fn is_before(&self, family: &token_family::Model) -> bool {
        family.id == self.family
            && family.generation == self.generation + 1
            && family.application_id == self.application_id
    }
}

impl Sereno {
    /// Puts the parts together.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// The moment it is.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.clock.now()
    }

    /// A new id.
    pub fn new_id(&self) -> Result<Uuid> {
        Ok(self.entropy.id(self.now())?)
    }

    /// Counts a step of this kind from the client's address, as most of them are limited.
    ///
    /// # Errors
    /// `too_many_requests`.
    pub fn limit_address(&self, what: &'static str, meta: &RequestMeta) -> Result<()> {
        let most = self.config.limit.requests_per_address;
        let counted = self.addresses.count(what, meta.address, most, self.now());
        counted.map_or(Ok(()), |counted| meta.allowance.note(what, counted))
    }

    /// An absolute link to one of our pages.
    #[must_use]
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.config.public_url())
    }

    /// Whether anybody wants to be asked before this happens: spares look-ups that serve nothing else.
    #[must_use]
    pub fn is_asked(&self, kind: IntentKind) -> bool {
        self.subscribers.iter().any(|subscriber| subscriber.wants(kind))
    }

    /// Asks everybody who wants to be asked, one after another, before anything is written: what is slow and remote stays
    /// outside of the transaction.
    ///
    /// # Errors
    /// The first refusal (`refused_by_hook`), or `unavailable` when somebody who must be asked cannot be.
    pub async fn intend(&self, meta: &RequestMeta, mut intent: Intent) -> Result<()> {
        if !self.is_asked(intent.kind) {
            return Ok(());
        }
        (intent.id, intent.at) = (self.new_id()?, self.now());
        intent.address = meta.address;
        intent.user_agent.clone_from(&meta.user_agent);
        intent.request_id.clone_from(&meta.request_id);
        for subscriber in &self.subscribers {
            if subscriber.wants(intent.kind) {
                subscriber.before(&intent).await?;
            }
        }
        Ok(())
    }

    /// Whether the operator's server is told of events of this kind, which takes a job in their transaction.
    pub(crate) fn delivers(&self, kind: EventKind) -> bool {
        self.hook.as_ref().is_some_and(|hook| hook.is_told_of(kind))
    }

    /// Tells everybody of what was committed, or needed no transaction because it is not written down.
    pub fn tell(&self, event: &Event) {
        for subscriber in &self.subscribers {
            subscriber.published(event);
        }
    }

    /// Opens a unit of work on behalf of `actor`.
    pub async fn begin(&self, meta: &RequestMeta, actor: &Actor) -> Result<Tx> {
        Tx::begin(self, meta, actor).await
    }
}

impl Deref for Sereno {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

//! A unit of work: rows, events and queued jobs commit together or not at all (the transactional outbox). Nothing remote
//! happens inside.

use std::time::Duration;

use sea_orm::{ActiveValue::Set, DatabaseTransaction, EntityTrait};
use tracing::Instrument;
use uuid::Uuid;

use super::{Actor, DeliverEvent, Job, RequestMeta, Sereno};
use crate::clock::Moment;
use crate::entity::{event as event_row, job as job_row};
use crate::error::{Error, Result};
use crate::event::Event;

/// The priority of most jobs.
const FIRST: i64 = 0;
/// The priority of what nobody waits for.
const LAST: i64 = 1;

/// An open unit of work. Dropping it undoes everything.
pub struct Tx {
    sereno: Sereno,
    db: DatabaseTransaction,
    meta: RequestMeta,
    actor: Actor,
    now: Moment,
    events: Vec<Event>,
    jobs: Vec<job_row::ActiveModel>,
    touched: Vec<Uuid>,
}

impl Tx {
    pub(super) async fn begin(sereno: &Sereno, meta: &RequestMeta, actor: &Actor) -> Result<Self> {
        Ok(Self {
            sereno: sereno.clone(),
            db: sereno.db.begin().await?,
            meta: meta.clone(),
            actor: *actor,
            now: sereno.now(),
            events: Vec::new(),
            jobs: Vec::new(),
            touched: Vec::new(),
        })
    }

    /// The connection that statements of this unit run on.
    #[must_use]
    pub const fn db(&self) -> &DatabaseTransaction {
        &self.db
    }

    /// The moment of the whole unit.
    #[must_use]
    pub const fn now(&self) -> Moment {
        self.now
    }

    /// Where the request came from.
    #[must_use]
    pub const fn meta(&self) -> &RequestMeta {
        &self.meta
    }

    /// Who acts.
    #[must_use]
    pub const fn actor(&self) -> &Actor {
        &self.actor
    }

    /// From now on somebody else acts: the user who was just proven.
    pub const fn act_as(&mut self, actor: Actor) {
        self.actor = actor;
    }

    /// From now on nothing of the client is written: who acts is being forgotten.
    pub fn forget_client(&mut self) {
        (self.meta.address, self.meta.user_agent) = (None, None);
    }

    /// Something happened; written, where its kind is, and told when the unit commits.
    pub fn record(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Asks for work after the commit.
    pub fn enqueue<J: Job>(&mut self, job: &J) -> Result<()> {
        self.enqueue_in(job, Duration::ZERO)
    }

    /// Asks for work some time after the commit.
    pub fn enqueue_in<J: Job>(&mut self, job: &J, delay: Duration) -> Result<()> {
        self.enqueue_as(job, delay, FIRST)
    }

    /// Asks for work that everything else which is due goes before.
    pub fn enqueue_last<J: Job>(&mut self, job: &J) -> Result<()> {
        self.enqueue_as(job, Duration::ZERO, LAST)
    }

    fn enqueue_as<J: Job>(&mut self, job: &J, delay: Duration, priority: i64) -> Result<()> {
        self.jobs.push(job_row::ActiveModel {
            id: Set(self.sereno.new_id()?),
            name: Set(J::NAME.to_owned()),
            payload: Set(serde_json::to_value(job).map_err(Error::internal)?),
            state: Set("queued".to_owned()),
            attempts: Set(0),
            priority: Set(priority),
            run_at: Set(self.now.plus(delay)),
            lease_until: Set(None),
            last_error: Set(None),
            created_at: Set(self.now),
            finished_at: Set(None),
        });
        Ok(())
    }

    /// What is remembered of this user or token family is no longer true once the unit commits.
    pub fn touch(&mut self, id: Uuid) {
        self.touched.push(id);
    }

    /// Commits rows, events and jobs, then tells the subscribers.
    ///
    /// # Errors
    /// When the database refuses: nothing has happened then.
    pub async fn commit(mut self) -> Result<()> {
        let mut rows = Vec::with_capacity(self.events.len());
        let mut deliveries = Vec::new();
        for event in self.events.iter().filter(|event| event.kind.is_written()) {
            let event_id = self.sereno.new_id()?;
            rows.push(self.row(event_id, event));
            if self.sereno.delivers(event.kind) {
                deliveries.push(DeliverEvent { event_id });
            }
        }
        for delivery in &deliveries {
            self.enqueue(delivery)?;
        }
        if !rows.is_empty() {
            event_row::Entity::insert_many(rows)
                .exec_without_returning(&self.db)
                .await?;
        }
        let rings = !self.jobs.is_empty();
        if rings {
            job_row::Entity::insert_many(self.jobs)
                .exec_without_returning(&self.db)
                .await?;
        }
        if !self.touched.is_empty() {
            super::freshness::announce(&self.db, &self.touched).await?;
            // before the commit too: whoever reads in between puts the old row back, and is corrected after it
            self.sereno.cache.forget(&self.touched);
        }
        // in a task of its own: a caller who goes away in the middle must not leave a change that nobody is told of
        let telling =
            tokio::spawn(Self::conclude(self.sereno, self.db, self.touched, self.events, rings).in_current_span());
        telling.await.map_err(Error::internal)?
    }

    async fn conclude(
        sereno: Sereno,
        db: DatabaseTransaction,
        touched: Vec<Uuid>,
        events: Vec<Event>,
        rings: bool,
    ) -> Result<()> {
        let committed = db.commit().await;
        // whatever came of it: an answer that got lost does not mean that nothing happened
        sereno.cache.forget(&touched);
        committed?;
        for event in &events {
            sereno.tell(event);
        }
        if rings {
            sereno.job_bell.notify_waiters();
        }
        Ok(())
    }

    fn row(&self, id: Uuid, event: &Event) -> event_row::ActiveModel {
        let meta = &self.meta;
        event_row::ActiveModel {
            id: Set(id),
            at: Set(self.now),
            name: Set(event.kind.as_str().to_owned()),
            outcome: Set(event.outcome().to_owned()),
            code: Set(event.code.map(|code| code.as_str().to_owned())),
            actor_kind: Set(self.actor.kind().to_owned()),
            actor_id: Set(self.actor.id()),
            user_id: Set(event.user_id),
            application_id: Set(event.application_id),
            session_id: Set(event.session_id),
            address: Set(meta.address.map(|address| address.to_string())),
            user_agent: Set(meta.user_agent.clone()),
            request_id: Set(meta.request_id.clone()),
            detail: Set(serde_json::Value::Object(event.detail.clone())),
        }
    }
}

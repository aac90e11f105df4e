//! An announcement leaves: its recipients are walked through in pages, each written in one transaction with its place, so
//! that whoever goes on after a crash goes on there. No more is written than the outbox has room for, and what is written
//! comes after every other job: nobody waits for a code because of it.

use std::time::Duration;

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use sereno_types::{AnnouncementState, Code, Locale, MessageState};
use uuid::Uuid;

use super::audience::{self, Recipient};
use super::{about, state};
use crate::context::{Actor, Failure, Job, RequestMeta, Sereno, Tx};
use crate::entity::announcement::{Column, Entity, Model};
use crate::entity::email_message;
use crate::error::{Error, Result};
use crate::event::EventKind;
use crate::notify::{self, ANNOUNCEMENT, NewRow};

/// Recipients of one transaction.
const PAGE: u64 = 250;
/// So many mails that were not tried yet may wait before no more are written.
const FRESH_MAX: u64 = 500;
/// So many that wait at all: while no mail server takes any, the queue does not grow without end.
const OPEN_MAX: u64 = 2_000;
/// How long it waits for room, or for its last mails.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How long it waits for mails that staff holds back.
const HELD_BACK: Duration = Duration::from_secs(15);
/// So many pages one attempt of the job writes, to end well before its lease does.
const PAGES_AT_ONCE: u32 = 8;

/// Sends an announcement, until nothing of it is left.
#[derive(Debug, Serialize, Deserialize)]
pub struct SendAnnouncement {
    /// Which.
    pub announcement_id: Uuid,
    /// The run that it is of: once the announcement was stopped, it is of none.
    pub run: i64,
}

impl Job for SendAnnouncement {
    const NAME: &'static str = "send_announcement";

    async fn run(self, sereno: &Sereno) -> Result<(), Failure> {
        for _ in 0..PAGES_AT_ONCE {
            let Some(row) = self.row(sereno).await? else {
                return Ok(());
            };
            match state(&row) {
                AnnouncementState::Scheduled => {
                    let at = row.send_at.unwrap_or(row.updated_at);
                    if at > sereno.now() {
                        return Err(Failure::Wait(at.since(sereno.now())));
                    }
                    begin(sereno, &row).await?;
                }
                AnnouncementState::Sending if row.walked_at.is_none() => {
                    if !has_room(sereno, &row).await? {
                        return Err(Failure::Wait(LOOK_AGAIN));
                    }
                    write(sereno, &row).await?;
                }
                AnnouncementState::Sending => {
                    if waiting(&row).count(sereno.db.write()).await? > 0 {
                        return Err(Failure::Wait(LOOK_AGAIN));
                    }
                    if held(&row).count(sereno.db.write()).await? > 0 {
                        return Err(Failure::Wait(HELD_BACK));
                    }
                    end(sereno, &row).await?;
                }
                _ => return Ok(()),
            }
        }
        Err(Failure::Wait(Duration::ZERO))
    }

    async fn given_up(self, sereno: &Sereno) -> Result<()> {
        let Some(row) = self.row(sereno).await? else {
            return Ok(());
        };
        let mut tx = sereno.begin(&RequestMeta::default(), &Actor::System).await?;
        if moved(&tx, &row, AnnouncementState::Paused).await? {
            let mut event = about(EventKind::AnnouncementPaused, &row);
            event.code = Some(Code::Unavailable);
            tx.record(event);
        }
        tx.commit().await
    }
}

impl SendAnnouncement {
    async fn row(&self, sereno: &Sereno) -> Result<Option<Model>> {
        let found = Entity::find_by_id(self.announcement_id)
            .filter(Column::Run.eq(self.run))
            .one(sereno.db.write())
            .await?;
        Ok(found)
    }
}

/// Into another state, unless somebody else moved it since.
async fn moved(tx: &Tx, row: &Model, to: AnnouncementState) -> Result<bool> {
    let done = Entity::update_many()
        .col_expr(Column::State, Expr::value(to.as_str()))
        .filter(Column::Id.eq(row.id))
        .filter(Column::Run.eq(row.run))
        .filter(Column::State.eq(row.state.as_str()))
        .exec(tx.db())
        .await?;
    Ok(done.rows_affected > 0)
}

/// Its moment has come.
async fn begin(sereno: &Sereno, row: &Model) -> Result<()> {
    let recipients = match audience::count(sereno, row).await {
        Ok(count) => count,
        // the role or the project that it names is gone: nobody is meant any more
        Err(Error::Refused { .. }) => 0,
        Err(error) => return Err(error),
    };
    let mut tx = sereno.begin(&RequestMeta::default(), &Actor::System).await?;
    if moved(&tx, row, AnnouncementState::Sending).await? {
        let count = i64::try_from(recipients).unwrap_or(i64::MAX);
        Entity::update_many()
            .col_expr(Column::Recipients, Expr::value(count))
            .col_expr(Column::StartedAt, Expr::value(tx.now().0))
            .filter(Column::Id.eq(row.id))
            .exec(tx.db())
            .await?;
        tx.record(about(EventKind::AnnouncementStarted, row).with("recipients", recipients));
    }
    tx.commit().await
}

/// Its own mails that are in the queue.
fn waiting(row: &Model) -> sea_orm::Select<email_message::Entity> {
    standing(row, &[MessageState::Queued, MessageState::Sending])
}

/// Its own mails that are held back: they take no room in the queue, but may still leave.
fn held(row: &Model) -> sea_orm::Select<email_message::Entity> {
    standing(row, &[MessageState::Held])
}

fn standing(row: &Model, states: &[MessageState]) -> sea_orm::Select<email_message::Entity> {
    let states = states.iter().map(|state| state.as_str());
    email_message::Entity::find()
        .filter(email_message::Column::AnnouncementId.eq(row.id))
        .filter(email_message::Column::Canonical.is_not_null())
        .filter(email_message::Column::Status.is_in(states))
}

async fn has_room(sereno: &Sereno, row: &Model) -> Result<bool> {
    let db = sereno.db.write();
    let fresh = waiting(row).filter(email_message::Column::Attempts.eq(0));
    Ok(fresh.count(db).await? < FRESH_MAX && waiting(row).count(db).await? < OPEN_MAX)
}

/// Writes one page of mails, unless another worker was there first.
async fn write(sereno: &Sereno, row: &Model) -> Result<()> {
    let some = match audience::page(sereno, row, PAGE).await {
        Ok(some) => some,
        Err(Error::Refused { .. }) => Vec::new(),
        Err(error) => return Err(error),
    };
    let mut tx = sereno.begin(&RequestMeta::default(), &Actor::System).await?;
    let mut taken = Entity::update_many()
        .col_expr(Column::Page, Expr::col(Column::Page).add(1))
        .filter(Column::Id.eq(row.id))
        .filter(Column::Run.eq(row.run))
        .filter(Column::State.eq(AnnouncementState::Sending.as_str()))
        .filter(Column::Page.eq(row.page));
    match some.last() {
        Some(last) => taken = taken.col_expr(Column::Cursor, Expr::value(last.place.as_str())),
        None => taken = taken.col_expr(Column::WalkedAt, Expr::value(tx.now().0)),
    }
    if taken.exec(tx.db()).await?.rows_affected == 0 {
        return Ok(());
    }
    if some.is_empty() {
        audience::forget(&tx, row.id).await?;
    }
    let mails = some.into_iter().map(|recipient| mail(row, recipient)).collect();
    notify::queue_announced(sereno, &mut tx, mails).await?;
    tx.commit().await
}

fn mail(row: &Model, recipient: Recipient) -> NewRow {
    NewRow {
        project_id: row.project_id,
        user_id: recipient.user_id,
        address: recipient.address,
        locale: Locale::from_tag(&row.language).unwrap_or_default(),
        announcement_id: Some(row.id),
        canonical: Some(recipient.canonical),
        ..NewRow::of(ANNOUNCEMENT)
    }
}

/// Nothing of it is left.
async fn end(sereno: &Sereno, row: &Model) -> Result<()> {
    let mut tx = sereno.begin(&RequestMeta::default(), &Actor::System).await?;
    if moved(&tx, row, AnnouncementState::Sent).await? {
        Entity::update_many()
            .col_expr(Column::FinishedAt, Expr::value(tx.now().0))
            .filter(Column::Id.eq(row.id))
            .exec(tx.db())
            .await?;
        tx.record(about(EventKind::AnnouncementSent, row));
    }
    tx.commit().await
}

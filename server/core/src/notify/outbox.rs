//! A mail's way through the outbox: taken up by one worker, handed over, and its outcome written, each step by a statement
//! that only one of several can win. A hand-over that was cut off is known by the mark that it left; a second one ends the
//! mail, so that a worker that dies again and again sends it twice at most.

use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;
use sereno_types::{AttemptOutcome, Code, MessageReason, MessageState, SuppressionCause};
use std::time::Duration;
use uuid::Uuid;

use super::{ANNOUNCEMENT, MailKind, announcement, content};
use crate::clock::Moment;
use crate::context::{Actor, RequestMeta, Sereno, Tx, tidy};
use crate::entity::email_message::{Column, Entity, Model};
use crate::entity::{email_attempt, email_suppression};
use crate::error::Result;
use crate::event::{Event, EventKind};
use crate::identifier;

/// Longest answer of a mail server that is kept.
const ANSWER_MAX: usize = 500;
/// So many hand-overs may be cut off before nobody tries again by themselves.
const INTERRUPTIONS_MAX: i64 = 2;

/// How many rows of the history go at once.
const SWEEP_BATCH: u64 = 1_000;

/// States in which a job still has something to do.
const OPEN: [&str; 2] = [MessageState::Queued.as_str(), MessageState::Sending.as_str()];

/// What a job finds.
pub(super) enum TakenUp {
    /// Nothing to do: it has left, or is not to leave.
    Over,
    /// Somebody else is handing it over; look again after so long.
    Busy(Duration),
    /// A second hand-over was cut off.
    Unknown(Model),
    /// It may leave.
    Ready(Model),
}

/// Looks at the mail that a job is for.
pub(super) async fn take_up(sereno: &Sereno, id: Uuid) -> Result<TakenUp> {
    let found = Entity::find_by_id(id).one(sereno.db.write()).await?;
    let Some(mut message) = found.filter(|message| OPEN.contains(&message.status.as_str())) else {
        return Ok(TakenUp::Over);
    };
    if message.status == MessageState::Queued.as_str() {
        return Ok(TakenUp::Ready(message));
    }
    // an attempt ends before its lease does; only after that is it certain that its worker is gone
    let latest = email_attempt::Entity::find()
        .filter(email_attempt::Column::MessageId.eq(id))
        .order_by_desc(email_attempt::Column::Number)
        .one(sereno.db.write())
        .await?;
    let now = sereno.now();
    let free = latest.map_or(Moment(0), |latest| {
        latest.begun_at.plus(sereno.config.worker.lease.span())
    });
    if free > now {
        return Ok(TakenUp::Busy(free.since(now)));
    }
    message.interrupted += 1;
    if message.interrupted >= INTERRUPTIONS_MAX {
        return Ok(TakenUp::Unknown(message));
    }
    Ok(TakenUp::Ready(message))
}

/// Marks that the mail is being handed over; says whether this worker is the one who does.
pub(super) async fn begin(sereno: &Sereno, message: &mut Model, transport: String) -> Result<bool> {
    let tx = sereno.begin(&RequestMeta::default(), &Actor::System).await?;
    let number = message.attempts + 1;
    let taken = Entity::update_many()
        .col_expr(Column::Status, Expr::value(MessageState::Sending.as_str()))
        .col_expr(Column::Attempts, Expr::value(number))
        .col_expr(Column::Interrupted, Expr::value(message.interrupted))
        .filter(is_as_seen(message))
        .exec(tx.db())
        .await?;
    if taken.rows_affected == 0 {
        return Ok(false);
    }
    close_interrupted(&tx, message.id).await?;
    let attempt = email_attempt::ActiveModel {
        id: Set(sereno.new_id()?),
        message_id: Set(message.id),
        number: Set(number),
        transport: Set(transport),
        outcome: Set(AttemptOutcome::Begun.as_str().to_owned()),
        answer: Set(None),
        begun_at: Set(tx.now()),
        ended_at: Set(None),
    };
    email_attempt::Entity::insert(attempt)
        .exec_without_returning(tx.db())
        .await?;
    tx.commit().await?;
    message.attempts = number;
    MessageState::Sending.as_str().clone_into(&mut message.status);
    Ok(true)
}

/// An attempt that no outcome was written of.
async fn close_interrupted(tx: &Tx, message_id: Uuid) -> Result<()> {
    email_attempt::Entity::update_many()
        .col_expr(
            email_attempt::Column::Outcome,
            Expr::value(AttemptOutcome::Interrupted.as_str()),
        )
        .filter(email_attempt::Column::MessageId.eq(message_id))
        .filter(email_attempt::Column::Outcome.eq(AttemptOutcome::Begun.as_str()))
        .exec(tx.db())
        .await?;
    Ok(())
}

fn is_as_seen(message: &Model) -> Condition {
    Condition::all()
        .add(Column::Id.eq(message.id))
        .add(Column::Status.eq(message.status.as_str()))
        .add(Column::Attempts.eq(message.attempts))
}

/// What became of a mail.
pub(super) struct Outcome {
    state: MessageState,
    reason: Option<MessageReason>,
    /// How the attempt ended, and what was answered; nothing where no transport was asked.
    attempt: Option<(AttemptOutcome, String)>,
    /// What the history tells where no transport answered.
    why: Option<String>,
    /// Whether there is no such mailbox.
    bounced: bool,
}

impl Outcome {
    /// Without asking a transport.
    pub(super) const fn of(state: MessageState, reason: MessageReason) -> Self {
        Self {
            state,
            reason: Some(reason),
            attempt: None,
            why: None,
            bounced: false,
        }
    }

    /// And this is what is to be mended.
    pub(super) fn because(mut self, why: String) -> Self {
        self.why = Some(why);
        self
    }

    /// By what a transport said.
    pub(super) const fn tried(
        state: MessageState,
        reason: Option<MessageReason>,
        outcome: AttemptOutcome,
        answer: String,
    ) -> Self {
        Self {
            state,
            reason,
            attempt: Some((outcome, answer)),
            why: None,
            bounced: false,
        }
    }

    /// And there is no such mailbox.
    pub(super) const fn bounced(mut self) -> Self {
        self.bounced = true;
        self
    }
}

/// A mail that its transport did not look at goes back as if nothing had been begun.
pub(super) async fn step_back(sereno: &Sereno, message: &Model) -> Result<()> {
    let tx = sereno.begin(&RequestMeta::default(), &Actor::System).await?;
    let back = Entity::update_many()
        .col_expr(Column::Status, Expr::value(MessageState::Queued.as_str()))
        .col_expr(Column::Attempts, Expr::value(message.attempts - 1))
        .filter(is_as_seen(message))
        .exec(tx.db())
        .await?;
    if back.rows_affected > 0 {
        email_attempt::Entity::delete_many()
            .filter(email_attempt::Column::MessageId.eq(message.id))
            .filter(email_attempt::Column::Number.eq(message.attempts))
            .exec(tx.db())
            .await?;
    }
    tx.commit().await
}

/// Writes the outcome, unless somebody else has the mail by now.
pub(super) async fn finish(sereno: &Sereno, message: &Model, outcome: Outcome) -> Result<()> {
    let state = outcome.state;
    let mut tx = sereno.begin(&RequestMeta::default(), &Actor::System).await?;
    let answer = match (&outcome.attempt, &outcome.why) {
        (Some((_, answer)), _) | (None, Some(answer)) => Some(tidy(answer, ANSWER_MAX)),
        (None, None) => message.transport_answer.clone(),
    };
    let mut row = crate::entity::email_message::ActiveModel {
        status: Set(state.as_str().to_owned()),
        reason: Set(outcome.reason.map(|reason| reason.as_str().to_owned())),
        transport_answer: Set(answer.clone()),
        sent_at: Set((state == MessageState::Sent).then(|| tx.now())),
        ..Default::default()
    };
    if matches!(state, MessageState::Sent | MessageState::Skipped) {
        row.content_id = Set(None);
    }
    let is_last = matches!(state, MessageState::Sent | MessageState::Failed | MessageState::Skipped);
    let written = if message.mail == MailKind::DeletionDone.as_str() && is_last {
        // the last thing that held the address of somebody who is gone
        let gone = Entity::delete_many().filter(is_as_seen(message)).exec(tx.db()).await?;
        gone.rows_affected
    } else {
        let changed = Entity::update_many()
            .set(row)
            .filter(is_as_seen(message))
            .exec(tx.db())
            .await?;
        changed.rows_affected
    };
    if written == 0 {
        return Ok(());
    }
    match outcome.attempt {
        Some((how, _)) => end_attempt(&tx, message, how, answer.clone()).await?,
        None => close_interrupted(&tx, message.id).await?,
    }
    if let Some(id) = message
        .content_id
        .filter(|_| matches!(state, MessageState::Sent | MessageState::Skipped))
    {
        content::forget(&tx, id).await?;
    }
    if outcome.bounced {
        suppress(sereno, &mut tx, message, answer).await?;
    }
    let event = match state {
        // of a hundred thousand the history tells; the record would hold nothing else
        MessageState::Sent if message.mail == ANNOUNCEMENT => None,
        MessageState::Sent => Some(Event::new(EventKind::EmailSent)),
        MessageState::Failed => Some(Event::refused(EventKind::EmailFailed, Code::Unavailable)),
        _ => None,
    };
    if let Some(event) = event {
        tx.record(about(event, message));
    }
    tx.commit().await
}

/// An event about a mail; addresses stay out of it.
#[must_use]
pub fn about(event: Event, message: &Model) -> Event {
    event
        .about(message.user_id)
        .with("mail", message.mail.as_str())
        .with("message_id", message.id.to_string())
}

async fn end_attempt(tx: &Tx, message: &Model, how: AttemptOutcome, answer: Option<String>) -> Result<()> {
    email_attempt::Entity::update_many()
        .col_expr(email_attempt::Column::Outcome, Expr::value(how.as_str()))
        .col_expr(email_attempt::Column::Answer, Expr::value(answer))
        .col_expr(email_attempt::Column::EndedAt, Expr::value(tx.now().0))
        .filter(email_attempt::Column::MessageId.eq(message.id))
        .filter(email_attempt::Column::Number.eq(message.attempts))
        .exec(tx.db())
        .await?;
    Ok(())
}

/// The address leads nowhere, as the mail server said: nothing more is written to it.
async fn suppress(sereno: &Sereno, tx: &mut Tx, message: &Model, answer: Option<String>) -> Result<()> {
    let canonical = identifier::canonical(&message.recipient);
    // what was written to must be what is listed, else a strange spelling would shut out somebody else
    if message.recipient.trim().to_lowercase() != canonical {
        return Ok(());
    }
    let row = email_suppression::ActiveModel {
        id: Set(sereno.new_id()?),
        canonical: Set(canonical),
        address: Set(message.recipient.clone()),
        cause: Set(SuppressionCause::HardBounce.as_str().to_owned()),
        note: Set(answer),
        created_by: Set(None),
        created_at: Set(tx.now()),
    };
    let kept = sea_orm::sea_query::OnConflict::column(email_suppression::Column::Canonical)
        .do_nothing()
        .to_owned();
    email_suppression::Entity::insert(row)
        .on_conflict(kept)
        .exec_without_returning(tx.db())
        .await?;
    let cause = json!(SuppressionCause::HardBounce.as_str());
    tx.record(about(Event::new(EventKind::AddressSuppressed), message).with("cause", cause));
    Ok(())
}

/// A mail came through to an address that had bounced.
pub(super) async fn lift_bounce(sereno: &Sereno, recipient: &str) -> Result<()> {
    email_suppression::Entity::delete_many()
        .filter(email_suppression::Column::Canonical.eq(identifier::canonical(recipient)))
        .filter(email_suppression::Column::Cause.eq(SuppressionCause::HardBounce.as_str()))
        .exec(sereno.db.write())
        .await?;
    Ok(())
}

/// The job was given up: whatever became of the attempts, there will be no further one.
pub(super) async fn give_up(sereno: &Sereno, id: Uuid) -> Result<()> {
    let found = Entity::find_by_id(id).one(sereno.db.write()).await?;
    let Some(message) = found.filter(|message| OPEN.contains(&message.status.as_str())) else {
        return Ok(());
    };
    let outcome = Outcome::of(MessageState::Failed, MessageReason::AttemptsExhausted);
    finish(sereno, &message, outcome).await
}

/// Sweeps away the history that is old enough; what may still leave stays, and so does what staff holds back.
pub(super) async fn sweep(sereno: &Sereno) -> Result<()> {
    let days = sereno.config.mail.history_days;
    let old = sereno.now().minus(Duration::from_hours(24 * days));
    let kept = [
        MessageState::Queued.as_str(),
        MessageState::Sending.as_str(),
        MessageState::Held.as_str(),
    ];
    // in batches: SQLite has one writer, and somebody may be waiting to sign in
    loop {
        let ids: Vec<Uuid> = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::CreatedAt.lt(old))
            .filter(Column::Status.is_not_in(kept))
            .limit(SWEEP_BATCH)
            .into_tuple()
            .all(sereno.db.read())
            .await?;
        if ids.is_empty() {
            return content::sweep(sereno).await;
        }
        let tx = sereno.begin(&RequestMeta::default(), &Actor::System).await?;
        let which = Condition::all()
            .add(Column::Id.is_in(ids))
            .add(Column::Status.is_not_in(kept));
        announcement::forget(&tx, which).await?;
        tx.commit().await?;
    }
}

/// Takes mails out of the queue that wait, or that are held back.
pub(super) async fn take_out(tx: &Tx, which: Condition) -> Result<()> {
    let waiting = [MessageState::Queued.as_str(), MessageState::Held.as_str()];
    Entity::update_many()
        .col_expr(Column::Status, Expr::value(MessageState::Cancelled.as_str()))
        .col_expr(Column::Reason, Expr::value(MessageReason::CancelledByStaff.as_str()))
        .filter(which)
        .filter(Column::Status.is_in(waiting))
        .exec(tx.db())
        .await?;
    Ok(())
}

//! A notification leaves: the device's push token is read, it is handed over, and the outcome is written into the
//! history. Runs at least once: a service that took it and was not heard gets it again.

use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use sereno_types::{Code, PushOutcome, PushReason, PushState, UserState};
use uuid::Uuid;

use super::whom;
use crate::clock::Moment;
use crate::context::{Actor, Failure, Job, RequestMeta, Sereno, Tx, tidy};
use crate::entity::{Hidden, device, push_attempt, push_message, user};
use crate::error::Result;
use crate::event::{Event, EventKind};
use crate::port::push::{OutgoingPush, PushError};

/// Longest answer of a push service that is kept.
const ANSWER_MAX: usize = 500;

/// Delivers one notification of the history.
#[derive(Debug, Serialize, Deserialize)]
pub struct DeliverPush {
    /// The notification's row.
    pub push_id: Uuid,
}

impl Job for DeliverPush {
    const NAME: &'static str = "deliver_push";

    async fn run(self, sereno: &Sereno) -> Result<(), Failure> {
        let Some(message) = waiting(sereno, self.push_id).await? else {
            return Ok(());
        };
        let Some(token) = token(sereno, &message).await? else {
            let outcome = Outcome::of(PushState::Skipped, PushReason::NoLongerWanted);
            return Ok(finish(sereno, &message, outcome, None).await?);
        };
        let Some(sender) = &sereno.push else {
            let outcome = Outcome::of(PushState::Failed, PushReason::NotConfigured);
            finish(sereno, &message, outcome, None).await?;
            return Err(Failure::Never("no push service is set up".to_owned()));
        };
        let push = OutgoingPush {
            token: token.0.clone().into(),
            title: message.title.clone(),
            body: message.body.clone(),
            data: serde_json::from_value(message.data.clone()).unwrap_or_default(),
            channel: message.channel.clone(),
        };
        let begun = sereno.now();
        let error = match sender.send(&push).await {
            Ok(answer) => return Ok(finish(sereno, &message, Outcome::sent(begun, answer), None).await?),
            Err(error) => error,
        };
        let (state, reason, why) = match error {
            PushError::Later(why) => (PushState::Queued, PushReason::TransportAway, why),
            PushError::Unregistered(why) => (PushState::Failed, PushReason::TokenUnregistered, why),
            PushError::SenderMismatch(why) => (PushState::Failed, PushReason::SenderMismatch, why),
            PushError::Never(why) => (PushState::Failed, PushReason::TransportRefused, why),
        };
        let dead = (reason == PushReason::TokenUnregistered).then_some(token);
        finish(sereno, &message, Outcome::refused(begun, state, reason, why), dead).await?;
        match reason {
            PushReason::TransportAway => Err(Failure::Later(
                "the push service did not take it; its answer stands in the history".to_owned(),
            )),
            // an application that was taken off a device is no failure of the queue
            PushReason::TokenUnregistered => Ok(()),
            _ => Err(Failure::Never(
                "the push service refused it; its answer stands in the history".to_owned(),
            )),
        }
    }

    async fn given_up(self, sereno: &Sereno) -> Result<()> {
        let Some(message) = waiting(sereno, self.push_id).await? else {
            return Ok(());
        };
        let outcome = Outcome::of(PushState::Failed, PushReason::AttemptsExhausted);
        finish(sereno, &message, outcome, None).await
    }
}

async fn waiting(sereno: &Sereno, id: Uuid) -> Result<Option<push_message::Model>> {
    let found = push_message::Entity::find_by_id(id).one(sereno.db.read()).await?;
    Ok(found.filter(|message| message.status == PushState::Queued.as_str()))
}

/// Where it goes, while the device is there and its owner, who may sign in, is signed in on it.
async fn token(sereno: &Sereno, message: &push_message::Model) -> Result<Option<Hidden>> {
    let found = device::Entity::find_by_id(message.device_id)
        .find_also_related(user::Entity)
        .filter(whom::signed_in(sereno, sereno.now()))
        .one(sereno.db.read())
        .await?;
    let Some((device, Some(user))) = found else {
        return Ok(None);
    };
    let wanted = user.state() == UserState::Active && user.id == message.user_id;
    Ok(device.firebase_token.filter(|_| wanted))
}

/// What became of a notification.
struct Outcome {
    state: PushState,
    reason: Option<PushReason>,
    /// What the service said, and since when it was asked; nothing where it was not.
    attempt: Option<(Moment, String)>,
}

impl Outcome {
    /// Without asking the service.
    const fn of(state: PushState, reason: PushReason) -> Self {
        Self {
            state,
            reason: Some(reason),
            attempt: None,
        }
    }

    const fn sent(begun: Moment, answer: String) -> Self {
        Self {
            state: PushState::Sent,
            reason: None,
            attempt: Some((begun, answer)),
        }
    }

    const fn refused(begun: Moment, state: PushState, reason: PushReason, answer: String) -> Self {
        Self {
            state,
            reason: Some(reason),
            attempt: Some((begun, answer)),
        }
    }
}

/// Writes it down, and takes a dead token away from its device, unless it has another one by now.
async fn finish(sereno: &Sereno, message: &push_message::Model, outcome: Outcome, dead: Option<Hidden>) -> Result<()> {
    let mut tx = sereno.begin(&RequestMeta::default(), &Actor::System).await?;
    let attempt = outcome
        .attempt
        .map(|(begun, answer)| (begun, tidy(&answer, ANSWER_MAX)));
    let answer = attempt.as_ref().map(|(_, answer)| answer.clone());
    let mut row = push_message::ActiveModel {
        status: Set(outcome.state.as_str().to_owned()),
        reason: Set(outcome.reason.map(|reason| reason.as_str().to_owned())),
        answer: Set(answer.or_else(|| message.answer.clone())),
        attempts: Set(message.attempts + i64::from(attempt.is_some())),
        sent_at: Set((outcome.state == PushState::Sent).then(|| tx.now())),
        ..Default::default()
    };
    // the account may have been deleted meanwhile, and this with it; or another worker was faster
    let mut written = write(&tx, message, PushState::Queued, row.clone()).await?;
    let stands = written;
    if !written && attempt.is_some() {
        // staff took it out while the service was asked: what was taken is sent, what was not stays where staff put it
        if outcome.state != PushState::Sent {
            (row.status, row.reason) = (NotSet, NotSet);
        }
        written = write(&tx, message, PushState::Cancelled, row).await?;
    }
    if !written {
        return Ok(());
    }
    if let Some((begun, answer)) = attempt {
        let how = match outcome.state {
            PushState::Sent => PushOutcome::Sent,
            PushState::Queued => PushOutcome::Later,
            PushState::Failed | PushState::Skipped | PushState::Cancelled => PushOutcome::Refused,
        };
        let row = push_attempt::ActiveModel {
            id: Set(sereno.new_id()?),
            message_id: Set(message.id),
            number: Set(message.attempts + 1),
            outcome: Set(how.as_str().to_owned()),
            reason: Set(outcome.reason.map(|reason| reason.as_str().to_owned())),
            answer: Set(Some(answer)),
            begun_at: Set(begun),
            ended_at: Set(tx.now()),
        };
        push_attempt::Entity::insert(row)
            .exec_without_returning(tx.db())
            .await?;
    }
    let about = |event: Event| {
        event
            .about(message.user_id)
            .with("push_id", message.id.to_string())
            .with("device_id", message.device_id.to_string())
    };
    if let Some(token) = dead {
        let retired = device::Entity::update_many()
            .col_expr(device::Column::FirebaseToken, Expr::value(Option::<String>::None))
            .filter(device::Column::Id.eq(message.device_id))
            .filter(device::Column::FirebaseToken.eq(token))
            .exec(tx.db())
            .await?;
        if retired.rows_affected > 0 {
            tx.record(about(Event::new(EventKind::PushTokenRetired)));
        }
    }
    match outcome.state {
        PushState::Sent => tx.record(about(Event::new(EventKind::PushSent))),
        // unless staff had taken it out
        PushState::Failed if stands => {
            let reason = outcome.reason.unwrap_or_default();
            tx.record(about(Event::refused(EventKind::PushFailed, Code::Unavailable)).with("reason", reason.as_str()));
        }
        PushState::Queued | PushState::Failed | PushState::Skipped | PushState::Cancelled => {}
    }
    tx.commit().await
}

/// Writes a row that stands as this worker has seen it, in this state; whether it does.
async fn write(
    tx: &Tx,
    message: &push_message::Model,
    state: PushState,
    row: push_message::ActiveModel,
) -> Result<bool> {
    let as_seen = Condition::all()
        .add(push_message::Column::Id.eq(message.id))
        .add(push_message::Column::Status.eq(state.as_str()))
        .add(push_message::Column::Attempts.eq(message.attempts));
    let written = push_message::Entity::update_many()
        .set(row)
        .filter(as_seen)
        .exec(tx.db())
        .await?;
    Ok(written.rows_affected > 0)
}

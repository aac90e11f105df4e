//! Notifications to devices, for staff: sending one, the history of them all, and what can be done about one: another try,
//! out of the queue, anew.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use sea_orm::sea_query::{Expr, ExprTrait, Func};
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use sereno_types::{
    Code, FieldError, Id, Page, Permission, PushAction, PushAttempt, PushDetail, PushDevice, PushOutcome, PushQuery,
    PushQueued, PushReason, PushRow, PushState, SendPush, SessionUser,
};
use uuid::Uuid;

use super::parse;
use crate::account::admin::{self, bound};
use crate::account::find;
use crate::clock::Moment;
use crate::context::{Actor, RequestMeta, Sereno, Staff, Tx, tidy};
use crate::entity::push_message::{Column, Entity, Model};
use crate::entity::{device, push_attempt};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::paging::{self, Key, Newest, Walk};
use crate::push::{self, Message, To};

/// Longest title, in characters.
const TITLE_MAX: usize = 150;
/// Longest words, in characters.
const BODY_MAX: usize = 1_000;
/// Longest name of a channel, in characters.
const CHANNEL_MAX: usize = 100;
/// Most bytes of data: the service takes 4,096 for the whole message.
const DATA_MAX: usize = 3_000;

/// Notifications, newest first.
///
/// # Errors
/// `permission_denied`; `validation_failed` on `limit`, `cursor`, `q`, `since` or `until`.
pub async fn list(sereno: &Sereno, staff: &Staff, query: PushQuery) -> Result<Page<PushRow>> {
    staff.require(Permission::MessagesView)?;
    let db = sereno.db.read();
    let walk = Walk::<Newest>::new(None, query.limit, query.cursor.as_deref())?;
    let matching = matching(sereno, staff, query).await?;
    let total = Entity::find().filter(matching.clone()).count(db).await?;
    let beyond = walk.beyond(Expr::col(Column::CreatedAt), Expr::col(Column::Id));
    let rows = Entity::find()
        .filter(matching.add_option(beyond))
        .order_by(Column::CreatedAt, walk.direction())
        .order_by(Column::Id, walk.direction())
        .limit(walk.rows())
        .all(db)
        .await?;
    let names = find::names(db, rows.iter().map(|row| row.user_id)).await?;
    let place = |row: &Model| (Key::Number(row.created_at.0), row.id);
    walk.page(rows, total, place, |row| show(&row, &names))
}

pub(super) async fn matching(sereno: &Sereno, staff: &Staff, query: PushQuery) -> Result<Condition> {
    let said = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    // an id that is none finds nothing
    let id = |text: &str| text.parse().unwrap_or(Uuid::nil());
    let mut matching = Condition::all();
    if let Some(user) = said(query.user) {
        let found = find::by_staff(sereno, staff, &user).await?;
        matching = matching.add(Column::UserId.eq(found.map_or(Uuid::nil(), |user| user.id)));
    }
    if let Some(device) = said(query.device) {
        matching = matching.add(Column::DeviceId.eq(id(&device)));
    }
    if let Some(batch) = said(query.batch) {
        matching = matching.add(Column::BatchId.eq(id(&batch)));
    }
    matching = matching.add_option(query.state.map(|state| Column::Status.eq(state.as_str())));
    matching = matching.add_option(query.reason.map(|reason| Column::Reason.eq(reason.as_str())));
    if let Some(since) = said(query.since) {
        matching = matching.add(Column::CreatedAt.gte(bound("since", &since, Duration::ZERO)?));
    }
    if let Some(until) = said(query.until) {
        let day = Duration::from_hours(24);
        matching = matching.add(Column::CreatedAt.lt(bound("until", &until, day)?));
    }
    let lower = |column| Expr::from(Func::lower(Expr::col(column)));
    let found = paging::pattern(query.q.as_deref(), str::to_lowercase)?.map(|pattern| {
        Condition::any()
            .add(lower(Column::Title).like(pattern.clone()))
            .add(lower(Column::Body).like(pattern.clone()))
            .add(lower(Column::DeviceName).like(pattern))
    });
    Ok(matching.add_option(found))
}

fn show(row: &Model, names: &HashMap<Uuid, String>) -> PushRow {
    PushRow {
        id: Id(row.id.to_string()),
        batch: Id(row.batch_id.to_string()),
        user: SessionUser {
            id: Id(row.user_id.to_string()),
            name: names.get(&row.user_id).cloned().unwrap_or_default(),
        },
        device: PushDevice {
            id: Id(row.device_id.to_string()),
            name: row.device_name.clone(),
        },
        title: row.title.clone(),
        state: PushState::from_name(&row.status).unwrap_or_default(),
        reason: row.reason.as_deref().and_then(PushReason::from_name),
        attempts: u64::try_from(row.attempts).unwrap_or(0),
        created_at: row.created_at.timestamp(),
        sent_at: row.sent_at.map(Moment::timestamp),
    }
}

/// One notification.
///
/// # Errors
/// `permission_denied`, `not_found`.
pub async fn detail(sereno: &Sereno, staff: &Staff, id: &Id) -> Result<PushDetail> {
    staff.require(Permission::MessagesView)?;
    whole(sereno, id).await
}

/// As [`detail`], for whoever has just changed it.
async fn whole(sereno: &Sereno, id: &Id) -> Result<PushDetail> {
    let db = sereno.db.write();
    let row = Entity::find_by_id(parse(id)?).one(db).await?.ok_or(Error::NotFound)?;
    let names = find::names(db, std::iter::once(row.user_id)).await?;
    let tried = push_attempt::Entity::find()
        .filter(push_attempt::Column::MessageId.eq(row.id))
        .order_by_asc(push_attempt::Column::Number)
        .all(db)
        .await?;
    Ok(PushDetail {
        row: show(&row, &names),
        resent_of: row.resent_of.map(|id| Id(id.to_string())),
        tried: tried.into_iter().map(attempt).collect(),
        actions: actions(&row),
        data: serde_json::from_value(row.data).unwrap_or_default(),
        body: row.body,
        channel: row.channel,
        answer: row.answer,
    })
}

fn attempt(row: push_attempt::Model) -> PushAttempt {
    PushAttempt {
        number: u64::try_from(row.number).unwrap_or(0),
        begun_at: row.begun_at.timestamp(),
        ended_at: row.ended_at.timestamp(),
        outcome: PushOutcome::from_name(&row.outcome).unwrap_or_default(),
        reason: row.reason.as_deref().and_then(PushReason::from_name),
        answer: row.answer,
    }
}

/// What can be done.
fn actions(row: &Model) -> Vec<PushAction> {
    let waits = row.status == PushState::Queued.as_str();
    let all = [
        (PushAction::Retry, push::can_leave_again(row)),
        (PushAction::Cancel, waits),
        (PushAction::Resend, !waits),
    ];
    let offered = all.into_iter().filter(|(_, offered)| *offered);
    offered.map(|(action, _)| action).collect()
}

/// Queues a notification for a user's active devices, or for one device. Active are those that have a push token and that their
/// owner is signed in on, while they may sign in.
///
/// # Errors
/// `permission_denied`; `validation_failed`: `blank` where neither user nor device, or nothing is said, `invalid_choice` for
/// whom there is not and for names of data that are the service's own, `no_push_token` where no device can get it;
/// `push_not_configured`.
pub async fn send(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, command: SendPush) -> Result<PushQueued> {
    staff.require(Permission::MessagesManage)?;
    let message = judge(&command)?;
    let to = whom(sereno, staff, command.user.as_deref(), command.device.as_deref()).await?;
    queue(sereno, meta, staff.actor(), to, &message).await
}

async fn queue(sereno: &Sereno, meta: &RequestMeta, actor: &Actor, to: To, message: &Message) -> Result<PushQueued> {
    if sereno.push.is_none() {
        return Err(Code::PushNotConfigured.into());
    }
    let mut tx = sereno.begin(meta, actor).await?;
    let (batch, rows) = push::queue(sereno, &mut tx, to, message).await?;
    let Some(first) = rows.first() else {
        let field = if matches!(to, To::User(_)) { "user" } else { "device" };
        return Err(Error::field(field, Code::NoPushToken));
    };
    tx.record(
        Event::new(EventKind::PushQueued)
            .about(first.user_id)
            .with("batch", batch.to_string())
            .with("devices", rows.len() as u64),
    );
    let names = find::names(tx.db(), std::iter::once(first.user_id)).await?;
    let queued = PushQueued {
        batch: Id(batch.to_string()),
        notifications: rows.iter().map(|row| show(row, &names)).collect(),
    };
    tx.commit().await?;
    Ok(queued)
}

fn judge(command: &SendPush) -> Result<Message> {
    let mut faults = Vec::new();
    let mut short = |field: &str, text: &str, most: usize| {
        if text.chars().count() > most {
            faults.push(FieldError::new(field, Code::TooLong).with("max", most as u64));
        }
        tidy(text.trim(), most)
    };
    let title = short("title", &command.title, TITLE_MAX);
    let body = short("body", &command.body, BODY_MAX);
    let channel = command
        .channel
        .as_deref()
        .map(|channel| short("channel", channel, CHANNEL_MAX));
    let data: BTreeMap<String, String> = command.data.clone();
    if title.is_empty() && body.is_empty() && data.is_empty() {
        faults.push(FieldError::new("title", Code::Blank));
    }
    let reserved = |name: &str| {
        name.is_empty()
            || matches!(name, "from" | "message_type" | "collapse_key")
            || name.starts_with("google")
            || name.starts_with("gcm")
    };
    if data.keys().any(|name| reserved(name)) {
        faults.push(FieldError::new("data", Code::InvalidChoice));
    }
    if data
        .iter()
        .any(|(name, value)| name.contains('\0') || value.contains('\0'))
    {
        faults.push(FieldError::new("data", Code::InvalidCharacters));
    }
    if data.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() > DATA_MAX {
        faults.push(FieldError::new("data", Code::TooLong).with("max", DATA_MAX as u64));
    }
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    Ok(Message {
        title,
        body,
        data,
        channel: channel.filter(|channel| !channel.is_empty()),
    })
}

async fn whom(sereno: &Sereno, staff: &Staff, user: Option<&str>, device: Option<&str>) -> Result<To> {
    let said = |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    match (said(user), said(device)) {
        (None, None) => Err(Error::field("user", Code::Blank)),
        (Some(_), Some(_)) => Err(Error::field("device", Code::InvalidChoice)),
        (Some(user), None) => {
            let found = find::by_staff(sereno, staff, &user).await?;
            let user = found.ok_or_else(|| Error::field("user", Code::InvalidChoice))?;
            Ok(To::User(user.id))
        }
        (None, Some(device)) => {
            let unknown = || Error::field("device", Code::InvalidChoice);
            let id: Uuid = device.parse().map_err(|_| unknown())?;
            let found = device::Entity::find_by_id(id).one(sereno.db.read()).await?;
            found.map(|device| To::Device(device.id)).ok_or_else(unknown)
        }
    }
}

/// Tries again what was given up or cancelled.
///
/// # Errors
/// `permission_denied`, `not_found`, `push_not_configured`; `state_conflict` for what waits or has left.
pub async fn retry(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, id: &Id) -> Result<PushDetail> {
    staff.require(Permission::MessagesManage)?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let row = target(&tx, staff, id).await?;
    if sereno.push.is_none() {
        return Err(Code::PushNotConfigured.into());
    }
    if !push::again(&mut tx, &row).await? {
        return Err(Code::StateConflict.into());
    }
    tx.record(about(EventKind::PushQueued, &row).with("was", row.reason.unwrap_or_default()));
    tx.commit().await?;
    whole(sereno, id).await
}

/// Takes one that waits out of the queue.
///
/// # Errors
/// `permission_denied`, `not_found`; `state_conflict` for what does not wait.
pub async fn cancel(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, id: &Id) -> Result<PushDetail> {
    staff.require(Permission::MessagesManage)?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let row = target(&tx, staff, id).await?;
    if !push::take_out(&tx, &row).await? {
        return Err(Code::StateConflict.into());
    }
    tx.record(about(EventKind::PushCancelled, &row));
    tx.commit().await?;
    whole(sereno, id).await
}

/// Sends what one says anew, to the same device: another notification, with a history of its own.
///
/// # Errors
/// `permission_denied`, `not_found`, `push_not_configured`; `state_conflict` while it waits itself; `no_push_token` where the
/// device cannot get it any more.
pub async fn resend(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, id: &Id) -> Result<PushDetail> {
    staff.require(Permission::MessagesManage)?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let row = target(&tx, staff, id).await?;
    if sereno.push.is_none() {
        return Err(Code::PushNotConfigured.into());
    }
    if !actions(&row).contains(&PushAction::Resend) {
        return Err(Code::StateConflict.into());
    }
    let again = push::repeat(sereno, &mut tx, &row).await?.ok_or(Code::NoPushToken)?;
    tx.record(about(EventKind::PushQueued, &row).with("new_push_id", again.id.to_string()));
    tx.commit().await?;
    whole(sereno, &Id(again.id.to_string())).await
}

/// The notification, unless it is a superuser's and staff is none.
async fn target(tx: &Tx, staff: &Staff, id: &Id) -> Result<Model> {
    let found = Entity::find_by_id(parse(id)?).one(tx.db()).await?;
    let row = found.ok_or(Error::NotFound)?;
    admin::may_touch(tx, staff, row.user_id).await?;
    Ok(row)
}

fn about(kind: EventKind, row: &Model) -> Event {
    Event::new(kind).about(row.user_id).with("push_id", row.id.to_string())
}

/// Sends a notification to a user's devices at once, to see what becomes of it. Neither a row nor a token is changed.
///
/// # Errors
/// `permission_denied`, `not_found`, `push_not_configured`.
pub async fn try_now(sereno: &Sereno, staff: &Staff, user: &str, message: &Message) -> Result<Vec<push::Tried>> {
    staff.require(Permission::MessagesManage)?;
    let user = find::by_staff(sereno, staff, user).await?.ok_or(Error::NotFound)?;
    let tried = push::try_now(sereno, user.id, message).await?;
    tried.ok_or_else(|| Code::PushNotConfigured.into())
}

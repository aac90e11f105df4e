//! What staff does about a mail: into the queue again, out of it, anew to a corrected address, or on its way after it was
//! held back.

use std::time::Duration;

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use serde_json::json;
use sereno_types::{
    AnnouncementState, Code, Id, Locale, MessageDetail, MessageQuery, MessageReason, MessageState, Permission,
    Released, ResendMessage, SendResult,
};
use uuid::Uuid;

use super::{detail, list, parse};
use crate::account::admin;
use crate::context::{RequestMeta, Sereno, Staff, Tx};
use crate::entity::announcement;
use crate::entity::email_message::{Column, Entity, Model};
use crate::entity::{user, user_email};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::identifier;
use crate::notify::rules::Verdict;
use crate::notify::{self, DeliverMail, NewRow, content};

/// How many mails one transaction puts into the queue.
const BATCH: u64 = 500;

/// Puts a mail that failed or was cancelled into the queue again, with fresh attempts.
///
/// # Errors
/// `permission_denied`, `not_found`, `state_conflict`.
pub async fn retry(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, id: &Id) -> Result<MessageDetail> {
    staff.require(Permission::MessagesManage)?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let row = target(&tx, staff, id).await?;
    if !detail::can_retry(&row) || !requeue(&mut tx, &row).await? {
        return Err(Code::StateConflict.into());
    }
    tx.record(moved(EventKind::EmailRetried, &row, MessageState::Queued));
    tx.commit().await?;
    detail::whole(sereno, staff, id).await
}

/// Puts every mail that failed into the queue again, among those that a query means; but for those of superusers unless staff
/// is one. Says how many. Neither `limit` nor `cursor` count.
///
/// # Errors
/// `permission_denied`; `validation_failed` on `q`, `since` or `until`.
pub async fn retry_failed(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, query: MessageQuery) -> Result<Released> {
    requeue_all(
        sereno,
        meta,
        staff,
        (MessageState::Failed, query),
        EventKind::EmailRetried,
    )
    .await
}

/// How many mails [`retry_failed`] would put into the queue now, or with `held` how many [`release_all`] would let go.
///
/// # Errors
/// As both.
pub async fn count_stopped(sereno: &Sereno, staff: &Staff, query: MessageQuery, held: bool) -> Result<Released> {
    staff.require(Permission::MessagesManage)?;
    let state = if held { MessageState::Held } else { MessageState::Failed };
    let matching = list::matching(sereno, staff, query).await?.add(may_leave(staff, state));
    let released = Entity::find().filter(matching).count(sereno.db.read()).await?;
    Ok(Released { released })
}

/// Takes a mail out of the queue.
///
/// # Errors
/// `permission_denied`, `not_found`; `state_conflict` once it is being handed over.
pub async fn cancel(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, id: &Id) -> Result<MessageDetail> {
    staff.require(Permission::MessagesManage)?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let row = target(&tx, staff, id).await?;
    let cancelled = Entity::update_many()
        .col_expr(Column::Status, Expr::value(MessageState::Cancelled.as_str()))
        .col_expr(Column::Reason, Expr::value(MessageReason::CancelledByStaff.as_str()))
        .filter(Column::Id.eq(row.id))
        .filter(Column::Status.is_in([MessageState::Queued.as_str(), MessageState::Held.as_str()]))
        .exec(tx.db())
        .await?;
    if cancelled.rows_affected == 0 {
        return Err(Code::StateConflict.into());
    }
    tx.record(moved(EventKind::EmailCancelled, &row, MessageState::Cancelled));
    tx.commit().await?;
    detail::whole(sereno, staff, id).await
}

/// Sends a mail anew. What holds a secret that is made for its address goes there alone, by the flow that it came from;
/// anything else is repeated by a row of its own, to a corrected address if one is given.
///
/// # Errors
/// `permission_denied`, `not_found`; `state_conflict` while it waits, and where it cannot be written any more;
/// `recipient_bound` for another address, or where only its owner can ask; `validation_failed` on `recipient`; those of
/// the flow.
pub async fn resend(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    id: &Id,
    command: ResendMessage,
) -> Result<SendResult> {
    staff.require(Permission::MessagesManage)?;
    let said = command.recipient.filter(|text| !text.trim().is_empty());
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let row = target(&tx, staff, id).await?;
    let recipient = match said {
        Some(text) => {
            identifier::email(&text)
                .map_err(|code| Error::field("recipient", code))?
                .address
        }
        None => row.recipient.clone(),
    };
    if notify::rules::is_asked_for(&row.mail) {
        drop(tx);
        ask_anew(sereno, meta, staff, &row, &recipient).await?;
        return Ok(SendResult {
            recipient,
            id: None,
            ok: true,
            code: MessageReason::EmailInQueue,
            answer: None,
        });
    }
    // what staff ended as a whole does not leave one by one
    if notify::announcement::is_ended(tx.db(), &row).await? {
        return Err(Code::StateConflict.into());
    }
    if !may_read(&tx, &row, &recipient).await? {
        return Err(Code::RecipientBound.into());
    }
    let kept = match row.content_id {
        Some(id) => content::open(sereno, id).await?.is_some(),
        None => row.announcement_id.is_some() || notify::MailKind::from_name(&row.mail).is_some(),
    };
    let Some(credential_epoch) = row.credential_epoch.filter(|_| detail::can_redirect(&row, kept)) else {
        return Err(Code::StateConflict.into());
    };
    let stays = match notify::rules::judge(sereno, &row.mail, &recipient, row.is_forced).await? {
        Verdict::Goes { .. } => None,
        Verdict::Stays(state, reason) => Some((state, reason)),
    };
    let new = NewRow {
        project_id: row.project_id,
        user_id: row.user_id,
        address: recipient.clone(),
        stays,
        locale: Locale::from_tag(&row.locale).unwrap_or_default(),
        credential_epoch,
        about: row.about,
        content_id: row
            .content_id
            .filter(|_| stays.is_none_or(|(state, _)| state == MessageState::Held)),
        announcement_id: row.announcement_id,
        subject: notify::subject_of(sereno, &row)?,
        is_forced: row.is_forced,
        repeats: Some((row.id, row.told_at.unwrap_or(row.created_at))),
        ..NewRow::of(&row.mail)
    };
    let again = notify::queue_row(sereno, &mut tx, new, Duration::ZERO).await?;
    let event = notify::about(Event::new(EventKind::EmailResent), &row);
    tx.record(event.with("new_message_id", again.to_string()));
    tx.commit().await?;
    let reason = stays.map(|(_, reason)| reason);
    let state = stays.map_or(MessageState::Queued, |(state, _)| state);
    Ok(SendResult {
        recipient,
        id: Some(Id(again.to_string())),
        ok: stays.is_none(),
        code: MessageReason::of(state, reason),
        answer: None,
    })
}

/// Whether what a mail says may be read at an address: of samples, and of what another service wrote to somebody who has no
/// account, staff decides; what tells of an account or was written to one goes to the addresses of that account.
async fn may_read(tx: &Tx, row: &Model, recipient: &str) -> Result<bool> {
    let canonical = identifier::canonical(recipient);
    let is_ours = notify::MailKind::from_name(&row.mail).is_some_and(|kind| kind != notify::MailKind::Test);
    // an announcement names its reader, and its link decides for them; another service may have written a code
    let is_theirs = row.user_id.is_some() && (row.announcement_id.is_some() || row.content_id.is_some());
    let tells_of_account = is_ours || is_theirs;
    if !tells_of_account || canonical == identifier::canonical(&row.recipient) {
        return Ok(true);
    }
    let Some(user_id) = row.user_id else { return Ok(false) };
    let theirs = user_email::Entity::find()
        .filter(user_email::Column::UserId.eq(user_id))
        .filter(user_email::Column::Canonical.eq(canonical))
        .one(tx.db())
        .await?;
    Ok(theirs.is_some())
}

/// The flow decides whether, and to which address.
async fn ask_anew(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, row: &Model, recipient: &str) -> Result<()> {
    if identifier::canonical(recipient) != identifier::canonical(&row.recipient) {
        return Err(Code::RecipientBound.into());
    }
    let Some(user_id) = row.user_id.filter(|_| detail::is_asked_anew(row)) else {
        return Err(Code::RecipientBound.into());
    };
    let user_id = Id(user_id.to_string());
    if row.mail != notify::MailKind::PasswordReset.as_str() {
        return admin::send_activation(sereno, meta, staff, &user_id).await;
    }
    admin::send_password_reset(sereno, meta, staff, &user_id).await
}

/// Lets a mail go that was held back.
///
/// # Errors
/// `permission_denied`, `not_found`, `state_conflict`.
pub async fn release(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, id: &Id) -> Result<MessageDetail> {
    staff.require(Permission::MessagesManage)?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let row = target(&tx, staff, id).await?;
    if !detail::can_release(&row) || !requeue(&mut tx, &row).await? {
        return Err(Code::StateConflict.into());
    }
    tx.record(moved(EventKind::EmailsReleased, &row, MessageState::Queued));
    tx.commit().await?;
    detail::whole(sereno, staff, id).await
}

/// Lets every mail go that was held back, among those that a query means; but for those to superusers unless staff is one. Says
/// how many. Neither `limit` nor `cursor` count.
///
/// # Errors
/// `permission_denied`; `validation_failed` on `q`, `since` or `until`.
pub async fn release_all(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, query: MessageQuery) -> Result<Released> {
    requeue_all(
        sereno,
        meta,
        staff,
        (MessageState::Held, query),
        EventKind::EmailsReleased,
    )
    .await
}

async fn requeue_all(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    (state, query): (MessageState, MessageQuery),
    kind: EventKind,
) -> Result<Released> {
    staff.require(Permission::MessagesManage)?;
    let matching = list::matching(sereno, staff, query).await?.add(may_leave(staff, state));
    let mut released = 0;
    let mut after = Uuid::nil();
    loop {
        let mut tx = sereno.begin(meta, staff.actor()).await?;
        let rows = Entity::find()
            .filter(matching.clone())
            .filter(Column::Id.gt(after))
            .order_by_asc(Column::Id)
            .limit(BATCH)
            .all(tx.db())
            .await?;
        let Some(last) = rows.last() else { break };
        after = last.id;
        let mut moved = 0;
        for row in &rows {
            moved += u64::from(requeue(&mut tx, row).await?);
        }
        if moved > 0 {
            tx.record(Event::new(kind).with("mails", moved));
        }
        tx.commit().await?;
        released += moved;
    }
    Ok(Released { released })
}

/// Which mails that stand so may be put into the queue by this member of staff, as [`detail::can_retry`] and
/// [`detail::can_release`] say one by one, and [`admin::may_touch`].
fn may_leave(staff: &Staff, state: MessageState) -> Condition {
    let kinds = notify::MailKind::ALL.iter().map(|kind| kind.as_str());
    let can_be_written = Condition::any()
        .add(Column::Mail.is_in(kinds))
        .add(Column::Mail.starts_with(notify::TRIED))
        .add(Column::ContentId.is_not_null())
        .add(Column::AnnouncementId.is_not_null());
    let superusers = user::Entity::find()
        .select_only()
        .column(user::Column::Id)
        .filter(user::Column::IsSuperuser.eq(true));
    let may_touch = (!staff.is_superuser()).then(|| {
        Condition::any()
            .add(Column::UserId.is_null())
            .add(Column::UserId.not_in_subquery(superusers.into_query()))
    });
    Condition::all()
        .add(Column::Status.eq(state.as_str()))
        .add(Column::CredentialEpoch.is_not_null())
        .add(can_be_written)
        .add(is_not_ended())
        .add_option(may_touch)
}

/// What staff ended as a whole does not leave one by one.
fn is_not_ended() -> Condition {
    let ended = announcement::Entity::find()
        .select_only()
        .column(announcement::Column::Id)
        .filter(announcement::Column::State.eq(AnnouncementState::Cancelled.as_str()));
    Condition::any()
        .add(Column::AnnouncementId.is_null())
        .add(Column::AnnouncementId.not_in_subquery(ended.into_query()))
}

/// Puts a row back where it waits, with a job of its own. A mail that was held back and is let go by staff leaves although
/// mails are still held back.
async fn requeue(tx: &mut Tx, row: &Model) -> Result<bool> {
    let was_held = list::state(row) == MessageState::Held;
    let changed = Entity::update_many()
        .col_expr(Column::Status, Expr::value(MessageState::Queued.as_str()))
        .col_expr(Column::Reason, Expr::value(None::<String>))
        .col_expr(Column::Interrupted, Expr::value(0_i64))
        .col_expr(Column::IsForced, Expr::value(row.is_forced || was_held))
        .filter(Column::Id.eq(row.id))
        .filter(Column::Status.eq(row.status.as_str()))
        .filter(is_not_ended())
        .exec(tx.db())
        .await?;
    if changed.rows_affected == 0 {
        return Ok(false);
    }
    notify::enqueue(
        tx,
        &row.mail,
        &DeliverMail {
            message_id: row.id,
            credential_epoch: row.credential_epoch.unwrap_or(0),
            about: row.about,
        },
    )?;
    Ok(true)
}

/// The mail, unless it is a superuser's and staff is none.
async fn target(tx: &Tx, staff: &Staff, id: &Id) -> Result<Model> {
    let found = Entity::find_by_id(parse(id)?).one(tx.db()).await?;
    let row = found.ok_or(Error::NotFound)?;
    if let Some(user_id) = row.user_id {
        admin::may_touch(tx, staff, user_id).await?;
    }
    Ok(row)
}

fn moved(kind: EventKind, row: &Model, to: MessageState) -> Event {
    notify::about(Event::new(kind), row)
        .with("before", json!({"state": row.status, "reason": row.reason}))
        .with("after", json!({"state": to.as_str()}))
}

//! One mail: where it stands, every attempt with what was answered, what it looks like, and what can be done about it.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use sereno_types::{
    AttemptOutcome, Id, Locale, MessageAction, MessageAttempt, MessageDetail, MessagePreview, MessageState, Permission,
};

use super::{list, parse};
use crate::clock::Moment;
use crate::context::{Sereno, Staff};
use crate::entity::email_attempt;
use crate::entity::email_message::{Entity, Model};
use crate::error::{Error, Result};
use crate::notify::{self, MailKind, content, rules};

/// A mail, whole.
///
/// # Errors
/// `permission_denied`, `not_found`.
pub async fn detail(sereno: &Sereno, staff: &Staff, id: &Id) -> Result<MessageDetail> {
    staff.require(Permission::MessagesView)?;
    whole(sereno, staff, id).await
}

/// As [`detail`], for whoever has just changed it.
pub(super) async fn whole(sereno: &Sereno, staff: &Staff, id: &Id) -> Result<MessageDetail> {
    let db = sereno.db.write();
    let row = Entity::find_by_id(parse(id)?).one(db).await?.ok_or(Error::NotFound)?;
    let tried = email_attempt::Entity::find()
        .filter(email_attempt::Column::MessageId.eq(row.id))
        .order_by_asc(email_attempt::Column::Number)
        .all(db)
        .await?;
    let beside = list::Beside::of(sereno, db, std::slice::from_ref(&row)).await?;
    let preview = preview(sereno, &row).await?;
    let is_ended = notify::announcement::is_ended(db, &row).await?;
    Ok(MessageDetail {
        actions: actions(&row, preview.is_some(), is_ended),
        message: list::show(&row, staff, &beside),
        answer: row.transport_answer.clone(),
        template_version: row.template_version.and_then(|version| u64::try_from(version).ok()),
        resent_of: row.resent_of.map(|id| Id(id.to_string())),
        announcement: row.announcement_id.map(|id| Id(id.to_string())),
        is_forced: row.is_forced,
        tried: tried.into_iter().map(attempt).collect(),
        preview,
    })
}

/// What can be done; of an announcement that was ended nothing leaves any more.
fn actions(row: &Model, can_be_written: bool, is_ended: bool) -> Vec<MessageAction> {
    let state = list::state(row);
    let is_held = state == MessageState::Held;
    let redirects = can_redirect(row, can_be_written);
    let all = [
        (MessageAction::Retry, can_retry(row)),
        (MessageAction::Release, can_release(row)),
        (MessageAction::Cancel, is_held || state == MessageState::Queued),
        (MessageAction::Resend, redirects || is_asked_anew(row)),
        (MessageAction::Redirect, redirects),
    ];
    all.into_iter()
        .filter(|(action, offered)| *offered && (!is_ended || *action == MessageAction::Cancel))
        .map(|(action, _)| action)
        .collect()
}

fn attempt(row: email_attempt::Model) -> MessageAttempt {
    MessageAttempt {
        number: u64::try_from(row.number).unwrap_or(0),
        begun_at: row.begun_at.timestamp(),
        ended_at: row.ended_at.map(Moment::timestamp),
        transport: row.transport,
        outcome: AttemptOutcome::from_name(&row.outcome).unwrap_or(AttemptOutcome::Begun),
        answer: row.answer,
    }
}

/// What it looks like: what was kept of it, or a sample of its kind.
async fn preview(sereno: &Sereno, row: &Model) -> Result<Option<MessagePreview>> {
    if let Some(id) = row.content_id {
        let content = content::open(sereno, id).await?;
        // what another service wrote may hold secrets of its own, and nobody here knows which
        return Ok(content.map(|content| MessagePreview {
            subject: notify::hide(&content.subject),
            text: notify::hide(&content.text),
            html: notify::hide_html(&content.html),
            attachments: content.files.iter().map(|file| notify::hide(&file.name)).collect(),
            is_sample: false,
        }));
    }
    if let Some(id) = row.announcement_id {
        let mail = notify::announcement::masked(sereno, id, &row.recipient).await?;
        return Ok(mail.map(|mail| MessagePreview {
            subject: mail.subject,
            text: mail.text,
            html: mail.html,
            attachments: Vec::new(),
            is_sample: true,
        }));
    }
    let name = row.mail.strip_prefix(notify::TRIED).unwrap_or(&row.mail);
    let Some(kind) = MailKind::from_name(name) else {
        return Ok(None);
    };
    let locale = Locale::from_tag(&row.locale).unwrap_or_default();
    let mail = notify::masked(sereno, kind, locale, row.template_version, &row.recipient).await?;
    Ok(Some(MessagePreview {
        subject: mail.subject,
        text: mail.text,
        html: mail.html,
        attachments: Vec::new(),
        is_sample: true,
    }))
}

/// Whether it may be put into the queue again: it did not leave, and what it needs is still here.
pub(super) fn can_retry(row: &Model) -> bool {
    matches!(list::state(row), MessageState::Failed | MessageState::Cancelled) && can_be_written(row)
}

/// Whether it is held back and may be let go.
pub(super) fn can_release(row: &Model) -> bool {
    list::state(row) == MessageState::Held && can_be_written(row)
}

/// Whether what it needs is still here.
fn can_be_written(row: &Model) -> bool {
    let is_made_anew = MailKind::from_name(&row.mail).is_some() || row.mail.starts_with(notify::TRIED);
    let is_kept = row.content_id.is_some() || row.announcement_id.is_some();
    row.credential_epoch.is_some() && (is_made_anew || is_kept)
}

/// Whether it may go to another address: it holds no secret that is made for its own, and what it says is still here.
pub(super) fn can_redirect(row: &Model, can_be_written: bool) -> bool {
    !rules::is_asked_for(&row.mail) && can_be_written && row.credential_epoch.is_some() && is_over(row)
}

/// Whether staff may ask for another one, by the flow that it came from.
pub(super) fn is_asked_anew(row: &Model) -> bool {
    let kind = MailKind::from_name(&row.mail);
    let by_staff = matches!(
        kind,
        Some(MailKind::Activation | MailKind::AccountCreated | MailKind::PasswordReset)
    );
    by_staff && row.user_id.is_some() && is_over(row)
}

fn is_over(row: &Model) -> bool {
    !matches!(list::state(row), MessageState::Queued | MessageState::Sending)
}

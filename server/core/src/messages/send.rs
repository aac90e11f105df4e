//! Mails of other services: one row and one result for each recipient, queued or handed over while the caller waits.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use sereno_types::{
    Code, FieldError, Id, Locale, MessageReason, MessageState, Permission, SendMessage, SendResult, SentMessages,
    TestMail,
};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{compose, list};
use crate::context::{Job, RequestMeta, Sereno, Staff, tidy};
use crate::entity::{email_message, user_email};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::identifier;
use crate::notify::rules::{self, Verdict};
use crate::notify::{self, CUSTOM, DeliverMail, MailKind, NewRow, content, queue_row};

/// Most recipients of one request.
pub const RECIPIENTS_MAX: usize = 100;
/// Most recipients while the caller waits for the mail server.
pub const RECIPIENTS_AT_ONCE: usize = 10;
/// Longest address that is kept of what is none.
const ADDRESS_MAX: usize = 254;

/// Sends a mail to each of its recipients. What is wrong with the mail refuses it as a whole; what is wrong with a recipient
/// stands in that recipient's result, and in the history.
///
/// # Errors
/// `permission_denied`, `validation_failed`.
pub async fn send(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    mut command: SendMessage,
) -> Result<SentMessages> {
    staff.require(Permission::MessagesManage)?;
    let is_queued = command.queued.unwrap_or(true);
    let mut faults = recipients_faults(&command, is_queued);
    let locale = match command.locale.as_deref().filter(|tag| !tag.is_empty()) {
        None => Some(meta.locale.unwrap_or_else(|| sereno.config.mail_locale())),
        Some(tag) => Locale::from_tag(tag),
    };
    if locale.is_none() {
        faults.push(FieldError::new("locale", Code::InvalidChoice));
    }
    let project_id = match command.project.as_deref().filter(|name| !name.is_empty()) {
        None => None,
        Some(name) => {
            staff.require(Permission::ProjectsView)?;
            let found = super::project_named(sereno, name).await?;
            if found.is_none() {
                faults.push(FieldError::new("project", Code::InvalidChoice));
            }
            found
        }
    };
    let composed = compose::compose(sereno, &mut command, locale.unwrap_or_default())
        .await
        .map_err(|more| faults.extend(more))
        .ok();
    let (Some(composed), Some(locale), true) = (composed, locale, faults.is_empty()) else {
        return Err(Error::fields(faults));
    };
    let verdicts = verdicts(sereno, &command).await?;
    let owners = owners(sereno, &command.recipients).await?;
    let kind = composed
        .template
        .as_ref()
        .map_or(CUSTOM, |(name, _)| name.as_str())
        .to_owned();
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let content_id = if verdicts.iter().copied().any(may_leave) {
        Some(content::keep(sereno, &tx, &composed.content).await?)
    } else {
        None
    };
    // while the caller waits the job only stands by, for a process that dies meanwhile
    let delay = if is_queued {
        Duration::ZERO
    } else {
        sereno.config.worker.lease.span()
    };
    let subject = notify::hide(&composed.content.subject);
    let mut ids = Vec::with_capacity(verdicts.len());
    for (recipient, verdict) in command.recipients.iter().zip(&verdicts) {
        let new = NewRow {
            project_id,
            user_id: owners.get(&identifier::canonical(recipient)).copied(),
            address: tidy(recipient.trim(), ADDRESS_MAX),
            locale,
            content_id: content_id.filter(|_| may_leave(*verdict)),
            is_forced: command.force,
            stays: *verdict,
            template_version: composed.template.as_ref().map(|(_, version)| *version),
            subject: Some(subject.clone()),
            ..NewRow::of(&kind)
        };
        ids.push(queue_row(sereno, &mut tx, new, delay).await?);
    }
    let named: Vec<String> = ids.iter().map(Uuid::to_string).collect();
    tx.record(
        Event::new(EventKind::EmailsRequested)
            .with("mail", kind)
            .with("message_ids", json!(named)),
    );
    tx.commit().await?;
    if !is_queued {
        let leaving = ids.iter().zip(&verdicts).filter(|(_, verdict)| verdict.is_none());
        hand_over(sereno, leaving.map(|(id, _)| *id)).await;
    }
    results(sereno, command.recipients, &ids).await
}

fn recipients_faults(command: &SendMessage, is_queued: bool) -> Vec<FieldError> {
    let most = if is_queued { RECIPIENTS_MAX } else { RECIPIENTS_AT_ONCE };
    if command.recipients.is_empty() {
        return vec![FieldError::new("recipients", Code::EmptyEmail)];
    }
    if command.recipients.len() > most {
        return vec![FieldError::new("recipients", Code::TooLong).with("max", most as u64)];
    }
    Vec::new()
}

/// A mail that is held back may still leave.
fn may_leave(verdict: Option<(MessageState, MessageReason)>) -> bool {
    verdict.is_none_or(|(state, _)| state == MessageState::Held)
}

/// What becomes of each recipient's mail before any transport is asked; nothing where it may leave. Who stands there twice
/// is written to once.
async fn verdicts(sereno: &Sereno, command: &SendMessage) -> Result<Vec<Option<(MessageState, MessageReason)>>> {
    let read: Vec<_> = command
        .recipients
        .iter()
        .map(|recipient| identifier::email(recipient))
        .collect();
    let sound: Vec<&str> = read.iter().flatten().map(|email| email.address.as_str()).collect();
    let mut judged = rules::judge_all(sereno, CUSTOM, &sound, command.force)
        .await?
        .into_iter();
    let mut seen = HashSet::new();
    let stays = |reason| Some((MessageState::Skipped, reason));
    let verdict = |email| match email {
        Err(_) => stays(MessageReason::InvalidEmail),
        Ok(identifier::Email { canonical, .. }) => {
            let verdict = judged.next();
            if !seen.insert(canonical) {
                return stays(MessageReason::DuplicateRecipient);
            }
            match verdict {
                Some(Verdict::Stays(state, reason)) => Some((state, reason)),
                Some(Verdict::Goes { .. }) | None => None,
            }
        }
    };
    Ok(read.into_iter().map(verdict).collect())
}

/// The accounts whose these addresses are known to be.
async fn owners(sereno: &Sereno, recipients: &[String]) -> Result<HashMap<String, Uuid>> {
    let addresses = recipients.iter().map(|recipient| identifier::canonical(recipient));
    let found = user_email::Entity::find()
        .filter(user_email::Column::Canonical.is_in(addresses))
        .filter(user_email::Column::VerifiedAt.is_not_null())
        .all(sereno.db.read())
        .await?;
    Ok(found
        .into_iter()
        .map(|email| (email.canonical, email.user_id))
        .collect())
}

/// Sends the mail that shows that mails arrive, as all mails leave or as those of a project do, and waits for what the mail
/// server says.
///
/// # Errors
/// `permission_denied`; `not_found`: the project; `validation_failed` on `recipient`.
pub async fn test(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    project: Option<&str>,
    command: TestMail,
) -> Result<SendResult> {
    staff.require(Permission::MessagesManage)?;
    let recipient = command.recipient;
    let project_id = match project {
        None => None,
        Some(name) => {
            staff.require(Permission::ProjectsView)?;
            Some(super::project_named(sereno, name).await?.ok_or(Error::NotFound)?)
        }
    };
    let email = identifier::email(&recipient).map_err(|code| Error::field("recipient", code))?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let new = NewRow {
        project_id,
        address: email.address,
        locale: meta.locale.unwrap_or_else(|| sereno.config.mail_locale()),
        is_forced: true,
        ..NewRow::of(MailKind::Test.as_str())
    };
    let id = queue_row(sereno, &mut tx, new, sereno.config.worker.lease.span()).await?;
    tx.record(
        Event::new(EventKind::EmailsRequested)
            .with("mail", MailKind::Test.as_str())
            .with("message_ids", json!([id.to_string()])),
    );
    tx.commit().await?;
    hand_over(sereno, std::iter::once(id)).await;
    let mut sent = results(sereno, vec![recipient], &[id]).await?;
    let sent = sent.results.pop().ok_or(Error::NotFound)?;
    // one that waits has not shown that mails arrive
    Ok(SendResult {
        ok: sent.code == MessageReason::EmailSent,
        ..sent
    })
}

/// Hands mails over at once. What comes of it is written by whoever hands them over.
async fn hand_over(sereno: &Sereno, ids: impl Iterator<Item = Uuid>) {
    let mut leaving = JoinSet::new();
    for message_id in ids {
        let sereno = sereno.clone();
        let job = DeliverMail {
            message_id,
            credential_epoch: 0,
            about: None,
        };
        leaving.spawn(async move {
            // as long as any worker may hold it
            let most = sereno.config.worker.lease.span() * 9 / 10;
            match tokio::time::timeout(most, job.run(&sereno)).await {
                Ok(Ok(())) => {}
                // the job that stands by tries again, and says so
                Ok(Err(why)) => tracing::warn!(%message_id, error = %why, "a mail was not handed over at once"),
                Err(_) => tracing::warn!(%message_id, "handing a mail over took longer than a job may take"),
            }
        });
    }
    while leaving.join_next().await.is_some() {}
}

/// What became of each mail, as its row tells.
async fn results(sereno: &Sereno, recipients: Vec<String>, ids: &[Uuid]) -> Result<SentMessages> {
    let rows = email_message::Entity::find()
        .filter(email_message::Column::Id.is_in(ids.iter().copied()))
        .all(sereno.db.write())
        .await?;
    let result = |(recipient, id): (String, &Uuid)| {
        let row = rows.iter().find(|row| row.id == *id);
        let code = row.map_or(MessageReason::EmailNotSent, |row| {
            MessageReason::of(list::state(row), list::reason(row))
        });
        SendResult {
            recipient,
            id: Some(Id(id.to_string())),
            ok: matches!(code, MessageReason::EmailSent | MessageReason::EmailInQueue),
            code,
            answer: row.and_then(|row| row.transport_answer.clone()),
        }
    };
    Ok(SentMessages {
        results: recipients.into_iter().zip(ids).map(result).collect(),
    })
}

//! How the mails of a project leave, as staff says it. The URL of a mail server holds its credentials: it is sealed, never shown
//! again, and only administrators may say it, because it makes this server call somebody.

use lettre::message::Mailbox;
use sea_orm::sea_query::LockType;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use serde_json::{Value, json};
use sereno_types::{Code, FieldError, Permission, ProjectMail, UpdateProjectMail};
use url::Url;
use uuid::Uuid;

use super::refs;
use crate::config::mail_server;
use crate::context::{RequestMeta, Sereno, Staff, Tx};
use crate::entity::project;
use crate::entity::project_mail::{ActiveModel, Column, Entity, Model};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::identifier;
use crate::notify::project as sending;

/// Longest sender, in characters.
const FROM_MAX: usize = 320;

/// How its mails leave.
///
/// # Errors
/// `permission_denied`, `not_found`.
pub async fn detail(sereno: &Sereno, staff: &Staff, name: &str) -> Result<ProjectMail> {
    staff.require(Permission::ProjectsView)?;
    let db = sereno.db.read();
    let project = refs::project(db, name).await?.ok_or(Error::NotFound)?;
    show(sereno, row(db, project.id).await?.as_ref())
}

async fn row<C: ConnectionTrait>(db: &C, project_id: Uuid) -> Result<Option<Model>> {
    let found = Entity::find().filter(Column::ProjectId.eq(project_id)).one(db).await?;
    Ok(found)
}

fn show(sereno: &Sereno, row: Option<&Model>) -> Result<ProjectMail> {
    let Some(row) = row else {
        return Ok(ProjectMail::default());
    };
    let transport = match &row.transport {
        Some(sealed) => {
            let (host, port) = sending::place(&sending::open(sereno, row.project_id, sealed)?);
            Some(format!("{host}:{port}"))
        }
        None => None,
    };
    Ok(ProjectMail {
        mail_from: row.mail_from.clone(),
        reply_to: row.reply_to.clone(),
        transport,
    })
}

/// Changes how its mails leave; what is not said stays, what is empty is taken away.
///
/// # Errors
/// `permission_denied`, also for a mail server that somebody else than an administrator says; `not_found`; `validation_failed`:
/// `invalid_email` on `mail_from` or `reply_to`, `invalid_url` on `transport`.
pub async fn update(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    name: &str,
    command: UpdateProjectMail,
) -> Result<ProjectMail> {
    staff.require(Permission::ProjectsView)?;
    staff.require(Permission::ProjectsManage)?;
    staff.require(Permission::MessagesManage)?;
    if command.transport.is_some() && !staff.is_superuser() {
        return Err(Code::PermissionDenied.into());
    }
    let wanted = judge(sereno, &command)?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let named = refs::project(tx.db(), name).await?.ok_or(Error::NotFound)?;
    let held = project::Entity::find_by_id(named.id)
        .lock(LockType::Update)
        .one(tx.db())
        .await?;
    let project = held.ok_or(Error::NotFound)?;
    let before = row(tx.db(), project.id).await?;
    let mut change = ActiveModel {
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    if let Some(from) = wanted.from {
        change.mail_from = Set(from);
    }
    if let Some(reply_to) = wanted.reply_to {
        change.reply_to = Set(reply_to);
    }
    if let Some(url) = wanted.transport {
        let sealed = url.map(|url| sending::seal(sereno, project.id, &url)).transpose()?;
        change.transport = Set(sealed);
    }
    let after = match &before {
        Some(row) => {
            change.id = Set(row.id);
            Entity::update(change).exec(tx.db()).await?
        }
        None => made(sereno, &tx, project.id, change).await?,
    };
    let (was, is) = (show(sereno, before.as_ref())?, show(sereno, Some(&after))?);
    let event = Event::new(EventKind::ProjectMailUpdated).with("project", project.slug.as_str());
    tx.record(event.with("before", told(&was)).with("after", told(&is)));
    tx.commit().await?;
    Ok(is)
}

async fn made(sereno: &Sereno, tx: &Tx, project_id: Uuid, change: ActiveModel) -> Result<Model> {
    let row = Model {
        id: sereno.new_id()?,
        project_id,
        mail_from: change.mail_from.try_as_ref().cloned().flatten(),
        reply_to: change.reply_to.try_as_ref().cloned().flatten(),
        transport: change.transport.try_as_ref().cloned().flatten(),
        updated_at: tx.now(),
    };
    Entity::insert(ActiveModel::from(row.clone()))
        .exec_without_returning(tx.db())
        .await?;
    Ok(row)
}

/// As an event tells it: nothing of it is a secret.
fn told(mail: &ProjectMail) -> Value {
    json!({"mail_from": mail.mail_from, "reply_to": mail.reply_to, "transport": mail.transport})
}

/// What is said, read: nothing where it stays, nothing within where it is taken away.
struct Wanted {
    from: Option<Option<String>>,
    reply_to: Option<Option<String>>,
    transport: Option<Option<Url>>,
}

fn judge(sereno: &Sereno, command: &UpdateProjectMail) -> Result<Wanted> {
    let mut faults = Vec::new();
    let mut read = |field: &'static str, text: &Option<String>, judge: fn(&str) -> Result<String, Code>| {
        let text = text.as_deref()?.trim();
        if text.is_empty() {
            return Some(None);
        }
        match judge(text) {
            Ok(sound) => Some(Some(sound)),
            Err(code) => {
                faults.push(FieldError::new(field, code));
                None
            }
        }
    };
    let from = read("mail_from", &command.mail_from, sender);
    let reply_to = read("reply_to", &command.reply_to, |text| {
        identifier::email(text).map(|email| email.address)
    });
    let transport = command.transport.as_ref().map(|secret| {
        let text = secret.expose().trim();
        if text.is_empty() {
            return None;
        }
        let url = mail_server(&sereno.config, text);
        if url.is_none() {
            faults.push(FieldError::new("transport", Code::InvalidUrl));
        }
        url
    });
    if faults.is_empty() {
        Ok(Wanted {
            from,
            reply_to,
            transport,
        })
    } else {
        Err(Error::fields(faults))
    }
}

fn sender(text: &str) -> Result<String, Code> {
    if text.chars().count() > FROM_MAX {
        return Err(Code::TooLong);
    }
    if text.chars().any(char::is_control) {
        return Err(Code::InvalidCharacters);
    }
    let mailbox: Mailbox = text.parse().map_err(|_| Code::InvalidEmail)?;
    Ok(mailbox.to_string())
}

//! How the mails of a project leave, as staff says it. The URL of a mail server holds its credentials: it is sealed, never shown
//! again, and only administrators may say it, because it makes this server call somebody.

use lettre::message::Mailbox;
use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use serde_json::{Value, json};
use sereno_types::{Code, FieldError, Permission, ProjectMail, UpdateProjectMail};
use url::Url;
use uuid::Uuid;

use super::refs;
use crate::config::mail_server;
use crate::context::{RequestMeta, Sereno, Staff};
use crate::entity::project;
use crate::entity::project_mail::{ActiveModel, Column, Entity, Model};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::identifier;
use crate::notify::project as sending;

/// Longest sender, in characters.
const FROM_MAX: usize = 320;

/// How its mails leave, and the version of that.
///
/// # Errors
/// `permission_denied`, `not_found`.
pub async fn detail(sereno: &Sereno, staff: &Staff, name: &str) -> Result<(ProjectMail, String)> {
    staff.require(Permission::ProjectsView)?;
    let db = sereno.db.read();
    let project = refs::project(db, name).await?.ok_or(Error::NotFound)?;
    let row = row(db, project.id).await?;
    Ok((show(sereno, row.as_ref())?, version(sereno, project.id, row.as_ref())?))
}

/// The version of how mails leave. It knows a mail server by what is sealed: another password is another version, too.
fn version(sereno: &Sereno, project_id: Uuid, row: Option<&Model>) -> Result<String> {
    let said = row.map(|row| {
        (
            &row.mail_from,
            &row.reply_to,
            row.transport.as_ref().map(|sealed| &sealed.0),
        )
    });
    sereno.version(&(project_id, said.unwrap_or((&None, &None, None))))
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

/// Changes how its mails leave; what is not said stays, what is empty is taken away. Gives the version, too.
///
/// # Errors
/// `precondition_failed`; `permission_denied`, also for a mail server that somebody else than an administrator says; `not_found`; `validation_failed`:
/// `invalid_email` on `mail_from` or `reply_to`, `invalid_url` on `transport`.
pub async fn update(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    name: &str,
    command: UpdateProjectMail,
) -> Result<(ProjectMail, String)> {
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
    meta.expects(&version(sereno, project.id, before.as_ref())?)?;
    let mut after = before.clone().unwrap_or(Model {
        id: sereno.new_id()?,
        project_id: project.id,
        mail_from: None,
        reply_to: None,
        transport: None,
        updated_at: tx.now(),
    });
    after.updated_at = tx.now();
    wanted.from.onto(&mut after.mail_from);
    wanted.reply_to.onto(&mut after.reply_to);
    let sealed = wanted.transport.map(|url| sending::seal(sereno, project.id, &url))?;
    sealed.onto(&mut after.transport);
    Entity::delete_many()
        .filter(Column::ProjectId.eq(project.id))
        .exec(tx.db())
        .await?;
    Entity::insert(ActiveModel::from(after.clone()))
        .exec_without_returning(tx.db())
        .await?;
    let (was, is) = (show(sereno, before.as_ref())?, show(sereno, Some(&after))?);
    let event = Event::new(EventKind::ProjectMailUpdated).with("project", project.slug.as_str());
    tx.record(event.with("before", told(&was)).with("after", told(&is)));
    let version = version(sereno, project.id, Some(&after))?;
    tx.commit().await?;
    Ok((is, version))
}

/// As an event tells it: nothing of it is a secret.
fn told(mail: &ProjectMail) -> Value {
    json!({"mail_from": mail.mail_from, "reply_to": mail.reply_to, "transport": mail.transport})
}

/// What a request says of something.
enum Said<T> {
    /// Nothing: it stays.
    Nothing,
    /// That it is taken away.
    Empty,
    /// This.
    This(T),
}

impl<T> Said<T> {
    /// What a text says, or the code for one that makes no sense.
    fn of(text: Option<&str>, read: impl FnOnce(&str) -> Result<T, Code>) -> Result<Self, Code> {
        match text.map(str::trim) {
            None => Ok(Self::Nothing),
            Some("") => Ok(Self::Empty),
            Some(text) => read(text).map(Self::This),
        }
    }

    fn map<V>(self, value: impl FnOnce(T) -> Result<V>) -> Result<Said<V>> {
        Ok(match self {
            Self::Nothing => Said::Nothing,
            Self::Empty => Said::Empty,
            Self::This(said) => Said::This(value(said)?),
        })
    }

    fn onto(self, column: &mut Option<T>) {
        match self {
            Self::Nothing => {}
            Self::Empty => *column = None,
            Self::This(said) => *column = Some(said),
        }
    }
}

/// What is said, read.
struct Wanted {
    from: Said<String>,
    reply_to: Said<String>,
    transport: Said<Url>,
}

fn judge(sereno: &Sereno, command: &UpdateProjectMail) -> Result<Wanted> {
    let from = Said::of(command.mail_from.as_deref(), sender);
    let reply_to = Said::of(command.reply_to.as_deref(), |text| {
        identifier::email(text).map(|email| email.address)
    });
    let secret = command.transport.as_ref().map(sereno_types::Secret::expose);
    let transport = Said::of(secret, |text| mail_server(&sereno.config, text).ok_or(Code::InvalidUrl));
    match (from, reply_to, transport) {
        (Ok(from), Ok(reply_to), Ok(transport)) => Ok(Wanted {
            from,
            reply_to,
            transport,
        }),
        (from, reply_to, transport) => {
            let codes = [
                ("mail_from", from.err()),
                ("reply_to", reply_to.err()),
                ("transport", transport.err()),
            ];
            let faults = codes
                .into_iter()
                .filter_map(|(field, code)| Some(FieldError::new(field, code?)));
            Err(Error::fields(faults.collect()))
        }
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

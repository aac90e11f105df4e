//! Writing an announcement: as incomplete as its author likes, until it is to leave.

use sea_orm::{ActiveValue::Set, EntityTrait};
use serde_json::Value;
use sereno_types::{AnnouncementDetail, AnnouncementState, Code, FieldError, Id, Locale, Permission, SaveAnnouncement};
use uuid::Uuid;

use super::{about, audience, held, show, state};
use crate::context::{RequestMeta, Sereno, Staff, Tx, tidy, without_nul};
use crate::entity::announcement::{ActiveModel, Entity, Model};
use crate::error::{Error, Result};
use crate::event::EventKind;
use crate::identifier;
use crate::notify;

/// Longest name, in characters.
const NAME_MAX: usize = 150;
/// Longest subject, in characters: what fits into one header by RFC 5322 with room for encoding.
const SUBJECT_MAX: usize = 255;
/// Most bytes of each of the texts.
const TEXT_MAX: usize = 131_072;
/// Most bytes of what a template may use.
const CONTEXT_MAX: usize = 16_384;

/// What was written, looked through.
struct Sound {
    command: SaveAnnouncement,
    addresses: Vec<identifier::Email>,
    language: Locale,
    reply_to: Option<String>,
    project_id: Option<Uuid>,
}

/// Begins an announcement.
///
/// # Errors
/// `permission_denied`; `validation_failed` on what was written, with each wrong address by its place in the list
/// (`audience.addresses.3`).
pub async fn create(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    command: SaveAnnouncement,
) -> Result<AnnouncementDetail> {
    let sound = judge(sereno, staff, command).await?;
    let id = sereno.new_id()?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let mut row = written(&tx, &sound)?;
    row.id = Set(id);
    row.state = Set(AnnouncementState::Draft.as_str().to_owned());
    row.run = Set(0);
    row.page = Set(0);
    row.swept_sent = Set(0);
    row.swept_failed = Set(0);
    row.swept_skipped = Set(0);
    row.swept_cancelled = Set(0);
    row.created_by = Set(staff.actor().id());
    row.created_at = Set(tx.now());
    Entity::insert(row).exec_without_returning(tx.db()).await?;
    audience::keep(sereno, &tx, id, sound.addresses).await?;
    let row = held(&tx, &Id(id.to_string())).await?;
    tx.record(about(EventKind::AnnouncementCreated, &row));
    tx.commit().await?;
    show::detail(sereno, staff, &Id(id.to_string())).await
}

/// Writes a draft anew, as a whole.
///
/// # Errors
/// As [`create`]; `not_found`, `precondition_failed`; `state_conflict` once it has a moment.
pub async fn save(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    id: &Id,
    command: SaveAnnouncement,
) -> Result<AnnouncementDetail> {
    let sound = judge(sereno, staff, command).await?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let before = draft(sereno, &tx, meta, id).await?;
    let mut row = written(&tx, &sound)?;
    row.id = Set(before.id);
    let after = Entity::update(row).exec(tx.db()).await?;
    audience::keep(sereno, &tx, after.id, sound.addresses).await?;
    tx.record(about(EventKind::AnnouncementUpdated, &after));
    tx.commit().await?;
    show::detail(sereno, staff, id).await
}

/// Deletes a draft.
///
/// # Errors
/// `permission_denied`, `not_found`, `precondition_failed`; `state_conflict` once it has a moment.
pub async fn delete(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, id: &Id) -> Result<()> {
    staff.require(Permission::MessagesManage)?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let row = draft(sereno, &tx, meta, id).await?;
    Entity::delete_by_id(row.id).exec(tx.db()).await?;
    tx.record(about(EventKind::AnnouncementDeleted, &row));
    tx.commit().await
}

/// The draft that a request means, in the version that it means.
async fn draft(sereno: &Sereno, tx: &Tx, meta: &RequestMeta, id: &Id) -> Result<Model> {
    let row = held(tx, id).await?;
    if state(&row) != AnnouncementState::Draft {
        return Err(Code::StateConflict.into());
    }
    if meta.if_match.is_some() {
        let written = show::written(tx.db(), &row).await?;
        meta.expects(&show::version_of(sereno, &row, &written)?)?;
    }
    Ok(row)
}

fn written(tx: &Tx, sound: &Sound) -> Result<ActiveModel> {
    let command = &sound.command;
    let mut audience = command.audience.clone();
    audience.addresses.clear();
    Ok(ActiveModel {
        project_id: Set(sound.project_id),
        name: Set(tidy(command.name.trim(), NAME_MAX)),
        subject: Set(command.subject.clone()),
        text: Set(command.text.clone()),
        html: Set(command.html.clone()),
        template: Set(command.template.clone()),
        context: Set(without_nul(Value::Object(command.context.clone()))),
        language: Set(sound.language.as_str().to_owned()),
        reply_to: Set(sound.reply_to.clone()),
        audience: Set(without_nul(serde_json::to_value(audience).map_err(Error::internal)?)),
        updated_at: Set(tx.now()),
        ..Default::default()
    })
}

async fn judge(sereno: &Sereno, staff: &Staff, mut command: SaveAnnouncement) -> Result<Sound> {
    staff.require(Permission::MessagesView)?;
    staff.require(Permission::MessagesManage)?;
    audience::may_choose(staff, &command.audience)?;
    // browsers end the lines of a form with both
    command.text = command.text.replace("\r\n", "\n").replace('\0', "");
    command.html = command.html.replace("\r\n", "\n").replace('\0', "");
    command.subject = command.subject.trim().to_owned();
    let said = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    command.template = said(command.template);
    let mut faults = words(&command);
    let language = match said(command.language.take()) {
        None => Some(sereno.config.mail_locale()),
        Some(tag) => Locale::from_name(&tag),
    };
    if language.is_none() {
        faults.push(FieldError::new("language", Code::InvalidChoice));
    }
    let mut reply_to = None;
    if let Some(text) = said(command.reply_to.take()) {
        match identifier::email(&text) {
            Ok(email) => reply_to = Some(email.address),
            Err(code) => faults.push(FieldError::new("reply_to", code)),
        }
    }
    let mut project_id = None;
    if let Some(name) = said(command.project.take()) {
        staff.require(Permission::ProjectsView)?;
        match crate::roles::project_named(sereno.db.read(), &name).await? {
            Some(project) => project_id = Some(project.id),
            None => faults.push(audience::nothing_called_so("project")),
        }
    }
    if command.template.is_none() && !command.context.is_empty() {
        faults.push(FieldError::new("context", Code::InvalidChoice).with("reason", "only templates use values"));
    }
    let addresses = audience::judge(&command.audience)
        .map_err(|more| faults.extend(more))
        .unwrap_or_default();
    faults.extend(audience::unknown(sereno, &command.audience).await?);
    if let Some(name) = &command.template
        && !notify::template::is_custom(sereno.db.read(), name).await?
    {
        faults.push(FieldError::new("template", Code::TemplateNotFound));
    }
    match (language, faults.is_empty()) {
        (Some(language), true) => Ok(Sound {
            command,
            addresses,
            language,
            reply_to,
            project_id,
        }),
        _ => Err(Error::fields(faults)),
    }
}

/// What is wrong with the texts as such.
fn words(command: &SaveAnnouncement) -> Vec<FieldError> {
    let mut faults = Vec::new();
    if tidy(&command.name, usize::MAX).trim().is_empty() {
        faults.push(FieldError::new("name", Code::Blank));
    }
    for (field, text, most) in [
        ("name", &command.name, NAME_MAX),
        ("subject", &command.subject, SUBJECT_MAX),
    ] {
        if text.chars().count() > most {
            faults.push(FieldError::new(field, Code::TooLong).with("max", most as u64));
        }
    }
    if command.subject.chars().any(char::is_control) {
        faults.push(FieldError::new("subject", Code::InvalidCharacters));
    }
    for (field, text) in [("html", &command.html), ("text", &command.text)] {
        if text.len() > TEXT_MAX {
            faults.push(FieldError::new(field, Code::TooLong).with("max", TEXT_MAX as u64));
        }
    }
    if command.template.as_ref().is_some_and(|name| name.len() > NAME_MAX) {
        faults.push(FieldError::new("template", Code::TemplateNotFound));
    }
    let bytes = serde_json::to_vec(&command.context).map_or(usize::MAX, |bytes| bytes.len());
    if bytes > CONTEXT_MAX {
        faults.push(FieldError::new("context", Code::TooLong).with("max", CONTEXT_MAX as u64));
    }
    faults
}

//! What is in use: publishing the draft, going back to an earlier version, going back to what is shipped.

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use sereno_types::{Code, EmailTemplateDetail, FieldError, Permission, PublishEmailTemplate, RollBackEmailTemplate};

use super::show::{self, show};
use super::{DRAFT, Place, held, note, version};
use crate::context::{RequestMeta, Sereno, Staff, Tx};
use crate::entity::{email_template, email_template_version};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::notify::template::live::source_of;

/// Publishes the draft: it becomes the next version, and mails leave in its words from now on.
///
/// # Errors
/// `permission_denied`, `not_found`, `precondition_failed`; `state_conflict` without a draft; `validation_failed` with
/// `template_variable_missing` on `text` or `html`, and with what saving refuses.
pub async fn publish(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    (name, language): (&str, &str),
    command: PublishEmailTemplate,
) -> Result<EmailTemplateDetail> {
    staff.require(Permission::EmailTemplatesView)?;
    staff.require(Permission::EmailTemplatesManage)?;
    let place = Place::find(sereno.db.read(), name, language).await?;
    let said = command.note.as_deref().map(|text| note(Some(text))).transpose()?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let shown = draft((sereno, meta, staff), &mut tx, &place, said).await?;
    tx.commit().await?;
    Ok(shown)
}

/// The same inside a transaction.
///
/// # Errors
/// As [`publish`].
pub(super) async fn draft(
    (sereno, meta, staff): (&Sereno, &RequestMeta, &Staff),
    tx: &mut Tx,
    place: &Place,
    said: Option<String>,
) -> Result<EmailTemplateDetail> {
    let (name, language) = (place.template.name(), place.locale.as_str());
    let template = held(tx, place).await?.ok_or(Code::StateConflict)?;
    let place = Place::find(tx.db(), &name, language).await?;
    let draft = version(tx.db(), &template, DRAFT).await?.ok_or(Code::StateConflict)?;
    usable(&place, &draft)?;
    meta.expects(&show::version(sereno, &show(tx.db(), place).await?)?)?;
    let number = next(tx, &template).await?;
    let row = email_template_version::ActiveModel {
        id: Set(draft.id),
        version: Set(number),
        note: Set(said.unwrap_or(draft.note)),
        author_id: Set(staff.actor().caller().ok().map(|caller| caller.user_id)),
        created_at: Set(tx.now()),
        ..Default::default()
    };
    email_template_version::Entity::update(row).exec(tx.db()).await?;
    use_from_now_on(tx, template, Some(number), None).await
}

/// Publishes again what an earlier version says, as the next version. A draft stays as it is.
///
/// # Errors
/// `permission_denied`, `not_found`, `precondition_failed`; `validation_failed` with `invalid_choice` on `version`, and with
/// what publishing refuses.
pub async fn roll_back(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    (name, language): (&str, &str),
    command: RollBackEmailTemplate,
) -> Result<EmailTemplateDetail> {
    staff.require(Permission::EmailTemplatesView)?;
    staff.require(Permission::EmailTemplatesManage)?;
    let place = Place::find(sereno.db.read(), name, language).await?;
    let said = note(command.note.as_deref())?;
    let unknown = || Error::field("version", Code::InvalidChoice);
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let template = held(&tx, &place).await?.ok_or_else(unknown)?;
    let place = Place::find(tx.db(), name, language).await?;
    let old = match command.version {
        DRAFT => None,
        number => version(tx.db(), &template, number).await?,
    };
    let old = old.ok_or_else(unknown)?;
    usable(&place, &old)?;
    meta.expects(&show::version(sereno, &show(tx.db(), place).await?)?)?;
    let number = next(&tx, &template).await?;
    let row = email_template_version::ActiveModel {
        id: Set(sereno.new_id()?),
        template_id: Set(template.id),
        version: Set(number),
        subject: Set(old.subject),
        text: Set(old.text),
        html: Set(old.html),
        note: Set(said),
        based_on: Set(old.based_on),
        author_id: Set(staff.actor().caller().ok().map(|caller| caller.user_id)),
        created_at: Set(tx.now()),
    };
    email_template_version::Entity::insert(row)
        .exec_without_returning(tx.db())
        .await?;
    let shown = use_from_now_on(&mut tx, template, Some(number), Some(command.version)).await?;
    tx.commit().await?;
    Ok(shown)
}

/// Back to what is shipped; of staff's own nothing is in use any more. Versions and draft stay.
///
/// # Errors
/// `permission_denied`, `not_found`, `precondition_failed`; `state_conflict` where nothing of staff's is in use.
pub async fn retire(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, (name, language): (&str, &str)) -> Result<()> {
    staff.require(Permission::EmailTemplatesView)?;
    staff.require(Permission::EmailTemplatesManage)?;
    let place = Place::find(sereno.db.read(), name, language).await?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let template = held(&tx, &place).await?.ok_or(Code::StateConflict)?;
    meta.expects(&show::version(sereno, &show(tx.db(), place).await?)?)?;
    if template.live_version.is_none() {
        return Err(Code::StateConflict.into());
    }
    use_from_now_on(&mut tx, template, None, None).await?;
    tx.commit().await
}

/// Refuses what cannot be read, fails with samples, or would be of no use.
fn usable(place: &Place, version: &email_template_version::Model) -> Result<()> {
    let source = source_of(version.clone());
    let mut faults: Vec<FieldError> = place.judge(&source);
    if faults.is_empty() {
        faults = place.lacking(&source);
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Error::fields(faults))
    }
}

async fn next(tx: &Tx, template: &email_template::Model) -> Result<i64> {
    let last = email_template_version::Entity::find()
        .filter(email_template_version::Column::TemplateId.eq(template.id))
        .order_by_desc(email_template_version::Column::Version)
        .one(tx.db())
        .await?;
    Ok(last.map_or(0, |last| last.version) + 1)
}

/// From now on this version is in use, or what is shipped.
async fn use_from_now_on(
    tx: &mut Tx,
    template: email_template::Model,
    live: Option<i64>,
    restored: Option<i64>,
) -> Result<EmailTemplateDetail> {
    let row = email_template::ActiveModel {
        id: Set(template.id),
        live_version: Set(live),
        broken_at: Set(None),
        broken_reason: Set(None),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    email_template::Entity::update(row).exec(tx.db()).await?;
    let kind = match live {
        Some(_) => EventKind::EmailTemplatePublished,
        None => EventKind::EmailTemplateRetired,
    };
    let mut event = Event::new(kind)
        .with("template", template.name.as_str())
        .with("language", template.language.as_str())
        .with("before", template.live_version)
        .with("after", live);
    if let Some(restored) = restored {
        event = event.with("restored", restored);
    }
    tx.record(event);
    let place = Place::find(tx.db(), &template.name, &template.language).await?;
    show(tx.db(), place).await
}

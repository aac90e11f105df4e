//! Drafts: one at a time for each template and language, saved only if it can be read and rendered.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, EntityTrait};
use sereno_types::{Code, EmailSource, EmailTemplateDetail, Permission, SaveEmailDraft};

use super::show::{self, show};
use super::{DRAFT, Place, fingerprint, held, note, version};
use crate::context::{RequestMeta, Sereno, Staff, Tx};
use crate::entity::{email_template, email_template_version};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};

/// Saves the draft. A request that names the version that it was begun from (`If-Match`) overwrites nothing else.
///
/// # Errors
/// `permission_denied`, `not_found`, `precondition_failed`; `validation_failed` with `template_syntax_error` (`line`,
/// `column`, `reason`), `blank`, `too_long` or `invalid_characters` on `subject`, `text` and `html`.
pub async fn save(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    (name, language): (&str, &str),
    command: SaveEmailDraft,
) -> Result<EmailTemplateDetail> {
    staff.require(Permission::EmailTemplatesView)?;
    staff.require(Permission::EmailTemplatesManage)?;
    let place = Place::find(sereno.db.read(), name, language).await?;
    let note = note(command.note.as_deref())?;
    let source = EmailSource {
        // browsers end the lines of a form with both
        subject: command.subject.trim().to_owned(),
        text: command.text.replace("\r\n", "\n"),
        html: command.html.replace("\r\n", "\n"),
    };
    let faults = place.judge(&source);
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    write((sereno, meta, staff), &mut tx, (name, language), source, note).await?;
    let place = Place::find(tx.db(), name, language).await?;
    let shown = show(tx.db(), place).await?;
    tx.commit().await?;
    Ok(shown)
}

/// The same inside a transaction, of a text that was judged.
///
/// # Errors
/// `not_found`, `precondition_failed`.
pub(super) async fn write(
    (sereno, meta, staff): (&Sereno, &RequestMeta, &Staff),
    tx: &mut Tx,
    (name, language): (&str, &str),
    source: EmailSource,
    note: String,
) -> Result<()> {
    let place = Place::find(tx.db(), name, language).await?;
    let template = begun(sereno, tx, &place).await?;
    // what staff's own may name can have changed since
    let place = Place::find(tx.db(), name, language).await?;
    let before = show(tx.db(), place).await?;
    meta.expects(&show::version(sereno, &before)?)?;
    let author_id = staff.actor().caller().ok().map(|caller| caller.user_id);
    let mut row = email_template_version::ActiveModel {
        subject: Set(source.subject),
        text: Set(source.text),
        html: Set(source.html),
        note: Set(note),
        author_id: Set(author_id),
        created_at: Set(tx.now()),
        ..Default::default()
    };
    if let Some(draft) = version(tx.db(), &template, DRAFT).await? {
        row.id = Set(draft.id);
        email_template_version::Entity::update(row).exec(tx.db()).await?;
    } else {
        row.id = Set(sereno.new_id()?);
        row.template_id = Set(template.id);
        row.version = Set(DRAFT);
        row.based_on = Set(fingerprint(before.shipped.as_ref())?);
        email_template_version::Entity::insert(row)
            .exec_without_returning(tx.db())
            .await?;
    }
    record(tx, name, language, "saved");
    Ok(())
}

/// The row of the template, made where there is none, held until the transaction ends.
async fn begun(sereno: &Sereno, tx: &Tx, place: &Place) -> Result<email_template::Model> {
    let row = email_template::ActiveModel {
        id: Set(sereno.new_id()?),
        name: Set(place.template.name()),
        language: Set(place.locale.as_str().to_owned()),
        live_version: Set(None),
        broken_at: Set(None),
        broken_reason: Set(None),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    let there = OnConflict::columns([email_template::Column::Name, email_template::Column::Language])
        .do_nothing()
        .to_owned();
    email_template::Entity::insert(row)
        .on_conflict(there)
        .exec_without_returning(tx.db())
        .await?;
    held(tx, place).await?.ok_or(Error::NotFound)
}

/// Throws the draft away.
///
/// # Errors
/// `permission_denied`, `not_found`, `precondition_failed`; `state_conflict` where there is none.
pub async fn discard(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, (name, language): (&str, &str)) -> Result<()> {
    staff.require(Permission::EmailTemplatesManage)?;
    let place = Place::find(sereno.db.read(), name, language).await?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let template = held(&tx, &place).await?.ok_or(Code::StateConflict)?;
    meta.expects(&show::version(sereno, &show(tx.db(), place).await?)?)?;
    let draft = version(tx.db(), &template, DRAFT).await?.ok_or(Code::StateConflict)?;
    email_template_version::Entity::delete_by_id(draft.id)
        .exec(tx.db())
        .await?;
    record(&mut tx, name, language, "discarded");
    tx.commit().await
}

fn record(tx: &mut Tx, name: &str, language: &str, what: &str) {
    tx.record(
        Event::new(EventKind::EmailTemplateDrafted)
            .with("template", name)
            .with("language", language)
            .with("draft", what),
    );
}

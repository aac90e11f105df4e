//! Templates of staff's own: what they are called, and what they may name. Their texts are written like all others.

use std::collections::BTreeSet;

use sea_orm::sea_query::LockType;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect};
use serde_json::json;
use sereno_types::{
    Code, CreateEmailTemplate, EmailTemplateDetail, FieldError, Locale, Permission, TemplateVariable,
    UpdateEmailTemplate,
};

use super::show::{self, show};
use super::{Place, version};
use crate::context::{RequestMeta, Sereno, Staff, Tx, tidy};
use crate::entity::custom_email_template::{ActiveModel, Column, Entity, Model};
use crate::entity::email_template;
use crate::error::{Error, Result, too_long, unique_violation};
use crate::event::{Event, EventKind};
use crate::notify::template::live::source_of;
use crate::notify::template::{COMMON, Template};

/// Most templates of staff's own.
const MOST: u64 = 500;
const SLUG_MAX: usize = 60;
const TITLE_MAX: usize = 150;
const DESCRIPTION_MAX: usize = 500;
const VARIABLES_MAX: usize = 50;
const VARIABLE_NAME_MAX: usize = 40;
const VARIABLE_DESCRIPTION_MAX: usize = 200;
const SAMPLE_MAX: usize = 500;

/// Makes a template. It has no text yet; answered as it is in English.
///
/// # Errors
/// `permission_denied`; `validation_failed`, with `slug_unique` among the codes; `state_conflict` when there are as many as
/// there can be.
pub async fn create(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    command: CreateEmailTemplate,
) -> Result<EmailTemplateDetail> {
    staff.require(Permission::EmailTemplatesView)?;
    staff.require(Permission::EmailTemplatesManage)?;
    let slug = command.slug.trim();
    let faults = faults(slug, &command);
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    if Entity::find().count(tx.db()).await? >= MOST {
        return Err(Code::StateConflict.into());
    }
    let title = Some(command.title.trim())
        .filter(|title| !title.is_empty())
        .unwrap_or(slug);
    let row = ActiveModel {
        id: Set(sereno.new_id()?),
        slug: Set(slug.to_owned()),
        title: Set(tidy(title, TITLE_MAX)),
        description: Set(tidy(command.description.trim(), DESCRIPTION_MAX)),
        variables: Set(json!(command.variables)),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    Entity::insert(row)
        .exec_without_returning(tx.db())
        .await
        .map_err(|error| match unique_violation(&error) {
            Some(what) if what.contains("slug") => Error::field("slug", Code::SlugUnique),
            _ => error.into(),
        })?;
    let name = Template::Custom(slug.to_owned()).name();
    tx.record(Event::new(EventKind::EmailTemplateCreated).with("template", name.as_str()));
    let place = Place::find(tx.db(), &name, Locale::default().as_str()).await?;
    let shown = show(tx.db(), place).await?;
    tx.commit().await?;
    Ok(shown)
}

/// What is wrong with a template that is to be made.
pub(super) fn faults(slug: &str, command: &CreateEmailTemplate) -> Vec<FieldError> {
    let mut faults = Vec::new();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if slug.is_empty() {
        faults.push(FieldError::new("slug", Code::Blank));
    } else if let Some(fault) = too_long("slug", slug, SLUG_MAX) {
        faults.push(fault);
    } else if !slug.chars().all(plain) {
        faults.push(FieldError::new("slug", Code::InvalidCharacters));
    }
    judge(&mut faults, &command.title, &command.description, &command.variables);
    faults
}

/// Changes what a template is called, or what it may name; what is not said stays. What is in use or being written must
/// still be readable. A request that names a version names that of any of its languages.
///
/// # Errors
/// `permission_denied`, `not_found`, also for what is no template of staff's own; `precondition_failed`; `validation_failed`, with
/// `template_invalid` on `variables` where a text names one that would be gone.
pub async fn update(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    name: &str,
    command: UpdateEmailTemplate,
) -> Result<EmailTemplateDetail> {
    staff.require(Permission::EmailTemplatesView)?;
    staff.require(Permission::EmailTemplatesManage)?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let row = held(&tx, name).await?;
    expected(sereno, meta, &tx, name).await?;
    let before: Vec<TemplateVariable> = serde_json::from_value(row.variables).map_err(Error::internal)?;
    let title = command.title.unwrap_or(row.title);
    let description = command.description.unwrap_or(row.description);
    let variables = command.variables.unwrap_or(before);
    let mut faults = Vec::new();
    judge(&mut faults, &title, &description, &variables);
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    let title = Some(title.trim())
        .filter(|title| !title.is_empty())
        .unwrap_or(&row.slug);
    let changed = ActiveModel {
        id: Set(row.id),
        title: Set(tidy(title, TITLE_MAX)),
        description: Set(tidy(description.trim(), DESCRIPTION_MAX)),
        variables: Set(json!(variables)),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    Entity::update(changed).exec(tx.db()).await?;
    still_read(&tx, name).await?;
    tx.record(Event::new(EventKind::EmailTemplateUpdated).with("template", name));
    let place = Place::find(tx.db(), name, Locale::default().as_str()).await?;
    let shown = show(tx.db(), place).await?;
    tx.commit().await?;
    Ok(shown)
}

/// Refuses where a text that is in use or being written does not work with what was declared.
async fn still_read(tx: &Tx, name: &str) -> Result<()> {
    let rows = email_template::Entity::find()
        .filter(email_template::Column::Name.eq(name))
        .all(tx.db())
        .await?;
    for row in rows {
        let place = Place::find(tx.db(), name, &row.language).await?;
        for number in [Some(super::DRAFT), row.live_version].into_iter().flatten() {
            let Some(text) = version(tx.db(), &row, number).await? else {
                continue;
            };
            if let Some(fault) = place.judge(&source_of(text)).into_iter().next() {
                let why = fault
                    .params
                    .get("reason")
                    .and_then(serde_json::Value::as_str)
                    .unwrap_or("");
                let why = format!("{} in {}: {why}", fault.field, row.language);
                let refused = FieldError::new("variables", Code::TemplateInvalid).with("reason", why);
                return Err(Error::fields(vec![refused]));
            }
        }
    }
    Ok(())
}

/// Deletes a template with all its texts and versions. A request that names a version names that of any of its languages.
///
/// # Errors
/// `permission_denied`, `not_found`, also for what is no template of staff's own; `precondition_failed`.
pub async fn delete(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, name: &str) -> Result<()> {
    staff.require(Permission::EmailTemplatesManage)?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let row = held(&tx, name).await?;
    expected(sereno, meta, &tx, name).await?;
    email_template::Entity::delete_many()
        .filter(email_template::Column::Name.eq(name))
        .exec(tx.db())
        .await?;
    Entity::delete_by_id(row.id).exec(tx.db()).await?;
    tx.record(Event::new(EventKind::EmailTemplateDeleted).with("template", name));
    tx.commit().await
}

async fn held(tx: &Tx, name: &str) -> Result<Model> {
    let Some(Template::Custom(slug)) = Template::from_name(name) else {
        return Err(Error::NotFound);
    };
    let found = Entity::find()
        .filter(Column::Slug.eq(slug))
        .lock(LockType::Update)
        .one(tx.db())
        .await?;
    found.ok_or(Error::NotFound)
}

/// Refuses where the request means what the template is in no language any more. Whoever changes it has read it in one.
async fn expected(sereno: &Sereno, meta: &RequestMeta, tx: &Tx, name: &str) -> Result<()> {
    let mut outcome = Ok(());
    for &locale in Locale::ALL {
        let place = Place::find(tx.db(), name, locale.as_str()).await?;
        outcome = meta.expects(&show::version(sereno, &show(tx.db(), place).await?)?);
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

fn judge(faults: &mut Vec<FieldError>, title: &str, description: &str, variables: &[TemplateVariable]) {
    let mut long = |field: String, text: &str, max: usize| faults.extend(too_long(field, text, max));
    long("title".to_owned(), title, TITLE_MAX);
    long("description".to_owned(), description, DESCRIPTION_MAX);
    for (at, variable) in variables.iter().enumerate() {
        long(format!("variables.{at}.name"), &variable.name, VARIABLE_NAME_MAX);
        long(
            format!("variables.{at}.description"),
            &variable.description,
            VARIABLE_DESCRIPTION_MAX,
        );
        long(format!("variables.{at}.sample"), &variable.sample, SAMPLE_MAX);
    }
    if variables.len() > VARIABLES_MAX {
        faults.push(FieldError::new("variables", Code::TooLong).with("max", VARIABLES_MAX as u64));
    }
    let mut seen = BTreeSet::new();
    for (at, variable) in variables.iter().enumerate() {
        let name = variable.name.as_str();
        let is_word = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        // words of the language, and what is there in any case
        let is_taken = RESERVED.contains(&name) || COMMON.iter().any(|common| common.name == name);
        if !is_word || is_taken || !seen.insert(name) {
            let code = if is_word {
                Code::InvalidChoice
            } else {
                Code::InvalidCharacters
            };
            faults.push(FieldError::new(format!("variables.{at}.name"), code));
        }
    }
}

/// Words that mean something else in a template.
const RESERVED: [&str; 16] = [
    "and",
    "or",
    "not",
    "in",
    "is",
    "if",
    "elif",
    "else",
    "endif",
    "for",
    "endfor",
    "loop",
    "recursive",
    "true",
    "false",
    "none",
];

//! E-mail templates as staff manages them: lists, drafts, versions, previews and test mails, templates of its own. How a
//! template becomes a mail is the room `notify`.

pub mod custom;
pub mod diff;
pub mod draft;
pub mod files;
pub mod list;
pub mod preview;
pub mod publish;
pub mod show;
pub mod versions;

use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use sereno_types::{Code, EmailSource, FieldError, TemplateVariable};

use crate::context::{Locale, Tx, tidy};
use crate::crypto::digest::sha256_hex;
use crate::entity::{custom_email_template, email_template, email_template_version};
use crate::error::{Error, Result};
use crate::notify::template::engine::{self, Fault};
use crate::notify::template::{COMMON, Template, Variable, secrets};
use crate::notify::with_subject;

/// The number of a draft.
const DRAFT: i64 = 0;
/// Longest note, in bytes.
const NOTE_MAX: usize = 500;

/// A template in one language, and what there is to know of it.
pub(crate) struct Place {
    /// Which.
    pub template: Template,
    /// In which language.
    pub locale: Locale,
    /// What it is called, for people.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// What it may name, with samples.
    pub variables: Vec<TemplateVariable>,
}

impl Place {
    /// The place that an address names.
    ///
    /// # Errors
    /// `not_found`.
    pub(crate) async fn find<C: ConnectionTrait>(db: &C, name: &str, language: &str) -> Result<Self> {
        let template = Template::from_name(name).ok_or(Error::NotFound)?;
        let locale = Locale::ALL.into_iter().find(|locale| locale.as_str() == language);
        let locale = locale.ok_or(Error::NotFound)?;
        if let Template::Custom(slug) = &template {
            let row = custom(db, slug).await?;
            return Ok(Self {
                locale,
                title: row.title,
                description: row.description,
                variables: with_common(serde_json::from_value(row.variables).map_err(Error::internal)?),
                template,
            });
        }
        let (title, description) = called(&template);
        let variables = template.variables().unwrap_or_default();
        Ok(Self {
            locale,
            title,
            description,
            variables: variables.into_iter().map(Variable::shown).collect(),
            template,
        })
    }

    /// What is wrong with a text here, or nothing.
    pub(crate) fn judge(&self, source: &EmailSource) -> Vec<FieldError> {
        let samples: Vec<(&str, &str)> = self
            .variables
            .iter()
            .map(|variable| (variable.name.as_str(), variable.sample.as_str()))
            .collect();
        let names: Vec<&str> = samples.iter().map(|(name, _)| *name).collect();
        let whole = if self.template.has_subject() {
            source.clone()
        } else {
            with_subject(source)
        };
        let needs = self.template.needs();
        let mut faults: Vec<Fault> = match engine::check(&whole, &names, &engine::context(&samples)) {
            Ok(said) => {
                let secret = samples.iter().filter(|(name, _)| needs.contains(name));
                let told: Vec<&str> = secret.map(|(_, value)| *value).collect();
                secrets::placed(&said, &told)
            }
            Err(faults) => faults,
        };
        if faults.is_empty() {
            faults = secrets::used(&whole, needs);
        }
        let mut faults: Vec<FieldError> = faults.iter().map(Fault::field).collect();
        if !self.template.has_subject() && !source.subject.is_empty() {
            faults.push(FieldError::new("subject", Code::InvalidChoice));
        }
        faults
    }

    /// Which parts lack a variable that they cannot do without.
    pub(crate) fn lacking(&self, source: &EmailSource) -> Vec<FieldError> {
        let needs = self.template.needs();
        let named = |text: &str| needs.is_empty() || needs.iter().any(|name| engine::names(text, name));
        [("text", &source.text), ("html", &source.html)]
            .into_iter()
            .filter(|(_, text)| !named(text))
            .map(|(part, _)| FieldError::new(part, Code::TemplateVariableMissing).with("names", needs.join(", ")))
            .collect()
    }
}

/// Title and description of what is ours.
fn called(template: &Template) -> (String, String) {
    match template {
        Template::Mail(kind) => {
            let words = kind.as_str().replace('_', " ");
            let mut letters = words.chars();
            let title = letters
                .next()
                .map(|first| first.to_uppercase().chain(letters).collect());
            (title.unwrap_or_default(), kind.doc().to_owned())
        }
        Template::Footer => ("Footer".to_owned(), "Stands below every mail.".to_owned()),
        Template::Custom(slug) => (slug.clone(), String::new()),
    }
}

fn with_common(mut declared: Vec<TemplateVariable>) -> Vec<TemplateVariable> {
    declared.extend(COMMON.iter().map(|variable| variable.shown()));
    declared
}

async fn custom<C: ConnectionTrait>(db: &C, slug: &str) -> Result<custom_email_template::Model> {
    let found = custom_email_template::Entity::find()
        .filter(custom_email_template::Column::Slug.eq(slug))
        .one(db)
        .await?;
    found.ok_or(Error::NotFound)
}

/// The row of a template, if staff has begun one.
async fn row<C: ConnectionTrait>(db: &C, place: &Place) -> Result<Option<email_template::Model>> {
    let found = email_template::Entity::find()
        .filter(email_template::Column::Name.eq(place.template.name()))
        .filter(email_template::Column::Language.eq(place.locale.as_str()))
        .one(db)
        .await?;
    Ok(found)
}

/// The same, held until the transaction ends.
async fn held(tx: &Tx, place: &Place) -> Result<Option<email_template::Model>> {
    let found = email_template::Entity::find()
        .filter(email_template::Column::Name.eq(place.template.name()))
        .filter(email_template::Column::Language.eq(place.locale.as_str()))
        .lock(LockType::Update)
        .one(tx.db())
        .await?;
    Ok(found)
}

/// One version of a template; 0 is the draft.
async fn version<C: ConnectionTrait>(
    db: &C,
    row: &email_template::Model,
    number: i64,
) -> Result<Option<email_template_version::Model>> {
    let found = email_template_version::Entity::find()
        .filter(email_template_version::Column::TemplateId.eq(row.id))
        .filter(email_template_version::Column::Version.eq(number))
        .one(db)
        .await?;
    Ok(found)
}

/// What stands for a shipped text, to see whether a later release ships another; empty where nothing is shipped.
fn fingerprint(shipped: Option<&EmailSource>) -> Result<String> {
    let Some(source) = shipped else {
        return Ok(String::new());
    };
    let text = serde_json::to_vec(source).map_err(Error::internal)?;
    Ok(sha256_hex(&text))
}

/// A note in one line.
///
/// # Errors
/// `validation_failed` with `too_long` on `note`.
fn note(text: &str) -> Result<String> {
    let text = text.trim();
    if text.len() > NOTE_MAX {
        let fault = FieldError::new("note", Code::TooLong).with("max", NOTE_MAX as u64);
        return Err(Error::fields(vec![fault]));
    }
    Ok(tidy(text, NOTE_MAX))
}

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

use minijinja::Value;
use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use sereno_types::{Code, EmailSource, FieldError, Locale, TemplateVariable};

use crate::context::{Tx, tidy};
use crate::crypto::digest::sha256_hex;
use crate::entity::{custom_email_template, email_template, email_template_version};
use crate::error::{Error, Result, too_long};
use crate::notify::template::engine::{self, Fault};
use crate::notify::template::{COMMON, Sampled, Template, Variable, secrets};
use crate::notify::with_subject;

/// The number of a draft.
const DRAFT: i64 = 0;
/// Longest note, in characters.
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
        let locale = Locale::from_name(language);
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
        let names: Vec<&str> = self.variables.iter().map(|variable| variable.name.as_str()).collect();
        let whole = if self.template.has_subject() {
            source.clone()
        } else {
            with_subject(source)
        };
        let names_of_secrets = self.template.secrets();
        let mut faults: Vec<Fault> = match engine::check(&whole, &names, &self.samples()) {
            Ok(said) => {
                let secret = self
                    .variables
                    .iter()
                    .filter(|variable| names_of_secrets.contains(&variable.name.as_str()));
                let told: Vec<&str> = secret.map(|variable| variable.sample.as_str()).collect();
                // a footer stands below every secret
                if matches!(self.template, Template::Footer) {
                    secrets::watching(&said.html)
                } else {
                    secrets::placed(&said, &told)
                }
            }
            Err(faults) => faults,
        };
        if faults.is_empty() {
            faults = secrets::used(&whole, names_of_secrets);
        }
        let mut faults: Vec<FieldError> = faults.iter().map(Fault::field).collect();
        if !self.template.has_subject() && !source.subject.is_empty() {
            faults.push(FieldError::new("subject", Code::InvalidChoice));
        }
        faults
    }

    /// A sample of each variable.
    fn samples(&self) -> Value {
        let held = self.variables.iter();
        Value::from_pairs(held.map(|variable| (variable.name.as_str(), variable.sample_value())))
    }

    /// Which parts do not show a variable that they cannot do without. What counts is what a reader finds: a name in a
    /// condition, in a comment or in a branch that is never taken is none.
    pub(crate) fn lacking(&self, source: &EmailSource) -> Vec<FieldError> {
        let needs = self.template.needs();
        if needs.is_empty() {
            return Vec::new();
        }
        let samples = self.samples();
        let shown = engine::render(source, &samples).unwrap_or_default();
        let visible = without_comments(&shown.html);
        let (mut in_text, mut in_html) = (false, false);
        for name in needs {
            let alone = format!("{{{{ {name} }}}}");
            let alone = EmailSource {
                subject: alone.clone(),
                text: alone.clone(),
                html: alone,
            };
            let value = engine::render(&alone, &samples).unwrap_or_default();
            in_text |= holds(&shown.text, &value.text);
            in_html |= holds(&visible, &value.html);
        }
        [("text", in_text), ("html", in_html)]
            .into_iter()
            .filter(|(_, is_shown)| !is_shown)
            .map(|(part, _)| FieldError::new(part, Code::TemplateVariableMissing).with("names", needs.join(", ")))
            .collect()
    }
}

/// Whether a text shows a value, which a filter may have written in other letters.
fn holds(text: &str, value: &str) -> bool {
    !value.is_empty() && text.to_lowercase().contains(&value.to_lowercase())
}

/// HTML without what stands between `<!--` and `-->`.
fn without_comments(html: &str) -> String {
    let mut parts = html.split("<!--");
    let first = parts.next().unwrap_or_default().to_owned();
    let after = parts.filter_map(|part| part.split_once("-->").map(|(_, after)| after));
    std::iter::once(first.as_str()).chain(after).collect()
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
fn note(text: Option<&str>) -> Result<String> {
    let text = text.unwrap_or_default().trim();
    match too_long("note", text, NOTE_MAX) {
        Some(fault) => Err(Error::fields(vec![fault])),
        None => Ok(tidy(text, NOTE_MAX)),
    }
}

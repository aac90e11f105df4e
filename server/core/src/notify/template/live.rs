//! What of staff's templates is in use, read at each mail: mails are not hot, and what was published counts at once on every
//! node. A version that fails is marked and never stops a mail.

use std::collections::HashMap;

use minijinja::value::{Serde, Value};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Map, Value as Json};
use sereno_types::{Code, EmailSource, FieldError, Locale};
use uuid::Uuid;

use super::super::mails::Rendered;
use super::engine::{self, Fault};
use super::{COMMON, CUSTOM, Template};
use crate::context::{Actor, RequestMeta, Sereno, tidy};
use crate::entity::{custom_email_template, email_template, email_template_version};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};

/// Longest account of a failure that is kept.
const REASON_MAX: usize = 500;

/// A version in use.
pub struct Live {
    /// The row of its template.
    pub template_id: Uuid,
    /// Its number.
    pub version: i64,
    /// What it says.
    pub source: EmailSource,
}

/// What a version says.
#[must_use]
pub fn source_of(version: email_template_version::Model) -> EmailSource {
    EmailSource {
        subject: version.subject,
        text: version.text,
        html: version.html,
    }
}

/// The versions in use of these templates, by name, in one language.
///
/// # Errors
/// When the database is away.
pub async fn find<C: ConnectionTrait>(db: &C, names: &[&str], locale: Locale) -> Result<HashMap<String, Live>> {
    let templates = email_template::Entity::find()
        .filter(email_template::Column::Name.is_in(names.iter().copied()))
        .filter(email_template::Column::Language.eq(locale.as_str()))
        .filter(email_template::Column::LiveVersion.is_not_null())
        .all(db)
        .await?;
    let mut found = HashMap::new();
    for template in templates {
        let Some(version) = template.live_version else { continue };
        let row = email_template_version::Entity::find()
            .filter(email_template_version::Column::TemplateId.eq(template.id))
            .filter(email_template_version::Column::Version.eq(version))
            .one(db)
            .await?;
        if let Some(row) = row {
            let live = Live {
                template_id: template.id,
                version,
                source: source_of(row),
            };
            found.insert(template.name, live);
        }
    }
    Ok(found)
}

/// What a version of a template said, if it is still there.
///
/// # Errors
/// When the database is away.
pub async fn of<C: ConnectionTrait>(
    db: &C,
    name: &str,
    locale: Locale,
    version: Option<i64>,
) -> Result<Option<EmailSource>> {
    let Some(version) = version else { return Ok(None) };
    let template = email_template::Entity::find()
        .filter(email_template::Column::Name.eq(name))
        .filter(email_template::Column::Language.eq(locale.as_str()))
        .one(db)
        .await?;
    let Some(template) = template else { return Ok(None) };
    let row = email_template_version::Entity::find()
        .filter(email_template_version::Column::TemplateId.eq(template.id))
        .filter(email_template_version::Column::Version.eq(version))
        .one(db)
        .await?;
    Ok(row.map(source_of))
}

/// Says of a version in use that it fails: in the log each time, in its row and as an event the first time.
///
/// # Errors
/// When the database is away.
pub async fn mark_broken(sereno: &Sereno, name: &str, locale: Locale, live: &Live, faults: &[Fault]) -> Result<()> {
    let reason = faults.iter().map(Fault::line).collect::<Vec<_>>().join("; ");
    let (language, version) = (locale.as_str(), live.version);
    tracing::warn!(
        template = name,
        language,
        version,
        reason,
        "a template fails; what is shipped leaves instead"
    );
    let mut tx = sereno.begin(&RequestMeta::default(), &Actor::System).await?;
    let reason = tidy(&reason, REASON_MAX);
    let marked = email_template::Entity::update_many()
        .col_expr(email_template::Column::BrokenAt, Expr::value(Some(tx.now().0)))
        .col_expr(email_template::Column::BrokenReason, Expr::value(Some(reason.clone())))
        .filter(email_template::Column::Id.eq(live.template_id))
        .filter(email_template::Column::LiveVersion.eq(version))
        .filter(email_template::Column::BrokenAt.is_null())
        .exec(tx.db())
        .await?;
    if marked.rows_affected == 0 {
        return Ok(());
    }
    tx.record(
        Event::refused(EventKind::EmailTemplateBroken, Code::TemplateSyntaxError)
            .with("template", name)
            .with("language", language)
            .with("version", version)
            .with("reason", reason),
    );
    tx.commit().await
}

/// Whether there is a template of staff's own with this name, published or not.
///
/// # Errors
/// When the database is away.
pub async fn is_custom<C: ConnectionTrait>(db: &C, name: &str) -> Result<bool> {
    let slug = name.strip_prefix(CUSTOM).unwrap_or(name);
    if slug.contains('\0') {
        return Ok(false);
    }
    let found = custom_email_template::Entity::find().filter(custom_email_template::Column::Slug.eq(slug));
    Ok(found.count(db).await? > 0)
}

/// A mail of staff's own template, without the layout: in this language, else in English, which is what templates of staff's
/// own have in the place of what is shipped.
///
/// # Errors
/// `validation_failed` on `template`: `template_not_found`, also where nothing of it is published; `template_syntax_error`
/// where it fails with these values; `blank` on `context.<name>` where it fails because a value is missing.
pub async fn render_custom(sereno: &Sereno, slug: &str, locale: Locale, context: &Map<String, Json>) -> Result<Custom> {
    let name = Template::Custom(slug.strip_prefix(CUSTOM).unwrap_or(slug).to_owned()).name();
    let db = sereno.db.read();
    let (mut used, mut found) = (locale, find(db, &[&name], locale).await?);
    if found.is_empty() {
        used = Locale::default();
        found = find(db, &[&name], used).await?;
    }
    let Some(live) = found.remove(&name) else {
        return Err(Error::field("template", Code::TemplateNotFound));
    };
    let values = Value::from(Serde(with_brand(sereno, context)));
    match engine::render(&live.source, &values) {
        Ok(rendered) => Ok(Custom {
            name,
            rendered,
            locale: used,
            version: live.version,
        }),
        Err(faults) => Err(Error::fields(told(&live.source, context, &faults))),
    }
}

/// A mail of staff's own template.
pub struct Custom {
    /// The name of the template, as kinds of mail are named.
    pub name: String,
    /// What it says, without the layout.
    pub rendered: Rendered,
    /// The language that it was found in.
    pub locale: Locale,
    /// The version.
    pub version: i64,
}

/// The values, with what can be named in every mail.
fn with_brand(sereno: &Sereno, context: &Map<String, Json>) -> Map<String, Json> {
    let mut values = context.clone();
    values
        .entry("brand")
        .or_insert_with(|| Json::String(sereno.config.brand_name()));
    values
}

/// What is wrong: the values that are missing, if there are any, else where the template fails with those that came.
fn told(source: &EmailSource, context: &Map<String, Json>, faults: &[Fault]) -> Vec<FieldError> {
    let missing: Vec<FieldError> = engine::names(source)
        .into_iter()
        .filter(|name| !context.contains_key(name) && COMMON.iter().all(|common| common.name != name))
        .map(|name| FieldError::new(format!("context.{name}"), Code::Blank))
        .collect();
    if missing.is_empty() {
        faults.iter().map(at_template).collect()
    } else {
        missing
    }
}

fn at_template(fault: &Fault) -> FieldError {
    FieldError {
        field: "template".to_owned(),
        code: Code::TemplateSyntaxError,
        ..fault.field()
    }
    .with("part", fault.part.as_str())
    .with("reason", fault.words.as_str())
}

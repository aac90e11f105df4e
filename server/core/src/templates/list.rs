//! Which templates there are, and what there is of each in each language.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use sereno_types::{EmailCoverage, EmailTemplateQuery, EmailTemplateRow, Locale, Page, Permission};
use uuid::Uuid;

use super::{DRAFT, called, fingerprint};
use crate::clock::Moment;
use crate::context::{Sereno, Staff};
use crate::entity::{custom_email_template, email_template, email_template_version};
use crate::error::Result;
use crate::notify::MailKind;
use crate::notify::template::Template;
use crate::paging::{self, ByName, Key, Walk};

/// One page of templates, by name.
///
/// # Errors
/// `permission_denied`; `validation_failed` on `limit`, `cursor` or `q`.
pub async fn list(sereno: &Sereno, staff: &Staff, query: EmailTemplateQuery) -> Result<Page<EmailTemplateRow>> {
    staff.require(Permission::EmailTemplatesView)?;
    let walk = Walk::<ByName>::new(None, query.limit, query.cursor.as_deref())?;
    let wanted = paging::searched(query.q.as_deref())?.map(str::to_lowercase);
    let db = sereno.db.read();
    let ours = MailKind::ALL.iter().copied().map(Template::Mail);
    let mut found: Vec<(Template, String, String)> = ours
        .chain([Template::Footer])
        .map(|template| {
            let (title, description) = called(&template);
            (template, title, description)
        })
        .collect();
    let own = custom_email_template::Entity::find()
        .order_by_asc(custom_email_template::Column::Slug)
        .all(db)
        .await?;
    found.extend(
        own.into_iter()
            .map(|row| (Template::Custom(row.slug), row.title, row.description)),
    );
    found.retain(|(template, title, description)| {
        let is_custom = matches!(template, Template::Custom(_));
        let holds = |text: &str, part: &str| text.to_lowercase().contains(part);
        let matches = wanted
            .as_deref()
            .is_none_or(|part| holds(&template.name(), part) || holds(title, part) || holds(description, part));
        matches && query.custom.is_none_or(|custom| custom == is_custom)
    });
    let total = found.len() as u64;
    let place = |(template, _, _): &(Template, String, String)| (Key::Text(template.name()), Uuid::nil());
    let page = walk.among(found, place);
    let rows: Vec<email_template::Model> = email_template::Entity::find()
        .filter(email_template::Column::Name.is_in(page.iter().map(|(template, _, _)| template.name())))
        .all(db)
        .await?;
    let versions = used(sereno, &rows).await?;
    let mut shown = Vec::with_capacity(page.len());
    for (template, title, description) in page {
        let mut languages = Vec::new();
        for &locale in Locale::ALL {
            languages.push(coverage(&template, locale, &rows, &versions)?);
        }
        let row = EmailTemplateRow {
            name: template.name(),
            title,
            description,
            is_custom: matches!(template, Template::Custom(_)),
            languages,
        };
        shown.push(row);
    }
    walk.page(
        shown,
        total,
        |row| (Key::Text(row.name.clone()), Uuid::nil()),
        |row| row,
    )
}

/// A version in use or a draft, without its text.
struct Used {
    template_id: Uuid,
    version: i64,
    based_on: String,
}

/// The versions in use and the drafts of these templates.
async fn used(sereno: &Sereno, rows: &[email_template::Model]) -> Result<Vec<Used>> {
    use email_template_version::Column;
    use sea_orm::QuerySelect;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut numbers: Vec<i64> = rows.iter().filter_map(|row| row.live_version).collect();
    numbers.push(DRAFT);
    let found: Vec<(Uuid, i64, String)> = email_template_version::Entity::find()
        .select_only()
        .columns([Column::TemplateId, Column::Version, Column::BasedOn])
        .filter(Column::TemplateId.is_in(rows.iter().map(|row| row.id)))
        .filter(Column::Version.is_in(numbers))
        .into_tuple()
        .all(sereno.db.read())
        .await?;
    Ok(found
        .into_iter()
        .map(|(template_id, version, based_on)| Used {
            template_id,
            version,
            based_on,
        })
        .collect())
}

fn coverage(
    template: &Template,
    locale: Locale,
    rows: &[email_template::Model],
    versions: &[Used],
) -> Result<EmailCoverage> {
    let shipped = template.shipped(locale);
    let name = template.name();
    let row = rows
        .iter()
        .find(|row| row.name == name && row.language == locale.as_str());
    let of = |number| {
        let row = row?;
        versions
            .iter()
            .find(|used| used.template_id == row.id && used.version == number)
    };
    let live = row.and_then(|row| row.live_version);
    let begun_from = live.and_then(of).map(|used| used.based_on.as_str());
    let is_outdated = match (&shipped, begun_from) {
        (Some(shipped), Some(begun_from)) => begun_from != fingerprint(Some(shipped))?,
        _ => false,
    };
    Ok(EmailCoverage {
        language: locale.as_str().to_owned(),
        is_shipped: shipped.is_some(),
        live,
        has_draft: of(DRAFT).is_some(),
        broken_since: row.and_then(|row| row.broken_at).map(Moment::timestamp),
        is_outdated,
    })
}

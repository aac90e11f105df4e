//! One template in one language, whole.

use sea_orm::ConnectionTrait;
use serde::Serialize;
use sereno_types::{
    EmailSource, EmailTemplateDetail, EmailVersion, EmailVersionRow, Id, Permission, SessionUser, TemplateVariable,
};

use super::{DRAFT, Place, fingerprint, row, version as find_version};
use crate::account::find;
use crate::clock::Moment;
use crate::context::{Sereno, Staff};
use crate::entity::{email_template, email_template_version};
use crate::error::Result;
use crate::notify::template::live::source_of;

/// A template in one language.
///
/// # Errors
/// `permission_denied`, `not_found`.
pub async fn detail(sereno: &Sereno, staff: &Staff, name: &str, language: &str) -> Result<EmailTemplateDetail> {
    staff.require(Permission::EmailTemplatesView)?;
    let db = sereno.db.read();
    let place = Place::find(db, name, language).await?;
    show(db, place).await
}

/// The version of what can be edited of a template (`ETag`).
///
/// # Errors
/// Never, unless the digest keys are gone.
pub fn version(sereno: &Sereno, detail: &EmailTemplateDetail) -> Result<String> {
    sereno.version(&Edited {
        name: &detail.name,
        language: &detail.language,
        title: &detail.title,
        description: &detail.description,
        variables: &detail.variables,
        live: detail.live.as_ref().map(|live| live.row.version),
        draft: detail
            .draft
            .as_ref()
            .map(|draft| (&draft.source, draft.row.note.as_str())),
    })
}

/// What can be edited of a template.
#[derive(Serialize)]
struct Edited<'a> {
    name: &'a str,
    language: &'a str,
    title: &'a str,
    description: &'a str,
    variables: &'a [TemplateVariable],
    live: Option<i64>,
    draft: Option<(&'a EmailSource, &'a str)>,
}

/// The template as it stands on this connection.
pub(super) async fn show<C: ConnectionTrait>(db: &C, place: Place) -> Result<EmailTemplateDetail> {
    let shipped = place.template.shipped(place.locale);
    let (mut live, mut draft, mut is_outdated) = (None, None, false);
    let row = row(db, &place).await?;
    if let Some(row) = &row {
        if let Some(number) = row.live_version
            && let Some(found) = find_version(db, row, number).await?
        {
            is_outdated = shipped.is_some() && found.based_on != fingerprint(shipped.as_ref())?;
            live = Some(whole(db, row, found).await?);
        }
        if let Some(found) = find_version(db, row, DRAFT).await? {
            draft = Some(whole(db, row, found).await?);
        }
    }
    Ok(EmailTemplateDetail {
        name: place.template.name(),
        is_custom: shipped.is_none(),
        language: place.locale.as_str().to_owned(),
        needs: place.template.needs().iter().map(|name| (*name).to_owned()).collect(),
        has_subject: place.template.has_subject(),
        title: place.title,
        description: place.description,
        variables: place.variables,
        broken_since: row.as_ref().and_then(|row| row.broken_at).map(Moment::timestamp),
        broken_reason: row.and_then(|row| row.broken_reason),
        shipped,
        live,
        draft,
        is_outdated,
    })
}

/// A version, whole, with who wrote it.
pub(super) async fn whole<C: ConnectionTrait>(
    db: &C,
    row: &email_template::Model,
    version: email_template_version::Model,
) -> Result<EmailVersion> {
    let mut names = find::names(db, version.author_id.into_iter()).await?;
    let author = version.author_id.and_then(|id| {
        let name = names.remove(&id)?;
        Some(SessionUser {
            id: Id(id.to_string()),
            name,
        })
    });
    Ok(EmailVersion {
        row: EmailVersionRow {
            version: version.version,
            author,
            note: version.note.clone(),
            created_at: version.created_at.timestamp(),
            is_live: version.version != DRAFT && row.live_version == Some(version.version),
        },
        source: source_of(version),
    })
}

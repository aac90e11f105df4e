//! What was published, number by number.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use sereno_types::{
    Code, EmailSource, EmailVersion, EmailVersionQuery, EmailVersionRow, Id, Page, Permission, SessionUser,
};

use super::show::whole;
use super::{DRAFT, Place, row, version as find_version};
use crate::account::find;
use crate::context::{Sereno, Staff};
use crate::entity::email_template_version::{Column, Entity};
use crate::error::{Error, Result};
use crate::notify::template::live::source_of;
use crate::paging::{Key, Newest, Walk};

/// One page of what was published, the latest first.
///
/// # Errors
/// `permission_denied`, `not_found`; `validation_failed` on `limit` or `cursor`.
pub async fn list(
    sereno: &Sereno,
    staff: &Staff,
    (name, language): (&str, &str),
    query: EmailVersionQuery,
) -> Result<Page<EmailVersionRow>> {
    staff.require(Permission::EmailTemplatesView)?;
    let walk = Walk::<Newest>::new(None, query.limit, query.cursor.as_deref())?;
    let db = sereno.db.read();
    let place = Place::find(db, name, language).await?;
    let Some(template) = row(db, &place).await? else {
        return walk.page(
            Vec::new(),
            0,
            |_: &EmailVersionRow| (Key::Number(0), uuid::Uuid::nil()),
            |row| row,
        );
    };
    let published = Entity::find()
        .filter(Column::TemplateId.eq(template.id))
        .filter(Column::Version.gt(DRAFT));
    let total = published.clone().count(db).await?;
    let mut page = published.order_by(Column::Version, walk.direction());
    if let Some(beyond) = walk.beyond(Expr::col(Column::Version), Expr::col(Column::Id)) {
        page = page.filter(beyond);
    }
    let rows = page
        .order_by(Column::Id, walk.direction())
        .limit(walk.rows())
        .all(db)
        .await?;
    let names = find::names(db, rows.iter().filter_map(|row| row.author_id)).await?;
    walk.page(
        rows,
        total,
        |row| (Key::Number(row.version), row.id),
        |row| EmailVersionRow {
            version: row.version,
            author: row.author_id.and_then(|id| {
                let name = names.get(&id)?.clone();
                Some(SessionUser {
                    id: Id(id.to_string()),
                    name,
                })
            }),
            note: row.note,
            created_at: row.created_at.timestamp(),
            is_live: template.live_version == Some(row.version),
        },
    )
}

/// One version.
///
/// # Errors
/// `permission_denied`, `not_found`.
pub async fn detail(
    sereno: &Sereno,
    staff: &Staff,
    (name, language): (&str, &str),
    number: &str,
) -> Result<EmailVersion> {
    staff.require(Permission::EmailTemplatesView)?;
    let db = sereno.db.read();
    let place = Place::find(db, name, language).await?;
    let number: i64 = number
        .parse()
        .ok()
        .filter(|number| *number > DRAFT)
        .ok_or(Error::NotFound)?;
    let template = row(db, &place).await?.ok_or(Error::NotFound)?;
    let found = find_version(db, &template, number).await?.ok_or(Error::NotFound)?;
    whole(db, &template, found).await
}

/// What `shipped`, `live`, `draft` or the number of a version says. Where nothing of staff's is in use, what is in use is
/// what is shipped.
///
/// # Errors
/// `validation_failed` with `invalid_choice` on the field, where there is no such text.
pub(super) async fn said<C: ConnectionTrait>(db: &C, place: &Place, field: &str, which: &str) -> Result<EmailSource> {
    let none = || Error::field(field, Code::InvalidChoice);
    let shipped = || place.template.shipped(place.locale).ok_or_else(none);
    let template = row(db, place).await?;
    let number = match (which, &template) {
        ("shipped", _) | ("live", None) => return shipped(),
        ("live", Some(template)) => match template.live_version {
            Some(number) => number,
            None => return shipped(),
        },
        ("draft", _) => DRAFT,
        (number, _) => number.parse().ok().filter(|number| *number > DRAFT).ok_or_else(none)?,
    };
    let template = template.ok_or_else(none)?;
    let found = find_version(db, &template, number).await?;
    found.map(source_of).ok_or_else(none)
}

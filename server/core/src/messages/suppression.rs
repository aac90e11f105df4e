//! Addresses that are not written to: those that a mail server said lead nowhere, and those that staff put there.

use std::collections::HashMap;

use sea_orm::sea_query::{Expr, ExprTrait, Func};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use sereno_types::{
    AddSuppression, Code, FieldError, Id, Page, Permission, SessionUser, SuppressionCause, SuppressionQuery,
    SuppressionRow,
};

use uuid::Uuid;

use super::parse;
use crate::account::{admin, find};
use crate::context::{RequestMeta, Sereno, Staff, Tx};
use crate::entity::email_suppression::{Column, Entity, Model};
use crate::entity::user_email;
use crate::error::{Error, Result, unique_violation};
use crate::event::{Event, EventKind};
use crate::identifier;
use crate::paging::{self, Key, Newest, Walk};

/// Longest note, in characters.
const NOTE_MAX: usize = 500;

/// The list, newest first.
///
/// # Errors
/// `permission_denied`; `validation_failed` on `limit`, `cursor` or `q`.
pub async fn list(sereno: &Sereno, staff: &Staff, query: SuppressionQuery) -> Result<Page<SuppressionRow>> {
    staff.require(Permission::MessagesView)?;
    let db = sereno.db.read();
    let walk = Walk::<Newest>::new(None, query.limit, query.cursor.as_deref())?;
    let found = paging::pattern(query.q.as_deref(), identifier::canonical)?;
    let matching = Condition::all()
        .add_option(query.cause.map(|cause| Column::Cause.eq(cause.as_str())))
        .add_option(found.map(|pattern| Expr::from(Func::lower(Expr::col(Column::Canonical))).like(pattern)));
    let total = Entity::find().filter(matching.clone()).count(db).await?;
    let beyond = walk.beyond(Expr::col(Column::CreatedAt), Expr::col(Column::Id));
    let rows = Entity::find()
        .filter(matching.add_option(beyond))
        .order_by(Column::CreatedAt, walk.direction())
        .order_by(Column::Id, walk.direction())
        .limit(walk.rows())
        .all(db)
        .await?;
    let names = find::names(db, rows.iter().filter_map(|row| row.created_by)).await?;
    let place = |row: &Model| (Key::Number(row.created_at.0), row.id);
    walk.page(rows, total, place, |row| show(row, &names))
}

fn show(row: Model, names: &HashMap<Uuid, String>) -> SuppressionRow {
    SuppressionRow {
        id: Id(row.id.to_string()),
        address: row.address,
        cause: SuppressionCause::from_name(&row.cause).unwrap_or(SuppressionCause::Staff),
        note: row.note,
        created_by: row.created_by.map(|id| SessionUser {
            id: Id(id.to_string()),
            name: names.get(&id).cloned().unwrap_or_default(),
        }),
        created_at: row.created_at.timestamp(),
    }
}

/// Whoever writes to nobody shuts a superuser out of codes and links: only one of their own does that.
async fn may_decide(tx: &Tx, staff: &Staff, canonical: &str) -> Result<()> {
    let owner = user_email::Entity::find()
        .filter(user_email::Column::Canonical.eq(canonical))
        .one(tx.db())
        .await?;
    match owner {
        Some(email) => admin::may_touch(tx, staff, email.user_id).await.map(drop),
        None => Ok(()),
    }
}

/// Puts an address on the list. One that bounced becomes one that staff put there.
///
/// # Errors
/// `permission_denied`, also for an address of a superuser unless staff is one; `validation_failed` on `address` (`address_listed` when staff put it there before) or `note`.
pub async fn add(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    command: AddSuppression,
) -> Result<SuppressionRow> {
    staff.require(Permission::MessagesManage)?;
    let mut faults = Vec::new();
    let email = identifier::email(&command.address).map_err(|code| faults.push(identifier::fault("address", code)));
    let note = command
        .note
        .map(|note| note.trim().to_owned())
        .filter(|note| !note.is_empty());
    if let Some(note) = &note {
        if note.chars().count() > NOTE_MAX {
            faults.push(FieldError::new("note", Code::TooLong).with("max", NOTE_MAX as u64));
        }
        if note.chars().any(|c| c.is_control() && c != '\n') {
            faults.push(FieldError::new("note", Code::InvalidCharacters));
        }
    }
    let (Ok(email), true) = (email, faults.is_empty()) else {
        return Err(Error::fields(faults));
    };
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    may_decide(&tx, staff, &email.canonical).await?;
    Entity::delete_many()
        .filter(Column::Canonical.eq(email.canonical.as_str()))
        .filter(Column::Cause.eq(SuppressionCause::HardBounce.as_str()))
        .exec(tx.db())
        .await?;
    let id = sereno.new_id()?;
    let row = Model {
        id,
        canonical: email.canonical,
        address: email.address,
        cause: SuppressionCause::Staff.as_str().to_owned(),
        note,
        created_by: staff.actor().id(),
        created_at: tx.now(),
    };
    let inserted = Entity::insert(row.clone().into_active_model())
        .exec_without_returning(tx.db())
        .await;
    inserted.map_err(|error| match unique_violation(&error) {
        Some(_) => Error::field("address", Code::AddressListed),
        None => error.into(),
    })?;
    let cause = SuppressionCause::Staff.as_str();
    tx.record(
        Event::new(EventKind::AddressSuppressed)
            .with("suppression_id", id.to_string())
            .with("cause", cause),
    );
    let names = find::names(tx.db(), row.created_by.into_iter()).await?;
    tx.commit().await?;
    Ok(show(row, &names))
}

/// Takes an address from the list: it is written to again.
///
/// # Errors
/// `permission_denied`, `not_found`.
pub async fn remove(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, id: &Id) -> Result<()> {
    staff.require(Permission::MessagesManage)?;
    let id = parse(id)?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let row = Entity::find_by_id(id).one(tx.db()).await?.ok_or(Error::NotFound)?;
    may_decide(&tx, staff, &row.canonical).await?;
    Entity::delete_by_id(id).exec(tx.db()).await?;
    tx.record(Event::new(EventKind::AddressUnsuppressed).with("suppression_id", id.to_string()));
    tx.commit().await
}

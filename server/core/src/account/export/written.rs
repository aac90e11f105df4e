//! What was written to a user, and what is kept so that it is, or is not: mails, notifications to devices, addresses that are
//! not written to, lists of announcements. What has only an address is theirs who confirmed that.

use sea_orm::sea_query::{Expr, ExprTrait, Func, SelectStatement};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use serde_json::{Value, json};
use uuid::Uuid;

use super::at;
use crate::entity::{announcement, announcement_address, email_message, email_suppression, push_message, user_email};
use crate::error::Result;

/// The confirmed addresses, in the form in which addresses are compared.
fn confirmed(id: Uuid) -> SelectStatement {
    user_email::Entity::find()
        .select_only()
        .column(user_email::Column::Canonical)
        .filter(user_email::Column::UserId.eq(id))
        .filter(user_email::Column::VerifiedAt.is_not_null())
        .into_query()
}

/// Mails, without what they said.
pub(super) async fn mails<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<Vec<Value>> {
    use email_message::{Column, Entity};
    let lower = |column: Expr| Expr::expr(Func::lower(column));
    let addresses = user_email::Entity::find()
        .select_only()
        .expr(lower(Expr::col(user_email::Column::Address)))
        .filter(user_email::Column::UserId.eq(id))
        .filter(user_email::Column::VerifiedAt.is_not_null())
        .into_query();
    let theirs = Condition::any()
        .add(Column::UserId.eq(id))
        .add(lower(Expr::col(Column::Recipient)).in_subquery(addresses));
    let rows = Entity::find().filter(theirs).order_by_asc(Column::CreatedAt);
    let show = |row: email_message::Model| {
        json!({
            "mail": row.mail,
            "recipient": row.recipient,
            "locale": row.locale,
            "status": row.status,
            "reason": row.reason,
            "created_at": row.created_at.timestamp(),
            "sent_at": at(row.sent_at),
        })
    };
    Ok(rows.all(db).await?.into_iter().map(show).collect())
}

/// Notifications to devices, with what they said.
pub(super) async fn notifications<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<Vec<Value>> {
    use push_message::{Column, Entity};
    let rows = Entity::find()
        .filter(Column::UserId.eq(id))
        .order_by_asc(Column::CreatedAt);
    let show = |row: push_message::Model| {
        json!({
            "device_id": row.device_id.to_string(),
            "device_name": row.device_name,
            "title": row.title,
            "body": row.body,
            "data": row.data,
            "status": row.status,
            "reason": row.reason,
            "created_at": row.created_at.timestamp(),
            "sent_at": at(row.sent_at),
        })
    };
    Ok(rows.all(db).await?.into_iter().map(show).collect())
}

/// Addresses of theirs that are not written to.
pub(super) async fn suppressions<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<Vec<Value>> {
    use email_suppression::{Column, Entity};
    let rows = Entity::find()
        .filter(Column::Canonical.in_subquery(confirmed(id)))
        .order_by_asc(Column::CreatedAt);
    let show = |row: email_suppression::Model| {
        json!({
            "address": row.address,
            "cause": row.cause,
            "note": row.note,
            "created_at": row.created_at.timestamp(),
        })
    };
    Ok(rows.all(db).await?.into_iter().map(show).collect())
}

/// Announcements that were made for a list which names an address of theirs.
pub(super) async fn lists<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<Vec<Value>> {
    use announcement_address::{Column, Entity};
    let rows = Entity::find()
        .filter(Column::Canonical.in_subquery(confirmed(id)))
        .order_by_asc(Column::Id)
        .all(db)
        .await?;
    let named = announcement::Entity::find()
        .filter(announcement::Column::Id.is_in(rows.iter().map(|row| row.announcement_id)))
        .all(db)
        .await?;
    let show = |row: announcement_address::Model| {
        let list = named.iter().find(|list| list.id == row.announcement_id);
        json!({"announcement": list.map(|list| &list.name), "address": row.address})
    };
    Ok(rows.into_iter().map(show).collect())
}

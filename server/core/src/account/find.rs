//! Finding an account by whatever staff calls it, and what to call it.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::identifier;
use crate::context::Sereno;
use crate::entity::{user, user_email};
use crate::error::Result;

/// The user that staff calls by id, number, address or user name.
pub async fn named(sereno: &Sereno, text: &str) -> Result<Option<user::Model>> {
    if text.is_empty() || text.contains('\0') {
        return Ok(None);
    }
    let db = sereno.db.read();
    let canonical = identifier::canonical(text);
    if text.contains('@') {
        let found = user_email::Entity::find()
            .find_also_related(user::Entity)
            .filter(user_email::Column::Canonical.eq(canonical))
            .one(db)
            .await?;
        return Ok(found.and_then(|(_, user)| user));
    }
    let mut any = Condition::any().add(user::Column::UsernameCanonical.eq(canonical));
    if let Ok(number) = text.trim_start_matches('#').parse::<i64>() {
        any = any.add(user::Column::Number.eq(number));
    }
    if let Ok(id) = text.parse::<Uuid>() {
        any = any.add(user::Column::Id.eq(id));
    }
    Ok(user::Entity::find().filter(any).one(db).await?)
}

/// What accounts are called in lists: by the user name, the primary address, or the number.
pub async fn names(sereno: &Sereno, ids: impl IntoIterator<Item = Uuid>) -> Result<HashMap<Uuid, String>> {
    let found = user::Entity::find()
        .find_also_related(user_email::Entity)
        .filter(user::Column::Id.is_in(ids))
        // the primary one comes last, and stays
        .order_by_asc(user_email::Column::IsPrimary)
        .all(sereno.db.read())
        .await?;
    let called = |(user, email): (user::Model, Option<user_email::Model>)| {
        let name = user.username.or_else(|| email.map(|email| email.address));
        (user.id, name.unwrap_or_else(|| format!("#{}", user.number)))
    };
    Ok(found.into_iter().map(called).collect())
}

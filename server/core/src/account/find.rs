//! Finding an account by whatever staff calls it.

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};
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

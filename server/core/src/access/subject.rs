//! Who a user is right now: the row with its primary address, from memory when it is fresh.

use std::sync::Arc;

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use sereno_types::{Id, Me};
use uuid::Uuid;

use crate::context::{Sereno, UserSnapshot};
use crate::entity::{user, user_email};
use crate::error::Result;

/// Where files of users are served.
pub const MEDIA: &str = "/media/";

/// The user as last seen, for reading; decisions that issue or revoke read the row themselves.
pub async fn subject(sereno: &Sereno, user_id: Uuid) -> Result<Option<Arc<UserSnapshot>>> {
    if let Some(known) = sereno.cache.user(user_id) {
        return Ok(Some(known));
    }
    let generation = sereno.cache.generation();
    let Some((user, email)) = find(sereno.db.read(), user_id).await? else {
        return Ok(None);
    };
    let snapshot = Arc::new(UserSnapshot {
        state: user.state(),
        credential_epoch: user.credential_epoch,
        me: me(sereno, &user, email.as_ref()),
    });
    sereno.cache.put_user(user_id, Arc::clone(&snapshot), generation);
    Ok(Some(snapshot))
}

/// A user with the primary address.
pub async fn find<C: ConnectionTrait>(
    db: &C,
    user_id: Uuid,
) -> Result<Option<(user::Model, Option<user_email::Model>)>> {
    let Some(user) = user::Entity::find_by_id(user_id).one(db).await? else {
        return Ok(None);
    };
    let email = user_email::Entity::find()
        .filter(user_email::Column::UserId.eq(user_id))
        .filter(user_email::Column::IsPrimary.eq(true))
        .one(db)
        .await?;
    Ok(Some((user, email)))
}

/// Where the user's picture is served.
#[must_use]
pub fn picture(sereno: &Sereno, user: &user::Model) -> Option<String> {
    let path = user.avatar.as_ref()?;
    Some(sereno.link(&format!("{MEDIA}{path}")))
}

/// What a user sees of themselves.
#[must_use]
pub fn me(sereno: &Sereno, user: &user::Model, email: Option<&user_email::Model>) -> Me {
    Me {
        id: Id(user.id.to_string()),
        number: user.number,
        email: email.map(|email| email.address.clone()),
        email_verified: email.is_some_and(|email| email.verified_at.is_some()),
        username: user.username.clone(),
        first_name: user.first_name.clone(),
        last_name: user.last_name.clone(),
        picture: picture(sereno, user),
        locale: user.locale.clone(),
        attributes: user.attributes.as_object().cloned().unwrap_or_default(),
        created_at: user.created_at.timestamp(),
    }
}

//! From a cookie's value to the user who is signed in by it.

use std::time::Duration;

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::Value;
use sereno_types::UserState;

use super::PURPOSE;
use crate::context::{Actor, Caller, Sereno, Via};
use crate::entity::{session, user};
use crate::error::Result;

/// How exactly "last seen" is kept: writing it at every request would make every page a write.
const SEEN_EVERY: Duration = Duration::from_mins(1);

/// The user whose browser sent this value; anonymous when the session is unknown, ended, expired, idle for too long, or
/// older than the user's credential epoch, or when the user may not sign in any more. Reads the rows, never the cache.
pub async fn resolve(sereno: &Sereno, secret: &str) -> Result<Actor> {
    let Some((row, user)) = find(sereno, secret).await? else {
        return Ok(Actor::Anonymous);
    };
    if user.state() != UserState::Active || user.credential_epoch != row.credential_epoch {
        return Ok(Actor::Anonymous);
    }
    let now = sereno.now();
    if now.since(row.last_seen_at) >= SEEN_EVERY {
        session::Entity::update_many()
            .col_expr(session::Column::LastSeenAt, Expr::value(now.0))
            .filter(session::Column::Id.eq(row.id))
            .filter(session::Column::EndedAt.is_null())
            .exec(sereno.db.write())
            .await?;
    }
    Ok(Actor::User(Caller {
        user_id: user.id,
        via: Via::Session(row.id),
        authenticated_at: row.authenticated_at,
    }))
}

/// What pages keep in the session of this cookie; nothing when there is no such open session.
pub async fn load_data(sereno: &Sereno, secret: &str) -> Result<Option<Value>> {
    Ok(find(sereno, secret).await?.map(|(row, _)| row.data))
}

/// Keeps `data` in an open session. An update and never an insert: a session that has ended meanwhile stays ended. Says
/// whether there was one.
pub async fn save_data(sereno: &Sereno, secret: &str, data: Value) -> Result<bool> {
    let saved = session::Entity::update_many()
        .col_expr(session::Column::Data, Expr::value(data))
        .filter(session::Column::Digest.is_in(sereno.keys.digest.candidates(PURPOSE, secret)))
        .filter(session::Column::EndedAt.is_null())
        .exec(sereno.db.write())
        .await?;
    Ok(saved.rows_affected > 0)
}

async fn find(sereno: &Sereno, secret: &str) -> Result<Option<(session::Model, user::Model)>> {
    let now = sereno.now();
    let found = session::Entity::find()
        .find_also_related(user::Entity)
        .filter(session::Column::Digest.is_in(sereno.keys.digest.candidates(PURPOSE, secret)))
        .filter(session::Column::EndedAt.is_null())
        .filter(session::Column::ExpiresAt.gt(now))
        .filter(session::Column::LastSeenAt.gt(now.minus(sereno.config.session.idle_lifetime.span())))
        .one(sereno.db.read())
        .await?;
    Ok(found.and_then(|(row, user)| user.map(|user| (row, user))))
}

//! From a cookie's value to the user who is signed in by it.

use std::time::Duration;

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};
use serde_json::Value;
use sereno_types::UserState;

use super::PURPOSE;
use crate::access::application;
use crate::context::{Actor, Caller, Sereno, Via, without_nul};
use crate::device;
use crate::entity::{session, user};
use crate::error::Result;

/// How exactly "last seen" is kept: writing it at every request would make every page a write.
const SEEN_EVERY: Duration = Duration::from_mins(1);

/// The user whose browser sent this value; anonymous when the session is unknown, ended, expired, idle for too long, or
/// older than the user's credential epoch, or when the user may not sign in any more. Reads the rows, never the cache.
pub async fn resolve(sereno: &Sereno, secret: &str) -> Result<Actor> {
    match find(sereno, secret).await? {
        Some(row) => seen(sereno, row).await,
        None => Ok(Actor::Anonymous),
    }
}

/// The same for the script of another origin: it may use the session only of an application that was registered with that
/// origin, never the one of Sereno's own pages.
pub async fn resolve_for(sereno: &Sereno, secret: &str, origin: &str) -> Result<Actor> {
    let Some(row) = find(sereno, secret).await? else {
        return Ok(Actor::Anonymous);
    };
    let application = match row.application_id {
        Some(id) => application::by_id(sereno, id).await?,
        None => None,
    };
    if application.is_some_and(|application| application.speaks_to(Some(origin))) {
        return seen(sereno, row).await;
    }
    Ok(Actor::Anonymous)
}

/// Notes that the session was used; the user it stands for.
async fn seen(sereno: &Sereno, row: session::Model) -> Result<Actor> {
    let now = sereno.now();
    if now.since(row.last_seen_at) >= SEEN_EVERY {
        session::Entity::update_many()
            .col_expr(session::Column::LastSeenAt, Expr::value(now.0))
            .filter(session::Column::Id.eq(row.id))
            .filter(session::Column::EndedAt.is_null())
            .exec(sereno.db.write())
            .await?;
        device::seen(sereno, row.device_id, None).await;
    }
    Ok(Actor::User(Caller {
        user_id: row.user_id,
        via: Via::Session(row.id),
        authenticated_at: row.authenticated_at,
    }))
}

/// What pages keep in the session of this cookie; nothing when there is no such open session.
pub async fn load_data(sereno: &Sereno, secret: &str) -> Result<Option<Value>> {
    Ok(find(sereno, secret).await?.map(|row| row.data))
}

/// Keeps `data` in an open session. An update and never an insert: a session that has ended meanwhile stays ended. Says
/// whether there was one.
pub async fn save_data(sereno: &Sereno, secret: &str, data: Value) -> Result<bool> {
    let saved = session::Entity::update_many()
        .col_expr(session::Column::Data, Expr::value(without_nul(data)))
        .filter(session::Column::Digest.is_in(sereno.keys.digest.candidates(PURPOSE, secret)))
        .filter(open(sereno))
        .exec(sereno.db.write())
        .await?;
    Ok(saved.rows_affected > 0)
}

/// Neither ended nor expired, nor idle for too long.
fn open(sereno: &Sereno) -> Condition {
    let (now, idle) = (sereno.now(), sereno.config.session.idle_lifetime.span());
    Condition::all()
        .add(session::Column::EndedAt.is_null())
        .add(session::Column::ExpiresAt.gt(now))
        .add(session::Column::LastSeenAt.gt(now.minus(idle)))
}

/// The open session of this cookie, while its user may sign in and has the epoch it began with.
async fn find(sereno: &Sereno, secret: &str) -> Result<Option<session::Model>> {
    let found = session::Entity::find()
        .find_also_related(user::Entity)
        .filter(session::Column::Digest.is_in(sereno.keys.digest.candidates(PURPOSE, secret)))
        .filter(open(sereno))
        .one(sereno.db.read())
        .await?;
    let Some((row, Some(user))) = found else {
        return Ok(None);
    };
    let works = user.state() == UserState::Active && user.credential_epoch == row.credential_epoch;
    // an application that was switched off or deleted takes its sessions along
    let switched_off = match row.application_id {
        Some(id) => application::by_id(sereno, id).await?.is_none(),
        None => false,
    };
    Ok((works && !switched_off).then_some(row))
}

//! One account, whole, as staff sees it. A fixed number of statements.

use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use serde_json::{Map, Value};
use sereno_types::{Code, Id, Permission, UserDetail, UserEmail, UserEvent, UserState};
use uuid::Uuid;

use super::parse;
use crate::access::subject;
use crate::context::{Sereno, Staff};
use crate::entity::{event, session, token_family, user, user_email};
use crate::error::{Error, Result};

/// How many events the page of a user shows.
const EVENTS: u64 = 20;

/// One account.
///
/// # Errors
/// `permission_denied`, `not_found`.
pub async fn detail(sereno: &Sereno, staff: &Staff, id: &Id) -> Result<UserDetail> {
    staff.require(Permission::UsersView)?;
    load(sereno, parse(id)?).await
}

pub(super) async fn load(sereno: &Sereno, id: Uuid) -> Result<UserDetail> {
    let (db, now) = (sereno.db.read(), sereno.now());
    let user = user::Entity::find_by_id(id).one(db).await?.ok_or(Error::NotFound)?;
    let emails = user_email::Entity::find()
        .filter(user_email::Column::UserId.eq(id))
        .order_by_desc(user_email::Column::IsPrimary)
        .order_by_asc(user_email::Column::CreatedAt)
        .all(db)
        .await?;
    let open_sessions = session::Entity::find()
        .filter(session::Column::UserId.eq(id))
        .filter(session::Column::EndedAt.is_null())
        .filter(session::Column::CredentialEpoch.eq(user.credential_epoch))
        .filter(session::Column::ExpiresAt.gt(now))
        .filter(session::Column::LastSeenAt.gt(now.minus(sereno.config.session.idle_lifetime.span())))
        .count(db)
        .await?;
    let open_grants = token_family::Entity::find()
        .filter(token_family::Column::UserId.eq(id))
        .filter(token_family::Column::RevokedAt.is_null())
        .filter(token_family::Column::CredentialEpoch.eq(user.credential_epoch))
        .filter(token_family::Column::IdleExpiresAt.gt(now))
        .filter(token_family::Column::ExpiresAt.gt(now))
        .count(db)
        .await?;
    let events = event::Entity::find()
        .filter(event::Column::UserId.eq(id))
        .order_by_desc(event::Column::At)
        .order_by_desc(event::Column::Id)
        .limit(EVENTS)
        .all(db)
        .await?;
    let picture = subject::picture(sereno, &user);
    Ok(UserDetail {
        id: Id(id.to_string()),
        number: user.number,
        state: user.state(),
        has_password: user.password_hash.is_some(),
        username: user.username,
        first_name: user.first_name,
        last_name: user.last_name,
        is_superuser: user.is_superuser,
        picture,
        locale: user.locale,
        emails: emails.into_iter().map(email).collect(),
        attributes: user.attributes.as_object().cloned().unwrap_or_default(),
        created_at: user.created_at.timestamp(),
        updated_at: user.updated_at.timestamp(),
        last_login_at: user.last_login_at.map(crate::clock::Moment::timestamp),
        delete_at: user.delete_at.map(crate::clock::Moment::timestamp),
        closed_from: user.closed_from.as_deref().and_then(UserState::from_name),
        open_sessions,
        open_grants,
        events: events.into_iter().map(happened).collect(),
    })
}

/// What can be edited of an account.
#[derive(Serialize)]
struct Edited<'a> {
    id: &'a str,
    state: UserState,
    username: Option<&'a str>,
    first_name: &'a str,
    last_name: &'a str,
    locale: Option<&'a str>,
    is_superuser: bool,
    attributes: &'a Map<String, Value>,
}

/// The version of what can be edited of an account.
///
/// # Errors
/// Never, unless the digest keys are gone.
pub fn version(sereno: &Sereno, user: &UserDetail) -> Result<String> {
    sereno.version(&Edited {
        id: &user.id.0,
        state: user.state,
        username: user.username.as_deref(),
        first_name: &user.first_name,
        last_name: &user.last_name,
        locale: user.locale.as_deref(),
        is_superuser: user.is_superuser,
        attributes: &user.attributes,
    })
}

/// The same of the row.
pub(crate) fn version_of(sereno: &Sereno, user: &user::Model) -> Result<String> {
    let none = Map::new();
    sereno.version(&Edited {
        id: &user.id.to_string(),
        state: user.state(),
        username: user.username.as_deref(),
        first_name: &user.first_name,
        last_name: &user.last_name,
        locale: user.locale.as_deref(),
        is_superuser: user.is_superuser,
        attributes: user.attributes.as_object().unwrap_or(&none),
    })
}

fn email(row: user_email::Model) -> UserEmail {
    UserEmail {
        address: row.address,
        verified_at: row.verified_at.map(crate::clock::Moment::timestamp),
        is_primary: row.is_primary,
    }
}

fn happened(row: event::Model) -> UserEvent {
    UserEvent {
        id: Id(row.id.to_string()),
        at: row.at.timestamp(),
        name: row.name,
        code: row.code.as_deref().and_then(Code::from_name),
        address: row.address,
        request_id: row.request_id,
    }
}

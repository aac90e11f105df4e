//! Remembering a device inside the sign-in's transaction, and noting that it is still in use.

use std::net::IpAddr;
use std::time::Duration;

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
};
use sereno_types::Code;
use uuid::Uuid;

use super::{Described, notice};
use crate::clock::Moment;
use crate::context::{Sereno, Tx};
use crate::entity::device::{ActiveModel, Column, Entity, Model};
use crate::entity::{session, token_family, user};
use crate::error::Result;
use crate::event::{Event, EventKind};

/// How exactly "last seen" is kept where tokens are refreshed.
const SEEN_EVERY: Duration = Duration::from_hours(1);

/// Makes the device of a sign-in known, or brings it up to date when the user's own `uuid` comes back. Whoever else has a
/// device of that `uuid` keeps theirs as it is. `user` is the row as it was before this sign-in was stamped on it.
pub async fn remember(sereno: &Sereno, tx: &mut Tx, user: &user::Model, described: Described) -> Result<Model> {
    let (id, now) = (sereno.new_id()?, tx.now());
    let uuid = match described.uuid {
        Some(uuid) => uuid,
        None => by_push_token(tx, user.id, &described).await?.unwrap_or(id),
    };
    let said = said(&described);
    let row = ActiveModel {
        id: Set(id),
        project_id: Set(None),
        user_id: Set(user.id),
        uuid: Set(uuid),
        name: Set(described.name),
        device_type: Set(described.device_type),
        os: Set(described.os),
        os_version: Set(described.os_version),
        app_version: Set(described.app_version),
        device_id: Set(described.device_id),
        device_token: Set(described.device_token),
        firebase_token: Set(described.firebase_token),
        address: Set(tx.meta().address.map(|address| address.to_string())),
        user_agent: Set(tx.meta().user_agent.clone()),
        created_at: Set(now),
        last_seen_at: Set(now),
    };
    // in one statement: of two sign-ins at once, and of a sign-in and a removal, one comes after the other
    let known = OnConflict::columns([Column::UserId, Column::Uuid])
        .update_columns(said)
        .to_owned();
    let device = Entity::insert(row)
        .on_conflict(known)
        .exec_with_returning(tx.db())
        .await?;
    claim_push_tokens(tx, &device).await?;
    if device.id == id {
        make_room(sereno, tx, &device).await?;
        let event = Event::new(EventKind::DeviceAdded).about(user.id);
        tx.record(event.with("device_id", id.to_string()));
        if sereno.config.device.notice && user.last_login_at.is_some() {
            notice::mail(sereno, tx, user).await?;
        }
    }
    if sereno.config.device.push_notice {
        notice::push(sereno, tx, user, &device).await?;
    }
    Ok(device)
}

/// Takes away the device that was unused for longest where there are too many with this new one. What somebody is signed in
/// on stays: a client that makes a device of every sign-in must not sign its user out elsewhere.
///
/// # Errors
/// `too_many_devices`.
async fn make_room(sereno: &Sereno, tx: &mut Tx, new: &Model) -> Result<()> {
    let most = sereno.config.device.per_user;
    let theirs = Column::UserId.eq(new.user_id);
    if most == 0 || Entity::find().filter(theirs.clone()).count(tx.db()).await? <= most {
        return Ok(());
    }
    let (now, idle) = (tx.now(), sereno.config.session.idle_lifetime.span());
    let browsers = session::Entity::find()
        .select_only()
        .column(session::Column::DeviceId)
        .filter(session::Column::UserId.eq(new.user_id))
        .filter(session::Column::DeviceId.is_not_null())
        .filter(session::Column::EndedAt.is_null())
        .filter(session::Column::ExpiresAt.gt(now))
        .filter(session::Column::LastSeenAt.gt(now.minus(idle)));
    let families = token_family::Entity::find()
        .select_only()
        .column(token_family::Column::DeviceId)
        .filter(token_family::Column::UserId.eq(new.user_id))
        .filter(token_family::Column::DeviceId.is_not_null())
        .filter(token_family::Column::RevokedAt.is_null())
        .filter(token_family::Column::ExpiresAt.gt(now))
        .filter(token_family::Column::IdleExpiresAt.gt(now));
    let unused = Entity::find()
        .filter(theirs)
        .filter(Column::Id.ne(new.id))
        .filter(Column::Id.not_in_subquery(browsers.into_query()))
        .filter(Column::Id.not_in_subquery(families.into_query()))
        .order_by_asc(Column::LastSeenAt)
        .order_by_asc(Column::Id)
        .one(tx.db())
        .await?;
    let unused = unused.ok_or(Code::TooManyDevices)?;
    Entity::delete_by_id(unused.id).exec(tx.db()).await?;
    let event = Event::new(EventKind::DeviceRemoved).about(new.user_id);
    tx.record(event.with("device_id", unused.id.to_string()).with("ended", 0));
    Ok(())
}

/// The columns that a known device gets anew.
fn said(described: &Described) -> Vec<Column> {
    let optional = [
        (Column::Name, described.name.is_some()),
        (Column::DeviceType, described.device_type.is_some()),
        (Column::Os, described.os.is_some()),
        (Column::OsVersion, described.os_version.is_some()),
        (Column::AppVersion, described.app_version.is_some()),
        (Column::DeviceId, described.device_id.is_some()),
        (Column::DeviceToken, described.device_token.is_some()),
        (Column::FirebaseToken, described.firebase_token.is_some()),
    ];
    let always = [Column::LastSeenAt, Column::Address, Column::UserAgent];
    let said = optional.into_iter().filter(|(_, said)| *said).map(|(column, _)| column);
    always.into_iter().chain(said).collect()
}

/// What names the user's device that has one of these push tokens: a client that does not keep its `uuid` is known by them.
async fn by_push_token(tx: &Tx, user_id: Uuid, described: &Described) -> Result<Option<Uuid>> {
    let tokens = [
        (Column::DeviceToken, &described.device_token),
        (Column::FirebaseToken, &described.firebase_token),
    ];
    let mut any = Condition::any();
    for (column, token) in tokens {
        any = any.add_option(token.as_ref().map(|token| column.eq(token.0.as_str())));
    }
    if any.is_empty() {
        return Ok(None);
    }
    let found = Entity::find()
        .filter(Column::UserId.eq(user_id))
        .filter(any)
        .order_by_desc(Column::LastSeenAt)
        .one(tx.db())
        .await?;
    Ok(found.map(|device| device.uuid))
}

/// Takes this device's push tokens from every other, whoever's it is: a push service delivers to one installation, and
/// that is the one which told the token last.
pub async fn claim_push_tokens(tx: &Tx, device: &Model) -> Result<()> {
    let tokens = [
        (Column::DeviceToken, &device.device_token),
        (Column::FirebaseToken, &device.firebase_token),
    ];
    for (column, token) in tokens {
        let Some(token) = token else { continue };
        Entity::update_many()
            .col_expr(column, Expr::value(None::<String>))
            .filter(column.eq(token.0.as_str()))
            .filter(Column::Id.ne(device.id))
            .exec(tx.db())
            .await?;
    }
    Ok(())
}

/// Notes that a device is in use, at most once an hour. Whoever uses it must not wait for that or fail with it, so a
/// failure is told to the log alone.
pub async fn seen(sereno: &Sereno, id: Option<Uuid>, address: Option<IpAddr>) {
    let now = sereno.now();
    let Some(id) = id.filter(|id| sereno.cache.is_time(*id, now, SEEN_EVERY)) else {
        return;
    };
    if let Err(error) = stamp(sereno, id, address, now).await {
        tracing::warn!(%error, "it could not be noted that a device is in use");
    }
}

async fn stamp(sereno: &Sereno, id: Uuid, address: Option<IpAddr>, now: Moment) -> Result<()> {
    let mut stamp = Entity::update_many().col_expr(Column::LastSeenAt, Expr::value(now.0));
    if let Some(address) = address {
        stamp = stamp.col_expr(Column::Address, Expr::value(address.to_string()));
    }
    stamp
        .filter(Column::Id.eq(id))
        .filter(Column::LastSeenAt.lte(now.minus(SEEN_EVERY)))
        .exec(sereno.db.write())
        .await?;
    Ok(())
}

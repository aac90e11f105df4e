//! Which devices get what is said to a user: those that their owner is signed in on. What somebody left behind, sold or lent
//! tells nobody anything once they have signed out of it.

use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};
use sereno_types::Delivery;

use crate::clock::Moment;
use crate::context::Sereno;
use crate::entity::{device, session, token_family, user};
use crate::error::Result;

/// Of devices in a query: those that a session or a grant hangs on which still works. A key hangs on no device; so a device
/// that nothing ever hung on is taken for one of its owner's key, as long as that works.
pub(super) fn signed_in(sereno: &Sereno, now: Moment) -> Condition {
    let idle = now.minus(sereno.config.session.idle_lifetime.span());
    let open_session = Condition::all()
        .add(session::Column::EndedAt.is_null())
        .add(session::Column::ExpiresAt.gt(now))
        .add(session::Column::LastSeenAt.gt(idle))
        .add(session::Column::CredentialEpoch.in_subquery(epoch()));
    let open_family = Condition::all()
        .add(token_family::Column::RevokedAt.is_null())
        .add(token_family::Column::ExpiresAt.gt(now))
        .add(token_family::Column::IdleExpiresAt.gt(now))
        .add(token_family::Column::CredentialEpoch.in_subquery(epoch()));
    let by_key = Condition::all()
        .add(token_family::Column::Delivery.eq(Delivery::Key.as_str()))
        .add(open_family.clone());
    let key = Condition::all()
        .add(Expr::exists(families().cond_where(by_key).take()))
        .add(Expr::exists(sessions().cond_where(session_is_here()).take()).not())
        .add(Expr::exists(families().cond_where(family_is_here()).take()).not());
    let session = session_is_here().add(open_session);
    let family = family_is_here().add(open_family);
    Condition::any()
        .add(Expr::exists(sessions().cond_where(session).take()))
        .add(Expr::exists(families().cond_where(family).take()))
        .add(key)
}

/// Takes the push token from devices of which the last sign-in is about to be forgotten: without it nothing would tell them from one that
/// nothing ever hung on.
pub(crate) async fn forget_left(sereno: &Sereno, before: Moment) -> Result<()> {
    let session = Query::select()
        .column(session::Column::DeviceId)
        .from(session::Entity)
        .and_where(session::Column::ExpiresAt.lt(before))
        .and_where(session::Column::DeviceId.is_not_null())
        .take();
    let family = Query::select()
        .column(token_family::Column::DeviceId)
        .from(token_family::Entity)
        .cond_where(token_family::ended_before(before))
        .and_where(token_family::Column::DeviceId.is_not_null())
        .take();
    let left = Condition::any()
        .add(device::Column::Id.in_subquery(session))
        .add(device::Column::Id.in_subquery(family));
    device::Entity::update_many()
        .col_expr(device::Column::FirebaseToken, Expr::value(Option::<String>::None))
        .filter(device::Column::FirebaseToken.is_not_null())
        .filter(left)
        .filter(signed_in(sereno, sereno.now()).not())
        .exec(sereno.db.write())
        .await?;
    Ok(())
}

/// Sessions of the device's owner; by user, because that is what there is an index for.
fn sessions() -> SelectStatement {
    let owner = Expr::col((session::Entity, session::Column::UserId)).equals((device::Entity, device::Column::UserId));
    one(session::Entity, owner)
}

/// Grants of the device's owner.
fn families() -> SelectStatement {
    let owner = Expr::col((token_family::Entity, token_family::Column::UserId))
        .equals((device::Entity, device::Column::UserId));
    one(token_family::Entity, owner)
}

fn one(entity: impl EntityTrait, owner: Expr) -> SelectStatement {
    Query::select().expr(Expr::val(1)).from(entity).and_where(owner).take()
}

fn session_is_here() -> Condition {
    let here = Expr::col((session::Entity, session::Column::DeviceId)).equals((device::Entity, device::Column::Id));
    Condition::all().add(here)
}

fn family_is_here() -> Condition {
    let here =
        Expr::col((token_family::Entity, token_family::Column::DeviceId)).equals((device::Entity, device::Column::Id));
    Condition::all().add(here)
}

/// The present epoch of the device's owner: a sign-in of an earlier one does not work any more.
fn epoch() -> SelectStatement {
    let owner = Expr::col(("owner", user::Column::Id)).equals((device::Entity, device::Column::UserId));
    Query::select()
        .column(("owner", user::Column::CredentialEpoch))
        .from_as(user::Entity, "owner")
        .and_where(owner)
        .take()
}

//! What each sign-up for an unconfirmed address brought along. Anybody can sign up with anybody's address, several times
//! before its owner confirms one; so each sign-up's mail is good for the password, name and attributes of that sign-up
//! alone, whatever came before or after it.

use std::time::Duration;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};
use serde_json::Value;
use sereno_types::UserState;
use uuid::Uuid;

use super::Origin;
use super::create::taken;
use super::register::Accepted;
use crate::context::{Actor, RequestMeta, Sereno, Tx};
use crate::entity::sign_up::{ActiveModel, Column, Entity, Model};
use crate::entity::{user, user_email};
use crate::error::Result;
use crate::event::{Event, EventKind};
use crate::once::{self, Purpose};

/// Keeps what was signed up with, under the epoch that the sign-up's mail carries.
pub(super) async fn keep(sereno: &Sereno, tx: &Tx, user_id: Uuid, epoch: i64, accepted: &Accepted) -> Result<()> {
    let (username, canonical) = accepted
        .username
        .clone()
        .map(|name| (name.name, name.canonical))
        .unzip();
    let row = ActiveModel {
        id: Set(sereno.new_id()?),
        user_id: Set(user_id),
        credential_epoch: Set(epoch),
        address: Set(accepted.email.address.clone()),
        username: Set(username),
        username_canonical: Set(canonical),
        password_hash: Set(accepted.password_hash.clone()),
        attributes: Set(Value::Object(accepted.attributes.clone())),
        client_address: Set(tx.meta().address.map(|address| address.to_string())),
        created_at: Set(tx.now()),
    };
    Entity::insert(row).exec_without_returning(tx.db()).await?;
    Ok(())
}

/// Most sign-ups that get their mail again when somebody asks.
const RESENT: u64 = 3;

/// The latest sign-ups of a pending account, oldest first.
pub(super) async fn latest(tx: &Tx, user_id: Uuid) -> Result<Vec<Model>> {
    let mut rows = Entity::find()
        .filter(Column::UserId.eq(user_id))
        .order_by_desc(Column::CredentialEpoch)
        .limit(RESENT)
        .all(tx.db())
        .await?;
    rows.reverse();
    Ok(rows)
}

/// Makes the pending account what this sign-up wanted, and active. Gives whether the account was still pending.
pub(super) async fn apply(tx: &Tx, sign_up: Model) -> Result<bool> {
    let name = match sign_up.username_canonical {
        // another account took the name while a later sign-up had let go of it: the address is worth more than the name
        Some(canonical) if held_by_another(tx, sign_up.user_id, &canonical).await? => None,
        canonical => sign_up.username.zip(canonical),
    };
    let (username, username_canonical) = name.unzip();
    let row = user::ActiveModel {
        username: Set(username),
        username_canonical: Set(username_canonical),
        password_hash: Set(Some(sign_up.password_hash)),
        attributes: Set(sign_up.attributes),
        state: Set(UserState::Active.as_str().to_owned()),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    let activated = user::Entity::update_many()
        .set(row)
        .filter(user::Column::Id.eq(sign_up.user_id))
        .filter(user::Column::State.eq(UserState::Pending.as_str()))
        .exec(tx.db())
        .await
        .map_err(taken)?;
    user_email::Entity::update_many()
        .col_expr(user_email::Column::Address, Expr::value(sign_up.address))
        .filter(user_email::Column::UserId.eq(sign_up.user_id))
        .filter(user_email::Column::IsPrimary.eq(true))
        .exec(tx.db())
        .await?;
    Ok(activated.rows_affected > 0)
}

async fn held_by_another(tx: &Tx, user_id: Uuid, canonical: &str) -> Result<bool> {
    let others = user::Entity::find()
        .filter(user::Column::UsernameCanonical.eq(canonical))
        .filter(user::Column::Id.ne(user_id));
    Ok(others.count(tx.db()).await? > 0)
}

/// Writes the sign-ups of an account as they are: as many statements as keeping another one takes.
pub(super) async fn leave_as_is(tx: &Tx, user_id: Uuid) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::CreatedAt, Expr::col(Column::CreatedAt))
        .filter(Column::UserId.eq(user_id))
        .exec(tx.db())
        .await?;
    Ok(())
}

/// Forgets every sign-up of an account: it is confirmed, or belongs to somebody already.
pub(crate) async fn forget(tx: &Tx, user_id: Uuid) -> Result<()> {
    Entity::delete_many()
        .filter(Column::UserId.eq(user_id))
        .exec(tx.db())
        .await?;
    Ok(())
}

/// Makes worth nothing whatever strangers signed up with under an address that nobody confirmed: from now on the account is
/// one that staff made, and only a new mail's link opens it.
pub(crate) async fn void(sereno: &Sereno, tx: &Tx, user_id: Uuid) -> Result<()> {
    let row = user::ActiveModel {
        username: Set(None),
        username_canonical: Set(None),
        password_hash: Set(None),
        attributes: Set(Value::Object(serde_json::Map::new())),
        origin: Set(Origin::Staff.as_str().to_owned()),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    user::Entity::update_many()
        .set(row)
        .col_expr(
            user::Column::CredentialEpoch,
            Expr::col(user::Column::CredentialEpoch).add(1),
        )
        .filter(user::Column::Id.eq(user_id))
        .filter(user::Column::State.eq(UserState::Pending.as_str()))
        .exec(tx.db())
        .await?;
    once::consume_rest(sereno, tx.db(), Purpose::Activation, user_id).await?;
    forget(tx, user_id).await
}

/// How many accounts one transaction deletes.
const SWEEP_BATCH: u64 = 200;

/// Deletes what no mail can carry any more, and the accounts that nobody confirmed in time.
pub(crate) async fn sweep(sereno: &Sereno) -> Result<()> {
    let settings = &sereno.config.registration;
    // a mail may be delivered late, and its link works from then on
    let late = Duration::from_hours(24 * sereno.config.worker.keep_days);
    Entity::delete_many()
        .filter(Column::CreatedAt.lt(sereno.now().minus(settings.link_lifetime.span() + late)))
        .exec(sereno.db.write())
        .await?;
    if settings.pending_days == 0 {
        return Ok(());
    }
    let old = sereno.now().minus(Duration::from_hours(24 * settings.pending_days));
    let unconfirmed = Condition::all()
        .add(user::Column::State.eq(UserState::Pending.as_str()))
        .add(user::Column::Origin.eq(Origin::SignUp.as_str()))
        .add(user::Column::UpdatedAt.lt(old));
    loop {
        let mut tx = sereno.begin(&RequestMeta::default(), &Actor::System).await?;
        let some = user::Entity::find()
            .select_only()
            .column(user::Column::Id)
            .filter(unconfirmed.clone())
            .limit(SWEEP_BATCH);
        let deleted = user::Entity::delete_many()
            .filter(user::Column::Id.in_subquery(some.into_query()))
            // again: one that was confirmed meanwhile stays
            .filter(unconfirmed.clone())
            .exec_with_returning(tx.db())
            .await?;
        for user in &deleted {
            tx.touch(user.id);
            tx.record(Event::new(EventKind::UserExpired).about(user.id));
        }
        tx.commit().await?;
        if (deleted.len() as u64) < SWEEP_BATCH {
            return Ok(());
        }
    }
}

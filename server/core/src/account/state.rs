//! The state of an account: the one statement that changes it, and the rule that somebody can always administer.

use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};
use sereno_types::{Code, UserState};
use uuid::Uuid;

use crate::clock::Moment;
use crate::context::Tx;
use crate::entity::user;
use crate::error::Result;

/// Refuses to close the account of the last administrator who can sign in.
///
/// # Errors
/// `last_administrator`.
pub async fn spare_last_administrator(tx: &Tx, user: &user::Model) -> Result<()> {
    if user.is_superuser && user.state() == UserState::Active && administrators(tx).await?.len() <= 1 {
        return Err(Code::LastAdministrator.into());
    }
    Ok(())
}

/// Every administrator, held until the transaction ends: two who lock each other at once must not both succeed.
async fn administrators(tx: &Tx) -> Result<Vec<Uuid>> {
    let administrators = user::Entity::find()
        .select_only()
        .column(user::Column::Id)
        .filter(user::Column::IsSuperuser.eq(true))
        .filter(user::Column::State.eq(UserState::Active.as_str()))
        .order_by_asc(user::Column::Id)
        .lock(LockType::NoKeyUpdate);
    Ok(administrators.into_tuple().all(tx.db()).await?)
}

/// What an account that is about to be deleted was before, and is again where it is kept.
pub fn closed_from(user: &user::Model) -> UserState {
    let before = user.closed_from.as_deref().and_then(UserState::from_name);
    before.unwrap_or(UserState::Active)
}

/// Shuts an account that is about to be deleted: that goes on, and whoever keeps the account keeps it shut.
///
/// # Errors
/// `state_conflict`.
pub async fn shut_while_closing(tx: &mut Tx, user: &user::Model, to: UserState) -> Result<()> {
    let shut = user::Entity::update_many()
        .col_expr(user::Column::ClosedFrom, Expr::value(to.as_str()))
        .col_expr(user::Column::UpdatedAt, Expr::value(tx.now().0))
        .filter(user::Column::Id.eq(user.id))
        .filter(user::Column::State.eq(UserState::Deleting.as_str()))
        .filter(as_closed(user))
        .exec(tx.db())
        .await?;
    tx.touch(user.id);
    if shut.rows_affected == 0 {
        return Err(Code::StateConflict.into());
    }
    Ok(())
}

/// Nobody has shut a closing account otherwise since it was read: what staff shuts while its owner keeps it stays shut.
fn as_closed(user: &user::Model) -> Expr {
    match &user.closed_from {
        Some(before) => user::Column::ClosedFrom.eq(before.as_str()),
        None => user::Column::ClosedFrom.is_null(),
    }
}

/// Changes the state, unless somebody else has done so since the row was read. Gives the row as it is then.
///
/// # Errors
/// `state_conflict`.
pub async fn change_state(
    tx: &mut Tx,
    user: &user::Model,
    state: UserState,
    delete_at: Option<Moment>,
) -> Result<user::Model> {
    let changed = user::Entity::update_many()
        .col_expr(user::Column::State, Expr::value(state.as_str()))
        .col_expr(user::Column::DeleteAt, Expr::value(delete_at.map(|at| at.0)))
        .col_expr(
            user::Column::ClosedFrom,
            Expr::value(delete_at.map(|_| user.state.as_str())),
        )
        .col_expr(
            user::Column::CredentialEpoch,
            // nothing was issued to an account that is not active; its activation link stays good
            Expr::col(user::Column::CredentialEpoch).add(i64::from(user.state() == UserState::Active)),
        )
        .col_expr(user::Column::UpdatedAt, Expr::value(tx.now().0))
        .filter(user::Column::Id.eq(user.id))
        .filter(user::Column::State.eq(user.state.as_str()))
        .filter(as_closed(user))
        .exec_with_returning(tx.db())
        .await?;
    tx.touch(user.id);
    changed.into_iter().next().ok_or_else(|| Code::StateConflict.into())
}

//! Who may do everything: given and taken by superusers alone.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter};
use sereno_types::{Code, Id, Permission, UserDetail, UserState};

use super::super::state::spare_last_administrator;
use super::act::meant;
use super::view;
use crate::context::{RequestMeta, Sereno, Staff};
use crate::entity::user;
use crate::error::Result;
use crate::event::{Event, EventKind};

/// Lets a user do everything, or no longer. What the user may do counts at once.
///
/// # Errors
/// `permission_denied`, `exceeds_own_permissions` for staff who is no superuser, `not_found`, `own_account`,
/// `precondition_failed`, `last_administrator`; `state_conflict` for an account that is not active, or that is so already.
pub async fn set_superuser(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    id: &Id,
    is_superuser: bool,
) -> Result<UserDetail> {
    staff.require(Permission::UsersView)?;
    staff.require(Permission::UsersManage)?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    if !staff.is_superuser() {
        tx.record(Event::refused(EventKind::EscalationRefused, Code::ExceedsOwnPermissions).with("what", "superuser"));
        tx.commit().await?;
        return Err(Code::ExceedsOwnPermissions.into());
    }
    let user = meant(sereno, &tx, staff, id).await?;
    if user.is_superuser == is_superuser || (is_superuser && user.state() != UserState::Active) {
        return Err(Code::StateConflict.into());
    }
    if !is_superuser {
        spare_last_administrator(&tx, &user).await?;
    }
    user::Entity::update_many()
        .col_expr(user::Column::IsSuperuser, Expr::value(is_superuser))
        .col_expr(user::Column::AccessEpoch, Expr::col(user::Column::AccessEpoch).add(1))
        .col_expr(user::Column::UpdatedAt, Expr::value(tx.now().0))
        .filter(user::Column::Id.eq(user.id))
        .exec(tx.db())
        .await?;
    let kind = if is_superuser {
        EventKind::SuperuserGranted
    } else {
        EventKind::SuperuserRevoked
    };
    tx.record(Event::new(kind).about(user.id));
    tx.touch(user.id);
    tx.commit().await?;
    view::load(sereno, user.id).await
}

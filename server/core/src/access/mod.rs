//! Who may do what: the policy table that every door is held against, and the proof that an actor is staff. Holds no
//! rule about what is done.

pub mod application;
mod builtin;
pub mod policy;
pub mod subject;

use std::collections::BTreeSet;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};
use sereno_types::{Code, Id, Permission, StaffProfile, UserState};
use uuid::Uuid;

pub use builtin::ensure;

use crate::context::{Actor, Sereno, Staff};
use crate::entity::{permission, role_assignment, role_permission, user};
use crate::error::{Error, Result};

/// Who may enter the console: a superuser, or a user who holds at least one permission of the built-in catalogue
/// globally. Reads the rows, never the cache.
///
/// # Errors
/// `authentication_required`, `permission_denied`.
pub async fn staff(sereno: &Sereno, actor: &Actor) -> Result<Staff> {
    if *actor == Actor::System {
        return Ok(Staff::new(*actor, true, BTreeSet::new()));
    }
    let user_id = actor.caller()?.user_id;
    let user = user::Entity::find_by_id(user_id).one(sereno.db.read()).await?;
    let user = user
        .filter(|user| user.state() == UserState::Active)
        .ok_or(Code::AuthenticationRequired)?;
    if user.is_superuser {
        return Ok(Staff::new(*actor, true, BTreeSet::new()));
    }
    let permissions = global_permissions(sereno, user_id).await?;
    if permissions.is_empty() {
        return Err(Error::from(Code::PermissionDenied));
    }
    Ok(Staff::new(*actor, false, permissions))
}

async fn global_permissions(sereno: &Sereno, user_id: Uuid) -> Result<BTreeSet<Permission>> {
    let roles = role_assignment::Entity::find()
        .select_only()
        .column(role_assignment::Column::RoleId)
        .filter(role_assignment::Column::UserId.eq(user_id))
        .filter(role_assignment::Column::ProjectId.is_null());
    let granted = role_permission::Entity::find()
        .select_only()
        .column(role_permission::Column::PermissionId)
        .filter(role_permission::Column::RoleId.in_subquery(roles.into_query()));
    let codenames: Vec<String> = permission::Entity::find()
        .select_only()
        .column(permission::Column::Codename)
        .filter(permission::Column::Id.in_subquery(granted.into_query()))
        .into_tuple()
        .all(sereno.db.read())
        .await?;
    Ok(codenames
        .iter()
        .filter_map(|codename| Permission::from_codename(codename))
        .collect())
}

/// How the signed-in member of staff is called and what they may do.
pub async fn profile(sereno: &Sereno, staff: &Staff) -> Result<StaffProfile> {
    let user_id = staff.actor().caller()?.user_id;
    let (user, email) = subject::find(sereno.db.read(), user_id).await?.ok_or(Error::NotFound)?;
    let name = user
        .username
        .or_else(|| email.map(|email| email.address))
        .unwrap_or_else(|| format!("#{}", user.number));
    let permissions = Permission::ALL
        .iter()
        .copied()
        .filter(|permission| staff.holds(*permission))
        .collect();
    Ok(StaffProfile {
        id: Id(user.id.to_string()),
        name,
        permissions,
    })
}

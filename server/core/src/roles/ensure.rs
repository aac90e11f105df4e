//! What is made if it is not there: for programs that ask for it again and again.

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use sereno_types::{Code, CreateRole, Id, Permission, RoleDetail};

use super::content::PERMISSIONS_MAX;
use super::roles::{Opened, about, create, current, show, state};
use super::{permissions, refs};
use crate::access::codename;
use crate::access::known::graph;
use crate::context::{RequestMeta, Sereno, Staff};
use crate::entity::role::{Column, Entity};
use crate::entity::role_permission;
use crate::error::{Error, Result};
use crate::event::EventKind;

/// The role of a project with this codename, made if there is none: asking again changes nothing.
///
/// # Errors
/// `permission_denied`, `not_found` for the project, `validation_failed`.
pub async fn in_project(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    project: &str,
    codename: &str,
) -> Result<RoleDetail> {
    staff.require(Permission::RolesView)?;
    staff.require(Permission::RolesManage)?;
    let db = sereno.db.read();
    let project = refs::project(db, project).await?.ok_or(Error::NotFound)?;
    let name = codename.trim().to_lowercase();
    let there = || {
        Entity::find()
            .filter(Column::ProjectId.eq(project.id))
            .filter(Column::Codename.eq(name.as_str()))
    };
    if codename::is_role(&name)
        && let Some(row) = there().one(db).await?
    {
        return show(db, row, &*current(sereno).await?).await;
    }
    let command = CreateRole {
        codename: name.clone(),
        project: Some(project.id.to_string()),
        ..CreateRole::default()
    };
    match create(sereno, meta, staff, command).await {
        // somebody else made it in the same moment
        Err(error) if error.has_field_code(Code::CodenameUnique) => {
            let row = there().one(db).await?.ok_or(error)?;
            show(db, row, &*current(sereno).await?).await
        }
        other => other,
    }
}

/// Lets a role grant a permission, which is declared if there is none of this codename: asking again changes nothing.
///
/// # Errors
/// `permission_denied`, `exceeds_own_permissions`, `not_found`, `validation_failed`.
pub async fn permission(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    id: &Id,
    codename: &str,
) -> Result<RoleDetail> {
    staff.require(Permission::RolesView)?;
    staff.require(Permission::RolesManage)?;
    let name = codename.trim().to_lowercase();
    if let Some(fault) = codename::fault("codename", &name, codename::is_permission, codename::NAME_MAX) {
        return Err(Error::fields(vec![fault]));
    }
    let Opened {
        giver,
        mut tx,
        before,
        role: old,
        project,
    } = Opened::of(sereno, meta, staff, id).await?;
    let id = old.id;
    let permission = match before.permission(&name) {
        Some(permission) => permission,
        None => permissions::add(sereno, &mut tx, &name, "").await?.id,
    };
    if before.role(id).is_some_and(|node| node.grants.contains(&permission)) {
        return show(sereno.db.read(), old, &before).await;
    }
    if before.role(id).is_some_and(|node| node.grants.len() >= PERMISSIONS_MAX) {
        return Err(Code::StateConflict.into());
    }
    if !giver.may_hand_out(&before, id) {
        return giver.refuse(tx, &old.codename).await;
    }
    let row = role_permission::ActiveModel {
        id: Set(sereno.new_id()?),
        role_id: Set(id),
        permission_id: Set(permission),
    };
    role_permission::Entity::insert(row)
        .exec_without_returning(tx.db())
        .await?;
    let after = graph(tx.db(), 0).await?;
    if !giver.holds_role(&after, id) {
        return giver.refuse(tx, &old.codename).await;
    }
    tx.record(
        about(EventKind::RoleUpdated, &old, project.as_ref())
            .with("before", state(&old, &before))
            .with("after", state(&old, &after)),
    );
    let shown = show(tx.db(), old, &after).await?;
    tx.commit().await?;
    Ok(shown)
}

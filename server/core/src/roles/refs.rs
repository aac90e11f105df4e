//! From what a request names to rows: roles, projects, users.

use std::collections::{HashMap, HashSet};

use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter};
use sereno_types::{Code, Id, RoleName, SessionUser};
use uuid::Uuid;

use crate::account;
use crate::context::{Sereno, Staff};
use crate::entity::{project, role, user};
use crate::error::{Error, Result};

/// An id of a path.
pub fn id(id: &Id) -> Result<Uuid> {
    id.0.parse().map_err(|_| Error::NotFound)
}

/// A role by its id.
pub async fn role<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<role::Model> {
    role::Entity::find_by_id(id).one(db).await?.ok_or(Error::NotFound)
}

/// A project by its id or name in addresses.
pub async fn project<C: ConnectionTrait>(db: &C, name: &str) -> Result<Option<project::Model>> {
    // PostgreSQL cannot be asked for a NUL
    if name.contains('\0') {
        return Ok(None);
    }
    let mut which = Condition::any().add(project::Column::Slug.eq(name));
    if let Ok(id) = name.parse::<Uuid>() {
        which = which.add(project::Column::Id.eq(id));
    }
    Ok(project::Entity::find().filter(which).one(db).await?)
}

/// A project that a field of a request names.
///
/// # Errors
/// `validation_failed` with `invalid_choice`.
pub async fn project_of<C: ConnectionTrait>(db: &C, field: &str, name: Option<&str>) -> Result<Option<project::Model>> {
    let Some(name) = name.filter(|name| !name.is_empty()) else {
        return Ok(None);
    };
    let found = project(db, name).await?;
    found.map(Some).ok_or_else(|| Error::field(field, Code::InvalidChoice))
}

/// The project with this id, if there is one to look for.
pub async fn project_by_id<C: ConnectionTrait>(db: &C, id: Option<Uuid>) -> Result<Option<project::Model>> {
    match id {
        Some(id) => Ok(project::Entity::find_by_id(id).one(db).await?),
        None => Ok(None),
    }
}

/// A project that a field of a request named, read again in the transaction: it may have gone in the meantime.
///
/// # Errors
/// `validation_failed` with `invalid_choice`.
pub async fn still_there<C: ConnectionTrait>(
    db: &C,
    field: &str,
    project: Option<project::Model>,
) -> Result<Option<project::Model>> {
    match project {
        Some(project) => project_of(db, field, Some(&project.id.to_string())).await,
        None => Ok(None),
    }
}

/// A user whom a field of a request names to be given something: by id, number, user name, or an address that is theirs.
///
/// # Errors
/// `validation_failed` with `invalid_choice`.
pub async fn user_of(sereno: &Sereno, staff: &Staff, field: &str, name: &str) -> Result<user::Model> {
    let found = account::find::to_be_given(sereno, staff, name.trim()).await?;
    found.ok_or_else(|| Error::field(field, Code::InvalidChoice))
}

/// The id of the user that a filter names; nobody's where there is none, so that such a list is empty like that of a user
/// about whom it has nothing to say.
pub async fn user_sought(sereno: &Sereno, staff: &Staff, name: &str) -> Result<Uuid> {
    let found = account::find::by_staff(sereno, staff, name.trim()).await?;
    Ok(found.map_or(Uuid::nil(), |user| user.id))
}

/// The id of the project that a filter names; nobody's where there is none.
pub async fn project_sought<C: ConnectionTrait>(db: &C, name: &str) -> Result<Uuid> {
    Ok(project(db, name).await?.map_or(Uuid::nil(), |project| project.id))
}

/// What roles are called, with the names in addresses of their projects.
pub async fn role_names<C: ConnectionTrait>(db: &C, ids: HashSet<Uuid>) -> Result<HashMap<Uuid, RoleName>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = role::Entity::find().filter(role::Column::Id.is_in(ids)).all(db).await?;
    let slugs = slugs(db, rows.iter().filter_map(|row| row.project_id).collect()).await?;
    Ok(rows.into_iter().map(|row| (row.id, name(&row, &slugs))).collect())
}

/// What a role is called.
pub fn name(row: &role::Model, slugs: &HashMap<Uuid, String>) -> RoleName {
    RoleName {
        id: Id(row.id.to_string()),
        codename: row.codename.clone(),
        name: row.name.clone(),
        project: row.project_id.and_then(|project| slugs.get(&project).cloned()),
        is_enabled: row.is_enabled,
    }
}

/// Names in addresses of projects.
pub async fn slugs<C: ConnectionTrait>(db: &C, ids: HashSet<Uuid>) -> Result<HashMap<Uuid, String>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = project::Entity::find()
        .filter(project::Column::Id.is_in(ids))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.slug)).collect())
}

/// A user, named.
pub fn person(id: Uuid, names: &HashMap<Uuid, String>) -> SessionUser {
    SessionUser {
        id: Id(id.to_string()),
        name: names.get(&id).cloned().unwrap_or_default(),
    }
}

//! Who holds a role: giving it to one user or a thousand, for ever or until a moment, and taking it back.

use std::collections::{BTreeSet, HashMap, HashSet};

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use sereno_types::{
    AssignRole, Assigned, AssignmentQuery, AssignmentRow, Code, FieldError, Id, Page, Permission, RoleName,
};
use uuid::Uuid;

use super::give::Giver;
use super::roles::GLOBAL;
use super::{members, refs};
use crate::access::known::{changed, changed_for, graph};
use crate::account;
use crate::clock::Moment;
use crate::context::{RequestMeta, Sereno, Staff, Tx};
use crate::entity::role_assignment::{ActiveModel, Column, Entity, Model};
use crate::entity::{project, role, user};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::paging::{Key, Newest, Walk};

/// Most users of one call.
const MOST: usize = 1_000;

/// One page of assignments, the last first.
///
/// # Errors
/// `permission_denied`; `validation_failed` on `limit` or `cursor`. A user, role or project that there is not finds nothing.
pub async fn list(sereno: &Sereno, staff: &Staff, query: AssignmentQuery) -> Result<Page<AssignmentRow>> {
    staff.require(Permission::RolesView)?;
    let walk = Walk::<Newest>::new(None, query.limit, query.cursor.as_deref())?;
    let db = sereno.db.read();
    let mut matching = Condition::all();
    if let Some(user) = query.user.as_deref().filter(|user| !user.is_empty()) {
        matching = matching.add(Column::UserId.eq(refs::user_sought(sereno, staff, user).await?));
    }
    if let Some(role) = query.role.as_deref().filter(|role| !role.is_empty()) {
        matching = matching.add(Column::RoleId.eq(role.parse().unwrap_or(Uuid::nil())));
    }
    match query.project.as_deref() {
        Some(GLOBAL) => matching = matching.add(Column::ProjectId.is_null()),
        Some("") | None => {}
        Some(name) => matching = matching.add(Column::ProjectId.eq(refs::project_sought(db, name).await?)),
    }
    let total = Entity::find().filter(matching.clone()).count(db).await?;
    let rows = Entity::find()
        .filter(matching.add_option(walk.beyond(Expr::col(Column::CreatedAt), Expr::col(Column::Id))))
        .order_by(Column::CreatedAt, walk.direction())
        .order_by(Column::Id, walk.direction())
        .limit(walk.rows())
        .all(db)
        .await?;
    let users = account::find::names(db, rows.iter().map(|row| row.user_id)).await?;
    let roles = refs::role_names(db, rows.iter().map(|row| row.role_id).collect()).await?;
    let slugs = refs::slugs(db, rows.iter().filter_map(|row| row.project_id).collect()).await?;
    let now = sereno.now();
    walk.page(
        rows,
        total,
        |row| (Key::Number(row.created_at.0), row.id),
        |row| show(&row, &users, &roles, &slugs, now),
    )
}

fn show(
    row: &Model,
    users: &HashMap<Uuid, String>,
    roles: &HashMap<Uuid, RoleName>,
    slugs: &HashMap<Uuid, String>,
    now: Moment,
) -> AssignmentRow {
    let unknown = || RoleName {
        id: Id(row.role_id.to_string()),
        codename: String::new(),
        name: String::new(),
        project: None,
        is_enabled: false,
    };
    AssignmentRow {
        id: Id(row.id.to_string()),
        user: refs::person(row.user_id, users),
        role: roles.get(&row.role_id).cloned().unwrap_or_else(unknown),
        project: row.project_id.and_then(|project| slugs.get(&project).cloned()),
        created_at: row.created_at.timestamp(),
        expires_at: row.expires_at.map(Moment::timestamp),
        is_expired: row.expires_at.is_some_and(|end| end <= now),
    }
}

/// Gives a role to users, all or none of them. Who holds it already keeps it, until the new end. In a project, users who
/// are no members become members.
///
/// # Errors
/// `permission_denied`, `exceeds_own_permissions`; `validation_failed` with `invalid_choice` for users, roles and projects
/// that there are not or that do not belong together, and for an end that has passed.
pub async fn assign(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, command: AssignRole) -> Result<Assigned> {
    staff.require(Permission::RolesManage)?;
    if command.users.is_empty() {
        return Err(Error::field("users", Code::Blank));
    }
    if command.users.len() > MOST {
        return Err(Error::fields(vec![
            FieldError::new("users", Code::TooLong).with("max", MOST as u64),
        ]));
    }
    let expires_at = match &command.expires_at {
        Some(end) => {
            let end = Moment::parse(end).filter(|end| *end > sereno.now());
            Some(end.ok_or_else(|| Error::field("expires_at", Code::InvalidChoice))?)
        }
        None => None,
    };
    // before it is looked for: whether there is such a project is nothing for others
    if command.project.as_deref().is_some_and(|project| !project.is_empty()) {
        staff.require(Permission::ProjectsManage)?;
    }
    let project = refs::project_of(sereno.db.read(), "project", command.project.as_deref()).await?;
    let users = named(sereno, staff, &command.users).await?;
    let giver = Giver::of(sereno, meta, staff, project.as_ref()).await?;
    let giver = giver.until(expires_at.unwrap_or(Moment::NEVER));
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    changed(&tx).await?;
    // it may have gone in the meantime
    let project = refs::still_there(tx.db(), "project", project).await?;
    let role = fitting(&tx, &command.role, project.as_ref()).await?;
    let graph = graph(tx.db(), 0).await?;
    if !giver.may_hand_out(&graph, role.id) {
        return giver.refuse(tx, &role.codename).await;
    }
    let gift = Gift {
        role: &role,
        project: project.as_ref(),
        expires_at,
    };
    let assigned = give(sereno, &mut tx, &users, gift).await?;
    tx.commit().await?;
    Ok(assigned)
}

/// A role that can be given in the project, or everywhere without one.
///
/// # Errors
/// `validation_failed` with `invalid_choice` on `role`.
pub(super) async fn fitting(tx: &Tx, role: &Id, project: Option<&project::Model>) -> Result<role::Model> {
    let invalid = || Error::field("role", Code::InvalidChoice);
    let id: Uuid = role.0.parse().map_err(|_| invalid())?;
    let role = role::Entity::find_by_id(id).one(tx.db()).await?;
    // a project's own role holds there and nowhere else
    let fits = |role: &role::Model| role.project_id.is_none() || role.project_id == project.map(|project| project.id);
    role.filter(fits).ok_or_else(invalid)
}

/// The row by which a user holds a role.
pub(super) async fn held(tx: &Tx, user: Uuid, role: Uuid, project: Option<&project::Model>) -> Result<Option<Uuid>> {
    let row = Entity::find()
        .filter(Column::UserId.eq(user))
        .filter(Column::RoleId.eq(role))
        .filter(match project {
            Some(project) => Column::ProjectId.eq(project.id),
            None => Column::ProjectId.is_null(),
        })
        .one(tx.db())
        .await?;
    Ok(row.map(|row| row.id))
}

/// The users that a request names, each once; ids are looked up together.
async fn named(sereno: &Sereno, staff: &Staff, names: &[String]) -> Result<BTreeSet<Uuid>> {
    let ids = names.iter().filter_map(|name| name.trim().parse::<Uuid>().ok());
    let found: Vec<Uuid> = user::Entity::find()
        .select_only()
        .column(user::Column::Id)
        .filter(user::Column::Id.is_in(ids))
        .into_tuple()
        .all(sereno.db.read())
        .await?;
    let mut users: BTreeSet<Uuid> = found.into_iter().collect();
    for (index, name) in names.iter().enumerate() {
        let is_there = name.trim().parse::<Uuid>().is_ok_and(|id| users.contains(&id));
        if !is_there {
            let user = refs::user_of(sereno, staff, &format!("users.{index}"), name).await?;
            users.insert(user.id);
        }
    }
    Ok(users)
}

/// What is given.
pub(super) struct Gift<'a> {
    pub(super) role: &'a role::Model,
    pub(super) project: Option<&'a project::Model>,
    pub(super) expires_at: Option<Moment>,
}

/// Gives it, in the transaction of whoever calls.
pub(super) async fn give(sereno: &Sereno, tx: &mut Tx, users: &BTreeSet<Uuid>, gift: Gift<'_>) -> Result<Assigned> {
    let Gift {
        role,
        project,
        expires_at,
    } = gift;
    let ids: Vec<Uuid> = users.iter().copied().collect();
    if let Some(project) = project {
        members::ensure(sereno, tx, project, &ids).await?;
    }
    let scope = match project {
        Some(project) => Column::ProjectId.eq(project.id),
        None => Column::ProjectId.is_null(),
    };
    let held = Condition::all()
        .add(Column::RoleId.eq(role.id))
        .add(Column::UserId.is_in(ids.iter().copied()))
        .add(scope);
    let before = Entity::find().filter(held.clone()).all(tx.db()).await?;
    Entity::update_many()
        .col_expr(Column::ExpiresAt, Expr::value(expires_at.map(|end| end.0)))
        .filter(held)
        .exec(tx.db())
        .await?;
    let kept: HashSet<Uuid> = before.iter().map(|row| row.user_id).collect();
    let mut rows = Vec::new();
    for user in ids.iter().filter(|id| !kept.contains(id)) {
        rows.push(ActiveModel {
            id: Set(sereno.new_id()?),
            user_id: Set(*user),
            role_id: Set(role.id),
            project_id: Set(project.map(|project| project.id)),
            created_at: Set(tx.now()),
            expires_at: Set(expires_at),
            granted_by: Set(tx.actor().caller().ok().map(|caller| caller.user_id)),
        });
    }
    let answer = Assigned {
        assigned: rows.len() as u64,
        kept: kept.len() as u64,
    };
    if !rows.is_empty() {
        Entity::insert_many(rows).exec_without_returning(tx.db()).await?;
    }
    changed_for(tx, &ids).await?;
    let end = |end: Option<Moment>| end.map(|end| end.timestamp().0);
    for user in &ids {
        let was = before.iter().find(|row| row.user_id == *user);
        if was.is_some_and(|was| was.expires_at == expires_at) {
            continue;
        }
        let mut event = about(EventKind::RoleAssigned, *user, role, project)
            .with("after", serde_json::json!({"expires_at": end(expires_at)}));
        if let Some(was) = was {
            event = event.with("before", serde_json::json!({"expires_at": end(was.expires_at)}));
        }
        tx.record(event);
    }
    Ok(answer)
}

fn about(kind: EventKind, user: Uuid, role: &role::Model, project: Option<&project::Model>) -> Event {
    let event = Event::new(kind).about(user).with("role", role.codename.as_str());
    match project {
        Some(project) => event.with("project", project.slug.as_str()),
        None => event,
    }
}

/// Takes a role back.
///
/// # Errors
/// `permission_denied`, `exceeds_own_permissions`, `not_found`.
pub async fn revoke(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, id: &Id) -> Result<()> {
    staff.require(Permission::RolesManage)?;
    let id = refs::id(id)?;
    let row = Entity::find_by_id(id).one(sereno.db.read()).await?;
    let row = row.ok_or(Error::NotFound)?;
    let project = refs::project_by_id(sereno.db.read(), row.project_id).await?;
    if project.is_some() {
        staff.require(Permission::ProjectsManage)?;
    }
    let giver = Giver::of(sereno, meta, staff, project.as_ref()).await?;
    let giver = giver.until(sereno.now());
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    changed(&tx).await?;
    let role = refs::role(tx.db(), row.role_id).await?;
    let graph = graph(tx.db(), 0).await?;
    if !giver.may_hand_out(&graph, role.id) {
        return giver.refuse(tx, &role.codename).await;
    }
    let gone = Entity::delete_by_id(id).exec(tx.db()).await?;
    if gone.rows_affected == 0 {
        return Err(Error::NotFound);
    }
    changed_for(&tx, &[row.user_id]).await?;
    let end = row.expires_at.map(|end| end.timestamp().0);
    let event = about(EventKind::RoleRevoked, row.user_id, &role, project.as_ref());
    tx.record(event.with("before", serde_json::json!({"expires_at": end})));
    tx.commit().await
}

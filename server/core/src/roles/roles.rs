//! Roles: named sets of permissions, global or of one project, which may include other roles.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use sea_orm::sea_query::{Expr, Func};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use serde_json::json;
use sereno_types::{
    Code, CreateRole, FieldError, Id, OriginFilter, Page, Permission, RoleDetail, RoleName, RoleQuery, RoleRow,
    UpdateRole,
};
use uuid::Uuid;

use super::content::{Content, not_too_deep};
use super::give::Giver;
use super::lists::ByName;
use super::{SERENO, STAFF, refs};
use crate::access::codename;
use crate::access::known::{changed, graph, know};
use crate::context::{RequestMeta, Sereno, Staff, Tx, tidy};
use crate::entity::role::{ActiveModel, Column, Entity, Model};
use crate::entity::{project, role_assignment};
use crate::error::{Error, Result, unique_violation};
use crate::event::{Event, EventKind};
use crate::paging::{self, Key, Walk};
use crate::rights::Graph;

/// What stands for the global roles in a filter.
pub const GLOBAL: &str = "-";

/// Permissions and roles as they are.
pub(super) async fn current(sereno: &Sereno) -> Result<Arc<Graph>> {
    let none = BTreeSet::new();
    let known = know(sereno, sereno.db.read(), &none, &BTreeSet::new(), &BTreeSet::new()).await?;
    Ok(known.graph)
}

/// One page of roles, by codename.
///
/// # Errors
/// `permission_denied`; `validation_failed` on `limit`, `cursor` or `q`. A project that there is not is like one without roles
/// of its own.
pub async fn list(sereno: &Sereno, staff: &Staff, query: RoleQuery) -> Result<Page<RoleRow>> {
    staff.require(Permission::RolesView)?;
    let walk = Walk::<ByName>::new(None, query.limit, query.cursor.as_deref())?;
    let db = sereno.db.read();
    let graph = current(sereno).await?;
    let mut matching = Condition::all();
    if let Some(pattern) = paging::pattern(query.q.as_deref(), str::to_lowercase)? {
        let name = Expr::from(Func::lower(Expr::col(Column::Name)));
        matching = matching.add(
            Condition::any()
                .add(Expr::col(Column::Codename).like(pattern.clone()))
                .add(name.like(pattern)),
        );
    }
    match query.project.as_deref() {
        Some(GLOBAL) => matching = matching.add(Column::ProjectId.is_null()),
        Some("") | None => {}
        Some(name) => {
            let own = Column::ProjectId.eq(refs::project_sought(db, name).await?);
            matching = matching.add(own.or(Column::ProjectId.is_null()));
        }
    }
    if let Some(codename) = query.permission.as_deref().filter(|codename| !codename.is_empty()) {
        let wanted = graph.permission(&codename.trim().to_lowercase());
        let granting = graph.roles().map(|(id, _)| *id);
        let granting: Vec<Uuid> = granting
            .filter(|role| wanted.is_some_and(|wanted| graph.potential(*role).contains(&wanted)))
            .collect();
        matching = matching.add(Column::Id.is_in(granting));
    }
    matching = matching.add_option(query.origin.map(|origin| match origin {
        OriginFilter::Sereno => Column::Origin.eq(SERENO),
        OriginFilter::Staff => Column::Origin.eq(STAFF),
        OriginFilter::Application => Column::Origin.is_not_in([SERENO, STAFF]),
    }));
    matching = matching.add_option(query.enabled.map(|enabled| Column::IsEnabled.eq(enabled)));
    let total = Entity::find().filter(matching.clone()).count(db).await?;
    let rows = Entity::find()
        .filter(matching.add_option(walk.beyond(Expr::col(Column::Codename), Expr::col(Column::Id))))
        .order_by(Column::Codename, walk.direction())
        .order_by(Column::Id, walk.direction())
        .limit(walk.rows())
        .all(db)
        .await?;
    let users = holders(db, rows.iter().map(|row| row.id).collect()).await?;
    let slugs = refs::slugs(db, rows.iter().filter_map(|row| row.project_id).collect()).await?;
    walk.page(
        rows,
        total,
        |row| (Key::Text(row.codename.clone()), row.id),
        |row| show_row(row, &graph, &slugs, &users),
    )
}

fn show_row(row: Model, graph: &Graph, slugs: &HashMap<Uuid, String>, users: &HashMap<Uuid, u64>) -> RoleRow {
    RoleRow {
        role: refs::name(&row, slugs),
        permissions: graph.potential(row.id).len() as u64,
        users: users.get(&row.id).copied().unwrap_or(0),
        description: row.description,
        origin: row.origin,
        created_at: row.created_at.timestamp(),
    }
}

/// How many users each of these roles was assigned to.
async fn holders<C: ConnectionTrait>(db: &C, ids: Vec<Uuid>) -> Result<HashMap<Uuid, u64>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let counted: Vec<(Uuid, i64)> = role_assignment::Entity::find()
        .select_only()
        .column(role_assignment::Column::RoleId)
        .expr_as(Expr::col(role_assignment::Column::UserId).count_distinct(), "users")
        .filter(role_assignment::Column::RoleId.is_in(ids))
        .group_by(role_assignment::Column::RoleId)
        .into_tuple()
        .all(db)
        .await?;
    let pair = |(id, users)| (id, u64::try_from(users).unwrap_or(0));
    Ok(counted.into_iter().map(pair).collect())
}

/// One role.
///
/// # Errors
/// `permission_denied`, `not_found`.
pub async fn detail(sereno: &Sereno, staff: &Staff, id: &Id) -> Result<RoleDetail> {
    staff.require(Permission::RolesView)?;
    let db = sereno.db.read();
    let row = refs::role(db, refs::id(id)?).await?;
    let graph = current(sereno).await?;
    show(db, row, &graph).await
}

/// The version of what can be edited of a role: not who holds it, nor what the roles that it includes grant.
///
/// # Errors
/// Never, unless the digest keys are gone.
pub fn version(sereno: &Sereno, role: &RoleDetail) -> Result<String> {
    let name = &role.row.role;
    let includes: Vec<&Id> = role.includes.iter().map(|role| &role.id).collect();
    sereno.version(&(
        &name.id,
        &name.name,
        &role.row.description,
        name.is_enabled,
        &role.grants,
        includes,
    ))
}

pub(super) async fn show<C: ConnectionTrait>(db: &C, row: Model, graph: &Graph) -> Result<RoleDetail> {
    let node = graph.role(row.id).cloned().unwrap_or_default();
    let included_in: HashSet<Uuid> = graph
        .roles()
        .filter(|(_, other)| other.includes.contains(&row.id))
        .map(|(id, _)| *id)
        .collect();
    let around = node.includes.iter().copied().chain(included_in.iter().copied());
    let called = refs::role_names(db, around.collect()).await?;
    let in_order = |ids: &mut dyn Iterator<Item = &Uuid>| {
        let mut roles: Vec<RoleName> = ids.filter_map(|id| called.get(id).cloned()).collect();
        roles.sort_by(|a, b| a.codename.cmp(&b.codename));
        roles
    };
    let slugs = refs::slugs(db, row.project_id.into_iter().collect()).await?;
    let users = holders(db, vec![row.id]).await?;
    Ok(RoleDetail {
        grants: graph.codenames(node.grants.iter().copied()),
        effective: graph.codenames(graph.potential(row.id)),
        includes: in_order(&mut node.includes.iter()),
        included_in: in_order(&mut included_in.iter()),
        updated_at: row.updated_at.timestamp(),
        row: show_row(row, graph, &slugs, &users),
    })
}

/// The role of this codename: global, or of a project (id or name in addresses).
///
/// # Errors
/// `permission_denied`, `not_found`.
pub async fn named(sereno: &Sereno, staff: &Staff, codename: &str, project: Option<&str>) -> Result<Id> {
    staff.require(Permission::RolesView)?;
    let db = sereno.db.read();
    let scope = match project {
        Some(name) => {
            let project = refs::project(db, name).await?.ok_or(Error::NotFound)?;
            Column::ProjectId.eq(project.id)
        }
        None => Column::ProjectId.is_null(),
    };
    let codename = codename.trim().to_lowercase();
    if !codename::is_role(&codename) {
        return Err(Error::NotFound);
    }
    let row = Entity::find()
        .filter(Column::Codename.eq(codename))
        .filter(scope)
        .one(db)
        .await?;
    row.map(|row| Id(row.id.to_string())).ok_or(Error::NotFound)
}

/// Makes a role.
///
/// # Errors
/// `permission_denied`, `exceeds_own_permissions`; `validation_failed`, with `codename_unique` among the codes and
/// `invalid_choice` for permissions, roles and projects that there are not.
pub async fn create(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, command: CreateRole) -> Result<RoleDetail> {
    staff.require(Permission::RolesView)?;
    staff.require(Permission::RolesManage)?;
    let codename = command.codename.trim().to_lowercase();
    let name = command.name.filter(|name| !name.trim().is_empty());
    let name = tidy(&name.unwrap_or_default(), usize::MAX);
    let name = if name.trim().is_empty() { codename.clone() } else { name };
    let faults: Vec<FieldError> = [
        codename::fault("codename", &codename, codename::is_role, codename::NAME_MAX),
        codename::too_long("name", &name, codename::NAME_MAX),
        codename::too_long("description", &command.description, codename::DESCRIPTION_MAX),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    let project = refs::project_of(sereno.db.read(), "project", command.project.as_deref()).await?;
    let giver = Giver::of(sereno, meta, staff, project.as_ref()).await?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    changed(&tx).await?;
    let project = refs::still_there(tx.db(), "project", project).await?;
    let before = graph(tx.db(), 0).await?;
    let row = Model {
        id: sereno.new_id()?,
        project_id: project.as_ref().map(|project| project.id),
        codename,
        name: tidy(name.trim(), codename::NAME_MAX),
        description: tidy(command.description.trim(), codename::DESCRIPTION_MAX),
        origin: STAFF.to_owned(),
        is_enabled: true,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    // a project's role that is called like a global one would be taken for it
    let shadows = before
        .roles()
        .any(|(_, node)| node.codename == row.codename && node.project_id.is_none() != row.project_id.is_none());
    if shadows {
        return Err(Error::field("codename", Code::CodenameUnique));
    }
    let content = Content::judge(&before, row.id, row.project_id, &command.permissions, &command.includes)?;
    Entity::insert(ActiveModel::from(row.clone()))
        .exec_without_returning(tx.db())
        .await
        .map_err(taken)?;
    content.write(sereno, &tx, row.id).await?;
    let after = graph(tx.db(), 0).await?;
    not_too_deep(&after, row.id)?;
    if !giver.holds_role(&after, row.id) || !giver.may_include(&before, &after, row.id) {
        return giver.refuse(tx, &row.codename).await;
    }
    tx.record(about(EventKind::RoleCreated, &row, project.as_ref()).with("after", state(&row, &after)));
    let shown = show(tx.db(), row, &after).await?;
    tx.commit().await?;
    Ok(shown)
}

fn taken(error: sea_orm::DbErr) -> Error {
    match unique_violation(&error) {
        Some(what) if what.contains("codename") => Error::field("codename", Code::CodenameUnique),
        _ => error.into(),
    }
}

pub(super) fn about(kind: EventKind, role: &Model, project: Option<&project::Model>) -> Event {
    let event = Event::new(kind).with("role", role.codename.as_str());
    match project {
        Some(project) => event.with("project", project.slug.as_str()),
        None => event,
    }
}

/// The codenames of what a role includes.
fn led_to_by(graph: &Graph, role: Uuid) -> Vec<String> {
    let includes = graph.role(role).map(|node| node.includes.clone()).unwrap_or_default();
    let names = includes.into_iter().filter_map(|id| graph.role(id));
    names.map(|node| node.codename.clone()).collect()
}

/// Changes a role; what is not said stays. Whoever changes a role must hold all that it grants, before and after, with what
/// includes it: else another role's holders could be given or taken something by whom it is not theirs to give.
///
/// # Errors
/// `permission_denied`, `exceeds_own_permissions`, `not_found`, `precondition_failed`; `validation_failed`, with `role_cycle`
/// among the codes.
pub async fn update(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    id: &Id,
    command: UpdateRole,
) -> Result<RoleDetail> {
    staff.require(Permission::RolesView)?;
    staff.require(Permission::RolesManage)?;
    let faults: Vec<FieldError> = [
        command
            .name
            .as_ref()
            .and_then(|name| match tidy(name, usize::MAX).trim() {
                "" => Some(FieldError::new("name", Code::Blank)),
                name => codename::too_long("name", name, codename::NAME_MAX),
            }),
        command
            .description
            .as_ref()
            .and_then(|text| codename::too_long("description", text, codename::DESCRIPTION_MAX)),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    let Opened {
        giver,
        mut tx,
        before,
        role: old,
        project,
    } = Opened::of(sereno, meta, staff, id).await?;
    let id = old.id;
    if meta.if_match.is_some() {
        meta.expects(&version(sereno, &show(tx.db(), old.clone(), &before).await?)?)?;
    }
    if !giver.may_hand_out(&before, id) {
        return giver.refuse(tx, &old.codename).await;
    }
    let node = before.role(id).cloned().unwrap_or_default();
    let had: Vec<String> = before.codenames(node.grants.iter().copied());
    let permissions = command.permissions.as_ref().unwrap_or(&had);
    let led_to: Vec<Id> = node.includes.iter().map(|id| Id(id.to_string())).collect();
    let includes = command.includes.as_ref().unwrap_or(&led_to);
    Content::judge(&before, id, old.project_id, permissions, includes)?
        .write(sereno, &tx, id)
        .await?;
    let name = command.name.map(|name| tidy(name.trim(), codename::NAME_MAX));
    let description = command
        .description
        .map(|text| tidy(text.trim(), codename::DESCRIPTION_MAX));
    let row = ActiveModel {
        id: Set(id),
        name: Set(name.unwrap_or_else(|| old.name.clone())),
        description: Set(description.unwrap_or_else(|| old.description.clone())),
        is_enabled: Set(command.is_enabled.unwrap_or(old.is_enabled)),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    let new = Entity::update(row).exec(tx.db()).await?;
    let after = graph(tx.db(), 0).await?;
    not_too_deep(&after, id)?;
    if !giver.holds_role(&after, id) || !giver.may_include(&before, &after, id) {
        return giver.refuse(tx, &old.codename).await;
    }
    let (was, is) = (state(&old, &before), state(&new, &after));
    if was != is {
        let event = about(EventKind::RoleUpdated, &old, project.as_ref());
        tx.record(event.with("before", was).with("after", is));
    }
    let shown = show(tx.db(), new, &after).await?;
    tx.commit().await?;
    Ok(shown)
}

/// A role, as an event tells it.
pub(super) fn state(row: &Model, graph: &Graph) -> serde_json::Value {
    let node = graph.role(row.id).cloned().unwrap_or_default();
    json!({
        "name": row.name,
        "description": row.description,
        "is_enabled": row.is_enabled,
        "permissions": graph.codenames(node.grants),
        "includes": led_to_by(graph, row.id),
    })
}

/// Deletes a role: nobody holds it any more, and no role includes it. Sereno's own stay.
///
/// # Errors
/// `permission_denied`, `exceeds_own_permissions`, `not_found`, `precondition_failed`, `state_conflict`.
pub async fn delete(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, id: &Id) -> Result<()> {
    staff.require(Permission::RolesManage)?;
    let Opened {
        giver,
        mut tx,
        before,
        role: old,
        project,
    } = Opened::of(sereno, meta, staff, id).await?;
    let id = old.id;
    if meta.if_match.is_some() {
        meta.expects(&version(sereno, &show(tx.db(), old.clone(), &before).await?)?)?;
    }
    if old.origin == SERENO {
        return Err(Code::StateConflict.into());
    }
    if !giver.may_hand_out(&before, id) {
        return giver.refuse(tx, &old.codename).await;
    }
    Entity::delete_by_id(id).exec(tx.db()).await?;
    tx.record(about(EventKind::RoleDeleted, &old, project.as_ref()).with("before", state(&old, &before)));
    tx.commit().await
}

/// A role that is about to change, as it is in the transaction, and whoever changes it.
pub(super) struct Opened<'a> {
    pub(super) giver: Giver<'a>,
    pub(super) tx: Tx,
    /// Permissions and roles before the change.
    pub(super) before: Graph,
    pub(super) role: Model,
    pub(super) project: Option<project::Model>,
}

impl<'a> Opened<'a> {
    pub(super) async fn of(sereno: &'a Sereno, meta: &'a RequestMeta, staff: &'a Staff, id: &Id) -> Result<Self> {
        let id = refs::id(id)?;
        let role = refs::role(sereno.db.read(), id).await?;
        let project = refs::project_by_id(sereno.db.read(), role.project_id).await?;
        let giver = Giver::of(sereno, meta, staff, project.as_ref()).await?;
        let tx = sereno.begin(meta, staff.actor()).await?;
        changed(&tx).await?;
        Ok(Self {
            giver,
            before: graph(tx.db(), 0).await?,
            role: refs::role(tx.db(), id).await?,
            project,
            tx,
        })
    }
}

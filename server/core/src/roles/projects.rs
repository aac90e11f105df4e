//! Projects: scopes for roles and for what belongs to them.

use std::collections::HashMap;

use sea_orm::sea_query::{Expr, Func, LockType};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait,
};
use serde_json::{Map, Value, json};
use sereno_types::{
    Code, CreateProject, FieldError, Id, Page, Permission, ProjectDetail, ProjectQuery, ProjectRow, UpdateProject,
};
use uuid::Uuid;

use super::give::Giver;
use super::lists::ByName;
use super::refs;
use crate::access::codename;
use crate::access::known::changed;
use crate::account;
use crate::context::{RequestMeta, Sereno, Staff, tidy, without_nul};
use crate::entity::project::{ActiveModel, Column, Entity, Model};
use crate::entity::{project_member, role};
use crate::error::{Error, Result, unique_violation};
use crate::event::{Event, EventKind};
use crate::notify;
use crate::paging::{self, Key, Walk};

/// Longest description, in characters.
const DESCRIPTION_MAX: usize = 500;
/// Most bytes of what applications remember of a project.
const ATTRIBUTES_MAX: usize = 16_384;

/// One page of projects, by name in addresses.
///
/// # Errors
/// `permission_denied`; `validation_failed` on `limit`, `cursor` or `q`. A user that there is not finds nothing.
pub async fn list(sereno: &Sereno, staff: &Staff, query: ProjectQuery) -> Result<Page<ProjectRow>> {
    staff.require(Permission::ProjectsView)?;
    let walk = Walk::<ByName>::new(None, query.limit, query.cursor.as_deref())?;
    let db = sereno.db.read();
    let mut matching = Condition::all();
    if let Some(pattern) = paging::pattern(query.q.as_deref(), str::to_lowercase)? {
        let name = Expr::from(Func::lower(Expr::col(Column::Name)));
        matching = matching.add(
            Condition::any()
                .add(Expr::col(Column::Slug).like(pattern.clone()))
                .add(name.like(pattern)),
        );
    }
    matching = matching.add_option(query.enabled.map(|enabled| Column::IsEnabled.eq(enabled)));
    if let Some(user) = query.user.as_deref().filter(|user| !user.is_empty()) {
        let user = refs::user_sought(sereno, staff, user).await?;
        let member = project_member::Entity::find()
            .select_only()
            .column(project_member::Column::ProjectId)
            .filter(project_member::Column::UserId.eq(user))
            .into_query();
        matching = matching.add(Column::Id.in_subquery(member).or(Column::OwnerId.eq(user)));
    }
    let total = Entity::find().filter(matching.clone()).count(db).await?;
    let rows = Entity::find()
        .filter(matching.add_option(walk.beyond(Expr::col(Column::Slug), Expr::col(Column::Id))))
        .order_by(Column::Slug, walk.direction())
        .order_by(Column::Id, walk.direction())
        .limit(walk.rows())
        .all(db)
        .await?;
    let names = account::find::names(db, rows.iter().filter_map(|row| row.owner_id)).await?;
    let members = members(db, rows.iter().map(|row| row.id).collect()).await?;
    walk.page(
        rows,
        total,
        |row| (Key::Text(row.slug.clone()), row.id),
        |row| show_row(&row, &names, &members),
    )
}

fn show_row(row: &Model, names: &HashMap<Uuid, String>, members: &HashMap<Uuid, u64>) -> ProjectRow {
    ProjectRow {
        id: Id(row.id.to_string()),
        slug: row.slug.clone(),
        name: row.name.clone(),
        is_enabled: row.is_enabled,
        owner: row.owner_id.map(|owner| refs::person(owner, names)),
        members: members.get(&row.id).copied().unwrap_or(0),
        created_at: row.created_at.timestamp(),
    }
}

/// How many members each of these has.
async fn members<C: ConnectionTrait>(db: &C, ids: Vec<Uuid>) -> Result<HashMap<Uuid, u64>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let counted: Vec<(Uuid, i64)> = project_member::Entity::find()
        .select_only()
        .column(project_member::Column::ProjectId)
        .column_as(project_member::Column::Id.count(), "members")
        .filter(project_member::Column::ProjectId.is_in(ids))
        .group_by(project_member::Column::ProjectId)
        .into_tuple()
        .all(db)
        .await?;
    let pair = |(id, members)| (id, u64::try_from(members).unwrap_or(0));
    Ok(counted.into_iter().map(pair).collect())
}

/// One project, by its id or name in addresses.
///
/// # Errors
/// `permission_denied`, `not_found`.
pub async fn detail(sereno: &Sereno, staff: &Staff, name: &str) -> Result<ProjectDetail> {
    staff.require(Permission::ProjectsView)?;
    let db = sereno.db.read();
    let row = refs::project(db, name).await?.ok_or(Error::NotFound)?;
    show(db, row).await
}

/// The version of what can be edited of a project: neither its members nor its roles.
///
/// # Errors
/// Never, unless the digest keys are gone.
pub fn version(sereno: &Sereno, project: &ProjectDetail) -> Result<String> {
    let row = &project.row;
    sereno.version(&(
        &row.id,
        &row.name,
        &project.description,
        row.is_enabled,
        row.owner.as_ref().map(|owner| &owner.id),
        &project.attributes,
    ))
}

async fn show<C: ConnectionTrait>(db: &C, row: Model) -> Result<ProjectDetail> {
    let names = account::find::names(db, row.owner_id.into_iter()).await?;
    let members = members(db, vec![row.id]).await?;
    let roles = role::Entity::find().filter(role::Column::ProjectId.eq(row.id));
    Ok(ProjectDetail {
        row: show_row(&row, &names, &members),
        roles: roles.count(db).await?,
        attributes: row.attributes.as_object().cloned().unwrap_or_default(),
        updated_at: row.updated_at.timestamp(),
        description: row.description,
    })
}

fn judge(name: &str, description: &str, attributes: Option<&Map<String, Value>>) -> Vec<FieldError> {
    let attributes = attributes.and_then(|attributes| {
        let bytes = serde_json::to_vec(attributes).map_or(usize::MAX, |bytes| bytes.len());
        let fault = || FieldError::new("attributes", Code::TooLong).with("max", ATTRIBUTES_MAX as u64);
        (bytes > ATTRIBUTES_MAX).then(fault)
    });
    [
        codename::too_long("name", name, codename::NAME_MAX),
        codename::too_long("description", description, DESCRIPTION_MAX),
        attributes,
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Makes a project.
///
/// # Errors
/// `permission_denied`, `exceeds_own_permissions` for an owner who would get more than staff holds; `validation_failed`, with
/// `slug_unique` among the codes.
pub async fn create(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    command: CreateProject,
) -> Result<ProjectDetail> {
    staff.require(Permission::ProjectsView)?;
    staff.require(Permission::ProjectsManage)?;
    let slug = command.slug.trim().to_owned();
    let name = command.name.filter(|name| !name.trim().is_empty());
    let name = tidy(&name.unwrap_or_default(), usize::MAX);
    let name = if name.trim().is_empty() { slug.clone() } else { name };
    let mut faults = judge(&name, &command.description, Some(&command.attributes));
    faults.extend(codename::fault("slug", &slug, codename::is_slug, codename::SLUG_MAX));
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    let owner = owner(sereno, staff, command.owner.as_deref()).await?;
    let giver = Giver::of(sereno, meta, staff, None).await?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    changed(&tx).await?;
    if owner.is_some() && !giver.holds_ownership() {
        return giver.refuse(tx, "owner").await;
    }
    let row = Model {
        id: sereno.new_id()?,
        slug,
        name: tidy(name.trim(), codename::NAME_MAX),
        description: tidy(command.description.trim(), DESCRIPTION_MAX),
        is_enabled: true,
        owner_id: owner,
        attributes: without_nul(Value::Object(command.attributes)),
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    Entity::insert(ActiveModel::from(row.clone()))
        .exec_without_returning(tx.db())
        .await
        .map_err(|error| match unique_violation(&error) {
            Some(what) if what.contains("slug") => Error::field("slug", Code::SlugUnique),
            _ => error.into(),
        })?;
    tx.record(
        Event::new(EventKind::ProjectCreated)
            .with("project", row.slug.as_str())
            .with("after", state(&row)),
    );
    let shown = show(tx.db(), row).await?;
    tx.commit().await?;
    Ok(shown)
}

async fn owner(sereno: &Sereno, staff: &Staff, name: Option<&str>) -> Result<Option<Uuid>> {
    match name.filter(|name| !name.trim().is_empty()) {
        Some(name) => Ok(Some(refs::user_of(sereno, staff, "owner", name).await?.id)),
        None => Ok(None),
    }
}

/// A project, as an event tells it.
fn state(row: &Model) -> Value {
    json!({
        "name": row.name,
        "description": row.description,
        "is_enabled": row.is_enabled,
        "owner": row.owner_id.map(|owner| owner.to_string()),
        "attributes": row.attributes,
    })
}

/// Changes a project; what is not said stays.
///
/// # Errors
/// `permission_denied`, `exceeds_own_permissions` for an owner who would get, or lose, more than staff holds; `not_found`,
/// `precondition_failed`, `validation_failed`.
pub async fn update(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    name: &str,
    command: UpdateProject,
) -> Result<ProjectDetail> {
    staff.require(Permission::ProjectsView)?;
    staff.require(Permission::ProjectsManage)?;
    let old = refs::project(sereno.db.read(), name).await?.ok_or(Error::NotFound)?;
    let title = command.name.as_deref().unwrap_or(&old.name);
    let description = command.description.as_deref().unwrap_or(&old.description);
    let mut faults = judge(title, description, command.attributes.as_ref());
    if tidy(title, usize::MAX).trim().is_empty() {
        faults.push(FieldError::new("name", Code::Blank));
    }
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    let owner = match &command.owner {
        Some(said) => Some(owner(sereno, staff, Some(said)).await?),
        None => None,
    };
    let giver = Giver::of(sereno, meta, staff, Some(&old)).await?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    changed(&tx).await?;
    let before = Entity::find_by_id(old.id).one(tx.db()).await?.ok_or(Error::NotFound)?;
    if meta.if_match.is_some() {
        meta.expects(&version(sereno, &show(tx.db(), before.clone()).await?)?)?;
    }
    let owner = owner.unwrap_or(before.owner_id);
    if owner != before.owner_id && !giver.holds_ownership() {
        return giver.refuse(tx, "owner").await;
    }
    let row = ActiveModel {
        id: Set(before.id),
        name: Set(tidy(
            command.name.as_deref().unwrap_or(&before.name).trim(),
            codename::NAME_MAX,
        )),
        description: Set(tidy(
            command.description.as_deref().unwrap_or(&before.description).trim(),
            DESCRIPTION_MAX,
        )),
        is_enabled: Set(command.is_enabled.unwrap_or(before.is_enabled)),
        owner_id: Set(owner),
        attributes: Set(match command.attributes {
            Some(attributes) => without_nul(Value::Object(attributes)),
            None => before.attributes.clone(),
        }),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    let after = Entity::update(row).exec(tx.db()).await?;
    let (was, is) = (state(&before), state(&after));
    if was != is {
        let event = Event::new(EventKind::ProjectUpdated).with("project", after.slug.as_str());
        tx.record(event.with("before", was).with("after", is));
    }
    let shown = show(tx.db(), after).await?;
    tx.commit().await?;
    Ok(shown)
}

/// Deletes a project with its members, its roles, and whatever was assigned in it. Its announcements end and its mails that
/// wait do not leave.
///
/// # Errors
/// `permission_denied`, `not_found`, `precondition_failed`.
pub async fn delete(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, name: &str) -> Result<()> {
    staff.require(Permission::ProjectsManage)?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    changed(&tx).await?;
    let row = refs::project(tx.db(), name).await?.ok_or(Error::NotFound)?;
    if meta.if_match.is_some() {
        meta.expects(&version(sereno, &show(tx.db(), row.clone()).await?)?)?;
    }
    // whoever is writing a mail of it right now has written it, or finds it gone
    Entity::find_by_id(row.id).lock(LockType::Update).one(tx.db()).await?;
    notify::project::end(&mut tx, row.id).await?;
    Entity::delete_by_id(row.id).exec(tx.db()).await?;
    tx.record(
        Event::new(EventKind::ProjectDeleted)
            .with("project", row.slug.as_str())
            .with("before", state(&row)),
    );
    tx.commit().await
}

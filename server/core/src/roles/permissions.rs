//! The catalogue of permissions: what there is, who declared it, how many roles grant it; and what was asked for and never
//! declared.

use std::collections::{BTreeSet, HashMap, HashSet};

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};
use serde_json::json;
use sereno_types::{
    AskedPermission, Code, CreatePermission, Id, OriginFilter, Page, PageQuery, Permission, PermissionQuery,
    PermissionRow, UpdatePermission, UsageFilter,
};
use uuid::Uuid;

use super::give::Giver;
use super::lists::ByName;
use super::{SERENO, STAFF, refs};
use crate::access::codename;
use crate::access::known::{changed, graph};
use crate::context::{RequestMeta, Sereno, Staff, Tx, tidy};
use crate::entity::permission::{ActiveModel, Column, Entity, Model};
use crate::entity::{application, permission_ask, role_permission};
use crate::error::{Error, Result, unique_violation};
use crate::event::{Event, EventKind};
use crate::paging::{self, Key, Newest, Walk};

/// One page of permissions, by codename.
///
/// # Errors
/// `permission_denied`; `validation_failed` on `limit`, `cursor` or `q`.
pub async fn list(sereno: &Sereno, staff: &Staff, query: PermissionQuery) -> Result<Page<PermissionRow>> {
    staff.require(Permission::RolesView)?;
    let walk = Walk::<ByName>::new(None, query.limit, query.cursor.as_deref())?;
    let mut matching = Condition::all();
    if let Some(pattern) = paging::pattern(query.q.as_deref(), str::to_lowercase)? {
        let description = Expr::from(sea_orm::sea_query::Func::lower(Expr::col(Column::Description)));
        matching = matching.add(
            Condition::any()
                .add(Expr::col(Column::Codename).like(pattern.clone()))
                .add(description.like(pattern)),
        );
    }
    matching = matching.add_option(query.origin.map(origin));
    matching = matching.add_option(query.usage.map(|usage| {
        let granted = role_permission::Entity::find()
            .select_only()
            .column(role_permission::Column::PermissionId)
            .into_query();
        match usage {
            UsageFilter::Granted => Column::Id.in_subquery(granted),
            UsageFilter::NeverGranted => Column::Id.not_in_subquery(granted),
        }
    }));
    let db = sereno.db.read();
    let total = Entity::find().filter(matching.clone()).count(db).await?;
    let rows = Entity::find()
        .filter(matching.add_option(walk.beyond(Expr::col(Column::Codename), Expr::col(Column::Id))))
        .order_by(Column::Codename, walk.direction())
        .order_by(Column::Id, walk.direction())
        .limit(walk.rows())
        .all(db)
        .await?;
    let usage = usage(sereno, rows.iter().map(|row| row.id).collect()).await?;
    let show = |row: Model| show(row, &usage);
    walk.page(rows, total, |row| (Key::Text(row.codename.clone()), row.id), show)
}

fn origin(origin: OriginFilter) -> Expr {
    match origin {
        OriginFilter::Sereno => Column::Origin.eq(SERENO),
        OriginFilter::Staff => Column::Origin.eq(STAFF),
        OriginFilter::Application => Column::Origin.is_not_in([SERENO, STAFF]),
    }
}

#[derive(FromQueryResult)]
struct Usage {
    permission_id: Uuid,
    roles: i64,
}

/// How many roles grant each of these by themselves.
async fn usage(sereno: &Sereno, ids: Vec<Uuid>) -> Result<HashMap<Uuid, u64>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let counted: Vec<Usage> = role_permission::Entity::find()
        .select_only()
        .column(role_permission::Column::PermissionId)
        .column_as(role_permission::Column::Id.count(), "roles")
        .filter(role_permission::Column::PermissionId.is_in(ids))
        .group_by(role_permission::Column::PermissionId)
        .into_model()
        .all(sereno.db.read())
        .await?;
    let pair = |usage: Usage| (usage.permission_id, u64::try_from(usage.roles).unwrap_or(0));
    Ok(counted.into_iter().map(pair).collect())
}

fn show(row: Model, usage: &HashMap<Uuid, u64>) -> PermissionRow {
    PermissionRow {
        id: Id(row.id.to_string()),
        codename: row.codename,
        description: row.description,
        origin: row.origin,
        roles: usage.get(&row.id).copied().unwrap_or(0),
        created_at: row.created_at.timestamp(),
    }
}

/// Adds a permission.
///
/// # Errors
/// `permission_denied`; `validation_failed`, with `codename_unique` among the codes.
pub async fn create(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    command: CreatePermission,
) -> Result<PermissionRow> {
    staff.require(Permission::RolesView)?;
    staff.require(Permission::RolesManage)?;
    let name = command.codename.trim().to_lowercase();
    let faults: Vec<_> = [
        codename::fault("codename", &name, codename::is_permission, codename::NAME_MAX),
        codename::too_long("description", &command.description, codename::DESCRIPTION_MAX),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    changed(&tx).await?;
    let description = tidy(command.description.trim(), codename::DESCRIPTION_MAX);
    let row = add(sereno, &mut tx, &name, &description).await?;
    tx.commit().await?;
    Ok(show(row, &HashMap::new()))
}

/// Puts a permission of staff into the catalogue.
pub(super) async fn add(sereno: &Sereno, tx: &mut Tx, codename: &str, description: &str) -> Result<Model> {
    let row = Model {
        id: sereno.new_id()?,
        codename: codename.to_owned(),
        description: description.to_owned(),
        origin: STAFF.to_owned(),
        created_at: tx.now(),
    };
    Entity::insert(ActiveModel::from(row.clone()))
        .exec_without_returning(tx.db())
        .await
        .map_err(taken)?;
    permission_ask::Entity::delete_many()
        .filter(permission_ask::Column::Codename.eq(codename))
        .exec(tx.db())
        .await?;
    tx.record(
        Event::new(EventKind::PermissionCreated)
            .with("permission", codename)
            .with("after", description),
    );
    Ok(row)
}

fn taken(error: sea_orm::DbErr) -> Error {
    match unique_violation(&error) {
        Some(what) if what.contains("codename") => Error::field("codename", Code::CodenameUnique),
        _ => error.into(),
    }
}

/// Says anew what a permission allows. What Sereno or an application declared is theirs to say.
///
/// # Errors
/// `permission_denied`, `not_found`, `state_conflict`, `validation_failed`.
pub async fn update(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    id: &Id,
    command: UpdatePermission,
) -> Result<PermissionRow> {
    staff.require(Permission::RolesView)?;
    staff.require(Permission::RolesManage)?;
    if let Some(fault) = codename::too_long("description", &command.description, codename::DESCRIPTION_MAX) {
        return Err(Error::fields(vec![fault]));
    }
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    changed(&tx).await?;
    let before = Entity::find_by_id(refs::id(id)?).one(tx.db()).await?;
    let before = before.ok_or(Error::NotFound)?;
    if before.origin != STAFF {
        return Err(Code::StateConflict.into());
    }
    let row = ActiveModel {
        id: Set(before.id),
        description: Set(tidy(command.description.trim(), codename::DESCRIPTION_MAX)),
        ..Default::default()
    };
    let after = Entity::update(row).exec(tx.db()).await?;
    tx.record(
        Event::new(EventKind::PermissionUpdated)
            .with("permission", after.codename.as_str())
            .with("before", before.description)
            .with("after", after.description.as_str()),
    );
    tx.commit().await?;
    let usage = usage(sereno, vec![after.id]).await?;
    Ok(show(after, &usage))
}

/// Takes a permission away from whatever role granted it. Sereno's own stay.
///
/// # Errors
/// `permission_denied`, `exceeds_own_permissions` for what staff does not hold, `not_found`, `state_conflict`.
pub async fn delete(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, id: &Id) -> Result<()> {
    staff.require(Permission::RolesManage)?;
    let giver = Giver::of(sereno, meta, staff, None).await?.until(sereno.now());
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    changed(&tx).await?;
    let row = Entity::find_by_id(refs::id(id)?).one(tx.db()).await?;
    let row = row.ok_or(Error::NotFound)?;
    if row.origin == SERENO {
        return Err(Code::StateConflict.into());
    }
    if !giver.holds(&BTreeSet::from([row.id])) {
        return giver.refuse(tx, &row.codename).await;
    }
    let graph = graph(tx.db(), 0).await?;
    let granting = graph.roles().filter(|(_, role)| role.grants.contains(&row.id));
    let mut roles: Vec<String> = granting.map(|(_, role)| role.codename.clone()).collect();
    roles.sort_unstable();
    Entity::delete_by_id(row.id).exec(tx.db()).await?;
    tx.record(
        Event::new(EventKind::PermissionDeleted)
            .with("permission", row.codename)
            .with("origin", row.origin)
            .with("before", json!({"description": row.description, "roles": roles})),
    );
    tx.commit().await
}

/// One page of codenames that applications asked about and nobody has declared, the last asked first.
///
/// # Errors
/// `permission_denied`; `validation_failed` on `limit` or `cursor`.
pub async fn asked(sereno: &Sereno, staff: &Staff, query: PageQuery) -> Result<Page<AskedPermission>> {
    use permission_ask::{Column, Entity};
    staff.require(Permission::RolesView)?;
    let walk = Walk::<Newest>::new(None, query.limit, query.cursor.as_deref())?;
    let db = sereno.db.read();
    let declared = crate::entity::permission::Entity::find()
        .select_only()
        .column(crate::entity::permission::Column::Codename)
        .into_query();
    let matching = Condition::all().add(Column::Codename.not_in_subquery(declared));
    let total = Entity::find().filter(matching.clone()).count(db).await?;
    let rows = Entity::find()
        .filter(matching.add_option(walk.beyond(Expr::col(Column::LastAskedAt), Expr::col(Column::Id))))
        .order_by(Column::LastAskedAt, walk.direction())
        .order_by(Column::Id, walk.direction())
        .limit(walk.rows())
        .all(db)
        .await?;
    let applications: HashSet<Uuid> = rows.iter().map(|row| row.application_id).collect();
    let names: HashMap<Uuid, String> = application::Entity::find()
        .filter(application::Column::Id.is_in(applications))
        .all(db)
        .await?
        .into_iter()
        .map(|row| (row.id, row.client_id))
        .collect();
    walk.page(
        rows,
        total,
        |row| (Key::Number(row.last_asked_at.0), row.id),
        |row| AskedPermission {
            client_id: names.get(&row.application_id).cloned().unwrap_or_default(),
            codename: row.codename,
            asked: u64::try_from(row.asked).unwrap_or(0),
            first_asked_at: row.first_asked_at.timestamp(),
            last_asked_at: row.last_asked_at.timestamp(),
        },
    )
}

//! Who belongs to a project, and what they are there.

use std::collections::{HashMap, HashSet};

use sea_orm::sea_query::{Expr, Func};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait,
};
use serde_json::{Value, json};
use sereno_types::{Code, MemberQuery, MemberRow, Page, Permission, PutMember, RoleName};
use uuid::Uuid;

use super::give::Giver;
use super::refs;
use crate::access::known::{changed, changed_for, graph};
use crate::account;
use crate::context::{RequestMeta, Sereno, Staff, Tx};
use crate::entity::project_member::{ActiveModel, Column, Entity, Model};
use crate::entity::{project, role, role_assignment, user, user_email};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::paging::{self, Key, Newest, Walk};

/// One page of a project's members, the last first.
///
/// # Errors
/// `permission_denied`, `not_found`; `validation_failed` on `limit`, `cursor` or `q`.
pub async fn list(sereno: &Sereno, staff: &Staff, name: &str, query: MemberQuery) -> Result<Page<MemberRow>> {
    staff.require(Permission::ProjectsView)?;
    let walk = Walk::<Newest>::new(None, query.limit, query.cursor.as_deref())?;
    let db = sereno.db.read();
    let project = refs::project(db, name).await?.ok_or(Error::NotFound)?;
    let mut matching = Condition::all().add(Column::ProjectId.eq(project.id));
    matching = matching.add_option(query.enabled.map(|enabled| Column::IsEnabled.eq(enabled)));
    if let Some(pattern) = paging::pattern(query.q.as_deref(), str::to_lowercase)? {
        let by_name = user::Entity::find()
            .select_only()
            .column(user::Column::Id)
            .filter(Expr::from(Func::lower(Expr::col(user::Column::Username))).like(pattern.clone()))
            .into_query();
        let mut by_email = user_email::Entity::find()
            .select_only()
            .column(user_email::Column::UserId)
            .filter(Expr::col(user_email::Column::Canonical).like(pattern));
        if !staff.holds(Permission::UsersView) {
            // only of those who are called by it: what cannot be seen must not be found out letter by letter
            let nameless = user::Entity::find()
                .select_only()
                .column(user::Column::Id)
                .filter(user::Column::Username.is_null())
                .into_query();
            by_email = by_email.filter(user_email::Column::UserId.in_subquery(nameless));
        }
        matching = matching.add(
            Condition::any()
                .add(Column::UserId.in_subquery(by_name))
                .add(Column::UserId.in_subquery(by_email.into_query())),
        );
    }
    let total = Entity::find().filter(matching.clone()).count(db).await?;
    let rows = Entity::find()
        .filter(matching.add_option(walk.beyond(Expr::col(Column::CreatedAt), Expr::col(Column::Id))))
        .order_by(Column::CreatedAt, walk.direction())
        .order_by(Column::Id, walk.direction())
        .limit(walk.rows())
        .all(db)
        .await?;
    let around = Around::of(db, &rows).await?;
    walk.page(
        rows,
        total,
        |row| (Key::Number(row.created_at.0), row.id),
        |row| around.show(&row),
    )
}

/// What is shown around members.
struct Around {
    names: HashMap<Uuid, String>,
    roles: HashMap<Uuid, RoleName>,
    assigned: HashMap<Uuid, Vec<Uuid>>,
}

impl Around {
    async fn of<C: ConnectionTrait>(db: &C, rows: &[Model]) -> Result<Self> {
        let mut assigned: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
        if let Some(first) = rows.first() {
            let there = role_assignment::Entity::find()
                .filter(role_assignment::Column::ProjectId.eq(first.project_id))
                .filter(role_assignment::Column::UserId.is_in(rows.iter().map(|row| row.user_id)))
                .all(db)
                .await?;
            for row in there {
                assigned.entry(row.user_id).or_default().push(row.role_id);
            }
        }
        let roles: HashSet<Uuid> = assigned
            .values()
            .flatten()
            .copied()
            .chain(rows.iter().filter_map(|row| row.role_id))
            .collect();
        Ok(Self {
            names: account::find::names(db, rows.iter().map(|row| row.user_id)).await?,
            roles: refs::role_names(db, roles).await?,
            assigned,
        })
    }

    fn show(&self, row: &Model) -> MemberRow {
        let assigned = self.assigned.get(&row.user_id).map(Vec::as_slice).unwrap_or_default();
        MemberRow {
            user: refs::person(row.user_id, &self.names),
            role: row.role_id.and_then(|role| self.roles.get(&role).cloned()),
            roles: assigned
                .iter()
                .filter_map(|role| self.roles.get(role).cloned())
                .collect(),
            is_enabled: row.is_enabled,
            is_superuser: row.is_superuser,
            created_at: row.created_at.timestamp(),
        }
    }
}

/// Whose membership where.
#[derive(Clone, Copy, Debug)]
pub struct Seat<'a> {
    /// The project, by its id or name in addresses.
    pub project: &'a str,
    /// The user, by id, number, address or user name.
    pub user: &'a str,
}

/// Makes a user a member, or changes what a member is. Saying the same again changes nothing.
///
/// # Errors
/// `permission_denied`; `exceeds_own_permissions` for a role or rights that staff does not hold, given or taken; `not_found`;
/// `validation_failed` with `invalid_choice` on `role`.
pub async fn put(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    seat: Seat<'_>,
    command: PutMember,
) -> Result<MemberRow> {
    staff.require(Permission::ProjectsView)?;
    staff.require(Permission::ProjectsManage)?;
    let user = account::find::to_be_given(sereno, staff, seat.user)
        .await?
        .ok_or(Error::NotFound)?;
    let project = refs::project(sereno.db.read(), seat.project)
        .await?
        .ok_or(Error::NotFound)?;
    let giver = Giver::of(sereno, meta, staff, Some(&project)).await?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    changed(&tx).await?;
    // it may have gone in the meantime
    let project = refs::project(tx.db(), &project.id.to_string())
        .await?
        .ok_or(Error::NotFound)?;
    let before = find(tx.db(), project.id, user.id).await?;
    let role_id = match command.role.as_deref() {
        None => before.as_ref().and_then(|row| row.role_id),
        Some("") => None,
        Some(role) => Some(fitting(&tx, &project, role).await?),
    };
    let row = Model {
        id: match &before {
            Some(before) => before.id,
            None => sereno.new_id()?,
        },
        project_id: project.id,
        user_id: user.id,
        role_id,
        is_enabled: command
            .is_enabled
            .unwrap_or(before.as_ref().is_none_or(|row| row.is_enabled)),
        is_superuser: command
            .is_superuser
            .unwrap_or(before.as_ref().is_some_and(|row| row.is_superuser)),
        created_at: before.as_ref().map_or(tx.now(), |row| row.created_at),
        updated_at: tx.now(),
    };
    let turn = Turn {
        before: before.as_ref(),
        after: Some(&row),
    };
    if !may(&giver, &tx, &project, turn).await? {
        return giver.refuse(tx, "member").await;
    }
    let active = ActiveModel::from(row.clone());
    let kind = if before.is_some() {
        Entity::update(active.reset_all()).exec(tx.db()).await?;
        EventKind::MemberUpdated
    } else {
        Entity::insert(active).exec_without_returning(tx.db()).await?;
        EventKind::MemberAdded
    };
    changed_for(&tx, &[user.id]).await?;
    record(&mut tx, kind, &project, turn);
    let shown = Around::of(tx.db(), std::slice::from_ref(&row)).await?.show(&row);
    tx.commit().await?;
    Ok(shown)
}

async fn find<C: ConnectionTrait>(db: &C, project: Uuid, user: Uuid) -> Result<Option<Model>> {
    let row = Entity::find()
        .filter(Column::ProjectId.eq(project))
        .filter(Column::UserId.eq(user))
        .one(db)
        .await?;
    Ok(row)
}

/// The row by which a user is a member.
pub(super) async fn seat_of(tx: &Tx, user: Uuid, project: Uuid) -> Result<Option<Uuid>> {
    Ok(find(tx.db(), project, user).await?.map(|row| row.id))
}

/// A role that can be given in the project: its own, or a global one.
async fn fitting(tx: &Tx, project: &project::Model, role: &str) -> Result<Uuid> {
    let invalid = || Error::field("role", Code::InvalidChoice);
    let id: Uuid = role.parse().map_err(|_| invalid())?;
    let row = role::Entity::find_by_id(id).one(tx.db()).await?;
    let fits = |row: &role::Model| row.project_id.is_none_or(|owner| owner == project.id);
    row.filter(fits).map(|row| row.id).ok_or_else(invalid)
}

/// Whether the difference is somebody's to give and to take: the role and the rights that change, and where the membership
/// is switched (or a switched one goes), everything that the user gets back or loses by that.
async fn may(giver: &Giver<'_>, tx: &Tx, project: &project::Model, turn: Turn<'_>) -> Result<bool> {
    let is_superuser = |row: Option<&Model>| row.is_some_and(|row| row.is_superuser);
    let role = |row: Option<&Model>| row.and_then(|row| row.role_id);
    let is_shut_out = |row: Option<&Model>| row.is_some_and(|row| !row.is_enabled);
    let Turn { before, after } = turn;
    let Some(user) = after.or(before).map(|row| row.user_id) else {
        return Ok(true);
    };
    let switched = is_shut_out(before) != is_shut_out(after);
    let mut everything = is_superuser(before) != is_superuser(after);
    let mut roles: HashSet<Uuid> = HashSet::new();
    if role(before) != role(after) || switched || after.is_none() {
        roles.extend(role(before).into_iter().chain(role(after)));
    }
    everything |= after.is_none() && is_superuser(before);
    if switched {
        let row = user::Entity::find_by_id(user).one(tx.db()).await?;
        everything |= is_superuser(before) || is_superuser(after) || project.owner_id == Some(user);
        everything |= row.is_some_and(|row| row.is_superuser);
        let held: Vec<Uuid> = role_assignment::Entity::find()
            .select_only()
            .column(role_assignment::Column::RoleId)
            .filter(role_assignment::Column::UserId.eq(user))
            .filter(
                Condition::any()
                    .add(role_assignment::Column::ProjectId.eq(project.id))
                    .add(role_assignment::Column::ProjectId.is_null()),
            )
            .into_tuple()
            .all(tx.db())
            .await?;
        roles.extend(held);
    }
    if everything && !giver.holds_everything() {
        return Ok(false);
    }
    let graph = graph(tx.db(), 0).await?;
    Ok(roles.into_iter().all(|role| giver.may_hand_out(&graph, role)))
}

/// What a membership was, and is now.
#[derive(Clone, Copy)]
struct Turn<'a> {
    before: Option<&'a Model>,
    after: Option<&'a Model>,
}

fn record(tx: &mut Tx, kind: EventKind, project: &project::Model, turn: Turn<'_>) {
    let state = |row: &Model| {
        json!({
            "role": row.role_id.map(|role| role.to_string()),
            "is_enabled": row.is_enabled,
            "is_superuser": row.is_superuser,
        })
    };
    let user = turn.after.or(turn.before).map(|row| row.user_id);
    if turn.before.map(state) == turn.after.map(state) {
        return;
    }
    tx.record(
        Event::new(kind)
            .about(user)
            .with("project", project.slug.as_str())
            .with("before", turn.before.map_or(Value::Null, state))
            .with("after", turn.after.map_or(Value::Null, state)),
    );
}

/// Takes a user out of a project, with every role that was assigned there.
///
/// # Errors
/// `permission_denied`, `exceeds_own_permissions`, `not_found`.
pub async fn remove(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, seat: Seat<'_>) -> Result<()> {
    staff.require(Permission::ProjectsManage)?;
    let user = account::find::by_staff(sereno, staff, seat.user)
        .await?
        .ok_or(Error::NotFound)?;
    let project = refs::project(sereno.db.read(), seat.project)
        .await?
        .ok_or(Error::NotFound)?;
    let giver = Giver::of(sereno, meta, staff, Some(&project)).await?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    changed(&tx).await?;
    let before = find(tx.db(), project.id, user.id).await?.ok_or(Error::NotFound)?;
    let there = || {
        role_assignment::Entity::find()
            .filter(role_assignment::Column::ProjectId.eq(project.id))
            .filter(role_assignment::Column::UserId.eq(user.id))
    };
    let assigned = there().all(tx.db()).await?;
    let graph = graph(tx.db(), 0).await?;
    let holds_roles = assigned.iter().all(|row| giver.may_hand_out(&graph, row.role_id));
    let turn = Turn {
        before: Some(&before),
        after: None,
    };
    if !holds_roles || !may(&giver, &tx, &project, turn).await? {
        return giver.refuse(tx, "member").await;
    }
    Entity::delete_by_id(before.id).exec(tx.db()).await?;
    role_assignment::Entity::delete_many()
        .filter(role_assignment::Column::Id.is_in(assigned.iter().map(|row| row.id)))
        .exec(tx.db())
        .await?;
    changed_for(&tx, &[user.id]).await?;
    record(&mut tx, EventKind::MemberRemoved, &project, turn);
    tx.commit().await
}

/// Makes members of those who are none, without rights.
pub(super) async fn ensure(sereno: &Sereno, tx: &mut Tx, project: &project::Model, users: &[Uuid]) -> Result<()> {
    let there: Vec<Uuid> = Entity::find()
        .select_only()
        .column(Column::UserId)
        .filter(Column::ProjectId.eq(project.id))
        .filter(Column::UserId.is_in(users.iter().copied()))
        .into_tuple()
        .all(tx.db())
        .await?;
    let mut rows = Vec::new();
    for user in users.iter().filter(|user| !there.contains(user)) {
        let row = Model {
            id: sereno.new_id()?,
            project_id: project.id,
            user_id: *user,
            role_id: None,
            is_enabled: true,
            is_superuser: false,
            created_at: tx.now(),
            updated_at: tx.now(),
        };
        let turn = Turn {
            before: None,
            after: Some(&row),
        };
        record(tx, EventKind::MemberAdded, project, turn);
        rows.push(row);
    }
    if !rows.is_empty() {
        let rows = rows.into_iter().map(ActiveModel::from);
        Entity::insert_many(rows).exec_without_returning(tx.db()).await?;
    }
    Ok(())
}

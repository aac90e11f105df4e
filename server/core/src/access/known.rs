//! Reading what decisions are made by: permissions and roles, who users are right now and what they hold, projects. For
//! many users at once, and remembered under the numbers that every change raises: one statement tells whether what is
//! remembered is still true, so that no answer is ever older than the last commit.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect};
use sereno_types::UserState;
use uuid::Uuid;

use crate::context::{Sereno, Tx};
use crate::entity::{
    counter, permission, project, project_member, role, role_assignment, role_inclusion, role_permission, user,
};
use crate::error::{Error, Result};
use crate::rights::{Graph, Held, Holder, Holdings, Membership, PermissionNode, ProjectNode, RoleNode, Who};

/// The counter that every change of permissions, roles and projects raises.
const VERSION: &str = "access";
/// Most values of one `IN`.
const AT_ONCE: usize = 500;

/// Everything that a group of questions needs.
pub struct Known {
    /// Permissions and roles.
    pub graph: Arc<Graph>,
    holders: HashMap<Who, Holder>,
    projects: HashMap<String, Arc<ProjectNode>>,
}

impl Known {
    /// The user, if there is one.
    #[must_use]
    pub fn holder(&self, who: Who) -> Option<&Holder> {
        self.holders.get(&who)
    }

    /// The project with this id or name in addresses, if there is one.
    #[must_use]
    pub fn project(&self, name: &str) -> Option<&ProjectNode> {
        self.projects.get(&key(name)).map(Arc::as_ref)
    }
}

/// What is known of these users and projects (by id or name in addresses), and of all roles. Costs one statement when
/// nothing has changed since it was asked for last, and never one for each user.
pub async fn know<C: ConnectionTrait>(
    sereno: &Sereno,
    db: &C,
    users: &BTreeSet<Uuid>,
    numbers: &BTreeSet<i64>,
    projects: &BTreeSet<String>,
) -> Result<Known> {
    let rows = users_with_version(db, users, numbers).await?;
    let version = rows.version;
    let graph = if let Some(known) = sereno.cache.graph(version) {
        known
    } else {
        let read = Arc::new(graph(db, version).await?);
        sereno.cache.put_graph(Arc::clone(&read));
        read
    };
    let mut holders = HashMap::new();
    let mut missing = Vec::new();
    for row in rows.users {
        match sereno.cache.holdings(row.id, row.access_epoch) {
            Some(holdings) => put(&mut holders, &row, &holdings),
            None => missing.push(row),
        }
    }
    let mut read = holdings(db, &missing).await?;
    for row in missing {
        let holdings = Arc::new(read.remove(&row.id).unwrap_or_default());
        sereno.cache.put_holdings(row.id, Arc::clone(&holdings));
        put(&mut holders, &row, &holdings);
    }
    Ok(Known {
        graph,
        holders,
        projects: find_projects(sereno, db, version, projects).await?,
    })
}

fn put(holders: &mut HashMap<Who, Holder>, row: &UserRow, holdings: &Arc<Holdings>) {
    let holder = Holder {
        id: row.id,
        number: row.number,
        state: UserState::from_name(&row.state).unwrap_or(UserState::Disabled),
        is_superuser: row.is_superuser,
        holdings: Arc::clone(holdings),
    };
    holders.insert(Who::Number(row.number), holder.clone());
    holders.insert(Who::Id(row.id), holder);
}

struct UserRow {
    id: Uuid,
    number: i64,
    state: String,
    is_superuser: bool,
    access_epoch: i64,
}

struct Rows {
    version: i64,
    users: Vec<UserRow>,
}

/// The users and the version by one statement where that is enough: the version is on each row.
async fn users_with_version<C: ConnectionTrait>(
    db: &C,
    users: &BTreeSet<Uuid>,
    numbers: &BTreeSet<i64>,
) -> Result<Rows> {
    let mut rows = Vec::new();
    let mut version = None;
    let ids: Vec<Uuid> = users.iter().copied().collect();
    let numbers: Vec<i64> = numbers.iter().copied().collect();
    let chunks = ids
        .chunks(AT_ONCE)
        .map(|ids| user::Column::Id.is_in(ids.iter().copied()));
    let chunks = chunks.chain(
        numbers
            .chunks(AT_ONCE)
            .map(|numbers| user::Column::Number.is_in(numbers.iter().copied())),
    );
    for which in chunks.collect::<Vec<_>>() {
        let found: Vec<(Uuid, i64, String, bool, i64, i64)> = user::Entity::find()
            .select_only()
            .columns([
                user::Column::Id,
                user::Column::Number,
                user::Column::State,
                user::Column::IsSuperuser,
                user::Column::AccessEpoch,
            ])
            .expr_as(version_of(), "version")
            .filter(which)
            .into_tuple()
            .all(db)
            .await?;
        for (id, number, state, is_superuser, access_epoch, at) in found {
            // the oldest: what changed between two statements is read anew next time
            version = Some(version.map_or(at, |known: i64| Ord::min(known, at)));
            rows.push(UserRow {
                id,
                number,
                state,
                is_superuser,
                access_epoch,
            });
        }
    }
    let version = match version {
        Some(version) => version,
        None => version_now(db).await?,
    };
    Ok(Rows { version, users: rows })
}

fn version_of() -> Expr {
    use sea_orm::QueryTrait;
    let value = counter::Entity::find_by_id(VERSION)
        .select_only()
        .column(counter::Column::Value)
        .into_query();
    Expr::SubQuery(None, Box::new(value.into()))
}

/// The number of permissions, roles and projects as they are.
pub async fn version_now<C: ConnectionTrait>(db: &C) -> Result<i64> {
    let row = counter::Entity::find_by_id(VERSION).one(db).await?;
    let row = row.ok_or_else(|| Error::internal("the counter of access is missing"))?;
    Ok(row.value)
}

async fn holdings<C: ConnectionTrait>(db: &C, of: &[UserRow]) -> Result<HashMap<Uuid, Holdings>> {
    let mut read: HashMap<Uuid, Holdings> = HashMap::new();
    for chunk in of.chunks(AT_ONCE) {
        for row in chunk {
            read.entry(row.id).or_default().epoch = row.access_epoch;
        }
        let ids = || chunk.iter().map(|row| row.id);
        let assigned = role_assignment::Entity::find()
            .filter(role_assignment::Column::UserId.is_in(ids()))
            .all(db)
            .await?;
        for row in assigned {
            read.entry(row.user_id).or_default().roles.push(Held {
                role_id: row.role_id,
                project_id: row.project_id,
                expires_at: row.expires_at,
            });
        }
        let members = project_member::Entity::find()
            .filter(project_member::Column::UserId.is_in(ids()))
            .all(db)
            .await?;
        for row in members {
            let membership = Membership {
                role_id: row.role_id,
                is_enabled: row.is_enabled,
                is_superuser: row.is_superuser,
            };
            read.entry(row.user_id)
                .or_default()
                .memberships
                .insert(row.project_id, membership);
        }
    }
    for holdings in read.values_mut() {
        // the way that is told must not hang on the order of rows
        holdings
            .roles
            .sort_unstable_by_key(|held| (held.role_id, held.project_id));
    }
    Ok(read)
}

async fn find_projects<C: ConnectionTrait>(
    sereno: &Sereno,
    db: &C,
    version: i64,
    names: &BTreeSet<String>,
) -> Result<HashMap<String, Arc<ProjectNode>>> {
    let mut found = HashMap::new();
    let mut missing = Vec::new();
    let names: BTreeSet<String> = names.iter().map(|name| key(name)).collect();
    for name in &names {
        match sereno.cache.project(name, version) {
            Some(project) => {
                found.insert(name.clone(), project);
            }
            // PostgreSQL cannot be asked for a NUL
            None if name.contains('\0') => {}
            None => missing.push(name),
        }
    }
    for chunk in missing.chunks(AT_ONCE) {
        let ids = chunk.iter().filter_map(|name| name.parse::<Uuid>().ok());
        let which = Condition::any()
            .add(project::Column::Id.is_in(ids))
            .add(project::Column::Slug.is_in(chunk.iter().map(|name| name.as_str())));
        for row in project::Entity::find().filter(which).all(db).await? {
            let project = Arc::new(node(&row));
            for name in [row.id.to_string(), row.slug] {
                sereno.cache.put_project(&name, version, Arc::clone(&project));
                found.insert(name, Arc::clone(&project));
            }
        }
    }
    Ok(found)
}

/// A name as it is looked up: an id in its usual form, whatever form it came in.
fn key(name: &str) -> String {
    name.parse::<Uuid>()
        .map_or_else(|_| name.to_owned(), |id| id.to_string())
}

/// A project, as decisions see it.
#[must_use]
pub fn node(row: &project::Model) -> ProjectNode {
    ProjectNode {
        id: row.id,
        slug: row.slug.clone(),
        is_enabled: row.is_enabled,
        owner_id: row.owner_id,
    }
}

/// To be called by whatever changes permissions, roles or projects, in its transaction.
pub async fn changed(tx: &Tx) -> Result<()> {
    counter::Entity::update_many()
        .col_expr(counter::Column::Value, Expr::col(counter::Column::Value).add(1))
        .filter(counter::Column::Name.eq(VERSION))
        .exec(tx.db())
        .await?;
    Ok(())
}

/// To be called by whatever changes what these users hold, in its transaction.
pub async fn changed_for(tx: &Tx, users: &[Uuid]) -> Result<()> {
    for chunk in users.chunks(AT_ONCE) {
        user::Entity::update_many()
            .col_expr(user::Column::AccessEpoch, Expr::col(user::Column::AccessEpoch).add(1))
            .filter(user::Column::Id.is_in(chunk.iter().copied()))
            .exec(tx.db())
            .await?;
    }
    Ok(())
}

/// Reads all permissions and roles; `version` must have been read before, on the same connection.
pub async fn graph<C: ConnectionTrait>(db: &C, version: i64) -> Result<Graph> {
    let mut graph = Graph::new(version);
    for row in permission::Entity::find().all(db).await? {
        let node = PermissionNode {
            codename: row.codename,
            description: row.description,
            origin: row.origin,
        };
        graph.put_permission(row.id, node);
    }
    for row in role::Entity::find().all(db).await? {
        let node = RoleNode {
            codename: row.codename,
            name: row.name,
            project_id: row.project_id,
            is_enabled: row.is_enabled,
            ..RoleNode::default()
        };
        graph.put_role(row.id, node);
    }
    let grants: Vec<(Uuid, Uuid)> = role_permission::Entity::find()
        .select_only()
        .columns([role_permission::Column::RoleId, role_permission::Column::PermissionId])
        .into_tuple()
        .all(db)
        .await?;
    for (role, permission) in grants {
        graph.grant(role, permission);
    }
    let inclusions: Vec<(Uuid, Uuid)> = role_inclusion::Entity::find()
        .select_only()
        .columns([role_inclusion::Column::RoleId, role_inclusion::Column::IncludedId])
        .into_tuple()
        .all(db)
        .await?;
    for (role, included) in inclusions {
        graph.include(role, included);
    }
    Ok(graph)
}

//! The built-in staff catalogue: permissions of Sereno's own console and three roles made of them. Written at start
//! from the list in `sereno-types`, so that a new permission needs no migration; what staff changed is left alone.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use sereno_types::Permission;

use crate::context::{Sereno, Tx};
use crate::entity::{permission, role, role_permission};
use crate::error::Result;

const ORIGIN: &str = "sereno";

struct Role {
    codename: &'static str,
    name: &'static str,
    description: &'static str,
    allows: fn(Permission) -> bool,
}

const ROLES: &[Role] = &[
    Role {
        codename: "viewer",
        name: "Viewer",
        description: "Sees everything in the console and changes nothing.",
        allows: only_views,
    },
    Role {
        codename: "support",
        name: "Support",
        description: "Helps users: sees everything, manages users, sessions, devices and messages.",
        allows: |permission| {
            only_views(permission)
                || matches!(
                    permission,
                    Permission::UsersManage
                        | Permission::SessionsManage
                        | Permission::DevicesManage
                        | Permission::MessagesManage
                )
        },
    },
    Role {
        codename: "administrator",
        name: "Administrator",
        description: "Does everything in the console.",
        allows: |_| true,
    },
];

fn only_views(permission: Permission) -> bool {
    permission.as_str().rsplit('.').next() == Some("view")
}

/// Adds what the catalogue has and the database lacks. Two instances may do so at once.
pub async fn ensure(sereno: &Sereno, tx: &Tx) -> Result<()> {
    let known: Vec<permission::Model> = permission::Entity::find().all(tx.db()).await?;
    let known = make_way(tx, known).await?;
    let missing: Vec<Permission> = Permission::ALL
        .iter()
        .copied()
        .filter(|permission| !known.iter().any(|row| row.codename == permission.as_str()))
        .collect();
    tell(tx, &known).await?;
    if missing.is_empty() {
        return Ok(());
    }
    let mut rows = Vec::new();
    for permission in &missing {
        rows.push(permission::ActiveModel {
            id: Set(sereno.new_id()?),
            codename: Set(permission.as_str().to_owned()),
            description: Set(permission.doc().to_owned()),
            origin: Set(ORIGIN.to_owned()),
            created_at: Set(tx.now()),
        });
    }
    permission::Entity::insert_many(rows)
        .on_conflict(OnConflict::column(permission::Column::Codename).do_nothing().to_owned())
        .exec_without_returning(tx.db())
        .await?;
    for role in ROLES {
        grant(sereno, tx, role, &missing).await?;
    }
    super::known::changed(tx).await
}

/// Says anew what ours allow, where an earlier version said it otherwise.
async fn tell(tx: &Tx, known: &[permission::Model]) -> Result<()> {
    for row in known {
        let doc = Permission::from_codename(&row.codename).map(Permission::doc);
        if let Some(doc) = doc.filter(|doc| *doc != row.description) {
            let told = permission::ActiveModel {
                id: Set(row.id),
                description: Set(doc.to_owned()),
                ..Default::default()
            };
            permission::Entity::update(told).exec(tx.db()).await?;
        }
    }
    Ok(())
}

/// A codename of ours that somebody else declared before we knew it gets another name: else their roles would open our
/// console.
async fn make_way(tx: &Tx, known: Vec<permission::Model>) -> Result<Vec<permission::Model>> {
    let (foreign, known): (Vec<_>, Vec<_>) = known
        .into_iter()
        .partition(|row| row.origin != ORIGIN && Permission::from_codename(&row.codename).is_some());
    for row in foreign {
        let codename = format!("{}:{}:{}", row.origin, row.codename, row.id);
        tracing::warn!(
            permission = row.codename,
            renamed = codename,
            "a permission of Sereno's own was taken"
        );
        let renamed = permission::ActiveModel {
            id: Set(row.id),
            codename: Set(codename),
            ..Default::default()
        };
        permission::Entity::update(renamed).exec(tx.db()).await?;
    }
    Ok(known)
}

/// Gives a role what it allows: all of it to a new role, only the new permissions to one that is there, because staff may
/// have taken others away.
async fn grant(sereno: &Sereno, tx: &Tx, builtin: &Role, new: &[Permission]) -> Result<()> {
    let (role_id, is_new) = match find(tx.db(), builtin.codename).await? {
        Some(role) => (role.id, false),
        None => (insert(sereno, tx, builtin).await?, true),
    };
    let due = |permission| (builtin.allows)(permission) && (is_new || new.contains(&permission));
    let mut rows = Vec::new();
    for row in permission::Entity::find()
        .filter(permission::Column::Origin.eq(ORIGIN))
        .all(tx.db())
        .await?
    {
        if Permission::from_codename(&row.codename).is_some_and(due) {
            rows.push(role_permission::ActiveModel {
                id: Set(sereno.new_id()?),
                role_id: Set(role_id),
                permission_id: Set(row.id),
            });
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    let pair = [role_permission::Column::RoleId, role_permission::Column::PermissionId];
    role_permission::Entity::insert_many(rows)
        .on_conflict(OnConflict::columns(pair).do_nothing().to_owned())
        .exec_without_returning(tx.db())
        .await?;
    Ok(())
}

async fn find<C: ConnectionTrait>(db: &C, codename: &str) -> Result<Option<role::Model>> {
    let role = role::Entity::find()
        .filter(role::Column::Codename.eq(codename))
        .filter(role::Column::ProjectId.is_null())
        .one(db)
        .await?;
    Ok(role)
}

async fn insert(sereno: &Sereno, tx: &Tx, builtin: &Role) -> Result<uuid::Uuid> {
    let id = sereno.new_id()?;
    let row = role::ActiveModel {
        id: Set(id),
        project_id: Set(None),
        codename: Set(builtin.codename.to_owned()),
        name: Set(builtin.name.to_owned()),
        description: Set(builtin.description.to_owned()),
        origin: Set(ORIGIN.to_owned()),
        is_enabled: Set(true),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    role::Entity::insert(row).exec_without_returning(tx.db()).await?;
    Ok(id)
}

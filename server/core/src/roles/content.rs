//! What a role grants and includes by itself: what may stand together, and writing it down.

use std::collections::{BTreeSet, HashSet};

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use sereno_types::{Code, FieldError, Id};
use uuid::Uuid;

use crate::context::{Sereno, Tx};
use crate::entity::{role_inclusion, role_permission};
use crate::error::{Error, Result};
use crate::rights::Graph;

/// Most permissions that a role grants by itself.
pub const PERMISSIONS_MAX: usize = 1_000;
/// Most roles that a role includes by itself.
const INCLUDES_MAX: usize = 100;
/// Most roles of a way from one role to another that it leads to.
pub const WAY_MAX: usize = 10;

/// What a role grants and includes by itself.
pub struct Content {
    permissions: BTreeSet<Uuid>,
    includes: BTreeSet<Uuid>,
}

impl Content {
    /// Reads codenames and ids, and refuses a ring and what does not belong together.
    pub fn judge(
        graph: &Graph,
        role: Uuid,
        project: Option<Uuid>,
        permissions: &[String],
        includes: &[Id],
    ) -> Result<Self> {
        let mut faults = Vec::new();
        let mut content = Self {
            permissions: BTreeSet::new(),
            includes: BTreeSet::new(),
        };
        for (field, count, most) in [
            ("permissions", permissions.len(), PERMISSIONS_MAX),
            ("includes", includes.len(), INCLUDES_MAX),
        ] {
            if count > most {
                return Err(Error::fields(vec![
                    FieldError::new(field, Code::TooLong).with("max", most as u64),
                ]));
            }
        }
        for (index, codename) in permissions.iter().enumerate() {
            match graph.permission(&codename.trim().to_lowercase()) {
                Some(id) => {
                    content.permissions.insert(id);
                }
                None => faults.push(FieldError::new(format!("permissions.{index}"), Code::InvalidChoice)),
            }
        }
        for (index, included) in includes.iter().enumerate() {
            let id: Option<Uuid> = included.0.parse().ok();
            let known = id.and_then(|id| Some((id, graph.role(id)?)));
            // a role of another project would carry its permissions over the border
            match known.filter(|(_, node)| node.project_id.is_none() || node.project_id == project) {
                None => faults.push(FieldError::new(format!("includes.{index}"), Code::InvalidChoice)),
                Some((id, _)) if graph.leads_to(id, role) || id == role => {
                    faults.push(FieldError::new(format!("includes.{index}"), Code::RoleCycle));
                }
                Some((id, _)) => {
                    content.includes.insert(id);
                }
            }
        }
        if faults.is_empty() {
            Ok(content)
        } else {
            Err(Error::fields(faults))
        }
    }

    /// Puts it in the place of what the role had.
    pub async fn write(&self, sereno: &Sereno, tx: &Tx, role: Uuid) -> Result<()> {
        set_permissions(sereno, tx, role, &self.permissions).await?;
        set_includes(sereno, tx, role, &self.includes).await
    }
}

/// Lets a role grant just these.
pub async fn set_permissions(sereno: &Sereno, tx: &Tx, role: Uuid, wanted: &BTreeSet<Uuid>) -> Result<()> {
    use role_permission::{ActiveModel, Column, Entity};
    Entity::delete_many()
        .filter(Column::RoleId.eq(role))
        .filter(Column::PermissionId.is_not_in(wanted.iter().copied()))
        .exec(tx.db())
        .await?;
    let there = Entity::find().filter(Column::RoleId.eq(role)).all(tx.db()).await?;
    let there: HashSet<Uuid> = there.into_iter().map(|row| row.permission_id).collect();
    let mut rows = Vec::new();
    for permission in wanted.iter().filter(|id| !there.contains(id)) {
        rows.push(ActiveModel {
            id: Set(sereno.new_id()?),
            role_id: Set(role),
            permission_id: Set(*permission),
        });
    }
    if !rows.is_empty() {
        Entity::insert_many(rows).exec_without_returning(tx.db()).await?;
    }
    Ok(())
}

/// Lets a role include just these.
pub async fn set_includes(sereno: &Sereno, tx: &Tx, role: Uuid, wanted: &BTreeSet<Uuid>) -> Result<()> {
    use role_inclusion::{ActiveModel, Column, Entity};
    Entity::delete_many()
        .filter(Column::RoleId.eq(role))
        .exec(tx.db())
        .await?;
    let mut rows = Vec::new();
    for included in wanted {
        rows.push(ActiveModel {
            id: Set(sereno.new_id()?),
            role_id: Set(role),
            included_id: Set(*included),
        });
    }
    if !rows.is_empty() {
        Entity::insert_many(rows).exec_without_returning(tx.db()).await?;
    }
    Ok(())
}

/// Refuses ways that every question about them would have to walk.
pub fn not_too_deep(graph: &Graph, role: Uuid) -> Result<()> {
    if graph.longest_way(role, WAY_MAX) > WAY_MAX {
        let fault = FieldError::new("includes", Code::TooLong).with("max", WAY_MAX as u64);
        return Err(Error::fields(vec![fault]));
    }
    Ok(())
}

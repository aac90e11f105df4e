//! What an application declares: its permissions and default roles, idempotently, like migrations of permissions. It can
//! neither take what is another's nor grant more than its own.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use sereno_types::{
    Catalogue, CatalogueChange, ClientCredentials, Code, DeclaredPermission, DeclaredRole, Difference, FieldError,
};
use uuid::Uuid;

use super::content::{WAY_MAX, set_includes, set_permissions};
use crate::access::check::{DECLARE, service};
use crate::access::known::{changed, graph};
use crate::access::{application, codename};
use crate::context::{Actor, Application, RequestMeta, Sereno, Tx, tidy};
use crate::entity::{permission, permission_ask, role};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::rights::Graph;

/// Most values of one `IN`.
const AT_ONCE: usize = 500;
/// Most permissions of one declaration.
const PERMISSIONS_MAX: usize = 1_000;
/// Most permissions that an application has.
const OWN_PERMISSIONS_MAX: usize = 5_000;
/// Most roles that an application has.
const OWN_ROLES_MAX: usize = 1_000;
/// Most roles of one declaration.
const ROLES_MAX: usize = 200;

/// Declares for an application that proves itself and has the scope `access:declare`.
///
/// # Errors
/// `invalid_client`, `unauthorized_client`, `too_many_requests`; `validation_failed`, with `codename_unique` for what is
/// another's, `invalid_choice` for what is not declared here and `role_cycle`.
pub async fn declare(
    sereno: &Sereno,
    meta: &RequestMeta,
    credentials: &ClientCredentials,
    catalogue: Catalogue,
) -> Result<CatalogueChange> {
    let application = service(sereno, meta, credentials, DECLARE).await?;
    apply(sereno, meta, &Actor::Anonymous, &application, catalogue).await
}

/// Declares for an application, by the operator at the command line.
///
/// # Errors
/// `not_found` for an application that there is not; as [`declare`].
pub async fn declare_for(
    sereno: &Sereno,
    meta: &RequestMeta,
    client_id: &str,
    catalogue: Catalogue,
) -> Result<CatalogueChange> {
    let application = application::find(sereno, Some(client_id))
        .await?
        .ok_or(Error::NotFound)?;
    apply(sereno, meta, &Actor::System, &application, catalogue).await
}

async fn apply(
    sereno: &Sereno,
    meta: &RequestMeta,
    actor: &Actor,
    application: &Application,
    catalogue: Catalogue,
) -> Result<CatalogueChange> {
    let origin = application.client_id.as_str();
    // what it declared could not be told from Sereno's own, or from staff's
    if [super::SERENO, super::STAFF].contains(&origin) {
        return Err(Code::UnauthorizedClient.into());
    }
    let wanted = Wanted::read(&catalogue)?;
    let mut tx = sereno.begin(meta, actor).await?;
    changed(&tx).await?;
    let there = There::read(&tx, origin).await?;
    wanted.judge(&there)?;
    let mut change = wanted.difference(&there);
    let same = change == CatalogueChange::default();
    if catalogue.dry_run || same {
        return Ok(change);
    }
    wanted.write(sereno, &tx, &there).await?;
    if catalogue.prune {
        prune(&tx, origin, &change).await?;
    }
    let after = graph(tx.db(), 0).await?;
    for (field, count, most) in [
        (
            "permissions",
            after.permissions().filter(|(_, node)| node.origin == origin).count(),
            OWN_PERMISSIONS_MAX,
        ),
        (
            "roles",
            there.own_roles().count() + change.roles.added.len(),
            OWN_ROLES_MAX,
        ),
    ] {
        if count > most {
            return Err(Error::fields(vec![
                FieldError::new(field, Code::TooLong).with("max", most as u64),
            ]));
        }
    }
    let deep = after
        .roles()
        .find(|(id, node)| wanted.roles.contains_key(&node.codename) && after.longest_way(**id, WAY_MAX) > WAY_MAX);
    if let Some((_, node)) = deep {
        let fault = FieldError::new(format!("roles.{}.includes", node.codename), Code::TooLong);
        return Err(Error::fields(vec![fault.with("max", WAY_MAX as u64)]));
    }
    change.applied = true;
    let told = |of: &Difference| json!({"added": of.added, "changed": of.changed, "obsolete": of.obsolete});
    tx.record(
        Event::new(EventKind::CatalogueDeclared)
            .through(application.id)
            .with("permissions", told(&change.permissions))
            .with("roles", told(&change.roles))
            .with("prune", catalogue.prune),
    );
    tx.commit().await?;
    Ok(change)
}

/// What is there already.
struct There {
    graph: Graph,
    permissions: BTreeMap<String, permission::Model>,
    roles: BTreeMap<String, role::Model>,
    origin: String,
}

impl There {
    async fn read(tx: &Tx, origin: &str) -> Result<Self> {
        let permissions = permission::Entity::find().all(tx.db()).await?;
        let roles = role::Entity::find()
            .filter(role::Column::ProjectId.is_null())
            .all(tx.db())
            .await?;
        Ok(Self {
            graph: graph(tx.db(), 0).await?,
            permissions: permissions.into_iter().map(|row| (row.codename.clone(), row)).collect(),
            roles: roles.into_iter().map(|row| (row.codename.clone(), row)).collect(),
            origin: origin.to_owned(),
        })
    }

    fn own_permissions(&self) -> impl Iterator<Item = &permission::Model> {
        self.permissions.values().filter(|row| row.origin == self.origin)
    }

    fn own_roles(&self) -> impl Iterator<Item = &role::Model> {
        self.roles.values().filter(|row| row.origin == self.origin)
    }

    /// Codenames of the application's own permissions that a role grants, and of its own roles that it includes.
    fn content(&self, role: Uuid) -> (BTreeSet<String>, BTreeSet<String>) {
        let Some(node) = self.graph.role(role) else {
            return (BTreeSet::new(), BTreeSet::new());
        };
        let nodes = node.grants.iter().filter_map(|id| self.graph.permission_node(*id));
        let own = nodes.filter(|permission| permission.origin == self.origin);
        let included = node.includes.iter().filter_map(|id| self.graph.role(*id));
        let is_own = |codename: &&String| self.own_roles().any(|row| row.codename == **codename);
        (
            own.map(|permission| permission.codename.clone()).collect(),
            included.map(|role| &role.codename).filter(is_own).cloned().collect(),
        )
    }
}

/// What is declared, tidied.
struct Wanted {
    permissions: BTreeMap<String, String>,
    roles: BTreeMap<String, WantedRole>,
}

struct WantedRole {
    name: String,
    description: String,
    permissions: BTreeSet<String>,
    includes: BTreeSet<String>,
}

impl Wanted {
    fn read(catalogue: &Catalogue) -> Result<Self> {
        let mut faults = Vec::new();
        for (field, count, most) in [
            ("permissions", catalogue.permissions.len(), PERMISSIONS_MAX),
            ("roles", catalogue.roles.len(), ROLES_MAX),
        ] {
            if count > most {
                faults.push(FieldError::new(field, Code::TooLong).with("max", most as u64));
            }
        }
        if !faults.is_empty() {
            return Err(Error::fields(faults));
        }
        let mut wanted = Self {
            permissions: BTreeMap::new(),
            roles: BTreeMap::new(),
        };
        for (index, permission) in catalogue.permissions.iter().enumerate() {
            faults.extend(wanted.take_permission(index, permission));
        }
        for (index, role) in catalogue.roles.iter().enumerate() {
            faults.extend(wanted.take_role(index, role));
        }
        if faults.is_empty() {
            Ok(wanted)
        } else {
            Err(Error::fields(faults))
        }
    }

    fn take_permission(&mut self, index: usize, permission: &DeclaredPermission) -> Vec<FieldError> {
        let at = |field: &str| format!("permissions.{index}.{field}");
        let name = permission.codename.trim().to_lowercase();
        let mut faults: Vec<FieldError> = [
            codename::fault(at("codename"), &name, codename::is_permission, codename::NAME_MAX),
            codename::too_long(at("description"), &permission.description, codename::DESCRIPTION_MAX),
        ]
        .into_iter()
        .flatten()
        .collect();
        let description = tidy(permission.description.trim(), codename::DESCRIPTION_MAX);
        if self.permissions.insert(name, description).is_some() {
            faults.push(FieldError::new(at("codename"), Code::CodenameUnique));
        }
        faults
    }

    fn take_role(&mut self, index: usize, role: &DeclaredRole) -> Vec<FieldError> {
        let at = |field: &str| format!("roles.{index}.{field}");
        let lower = |names: &[String]| names.iter().map(|name| name.trim().to_lowercase()).collect();
        let codename = role.codename.trim().to_lowercase();
        let said = role.name.as_deref().filter(|name| !name.trim().is_empty());
        let name = said.unwrap_or(&codename).trim().to_owned();
        let mut faults: Vec<FieldError> = [
            codename::fault(at("codename"), &codename, codename::is_role, codename::NAME_MAX),
            codename::too_long(at("name"), &name, codename::NAME_MAX),
            codename::too_long(at("description"), &role.description, codename::DESCRIPTION_MAX),
        ]
        .into_iter()
        .flatten()
        .collect();
        let wanted = WantedRole {
            name: tidy(&name, codename::NAME_MAX),
            description: tidy(role.description.trim(), codename::DESCRIPTION_MAX),
            permissions: lower(&role.permissions),
            includes: lower(&role.includes),
        };
        if self.roles.insert(codename, wanted).is_some() {
            faults.push(FieldError::new(at("codename"), Code::CodenameUnique));
        }
        faults
    }

    /// Nothing of another's, nothing that is not declared, no ring.
    fn judge(&self, there: &There) -> Result<()> {
        let mut faults = Vec::new();
        for name in self.permissions.keys() {
            if there
                .permissions
                .get(name)
                .is_some_and(|row| row.origin != there.origin)
            {
                let field = format!("permissions.{name}");
                faults.push(FieldError::new(field, Code::CodenameUnique));
            }
        }
        let is_own = |name: &String| {
            self.permissions.contains_key(name) || there.own_permissions().any(|row| row.codename == *name)
        };
        let is_own_role =
            |name: &String| self.roles.contains_key(name) || there.own_roles().any(|row| row.codename == *name);
        for (codename, role) in &self.roles {
            let in_project = there
                .graph
                .roles()
                .any(|(_, node)| node.project_id.is_some() && node.codename == *codename);
            if in_project || there.roles.get(codename).is_some_and(|row| row.origin != there.origin) {
                faults.push(FieldError::new(format!("roles.{codename}"), Code::CodenameUnique));
            }
            if !role.permissions.iter().all(is_own) {
                let field = format!("roles.{codename}.permissions");
                faults.push(FieldError::new(field, Code::InvalidChoice));
            }
            // staff may have let one of its roles grant what is not the application's to hand on
            let is_pure = |name: &String| {
                let Some(row) = there.roles.get(name) else { return true };
                let nodes = there.graph.potential(row.id).into_iter();
                nodes
                    .filter_map(|id| there.graph.permission_node(id))
                    .all(|permission| permission.origin == there.origin)
            };
            let held = there
                .roles
                .get(codename)
                .map(|row| there.content(row.id).1)
                .unwrap_or_default();
            let is_new = |name: &&String| !held.contains(*name);
            if !role.includes.iter().all(is_own_role) || !role.includes.iter().filter(is_new).all(is_pure) {
                faults.push(FieldError::new(
                    format!("roles.{codename}.includes"),
                    Code::InvalidChoice,
                ));
            } else if self.leads_to_itself(codename, there) {
                faults.push(FieldError::new(format!("roles.{codename}.includes"), Code::RoleCycle));
            }
        }
        if faults.is_empty() {
            Ok(())
        } else {
            Err(Error::fields(faults))
        }
    }

    fn leads_to_itself(&self, role: &str, there: &There) -> bool {
        let includes = |name: &str| match self.roles.get(name) {
            Some(role) => role.includes.clone(),
            None => there
                .roles
                .get(name)
                .map(|row| there.content(row.id).1)
                .unwrap_or_default(),
        };
        let (mut seen, mut due) = (BTreeSet::new(), includes(role).into_iter().collect::<Vec<_>>());
        while let Some(name) = due.pop() {
            if name == role {
                return true;
            }
            if seen.insert(name.clone()) {
                due.extend(includes(&name));
            }
        }
        false
    }

    fn difference(&self, there: &There) -> CatalogueChange {
        let mut change = CatalogueChange::default();
        for (name, description) in &self.permissions {
            match there.permissions.get(name) {
                None => change.permissions.added.push(name.clone()),
                Some(row) if row.description != *description => change.permissions.changed.push(name.clone()),
                Some(_) => {}
            }
        }
        for (name, role) in &self.roles {
            match there.roles.get(name) {
                None => change.roles.added.push(name.clone()),
                Some(row) => {
                    let content = there.content(row.id);
                    let same = row.name == role.name
                        && row.description == role.description
                        && content.0 == role.permissions
                        && content.1 == role.includes;
                    if !same {
                        change.roles.changed.push(name.clone());
                    }
                }
            }
        }
        let obsolete = there.own_permissions().map(|row| row.codename.clone());
        change.permissions.obsolete = obsolete.filter(|name| !self.permissions.contains_key(name)).collect();
        let obsolete = there.own_roles().map(|row| row.codename.clone());
        change.roles.obsolete = obsolete.filter(|name| !self.roles.contains_key(name)).collect();
        change
    }

    async fn write(&self, sereno: &Sereno, tx: &Tx, there: &There) -> Result<()> {
        let mut ids: BTreeMap<&str, Uuid> = BTreeMap::new();
        for row in there.own_permissions() {
            ids.insert(&row.codename, row.id);
        }
        for (name, description) in &self.permissions {
            if let Some(row) = there.permissions.get(name) {
                let row = permission::ActiveModel {
                    id: Set(row.id),
                    description: Set(description.clone()),
                    ..Default::default()
                };
                permission::Entity::update(row).exec(tx.db()).await?;
                continue;
            }
            let id = sereno.new_id()?;
            ids.insert(name, id);
            let row = permission::ActiveModel {
                id: Set(id),
                codename: Set(name.clone()),
                description: Set(description.clone()),
                origin: Set(there.origin.clone()),
                created_at: Set(tx.now()),
            };
            permission::Entity::insert(row).exec_without_returning(tx.db()).await?;
        }
        permission_ask::Entity::delete_many()
            .filter(permission_ask::Column::Codename.is_in(self.permissions.keys().map(String::as_str)))
            .exec(tx.db())
            .await?;
        self.write_roles(sereno, tx, there, &ids).await
    }

    async fn write_roles(
        &self,
        sereno: &Sereno,
        tx: &Tx,
        there: &There,
        permissions: &BTreeMap<&str, Uuid>,
    ) -> Result<()> {
        let mut ids: BTreeMap<&str, Uuid> = there.own_roles().map(|row| (row.codename.as_str(), row.id)).collect();
        for (codename, role) in &self.roles {
            if let Some(id) = ids.get(codename.as_str()) {
                let row = role::ActiveModel {
                    id: Set(*id),
                    name: Set(role.name.clone()),
                    description: Set(role.description.clone()),
                    updated_at: Set(tx.now()),
                    ..Default::default()
                };
                role::Entity::update(row).exec(tx.db()).await?;
                continue;
            }
            let id = sereno.new_id()?;
            ids.insert(codename, id);
            let row = role::ActiveModel {
                id: Set(id),
                project_id: Set(None),
                codename: Set(codename.clone()),
                name: Set(role.name.clone()),
                description: Set(role.description.clone()),
                origin: Set(there.origin.clone()),
                is_enabled: Set(true),
                created_at: Set(tx.now()),
                updated_at: Set(tx.now()),
            };
            role::Entity::insert(row).exec_without_returning(tx.db()).await?;
        }
        let own_ids: BTreeSet<Uuid> = ids.values().copied().collect();
        for (codename, role) in &self.roles {
            let Some(id) = ids.get(codename.as_str()) else { continue };
            let own = role
                .permissions
                .iter()
                .filter_map(|name| permissions.get(name.as_str()));
            // what staff added of others' permissions stays
            let node = there.graph.role(*id).cloned().unwrap_or_default();
            let others = node.grants.iter().copied().filter(|id| {
                let permission = there.graph.permission_node(*id);
                permission.is_some_and(|permission| permission.origin != there.origin)
            });
            let wanted = own.copied().chain(others).collect();
            set_permissions(sereno, tx, *id, &wanted).await?;
            let own = role.includes.iter().filter_map(|name| ids.get(name.as_str())).copied();
            // and so do roles of others that staff let it include
            let others = node.includes.into_iter().filter(|id| !own_ids.contains(id));
            set_includes(sereno, tx, *id, &own.chain(others).collect()).await?;
        }
        Ok(())
    }
}

async fn prune(tx: &Tx, origin: &str, change: &CatalogueChange) -> Result<()> {
    for chunk in change.permissions.obsolete.chunks(AT_ONCE) {
        permission::Entity::delete_many()
            .filter(permission::Column::Origin.eq(origin))
            .filter(permission::Column::Codename.is_in(chunk.iter().map(String::as_str)))
            .exec(tx.db())
            .await?;
    }
    for chunk in change.roles.obsolete.chunks(AT_ONCE) {
        role::Entity::delete_many()
            .filter(role::Column::Origin.eq(origin))
            .filter(role::Column::ProjectId.is_null())
            .filter(role::Column::Codename.is_in(chunk.iter().map(String::as_str)))
            .exec(tx.db())
            .await?;
    }
    Ok(())
}

//! What a user may do in effect, and why: for staff who looks at somebody, and for the explorer.

use std::collections::BTreeSet;

use sereno_types::{Decision, EffectivePermission, EffectiveQuery, Id, Page, Permission};

use uuid::Uuid;

use super::lists::ByName;
use super::refs;
use crate::access::check::{decide, rules};
use crate::access::known::know;
use crate::account;
use crate::context::{Actor, Sereno, Staff};
use crate::error::{Error, Result};
use crate::paging::{Key, Walk};
use crate::rights::{Ask, Where, Who};

/// One page of the permissions that a user holds in effect, everywhere or in a project, by codename. About projects asks who may
/// see them: a right that holds everywhere holds in every project that there is, and would tell which there are.
///
/// # Errors
/// `permission_denied`, `not_found`; `validation_failed` on `limit`, `cursor` or `project`.
pub async fn effective(
    sereno: &Sereno,
    staff: &Staff,
    id: &Id,
    query: EffectiveQuery,
) -> Result<Page<EffectivePermission>> {
    staff.require(Permission::RolesView)?;
    if query.project.as_deref().is_some_and(|project| !project.is_empty()) {
        staff.require(Permission::ProjectsView)?;
        // a slip of the pen is told of
        refs::project_of(sereno.db.read(), "project", query.project.as_deref()).await?;
    }
    held_by(sereno, refs::id(id)?, query).await
}

/// One page of the permissions that the caller holds in effect, everywhere or in a project, by codename. A project that
/// there is not is like one that the caller has nothing to do with.
///
/// # Errors
/// `authentication_required`; `validation_failed` on `limit` or `cursor`.
pub async fn mine(sereno: &Sereno, actor: &Actor, query: EffectiveQuery) -> Result<Page<EffectivePermission>> {
    held_by(sereno, actor.caller()?.user_id, query).await
}

async fn held_by(sereno: &Sereno, user: Uuid, query: EffectiveQuery) -> Result<Page<EffectivePermission>> {
    let walk = Walk::<ByName>::new(None, query.limit, query.cursor.as_deref())?;
    let project = query.project.filter(|project| !project.is_empty());
    let users = BTreeSet::from([user]);
    let projects = project.iter().cloned().collect();
    let known = know(sereno, sereno.db.read(), &users, &BTreeSet::new(), &projects).await?;
    let holder = known.holder(Who::Id(user)).ok_or(Error::NotFound)?;
    let place = match &project {
        Some(project) => Where::In(known.project(project)),
        None => Where::Everywhere,
    };
    let rules = rules(sereno, &known);
    let searched = query.q.as_deref().unwrap_or("").trim().to_lowercase();
    let mut held: Vec<_> = known
        .graph
        .permissions()
        .filter(|(_, node)| node.codename.contains(&searched))
        .filter_map(|(id, node)| {
            let decision = rules.decide(Some(holder), place, &Ask::Permission(node.codename.clone()));
            decision.allowed.then_some((*id, node, decision))
        })
        .collect();
    held.sort_by(|(_, a, _), (_, b, _)| a.codename.cmp(&b.codename));
    let total = held.len() as u64;
    let rows = walk.among(held, |(id, node, _)| (Key::Text(node.codename.clone()), *id));
    walk.page(
        rows,
        total,
        |(id, node, _)| (Key::Text(node.codename.clone()), *id),
        |(_, node, decision)| EffectivePermission {
            codename: node.codename.clone(),
            description: node.description.clone(),
            decision,
        },
    )
}

/// Whether somebody may do something somewhere, and why: by id, number, address or user name.
///
/// # Errors
/// `permission_denied`.
pub async fn explore(
    sereno: &Sereno,
    staff: &Staff,
    user: &str,
    permission: &str,
    project: Option<&str>,
) -> Result<Decision> {
    staff.require(Permission::RolesView)?;
    let project = project.filter(|project| !project.is_empty());
    if project.is_some() {
        staff.require(Permission::ProjectsView)?;
    }
    let found = account::find::by_staff(sereno, staff, user.trim()).await?;
    // who does not exist is answered by the rule, too
    let who = Who::Id(found.map_or_else(Uuid::nil, |user| user.id));
    decide(sereno, who, permission, project).await
}

//! What a user holds in effect, as token claims tell it: by the same rule as the check.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect};
use sereno_types::UserState;
use uuid::Uuid;

use super::check::rules;
use super::known::know;
use crate::context::Sereno;
use crate::entity::project;
use crate::error::Result;
use crate::rights::{Ask, Holder, Rules, Where, Who};

/// What a user holds.
#[derive(Debug, Default)]
pub struct InEffect {
    /// Codenames of the roles that hold everywhere, with what they include, in order.
    pub roles: Vec<String>,
    /// Codenames of the permissions that hold everywhere, in order.
    pub permissions: Vec<String>,
    /// Codenames of permissions in each project that the user has to do with, by its name in addresses.
    pub by_project: BTreeMap<String, Vec<String>>,
}

/// What a user holds everywhere and, if asked for, in each project that they are a member or the owner of. A superuser
/// holds every permission, everywhere and in every project there is.
pub async fn held<C: ConnectionTrait>(sereno: &Sereno, db: &C, user_id: Uuid, projects: bool) -> Result<InEffect> {
    let (user, none) = (BTreeSet::from([user_id]), BTreeSet::new());
    let known = know(sereno, db, &user, &BTreeSet::new(), &none).await?;
    let Some(holder) = known.holder(Who::Id(user_id)).cloned() else {
        return Ok(InEffect::default());
    };
    let concerned = if projects && holder.state == UserState::Active {
        concerned(db, &holder).await?
    } else {
        BTreeSet::new()
    };
    let known = if concerned.is_empty() {
        known
    } else {
        know(sereno, db, &user, &BTreeSet::new(), &concerned).await?
    };
    let rules = rules(sereno, &known);
    let everywhere = permissions(&rules, &holder, Where::Everywhere);
    let mut by_project = BTreeMap::new();
    for slug in concerned {
        if let Some(project) = known.project(&slug).filter(|project| project.is_enabled) {
            let off = holder
                .holdings
                .memberships
                .get(&project.id)
                .is_some_and(|member| !member.is_enabled);
            let held = if holder.is_superuser && !off {
                // all of them, as everywhere
                everywhere.clone()
            } else {
                permissions(&rules, &holder, Where::In(Some(project)))
            };
            by_project.insert(slug, held);
        }
    }
    Ok(InEffect {
        roles: rules.roles(&holder, Where::Everywhere),
        permissions: everywhere,
        by_project,
    })
}

/// Names in addresses of the projects that a user has to do with.
async fn concerned<C: ConnectionTrait>(db: &C, holder: &Holder) -> Result<BTreeSet<String>> {
    let mut projects = project::Entity::find()
        .select_only()
        .column(project::Column::Slug)
        .filter(project::Column::IsEnabled.eq(true));
    if !holder.is_superuser {
        let member = project::Column::Id.is_in(holder.holdings.memberships.keys().copied());
        projects = projects.filter(member.or(project::Column::OwnerId.eq(holder.id)));
    }
    let slugs: Vec<String> = projects.into_tuple().all(db).await?;
    Ok(slugs.into_iter().collect())
}

fn permissions(rules: &Rules<'_>, holder: &Holder, place: Where<'_>) -> Vec<String> {
    let all = rules.graph.permissions().map(|(_, node)| &node.codename);
    let held = all.filter(|codename| {
        let ask = Ask::Permission((*codename).clone());
        rules.decide(Some(holder), place, &ask).allowed
    });
    held.cloned().collect::<BTreeSet<_>>().into_iter().collect()
}

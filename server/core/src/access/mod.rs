//! Who may do what: the policy table that every door is held against, and the proof that an actor is staff. Holds no
//! rule about what is done.

pub mod address;
pub mod application;
mod builtin;
pub mod check;
pub(crate) mod codename;
mod held;
pub(crate) mod known;
pub mod policy;
pub mod subject;

use std::collections::BTreeSet;

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};
use sereno_types::{Code, Id, Permission, StaffProfile, UserState};
use uuid::Uuid;

pub use builtin::ensure;
pub use held::{InEffect, held};

use crate::context::{Actor, Caller, Sereno, Staff, Via};
use crate::entity::{project, session, token_family, user};
use crate::error::{Error, Result};
use crate::rights::{Ask, Where, Who};

/// Who may enter the console: a superuser, or a user who holds at least one permission of the built-in catalogue
/// globally. Reads the rows, never the cache.
///
/// # Errors
/// `authentication_required`, `permission_denied`.
pub async fn staff(sereno: &Sereno, actor: &Actor) -> Result<Staff> {
    if *actor == Actor::System {
        return Ok(Staff::new(*actor, true, BTreeSet::new()));
    }
    let caller = actor.caller()?;
    let user_id = caller.user_id;
    let user = user::Entity::find_by_id(user_id).one(sereno.db.read()).await?;
    let user = user
        .filter(|user| user.state() == UserState::Active)
        .ok_or(Code::AuthenticationRequired)?;
    if !is_signed_in(sereno, caller, &user).await? {
        return Err(Code::AuthenticationRequired.into());
    }
    if user.is_superuser {
        return Ok(Staff::new(*actor, true, BTreeSet::new()));
    }
    let permissions = global_permissions(sereno, user_id).await?;
    if permissions.is_empty() {
        return Err(Error::from(Code::PermissionDenied));
    }
    Ok(Staff::new(*actor, false, permissions))
}

/// Whether what the caller came by is still open, whatever this process remembers of it.
async fn is_signed_in(sereno: &Sereno, caller: Caller, user: &user::Model) -> Result<bool> {
    let open = match caller.via {
        Via::Session(id) => session::Entity::find_by_id(id)
            .filter(session::Column::EndedAt.is_null())
            .filter(session::Column::CredentialEpoch.eq(user.credential_epoch))
            .count(sereno.db.read()),
        Via::Family(id) => token_family::Entity::find_by_id(id)
            .filter(token_family::Column::RevokedAt.is_null())
            .filter(token_family::Column::CredentialEpoch.eq(user.credential_epoch))
            .count(sereno.db.read()),
    };
    Ok(open.await? > 0)
}

/// The permissions of the built-in catalogue that a user holds everywhere, as the one rule decides.
async fn global_permissions(sereno: &Sereno, user_id: Uuid) -> Result<BTreeSet<Permission>> {
    let known = known::know(
        sereno,
        sereno.db.read(),
        &BTreeSet::from([user_id]),
        &BTreeSet::new(),
        &BTreeSet::new(),
    )
    .await?;
    let rules = check::rules(sereno, &known);
    let holder = known.holder(Who::Id(user_id));
    let held = Permission::ALL.iter().copied().filter(|permission| {
        let ask = Ask::Permission(permission.as_str().to_owned());
        rules.decide(holder, Where::Everywhere, &ask).allowed
    });
    Ok(held.collect())
}

/// Whether this user is staff anywhere: a superuser, or somebody with a permission of the built-in catalogue, be it everywhere
/// or in one project, by a role of any kind, as a project's superuser or as its owner. Measured by what would hold if
/// everything were switched on: what lets somebody in must not wait for that.
pub async fn is_staff<C: ConnectionTrait>(sereno: &Sereno, db: &C, user: &user::Model) -> Result<bool> {
    if user.is_superuser {
        return Ok(true);
    }
    let this = BTreeSet::from([user.id]);
    let known = known::know(sereno, db, &this, &BTreeSet::new(), &BTreeSet::new()).await?;
    let Some(holder) = known.holder(Who::Id(user.id)) else {
        return Ok(false);
    };
    let graph = &known.graph;
    let grants = |role: Uuid| {
        let reached = graph.codenames(graph.potential(role));
        reached.iter().any(|codename| is_built_in(codename))
    };
    let mut members = holder.holdings.memberships.values();
    let by_role = holder.holdings.roles.iter().any(|held| grants(held.role_id));
    if by_role || members.any(|member| member.is_superuser || member.role_id.is_some_and(grants)) {
        return Ok(true);
    }
    let owners = &sereno.config.access.owner_permissions;
    if !owners.iter().any(|codename| codename == "*" || is_built_in(codename)) {
        return Ok(false);
    }
    let owned = project::Entity::find().filter(project::Column::OwnerId.eq(user.id));
    Ok(owned.count(db).await? > 0)
}

fn is_built_in(codename: &str) -> bool {
    Permission::from_codename(codename).is_some()
}

/// How the signed-in member of staff is called and what they may do.
pub async fn profile(sereno: &Sereno, staff: &Staff) -> Result<StaffProfile> {
    let user_id = staff.actor().caller()?.user_id;
    let (user, email) = subject::find(sereno.db.read(), user_id).await?.ok_or(Error::NotFound)?;
    let name = user
        .username
        .or_else(|| email.map(|email| email.address))
        .unwrap_or_else(|| format!("#{}", user.number));
    let permissions = Permission::ALL
        .iter()
        .copied()
        .filter(|permission| staff.holds(*permission))
        .collect();
    Ok(StaffProfile {
        id: Id(user.id.to_string()),
        name,
        permissions,
        is_superuser: staff.is_superuser(),
        has_fixed_codes: sereno.config.testers.any_open(sereno.now()),
    })
}

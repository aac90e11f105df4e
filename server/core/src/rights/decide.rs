//! The one rule of who may do what: a pure function of what is known. Everything that asks (the check, token claims, the
//! console's own doors, "why?") asks here.
//!
//! In this order: nobody who is not active; what nobody has declared is denied, but to superusers; nothing in a project that
//! is switched off, no member who is switched off; superusers pass; in a project its superusers, and what the policy gives
//! its owner; the roles that hold there; the roles that hold everywhere.

use std::collections::BTreeSet;

use sereno_types::{Decision, Reason, Step, StepKind, UserState};
use uuid::Uuid;

use super::graph::{Graph, RoleNode};
use super::holder::{Holder, Membership, ProjectNode};
use crate::clock::Moment;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// A permission, by its codename in lower case.
    Permission(String),
    /// A role, by its codename in lower case.
    Role(String),
}

impl Ask {
    /// Reads a codename, or `role:` and a role's name.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let text = text.trim().to_lowercase();
        match text.strip_prefix("role:") {
            Some(name) => Self::Role(name.trim().to_owned()),
            None => Self::Permission(text),
        }
    }
}

/// Where it is asked about.
#[derive(Clone, Copy, Debug)]
pub enum Where<'a> {
    /// Everywhere.
    Everywhere,
    /// In this project; nothing when there is none of that name.
    In(Option<&'a ProjectNode>),
}

impl<'a> Where<'a> {
    const fn project(self) -> Option<&'a ProjectNode> {
        match self {
            Self::Everywhere => None,
            Self::In(project) => project,
        }
    }

    const fn is_everywhere(self) -> bool {
        matches!(self, Self::Everywhere)
    }
}

/// What the operator settled.
#[derive(Clone, Copy, Debug)]
pub struct Policy<'a> {
    /// What owners may do in their projects: codenames in lower case, or `*`.
    pub owner: &'a [String],
    /// Whether a role that holds everywhere holds in projects, too.
    pub global_in_projects: bool,
}

/// What decisions are made by.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// Permissions and roles.
    pub graph: &'a Graph,
    /// What the operator settled.
    pub policy: Policy<'a>,
    /// The time.
    pub now: Moment,
}

fn denied(reason: Reason) -> Decision {
    Decision {
        reason,
        ..Decision::default()
    }
}

fn granted(reason: Reason) -> Decision {
    Decision {
        allowed: true,
        ..denied(reason)
    }
}

impl Rules<'_> {
    /// Whether the user may.
    #[must_use]
    pub fn decide(&self, holder: Option<&Holder>, place: Where<'_>, ask: &Ask) -> Decision {
        let Some(holder) = holder else {
            return denied(Reason::UserUnknown);
        };
        if holder.state != UserState::Active {
            return denied(Reason::UserDisabled);
        }
        let target = self.target(ask);
        // before anything of the project: whether there is one must not show
        if target.is_none() && !holder.is_superuser {
            return denied(Reason::PermissionUnknown);
        }
        if matches!(place, Where::In(None)) {
            // a name that nobody knows is no place where a right could hold
            let reason = if holder.is_superuser {
                Reason::Superuser
            } else {
                Reason::NotAMember
            };
            return Decision {
                allowed: holder.is_superuser,
                ..denied(reason)
            };
        }
        let project = place.project();
        let membership = project.and_then(|project| holder.holdings.memberships.get(&project.id));
        if let Some(refused) = closed(holder, project, membership) {
            return refused;
        }
        let Some(target) = target.filter(|_| !holder.is_superuser) else {
            return granted(Reason::Superuser);
        };
        if membership.is_some_and(|member| member.is_superuser) {
            return granted(Reason::ProjectSuperuser);
        }
        let is_owner = project.is_some_and(|project| project.owner_id == Some(holder.id));
        if is_owner && self.given_to_owners(ask) {
            return granted(Reason::Owner);
        }
        let by_role = self.by_role(holder, place, membership, &target);
        let outside = !place.is_everywhere() && membership.is_none() && !is_owner;
        // whoever gets nothing there does not learn that there is such a project
        if !by_role.allowed && outside {
            return denied(Reason::NotAMember);
        }
        by_role
    }

    /// Whether the user may do everything there, whatever it is and whatever will be declared.
    #[must_use]
    pub fn may_everything(&self, holder: &Holder, place: Where<'_>) -> bool {
        // a role that nobody is: only who passes everything passes this
        let decision = self.decide(Some(holder), place, &Ask::Role(String::new()));
        decision.allowed
            && matches!(
                decision.reason,
                Reason::Superuser | Reason::ProjectSuperuser | Reason::Owner
            )
    }

    /// Whether the user has to do with a place: everybody who is active with everywhere; with a project its members, its
    /// owner, and superusers.
    #[must_use]
    pub fn belongs(&self, holder: Option<&Holder>, place: Where<'_>) -> bool {
        let Some(holder) = holder.filter(|holder| holder.state == UserState::Active) else {
            return false;
        };
        let Where::In(project) = place else { return true };
        let Some(project) = project else {
            return holder.is_superuser;
        };
        let membership = holder.holdings.memberships.get(&project.id);
        let concerned = membership.is_some() || project.owner_id == Some(holder.id) || holder.is_superuser;
        concerned && closed(holder, Some(project), membership).is_none()
    }

    /// Codenames of the roles that hold for the user in a place, with what they include, in order.
    #[must_use]
    pub fn roles(&self, holder: &Holder, place: Where<'_>) -> Vec<String> {
        if matches!(place, Where::In(None)) {
            return Vec::new();
        }
        let project = place.project();
        let membership = project.and_then(|project| holder.holdings.memberships.get(&project.id));
        if holder.state != UserState::Active || closed(holder, project, membership).is_some() {
            return Vec::new();
        }
        let held = self.held(holder, place, membership).into_iter();
        let reached = held
            .filter(|held| !held.is_expired)
            .flat_map(|held| self.graph.reach(held.role_id).to_vec())
            .filter(|reached| reached.is_enabled);
        let names: BTreeSet<String> = reached
            .filter_map(|reached| Some(self.graph.role(*reached.way.last()?)?.codename.clone()))
            .collect();
        names.into_iter().collect()
    }

    fn target(&self, ask: &Ask) -> Option<Target> {
        match ask {
            Ask::Permission(codename) => self
                .graph
                .permission(codename)
                .map(|id| Target::Permission(id, codename.clone())),
            Ask::Role(name) => Some(Target::Role(name.clone())),
        }
    }

    fn given_to_owners(&self, ask: &Ask) -> bool {
        let named = |codename: &str| self.policy.owner.iter().any(|given| given == codename);
        named("*") || matches!(ask, Ask::Permission(codename) if named(codename))
    }

    /// The roles that hold in the project, then those that hold everywhere. What would have granted it and did not is told.
    fn by_role(&self, holder: &Holder, place: Where<'_>, membership: Option<&Membership>, target: &Target) -> Decision {
        let mut nearly = denied(Reason::NotGranted);
        for held in self.held(holder, place, membership) {
            let decision = self.through(held, place.project(), target);
            if decision.allowed {
                return decision;
            }
            if nearly.reason == Reason::NotGranted {
                nearly = decision;
            }
        }
        nearly
    }

    /// The roles that count, in the order in which they are looked at.
    fn held(&self, holder: &Holder, place: Where<'_>, membership: Option<&Membership>) -> Vec<Counting> {
        let assigned = |wanted: Option<Uuid>| {
            let ended = move |end: Option<Moment>| end.is_some_and(|end| end <= self.now);
            let held = holder
                .holdings
                .roles
                .iter()
                .filter(move |held| held.project_id == wanted);
            held.map(move |held| Counting {
                role_id: held.role_id,
                in_project: wanted.is_some(),
                is_expired: ended(held.expires_at),
            })
        };
        let mut counting = Vec::new();
        if let (Some(project), Some(member)) = (place.project(), membership) {
            counting.extend(member.role_id.map(|role_id| Counting {
                role_id,
                in_project: true,
                is_expired: false,
            }));
            counting.extend(assigned(Some(project.id)));
        }
        if place.is_everywhere() || self.policy.global_in_projects {
            counting.extend(assigned(None));
        }
        counting
    }

    fn through(&self, held: Counting, project: Option<&ProjectNode>, target: &Target) -> Decision {
        let mut nearly = denied(Reason::NotGranted);
        for reached in self.graph.reach(held.role_id).iter() {
            let node = reached.way.last().and_then(|role| self.graph.role(*role));
            if !node.is_some_and(|node| target.is_met_by(node)) {
                continue;
            }
            let path = self.path(held, project, &reached.way, target);
            let reason = match (held.is_expired, reached.is_enabled, reached.way.len()) {
                (false, true, 1) => Reason::Role,
                (false, true, _) => Reason::InheritedRole,
                (true, ..) => Reason::Expired,
                (false, false, _) => Reason::RoleDisabled,
            };
            nearly = Decision {
                allowed: !held.is_expired && reached.is_enabled,
                reason,
                path,
            };
            // ways of roles that are switched on come first
            break;
        }
        nearly
    }

    fn path(&self, held: Counting, project: Option<&ProjectNode>, way: &[Uuid], target: &Target) -> Vec<Step> {
        let step = |kind, name: &str| Step {
            kind,
            name: name.to_owned(),
        };
        let project = project.filter(|_| held.in_project);
        let roles = way.iter().filter_map(|role| self.graph.role(*role));
        let permission = match target {
            Target::Permission(_, codename) => Some(step(StepKind::Permission, codename)),
            Target::Role(_) => None,
        };
        project
            .map(|project| step(StepKind::Project, &project.slug))
            .into_iter()
            .chain(roles.map(|role| step(StepKind::Role, &role.codename)))
            .chain(permission)
            .collect()
    }
}

/// What no right opens. Who has nothing to do with a project is not told that it is switched off.
fn closed(holder: &Holder, project: Option<&ProjectNode>, membership: Option<&Membership>) -> Option<Decision> {
    let project = project?;
    let concerned = membership.is_some() || project.owner_id == Some(holder.id) || holder.is_superuser;
    if !project.is_enabled {
        let reason = if concerned {
            Reason::ProjectDisabled
        } else {
            Reason::NotAMember
        };
        return Some(denied(reason));
    }
    let off = membership.is_some_and(|member| !member.is_enabled);
    off.then(|| denied(Reason::MemberDisabled))
}

/// A role that counts for a question.
#[derive(Clone, Copy)]
struct Counting {
    role_id: Uuid,
    in_project: bool,
    is_expired: bool,
}

enum Target {
    Permission(Uuid, String),
    Role(String),
}

impl Target {
    fn is_met_by(&self, role: &RoleNode) -> bool {
        match self {
            Self::Permission(id, _) => role.grants.contains(id),
            // names for people are free: whoever may make roles could call one like another
            Self::Role(name) => role.codename == *name,
        }
    }
}

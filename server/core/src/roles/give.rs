//! Nobody gives, takes or changes what they do not hold themselves: the rule that keeps whoever manages roles from making
//! themselves (or a friend) more than they are, by whatever way.

use std::collections::BTreeSet;

use sereno_types::Code;
use uuid::Uuid;

use crate::access::check::rules;
use crate::access::known::{Known, know};
use crate::clock::Moment;
use crate::context::{RequestMeta, Sereno, Staff, Tx};
use crate::entity::project;
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::rights::{Ask, Graph, Rules, Where, Who};

/// Whoever gives, and what they hold right now.
pub struct Giver<'a> {
    sereno: &'a Sereno,
    meta: &'a RequestMeta,
    staff: &'a Staff,
    /// Nothing for a superuser, who holds everything.
    known: Option<Known>,
    project: Option<String>,
    /// As of when it must be held: what ends is not given beyond its end.
    at: Moment,
}

impl<'a> Giver<'a> {
    /// What staff holds everywhere, or in this project.
    pub async fn of(
        sereno: &'a Sereno,
        meta: &'a RequestMeta,
        staff: &'a Staff,
        project: Option<&project::Model>,
    ) -> Result<Self> {
        let project = project.map(|project| project.slug.clone());
        let known = if staff.is_superuser() {
            None
        } else {
            let user = BTreeSet::from([staff.actor().caller()?.user_id]);
            let projects = project.iter().cloned().collect();
            Some(know(sereno, sereno.db.read(), &user, &BTreeSet::new(), &projects).await?)
        };
        Ok(Self {
            sereno,
            meta,
            staff,
            known,
            project,
            at: Moment::NEVER,
        })
    }

    /// What is held as of this moment; for ever, unless this is said.
    pub const fn until(mut self, at: Moment) -> Self {
        self.at = at;
        self
    }

    fn rules<'k>(&'k self, known: &'k Known) -> Rules<'k> {
        Rules {
            now: self.at,
            ..rules(self.sereno, known)
        }
    }

    /// Whether all that a role includes from now on and did not before is somebody's to hand out.
    pub fn may_include(&self, before: &Graph, after: &Graph, role: Uuid) -> bool {
        let had = before.role(role).map(|node| node.includes.clone()).unwrap_or_default();
        let has = after.role(role).map(|node| node.includes.clone()).unwrap_or_default();
        has.iter()
            .filter(|included| !had.contains(included))
            .all(|included| self.may_hand_out(after, *included))
    }

    /// Whether all of these permissions are held.
    pub fn holds(&self, permissions: &BTreeSet<Uuid>) -> bool {
        let Some(known) = &self.known else { return true };
        permissions.iter().all(|id| {
            let node = known.graph.permission_node(*id);
            // what is not known here was declared a moment ago, by somebody else
            node.is_some_and(|node| self.may(known, &Ask::Permission(node.codename.clone())))
        })
    }

    /// Whether all is held that a role would grant with what it includes, were everything switched on.
    pub fn holds_role(&self, graph: &Graph, role: Uuid) -> bool {
        self.holds(&graph.potential(role))
    }

    /// Whether a role is somebody's to give and to take: its permissions are held, and where it has none, so that it is its
    /// name alone that others go by, the role itself.
    pub fn may_hand_out(&self, graph: &Graph, role: Uuid) -> bool {
        let Some(known) = &self.known else { return true };
        let permissions = graph.potential(role);
        if !permissions.is_empty() {
            return self.holds(&permissions);
        }
        let name = graph.role(role).map(|node| node.codename.clone());
        name.is_some_and(|name| self.may(known, &Ask::Role(name)))
    }

    /// Whether everything is held.
    pub fn holds_everything(&self) -> bool {
        let Some(known) = &self.known else { return true };
        let holder = self.who().and_then(|who| known.holder(who));
        holder.is_some_and(|holder| self.rules(known).may_everything(holder, self.place(known)))
    }

    /// Whether what the policy gives the owner of a project is held.
    pub fn holds_ownership(&self) -> bool {
        let Some(known) = &self.known else { return true };
        let given = &self.sereno.config.access.owner_permissions;
        if given.iter().any(|codename| codename == "*") {
            return self.holds_everything();
        }
        given
            .iter()
            .all(|codename| self.may(known, &Ask::Permission(codename.clone())))
    }

    fn who(&self) -> Option<Who> {
        let caller = self.staff.actor().caller().ok()?;
        Some(Who::Id(caller.user_id))
    }

    fn place<'k>(&self, known: &'k Known) -> Where<'k> {
        match &self.project {
            Some(project) => Where::In(known.project(project)),
            None => Where::Everywhere,
        }
    }

    fn may(&self, known: &Known, ask: &Ask) -> bool {
        let holder = self.who().and_then(|who| known.holder(who));
        self.rules(known).decide(holder, self.place(known), ask).allowed
    }

    /// Undoes what was begun, and writes down that more was wanted than is held.
    ///
    /// # Errors
    /// `exceeds_own_permissions`, always.
    pub async fn refuse<T>(&self, begun: Tx, what: &str) -> Result<T> {
        // the writer is free again only then
        drop(begun);
        let mut tx = self.sereno.begin(self.meta, self.staff.actor()).await?;
        let event = Event::refused(EventKind::EscalationRefused, Code::ExceedsOwnPermissions).with("what", what);
        tx.record(match &self.project {
            Some(project) => event.with("project", project.as_str()),
            None => event,
        });
        tx.commit().await?;
        Err(Error::from(Code::ExceedsOwnPermissions))
    }
}

//! All permissions and roles with what they include, as one value.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use uuid::Uuid;

/// What is known of a permission.
#[derive(Clone, Debug)]
pub struct PermissionNode {
    /// Its unique name, in lower case.
    pub codename: String,
    /// What it allows.
    pub description: String,
    /// Who declared it.
    pub origin: String,
}

/// What is known of a role.
#[derive(Clone, Debug, Default)]
pub struct RoleNode {
    /// Unique within its scope, in lower case.
    pub codename: String,
    /// For people.
    pub name: String,
    /// The project it belongs to; global when empty.
    pub project_id: Option<Uuid>,
    /// Whether it grants anything.
    pub is_enabled: bool,
    /// What it grants by itself.
    pub grants: HashSet<Uuid>,
    /// What it includes.
    pub includes: Vec<Uuid>,
}

/// Permissions and roles.
#[derive(Debug, Default)]
pub struct Graph {
    /// The number that they had when they were read.
    pub version: i64,
    permissions: HashMap<Uuid, PermissionNode>,
    by_codename: HashMap<String, Uuid>,
    roles: HashMap<Uuid, RoleNode>,
    /// What was reached before: the same roles are asked about over and over.
    reached: Mutex<HashMap<Uuid, Arc<[Reached]>>>,
}

/// A role that another one leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The way to it: the role that was begun with, what that includes, and so on; the last is the one that was reached.
    pub way: Vec<Uuid>,
    /// Whether every role of the way is switched on.
    pub is_enabled: bool,
}

impl Graph {
    /// Nothing yet.
    #[must_use]
    pub fn new(version: i64) -> Self {
        Self {
            version,
            ..Self::default()
        }
    }

    /// Puts a permission in.
    pub fn put_permission(&mut self, id: Uuid, node: PermissionNode) {
        self.by_codename.insert(node.codename.clone(), id);
        self.permissions.insert(id, node);
    }

    /// Puts a role in.
    pub fn put_role(&mut self, id: Uuid, node: RoleNode) {
        self.roles.insert(id, node);
    }

    /// A role grants a permission.
    pub fn grant(&mut self, role: Uuid, permission: Uuid) {
        if let Some(node) = self.roles.get_mut(&role) {
            node.grants.insert(permission);
        }
    }

    /// A role includes another one.
    pub fn include(&mut self, role: Uuid, included: Uuid) {
        if let Some(node) = self.roles.get_mut(&role) {
            node.includes.push(included);
            // the way that is told must not hang on the order of rows
            node.includes.sort_unstable();
        }
    }

    /// The id of the permission with this codename, which must be in lower case.
    #[must_use]
    pub fn permission(&self, codename: &str) -> Option<Uuid> {
        self.by_codename.get(codename).copied()
    }

    /// What is known of a permission.
    #[must_use]
    pub fn permission_node(&self, id: Uuid) -> Option<&PermissionNode> {
        self.permissions.get(&id)
    }

    /// Every permission.
    pub fn permissions(&self) -> impl Iterator<Item = (&Uuid, &PermissionNode)> {
        self.permissions.iter()
    }

    /// What is known of a role.
    #[must_use]
    pub fn role(&self, id: Uuid) -> Option<&RoleNode> {
        self.roles.get(&id)
    }

    /// Every role.
    pub fn roles(&self) -> impl Iterator<Item = (&Uuid, &RoleNode)> {
        self.roles.iter()
    }

    /// The role itself and every role that it leads to, nearest first, each by its shortest way; by a way of roles that are
    /// switched on, if there is one.
    #[must_use]
    pub fn reach(&self, role: Uuid) -> Arc<[Reached]> {
        let memory = || self.reached.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = memory().get(&role) {
            return Arc::clone(known);
        }
        let reached: Arc<[Reached]> = self.both_ways(role).into();
        memory().insert(role, Arc::clone(&reached));
        reached
    }

    fn both_ways(&self, role: Uuid) -> Vec<Reached> {
        let mut reached = self.walk(role, true);
        let seen: HashSet<Uuid> = reached.iter().filter_map(|one| one.way.last().copied()).collect();
        let off = self.walk(role, false);
        reached.extend(
            off.into_iter()
                .filter(|one| one.way.last().is_some_and(|last| !seen.contains(last))),
        );
        reached
    }

    fn walk(&self, role: Uuid, only_enabled: bool) -> Vec<Reached> {
        let open = |id: &Uuid| self.roles.get(id).is_some_and(|node| node.is_enabled || !only_enabled);
        let (mut reached, mut seen) = (Vec::new(), HashSet::from([role]));
        let mut due = VecDeque::from_iter(open(&role).then(|| vec![role]));
        while let Some(way) = due.pop_front() {
            let node = way.last().and_then(|last| self.roles.get(last));
            for next in node.map(|node| node.includes.as_slice()).unwrap_or_default() {
                if open(next) && seen.insert(*next) {
                    let mut way = way.clone();
                    way.push(*next);
                    due.push_back(way);
                }
            }
            reached.push(Reached {
                way,
                is_enabled: only_enabled,
            });
        }
        reached
    }

    /// The permissions that a role grants in effect, with what it includes, as long as it is switched on.
    #[must_use]
    pub fn effective(&self, role: Uuid) -> BTreeSet<Uuid> {
        self.walk(role, true)
            .iter()
            .filter_map(|one| self.roles.get(one.way.last()?))
            .flat_map(|node| node.grants.iter().copied())
            .collect()
    }

    /// The permissions that a role would grant if everything in it were switched on: what giving it is measured by.
    #[must_use]
    pub fn potential(&self, role: Uuid) -> BTreeSet<Uuid> {
        self.walk(role, false)
            .iter()
            .filter_map(|one| self.roles.get(one.way.last()?))
            .flat_map(|node| node.grants.iter().copied())
            .collect()
    }

    /// Whether a role leads to another one, or is it.
    #[must_use]
    pub fn leads_to(&self, role: Uuid, target: Uuid) -> bool {
        self.walk(role, false).iter().any(|one| one.way.last() == Some(&target))
    }

    /// How many roles the longest way has that leads through this one; `most` + 1 where it is longer.
    #[must_use]
    pub fn longest_way(&self, role: Uuid, most: usize) -> usize {
        let down = |node: &Uuid| {
            self.roles
                .get(node)
                .map(|node| node.includes.clone())
                .unwrap_or_default()
        };
        let mut above: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
        for (id, node) in &self.roles {
            for included in &node.includes {
                above.entry(*included).or_default().push(*id);
            }
        }
        let up = |node: &Uuid| above.get(node).cloned().unwrap_or_default();
        layers(role, most, down) + layers(role, most, up) - 1
    }

    /// Codenames in order.
    #[must_use]
    pub fn codenames(&self, permissions: impl IntoIterator<Item = Uuid>) -> Vec<String> {
        let names: BTreeSet<&str> = permissions
            .into_iter()
            .filter_map(|id| Some(self.permissions.get(&id)?.codename.as_str()))
            .collect();
        names.into_iter().map(str::to_owned).collect()
    }
}

/// How many steps the longest way from a role has, itself counted; at most one more than `most`.
fn layers(role: Uuid, most: usize, next: impl Fn(&Uuid) -> Vec<Uuid>) -> usize {
    let mut layer = HashSet::from([role]);
    for depth in 1..=most {
        layer = layer.iter().flat_map(&next).collect();
        if layer.is_empty() {
            return depth;
        }
    }
    most + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    fn graph(roles: &[(u128, bool, &[u128])]) -> Graph {
        let mut graph = Graph::default();
        for (role, is_enabled, includes) in roles {
            let node = RoleNode {
                is_enabled: *is_enabled,
                includes: includes.iter().copied().map(id).collect(),
                grants: HashSet::from([id(role + 100)]),
                ..RoleNode::default()
            };
            graph.put_role(id(*role), node);
        }
        graph
    }

    #[test]
    fn a_role_reaches_what_it_includes_by_the_shortest_way() {
        let graph = graph(&[(1, true, &[2, 3]), (2, true, &[3]), (3, true, &[])]);
        let ways: Vec<Vec<Uuid>> = graph.reach(id(1)).iter().map(|one| one.way.clone()).collect();
        assert_eq!(ways, [vec![id(1)], vec![id(1), id(2)], vec![id(1), id(3)]]);
        assert_eq!(graph.effective(id(1)), BTreeSet::from([id(101), id(102), id(103)]));
        assert!(graph.leads_to(id(1), id(3)) && !graph.leads_to(id(3), id(1)));
    }

    #[test]
    fn what_is_switched_off_is_gone_round_and_cuts_off_what_lies_behind_it() {
        let graph = graph(&[
            (1, true, &[2, 3]),
            (2, false, &[4]),
            (3, true, &[5]),
            (4, true, &[]),
            (5, true, &[4]),
        ]);
        let four = graph
            .reach(id(1))
            .to_vec()
            .into_iter()
            .find(|one| one.way.last() == Some(&id(4)))
            .unwrap();
        assert_eq!(four.way, [id(1), id(3), id(5), id(4)]);
        assert!(four.is_enabled);
        let two = graph
            .reach(id(1))
            .to_vec()
            .into_iter()
            .find(|one| one.way.last() == Some(&id(2)))
            .unwrap();
        assert!(!two.is_enabled);
        assert!(!graph.effective(id(1)).contains(&id(102)));
        assert!(graph.potential(id(1)).contains(&id(102)));
    }

    #[test]
    fn long_ways_are_measured_up_and_down() {
        let graph = graph(&[
            (1, true, &[2]),
            (2, true, &[3, 4]),
            (3, true, &[]),
            (4, true, &[5]),
            (5, true, &[]),
        ]);
        assert_eq!(
            [1, 2, 3, 4, 5].map(|role| graph.longest_way(id(role), 10)),
            [4, 4, 3, 4, 4]
        );
        assert!(graph.longest_way(id(1), 2) > 2);
    }

    #[test]
    fn a_ring_ends() {
        let graph = graph(&[(1, true, &[2]), (2, true, &[1])]);
        assert_eq!(graph.reach(id(1)).len(), 2);
    }
}

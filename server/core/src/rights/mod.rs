//! Who may do what: permissions, roles, projects and users as values, and the one rule that decides. Asks nobody.

mod decide;
mod graph;
mod holder;

pub use decide::{Ask, Policy, Rules, Where};
pub use graph::{Graph, PermissionNode, Reached, RoleNode};
pub use holder::{Held, Holder, Holdings, Membership, ProjectNode, Who};

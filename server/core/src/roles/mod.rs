//! Permissions, roles, who holds them, projects and their members, as staff manages them; and what applications declare.
//! Who may do what is decided elsewhere (`rights`, `access`): here it is only written down.

pub mod assignments;
pub mod catalogue;
mod content;
pub mod ensure;
mod give;
pub mod invite;
mod lists;
pub mod members;
pub mod permissions;
pub mod project_mail;
pub mod projects;
mod refs;
#[expect(
    clippy::module_inception,
    reason = "the room is named after what most of it is about"
)]
pub mod roles;
pub mod why;

pub(crate) use refs::project as project_named;

/// What staff made.
const STAFF: &str = "staff";
/// Sereno's own.
const SERENO: &str = "sereno";

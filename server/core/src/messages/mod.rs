//! Mails as staff sees and repairs them: the history, what became of each attempt, sending anew, addresses that are not
//! written to; mails that other services send; and notifications to devices. Every function takes the `Staff` proof.

mod act;
mod compose;
mod detail;
mod list;
pub mod push;
mod send;
mod suppression;
mod timeline;

pub use act::{cancel, count_stopped, release, release_all, resend, retry, retry_failed};
pub use detail::detail;
pub use list::{kinds, list};
pub use send::{RECIPIENTS_AT_ONCE, RECIPIENTS_MAX, send, test};
pub use suppression::{add as suppress, list as suppressions, remove as unsuppress};
pub use timeline::timeline;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use sereno_types::Id;
use uuid::Uuid;

use crate::context::Sereno;
use crate::entity::project;
use crate::error::{Error, Result};

/// The project with this id or name in addresses.
async fn project_named(sereno: &Sereno, name: &str) -> Result<Option<Uuid>> {
    let matching = match name.parse::<Uuid>() {
        Ok(id) => project::Column::Id.eq(id),
        Err(_) if name.contains('\0') => return Ok(None),
        Err(_) => project::Column::Slug.eq(name),
    };
    let found = project::Entity::find().filter(matching).one(sereno.db.read()).await?;
    Ok(found.map(|project| project.id))
}

fn parse(id: &Id) -> Result<Uuid> {
    id.0.parse().map_err(|_| Error::NotFound)
}

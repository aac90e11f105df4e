//! What staff sees of accounts and does to them. Every function takes the `Staff` proof and begins with the permission
//! it demands.

mod act;
mod events;
mod lineage;
mod list;
mod overview;
mod state;
mod superuser;
mod view;

pub(crate) use act::may_touch;
pub use act::{CreateUser, create_user, send_activation, send_password_reset};
pub(crate) use events::{bound, user_named};
pub use events::{event, event_kinds, events};
pub use list::list;
pub(crate) use list::{joined, matching};
pub use overview::overview;
pub use state::{change, delete, disable, enable, lock, restore, unlock};
pub use superuser::set_superuser;
pub(crate) use view::version_of;
pub use view::{detail, version};

use sereno_types::Id;
use uuid::Uuid;

use crate::error::{Error, Result};

pub(super) fn parse(id: &Id) -> Result<Uuid> {
    id.0.parse().map_err(|_| Error::NotFound)
}

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

pub use act::{cancel, release, release_all, resend, retry, retry_failed};
pub use detail::detail;
pub use list::{kinds, list};
pub use send::{RECIPIENTS_AT_ONCE, RECIPIENTS_MAX, send, test};
pub use suppression::{add as suppress, list as suppressions, remove as unsuppress};
pub use timeline::timeline;

use sereno_types::Id;
use uuid::Uuid;

use crate::error::{Error, Result};

fn parse(id: &Id) -> Result<Uuid> {
    id.0.parse().map_err(|_| Error::NotFound)
}

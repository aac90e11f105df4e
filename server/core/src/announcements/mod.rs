//! Announcements: mails to many, written, tried, set to a moment, sent page by page in the background, made to stand still
//! and ended by staff. What each mail says, and whether it may leave, is the room `notify`. Every function takes the `Staff`
//! proof.

mod act;
mod audience;
mod draft;
mod send;
mod show;

pub use act::{cancel, pause, resume, schedule, test, unschedule};
pub use audience::ADDRESSES_MAX;
pub use draft::{create, delete, save};
pub use send::SendAnnouncement;
pub use show::{detail, list, preview, version};

use sea_orm::sea_query::LockType;
use sea_orm::{EntityTrait, QuerySelect};
use sereno_types::{AnnouncementState, Id};
use uuid::Uuid;

use crate::context::Tx;
use crate::entity::announcement::{Entity, Model};
use crate::error::{Error, Result};
use crate::notify::announcement::about;

fn parse(id: &Id) -> Result<Uuid> {
    id.0.parse().map_err(|_| Error::NotFound)
}

/// Where it stands; what is not known here is over.
fn state(row: &Model) -> AnnouncementState {
    AnnouncementState::from_name(&row.state).unwrap_or(AnnouncementState::Cancelled)
}

/// An announcement, held until the transaction ends.
///
/// # Errors
/// `not_found`.
async fn held(tx: &Tx, id: &Id) -> Result<Model> {
    let found = Entity::find_by_id(parse(id)?)
        .lock(LockType::Update)
        .one(tx.db())
        .await?;
    found.ok_or(Error::NotFound)
}

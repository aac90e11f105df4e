//! Device uuids that are drawn here, for clients that ask for one before anybody is signed in. One says of itself for which
//! account it was drawn, so that nothing needs to be stored, and asking tells nobody whether there is such an account or device.

use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use uuid::{Builder, Uuid};

use super::look_up;
use crate::context::Sereno;
use crate::crypto::constant_time_eq;
use crate::entity::device::{Column, Entity};
use crate::error::Result;
use crate::identifier;

/// Bytes that tell uuids apart; the others prove for whom they were drawn.
const SEED: usize = 8;

/// A uuid for a device of the account that is named, whether or not there is one. For a device that Firebase delivers to it is
/// always the same.
///
/// # Errors
/// When there is no randomness.
pub fn draw(sereno: &Sereno, identifier: &str, firebase_token: Option<&str>) -> Result<Uuid> {
    let canonical = identifier::canonical(identifier);
    let seed = match firebase_token.filter(|token| !token.is_empty()) {
        Some(token) => {
            let parts = [canonical.as_bytes(), token.as_bytes()];
            let mac = sereno.keys.digest.mac("device_uuid.seed", &parts);
            std::array::from_fn(|at| mac[at])
        }
        None => sereno.entropy.bytes::<SEED>()?,
    };
    Ok(made(sereno, &canonical, seed))
}

/// Whether this is the uuid of a device of the account that is named: one that was drawn for it, or that it has. Takes the same
/// steps for accounts that do not exist.
///
/// # Errors
/// When the database is away.
pub async fn is_of(sereno: &Sereno, identifier: &str, uuid: Uuid) -> Result<bool> {
    let canonical = identifier::canonical(identifier);
    let seed = std::array::from_fn(|at| uuid.as_bytes()[at]);
    let again = made(sereno, &canonical, seed);
    let is_drawn = constant_time_eq(again.as_bytes(), uuid.as_bytes());
    let user = look_up::by_identifier(sereno, identifier).await?;
    let theirs = Entity::find()
        // asks the same of an account that does not exist
        .filter(Column::UserId.eq(user.map_or(Uuid::nil(), |user| user.id)))
        .filter(Column::Uuid.eq(uuid));
    let is_theirs = theirs.count(sereno.db.read()).await? > 0;
    Ok(is_drawn || is_theirs)
}

fn made(sereno: &Sereno, canonical: &str, mut seed: [u8; SEED]) -> Uuid {
    // the version stands among the bytes that are proven
    seed[6] = (seed[6] & 0x0f) | 0x40;
    let mac = sereno.keys.digest.mac("device_uuid", &[canonical.as_bytes(), &seed]);
    let bytes = std::array::from_fn(|at| if at < SEED { seed[at] } else { mac[at - SEED] });
    Builder::from_random_bytes(bytes).into_uuid()
}

//! Which key signs for an application.

use sereno_types::{SigningAlgorithm, TokenProfile};
use uuid::Uuid;

use crate::crypto::{SigningKey, SigningKeys};

/// Whether a profile's tokens are signed by a key that serves no other application.
#[must_use]
pub fn is_own(profile: &TokenProfile) -> bool {
    profile.own_key || profile.algorithm == SigningAlgorithm::Hs256
}

/// Whether there is a key that signs this application's tokens.
#[must_use]
pub fn exists(keys: &SigningKeys, application_id: Uuid, profile: &TokenProfile) -> bool {
    of(keys, application_id, profile).is_some()
}

/// The key that signs this application's tokens now.
#[must_use]
pub fn of<'a>(keys: &'a SigningKeys, application_id: Uuid, profile: &TokenProfile) -> Option<&'a SigningKey> {
    keys.active(profile.algorithm, is_own(profile).then_some(application_id))
}

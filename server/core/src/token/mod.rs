//! Tokens of applications: issuing, refreshing, verifying, revoking. A refresh token is opaque and made from its family's
//! id and generation, so that only the generation is stored; an access token is a signed JWT (RFC 9068).

mod claims;
mod inspect;
mod issue;
mod key;
mod opaque;
mod preview;
mod refresh;
mod revoke;
mod rotation;
mod verify;
mod written;

pub use claims::{USER_NAMES, refuse_template};
pub use inspect::{Inspected, inspect, revoke_inspected, stands_for, verify_through};
pub use issue::{ACCESS_TYPE, Grantee, Issued, Tokens, issue, longest_life};
pub use key::{exists as has_key, is_own as has_own_key};
pub use preview::preview;
pub use refresh::{extend, extend_through, is_good, refresh, refresh_through, state_of_owner};
pub use revoke::{
    Presented, application_of, carry_over, owner_of, presented, revoke, revoke_all, revoke_on, revoke_others,
};
pub use verify::{ask_to_verify, authenticate, authenticate_through, authenticate_until, signed_for, verify};

//! Tokens of applications: issuing, refreshing, verifying, revoking. A refresh token is opaque and made from its family's
//! id and generation, so that only the generation is stored; an access token is a signed JWT (RFC 9068).

mod claims;
mod issue;
mod key;
mod opaque;
mod refresh;
mod revoke;
mod verify;

pub use issue::{Grantee, Issued, Tokens, issue};
pub use refresh::{extend, refresh};
pub use revoke::{family_of, revoke, revoke_all};
pub use verify::{authenticate, verify};

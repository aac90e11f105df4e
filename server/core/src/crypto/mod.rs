//! Cryptography: one algorithm, one file. Passwords and short codes ([`password`]), digests of long secrets
//! ([`digest`]), signatures of mails ([`dkim`]), sealing of what must be read again ([`seal`]), signed tokens ([`jwt`], [`signing`]) and the keys of all of
//! them ([`keys`]). Nothing here knows a row, a request or a setting: callers hand in plain values, the moment and the
//! randomness. Primitives come from aws-lc; none is written here.

pub mod digest;
pub mod dkim;
pub mod jwt;
pub mod keys;
pub mod password;
pub mod seal;
pub mod signing;

pub use digest::{DigestKeys, constant_time_eq};
pub use jwt::TokenFault;
pub use keys::{KeyMaker, KeyRing, Pepper, Purpose, RootKey, StoredKey};
pub use password::{Hasher, PasswordParams, Verdict};
pub use seal::SealKeys;
pub use signing::{SigningAlgorithm, SigningKey, SigningKeys};

/// Makes aws-lc the process's provider for TLS. rustls refuses to choose between backends on its own once a dependency
/// switches a second one on. Calling it again does nothing.
pub fn install_provider() {
    // the only failure is that a provider is already installed
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
}

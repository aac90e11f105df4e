//! OAuth 2: registering applications, their keys, and what they may ask about tokens (RFC 7009, RFC 7662).

pub mod admin;
pub mod grammar;
mod introspect;
pub mod managed;
mod profile;
pub mod signing_keys;

pub use introspect::{introspect, revoke, revoke_sign_in};

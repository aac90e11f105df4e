//! The life of an account: sign-up, activation, passwords and addresses, what a user sees of themselves, what
//! staff does to it, and its end.

pub mod activate;
pub mod admin;
pub(crate) mod attempts;
pub mod attributes;
pub mod avatar;
pub(crate) mod claim;
mod create;
pub mod deletion;
pub mod device_uuid;
pub mod devices;
pub mod email;
pub(crate) mod erase;
pub mod export;
pub mod factors;
pub(crate) mod find;
pub(crate) mod look_up;
pub(crate) mod mailbox;
pub mod password;
pub mod preferences;
pub mod profile;
pub(crate) mod reauthenticate;
pub mod register;
pub(crate) mod revocation;
pub mod sessions;
pub mod setup;
pub(crate) mod sign_up;
mod state;
mod typed_code;
pub(crate) mod username;

pub use crate::identifier;
pub use create::{NewUser, Origin, create};

//! The life of an account: sign-up, activation, what a user sees of themselves, what staff does to it.

pub mod activate;
pub mod admin;
mod create;
pub mod identifier;
pub mod password;
pub mod profile;
pub mod register;
pub mod setup;
pub(crate) mod sign_up;

pub use create::{NewUser, Origin, create};

//! What all doors share: the listener, the layers every request passes, and how a refusal is presented. No rule about
//! users, tokens or permissions lives here.

pub mod avatar_form;
pub mod basic;
pub mod body;
pub mod caller;
pub mod cookies;
pub mod cors;
pub mod delivery;
pub mod dialect;
pub mod django;
pub mod form_post;
pub mod headers;
pub mod idempotency;
pub mod json;
pub mod listener;
pub mod message_form;
pub mod meta;
pub mod metrics;
pub mod oauth_form;
pub mod origin;
pub mod policy;
pub mod problem;
pub mod session_store;
pub mod social;
pub mod socket;
pub mod strict;
pub mod unsubscribe;
pub mod version;

//! The core of Sereno: what happens, in which order, in which transaction. It knows no HTTP, no cookies, no HTML; doors
//! parse a request, call one flow here and render its answer.
//!
//! Rooms, lowest floor first; a room uses only rooms below it:
//!
//! 1. [`clock`], [`entropy`], [`error`], [`event`], [`entity`], [`identifier`]: values, rows, addresses and names, and the
//!    two things nobody may take from the air
//! 2. [`config`], [`port`]: settings; what Sereno asks of the world outside
//! 3. [`crypto`], [`net`]: one algorithm each; the one outbound HTTP client
//! 4. [`context`]: `Sereno`, `Tx`, `Actor`, `Staff`, `Job`, the limiter
//! 5. [`access`], [`idempotency`], [`once`]: who may do what; requests that may be sent twice; things that are good for one
//!    use
//! 6. [`notify`], [`device`], [`session`], 7. [`token`]: abilities the flows use
//! 8. [`account`], 9. [`login`], [`live`], [`messages`], [`templates`], 10. [`announcements`], [`social`], [`jobs`]: the flows, and the worker
//! 11. [`boot`]: configuration to context; `testing`: the same for tests

pub mod access;
pub mod account;
pub mod announcements;
pub mod boot;
pub mod clock;
pub mod config;
pub mod context;
pub mod crypto;
pub mod device;
pub mod entity;
pub mod entropy;
pub mod error;
pub mod event;
pub mod file;
pub mod hook;
pub mod idempotency;
pub mod identifier;
pub mod intent;
pub mod jobs;
pub mod live;
pub mod login;
pub mod messages;
pub mod net;
pub mod notify;
pub mod oauth;
pub mod once;
mod paging;
pub mod port;
pub mod push;
pub mod rights;
pub mod roles;
pub mod session;
pub mod social;
pub mod templates;
#[cfg(feature = "testing")]
pub mod testing;
pub mod token;

pub use context::Sereno;
pub use error::{Error, Result};

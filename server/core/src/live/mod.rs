//! Notifications while they happen: a user's own events, told to whoever listens with a good access token. A connection is
//! let in by its token (`admit`), listens at the hub of its process (`hub`), and hears what one feeder reads out of the
//! table of events for all of them (`feed`), so that it makes no difference which node something happened on.

mod admit;
mod feed;
mod hub;

pub use admit::{Admitted, admit};
pub use feed::DELAY;
pub use hub::{Hub, Listening, Place};

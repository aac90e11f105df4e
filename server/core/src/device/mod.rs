//! Devices that people sign in with: what a client says of one, and the row that remembers it. What hangs on a device,
//! sessions and token families, is ended by whoever removes it (`account::devices`).

mod described;
mod notice;
mod remember;

pub use described::{Described, HARDWARE_MAX, NAME_MAX, WORD_MAX, push, text};
pub use remember::{claim_push_tokens, remember, seen};

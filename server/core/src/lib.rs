//! placeholder
pub mod clock;
pub mod crypto;
pub mod entropy;
pub mod error;
pub mod net;
pub use error::{Error, Result};

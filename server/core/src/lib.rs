//! placeholder
pub mod clock;
pub mod crypto;
pub mod entropy;
pub mod error;
pub use error::{Error, Result};

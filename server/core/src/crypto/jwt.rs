//! Signed tokens: one function that writes them ([`sign`]) and one that opens them ([`open`]). Opening means that one of our
//! keys signed exactly this text with the key's own algorithm; of what kind a token is, for whom and until when is asked by
//! whoever expects one ([`require_type`], [`check_times`]), never guessed from the token (RFC 8725 §3.11). Times are checked
//! against the moment that is handed in; the library's own checks, which ask the system's clock, are off.

mod claims;
mod open;
mod sign;
#[cfg(test)]
mod tests;

pub use claims::{check_times, is_for, is_over, number, require_type, text};
pub use open::{Opened, fingerprint, open};
pub use sign::{Form, sign, sign_with_pem, sign_with_rsa_pem};

/// How far two clocks may differ, in seconds.
const LEEWAY: i64 = 5;
/// The same as a span.
pub const LEEWAY_SPAN: std::time::Duration = std::time::Duration::from_secs(LEEWAY.unsigned_abs());

/// Longer tokens are not looked at. Ours have some 600 bytes; with many permissions, some thousands.
pub const MAX_LENGTH: usize = 8 * 1024;

/// Why a token is not good. For logs and tests: a caller outside learns only that it is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// Not a JWT, too long, a header or claim missing or of the wrong type.
    #[error("malformed")]
    Malformed,
    /// The `kid` names no key of ours.
    #[error("unknown key")]
    UnknownKey,
    /// The signature is not by this key with its algorithm.
    #[error("bad signature")]
    BadSignature,
    /// A signed token of another kind.
    #[error("wrong type")]
    WrongType,
    /// Issued by somebody else.
    #[error("wrong issuer")]
    WrongIssuer,
    /// Meant for somebody else.
    #[error("wrong audience")]
    WrongAudience,
    /// Issued or valid from later than now.
    #[error("not yet valid")]
    NotYetValid,
    /// No longer valid.
    #[error("expired")]
    Expired,
}

//! The ring of signing keys.

use serde::{Deserialize, Serialize};

use crate::names::names;
use crate::{Id, Secret, Timestamp};

names! {
    /// With what tokens are signed (RFC 7518 §3.1, RFC 8037).
    SigningAlgorithm {
        /// Ed25519.
        #[default]
        EdDsa = "EdDSA";
        /// ECDSA with P-256 and SHA-256.
        Es256 = "ES256";
        /// RSA PKCS#1 v1.5 with SHA-256, 2048 bits.
        Rs256 = "RS256";
        /// HMAC with SHA-256, under a key that the application shares; confidential applications only.
        Hs256 = "HS256";
    }
}

names! {
    /// Where a signing key stands in its life.
    SigningKeyState {
        /// Published, so that everybody knows it before it signs.
        #[default]
        Waiting = "waiting";
        /// Signs, and verifies.
        Active = "active";
        /// Verifies what it signed.
        Retired = "retired";
    }
}

/// A signing key; never its private half.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SigningKeyRow {
    /// Its id.
    pub id: Id,
    /// What the header of a token calls it.
    pub kid: String,
    /// With what it signs.
    pub algorithm: SigningAlgorithm,
    /// Where it stands in its life.
    pub state: SigningKeyState,
    /// The one application it serves; nothing: every one.
    pub application_id: Option<Id>,
    /// That application's name on the wire, while it works.
    pub client_id: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it began to sign.
    pub activated_at: Option<Timestamp>,
    /// When it stopped signing.
    pub retired_at: Option<Timestamp>,
}

/// Which signing keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct SigningKeyQuery {
    /// Search in `kid`, id and the application's `client_id`.
    #[cfg_attr(feature = "openapi", param(max_length = 200))]
    pub q: Option<String>,
    /// Only keys in this state.
    #[cfg_attr(feature = "openapi", param(inline))]
    pub state: Option<SigningKeyState>,
    /// Only keys of this algorithm.
    #[cfg_attr(feature = "openapi", param(inline))]
    pub algorithm: Option<SigningAlgorithm>,
    /// Rows per page, 1 to 200; 50 when absent.
    #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 200))]
    pub limit: Option<u64>,
    /// Where to continue, from an earlier answer.
    #[cfg_attr(feature = "openapi", param(max_length = 1000))]
    pub cursor: Option<String>,
}

/// Makes a signing key.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateSigningKey {
    /// With what it signs.
    #[serde(default)]
    pub algorithm: SigningAlgorithm,
    /// The one application it serves; `HS256` needs one.
    pub client_id: Option<String>,
    /// For `HS256`: the key that the application shares already, at least 32 bytes; drawn when nothing is said.
    pub secret: Option<Secret>,
}

/// A signing key that was just made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewSigningKey {
    /// The key.
    pub key: SigningKeyRow,
    /// The shared key, where one was drawn: the only time it is shown.
    pub secret: Option<String>,
}

impl std::fmt::Debug for NewSigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewSigningKey")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

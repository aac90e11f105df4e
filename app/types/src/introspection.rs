//! What applications ask about tokens (RFC 7662, RFC 7009).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Secret;

/// Asks about a token (RFC 7662 §2.1).
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Introspect {
    /// The token.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub token: Secret,
    /// What the caller thinks it is; not needed.
    pub token_type_hint: Option<String>,
    /// The application, where it does not prove itself by HTTP Basic.
    pub client_id: Option<String>,
    /// Its secret.
    pub client_secret: Option<Secret>,
}

/// What a token is good for (RFC 7662 §2.2); a token that is good for nothing is `active: false` and nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Introspection {
    /// Whether it is good right now.
    pub active: bool,
    /// Through which application it was issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The user name of whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// `Bearer` or `refresh_token`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_type: Option<String>,
    /// When it ends, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    /// When it was issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
    /// Not good before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// Whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// For whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aud: Option<Vec<String>>,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
    /// Its family.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Whatever else it says: the other standard claims and the application's own. An opaque token says what it would say
    /// if it were a JWT that was issued now.
    #[serde(flatten)]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub claims: Map<String, Value>,
}

/// Revokes a token (RFC 7009 §2.1).
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RevokeToken {
    /// The token.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub token: Secret,
    /// What the caller thinks it is; not needed.
    pub token_type_hint: Option<String>,
    /// The application, where it does not prove itself by HTTP Basic.
    pub client_id: Option<String>,
    /// Its secret.
    pub client_secret: Option<Secret>,
}

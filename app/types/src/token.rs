//! Refreshing and checking tokens, what an access token says, and the keys it is checked with.

use serde::{Deserialize, Serialize};

use crate::{Code, Id, Secret, Timestamp};

/// `POST /api/v1/token/refresh`.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// The latest refresh token of its family.
    #[serde(default)]
    pub refresh_token: Secret,
    /// The application the token was issued to; the built-in first-party application when absent.
    pub client_id: Option<String>,
    /// The secret of a confidential application.
    pub client_secret: Option<Secret>,
}

/// A fresh pair of tokens.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenAnswer {
    /// The access token: a signed JWT (RFC 9068) or opaque, as the application's profile says. Not in the body where it is
    /// delivered in a cookie.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token: Option<String>,
    /// The refresh token; not in the body where it is delivered in a cookie.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// `Bearer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_type: Option<String>,
    /// Seconds the access token is good; nothing where it has no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u64>,
    /// The key, where the delivery is one; it is sent like an access token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What must be sent as `X-CSRF-Token` with every change, where cookies speak for the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csrf_token: Option<String>,
}

impl std::fmt::Debug for TokenAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenAnswer")
            .field("expires_in", &self.expires_in)
            .finish_non_exhaustive()
    }
}

/// `POST /api/v1/token/verify`.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct VerifyToken {
    /// An access token.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub token: Secret,
}

/// Whether a token is good right now, and why not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VerifyTokenAnswer {
    /// Whether the token is good.
    pub active: bool,
    /// Why it is not: `token_expired`, `token_revoked`; `invalid_token` for whatever is not an access token of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// Through which application it was issued: whoever takes tokens of one alone must look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// For whom it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aud: Option<Vec<String>>,
    /// Whose token it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<Id>,
    /// Until when it is good; nothing where it has no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// A field's own words beside an untagged choice come out as a contradiction (`allOf` with `type: object`).
#[cfg(feature = "openapi")]
fn one_or_many() -> utoipa::openapi::schema::Schema {
    use utoipa::openapi::schema::{Array, Object, OneOfBuilder, Type};
    let text = || Object::with_type(Type::String);
    OneOfBuilder::new()
        .description(Some(
            "Audience: the public URL, or what the application's profile says; one as a text, several as a list.",
        ))
        .item(text())
        .item(Array::new(text()))
        .build()
        .into()
}

/// For whom a token is (RFC 7519 §4.1.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

/// What an access token says (RFC 9068 §2.2, and three claims of ours). Times are whole seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccessClaims {
    /// Issuer: the public URL.
    pub iss: String,
    /// Subject: the user's id.
    pub sub: String,
    /// Audience: the public URL, or what the application's profile says; one as a text, several as a list.
    #[cfg_attr(feature = "openapi", schema(schema_with = one_or_many))]
    pub aud: Audience,
    /// Not good from this moment on.
    pub exp: i64,
    /// When it was issued.
    pub iat: i64,
    /// Not good before; ours have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// Unique id of the token.
    pub jti: String,
    /// The application it was issued to.
    pub client_id: String,
    /// Id of the token family it descends from.
    pub sid: String,
    /// When the user proved who they are.
    pub auth_time: i64,
    /// The user's credential epoch at that time; a raised epoch ends the token at every sensitive call.
    pub epoch: i64,
    /// How the user proved it (RFC 8176).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amr: Option<Vec<String>>,
    /// What the application may do, separated by spaces (RFC 8693 §4.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

/// The public keys (RFC 7517 §5). A client keeps them for as long as `Cache-Control` says, and asks again when a token
/// names a `kid` it does not know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeySet {
    /// Every key that tokens may still be signed with.
    pub keys: Vec<PublicKey>,
}

/// One public key (RFC 7517 §4, RFC 7518 §6, RFC 8037 §2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PublicKey {
    /// The kind of key: `OKP`, `EC` or `RSA`.
    pub kty: String,
    /// The curve: `Ed25519` or `P-256`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crv: Option<String>,
    /// The key, or the first coordinate of its point, base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    /// The second coordinate, base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
    /// The modulus of an RSA key, base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n: Option<String>,
    /// The exponent of an RSA key, base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub e: Option<String>,
    /// The name by which a token's header refers to it.
    pub kid: String,
    /// The one algorithm it is used with.
    pub alg: String,
    /// Always `sig`.
    #[serde(rename = "use")]
    pub purpose: String,
}

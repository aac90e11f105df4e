//! What a user sees of themselves.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Id, Timestamp};

/// `GET /api/v1/me`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Me {
    /// The user's id.
    pub id: Id,
    /// The user's stable number.
    pub number: i64,
    /// The primary address, if there is one.
    pub email: Option<String>,
    /// Whether the primary address has been confirmed.
    pub email_verified: bool,
    /// The user name, if there is one.
    pub username: Option<String>,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// The address of the user's picture (OpenID Connect Core 1.0 §5.1), if there is one.
    pub picture: Option<String>,
    /// The language the user chose, as a BCP 47 tag.
    pub locale: Option<String>,
    /// What applications remember of the user.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub attributes: Map<String, Value>,
    /// When the account was made.
    pub created_at: Timestamp,
}

/// A kind of way to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FactorKind {
    /// A password.
    Password,
    /// A code or link by mail.
    MailedCode,
    /// An account at a provider.
    Identity,
}

/// A way to sign in that an account has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Factor {
    /// Of which kind.
    pub kind: FactorKind,
    /// The address that is mailed to, or the provider's name.
    pub name: Option<String>,
    /// The identity, as `/api/v1/me/identities` calls it.
    pub id: Option<Id>,
    /// Whether it works now: a provider may be switched off.
    pub is_usable: bool,
}

/// `GET /api/v1/me/factors`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Factors {
    /// Each by itself is enough to sign in; identities in the order in which they were connected, at most the first 200.
    pub factors: Vec<Factor>,
}

//! Inviting somebody by their address.

use serde::{Deserialize, Serialize};

use crate::{Id, Timestamp};

/// `POST /api/v1/admin/invitations`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Invite {
    /// The address of whom it goes to.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required = true, max_length = 254))]
    pub email: String,
    /// The user name of a new account; an account that there is keeps what it has, here and below.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 150))]
    pub username: Option<String>,
    /// Given name.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 150))]
    pub first_name: Option<String>,
    /// Family name.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 150))]
    pub last_name: Option<String>,
    /// The language, as a BCP 47 tag; the mail is in it.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 35, example = "de"))]
    pub locale: Option<String>,
    /// A role to have (its id): in the project, or everywhere without one.
    #[serde(default)]
    pub role: Option<Id>,
    /// A project to become a member of (id or name in addresses).
    #[serde(default)]
    pub project: Option<String>,
    /// When the role ends; never when absent.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}

/// The answer to an invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Invited {
    /// The user.
    pub id: Id,
    /// Whether the account was made for it.
    pub is_new: bool,
    /// The mail, in the history.
    pub message_id: Id,
}

//! Sign-up and activation.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Id, Secret, UserState};

/// `POST /api/v1/registrations`.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// The address that will be confirmed by mail.
    #[serde(default)]
    #[cfg_attr(
        feature = "openapi",
        schema(required = true, example = "ana@example.org", min_length = 3, max_length = 254)
    )]
    pub email: String,
    /// At least eight characters, not common, not numeric, not similar to the rest.
    #[serde(default)]
    #[cfg_attr(
        feature = "openapi",
        schema(required = true, example = "wheelbarrow at dawn", min_length = 8, max_length = 128)
    )]
    pub password: Secret,
    /// A second name to sign in with; letters, digits and `.`, `_`, `-`, `+`.
    #[cfg_attr(feature = "openapi", schema(example = "ana", max_length = 150))]
    pub username: Option<String>,
    /// What the application wants to remember of the user: an object of at most 8 KiB.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Object, required = false))]
    pub attributes: Map<String, Value>,
}

/// The answer to a sign-up: equal for a new and for a taken address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Registered {
    /// What a new account is: `pending` until its address is confirmed, or `active` where the operator does not ask for that.
    pub state: UserState,
}

/// `POST /api/v1/registrations/activate`: either the token of the link, or address and code from the same mail.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Activate {
    /// The token of the link.
    pub token: Option<Secret>,
    /// The address the mail went to, with `code`.
    #[cfg_attr(feature = "openapi", schema(max_length = 254))]
    pub email: Option<String>,
    /// The code from the newest mail; spaces and dashes are ignored.
    pub code: Option<Secret>,
    /// A password to sign in with from now on, for an account that staff made and that has none.
    #[serde(default)]
    pub password: Option<Secret>,
}

/// The answer to an activation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Activated {
    /// The user.
    pub id: Id,
    /// `active` from now on.
    pub state: UserState,
}

/// `POST /api/v1/registrations/resend`.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ResendActivation {
    /// The address that was given at sign-up.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required = true, max_length = 254))]
    pub email: String,
}

/// The answer to a request for another activation mail: equal whether or not the address is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SendActivationAnswer {
    /// Always `pending`.
    pub state: UserState,
}

/// `POST /api/v1/password-policy/check`.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CheckPassword {
    /// The password to judge.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub password: Secret,
    /// The address it must not resemble.
    #[cfg_attr(feature = "openapi", schema(max_length = 254))]
    pub email: Option<String>,
    /// The user name it must not resemble.
    #[cfg_attr(feature = "openapi", schema(max_length = 150))]
    pub username: Option<String>,
    /// The first name it must not resemble.
    #[cfg_attr(feature = "openapi", schema(max_length = 150))]
    pub first_name: Option<String>,
    /// The last name it must not resemble.
    #[cfg_attr(feature = "openapi", schema(max_length = 150))]
    pub last_name: Option<String>,
    /// Attributes, whose texts it must not resemble.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub attributes: Map<String, Value>,
}

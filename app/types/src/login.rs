//! Sign-in and sign-out.

use serde::{Deserialize, Serialize};

use crate::{DeviceHint, Id, Me, Secret, TokenAnswer};

/// `POST /api/v1/login`.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// E-mail address or user name.
    #[serde(default)]
    #[cfg_attr(
        feature = "openapi",
        schema(required = true, example = "ana@example.org", max_length = 254)
    )]
    pub identifier: String,
    /// The password.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required = true, example = "wheelbarrow at dawn"))]
    pub password: Secret,
    /// The application; the built-in first-party application when absent.
    pub client_id: Option<String>,
    /// The secret of a confidential application.
    pub client_secret: Option<Secret>,
    /// The device that somebody signs in with. What the sign-in brings hangs on it, and ends when it is removed.
    pub device: Option<DeviceHint>,
}

/// Tokens and the user they stand for.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LoginAnswer {
    /// What the application's delivery puts into the body.
    #[serde(flatten)]
    pub tokens: TokenAnswer,
    /// Who signed in.
    pub user: Me,
    /// The device, if one was named: its id here, for `logout` and for `/api/v1/me/devices`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_id: Option<Id>,
    /// What names that installation; to be sent as `device.uuid` at the next sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(format = "uuid"))]
    pub device_uuid: Option<String>,
}

impl std::fmt::Debug for LoginAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoginAnswer")
            .field("tokens", &self.tokens)
            .field("user", &self.user.id)
            .finish_non_exhaustive()
    }
}

/// `POST /api/v1/logout`.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Logout {
    /// The application whose cookies are meant; the first-party application when absent.
    pub client_id: Option<String>,
    /// The refresh token whose family ends. Without it the bearer's own family, or the session of the cookie, ends.
    pub refresh_token: Option<Secret>,
    /// The device to remove, by the `device_id` that the sign-in answered: everything that hangs on it ends too. One that
    /// is unknown or somebody else's is passed over.
    pub device_id: Option<Id>,
}

//! Sign-in and sign-out.

use serde::{Deserialize, Serialize};

use crate::{Me, Secret, TokenAnswer};

/// What a client says of the device it runs on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DeviceHint {
    /// A name the user will recognise.
    #[cfg_attr(feature = "openapi", schema(max_length = 100))]
    pub name: Option<String>,
}

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
    /// The device, for the list of sign-ins.
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
}

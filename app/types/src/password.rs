//! The life of a password, and of the address by which it is recovered.

use serde::Deserialize;

use crate::Secret;

/// `POST /api/v1/password/forgot`.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ForgotPassword {
    /// E-mail address or user name.
    #[serde(default)]
    #[cfg_attr(
        feature = "openapi",
        schema(required = true, example = "ana@example.org", max_length = 254)
    )]
    pub identifier: String,
}

/// `POST /api/v1/password/reset`: either the token of the link, or identifier and code from the same mail.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ResetPassword {
    /// The token of the link.
    pub token: Option<Secret>,
    /// Address or user name, as the mail was asked for, with `code`.
    #[cfg_attr(feature = "openapi", schema(max_length = 254))]
    pub identifier: Option<String>,
    /// The code from the newest mail; spaces and dashes are ignored.
    pub code: Option<Secret>,
    /// The new password.
    #[serde(default)]
    #[cfg_attr(
        feature = "openapi",
        schema(required = true, example = "wheelbarrow at dawn", min_length = 8, max_length = 128)
    )]
    pub password: Secret,
}

/// `POST /api/v1/password/change`.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// The present password. May be left out where the server does not ask for it, and by users who have none; a sign-in
    /// within the last five minutes takes its place then.
    #[serde(default)]
    pub old_password: Secret,
    /// The new password; another one than the present.
    #[serde(default)]
    #[cfg_attr(
        feature = "openapi",
        schema(required = true, example = "lanterns in the rain", min_length = 8, max_length = 128)
    )]
    pub new_password: Secret,
}

/// `POST /api/v1/me/email`.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangeEmail {
    /// The new address.
    #[serde(default)]
    #[cfg_attr(
        feature = "openapi",
        schema(required = true, example = "ana@example.net", min_length = 3, max_length = 254)
    )]
    pub email: String,
    /// The password; needed when the user signed in more than five minutes ago.
    pub password: Option<Secret>,
}

/// `POST /api/v1/me/email/confirm`: either the token of the link, or, signed in, the code from the same mail.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ConfirmEmail {
    /// The token of the link.
    pub token: Option<Secret>,
    /// The code from the newest mail; spaces and dashes are ignored.
    pub code: Option<Secret>,
}

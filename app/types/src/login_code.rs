//! Sign-in by a code or link that is mailed.

use serde::{Deserialize, Serialize};

use crate::{DeviceHint, Id, Secret};

/// `POST /api/v1/otp`.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AskLoginCode {
    /// E-mail address or user name.
    #[serde(default)]
    #[cfg_attr(
        feature = "openapi",
        schema(required = true, example = "ana@example.org", max_length = 254)
    )]
    pub identifier: String,
    /// The device that somebody wants to sign in with. The code is then heard only together with the `device_id` of the
    /// answer, and nothing is remembered of the device before.
    pub device: Option<DeviceHint>,
    /// The application that the code is to be good for; any where none is named.
    pub client_id: Option<String>,
    /// The secret of a confidential application.
    pub client_secret: Option<Secret>,
}

/// The answer to a request for a code: of the same kind whether or not there is such an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LoginCodeAsked {
    /// The handle of this request, to be sent along with the code. Not yet the id of a device: that one is answered by the
    /// sign-in.
    pub device_id: Id,
}

/// `POST /api/v1/otp/verify`: either the token of the link, or the code from the same mail.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct VerifyLoginCode {
    /// What the code was asked for with; may be left out where `device_id` is sent.
    #[cfg_attr(feature = "openapi", schema(example = "ana@example.org", max_length = 254))]
    pub identifier: Option<String>,
    /// The code; spaces, dashes and case do not matter.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, example = "123 456", max_length = 64))]
    pub code: Option<Secret>,
    /// What the request for the code answered; needed where it described a device.
    pub device_id: Option<Id>,
    /// The token of the link, instead of a code.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub token: Option<Secret>,
    /// The application; the built-in first-party application when absent.
    pub client_id: Option<String>,
    /// The secret of a confidential application.
    pub client_secret: Option<Secret>,
}

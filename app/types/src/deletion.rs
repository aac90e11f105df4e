//! The end of an account.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Secret, Timestamp};

/// How accounts are deleted on this server, for the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletionTerms {
    /// Whether users may have it done.
    pub enabled: bool,
    /// Days between the wish and the end.
    pub grace_days: u64,
    /// What the operator adds.
    pub page_text: String,
    /// Whether it is known whose account is meant.
    pub signed_in: bool,
    /// Whether that account has no confirmed address: the password, or a sign-in just now, proves the wish.
    pub without_mail: bool,
}

/// `POST /api/v1/me/deletion`.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RequestDeletion {
    /// The address or user name of the account; not needed where the caller's own is meant.
    #[cfg_attr(feature = "openapi", schema(max_length = 254))]
    pub identifier: Option<String>,
    /// The password of a caller who has no confirmed address; without it a sign-in within the last five minutes will do. Not
    /// looked at otherwise.
    pub password: Option<Secret>,
}

/// `POST /api/v1/me/deletion/confirm`: the token of the mail's link, or its code with the address it went to.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ConfirmDeletion {
    /// The token of the link.
    pub token: Option<Secret>,
    /// The address that the mail went to.
    #[cfg_attr(feature = "openapi", schema(max_length = 254))]
    pub email: Option<String>,
    /// The code of the mail; spaces and dashes do not matter.
    pub code: Option<Secret>,
}

/// The account is closed, and when it is deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeletionScheduled {
    /// When everything is deleted. Until then the account can be kept.
    pub delete_at: Timestamp,
}

/// `POST /api/v1/me/deletion/cancel`.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CancelDeletion {
    /// The token of the link in the mail that told of the end.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub token: Secret,
}

/// `GET /api/v1/me/export`: everything that is kept of a user, but for secrets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DataExport {
    /// When it was put together.
    pub exported_at: Timestamp,
    /// The account: names, state, language, attributes.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub account: Value,
    /// Addresses, confirmed or not.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Object>))]
    pub emails: Vec<Value>,
    /// Roles, in which project if not everywhere.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Object>))]
    pub roles: Vec<Value>,
    /// Projects that the user belongs to or owns.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Object>))]
    pub projects: Vec<Value>,
    /// Browser sessions, as long as they are kept.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Object>))]
    pub sessions: Vec<Value>,
    /// Sign-ins of applications, as long as they are kept.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Object>))]
    pub token_families: Vec<Value>,
    /// Devices. Of push tokens the last four characters.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Object>))]
    pub devices: Vec<Value>,
    /// Accounts at providers that the user signs in by.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Object>))]
    pub identities: Vec<Value>,
    /// Changes of the profile.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Object>))]
    pub changes: Vec<Value>,
    /// Sign-ups whose address nobody has confirmed yet.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Object>))]
    pub sign_ups: Vec<Value>,
    /// Codes to sign in with that were asked for, without the codes, for a day.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Object>))]
    pub login_codes: Vec<Value>,
    /// Links and codes of mails, without what opens anything.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Object>))]
    pub links: Vec<Value>,
    /// Mails, without what they said.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Object>))]
    pub mails: Vec<Value>,
    /// Notifications to devices.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Object>))]
    pub notifications: Vec<Value>,
    /// Confirmed addresses of the user that are not written to, and why.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Object>))]
    pub suppressions: Vec<Value>,
    /// Announcements that were made for a list which names a confirmed address of the user.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Object>))]
    pub announcement_lists: Vec<Value>,
    /// Files: the picture.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Object>))]
    pub files: Vec<Value>,
    /// What happened to the account and what its user did, as long as it is kept.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Object>))]
    pub events: Vec<Value>,
}

//! Devices: what a client says of the one it runs on, and how they are listed and changed.

use serde::{Deserialize, Serialize};

use crate::profile::said;
use crate::{Id, Page, Secret, SessionRow, SessionUser, Timestamp};

/// What a client says of the device it runs on. What is not said, or empty, stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DeviceHint {
    /// What names this installation, for as long as it lives: the client draws it once and sends it at every sign-in.
    /// Where it is missing and anything else is said, one is drawn here and answered as `device_uuid`.
    #[cfg_attr(feature = "openapi", schema(format = "uuid"))]
    pub uuid: Option<String>,
    /// A name the user will recognise.
    #[cfg_attr(feature = "openapi", schema(max_length = 100))]
    pub name: Option<String>,
    /// What kind of device it is, in the client's own words.
    #[cfg_attr(feature = "openapi", schema(max_length = 50, example = "phone"))]
    pub device_type: Option<String>,
    /// The operating system.
    #[cfg_attr(feature = "openapi", schema(max_length = 50, example = "Android"))]
    pub os: Option<String>,
    /// Its version.
    #[cfg_attr(feature = "openapi", schema(max_length = 50))]
    pub os_version: Option<String>,
    /// The version of the application.
    #[cfg_attr(feature = "openapi", schema(max_length = 50))]
    pub app_version: Option<String>,
    /// The hardware's own id. Not to be taken for the `device_id` of answers and of `logout`, which is ours.
    #[cfg_attr(feature = "openapi", schema(max_length = 200))]
    pub device_id: Option<String>,
    /// Where the maker's push service delivers to.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 1000))]
    pub device_token: Option<Secret>,
    /// Where Firebase delivers to.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 1000))]
    pub firebase_token: Option<Secret>,
}

/// Changes one's own device; what is not said stays, null or an empty text takes away (RFC 7396).
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UpdateDevice {
    /// The name.
    #[serde(default, deserialize_with = "said")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 100))]
    pub name: Option<Option<String>>,
    /// What kind of device it is.
    #[serde(default, deserialize_with = "said")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 50))]
    pub device_type: Option<Option<String>>,
    /// The operating system.
    #[serde(default, deserialize_with = "said")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 50))]
    pub os: Option<Option<String>>,
    /// Its version.
    #[serde(default, deserialize_with = "said")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 50))]
    pub os_version: Option<Option<String>>,
    /// The version of the application.
    #[serde(default, deserialize_with = "said")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 50))]
    pub app_version: Option<Option<String>>,
    /// The hardware's own id.
    #[serde(default, deserialize_with = "said")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 200))]
    pub device_id: Option<Option<String>>,
    /// Where the maker's push service delivers to.
    #[serde(default, deserialize_with = "said")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 1000))]
    pub device_token: Option<Option<Secret>>,
    /// Where Firebase delivers to.
    #[serde(default, deserialize_with = "said")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 1000))]
    pub firebase_token: Option<Option<Secret>>,
}

/// Changes anybody's device: staff gives it another name, and nothing else.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RenameDevice {
    /// The name; null or an empty text takes it away.
    #[serde(default, deserialize_with = "said")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 100))]
    pub name: Option<Option<String>>,
}

/// A device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeviceRow {
    /// Its id: ours, the `device_id` of a sign-in's answer and of `logout`.
    pub id: Id,
    /// What the client calls the installation.
    #[cfg_attr(feature = "openapi", schema(format = "uuid"))]
    pub uuid: String,
    /// The name for people.
    pub name: Option<String>,
    /// What kind of device it is, in the client's own words.
    pub device_type: Option<String>,
    /// The operating system.
    pub os: Option<String>,
    /// Its version.
    pub os_version: Option<String>,
    /// The version of the application.
    pub app_version: Option<String>,
    /// The hardware's own id.
    pub device_id: Option<String>,
    /// The end of the token of the maker's push service; the rest is not shown.
    pub device_token: Option<String>,
    /// The end of Firebase's token; the rest is not shown.
    pub firebase_token: Option<String>,
    /// The client's address when it was last seen.
    pub address: Option<String>,
    /// The `User-Agent` of the latest sign-in.
    pub user_agent: Option<String>,
    /// When it was first seen.
    pub created_at: Timestamp,
    /// When it was last seen, within an hour.
    pub last_seen_at: Timestamp,
    /// Whether it is the one that asks.
    pub is_current: bool,
    /// Whose it is; only staff is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<SessionUser>,
}

/// A device and what hangs on it, for staff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeviceDetail {
    /// The device.
    #[serde(flatten)]
    pub device: DeviceRow,
    /// Its sign-ins that still work, page by page, newest first; only for who may see sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sessions: Option<Page<SessionRow>>,
}

/// Which devices, for staff.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct DeviceQuery {
    /// A part of the device's name, of its operating system, or of its user's address or user name; or a whole id or UUID.
    #[cfg_attr(feature = "openapi", param(max_length = 200))]
    pub q: Option<String>,
    /// Only those of this user: an id, a number, an address or a user name.
    #[cfg_attr(feature = "openapi", param(max_length = 254))]
    pub user: Option<String>,
    /// How many rows, 50 when nothing is said.
    #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 200))]
    pub limit: Option<u64>,
    /// Where to continue, from an earlier answer.
    #[cfg_attr(feature = "openapi", param(max_length = 1000))]
    pub cursor: Option<String>,
}

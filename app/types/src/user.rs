//! Users as staff see them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::names::names;
use crate::{Code, Id, Timestamp};

/// The life of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum UserState {
    /// Signed up, address not confirmed.
    Pending,
    /// May sign in.
    Active,
    /// Locked by staff; can be unlocked.
    Locked,
    /// Switched off for good, kept for the record.
    Disabled,
    /// Deletion was asked for and is under way.
    Deleting,
}

impl UserState {
    /// Every state, in the order of an account's life.
    pub const ALL: &'static [Self] = &[
        Self::Pending,
        Self::Active,
        Self::Locked,
        Self::Disabled,
        Self::Deleting,
    ];

    /// The name that is stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Locked => "locked",
            Self::Disabled => "disabled",
            Self::Deleting => "deleting",
        }
    }

    /// The state with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.as_str() == name)
    }
}

names! {
    /// What staff does to the state of an account.
    StateChange {
        /// Locked until somebody unlocks it.
        #[default]
        Lock = "lock";
        /// Unlocked.
        Unlock = "unlock";
        /// Switched off for good, kept for the record.
        Disable = "disable";
        /// Switched on again.
        Enable = "enable";
        /// Closed, and deleted when the time to change one's mind is over.
        Delete = "delete";
        /// Kept, while it waits to be deleted.
        Restore = "restore";
    }
}

/// How a list of users is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum UserSort {
    /// Newest first.
    #[default]
    #[serde(rename = "-created_at")]
    Newest,
    /// Oldest first.
    #[serde(rename = "created_at")]
    Oldest,
    /// By address, A to Z; users without one come first.
    #[serde(rename = "email")]
    Email,
    /// By address, Z to A.
    #[serde(rename = "-email")]
    EmailDescending,
    /// Latest sign-in first.
    #[serde(rename = "-last_login_at")]
    LastLogin,
    /// Longest without a sign-in first; users who never signed in come first.
    #[serde(rename = "last_login_at")]
    LastLoginAscending,
}

impl UserSort {
    /// Every order.
    pub const ALL: &'static [Self] = &[
        Self::Newest,
        Self::Oldest,
        Self::Email,
        Self::EmailDescending,
        Self::LastLogin,
        Self::LastLoginAscending,
    ];

    /// The name on the wire and in the URL; a leading `-` means descending.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Newest => "-created_at",
            Self::Oldest => "created_at",
            Self::Email => "email",
            Self::EmailDescending => "-email",
            Self::LastLogin => "-last_login_at",
            Self::LastLoginAscending => "last_login_at",
        }
    }

    /// The order with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|sort| sort.as_str() == name)
    }
}

/// `GET /api/v1/admin/users`, and the console's list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct UserQuery {
    /// Search in address, user name, names and number.
    #[cfg_attr(feature = "openapi", param(max_length = 200))]
    pub q: Option<String>,
    /// Only accounts in this state.
    #[cfg_attr(feature = "openapi", param(inline))]
    pub state: Option<UserState>,
    /// Only administrators (`true`), or only others (`false`).
    pub superuser: Option<bool>,
    /// The order.
    #[cfg_attr(feature = "openapi", param(inline))]
    pub sort: Option<UserSort>,
    /// Rows per page, 1 to 200; 50 when absent.
    #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 200))]
    pub limit: Option<u64>,
    /// Where to continue, from an earlier answer.
    #[cfg_attr(feature = "openapi", param(max_length = 1000))]
    pub cursor: Option<String>,
}

/// One row of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserRow {
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
    /// The state of the account.
    pub state: UserState,
    /// Whether the user may do everything.
    pub is_superuser: bool,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When the user last signed in.
    pub last_login_at: Option<Timestamp>,
}

/// One address of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserEmail {
    /// The address as it was written.
    pub address: String,
    /// When it was confirmed.
    pub verified_at: Option<Timestamp>,
    /// Whether mails go here.
    pub is_primary: bool,
}

/// Something that happened to a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserEvent {
    /// The event's id.
    pub id: Id,
    /// When it happened.
    pub at: Timestamp,
    /// What happened, for example `login_failed`.
    pub name: String,
    /// Why it was refused, if it was.
    pub code: Option<Code>,
    /// The client's address.
    pub address: Option<String>,
    /// Finds the request in the log.
    pub request_id: Option<String>,
}

/// `GET /api/v1/admin/users/{id}`, and the console's page of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserDetail {
    /// The user's id.
    pub id: Id,
    /// The user's stable number.
    pub number: i64,
    /// The user name, if there is one.
    pub username: Option<String>,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// The state of the account.
    pub state: UserState,
    /// Whether the user may do everything.
    pub is_superuser: bool,
    /// Whether a password is set.
    pub has_password: bool,
    /// The address of the user's picture, if there is one.
    pub picture: Option<String>,
    /// The language the user chose, as a BCP 47 tag.
    pub locale: Option<String>,
    /// Every address.
    pub emails: Vec<UserEmail>,
    /// What applications remember of the user.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub attributes: Map<String, Value>,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When the account was last changed.
    pub updated_at: Timestamp,
    /// When the user last signed in.
    pub last_login_at: Option<Timestamp>,
    /// When the account is deleted, while it is `deleting`.
    pub delete_at: Option<Timestamp>,
    /// What the account is again where it is kept, while it is `deleting`.
    pub closed_from: Option<UserState>,
    /// Browser sessions that are open right now.
    pub open_sessions: u64,
    /// Token families that are good right now.
    pub open_grants: u64,
    /// The latest events, newest first, at most 20.
    pub events: Vec<UserEvent>,
}

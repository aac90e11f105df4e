//! What only the console asks for.

use serde::{Deserialize, Serialize};

use crate::{Id, Permission, Secret};

/// The first administrator, made through the set-up link.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetUp {
    /// The token of the set-up link.
    #[serde(default)]
    pub token: Secret,
    /// The administrator's address.
    #[serde(default)]
    pub email: String,
    /// The administrator's password.
    #[serde(default)]
    pub password: Secret,
}

/// Who is signed in to the console.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffProfile {
    /// The user's id.
    pub id: Id,
    /// How the user is called: user name, else address, else number.
    pub name: String,
    /// What the user may do; everything for a superuser.
    pub permissions: Vec<Permission>,
    /// Whether this is an administrator, who may make others one.
    #[serde(default)]
    pub is_superuser: bool,
    /// Whether fixed codes can be used right now in the place of mailed ones.
    #[serde(default)]
    pub has_fixed_codes: bool,
}

/// The figures of the overview.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Overview {
    /// All accounts.
    pub users: u64,
    /// Accounts that may sign in.
    pub active_users: u64,
    /// Accounts whose address is not confirmed yet.
    pub pending_users: u64,
    /// Accounts locked by staff.
    pub locked_users: u64,
    /// Browser sessions that are open right now.
    pub open_sessions: u64,
    /// Successful sign-ins of the last 24 hours.
    pub logins_24h: u64,
    /// Refused sign-ins of the last 24 hours.
    pub failed_logins_24h: u64,
    /// Mails that wait to be sent.
    pub queued_mails: u64,
    /// Mails that could not be sent.
    pub failed_mails: u64,
}

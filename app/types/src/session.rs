//! Sign-ins that still work: a browser's session, or the tokens of an application.

use serde::{Deserialize, Serialize};

use crate::{Id, Timestamp};

/// What a sign-in consists of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SessionKind {
    /// A browser's session with Sereno's own pages, or with an application whose delivery is one.
    #[default]
    Browser,
    /// Tokens or a key of an application.
    Tokens,
}

impl SessionKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[Self::Browser, Self::Tokens];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Tokens => "tokens",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
    }
}

/// A sign-in that still works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionRow {
    /// Its id.
    pub id: Id,
    /// What it consists of.
    pub kind: SessionKind,
    /// The name for people of the application it was begun through; nothing for a session of Sereno's own pages.
    pub application: Option<String>,
    /// What the device it hangs on is called.
    pub device_name: Option<String>,
    /// The device it hangs on, if the client named one.
    pub device: Option<SessionDevice>,
    /// The `User-Agent` it began with.
    pub user_agent: Option<String>,
    /// The client's address it began from.
    pub address: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, within a minute; for tokens that are refreshed: when they last were.
    pub last_seen_at: Timestamp,
    /// When it ends at the latest, if ever.
    pub expires_at: Option<Timestamp>,
    /// Whether it is the one that asks.
    pub is_current: bool,
    /// Whose it is; only staff is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<SessionUser>,
}

/// The device that a sign-in hangs on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionDevice {
    /// Its id.
    pub id: Id,
    /// Its name for people.
    pub name: Option<String>,
    /// Its operating system.
    pub os: Option<String>,
}

/// Whose a sign-in is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionUser {
    /// The user's id.
    pub id: Id,
    /// The user name, the address, or the number.
    pub name: String,
}

/// Which sign-ins, for staff.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct SessionQuery {
    /// Only those of this user: an id, a number, an address or a user name.
    #[cfg_attr(feature = "openapi", param(max_length = 254))]
    pub user: Option<String>,
    /// Only those through this application, by `client_id`.
    #[cfg_attr(feature = "openapi", param(max_length = 100))]
    pub client_id: Option<String>,
    /// Only those that began from this address.
    #[cfg_attr(feature = "openapi", param(max_length = 45))]
    pub address: Option<String>,
    /// Only those that hang on this device, by its id.
    #[cfg_attr(feature = "openapi", param(max_length = 36))]
    pub device: Option<String>,
    /// Only this kind.
    #[cfg_attr(feature = "openapi", param(inline))]
    pub kind: Option<SessionKind>,
    /// How many rows, 50 when nothing is said.
    #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 200))]
    pub limit: Option<u64>,
    /// Where to continue, from an earlier answer.
    #[cfg_attr(feature = "openapi", param(max_length = 1000))]
    pub cursor: Option<String>,
}

/// Which of one's own sign-ins to end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EndWhich {
    /// All but the one that asks.
    #[default]
    Others,
    /// All, the one that asks too.
    All,
}

/// Ends several of one's own sign-ins.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EndSessions {
    /// Which.
    pub which: EndWhich,
}

/// How many sign-ins were ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EndedSessions {
    /// How many.
    pub ended: u64,
}

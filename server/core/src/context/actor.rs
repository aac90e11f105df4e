//! Who acts, from where, and whether they may enter the console.

use std::collections::BTreeSet;
use std::net::IpAddr;

use sereno_types::{Code, Locale, Permission};
use uuid::Uuid;

use super::limiter::Allowance;
use crate::clock::Moment;
use crate::error::{Error, Result};

/// Where a request came from.
#[derive(Clone, Debug, Default)]
pub struct RequestMeta {
    /// The client's address, after the trusted proxies.
    pub address: Option<IpAddr>,
    /// The client's `User-Agent`, cut to 256 bytes.
    pub user_agent: Option<String>,
    /// Finds the request in the log.
    pub request_id: Option<String>,
    /// The language that the request asks for, if it says one that Sereno speaks.
    pub locale: Option<Locale>,
    /// Which versions the request means to change (`If-Match`).
    pub if_match: Option<String>,
    /// How much more of the same the client may ask for; noted by the limiter, told by the door.
    pub allowance: Allowance,
}

/// How a user's request was proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// By the cookie of this session.
    Session(Uuid),
    /// By an access token of this family.
    Family(Uuid),
}

/// A user who is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Who.
    pub user_id: Uuid,
    /// By what.
    pub via: Via,
    /// When the user was last proven.
    pub authenticated_at: Moment,
}

/// Who acts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Actor {
    /// Nobody we know.
    #[default]
    Anonymous,
    /// A user.
    User(Caller),
    /// Sereno itself, or an operator at the command line.
    System,
}

impl Actor {
    /// The signed-in user.
    pub fn caller(&self) -> Result<Caller> {
        match self {
            Self::User(caller) => Ok(*caller),
            Self::Anonymous | Self::System => Err(Code::AuthenticationRequired.into()),
        }
    }

    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::User(_) => "user",
            Self::System => "system",
        }
    }

    pub(crate) const fn id(&self) -> Option<Uuid> {
        match self {
            Self::User(caller) => Some(caller.user_id),
            Self::Anonymous | Self::System => None,
        }
    }
}

/// Proof that the actor may act on other people's data: made by `access::staff` only. Carries the permissions as they
/// were when the request began.
#[derive(Clone, Debug)]
pub struct Staff {
    actor: Actor,
    everything: bool,
    permissions: BTreeSet<Permission>,
}

impl Staff {
    pub(crate) const fn new(actor: Actor, everything: bool, permissions: BTreeSet<Permission>) -> Self {
        Self {
            actor,
            everything,
            permissions,
        }
    }

    /// Refuses unless the permission is held: the first line of every admin function.
    pub fn require(&self, permission: Permission) -> Result<()> {
        if self.holds(permission) {
            Ok(())
        } else {
            Err(Error::from(Code::PermissionDenied))
        }
    }

    /// Whether the permission is held.
    #[must_use]
    pub fn holds(&self, permission: Permission) -> bool {
        self.everything || self.permissions.contains(&permission)
    }

    /// Whether this is a superuser, or the system.
    #[must_use]
    pub const fn is_superuser(&self) -> bool {
        self.everything
    }

    /// Who acts.
    #[must_use]
    pub const fn actor(&self) -> &Actor {
        &self.actor
    }
}

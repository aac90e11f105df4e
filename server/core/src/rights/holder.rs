//! Users and projects, as decisions see them.

use std::collections::HashMap;
use std::sync::Arc;

use sereno_types::UserState;
use uuid::Uuid;

use crate::clock::Moment;

/// That a user holds a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// The role.
    pub role_id: Uuid,
    /// Where; everywhere when empty.
    pub project_id: Option<Uuid>,
    /// Until when.
    pub expires_at: Option<Moment>,
}

/// That a user is a member of a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    /// What the member is there.
    pub role_id: Option<Uuid>,
    /// Whether the member may do anything there.
    pub is_enabled: bool,
    /// Whether the member may do everything there.
    pub is_superuser: bool,
}

/// What a user holds.
#[derive(Debug, Default)]
pub struct Holdings {
    /// The number that it had when it was read.
    pub epoch: i64,
    /// The roles.
    pub roles: Vec<Held>,
    /// The projects.
    pub memberships: HashMap<Uuid, Membership>,
}

/// A user, as decisions see them.
#[derive(Clone, Debug)]
pub struct Holder {
    /// Who.
    pub id: Uuid,
    /// The number that the seeds' clients know.
    pub number: i64,
    /// The state of the account.
    pub state: UserState,
    /// Whether the user may do everything.
    pub is_superuser: bool,
    /// What the user holds.
    pub holdings: Arc<Holdings>,
}

/// A project, as decisions see it.
#[derive(Debug, PartialEq, Eq)]
pub struct ProjectNode {
    /// Which.
    pub id: Uuid,
    /// Its name in addresses.
    pub slug: String,
    /// Whether anybody may do anything in it.
    pub is_enabled: bool,
    /// Who answers for it.
    pub owner_id: Option<Uuid>,
}

/// How a question names a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    /// By id.
    Id(Uuid),
    /// By number.
    Number(i64),
}

impl Who {
    /// Reads an id or a number.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.parse::<Uuid>() {
            Ok(id) => Some(Self::Id(id)),
            Err(_) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok().map(Self::Number),
            Err(_) => None,
        }
    }
}

//! Projects and their members, as staff sees and changes them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Id, RoleName, Secret, SessionUser, Timestamp};

/// Which projects to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct ProjectQuery {
    /// Rows per page, 1 to 200; 50 when absent.
    #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 200))]
    pub limit: Option<u64>,
    /// Where to continue, from an earlier answer.
    #[cfg_attr(feature = "openapi", param(max_length = 1000))]
    pub cursor: Option<String>,
    /// Part of the name or of the name in addresses.
    #[cfg_attr(feature = "openapi", param(max_length = 200))]
    pub q: Option<String>,
    /// Only projects that are switched on, or off.
    pub enabled: Option<bool>,
    /// Only projects of this owner or member (id or number).
    #[cfg_attr(feature = "openapi", param(max_length = 150))]
    pub user: Option<String>,
}

/// A project in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProjectRow {
    /// Its id.
    pub id: Id,
    /// Its name in addresses, unique.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// Whether anybody may do anything in it.
    pub is_enabled: bool,
    /// Who answers for it.
    pub owner: Option<SessionUser>,
    /// How many members it has.
    pub members: u64,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A project, whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProjectDetail {
    /// As in a list.
    #[serde(flatten)]
    pub row: ProjectRow,
    /// What it is for.
    pub description: String,
    /// What applications remember of it.
    pub attributes: Map<String, Value>,
    /// How many roles belong to it.
    pub roles: u64,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Makes a project.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateProject {
    /// Its name in addresses: up to 60 lower-case letters, digits and `-`.
    #[cfg_attr(feature = "openapi", schema(max_length = 60))]
    pub slug: String,
    /// Its name for people; the name in addresses when absent.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 150))]
    pub name: Option<String>,
    /// What it is for.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 500))]
    pub description: String,
    /// Who answers for it: id or number.
    #[serde(default)]
    pub owner: Option<String>,
    /// What applications remember of it.
    #[serde(default)]
    pub attributes: Map<String, Value>,
}

/// Changes a project. What is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct UpdateProject {
    /// Its name for people.
    #[cfg_attr(feature = "openapi", schema(max_length = 150))]
    pub name: Option<String>,
    /// What it is for.
    #[cfg_attr(feature = "openapi", schema(max_length = 500))]
    pub description: Option<String>,
    /// Whether anybody may do anything in it.
    pub is_enabled: Option<bool>,
    /// Who answers for it: id or number; nobody when empty.
    pub owner: Option<String>,
    /// What applications remember of it from now on.
    pub attributes: Option<Map<String, Value>>,
}

/// How the mails of a project leave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProjectMail {
    /// Who sends them, as `Name <address>`; as all mails say where absent.
    pub mail_from: Option<String>,
    /// Where answers go.
    pub reply_to: Option<String>,
    /// Host and port of the project's own mail server; its credentials are never told. All mails' where absent.
    pub transport: Option<String>,
}

/// Changes how the mails of a project leave. What is absent stays; what is empty is taken away.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UpdateProjectMail {
    /// Who sends them: `Name <address>`.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 320))]
    pub mail_from: Option<String>,
    /// Where answers go.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 254))]
    pub reply_to: Option<String>,
    /// The URL of a mail server, as `mail.url` of the settings: `smtp://user:password@host:587`. Only administrators may say it,
    /// and nobody is told it again.
    #[serde(default)]
    pub transport: Option<Secret>,
}

/// Which members to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct MemberQuery {
    /// Rows per page, 1 to 200; 50 when absent.
    #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 200))]
    pub limit: Option<u64>,
    /// Where to continue, from an earlier answer.
    #[cfg_attr(feature = "openapi", param(max_length = 1000))]
    pub cursor: Option<String>,
    /// Part of the user name or the address.
    #[cfg_attr(feature = "openapi", param(max_length = 200))]
    pub q: Option<String>,
    /// Only members that are switched on, or off.
    pub enabled: Option<bool>,
}

/// A member of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MemberRow {
    /// Who.
    pub user: SessionUser,
    /// What the member is there.
    pub role: Option<RoleName>,
    /// The roles that were assigned in the project one by one.
    pub roles: Vec<RoleName>,
    /// Whether the member may do anything there.
    pub is_enabled: bool,
    /// Whether the member may do everything there.
    pub is_superuser: bool,
    /// Since when.
    pub created_at: Timestamp,
}

/// Makes a user a member of a project, or changes what a member is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct PutMember {
    /// The id of what the member is there; nothing when empty. Absent: stays.
    pub role: Option<String>,
    /// Whether the member may do anything there; yes for a new one.
    pub is_enabled: Option<bool>,
    /// Whether the member may do everything there; no for a new one.
    pub is_superuser: Option<bool>,
}

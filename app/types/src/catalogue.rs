//! What an application declares: its permissions and its default roles, like migrations of permissions.

use serde::{Deserialize, Serialize};

use crate::Secret;

/// A permission that an application knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DeclaredPermission {
    /// Up to 150 letters, digits, `.`, `_`, `-`, `:` and `/`; kept in lower case.
    #[cfg_attr(feature = "openapi", schema(max_length = 150))]
    pub codename: String,
    /// What it allows.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 250))]
    pub description: String,
}

/// A role that an application brings along.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DeclaredRole {
    /// Up to 150 letters, digits, `.`, `_` and `-`; kept in lower case.
    #[cfg_attr(feature = "openapi", schema(max_length = 150))]
    pub codename: String,
    /// Its name for people; the codename when absent.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 150))]
    pub name: Option<String>,
    /// What it is for.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 250))]
    pub description: String,
    /// The application's own permissions that it grants.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_items = 1000))]
    pub permissions: Vec<String>,
    /// The application's own roles that it includes, by codename.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_items = 100))]
    pub includes: Vec<String>,
}

/// Everything that an application declares. Declaring the same again changes nothing.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// Its permissions.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_items = 1000))]
    pub permissions: Vec<DeclaredPermission>,
    /// Its default roles.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_items = 200))]
    pub roles: Vec<DeclaredRole>,
    /// Whether what it declared before and does not declare now is removed.
    #[serde(default)]
    pub prune: bool,
    /// Whether only the difference is told and nothing is changed.
    #[serde(default)]
    pub dry_run: bool,
    /// The application, unless it proves itself by HTTP Basic.
    #[serde(default)]
    pub client_id: Option<String>,
    /// Its secret.
    #[serde(default)]
    pub client_secret: Option<Secret>,
}

/// What changes by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Difference {
    /// Not there before.
    pub added: Vec<String>,
    /// There, and told otherwise now.
    pub changed: Vec<String>,
    /// Declared before and not now: removed with `prune`, else left.
    pub obsolete: Vec<String>,
}

/// What a declaration changes, or would change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CatalogueChange {
    /// Of the permissions.
    pub permissions: Difference,
    /// Of the roles.
    pub roles: Difference,
    /// Whether it was done.
    pub applied: bool,
}

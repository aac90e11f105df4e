//! Roles, permissions, and who holds them, as staff sees and changes them.

use serde::{Deserialize, Serialize};

use crate::names::names;
use crate::{Id, SessionUser, Timestamp};

names! {
    /// Where a permission or a role comes from, as a filter.
    OriginFilter {
        /// Sereno's own, for its console.
        #[default]
        Sereno = "sereno";
        /// Made by staff.
        Staff = "staff";
        /// Declared by an application.
        Application = "application";
    }
}

names! {
    /// Whether anybody can hold a permission, as a filter.
    UsageFilter {
        /// Some role grants it.
        #[default]
        Granted = "granted";
        /// No role grants it.
        NeverGranted = "never_granted";
    }
}

/// Which permissions to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct PermissionQuery {
    /// Rows per page, 1 to 200; 50 when absent.
    #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 200))]
    pub limit: Option<u64>,
    /// Where to continue, from an earlier answer.
    #[cfg_attr(feature = "openapi", param(max_length = 1000))]
    pub cursor: Option<String>,
    /// Part of the codename or the description.
    #[cfg_attr(feature = "openapi", param(max_length = 200))]
    pub q: Option<String>,
    /// Only of this origin.
    pub origin: Option<OriginFilter>,
    /// Only those that some role grants, or none.
    pub usage: Option<UsageFilter>,
}

/// A permission in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PermissionRow {
    /// Its id.
    pub id: Id,
    /// Its unique name, in lower case.
    pub codename: String,
    /// What it allows.
    pub description: String,
    /// `sereno`, `staff`, or the `client_id` of the application that declared it.
    pub origin: String,
    /// How many roles grant it by themselves.
    pub roles: u64,
    /// When it was added.
    pub created_at: Timestamp,
}

/// Adds a permission.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreatePermission {
    /// Up to 150 letters, digits, `.`, `_`, `-`, `:` and `/`; kept in lower case. Not `role:…`.
    #[cfg_attr(feature = "openapi", schema(max_length = 150))]
    pub codename: String,
    /// What it allows.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 250))]
    pub description: String,
}

/// Changes a permission.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UpdatePermission {
    /// What it allows.
    #[cfg_attr(feature = "openapi", schema(max_length = 250))]
    pub description: String,
}

/// A codename that an application asked about and nobody has declared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AskedPermission {
    /// What was asked for.
    pub codename: String,
    /// The `client_id` of the application that asked.
    pub client_id: String,
    /// How often.
    pub asked: u64,
    /// When for the first time.
    pub first_asked_at: Timestamp,
    /// When last.
    pub last_asked_at: Timestamp,
}

/// A role, named.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RoleName {
    /// Its id.
    pub id: Id,
    /// Its codename, unique within its scope.
    pub codename: String,
    /// Its name for people.
    pub name: String,
    /// The name in addresses of the project it belongs to; global when absent.
    pub project: Option<String>,
    /// Whether it grants anything.
    pub is_enabled: bool,
}

/// Which roles to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct RoleQuery {
    /// Rows per page, 1 to 200; 50 when absent.
    #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 200))]
    pub limit: Option<u64>,
    /// Where to continue, from an earlier answer.
    #[cfg_attr(feature = "openapi", param(max_length = 1000))]
    pub cursor: Option<String>,
    /// Part of the codename or the name.
    #[cfg_attr(feature = "openapi", param(max_length = 200))]
    pub q: Option<String>,
    /// Only roles of this project (id or name in addresses), and the global ones that can be given in it; `-` for the
    /// global ones alone.
    #[cfg_attr(feature = "openapi", param(max_length = 150))]
    pub project: Option<String>,
    /// Only roles that grant this permission, by themselves or by what they include.
    #[cfg_attr(feature = "openapi", param(max_length = 150))]
    pub permission: Option<String>,
    /// Only of this origin.
    pub origin: Option<OriginFilter>,
    /// Only roles that are switched on, or off.
    pub enabled: Option<bool>,
}

/// A role in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RoleRow {
    /// Its names.
    #[serde(flatten)]
    pub role: RoleName,
    /// What it is for.
    pub description: String,
    /// `sereno`, `staff`, or the `client_id` of the application that declared it.
    pub origin: String,
    /// How many permissions it grants, with what it includes.
    pub permissions: u64,
    /// How many users it was assigned to, everywhere or in a project.
    pub users: u64,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A role, whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RoleDetail {
    /// As in a list.
    #[serde(flatten)]
    pub row: RoleRow,
    /// The codenames that it grants by itself, in order.
    pub grants: Vec<String>,
    /// The roles that it includes.
    pub includes: Vec<RoleName>,
    /// The roles that include it.
    pub included_in: Vec<RoleName>,
    /// The codenames that it grants in effect, with what it includes, in order.
    pub effective: Vec<String>,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Makes a role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateRole {
    /// Up to 150 letters, digits, `.`, `_` and `-`; kept in lower case. Unique within its scope.
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
    /// The project (id or name in addresses) it belongs to; global when absent.
    #[serde(default)]
    pub project: Option<String>,
    /// The codenames that it grants.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_items = 1000))]
    pub permissions: Vec<String>,
    /// The ids of the roles that it includes.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_items = 100))]
    pub includes: Vec<Id>,
}

/// Changes a role. What is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct UpdateRole {
    /// Its name for people.
    #[cfg_attr(feature = "openapi", schema(max_length = 150))]
    pub name: Option<String>,
    /// What it is for.
    #[cfg_attr(feature = "openapi", schema(max_length = 250))]
    pub description: Option<String>,
    /// Whether it grants anything.
    pub is_enabled: Option<bool>,
    /// The codenames that it grants from now on.
    #[cfg_attr(feature = "openapi", schema(max_items = 1000))]
    pub permissions: Option<Vec<String>>,
    /// The ids of the roles that it includes from now on.
    #[cfg_attr(feature = "openapi", schema(max_items = 100))]
    pub includes: Option<Vec<Id>>,
}

/// Which assignments to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct AssignmentQuery {
    /// Rows per page, 1 to 200; 50 when absent.
    #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 200))]
    pub limit: Option<u64>,
    /// Where to continue, from an earlier answer.
    #[cfg_attr(feature = "openapi", param(max_length = 1000))]
    pub cursor: Option<String>,
    /// Only of this user (id or number).
    #[cfg_attr(feature = "openapi", param(max_length = 150))]
    pub user: Option<String>,
    /// Only of this role (id).
    #[cfg_attr(feature = "openapi", param(max_length = 150))]
    pub role: Option<String>,
    /// Only in this project (id or name in addresses); `-` for those that hold everywhere.
    #[cfg_attr(feature = "openapi", param(max_length = 150))]
    pub project: Option<String>,
}

/// That a user holds a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AssignmentRow {
    /// Its id.
    pub id: Id,
    /// Who holds it.
    pub user: SessionUser,
    /// The role.
    pub role: RoleName,
    /// The name in addresses of the project in which it holds; everywhere when absent.
    pub project: Option<String>,
    /// When it was assigned.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// Whether it has ended.
    pub is_expired: bool,
}

/// Gives a role to users. Who holds it already keeps it, with the new end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AssignRole {
    /// The role's id.
    pub role: Id,
    /// Ids or numbers of users.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 1000))]
    pub users: Vec<String>,
    /// The project (id or name in addresses) in which it holds; everywhere when absent. Users who are no members become
    /// members.
    #[serde(default)]
    pub project: Option<String>,
    /// When it ends; never when absent.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}

/// What came of giving a role to users.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Assigned {
    /// How many did not hold it before.
    pub assigned: u64,
    /// How many held it already.
    pub kept: u64,
}

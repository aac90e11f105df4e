//! "May they?": the question, and the answer with the path that decided.

use serde::{Deserialize, Serialize};

use crate::Secret;
use crate::names::names;

names! {
    /// What decided.
    Reason {
        /// Nothing that the user holds grants it.
        #[default]
        NotGranted = "not_granted";
        /// The user may do everything.
        Superuser = "superuser";
        /// The user may do everything in this project.
        ProjectSuperuser = "project_superuser";
        /// The user owns the project, and the policy gives it to owners.
        Owner = "owner";
        /// A role that the user holds.
        Role = "role";
        /// A role that is included in one that the user holds.
        InheritedRole = "inherited_role";
        /// There is no such user.
        UserUnknown = "user_unknown";
        /// The account is not active.
        UserDisabled = "user_disabled";
        /// The project is switched off.
        ProjectDisabled = "project_disabled";
        /// The membership in the project is switched off.
        MemberDisabled = "member_disabled";
        /// The user is no member of the project, or there is no such project.
        NotAMember = "not_a_member";
        /// Nobody has declared this permission.
        PermissionUnknown = "permission_unknown";
        /// A role that would grant it is switched off.
        RoleDisabled = "role_disabled";
        /// The user held a role that would grant it, until its end.
        Expired = "expired";
    }
}

names! {
    /// What a step of the path is.
    StepKind {
        /// A project, by its name in addresses.
        #[default]
        Project = "project";
        /// A role, by its codename. The one that follows is included in it.
        Role = "role";
        /// A permission, by its codename.
        Permission = "permission";
    }
}

/// One step from the user to what was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Step {
    /// What it is.
    pub kind: StepKind,
    /// Its name.
    pub name: String,
}

/// The answer to one question.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Decision {
    /// Whether they may.
    pub allowed: bool,
    /// What decided.
    pub reason: Reason,
    /// The way from the user to what was asked for: the project in which a role was given, the role, what it includes,
    /// the permission. Empty where no role decided.
    pub path: Vec<Step>,
}

/// One question.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// A permission's codename in any case, or `role:` and a role's codename.
    pub permission: String,
    /// The user's id or number; who calls, when absent.
    #[serde(default)]
    pub user: Option<String>,
    /// The project's id or name in addresses; everywhere, when absent.
    #[serde(default)]
    pub project: Option<String>,
}

/// Asks one question or many.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// A permission's codename in any case, or `role:` and a role's codename. Not beside `checks`.
    #[serde(default)]
    pub permission: Option<String>,
    /// The user's id or number; who calls, when absent.
    #[serde(default)]
    pub user: Option<String>,
    /// The project's id or name in addresses; everywhere, when absent.
    #[serde(default)]
    pub project: Option<String>,
    /// Up to 1,000 questions.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_items = 1000))]
    pub checks: Option<Vec<Question>>,
    /// The application that asks about its users, unless it proves itself by HTTP Basic.
    #[serde(default)]
    pub client_id: Option<String>,
    /// Its secret.
    #[serde(default)]
    pub client_secret: Option<Secret>,
}

/// The answers to many questions, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Decisions {
    /// One for each question.
    pub results: Vec<Decision>,
}

/// One answer, or one for each of `checks`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum Checked {
    /// To `permission`.
    One(Decision),
    /// To `checks`.
    Many(Decisions),
}

/// What a reverse proxy asks before it lets a request through.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct ForwardAuthQuery {
    /// What the caller must hold: a codename, or `role:` and a role. Nothing asks only who calls.
    #[cfg_attr(feature = "openapi", param(max_length = 150))]
    pub permission: Option<String>,
    /// Where: the project's id or name in addresses.
    #[cfg_attr(feature = "openapi", param(max_length = 150))]
    pub project: Option<String>,
}

/// Something that a user holds in effect.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EffectivePermission {
    /// The permission's codename.
    pub codename: String,
    /// What it allows.
    pub description: String,
    /// Why the user holds it.
    pub decision: Decision,
}

/// Where, and which page of what a user may do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct EffectiveQuery {
    /// Rows per page, 1 to 200; 50 when absent.
    #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 200))]
    pub limit: Option<u64>,
    /// Where to continue, from an earlier answer.
    #[cfg_attr(feature = "openapi", param(max_length = 1000))]
    pub cursor: Option<String>,
    /// Part of the codename.
    #[cfg_attr(feature = "openapi", param(max_length = 200))]
    pub q: Option<String>,
    /// The project's id or name in addresses; everywhere, when absent.
    #[cfg_attr(feature = "openapi", param(max_length = 150))]
    pub project: Option<String>,
}

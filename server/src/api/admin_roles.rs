//! Permissions, roles and who holds them, for staff.

use axum::extract::State;
use axum::http::StatusCode;
use sereno_core::account::admin;
use sereno_core::roles::{assignments, ensure, permissions, roles, why};
use sereno_types::held::{RolesManage, RolesView, UsersManage};
use sereno_types::{
    AskedPermission, AssignRole, Assigned, AssignmentQuery, AssignmentRow, CreatePermission, CreateRole,
    EffectivePermission, EffectiveQuery, Id, Page, PageQuery, PermissionQuery, PermissionRow, Problem, RoleDetail,
    RoleQuery, RoleRow, UpdatePermission, UpdateRole, UserDetail,
};

use super::admin_users::changed;
use crate::http::caller::Caller;
use crate::http::json::{Json, Nothing, Query, Segment, Segments};
use crate::http::policy::Require;
use crate::http::problem::Refusal;
use crate::http::version::{self, Tagged};
use crate::router::App;

/// Permissions
///
/// The catalogue, by codename: Sereno's own, those of staff, and those that applications declared.
#[utoipa::path(get, path = "/api/v1/admin/permissions", tag = "admin", operation_id = "listPermissions",
    params(PermissionQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page", body = Page<PermissionRow>)))]
pub async fn list_permissions(
    State(app): State<App>,
    caller: Require<RolesView>,
    Query(query): Query<PermissionQuery>,
) -> Result<Json<Page<PermissionRow>>, Refusal> {
    Ok(Json(permissions::list(&app.sereno, &caller.staff, query).await?))
}

/// Permissions that were asked for
///
/// Codenames that applications asked about and nobody has declared, the last asked first. They are never granted.
#[utoipa::path(get, path = "/api/v1/admin/asked-permissions", tag = "admin", operation_id = "listAskedPermissions",
    params(PageQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page", body = Page<AskedPermission>)))]
pub async fn list_asked(
    State(app): State<App>,
    caller: Require<RolesView>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<AskedPermission>>, Refusal> {
    Ok(Json(permissions::asked(&app.sereno, &caller.staff, query).await?))
}

/// Add a permission
#[utoipa::path(post, path = "/api/v1/admin/permissions", tag = "admin", operation_id = "createPermission",
    request_body = CreatePermission, security(("bearer" = []), ("session" = [])),
    responses((status = 201, description = "It is there", body = PermissionRow)))]
pub async fn create_permission(
    State(app): State<App>,
    caller: Require<RolesManage>,
    Json(command): Json<CreatePermission>,
) -> Result<(StatusCode, Json<PermissionRow>), Refusal> {
    let made = permissions::create(&app.sereno, &caller.meta, &caller.staff, command).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Change a permission
///
/// What Sereno or an application declared is theirs to change.
#[utoipa::path(patch, path = "/api/v1/admin/permissions/{id}", tag = "admin", operation_id = "updatePermission",
    params(("id" = Id, Path, description = "The permission's id")), request_body = UpdatePermission,
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "It is changed", body = PermissionRow),
        (status = 409, description = "`state_conflict`: not staff's", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn update_permission(
    State(app): State<App>,
    caller: Require<RolesManage>,
    Segment(id): Segment,
    Json(command): Json<UpdatePermission>,
) -> Result<Json<PermissionRow>, Refusal> {
    let changed = permissions::update(&app.sereno, &caller.meta, &caller.staff, &Id(id), command).await?;
    Ok(Json(changed))
}

/// Delete a permission
///
/// No role grants it any more. Sereno's own stay.
#[utoipa::path(delete, path = "/api/v1/admin/permissions/{id}", tag = "admin", operation_id = "deletePermission",
    params(("id" = Id, Path, description = "The permission's id")), security(("bearer" = []), ("session" = [])),
    responses(
        (status = 204, description = "It is gone"),
        (status = 409, description = "`state_conflict`: Sereno's own", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn delete_permission(
    State(app): State<App>,
    caller: Require<RolesManage>,
    Segment(id): Segment,
    _: Nothing,
) -> Result<StatusCode, Refusal> {
    permissions::delete(&app.sereno, &caller.meta, &caller.staff, &Id(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Roles
///
/// By codename.
#[utoipa::path(get, path = "/api/v1/admin/roles", tag = "admin", operation_id = "listRoles", params(RoleQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page", body = Page<RoleRow>)))]
pub async fn list(
    State(app): State<App>,
    caller: Require<RolesView>,
    Query(query): Query<RoleQuery>,
) -> Result<Json<Page<RoleRow>>, Refusal> {
    Ok(Json(roles::list(&app.sereno, &caller.staff, query).await?))
}

/// Make a role
///
/// Global or of one project. Whoever makes it must hold all that it grants.
#[utoipa::path(post, path = "/api/v1/admin/roles", tag = "admin", operation_id = "createRole", request_body = CreateRole,
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 201, description = "It is there", body = RoleDetail),
        (status = 403, description = "`exceeds_own_permissions`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn create(
    State(app): State<App>,
    caller: Require<RolesManage>,
    Json(command): Json<CreateRole>,
) -> Result<(StatusCode, Json<RoleDetail>), Refusal> {
    let made = roles::create(&app.sereno, &caller.meta, &caller.staff, command).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// A role
#[utoipa::path(get, path = "/api/v1/admin/roles/{id}", tag = "admin", operation_id = "getRole",
    params(("id" = Id, Path, description = "The role's id")), security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The role", body = RoleDetail)))]
pub async fn detail(
    State(app): State<App>,
    caller: Require<RolesView>,
    Segment(id): Segment,
) -> Result<Tagged<RoleDetail>, Refusal> {
    let role = roles::detail(&app.sereno, &caller.staff, &Id(id)).await?;
    Ok(Tagged(roles::version(&app.sereno, &role)?, role))
}

/// Change a role
///
/// What is absent stays. Whoever changes it must hold all that it grants, before and after. What it grants counts at once.
#[utoipa::path(patch, path = "/api/v1/admin/roles/{id}", tag = "admin", operation_id = "updateRole",
    params(("id" = Id, Path, description = "The role's id")), request_body = UpdateRole,
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "It is changed", body = RoleDetail),
        (status = 403, description = "`exceeds_own_permissions`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn update(
    State(app): State<App>,
    caller: Require<RolesManage>,
    Segment(id): Segment,
    Json(command): Json<UpdateRole>,
) -> Result<Tagged<RoleDetail>, Refusal> {
    let id = Id(id);
    match roles::update(&app.sereno, &caller.meta, &caller.staff, &id, command).await {
        Ok(changed) => Ok(Tagged(roles::version(&app.sereno, &changed)?, changed)),
        Err(error) => Err(version::refused(error, roles::detail(&app.sereno, &caller.staff, &id)).await),
    }
}

/// Delete a role
///
/// Nobody holds it any more, and no role includes it. Sereno's own stay.
#[utoipa::path(delete, path = "/api/v1/admin/roles/{id}", tag = "admin", operation_id = "deleteRole",
    params(("id" = Id, Path, description = "The role's id")), security(("bearer" = []), ("session" = [])),
    responses(
        (status = 204, description = "It is gone"),
        (status = 403, description = "`exceeds_own_permissions`", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "`state_conflict`: Sereno's own", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn delete(
    State(app): State<App>,
    caller: Require<RolesManage>,
    Segment(id): Segment,
    _: Nothing,
) -> Result<StatusCode, Refusal> {
    let id = Id(id);
    match roles::delete(&app.sereno, &caller.meta, &caller.staff, &id).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(error) => Err(version::refused(error, roles::detail(&app.sereno, &caller.staff, &id)).await),
    }
}

/// Let a role grant a permission
///
/// A permission that nobody declared is added to the catalogue. Asking again changes nothing.
#[utoipa::path(put, path = "/api/v1/admin/roles/{id}/permissions/{codename}", tag = "admin",
    operation_id = "ensureRolePermission",
    params(("id" = Id, Path, description = "The role's id"),
        ("codename" = String, Path, description = "The permission's codename")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The role", body = RoleDetail),
        (status = 403, description = "`exceeds_own_permissions`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn ensure_permission(
    State(app): State<App>,
    caller: Require<RolesManage>,
    Segments((id, codename)): Segments,
    _: Nothing,
) -> Result<Json<RoleDetail>, Refusal> {
    let role = ensure::permission(&app.sereno, &caller.meta, &caller.staff, &Id(id), &codename).await?;
    Ok(Json(role))
}

/// Who holds which role
///
/// The last first.
#[utoipa::path(get, path = "/api/v1/admin/role-assignments", tag = "admin", operation_id = "listRoleAssignments",
    params(AssignmentQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page", body = Page<AssignmentRow>)))]
pub async fn list_assignments(
    State(app): State<App>,
    caller: Require<RolesView>,
    Query(query): Query<AssignmentQuery>,
) -> Result<Json<Page<AssignmentRow>>, Refusal> {
    Ok(Json(assignments::list(&app.sereno, &caller.staff, query).await?))
}

/// Give a role to users
///
/// To up to 1,000 at once, all or none; everywhere or in a project, for ever or until a moment. Who holds it already keeps
/// it, until the new end. Whoever gives it must hold all that it grants.
#[utoipa::path(post, path = "/api/v1/admin/role-assignments", tag = "admin", operation_id = "assignRole",
    request_body = AssignRole, security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "They hold it", body = Assigned),
        (status = 403, description = "`exceeds_own_permissions`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn assign(
    State(app): State<App>,
    caller: Require<RolesManage>,
    Json(command): Json<AssignRole>,
) -> Result<Json<Assigned>, Refusal> {
    Ok(Json(
        assignments::assign(&app.sereno, &caller.meta, &caller.staff, command).await?,
    ))
}

/// Take a role back
#[utoipa::path(delete, path = "/api/v1/admin/role-assignments/{id}", tag = "admin", operation_id = "revokeRole",
    params(("id" = Id, Path, description = "The assignment's id")), security(("bearer" = []), ("session" = [])),
    responses(
        (status = 204, description = "It is taken back"),
        (status = 403, description = "`exceeds_own_permissions`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn revoke(
    State(app): State<App>,
    caller: Require<RolesManage>,
    Segment(id): Segment,
    _: Nothing,
) -> Result<StatusCode, Refusal> {
    assignments::revoke(&app.sereno, &caller.meta, &caller.staff, &Id(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a user may do
///
/// The permissions that the user holds in effect, everywhere or in a project, by codename, each with the reason.
#[utoipa::path(get, path = "/api/v1/admin/users/{id}/permissions", tag = "admin", operation_id = "listUserPermissions",
    params(("id" = Id, Path, description = "The user's id"), EffectiveQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page", body = Page<EffectivePermission>)))]
pub async fn effective(
    State(app): State<App>,
    caller: Require<RolesView>,
    Segment(id): Segment,
    Query(query): Query<EffectiveQuery>,
) -> Result<Json<Page<EffectivePermission>>, Refusal> {
    Ok(Json(why::effective(&app.sereno, &caller.staff, &Id(id), query).await?))
}

/// What I may do
///
/// My permissions in effect, everywhere or in a project, by codename, each with the reason. Access tokens that would grow
/// too large name this place instead of telling them.
#[utoipa::path(get, path = "/api/v1/me/permissions", tag = "me", operation_id = "listMyPermissions",
    params(EffectiveQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page", body = Page<EffectivePermission>)))]
pub async fn mine(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<EffectiveQuery>,
) -> Result<Json<Page<EffectivePermission>>, Refusal> {
    Ok(Json(why::mine(&app.sereno, &caller.actor, query).await?))
}

/// Make a user a superuser
///
/// Who may do everything, by who may do everything.
#[utoipa::path(put, path = "/api/v1/admin/users/{id}/superuser", tag = "admin", operation_id = "makeSuperuser",
    params(("id" = Id, Path, description = "The user's id")), security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The user", body = UserDetail),
        (status = 403, description = "`exceeds_own_permissions`", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "`state_conflict`, `own_account`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn make_superuser(
    State(app): State<App>,
    caller: Require<UsersManage>,
    Segment(id): Segment,
    _: Nothing,
) -> Result<Tagged<UserDetail>, Refusal> {
    let id = Id(id);
    let outcome = admin::set_superuser(&app.sereno, &caller.meta, &caller.staff, &id, true).await;
    changed(&app, &caller.staff, &id, outcome).await
}

/// End a user's being a superuser
///
/// Never the last. What the user's roles grant stays.
#[utoipa::path(delete, path = "/api/v1/admin/users/{id}/superuser", tag = "admin", operation_id = "endSuperuser",
    params(("id" = Id, Path, description = "The user's id")), security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The user", body = UserDetail),
        (status = 403, description = "`exceeds_own_permissions`", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "`state_conflict`, `own_account`, `last_administrator`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn end_superuser(
    State(app): State<App>,
    caller: Require<UsersManage>,
    Segment(id): Segment,
    _: Nothing,
) -> Result<Tagged<UserDetail>, Refusal> {
    let id = Id(id);
    let outcome = admin::set_superuser(&app.sereno, &caller.meta, &caller.staff, &id, false).await;
    changed(&app, &caller.staff, &id, outcome).await
}

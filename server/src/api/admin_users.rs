//! What staff sees of users and does to them: the same functions as the console's.

use axum::extract::State;
use axum::http::StatusCode;
use sereno_core::context::Staff;
use sereno_core::{access, account::admin};
use sereno_types::held::{UsersManage, UsersView};
use sereno_types::{Id, Overview, Page, Problem, UserDetail, UserQuery, UserRow};

use crate::http::caller::Caller;
use crate::http::json::{Json, Nothing, Query, Segment};
use crate::http::policy::Require;
use crate::http::problem::Refusal;
use crate::http::version::{self, Tagged};
use crate::router::App;

/// Figures of the overview
#[utoipa::path(get, path = "/api/v1/admin/overview", tag = "admin", operation_id = "adminOverview",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The figures", body = Overview)))]
pub async fn overview(State(app): State<App>, caller: Caller) -> Result<Json<Overview>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    Ok(Json(admin::overview(&app.sereno, &staff).await?))
}

/// List users
///
/// Search, filters, order and keyset paging; `total` counts what matches.
#[utoipa::path(get, path = "/api/v1/admin/users", tag = "admin", operation_id = "listUsers", params(UserQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page", body = Page<UserRow>)))]
pub async fn list(
    State(app): State<App>,
    caller: Require<UsersView>,
    Query(query): Query<UserQuery>,
) -> Result<Json<Page<UserRow>>, Refusal> {
    Ok(Json(admin::list(&app.sereno, &caller.staff, query).await?))
}

/// One user
#[utoipa::path(get, path = "/api/v1/admin/users/{id}", tag = "admin", operation_id = "getUser",
    params(("id" = Id, Path, description = "The user's id")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The user", body = UserDetail)))]
pub async fn detail(
    State(app): State<App>,
    caller: Require<UsersView>,
    Segment(id): Segment,
) -> Result<Tagged<UserDetail>, Refusal> {
    let detail = admin::detail(&app.sereno, &caller.staff, &Id(id)).await?;
    Ok(Tagged(admin::version(&app.sereno, &detail)?, detail))
}

/// Lock a user
///
/// Everything that was issued to the user stops working at once.
#[utoipa::path(post, path = "/api/v1/admin/users/{id}/lock", tag = "admin", operation_id = "lockUser",
    params(("id" = Id, Path, description = "The user's id")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The user, locked", body = UserDetail),
        (status = 409, description = "`state_conflict`, `own_account`, `last_administrator`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn lock(
    State(app): State<App>,
    caller: Require<UsersManage>,
    Segment(id): Segment,
    Nothing: Nothing,
) -> Result<Tagged<UserDetail>, Refusal> {
    let id = Id(id);
    let outcome = admin::lock(&app.sereno, &caller.meta, &caller.staff, &id).await;
    changed(&app, &caller.staff, &id, outcome).await
}

/// Unlock a user
#[utoipa::path(post, path = "/api/v1/admin/users/{id}/unlock", tag = "admin", operation_id = "unlockUser",
    params(("id" = Id, Path, description = "The user's id")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The user, unlocked", body = UserDetail),
        (status = 409, description = "`state_conflict`, `own_account`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn unlock(
    State(app): State<App>,
    caller: Require<UsersManage>,
    Segment(id): Segment,
    Nothing: Nothing,
) -> Result<Tagged<UserDetail>, Refusal> {
    let id = Id(id);
    let outcome = admin::unlock(&app.sereno, &caller.meta, &caller.staff, &id).await;
    changed(&app, &caller.staff, &id, outcome).await
}

/// The account as it is after a change, with its version; or why it was not changed, and what it is now.
pub(super) async fn changed(
    app: &App,
    staff: &Staff,
    id: &Id,
    outcome: sereno_core::Result<UserDetail>,
) -> Result<Tagged<UserDetail>, Refusal> {
    match outcome {
        Ok(user) => Ok(Tagged(admin::version(&app.sereno, &user)?, user)),
        Err(error) => Err(version::refused(error, admin::detail(&app.sereno, staff, id)).await),
    }
}

/// Send the activation mail again
#[utoipa::path(post, path = "/api/v1/admin/users/{id}/send-activation", tag = "admin", operation_id = "sendActivation",
    params(("id" = Id, Path, description = "The user's id")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 202, description = "A mail is on its way"),
        (status = 409, description = "`state_conflict`, `own_account`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn send_activation(
    State(app): State<App>,
    caller: Require<UsersManage>,
    Segment(id): Segment,
    Nothing: Nothing,
) -> Result<StatusCode, Refusal> {
    admin::send_activation(&app.sereno, &caller.meta, &caller.staff, &Id(id)).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Send a mail to set a new password
///
/// Staff starts this and never chooses the password.
#[utoipa::path(post, path = "/api/v1/admin/users/{id}/send-password-reset", tag = "admin",
    operation_id = "sendPasswordReset",
    params(("id" = Id, Path, description = "The user's id")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 202, description = "A mail is on its way"),
        (status = 409, description = "`state_conflict`, `own_account`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn send_password_reset(
    State(app): State<App>,
    caller: Require<UsersManage>,
    Segment(id): Segment,
    Nothing: Nothing,
) -> Result<StatusCode, Refusal> {
    admin::send_password_reset(&app.sereno, &caller.meta, &caller.staff, &Id(id)).await?;
    Ok(StatusCode::ACCEPTED)
}

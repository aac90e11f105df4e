//! The end of an account: asked for, proven, taken back; everything that is kept of a user; and what staff does about both.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sereno_core::account::{admin, deletion, export};
use sereno_types::held::UsersManage;
use sereno_types::{
    CancelDeletion, ConfirmDeletion, DataExport, DeletionScheduled, Id, Problem, RequestDeletion, UserDetail,
};

use super::admin_users::changed;
use crate::http::caller::Caller;
use crate::http::json::{Json, Nothing, Segment};
use crate::http::policy::Require;
use crate::http::problem::Refusal;
use crate::http::version::{self, Tagged};
use crate::router::App;

/// Ask for an account to be deleted
///
/// Mails a link and a code to the confirmed address of the account; nothing changes before one of them is used. Who is
/// signed in sends `{}` and means their own account; whoever names one means that, and the answer is the same whoever that is,
/// if anybody. An account without a confirmed address is closed at once, by its password or a sign-in within the last five
/// minutes; only staff can keep it then.
#[utoipa::path(post, path = "/api/v1/me/deletion", tag = "me", operation_id = "requestDeletion",
    request_body = RequestDeletion,
    security((), ("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The caller has no confirmed address, and the account is closed", body = DeletionScheduled),
        (status = 202, description = "If there is such an account, a mail is on its way"),
        (status = 401, description = "`invalid_token`: a token that is not good, and nobody was named", body = Problem,
            content_type = "application/problem+json"),
        (status = 403, description = "`deletion_closed`, `cross_site_request`; `reauthentication_required`: the caller has \
            no confirmed address", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`last_administrator`; `state_conflict`: the account changed meanwhile", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn request(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Json(command): Json<RequestDeletion>,
) -> Result<Response, Refusal> {
    if command.identifier.is_none() {
        caller.presented_nothing_bad()?;
        caller.means_it(&app, &headers)?;
    }
    let closed = deletion::request(&app.sereno, &caller.meta, &caller.actor, command).await?;
    Ok(match closed {
        Some(closed) => Json(closed).into_response(),
        None => StatusCode::ACCEPTED.into_response(),
    })
}

/// Confirm that the account is to be deleted
///
/// By the token of the mail's link, or by its code with the address. Everybody is signed out of the account at once; it is
/// deleted when `deletion.grace_period` is over, and until then another mail's link keeps it.
#[utoipa::path(post, path = "/api/v1/me/deletion/confirm", tag = "me", operation_id = "confirmDeletion",
    request_body = ConfirmDeletion,
    responses(
        (status = 200, description = "The account is closed", body = DeletionScheduled),
        (status = 400, description = "`deletion_link_invalid`, `malformed_body`", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "`last_administrator`; `state_conflict`: the account changed meanwhile",
            body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn confirm(
    State(app): State<App>,
    caller: Caller,
    Json(command): Json<ConfirmDeletion>,
) -> Result<Json<DeletionScheduled>, Refusal> {
    Ok(Json(deletion::confirm(&app.sereno, &caller.meta, command).await?))
}

/// Keep an account that is about to be deleted
///
/// By the token of the link in the mail that told when it is deleted.
#[utoipa::path(post, path = "/api/v1/me/deletion/cancel", tag = "me", operation_id = "cancelDeletion",
    request_body = CancelDeletion,
    responses(
        (status = 204, description = "The account is kept; its owner signs in again"),
        (status = 400, description = "`deletion_link_invalid`, `malformed_body`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn cancel(
    State(app): State<App>,
    caller: Caller,
    Json(command): Json<CancelDeletion>,
) -> Result<StatusCode, Refusal> {
    deletion::cancel(&app.sereno, &caller.meta, command).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Everything that is kept of me
///
/// As one file of JSON. No secret is in it: no hash, no token, of push tokens the last four characters.
#[utoipa::path(get, path = "/api/v1/me/export", tag = "me", operation_id = "exportMyData",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The file", body = DataExport)))]
pub async fn export_mine(State(app): State<App>, caller: Caller) -> Result<(HeaderMap, Json<DataExport>), Refusal> {
    let export = export::own(&app.sereno, &caller.meta, &caller.actor).await?;
    Ok((as_file(), Json(export)))
}

/// Everything that is kept of a user
///
/// For whoever answers a user's request. Needs `users.manage`, `sessions.view` and `devices.view`.
#[utoipa::path(get, path = "/api/v1/admin/users/{id}/export", tag = "admin", operation_id = "exportUserData",
    params(("id" = Id, Path, description = "The user's id")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The file", body = DataExport)))]
pub async fn export_theirs(
    State(app): State<App>,
    caller: Require<UsersManage>,
    Segment(id): Segment,
) -> Result<(HeaderMap, Json<DataExport>), Refusal> {
    let export = export::of_user(&app.sereno, &caller.meta, &caller.staff, &Id(id)).await?;
    Ok((as_file(), Json(export)))
}

fn as_file() -> HeaderMap {
    let name = HeaderValue::from_static("attachment; filename=\"sereno-export.json\"");
    [(header::CONTENT_DISPOSITION, name)].into_iter().collect()
}

/// Switch a user off
///
/// For good, and kept for the record. Everything that was issued to the account stops working at once.
#[utoipa::path(post, path = "/api/v1/admin/users/{id}/disable", tag = "admin", operation_id = "disableUser",
    params(("id" = Id, Path, description = "The user's id")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The user, switched off", body = UserDetail),
        (status = 409, description = "`state_conflict`, `own_account`, `last_administrator`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn disable(
    State(app): State<App>,
    caller: Require<UsersManage>,
    Segment(id): Segment,
    _: Nothing,
) -> Result<Tagged<UserDetail>, Refusal> {
    let id = Id(id);
    let outcome = admin::disable(&app.sereno, &caller.meta, &caller.staff, &id).await;
    changed(&app, &caller.staff, &id, outcome).await
}

/// Switch a user on again
#[utoipa::path(post, path = "/api/v1/admin/users/{id}/enable", tag = "admin", operation_id = "enableUser",
    params(("id" = Id, Path, description = "The user's id")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The user, switched on", body = UserDetail),
        (status = 409, description = "`state_conflict`, `own_account`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn enable(
    State(app): State<App>,
    caller: Require<UsersManage>,
    Segment(id): Segment,
    _: Nothing,
) -> Result<Tagged<UserDetail>, Refusal> {
    let id = Id(id);
    let outcome = admin::enable(&app.sereno, &caller.meta, &caller.staff, &id).await;
    changed(&app, &caller.staff, &id, outcome).await
}

/// Delete a user
///
/// The account is closed at once and deleted when `deletion.grace_period` is over; until then it can be restored. With a
/// grace period of 0 it is gone with the answer.
#[utoipa::path(delete, path = "/api/v1/admin/users/{id}", tag = "admin", operation_id = "deleteUser",
    params(("id" = Id, Path, description = "The user's id")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 204, description = "The user is closed; `GET` of the user tells `delete_at`, until it is gone"),
        (status = 409, description = "`state_conflict`, `own_account`, `last_administrator`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn delete(
    State(app): State<App>,
    caller: Require<UsersManage>,
    Segment(id): Segment,
    _: Nothing,
) -> Result<StatusCode, Refusal> {
    let id = Id(id);
    match admin::delete(&app.sereno, &caller.meta, &caller.staff, &id).await {
        Ok(_) => Ok(StatusCode::NO_CONTENT),
        Err(error) => Err(version::refused(error, admin::detail(&app.sereno, &caller.staff, &id)).await),
    }
}

/// Restore a user who is about to be deleted
#[utoipa::path(post, path = "/api/v1/admin/users/{id}/restore", tag = "admin", operation_id = "restoreUser",
    params(("id" = Id, Path, description = "The user's id")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The user, kept", body = UserDetail),
        (status = 409, description = "`state_conflict`, `own_account`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn restore(
    State(app): State<App>,
    caller: Require<UsersManage>,
    Segment(id): Segment,
    _: Nothing,
) -> Result<Tagged<UserDetail>, Refusal> {
    let id = Id(id);
    let outcome = admin::restore(&app.sereno, &caller.meta, &caller.staff, &id).await;
    changed(&app, &caller.staff, &id, outcome).await
}

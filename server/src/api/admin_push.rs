//! Notifications to devices, for staff.

use axum::extract::State;
use axum::http::StatusCode;
use sereno_core::messages::push;
use sereno_types::held::{MessagesManage, MessagesView};
use sereno_types::{Id, Page, Problem, PushDetail, PushQuery, PushQueued, PushRow, SendPush};

use crate::http::json::{Json, Nothing, Query, Segment};
use crate::http::policy::Require;
use crate::http::problem::Refusal;
use crate::router::App;

/// List push notifications
///
/// One row for each device, newest first.
#[utoipa::path(get, path = "/api/v1/admin/push-notifications", tag = "admin", operation_id = "listPushNotifications",
    params(PushQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page", body = Page<PushRow>)))]
pub async fn list(
    State(app): State<App>,
    caller: Require<MessagesView>,
    Query(query): Query<PushQuery>,
) -> Result<Json<Page<PushRow>>, Refusal> {
    Ok(Json(push::list(&app.sereno, &caller.staff, query).await?))
}

/// Send a push notification
///
/// To all devices of a user that have a push token and that they are signed in on, or to one such device. It is queued; what
/// becomes of it on each device is told by its row.
#[utoipa::path(post, path = "/api/v1/admin/push-notifications", tag = "admin", operation_id = "sendPushNotification",
    request_body = SendPush, security(("bearer" = []), ("session" = [])),
    responses(
        (status = 202, description = "It is queued", body = PushQueued),
        (status = 409, description = "`push_not_configured`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn send(
    State(app): State<App>,
    caller: Require<MessagesManage>,
    Json(command): Json<SendPush>,
) -> Result<(StatusCode, Json<PushQueued>), Refusal> {
    let queued = push::send(&app.sereno, &caller.meta, &caller.staff, command).await?;
    Ok((StatusCode::ACCEPTED, Json(queued)))
}

/// A push notification
#[utoipa::path(get, path = "/api/v1/admin/push-notifications/{id}", tag = "admin",
    operation_id = "getPushNotification", params(("id" = Id, Path, description = "The notification's id")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The notification", body = PushDetail)))]
pub async fn detail(
    State(app): State<App>,
    caller: Require<MessagesView>,
    Segment(id): Segment,
) -> Result<Json<PushDetail>, Refusal> {
    Ok(Json(push::detail(&app.sereno, &caller.staff, &Id(id)).await?))
}

/// Try a push notification again
///
/// One that was given up or cancelled.
#[utoipa::path(post, path = "/api/v1/admin/push-notifications/{id}/retry", tag = "admin",
    operation_id = "retryPushNotification", params(("id" = Id, Path, description = "The notification's id")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 202, description = "It is queued again", body = PushDetail),
        (status = 409, description = "`state_conflict`: it waits, or has left; `push_not_configured`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn retry(
    State(app): State<App>,
    caller: Require<MessagesManage>,
    Segment(id): Segment,
    _: Nothing,
) -> Result<(StatusCode, Json<PushDetail>), Refusal> {
    let again = push::retry(&app.sereno, &caller.meta, &caller.staff, &Id(id)).await?;
    Ok((StatusCode::ACCEPTED, Json(again)))
}

/// Take a push notification out of the queue
#[utoipa::path(post, path = "/api/v1/admin/push-notifications/{id}/cancel", tag = "admin",
    operation_id = "cancelPushNotification", params(("id" = Id, Path, description = "The notification's id")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The notification, cancelled", body = PushDetail),
        (status = 409, description = "`state_conflict`: it does not wait", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn cancel(
    State(app): State<App>,
    caller: Require<MessagesManage>,
    Segment(id): Segment,
    _: Nothing,
) -> Result<Json<PushDetail>, Refusal> {
    Ok(Json(
        push::cancel(&app.sereno, &caller.meta, &caller.staff, &Id(id)).await?,
    ))
}

/// Send a push notification anew
///
/// To the same device, as another notification with a history of its own.
#[utoipa::path(post, path = "/api/v1/admin/push-notifications/{id}/resend", tag = "admin",
    operation_id = "resendPushNotification", params(("id" = Id, Path, description = "The notification's id")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 202, description = "The other notification, queued", body = PushDetail),
        (status = 409, description = "`state_conflict`: it waits itself; `push_not_configured`", body = Problem,
            content_type = "application/problem+json"),
        (status = 422, description = "`no_push_token`: the device cannot get it any more", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn resend(
    State(app): State<App>,
    caller: Require<MessagesManage>,
    Segment(id): Segment,
    _: Nothing,
) -> Result<(StatusCode, Json<PushDetail>), Refusal> {
    let again = push::resend(&app.sereno, &caller.meta, &caller.staff, &Id(id)).await?;
    Ok((StatusCode::ACCEPTED, Json(again)))
}

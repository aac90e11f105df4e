//! Notifications to devices, for staff.

use axum::extract::State;
use axum::http::StatusCode;
use sereno_core::access;
use sereno_core::messages::push;
use sereno_types::{Id, Page, Problem, PushDetail, PushQuery, PushQueued, PushRow, SendPush};

use crate::http::caller::Caller;
use crate::http::json::{Json, Nothing, Query, Segment};
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
    caller: Caller,
    Query(query): Query<PushQuery>,
) -> Result<Json<Page<PushRow>>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    Ok(Json(push::list(&app.sereno, &staff, query).await?))
}

/// Send a push notification
///
/// To all devices of a user that have a push token, or to one device. It is queued; what becomes of it on each device is
/// told by its row.
#[utoipa::path(post, path = "/api/v1/admin/push-notifications", tag = "admin", operation_id = "sendPushNotification",
    request_body = SendPush, security(("bearer" = []), ("session" = [])),
    responses(
        (status = 202, description = "It is queued", body = PushQueued),
        (status = 409, description = "`push_not_configured`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn send(
    State(app): State<App>,
    caller: Caller,
    Json(command): Json<SendPush>,
) -> Result<(StatusCode, Json<PushQueued>), Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    let queued = push::send(&app.sereno, &caller.meta, &staff, command).await?;
    Ok((StatusCode::ACCEPTED, Json(queued)))
}

/// A push notification
#[utoipa::path(get, path = "/api/v1/admin/push-notifications/{id}", tag = "admin",
    operation_id = "getPushNotification", params(("id" = Id, Path, description = "The notification's id")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The notification", body = PushDetail)))]
pub async fn detail(State(app): State<App>, caller: Caller, Segment(id): Segment) -> Result<Json<PushDetail>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    Ok(Json(push::detail(&app.sereno, &staff, &Id(id)).await?))
}

/// Try a push notification again
///
/// One that was given up.
#[utoipa::path(post, path = "/api/v1/admin/push-notifications/{id}/retry", tag = "admin",
    operation_id = "retryPushNotification", params(("id" = Id, Path, description = "The notification's id")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 202, description = "It is queued again", body = PushDetail),
        (status = 409, description = "`state_conflict`: it was not given up; `push_not_configured`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn retry(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
    _: Nothing,
) -> Result<(StatusCode, Json<PushDetail>), Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    let again = push::retry(&app.sereno, &caller.meta, &staff, &Id(id)).await?;
    Ok((StatusCode::ACCEPTED, Json(again)))
}

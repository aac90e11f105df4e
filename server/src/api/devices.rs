//! Devices: one's own, and everybody's for staff.

use axum::extract::State;
use axum::http::StatusCode;
use sereno_core::account::devices;
use sereno_types::held::{DevicesManage, DevicesView};
use sereno_types::{DeviceDetail, DeviceQuery, DeviceRow, Id, Page, PageQuery, RenameDevice, UpdateDevice};

use crate::http::caller::Caller;
use crate::http::json::{Json, Nothing, Query, Segment};
use crate::http::policy::Require;
use crate::http::problem::Refusal;
use crate::router::App;

/// My devices
///
/// Those that a sign-in named, last seen first. Of push tokens only the end is shown.
#[utoipa::path(get, path = "/api/v1/me/devices", tag = "me", operation_id = "listMyDevices", params(PageQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page", body = Page<DeviceRow>)))]
pub async fn mine(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<DeviceRow>>, Refusal> {
    Ok(Json(devices::mine(&app.sereno, &caller.actor, query).await?))
}

/// Change one of my devices
///
/// What is not said stays, null takes away (RFC 7396). A push token that another device has moves here.
#[utoipa::path(patch, path = "/api/v1/me/devices/{id}", tag = "me", operation_id = "updateMyDevice",
    params(("id" = Id, Path, description = "The device's id")), request_body = UpdateDevice,
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The device, changed", body = DeviceRow)))]
pub async fn update_mine(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
    Json(command): Json<UpdateDevice>,
) -> Result<Json<DeviceRow>, Refusal> {
    let device = devices::update_mine(&app.sereno, &caller.meta, &caller.actor, &Id(id), command).await?;
    Ok(Json(device))
}

/// Remove one of my devices
///
/// Everything that hangs on it ends: sessions and tokens alike.
#[utoipa::path(delete, path = "/api/v1/me/devices/{id}", tag = "me", operation_id = "removeMyDevice",
    params(("id" = Id, Path, description = "The device's id")), security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "It is removed")))]
pub async fn remove_mine(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
    _: Nothing,
) -> Result<StatusCode, Refusal> {
    devices::remove_mine(&app.sereno, &caller.meta, &caller.actor, &Id(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List devices
///
/// Last seen first. `q` looks into names, operating systems and their users' addresses.
#[utoipa::path(get, path = "/api/v1/admin/devices", tag = "admin", operation_id = "listDevices", params(DeviceQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page", body = Page<DeviceRow>)))]
pub async fn list(
    State(app): State<App>,
    caller: Require<DevicesView>,
    Query(query): Query<DeviceQuery>,
) -> Result<Json<Page<DeviceRow>>, Refusal> {
    Ok(Json(devices::list(&app.sereno, &caller.staff, query).await?))
}

/// One device
///
/// With one page of the sign-ins that hang on it, for who may see those too.
#[utoipa::path(get, path = "/api/v1/admin/devices/{id}", tag = "admin", operation_id = "getDevice",
    params(("id" = Id, Path, description = "The device's id"), PageQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The device", body = DeviceDetail)))]
pub async fn detail(
    State(app): State<App>,
    caller: Require<DevicesView>,
    Segment(id): Segment,
    Query(query): Query<PageQuery>,
) -> Result<Json<DeviceDetail>, Refusal> {
    Ok(Json(devices::detail(&app.sereno, &caller.staff, &Id(id), query).await?))
}

/// Rename a device
#[utoipa::path(patch, path = "/api/v1/admin/devices/{id}", tag = "admin", operation_id = "renameDevice",
    params(("id" = Id, Path, description = "The device's id")), request_body = RenameDevice,
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "It has another name")))]
pub async fn rename(
    State(app): State<App>,
    caller: Require<DevicesManage>,
    Segment(id): Segment,
    Json(command): Json<RenameDevice>,
) -> Result<StatusCode, Refusal> {
    devices::rename(&app.sereno, &caller.meta, &caller.staff, &Id(id), command).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Remove a device
///
/// Everything that hangs on it ends: sessions and tokens alike.
#[utoipa::path(delete, path = "/api/v1/admin/devices/{id}", tag = "admin", operation_id = "removeDevice",
    params(("id" = Id, Path, description = "The device's id")), security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "It is removed")))]
pub async fn remove(
    State(app): State<App>,
    caller: Require<DevicesManage>,
    Segment(id): Segment,
    _: Nothing,
) -> Result<StatusCode, Refusal> {
    devices::remove_theirs(&app.sereno, &caller.meta, &caller.staff, &Id(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

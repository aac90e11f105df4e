//! Changing profiles, declaring what may stand in them, and what changed.

use axum::extract::State;
use axum::http::StatusCode;
use sereno_core::access;
use sereno_core::account::{admin, attributes, profile};
use sereno_types::{
    Attribute, ChangeQuery, DeclareAttribute, Id, Me, Page, ProfileChange, ProfileField, UpdateProfile, UserDetail,
};

use crate::http::caller::Caller;
use crate::http::json::{Json, Nothing, Query, Segment};
use crate::http::problem::Refusal;
use crate::router::App;

/// Change my profile
///
/// What is not said stays, null takes away (RFC 7396). Fields that the settings or a declaration protect are refused.
#[utoipa::path(patch, path = "/api/v1/me", tag = "me", operation_id = "updateMe", request_body = UpdateProfile,
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The profile, changed", body = Me)))]
pub async fn update_me(
    State(app): State<App>,
    caller: Caller,
    Json(command): Json<UpdateProfile>,
) -> Result<Json<Me>, Refusal> {
    Ok(Json(
        profile::update(&app.sereno, &caller.meta, &caller.actor, command).await?,
    ))
}

/// The fields of my profile
///
/// Those that everybody has, then the attributes that staff declared: what a form needs to know.
#[utoipa::path(get, path = "/api/v1/me/fields", tag = "me", operation_id = "listMyFields",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "Every field", body = Vec<ProfileField>)))]
pub async fn my_fields(State(app): State<App>, caller: Caller) -> Result<Json<Vec<ProfileField>>, Refusal> {
    Ok(Json(profile::fields(&app.sereno, &caller.actor).await?))
}

/// Change a user's profile
#[utoipa::path(patch, path = "/api/v1/admin/users/{id}", tag = "admin", operation_id = "updateUser",
    params(("id" = Id, Path, description = "The user's id")), request_body = UpdateProfile,
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The user, changed", body = UserDetail)))]
pub async fn update_user(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
    Json(command): Json<UpdateProfile>,
) -> Result<Json<UserDetail>, Refusal> {
    let (staff, id) = (access::staff(&app.sereno, &caller.actor).await?, Id(id));
    profile::update_theirs(&app.sereno, &caller.meta, &staff, &id, command).await?;
    Ok(Json(admin::detail(&app.sereno, &staff, &id).await?))
}

/// What changed in a user's profile
///
/// Newest first: each field with what it held and what it holds.
#[utoipa::path(get, path = "/api/v1/admin/users/{id}/changes", tag = "admin", operation_id = "listUserChanges",
    params(("id" = Id, Path, description = "The user's id"), ChangeQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page", body = Page<ProfileChange>)))]
pub async fn changes(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
    Query(query): Query<ChangeQuery>,
) -> Result<Json<Page<ProfileChange>>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    Ok(Json(profile::changes(&app.sereno, &staff, &Id(id), query).await?))
}

/// List declared attributes
#[utoipa::path(get, path = "/api/v1/admin/attributes", tag = "admin", operation_id = "listAttributes",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "Every declared attribute, by name", body = Vec<Attribute>)))]
pub async fn list_attributes(State(app): State<App>, caller: Caller) -> Result<Json<Vec<Attribute>>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    Ok(Json(attributes::list(&app.sereno, &staff).await?))
}

/// Declare an attribute
///
/// Or change the one with this name. Values that users have already stay what they are.
#[utoipa::path(put, path = "/api/v1/admin/attributes/{name}", tag = "admin", operation_id = "declareAttribute",
    params(("name" = String, Path, description = "Letters, digits, `_`, `-`")), request_body = DeclareAttribute,
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The attribute", body = Attribute)))]
pub async fn declare_attribute(
    State(app): State<App>,
    caller: Caller,
    Segment(name): Segment,
    Json(command): Json<DeclareAttribute>,
) -> Result<Json<Attribute>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    let declared = attributes::declare(&app.sereno, &caller.meta, &staff, &name, command).await?;
    Ok(Json(declared))
}

/// Take a declaration back
///
/// Values that users have stay.
#[utoipa::path(delete, path = "/api/v1/admin/attributes/{name}", tag = "admin", operation_id = "withdrawAttribute",
    params(("name" = String, Path, description = "The attribute's name")), security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "It is gone")))]
pub async fn withdraw_attribute(
    State(app): State<App>,
    caller: Caller,
    Segment(name): Segment,
    _: Nothing,
) -> Result<StatusCode, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    attributes::withdraw(&app.sereno, &caller.meta, &staff, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

//! Changing profiles, declaring what may stand in them, and what changed.

use axum::extract::State;
use axum::http::StatusCode;
use sereno_core::access;
use sereno_core::account::{admin, attributes, profile};
use sereno_types::{
    Attribute, AttributeQuery, ChangeQuery, DeclareAttribute, Id, Me, Page, ProfileChange, ProfileField, UpdateProfile,
    UserDetail,
};

use crate::http::caller::Caller;
use crate::http::json::{Json, Nothing, Query, Segment};
use crate::http::problem::Refusal;
use crate::http::version::{self, Tagged};
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
) -> Result<Tagged<UserDetail>, Refusal> {
    let (staff, id) = (access::staff(&app.sereno, &caller.actor).await?, Id(id));
    match profile::update_theirs(&app.sereno, &caller.meta, &staff, &id, command).await {
        Ok(()) => {
            let detail = admin::detail(&app.sereno, &staff, &id).await?;
            Ok(Tagged(admin::version(&app.sereno, &detail)?, detail))
        }
        Err(error) => Err(version::refused(error, admin::detail(&app.sereno, &staff, &id)).await),
    }
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
///
/// By name. `q` looks into names and descriptions.
#[utoipa::path(get, path = "/api/v1/admin/attributes", tag = "admin", operation_id = "listAttributes",
    params(AttributeQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page", body = Page<Attribute>)))]
pub async fn list_attributes(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<AttributeQuery>,
) -> Result<Json<Page<Attribute>>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    Ok(Json(attributes::list(&app.sereno, &staff, query).await?))
}

/// One declared attribute
#[utoipa::path(get, path = "/api/v1/admin/attributes/{name}", tag = "admin", operation_id = "getAttribute",
    params(("name" = String, Path, description = "The attribute's name")), security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The attribute", body = Attribute)))]
pub async fn attribute(
    State(app): State<App>,
    caller: Caller,
    Segment(name): Segment,
) -> Result<Tagged<Attribute>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    let found = attributes::one(&app.sereno, &staff, &name).await?;
    Ok(Tagged(attributes::version(&app.sereno, &found)?, found))
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
) -> Result<Tagged<Attribute>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    match attributes::declare(&app.sereno, &caller.meta, &staff, &name, command).await {
        Ok(declared) => Ok(Tagged(attributes::version(&app.sereno, &declared)?, declared)),
        Err(error) => Err(version::refused(error, attributes::one(&app.sereno, &staff, &name)).await),
    }
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
    match attributes::withdraw(&app.sereno, &caller.meta, &staff, &name).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(error) => Err(version::refused(error, attributes::one(&app.sereno, &staff, &name)).await),
    }
}

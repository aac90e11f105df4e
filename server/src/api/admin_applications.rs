//! Registering applications and turning the ring of signing keys: the same functions as the console's.

use axum::extract::State;
use axum::http::StatusCode;
use sereno_core::access;
use sereno_core::oauth::{admin, signing_keys};
use sereno_types::{
    ApplicationCreated, ApplicationDetail, ApplicationQuery, ApplicationRow, ApplicationUpdated, ClaimsPreview,
    CreateApplication, CreateSigningKey, Id, NewSecret, NewSigningKey, Page, PreviewClaims, Problem, SigningKeyQuery,
    SigningKeyRow, UpdateApplication,
};

use crate::http::caller::Caller;
use crate::http::json::{Json, Nothing, Query, Segment, Segments};
use crate::http::problem::Refusal;
use crate::http::version::{self, Tagged};
use crate::router::App;

/// List applications
#[utoipa::path(get, path = "/api/v1/admin/applications", tag = "applications", operation_id = "listApplications",
    params(ApplicationQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page", body = Page<ApplicationRow>)))]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ApplicationQuery>,
) -> Result<Json<Page<ApplicationRow>>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    Ok(Json(admin::list(&app.sereno, &staff, query).await?))
}

/// Register an application
///
/// A confidential application gets a secret, which is shown in this answer and never again.
#[utoipa::path(post, path = "/api/v1/admin/applications", tag = "applications", operation_id = "createApplication",
    request_body = CreateApplication, security(("bearer" = []), ("session" = [])),
    responses((status = 201, description = "The application", body = ApplicationCreated)))]
pub async fn create(
    State(app): State<App>,
    caller: Caller,
    Json(command): Json<CreateApplication>,
) -> Result<(StatusCode, Json<ApplicationCreated>), Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    let created = admin::create(&app.sereno, &caller.meta, &staff, command, None).await?;
    Ok((StatusCode::CREATED, Json(created)))
}

/// One application
#[utoipa::path(get, path = "/api/v1/admin/applications/{id}", tag = "applications", operation_id = "getApplication",
    params(("id" = Id, Path, description = "The application's id")), security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The application", body = ApplicationDetail)))]
pub async fn detail(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
) -> Result<Tagged<ApplicationDetail>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    let detail = admin::detail(&app.sereno, &staff, &Id(id)).await?;
    Ok(Tagged(admin::version(&app.sereno, &detail)?, detail))
}

/// Change an application
///
/// What is not said stays; `profile` and `cookies` are replaced whole. Tokens that do not look as the new profile says are
/// no longer good. A profile that turns to `HS256` makes the key that is shared with the application: `signing_secret`, shown
/// this once.
#[utoipa::path(patch, path = "/api/v1/admin/applications/{id}", tag = "applications", operation_id = "updateApplication",
    params(("id" = Id, Path, description = "The application's id")), request_body = UpdateApplication,
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The application, changed", body = ApplicationUpdated),
        (status = 409, description = "`managed_by_configuration`", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn update(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
    Json(command): Json<UpdateApplication>,
) -> Result<Tagged<ApplicationUpdated>, Refusal> {
    let (staff, id) = (access::staff(&app.sereno, &caller.actor).await?, Id(id));
    match admin::update(&app.sereno, &caller.meta, &staff, &id, command).await {
        Ok(changed) => Ok(Tagged(admin::version(&app.sereno, &changed.application)?, changed)),
        Err(error) => Err(version::refused(error, admin::detail(&app.sereno, &staff, &id)).await),
    }
}

/// Delete an application
///
/// Its secrets and keys go, and every sign-in through it ends.
#[utoipa::path(delete, path = "/api/v1/admin/applications/{id}", tag = "applications", operation_id = "deleteApplication",
    params(("id" = Id, Path, description = "The application's id")), security(("bearer" = []), ("session" = [])),
    responses(
        (status = 204, description = "It is gone"),
        (status = 409, description = "`state_conflict`: Sereno made it itself; `managed_by_configuration`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn delete(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
    _: Nothing,
) -> Result<StatusCode, Refusal> {
    let (staff, id) = (access::staff(&app.sereno, &caller.actor).await?, Id(id));
    match admin::delete(&app.sereno, &caller.meta, &staff, &id).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(error) => Err(version::refused(error, admin::detail(&app.sereno, &staff, &id)).await),
    }
}

/// Make another secret
///
/// It is shown in this answer and never again; the one before goes on working until it is deleted.
#[utoipa::path(post, path = "/api/v1/admin/applications/{id}/secrets", tag = "applications",
    operation_id = "createClientSecret", params(("id" = Id, Path, description = "The application's id")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 201, description = "The secret", body = NewSecret),
        (status = 409, description = "`state_conflict`: there are two, or it is public; `managed_by_configuration`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn create_secret(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
    _: Nothing,
) -> Result<(StatusCode, Json<NewSecret>), Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    let secret = admin::create_secret(&app.sereno, &caller.meta, &staff, &Id(id)).await?;
    Ok((StatusCode::CREATED, Json(secret)))
}

/// Delete a secret
///
/// It stops working at once.
#[utoipa::path(delete, path = "/api/v1/admin/applications/{id}/secrets/{secret_id}", tag = "applications",
    operation_id = "deleteClientSecret",
    params(("id" = Id, Path, description = "The application's id"), ("secret_id" = Id, Path, description = "The secret's id")),
    security(("bearer" = []), ("session" = [])), responses((status = 204, description = "It is gone")))]
pub async fn delete_secret(
    State(app): State<App>,
    caller: Caller,
    Segments((id, secret)): Segments,
    _: Nothing,
) -> Result<StatusCode, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    admin::delete_secret(&app.sereno, &caller.meta, &staff, &Id(id), &Id(secret)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Preview the claims of a user's tokens
///
/// With the application's profile, or with one to try. Nothing is issued.
#[utoipa::path(post, path = "/api/v1/admin/applications/{id}/preview", tag = "applications", operation_id = "previewClaims",
    params(("id" = Id, Path, description = "The application's id")), request_body = PreviewClaims,
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "What the tokens would say", body = ClaimsPreview)))]
pub async fn preview(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
    Json(command): Json<PreviewClaims>,
) -> Result<Json<ClaimsPreview>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    Ok(Json(admin::preview(&app.sereno, &staff, &Id(id), command).await?))
}

/// List signing keys
///
/// Newest first. `q` looks into `kid`, id and the `client_id` of the application that a key serves.
#[utoipa::path(get, path = "/api/v1/admin/signing-keys", tag = "applications", operation_id = "listSigningKeys",
    params(SigningKeyQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page", body = Page<SigningKeyRow>)))]
pub async fn list_keys(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<SigningKeyQuery>,
) -> Result<Json<Page<SigningKeyRow>>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    Ok(Json(signing_keys::list(&app.sereno, &staff, query).await?))
}

/// Make a signing key
///
/// It is published and waits to be activated.
#[utoipa::path(post, path = "/api/v1/admin/signing-keys", tag = "applications", operation_id = "createSigningKey",
    request_body = CreateSigningKey, security(("bearer" = []), ("session" = [])),
    responses(
        (status = 201, description = "The key", body = NewSigningKey),
        (status = 409, description = "`managed_by_configuration`", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn create_key(
    State(app): State<App>,
    caller: Caller,
    Json(command): Json<CreateSigningKey>,
) -> Result<(StatusCode, Json<NewSigningKey>), Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    let made = signing_keys::create(&app.sereno, &caller.meta, &staff, command).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Let a waiting key sign
///
/// The one that signed in its place is retired: it goes on verifying.
#[utoipa::path(post, path = "/api/v1/admin/signing-keys/{id}/activate", tag = "applications",
    operation_id = "activateSigningKey", params(("id" = Id, Path, description = "The key's id")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The key, active", body = SigningKeyRow),
        (status = 409, description = "`state_conflict`: it does not wait; `managed_by_configuration`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn activate_key(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
    _: Nothing,
) -> Result<Json<SigningKeyRow>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    let key = signing_keys::activate(&app.sereno, &caller.meta, &staff, &Id(id)).await?;
    Ok(Json(key))
}

/// Forget a key
///
/// Whatever it signed is unknown from now on. The key that signs cannot be forgotten.
#[utoipa::path(delete, path = "/api/v1/admin/signing-keys/{id}", tag = "applications", operation_id = "deleteSigningKey",
    params(("id" = Id, Path, description = "The key's id")), security(("bearer" = []), ("session" = [])),
    responses(
        (status = 204, description = "It is gone"),
        (status = 409, description = "`state_conflict`: it signs", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn delete_key(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
    _: Nothing,
) -> Result<StatusCode, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    signing_keys::delete(&app.sereno, &caller.meta, &staff, &Id(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

//! Setting up the providers that people sign in through: the same functions as the console's.

use axum::extract::State;
use axum::http::StatusCode;
use sereno_core::access;
use sereno_core::social::admin;
use sereno_types::{
    CreateSocialProvider, Id, Page, Problem, SocialProviderDetail, SocialProviderQuery, SocialProviderRow, SocialTest,
    UpdateSocialProvider,
};

use crate::http::caller::Caller;
use crate::http::json::{Json, Nothing, Query, Segment};
use crate::http::problem::Refusal;
use crate::http::version::{self, Tagged};
use crate::router::App;

/// List providers
///
/// By name. `q` looks into names.
#[utoipa::path(get, path = "/api/v1/admin/social-providers", tag = "providers", operation_id = "listSocialProviders",
    params(SocialProviderQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page", body = Page<SocialProviderRow>)))]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<SocialProviderQuery>,
) -> Result<Json<Page<SocialProviderRow>>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    Ok(Json(admin::list(&app.sereno, &staff, query).await?))
}

/// Set up a provider
///
/// The answer's `callback_url` must be registered at the provider. The secret is never shown again.
#[utoipa::path(post, path = "/api/v1/admin/social-providers", tag = "providers", operation_id = "createSocialProvider",
    request_body = CreateSocialProvider, security(("bearer" = []), ("session" = [])),
    responses(
        (status = 201, description = "The provider", body = SocialProviderDetail),
        (status = 409, description = "`state_conflict`: there are 50 already", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn create(
    State(app): State<App>,
    caller: Caller,
    Json(command): Json<CreateSocialProvider>,
) -> Result<(StatusCode, Json<SocialProviderDetail>), Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    let created = admin::create(&app.sereno, &caller.meta, &staff, command).await?;
    Ok((StatusCode::CREATED, Json(created)))
}

/// One provider
#[utoipa::path(get, path = "/api/v1/admin/social-providers/{id}", tag = "providers", operation_id = "getSocialProvider",
    params(("id" = Id, Path, description = "The provider's id")), security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The provider", body = SocialProviderDetail)))]
pub async fn detail(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
) -> Result<Tagged<SocialProviderDetail>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    let provider = admin::detail(&app.sereno, &staff, &Id(id)).await?;
    Ok(Tagged(admin::version(&app.sereno, &provider)?, provider))
}

/// Change a provider
///
/// What is not said stays; lists and `settings` are replaced whole. Where `settings` change, the secret must come again
/// (`secret_required`): it would be sent elsewhere.
#[utoipa::path(patch, path = "/api/v1/admin/social-providers/{id}", tag = "providers",
    operation_id = "updateSocialProvider", params(("id" = Id, Path, description = "The provider's id")),
    request_body = UpdateSocialProvider, security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The provider, changed", body = SocialProviderDetail)))]
pub async fn update(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
    Json(command): Json<UpdateSocialProvider>,
) -> Result<Tagged<SocialProviderDetail>, Refusal> {
    let (staff, id) = (access::staff(&app.sereno, &caller.actor).await?, Id(id));
    match admin::update(&app.sereno, &caller.meta, &staff, &id, command).await {
        Ok(changed) => Ok(Tagged(admin::version(&app.sereno, &changed)?, changed)),
        Err(error) => Err(version::refused(error, admin::detail(&app.sereno, &staff, &id)).await),
    }
}

/// Delete a provider
///
/// Every identity at it goes too; who has no other way in sets a password by mail.
#[utoipa::path(delete, path = "/api/v1/admin/social-providers/{id}", tag = "providers",
    operation_id = "deleteSocialProvider", params(("id" = Id, Path, description = "The provider's id")),
    security(("bearer" = []), ("session" = [])), responses((status = 204, description = "It is gone")))]
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

/// Test a provider
///
/// Whether it says where it is, has keys, and accepts our credentials. It ends with the first step that fails; a provider
/// that does not answer is a finding and no error.
#[utoipa::path(post, path = "/api/v1/admin/social-providers/{id}/test", tag = "providers",
    operation_id = "testSocialProvider", params(("id" = Id, Path, description = "The provider's id")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "What was found", body = SocialTest)))]
pub async fn test(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
    _: Nothing,
) -> Result<Json<SocialTest>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    Ok(Json(admin::test(&app.sereno, &staff, &Id(id)).await?))
}

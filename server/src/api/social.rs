//! Signing in through others by what a client posts, and the identities of a user.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use sereno_core::access;
use sereno_core::social::{self, UntoldNonce, identities};
use sereno_types::{Id, Identity, LinkIdentity, LoginAnswer, Page, PageQuery, Problem, SocialButton, SocialLogin};
use tower_sessions::Session;

use super::login;
use crate::http::caller::Caller;
use crate::http::json::{Json, Nothing, Query, Segment, Segments};
use crate::http::problem::Refusal;
use crate::router::App;

/// The providers
///
/// Those that people can sign in through, by name. A browser is sent to `/account/social/{slug}/start?next=…`; an app posts
/// what the provider's own kit gave it.
#[utoipa::path(get, path = "/api/v1/social", tag = "sign-in", operation_id = "listSocialButtons",
    responses((status = 200, description = "All of them", body = [SocialButton])))]
pub async fn buttons(State(app): State<App>) -> Result<Json<Vec<SocialButton>>, Refusal> {
    Ok(Json(social::buttons(&app.sereno).await?))
}

/// Sign in through a provider
///
/// With exactly one of: an ID token, issued to a client id that the provider's settings here list; an authorization code,
/// with the redirect URI that it came to, which they list too; an access token, where the provider tells for which
/// application it issued it (Google, Facebook, GitHub). Each failing check has its own code.
///
/// Who is new gets an account, if the settings say so. What the sign-in brings reaches the client as the application's
/// delivery says, as at `POST /api/v1/login`.
#[utoipa::path(post, path = "/api/v1/social/{slug}", tag = "sign-in", operation_id = "socialLogin",
    params(("slug" = String, Path, description = "The provider's name in addresses")), request_body = SocialLogin,
    responses(
        (status = 200, description = "Tokens for the application", body = LoginAnswer),
        (status = 400, description = "`social_…`: what the provider handed out is not as it must be", body = Problem,
            content_type = "application/problem+json"),
        (status = 401, description = "`invalid_credentials`, `invalid_client`", body = Problem,
            content_type = "application/problem+json"),
        (status = 403, description = "`social_sign_up_closed`, `registration_closed`, `activation_required`, \
            `unauthorized_client`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such provider, or it is switched off", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "`social_account_exists`, `too_many_devices`", body = Problem,
            content_type = "application/problem+json"),
        (status = 502, description = "`social_answer_invalid`, `social_misconfigured`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn sign_in(
    State(app): State<App>,
    caller: Caller,
    session: Session,
    Segment(slug): Segment,
    Json(command): Json<SocialLogin>,
) -> Result<(HeaderMap, Json<LoginAnswer>), Refusal> {
    let logged_in = social::sign_in_posted(&app.sereno, &caller.meta, &slug, command, UntoldNonce::Refused).await?;
    login::present(&app, &session, logged_in).await
}

/// My identities
///
/// The accounts at providers by which I can sign in, newest first.
#[utoipa::path(get, path = "/api/v1/me/identities", tag = "me", operation_id = "listMyIdentities",
    params(PageQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page", body = Page<Identity>)))]
pub async fn mine(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Identity>>, Refusal> {
    Ok(Json(identities::mine(&app.sereno, &caller.actor, query).await?))
}

/// Connect an identity
///
/// With what the provider handed out, as at `POST /api/v1/social/{slug}`. Wants a sign-in within the last five minutes. A
/// mail tells of it. Connecting twice is no error.
#[utoipa::path(post, path = "/api/v1/me/identities/{id}", tag = "me", operation_id = "linkMyIdentity",
    params(("id" = String, Path, description = "The provider's `slug`")), request_body = LinkIdentity,
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 204, description = "It is connected"),
        (status = 400, description = "`social_…`: what the provider handed out is not as it must be", body = Problem,
            content_type = "application/problem+json"),
        (status = 403, description = "`reauthentication_required`", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "`social_identity_taken`", body = Problem,
            content_type = "application/problem+json"),
        (status = 502, description = "`social_answer_invalid`, `social_misconfigured`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn link(
    State(app): State<App>,
    caller: Caller,
    Segment(slug): Segment,
    Json(command): Json<LinkIdentity>,
) -> Result<StatusCode, Refusal> {
    social::link_posted(&app.sereno, &caller.meta, &caller.actor, &slug, command).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Disconnect an identity
///
/// With a sign-in within the last five minutes, and never the last way in: without a password one must stay. A mail tells of
/// it.
#[utoipa::path(delete, path = "/api/v1/me/identities/{id}", tag = "me", operation_id = "unlinkMyIdentity",
    params(("id" = String, Path, description = "The identity's id")), security(("bearer" = []), ("session" = [])),
    responses(
        (status = 204, description = "It is disconnected"),
        (status = 403, description = "`reauthentication_required`, `cross_site_request`", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "`last_sign_in_method`", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn unlink(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
    _: Nothing,
) -> Result<StatusCode, Refusal> {
    identities::unlink_mine(&app.sereno, &caller.meta, &caller.actor, &Id(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A user's identities
///
/// Newest first.
#[utoipa::path(get, path = "/api/v1/admin/users/{id}/identities", tag = "admin", operation_id = "listUserIdentities",
    params(("id" = Id, Path, description = "The user's id"), PageQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page", body = Page<Identity>)))]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Identity>>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    Ok(Json(identities::list(&app.sereno, &staff, &Id(id), query).await?))
}

/// Disconnect a user's identity
///
/// Even the last: then the user sets a password by mail. A mail tells of it.
#[utoipa::path(delete, path = "/api/v1/admin/users/{id}/identities/{identity_id}", tag = "admin",
    operation_id = "unlinkUserIdentity",
    params(("id" = Id, Path, description = "The user's id"), ("identity_id" = Id, Path, description = "The identity's id")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "It is disconnected")))]
pub async fn unlink_theirs(
    State(app): State<App>,
    caller: Caller,
    Segments((id, identity)): Segments,
    _: Nothing,
) -> Result<StatusCode, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    identities::unlink(&app.sereno, &caller.meta, &staff, &Id(id), &Id(identity)).await?;
    Ok(StatusCode::NO_CONTENT)
}

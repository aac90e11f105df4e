//! Refreshing and checking tokens.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use sereno_core::access::application;
use sereno_core::token;
use sereno_types::{Code, Problem, Refresh, TokenAnswer, VerifyToken, VerifyTokenAnswer};

use crate::http::caller::Caller;
use crate::http::delivery;
use crate::http::json::{Json, Nothing, Query};
use crate::http::problem::Refusal;
use crate::router::App;

/// Refresh
///
/// Exchanges the latest refresh token of its family for a fresh pair (RFC 6749 §6). The token that was just used may be
/// sent again for a few seconds and gets the same successor; any older one ends the family (RFC 9700 §4.14.2). Where the
/// application's delivery is a cookie, the token may come in it instead of in the body, with the CSRF token in
/// `X-CSRF-Token`.
#[utoipa::path(post, path = "/api/v1/token/refresh", tag = "tokens", operation_id = "refresh", request_body = Refresh,
    responses(
        (status = 200, description = "A fresh pair", body = TokenAnswer),
        (status = 401, description = "`refresh_token_invalid`, `invalid_client`", body = Problem,
            content_type = "application/problem+json"),
        (status = 403, description = "`unauthorized_client`, `cross_site_request`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn refresh(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Json(command): Json<Refresh>,
) -> Result<(HeaderMap, Json<TokenAnswer>), Refusal> {
    let command = with_cookie(&app, &headers, command).await?;
    let issued = token::refresh(&app.sereno, &caller.meta, command).await?;
    let (headers, answer) = delivery::present(&app.sereno, issued);
    Ok((headers, Json(answer)))
}

/// Refresh, and extend the refresh token
///
/// As `refresh`. Where the application's refresh tokens stay what they are, it also gets a new one that lasts longer.
#[utoipa::path(post, path = "/api/v1/token/rotate", tag = "tokens", operation_id = "rotate", request_body = Refresh,
    responses(
        (status = 200, description = "A fresh pair", body = TokenAnswer),
        (status = 401, description = "`refresh_token_invalid`, `invalid_client`", body = Problem,
            content_type = "application/problem+json"),
        (status = 403, description = "`unauthorized_client`, `cross_site_request`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn rotate(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Json(command): Json<Refresh>,
) -> Result<(HeaderMap, Json<TokenAnswer>), Refusal> {
    let command = with_cookie(&app, &headers, command).await?;
    let issued = token::extend(&app.sereno, &caller.meta, command).await?;
    let (headers, answer) = delivery::present(&app.sereno, issued);
    Ok((headers, Json(answer)))
}

/// The refresh token that came in the application's cookie, where none is in the body.
async fn with_cookie(app: &App, headers: &HeaderMap, mut command: Refresh) -> Result<Refresh, Refusal> {
    if command.refresh_token.is_empty()
        && let Some(application) = application::find(&app.sereno, command.client_id.as_deref()).await?
        && let Some(token) = delivery::refresh_token(app, headers, &application).await?
    {
        command.refresh_token = token;
    }
    Ok(command)
}

/// Take the cookies away
///
/// Clears every cookie that the application's delivery sets, whether or not what they hold still works. Nothing is revoked:
/// `POST /api/v1/logout` does that.
#[utoipa::path(delete, path = "/api/v1/token/cookies", tag = "tokens", operation_id = "clearCookies",
    params(("client_id" = Option<String>, Query, description = "The application; the first-party one when absent")),
    responses(
        (status = 204, description = "The cookies are gone"),
        (status = 401, description = "`invalid_client`", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn clear_cookies(
    State(app): State<App>,
    Query(which): Query<Which>,
    _: Nothing,
) -> Result<(StatusCode, HeaderMap), Refusal> {
    let application = application::find(&app.sereno, which.client_id.as_deref()).await?;
    let application = application.ok_or(Code::InvalidClient)?;
    Ok((StatusCode::NO_CONTENT, delivery::clear(&app.sereno, &application)))
}

/// Which application's.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Which {
    client_id: Option<String>,
}

/// Check an access token
///
/// Says whether the token is good right now: signature and times, the user's state and the token's family.
#[utoipa::path(post, path = "/api/v1/token/verify", tag = "tokens", operation_id = "verifyToken",
    request_body = VerifyToken, responses((status = 200, description = "The verdict", body = VerifyTokenAnswer)))]
pub async fn verify(
    State(app): State<App>,
    caller: Caller,
    Json(command): Json<VerifyToken>,
) -> Result<Json<VerifyTokenAnswer>, Refusal> {
    Ok(Json(token::verify(&app.sereno, &caller.meta, command).await?))
}

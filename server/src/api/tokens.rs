//! Refreshing and checking tokens.

use axum::extract::State;
use sereno_core::token;
use sereno_types::{Problem, Refresh, TokenAnswer, VerifyToken, VerifyTokenAnswer};

use crate::http::caller::Caller;
use crate::http::json::Json;
use crate::http::problem::Refusal;
use crate::router::App;

/// Refresh
///
/// Exchanges the latest refresh token of its family for a fresh pair (RFC 6749 §6). The token that was just used may be
/// sent again for a few seconds and gets the same successor; any older one ends the family (RFC 9700 §4.14.2).
#[utoipa::path(post, path = "/api/v1/token/refresh", tag = "tokens", operation_id = "refresh", request_body = Refresh,
    responses(
        (status = 200, description = "A fresh pair", body = TokenAnswer),
        (status = 401, description = "`refresh_token_invalid`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn refresh(
    State(app): State<App>,
    caller: Caller,
    Json(command): Json<Refresh>,
) -> Result<Json<TokenAnswer>, Refusal> {
    Ok(Json(token::refresh(&app.sereno, &caller.meta, command).await?))
}

/// Check an access token
///
/// Says whether the token is good right now: signature and times, the user's state and the token's family.
#[utoipa::path(post, path = "/api/v1/token/verify", tag = "tokens", operation_id = "verifyToken",
    request_body = VerifyToken, responses((status = 200, description = "The verdict", body = VerifyTokenAnswer)))]
pub async fn verify(
    State(app): State<App>,
    Json(command): Json<VerifyToken>,
) -> Result<Json<VerifyTokenAnswer>, Refusal> {
    Ok(Json(token::verify(&app.sereno, command).await?))
}

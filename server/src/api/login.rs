//! Signing in and out.

use axum::extract::State;
use axum::http::StatusCode;
use sereno_core::login as flow;
use sereno_types::{Login, LoginAnswer, Logout, Problem};

use crate::http::caller::Caller;
use crate::http::json::Json;
use crate::http::problem::Refusal;
use crate::router::App;

/// Sign in with a password
///
/// With an e-mail address or a user name. Unknown, wrong, locked and disabled get one answer.
#[utoipa::path(post, path = "/api/v1/login", tag = "sign-in", operation_id = "login", request_body = Login,
    responses(
        (status = 200, description = "Tokens for the application", body = LoginAnswer),
        (status = 401, description = "`invalid_credentials`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`activation_required`", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn login(
    State(app): State<App>,
    caller: Caller,
    Json(command): Json<Login>,
) -> Result<Json<LoginAnswer>, Refusal> {
    Ok(Json(flow::for_application(&app.sereno, &caller.meta, command).await?))
}

/// Sign out
///
/// Ends the family of the refresh token in the body; without one, what the caller is signed in by. Signing out twice is
/// no error.
#[utoipa::path(post, path = "/api/v1/logout", tag = "sign-in", operation_id = "logout", request_body = Logout,
    security((), ("bearer" = []), ("session" = [])),
    responses(
        (status = 204, description = "Signed out"),
        (status = 401, description = "Neither a refresh token nor a signed-in caller", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn logout(
    State(app): State<App>,
    caller: Caller,
    Json(command): Json<Logout>,
) -> Result<StatusCode, Refusal> {
    flow::logout(&app.sereno, &caller.meta, &caller.actor, command).await?;
    Ok(StatusCode::NO_CONTENT)
}

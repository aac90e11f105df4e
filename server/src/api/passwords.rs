//! Passwords: recovered, changed, judged before they are set.

use axum::extract::State;
use axum::http::StatusCode;
use sereno_core::account::password;
use sereno_types::{ChangePassword, CheckPassword, ForgotPassword, Problem, ResetPassword};

use crate::http::caller::Caller;
use crate::http::json::Json;
use crate::http::problem::Refusal;
use crate::router::App;

/// Judge a password
///
/// Says every reason why a password would be refused, without setting it.
#[utoipa::path(post, path = "/api/v1/password-policy/check", tag = "sign-up", operation_id = "checkPassword",
    request_body = CheckPassword,
    responses((status = 204, description = "The password would be accepted")))]
pub async fn check(State(app): State<App>, Json(command): Json<CheckPassword>) -> Result<StatusCode, Refusal> {
    password::check(&app.sereno, &command).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Forgot the password
///
/// Mails a link to the confirmed address of the account. The answer is the same whoever the identifier names, if anybody.
/// An account that still waits for activation gets its activation mail again.
#[utoipa::path(post, path = "/api/v1/password/forgot", tag = "password", operation_id = "forgotPassword",
    request_body = ForgotPassword,
    responses((status = 202, description = "If there is such an account, a mail is on its way")))]
pub async fn forgot(
    State(app): State<App>,
    caller: Caller,
    Json(command): Json<ForgotPassword>,
) -> Result<StatusCode, Refusal> {
    password::forgot(&app.sereno, &caller.meta, command).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Set a new password
///
/// By the token of the mail's link, which works once. Every session and every token of the user ends. A refused password
/// does not use the link up.
#[utoipa::path(post, path = "/api/v1/password/reset", tag = "password", operation_id = "resetPassword",
    request_body = ResetPassword,
    responses(
        (status = 204, description = "The password is set"),
        (status = 400, description = "`reset_link_invalid`, `malformed_body`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn reset(
    State(app): State<App>,
    caller: Caller,
    Json(command): Json<ResetPassword>,
) -> Result<StatusCode, Refusal> {
    password::reset(&app.sereno, &caller.meta, command).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Change the password
///
/// What the caller is signed in by goes on; all other sessions and tokens of the user end, unless the server is set
/// otherwise. Wrong present passwords count together with those at the sign-in.
#[utoipa::path(post, path = "/api/v1/password/change", tag = "password", operation_id = "changePassword",
    request_body = ChangePassword,
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 204, description = "The password is changed"),
        (status = 403, description = "`reauthentication_required`, `cross_site_request`", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "`state_conflict`: the account changed meanwhile", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn change(
    State(app): State<App>,
    caller: Caller,
    Json(command): Json<ChangePassword>,
) -> Result<StatusCode, Refusal> {
    password::change(&app.sereno, &caller.meta, &caller.actor, command).await?;
    Ok(StatusCode::NO_CONTENT)
}

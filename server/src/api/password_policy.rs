//! Judging a password before it is set.

use axum::extract::State;
use axum::http::StatusCode;
use sereno_core::account;
use sereno_types::CheckPassword;

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
    account::password::check(&app.sereno, &command)?;
    Ok(StatusCode::NO_CONTENT)
}

//! Signing in by a mailed code or link.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use sereno_core::login as flow;
use sereno_types::{AskLoginCode, LoginAnswer, LoginCodeAsked, Problem, VerifyLoginCode};
use tower_sessions::Session;

use super::login::present;
use crate::http::caller::Caller;
use crate::http::json::Json;
use crate::http::problem::Refusal;
use crate::router::App;

/// Ask for a code to sign in with
///
/// Mails a code and a link to the confirmed primary address of the account; and to an address without one, where people
/// may sign up in this way. The answer is the same whoever the identifier names, if anybody.
///
/// A code that is asked for with a `device` is heard only together with the answer's `device_id`. The device is remembered
/// when the code is proven, and not before. What another mail does to an earlier one is the server's policy.
#[utoipa::path(post, path = "/api/v1/otp", tag = "sign-in", operation_id = "askLoginCode", request_body = AskLoginCode,
    responses(
        (status = 202, description = "If somebody may sign in by it, a mail is on its way", body = LoginCodeAsked),
        (status = 401, description = "`invalid_client`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`login_codes_off`, `unauthorized_client`", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn ask(
    State(app): State<App>,
    caller: Caller,
    Json(command): Json<AskLoginCode>,
) -> Result<(StatusCode, Json<LoginCodeAsked>), Refusal> {
    let asked = flow::ask_code(&app.sereno, &caller.meta, command).await?;
    Ok((StatusCode::ACCEPTED, Json(asked)))
}

/// Sign in by a code or link
///
/// By identifier and code, with the `device_id` that the request was answered with where it described a device; or by the
/// token of the link alone. Each mail works once. Unknown, wrong, used, expired, and an account that may not sign in get
/// one answer. What the sign-in brings reaches the client as the application's delivery says, as at `/api/v1/login`.
///
/// Who proves an address without an account signs up by it, where that is allowed; what a sign-up must bring along beyond
/// the address is told as `validation_failed`, and uses nothing up.
#[utoipa::path(post, path = "/api/v1/otp/verify", tag = "sign-in", operation_id = "verifyLoginCode",
    request_body = VerifyLoginCode,
    responses(
        (status = 200, description = "What the application's delivery brings", body = LoginAnswer),
        (status = 401, description = "`login_code_invalid`, `invalid_client`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`login_codes_off`, `unauthorized_client`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`too_many_devices`", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn verify(
    State(app): State<App>,
    caller: Caller,
    session: Session,
    Json(command): Json<VerifyLoginCode>,
) -> Result<(HeaderMap, Json<LoginAnswer>), Refusal> {
    let logged_in = flow::by_code_for_application(&app.sereno, &caller.meta, command).await?;
    present(&app, &session, logged_in).await
}

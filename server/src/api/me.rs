//! The signed-in user.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use sereno_core::account::{email, factors, preferences, profile};
use sereno_types::{ChangeEmail, ConfirmEmail, Factors, Me, Preferences, Problem, Secret};

use crate::http::caller::Caller;
use crate::http::json::Json;
use crate::http::origin::{self, CSRF_TOKEN};
use crate::http::problem::Refusal;
use crate::router::App;

/// Who am I?
///
/// Callers who are known by a cookie find their CSRF token in the header `X-CSRF-Token` of the answer; calls that change
/// something and rest on the cookie send it back in the same header.
#[utoipa::path(get, path = "/api/v1/me", tag = "me", operation_id = "me",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The signed-in user", body = Me,
        headers(("x-csrf-token" = Option<String>, description = "For callers known by a cookie")))))]
pub async fn me(State(app): State<App>, caller: Caller) -> Result<(HeaderMap, Json<Me>), Refusal> {
    let me = profile::me(&app.sereno, &caller.actor).await?;
    let token = origin::token(&app.sereno, &caller.actor, caller.by_cookie.as_ref());
    let token = token.and_then(|token| HeaderValue::from_str(&token).ok());
    let headers = token.map(|token| (CSRF_TOKEN, token)).into_iter().collect();
    Ok((headers, Json(me)))
}

/// How you sign in
///
/// The ways that the account has: a password, a code by mail, accounts at providers. Each is enough by itself; `is_usable` says
/// whether it works now.
#[utoipa::path(get, path = "/api/v1/me/factors", tag = "me", operation_id = "factors",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The ways to sign in", body = Factors)))]
pub async fn factors(State(app): State<App>, caller: Caller) -> Result<Json<Factors>, Refusal> {
    Ok(Json(factors::own(&app.sereno, &caller.actor).await?))
}

/// What you are sent
///
/// Beside mails about the account itself, which are always sent.
#[utoipa::path(get, path = "/api/v1/me/preferences", tag = "me", operation_id = "preferences",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "What you want", body = Preferences)))]
pub async fn preferences(State(app): State<App>, caller: Caller) -> Result<Json<Preferences>, Refusal> {
    Ok(Json(preferences::own(&app.sereno, &caller.actor).await?))
}

/// Change what you are sent
#[utoipa::path(put, path = "/api/v1/me/preferences", tag = "me", operation_id = "setPreferences",
    request_body = Preferences, security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "What you want", body = Preferences)))]
pub async fn set_preferences(
    State(app): State<App>,
    caller: Caller,
    Json(wanted): Json<Preferences>,
) -> Result<Json<Preferences>, Refusal> {
    Ok(Json(
        preferences::set(&app.sereno, &caller.meta, &caller.actor, wanted).await?,
    ))
}

/// Ask for another address
///
/// Mails a link to the new address and a notice to the present one; nothing changes before the link is used. The answer
/// is the same whether or not somebody has the new address already. Without the password the user must have signed in
/// within the last five minutes.
#[utoipa::path(post, path = "/api/v1/me/email", tag = "me", operation_id = "changeEmail",
    request_body = ChangeEmail,
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 202, description = "If the address is free, a mail is on its way to it"),
        (status = 403, description = "`reauthentication_required`, `cross_site_request`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn change_email(
    State(app): State<App>,
    caller: Caller,
    Json(command): Json<ChangeEmail>,
) -> Result<StatusCode, Refusal> {
    email::request(&app.sereno, &caller.meta, &caller.actor, command).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Confirm the new address
///
/// By the token of the mail's link, which works once; the caller need not be signed in. Or by the code of the same mail, for
/// whoever is signed in as who asked for it.
#[utoipa::path(post, path = "/api/v1/me/email/confirm", tag = "me", operation_id = "confirmEmail",
    request_body = ConfirmEmail, security((), ("bearer" = []), ("session" = [])),
    responses(
        (status = 204, description = "The address is changed"),
        (status = 401, description = "`authentication_required`: a code, and nobody is signed in", body = Problem,
            content_type = "application/problem+json"),
        (status = 403, description = "`cross_site_request`: a code, and the CSRF token is missing", body = Problem,
            content_type = "application/problem+json"),
        (status = 400, description = "`email_change_link_invalid`, `malformed_body`", body = Problem,
            content_type = "application/problem+json"),
        (status = 422, description = "`email_unique`: another account has confirmed the address meanwhile; \
            `validation_failed`", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn confirm_email(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Json(command): Json<ConfirmEmail>,
) -> Result<StatusCode, Refusal> {
    // a code is one only for whoever asked for it
    if command.token.as_ref().is_none_or(Secret::is_empty) {
        caller.means_it(&app, &headers)?;
    }
    email::confirm(&app.sereno, &caller.meta, &caller.actor, command).await?;
    Ok(StatusCode::NO_CONTENT)
}

//! Signing in and out.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use sereno_core::access::application;
use sereno_core::context::{Actor, Via};
use sereno_core::login::{self as flow, Brought, LoggedIn};
use sereno_types::{Id, Login, LoginAnswer, Logout, Problem, TokenAnswer};
use tower_sessions::Session;

use crate::http::caller::Caller;
use crate::http::json::Json;
use crate::http::origin::ByCookie;
use crate::http::problem::Refusal;
use crate::http::{delivery, origin, session_store};
use crate::router::App;

/// Sign in with a password
///
/// With an e-mail address or a user name. Unknown, wrong, locked and disabled get one answer. What the sign-in brings
/// reaches the client as the application's delivery says: in the body, in cookies, or as a session.
///
/// `device` says what the client runs on. The user's own device of that `uuid` is brought up to date, or made; what the
/// sign-in brings hangs on it. The answer's `device_id` is its id here, not the hardware's that `device.device_id` tells.
#[utoipa::path(post, path = "/api/v1/login", tag = "sign-in", operation_id = "login", request_body = Login,
    responses(
        (status = 200, description = "Tokens for the application", body = LoginAnswer),
        (status = 401, description = "`invalid_credentials`, `invalid_client`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`activation_required`, `unauthorized_client`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`too_many_devices`", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn login(
    State(app): State<App>,
    caller: Caller,
    session: Session,
    Json(command): Json<Login>,
) -> Result<(HeaderMap, Json<LoginAnswer>), Refusal> {
    let logged_in = flow::for_application(&app.sereno, &caller.meta, command).await?;
    present(&app, &session, logged_in).await
}

/// What a sign-in brought, as the application's delivery says.
pub(super) async fn present(
    app: &App,
    session: &Session,
    logged_in: LoggedIn,
) -> Result<(HeaderMap, Json<LoginAnswer>), Refusal> {
    let (headers, tokens) = match logged_in.brought {
        Brought::Tokens(issued) => delivery::present(&app.sereno, issued),
        Brought::Session(new) => {
            let csrf_token = origin::token(&app.sereno, &new.actor, None);
            session_store::stage(session, new).await?;
            let answer = TokenAnswer {
                csrf_token,
                ..TokenAnswer::default()
            };
            (HeaderMap::new(), answer)
        }
    };
    let device = logged_in.device;
    let answer = LoginAnswer {
        tokens,
        user: logged_in.user,
        device_id: device.as_ref().map(|device| Id(device.id.to_string())),
        device_uuid: device.map(|device| device.uuid.to_string()),
    };
    Ok((headers, Json(answer)))
}

/// Sign out
///
/// Ends the family of the refresh token in the body or in the application's cookie; without one, what the caller is signed in
/// by; where that is a cookie, the CSRF token must come along. Cookies that the delivery set are taken away. Signing out
/// twice is no error.
///
/// `device_id`, as the sign-in answered it, removes that device of the same user with all that hangs on it.
#[utoipa::path(post, path = "/api/v1/logout", tag = "sign-in", operation_id = "logout", request_body = Logout,
    security((), ("bearer" = []), ("session" = [])),
    responses(
        (status = 204, description = "Signed out"),
        (status = 401, description = "Neither a refresh token nor a signed-in caller", body = Problem,
            content_type = "application/problem+json"),
        (status = 403, description = "`cross_site_request`: it rests on a cookie, and no CSRF token came along",
            body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn logout(
    State(app): State<App>,
    caller: Caller,
    session: Session,
    headers: HeaderMap,
    Json(mut command): Json<Logout>,
) -> Result<(StatusCode, HeaderMap), Refusal> {
    let application = match (&command.client_id, &caller.by_cookie) {
        // whose cookie speaks for the caller says which cookies are meant
        (None, Some(ByCookie(application))) => Some(Arc::clone(application)),
        (client_id, _) => application::find(&app.sereno, client_id.as_deref()).await?,
    };
    command.refresh_token = command.refresh_token.filter(|token| !token.is_empty());
    if let Some(application) = application.as_ref().filter(|_| command.refresh_token.is_none()) {
        command.refresh_token = delivery::refresh_token(&app, &headers, application).await?;
    }
    let rests_on_caller = command.refresh_token.is_none();
    let actor = match caller.means_it(&app, &headers) {
        Ok(()) => caller.actor,
        Err(refusal) if rests_on_caller => return Err(refusal),
        // the token alone says who signs out; of one that is not ours the core would go by the caller
        Err(_) => Actor::Anonymous,
    };
    flow::logout(&app.sereno, &caller.meta, &actor, command).await?;
    let ended_session = caller
        .actor
        .caller()
        .is_ok_and(|caller| matches!(caller.via, Via::Session(_)));
    if rests_on_caller && ended_session {
        session_store::forget(&session).await?;
    }
    let gone = application.map(|application| delivery::clear(&app.sereno, &application));
    Ok((StatusCode::NO_CONTENT, gone.unwrap_or_default()))
}

//! The signed-in user.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue};
use sereno_core::account::profile;
use sereno_types::Me;

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

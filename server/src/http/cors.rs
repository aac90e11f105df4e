//! Cross-origin calls of scripts (Fetch, "CORS protocol"): origins that an enabled application was registered with may call
//! the API with credentials, all others may not. The pages are for nobody else's scripts.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sereno_core::access::application;

use super::problem::Refusal;
use crate::router::App;

/// Methods that other origins may use.
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PATCH, PUT, DELETE");
/// Headers that other origins may send.
const HEADERS: HeaderValue =
    HeaderValue::from_static("authorization, content-type, x-csrf-token, x-csrftoken, idempotency-key, if-match");
/// Headers that other origins may read.
const EXPOSED: HeaderValue =
    HeaderValue::from_static("x-csrf-token, x-request-id, retry-after, etag, ratelimit, ratelimit-policy");
/// Seconds a browser may remember the answer.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// The other origin that asks, if an application was registered with it; on every request that comes this far.
#[derive(Clone, Debug)]
pub struct Known(pub Option<HeaderValue>);

/// Whether scripts of other origins may have business at this path. A facade says so by the origins that it trusts.
#[must_use]
pub fn is_shared(app: &App, path: &str) -> bool {
    let ours = ["/api/", "/oauth/", "/.well-known/"];
    let is_ours = || ours.iter().any(|prefix| path.starts_with(prefix));
    app.facades
        .origins(path)
        .map_or_else(is_ours, |origins| !origins.is_empty())
}

/// The origin that may read the answer, if another origin asks and may.
pub async fn allowed(app: &App, path: &str, headers: &HeaderMap) -> Result<Option<HeaderValue>, Refusal> {
    let Some(origin) = headers.get(header::ORIGIN).filter(|_| is_shared(app, path)) else {
        return Ok(None);
    };
    let text = origin.to_str().unwrap_or("");
    let is_known = match app.facades.origins(path) {
        // its cookies are not for pages of other applications
        Some(origins) => origins.iter().any(|known| known == text),
        None => application::index(&app.sereno).await?.origins.contains(text),
    };
    Ok(is_known.then(|| origin.clone()))
}

/// The answer to a preflight (Fetch §3.2.2); nothing for any other request.
#[must_use]
pub fn preflight(request: &Request, origin: Option<&HeaderValue>) -> Option<Response> {
    let asks = request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let origin = origin.filter(|_| request.method() == Method::OPTIONS && asks)?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    add(headers, Some(origin));
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    Some(response)
}

/// Lets the origin read the answer, and tells memories on the way that the answer is not the same for every origin.
pub fn add(headers: &mut HeaderMap, origin: Option<&HeaderValue>) {
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    let Some(origin) = origin else { return };
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
        HeaderValue::from_static("true"),
    );
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    // what another origin may read, it may also load
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
    );
}

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

/// Whose scripts have business with a facade.
pub enum Scripts {
    /// Pages of these origins: those of the facade's own application.
    Of(Vec<String>),
    /// Pages of every application that staff registered, as at the native API: its clients name such a one.
    OfApplications,
}

/// Whether scripts of other origins may have business at this path. A facade says so by the origins that it trusts; one
/// without an application of its own, by those of all applications.
pub async fn is_shared(app: &App, path: &str) -> Result<bool, Refusal> {
    let ours = ["/api/", "/oauth/", "/.well-known/"];
    Ok(match app.facades.scripts(path) {
        None => ours.iter().any(|prefix| path.starts_with(prefix)),
        Some(Scripts::Of(origins)) => !origins.is_empty(),
        Some(Scripts::OfApplications) => !application::index(&app.sereno).await?.origins.is_empty(),
    })
}

/// The origin that may read the answer at a path that is shared, if another origin asks and may.
pub async fn allowed(app: &App, path: &str, headers: &HeaderMap) -> Result<Option<HeaderValue>, Refusal> {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return Ok(None);
    };
    let text = origin.to_str().unwrap_or("");
    let is_known = match app.facades.scripts(path) {
        // its cookies are not for pages of other applications
        Some(Scripts::Of(origins)) => origins.iter().any(|known| known == text),
        None | Some(Scripts::OfApplications) => application::index(&app.sereno).await?.origins.contains(text),
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

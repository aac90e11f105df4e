//! Headers of every response. A page brings its own content security policy, with the nonce of its scripts; everything
//! else may run nothing.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use sereno_core::context::limiter::{Allowance, Left};

use crate::router::App;

/// How much of a limit is left.
pub const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// How much of it there is.
pub const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

const DEFAULTS: [(HeaderName, &str); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];

/// Adds what the response does not say itself.
pub fn add(app: &App, headers: &mut HeaderMap) {
    headers.reserve(DEFAULTS.len() + 3);
    for (name, value) in DEFAULTS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    if app.sereno.config.is_https() {
        let year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(year);
    }
}

/// How much of a limit there is (draft-ietf-httpapi-ratelimit-headers), and how much of it is left. A refusal by a counter
/// that is not the address's says only when to come back.
pub fn tell_limit(response: &mut Response, allowance: &Allowance) {
    let limited = response.status() == StatusCode::TOO_MANY_REQUESTS;
    let wait = response.headers().get(header::RETRY_AFTER).cloned().filter(|_| limited);
    let wait = wait.as_ref().and_then(|wait| wait.to_str().ok());
    let noted = allowance.left().filter(|left| !limited || left.left == 0);
    let (limit, policy) = match (noted, wait) {
        (
            Some(Left {
                what,
                most,
                left,
                reset,
            }),
            _,
        ) => (
            format!("\"{what}\";r={left};t={reset}"),
            Some(format!("\"{what}\";q={most};w=60")),
        ),
        (None, Some(wait)) => (format!("\"wait\";r=0;t={wait}"), None),
        (None, None) => return,
    };
    let said = [(RATE_LIMIT, Some(limit)), (RATE_LIMIT_POLICY, policy)];
    for (name, text) in said {
        if let Some(value) = text.and_then(|text| HeaderValue::from_str(&text).ok()) {
            response.headers_mut().insert(name, value);
        }
    }
}

/// The policy of a page whose scripts carry this nonce. Where mails are shown, their styles are at their elements, and the
/// frame that shows them has the policy of the page around it.
#[must_use]
pub fn page_policy(nonce: &str, shows_mails: bool) -> String {
    let styles = if shows_mails {
        "'self' 'unsafe-inline'"
    } else {
        "'self'"
    };
    format!(
        "default-src 'self'; script-src 'strict-dynamic' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src {styles}; \
         img-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; \
         form-action 'self'"
    )
}

//! The defence against cross-site requests. A request that changes something and comes from a browser must come from our
//! own pages (Fetch Metadata, else `Origin`); a call of the JSON API that rests on the session's cookie must also bring
//! the session's CSRF token in `X-CSRF-Token`. Calls with a bearer token rest on nothing a browser adds by itself.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sereno_core::Sereno;
use sereno_core::context::{Actor, Via};
use sereno_types::Code;

use super::problem::Refusal;
use crate::router::App;

/// Carries the CSRF token: from us on `GET /api/v1/me`, to us on every change.
pub const CSRF_TOKEN: HeaderName = HeaderName::from_static("x-csrf-token");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const PURPOSE: &str = "csrf";

/// Whether the request may go on; needs to know the caller, and the origin that an application was registered with, if the
/// request comes from one.
pub fn check(app: &App, request: &Request, known: Option<&HeaderValue>) -> Result<(), Refusal> {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let scheme = request
        .headers()
        .get(header::AUTHORIZATION)
        .map(|value| value.as_bytes().to_ascii_lowercase());
    // browsers add Basic credentials by themselves, a bearer token never
    let rests_on_bearer = scheme.is_some_and(|scheme| scheme.starts_with(b"bearer "));
    if safe || rests_on_bearer || ((is_ours(app, request) || known.is_some()) && has_token(app, request)) {
        Ok(())
    } else {
        Err(Code::CrossSiteRequest.into())
    }
}

/// Whether the request comes from one of our pages, or from no browser at all: browsers always send at least one of the
/// two headers with a request that changes something.
fn is_ours(app: &App, request: &Request) -> bool {
    let header = |name| request.headers().get(name).map(|value: &HeaderValue| value.as_bytes());
    match (header(FETCH_SITE), header(header::ORIGIN)) {
        (Some(site), _) => site == b"same-origin" || site == b"none",
        (None, Some(origin)) => origin == app.sereno.config.public_origin().as_bytes(),
        (None, None) => true,
    }
}

/// The JSON API demands the token where it rests on a cookie; forms of our pages are covered by their origin.
fn has_token(app: &App, request: &Request) -> bool {
    if !request.uri().path().starts_with("/api/") {
        return true;
    }
    let on = request.extensions();
    let rests_on = match on.get::<ByCookie>() {
        Some(ByCookie { csrf_required: false }) => return true,
        Some(_) => on.get::<Actor>().and_then(signed_in_by),
        None => on.get::<Actor>().and_then(session_of),
    };
    rests_on.is_none_or(|expected| brings(app, request.headers(), &expected))
}

/// The caller is known by an access token that came in a cookie.
#[derive(Clone, Copy, Debug)]
pub struct ByCookie {
    /// Whether the application wants the CSRF token with every change.
    pub csrf_required: bool,
}

/// Whether a request brings the CSRF token of this session or family.
#[must_use]
pub fn brings(app: &App, headers: &HeaderMap, expected: &str) -> bool {
    let sent = headers
        .get(CSRF_TOKEN)
        .and_then(|value| URL_SAFE_NO_PAD.decode(value.as_bytes()).ok());
    sent.is_some_and(|sent| app.sereno.keys.csrf.mac_matches(PURPOSE, &[expected.as_bytes()], &sent))
}

/// The CSRF token of a session or a family.
#[must_use]
pub fn csrf_token(sereno: &Sereno, of: &str) -> String {
    URL_SAFE_NO_PAD.encode(sereno.keys.csrf.mac(PURPOSE, &[of.as_bytes()]))
}

fn signed_in_by(actor: &Actor) -> Option<String> {
    actor.caller().ok().map(|caller| match caller.via {
        Via::Session(id) | Via::Family(id) => id.to_string(),
    })
}

/// The CSRF token of a session's caller; nothing for others.
#[must_use]
pub fn token(sereno: &Sereno, actor: &Actor) -> Option<String> {
    session_of(actor).map(|session| csrf_token(sereno, &session))
}

fn session_of(actor: &Actor) -> Option<String> {
    match actor {
        Actor::User(caller) => match caller.via {
            Via::Session(id) => Some(id.to_string()),
            Via::Family(_) => None,
        },
        Actor::Anonymous | Actor::System => None,
    }
}

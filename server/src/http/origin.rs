//! The defence against cross-site requests. A request that changes something and comes from a browser must come from our
//! own pages (Fetch Metadata, else `Origin`) or from an origin that an application was registered with; a call of the JSON
//! API that rests on a cookie must also bring the CSRF token of the session or family in `X-CSRF-Token`. Calls with a
//! bearer token rest on nothing a browser adds by itself; doors for everyone rest on a caller at times, and ask then
//! ([`Caller::means_it`](super::caller::Caller::means_it)).

use std::sync::Arc;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, Method, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sereno_core::Sereno;
use sereno_core::access::policy::{self, Welcome};
use sereno_core::context::{Actor, Application, Via};
use sereno_types::Code;

use super::cors::Known;
use super::problem::Refusal;
use super::{social, unsubscribe};
use crate::router::App;

/// Carries the CSRF token: from us on `GET /api/v1/me`, to us on every change.
pub const CSRF_TOKEN: HeaderName = HeaderName::from_static("x-csrf-token");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const PURPOSE: &str = "csrf";

/// Whether the request may go on; needs to know the caller, and whether it comes from an origin that an application was
/// registered with.
pub fn check(app: &App, request: &Request) -> Result<(), Refusal> {
    let known = request
        .extensions()
        .get::<Known>()
        .is_some_and(|known| known.0.is_some());
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let scheme = request
        .headers()
        .get(header::AUTHORIZATION)
        .map(|value| value.as_bytes().to_ascii_lowercase());
    // browsers add Basic credentials by themselves, a bearer token never
    let rests_on_bearer = scheme.is_some_and(|scheme| scheme.starts_with(b"bearer "));
    // a provider may answer by a post from its own site: nothing is decided by it, and its state proves it. A mail program
    // posts the link of an announcement from wherever it runs: the link proves it, and no cookie is asked
    let answers = request
        .extensions()
        .get::<MatchedPath>()
        .is_some_and(|path| path.as_str() == social::CALLBACK || path.as_str() == unsubscribe::PATH);
    if safe || answers || rests_on_bearer || ((is_ours(app, request.headers()) || known) && has_token(app, request)) {
        Ok(())
    } else {
        Err(Code::CrossSiteRequest.into())
    }
}

/// Whether the request comes from one of our pages, or from no browser at all: browsers always send at least one of the
/// two headers with a request that changes something.
fn is_ours(app: &App, headers: &HeaderMap) -> bool {
    match (headers.get(FETCH_SITE), headers.get(header::ORIGIN)) {
        (Some(site), _) => site == "same-origin" || site == "none",
        (None, Some(origin)) => origin == app.sereno.config.public_origin().as_str(),
        (None, None) => true,
    }
}

/// Whether a link on this page of ours was followed: for the few that nothing else must lead to, neither another site nor a
/// page that goes on by itself to where its address says.
#[must_use]
pub fn is_from_page(app: &App, headers: &HeaderMap, page: &str) -> bool {
    let site = headers.get(FETCH_SITE).is_none_or(|site| site == "same-origin");
    let referer = headers.get(header::REFERER).and_then(|referer| referer.to_str().ok());
    let referer = referer.and_then(|referer| url::Url::parse(referer).ok());
    site && referer.is_some_and(|referer| {
        referer.origin().ascii_serialization() == app.sereno.config.public_origin().as_str() && referer.path() == page
    })
}

/// The other origin whose script sent the request; nothing for our own pages, for links and for what is no browser.
#[must_use]
pub fn foreign<'a>(app: &App, headers: &'a HeaderMap) -> Option<&'a str> {
    let origin = headers.get(header::ORIGIN)?;
    // what cannot be read is no origin that anybody was registered with
    (!is_ours(app, headers)).then(|| origin.to_str().unwrap_or(""))
}

/// The JSON API demands the token where it rests on a cookie; forms of our pages are covered by their origin. A door for
/// everyone asks by itself, and only where it rests on who calls, so that no cookie keeps anybody from signing in.
fn has_token(app: &App, request: &Request) -> bool {
    let on = request.extensions();
    let door = on
        .get::<MatchedPath>()
        .and_then(|path| policy::find(request.method().as_str(), path.as_str()));
    if !request.uri().path().starts_with("/api/") || door.is_some_and(|door| door.welcome == Welcome::Everyone) {
        return true;
    }
    let Some(actor) = on.get::<Actor>() else { return true };
    may_change(app, request.headers(), actor, on.get::<ByCookie>())
}

/// Whether a request may change something in its caller's name: it rests on no cookie, or brings the CSRF token that
/// belongs to the cookie.
#[must_use]
pub fn may_change(app: &App, headers: &HeaderMap, actor: &Actor, by_cookie: Option<&ByCookie>) -> bool {
    if by_cookie.is_some_and(|ByCookie(application)| !application.cookies.csrf_required) {
        return true;
    }
    rests_on(actor, by_cookie).is_none_or(|expected| brings(app, headers, &expected))
}

/// The caller is known by an access token that came in a cookie of this application.
#[derive(Clone, Debug)]
pub struct ByCookie(pub Arc<Application>);

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

/// The CSRF token of a caller who is known by a cookie; nothing for others.
#[must_use]
pub fn token(sereno: &Sereno, actor: &Actor, by_cookie: Option<&ByCookie>) -> Option<String> {
    rests_on(actor, by_cookie).map(|of| csrf_token(sereno, &of))
}

/// The session, or the family whose token came in a cookie.
fn rests_on(actor: &Actor, by_cookie: Option<&ByCookie>) -> Option<String> {
    match actor.caller().ok()?.via {
        Via::Session(id) => Some(id.to_string()),
        Via::Family(id) => by_cookie.map(|_| id.to_string()),
    }
}

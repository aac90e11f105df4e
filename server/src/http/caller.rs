//! Who calls: the bearer of an access token (RFC 6750), or the browser with a session's cookie. A token that is not good
//! spoils only doors that ask who calls.

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use sereno_core::access::application;
use sereno_core::context::{Actor, RequestMeta};
use sereno_core::{session, token};
use sereno_types::{Code, Problem};
use tower_sessions::Session;

use super::cookies::cookie_of;
use super::origin::{self, ByCookie};
use super::problem::Refusal;
use crate::router::App;

/// Why the presented token is not good, if one was presented and is not.
#[derive(Clone, Debug, Default)]
pub struct BadToken(pub Option<Problem>);

/// Puts the [`Actor`] and [`BadToken`] on the request.
pub async fn resolve(app: &App, request: &mut Request) -> Result<(), Refusal> {
    let session = request.extensions().get::<Session>().and_then(Session::id);
    let (actor, bad) = match bearer(request.headers()) {
        Some(Ok(token)) => match token::authenticate(&app.sereno, &token).await {
            Ok(actor) => (actor, BadToken(None)),
            Err(error) if error.code() == Code::InvalidToken => (Actor::Anonymous, BadToken(Some(error.problem()))),
            Err(error) => return Err(error.into()),
        },
        Some(Err(code)) => (Actor::Anonymous, BadToken(Some(Problem::new(code)))),
        None => {
            let (actor, by_cookie) = by_cookie(app, request.headers(), session).await?;
            if let Some(by_cookie) = by_cookie {
                request.extensions_mut().insert(by_cookie);
            }
            (actor, BadToken(None))
        }
    };
    request.extensions_mut().insert(actor);
    request.extensions_mut().insert(bad);
    Ok(())
}

/// The caller whom a cookie speaks for: a session, or an application's access token. On our own pages the session comes
/// first. For the script of another origin only cookies of its own application speak: what a browser adds for a page next
/// door must not lend that page the console.
async fn by_cookie(
    app: &App,
    headers: &HeaderMap,
    session: Option<tower_sessions::session::Id>,
) -> Result<(Actor, Option<ByCookie>), Refusal> {
    if !headers.contains_key(header::COOKIE) {
        return Ok((Actor::Anonymous, None));
    }
    let foreign = origin::foreign(app, headers);
    if foreign.is_none()
        && let Some(actor) = in_a_session(app, session).await?
    {
        return Ok((actor, None));
    }
    if let Some((actor, by_cookie)) = in_a_cookie(app, headers, foreign).await? {
        return Ok((actor, Some(by_cookie)));
    }
    if let (Some(foreign), Some(id)) = (foreign, session) {
        let actor = session::resolve_for(&app.sereno, &id.to_string(), foreign).await?;
        return Ok((actor, None));
    }
    Ok((Actor::Anonymous, None))
}

async fn in_a_session(app: &App, session: Option<tower_sessions::session::Id>) -> Result<Option<Actor>, Refusal> {
    let Some(id) = session else { return Ok(None) };
    let actor = session::resolve(&app.sereno, &id.to_string()).await?;
    Ok((actor != Actor::Anonymous).then_some(actor))
}

/// The caller whose access token came in a cookie; a token that is not good any more is nobody's. The application is the
/// one the token was issued through, for others may call their cookies the same.
async fn in_a_cookie(
    app: &App,
    headers: &HeaderMap,
    foreign: Option<&str>,
) -> Result<Option<(Actor, ByCookie)>, Refusal> {
    let known = application::index(&app.sereno).await?;
    for name in &known.access_cookies {
        let Some(token) = cookie_of(headers, name) else {
            continue;
        };
        match token::authenticate_through(&app.sereno, &token).await {
            Ok((actor, application)) => {
                let in_its_cookie = application.delivery.sets_access_cookie() && application.cookies.access == *name;
                if in_its_cookie && application.speaks_to(foreign) {
                    return Ok(Some((actor, ByCookie(application))));
                }
            }
            Err(error) if error.code() == Code::InvalidToken => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}

/// The token of the `Authorization` header; every other scheme is refused.
pub fn bearer(headers: &HeaderMap) -> Option<Result<String, Code>> {
    let value = headers.get(header::AUTHORIZATION)?;
    let Ok(text) = value.to_str() else {
        return Some(Err(Code::InvalidToken));
    };
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    Some(if scheme.eq_ignore_ascii_case("bearer") {
        Ok(token.trim().to_owned())
    } else {
        Err(Code::InvalidToken)
    })
}

/// Who calls, and from where: what every handler hands to the core.
pub struct Caller {
    /// Who.
    pub actor: Actor,
    /// From where.
    pub meta: RequestMeta,
    /// Through whose cookie, if an access token in a cookie says who.
    pub by_cookie: Option<ByCookie>,
    bad: BadToken,
}

impl Caller {
    /// At a door that is open to everybody: a token that was presented must be good where the answer hangs on who calls.
    ///
    /// # Errors
    /// `invalid_token`.
    pub fn presented_nothing_bad(&self) -> Result<(), Refusal> {
        match &self.bad {
            BadToken(Some(problem)) => Err(Refusal(problem.clone())),
            BadToken(None) => Ok(()),
        }
    }

    /// Refuses a request of a page that the caller did not mean, at a door for everybody which rests on the caller this time.
    ///
    /// # Errors
    /// `cross_site_request`.
    pub fn means_it(&self, app: &App, headers: &HeaderMap) -> Result<(), Refusal> {
        if origin::may_change(app, headers, &self.actor, self.by_cookie.as_ref()) {
            Ok(())
        } else {
            Err(Code::CrossSiteRequest.into())
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Refusal> {
        let actor = parts.extensions.get::<Actor>().copied().ok_or(Code::Internal)?;
        let meta = parts.extensions.get::<RequestMeta>().cloned().ok_or(Code::Internal)?;
        let by_cookie = parts.extensions.get::<ByCookie>().cloned();
        let bad = parts.extensions.get::<BadToken>().cloned().unwrap_or_default();
        Ok(Self {
            actor,
            meta,
            by_cookie,
            bad,
        })
    }
}

//! Who calls: the bearer of an access token (RFC 6750), or the browser with a session's cookie. A token that is not good
//! spoils only doors that ask who calls.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sereno_core::context::{Actor, RequestMeta};
use sereno_core::{session, token};
use sereno_types::{Code, Problem};
use tower_sessions::Session;

use super::problem::Refusal;
use crate::router::App;

/// Why the presented token is not good, if one was presented and is not.
#[derive(Clone, Debug, Default)]
pub struct BadToken(pub Option<Problem>);

/// The layer: puts the [`Actor`] and [`BadToken`] on the request.
pub async fn resolve(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let (actor, bad) = match bearer(&request) {
        Some(Ok(token)) => match token::authenticate(&app.sereno, token).await {
            Ok(actor) => (actor, BadToken(None)),
            Err(error) if error.code() == Code::InvalidToken => (Actor::Anonymous, BadToken(Some(error.problem()))),
            Err(error) => return Refusal::from(error).into_response(),
        },
        Some(Err(code)) => (Actor::Anonymous, BadToken(Some(Problem::new(code)))),
        None => match by_cookie(&app, &request).await {
            Ok(actor) => (actor, BadToken(None)),
            Err(refusal) => return refusal.into_response(),
        },
    };
    request.extensions_mut().insert(actor);
    request.extensions_mut().insert(bad);
    next.run(request).await
}

fn bearer(request: &Request) -> Option<Result<&str, Code>> {
    let value = request.headers().get(header::AUTHORIZATION)?;
    let Ok(text) = value.to_str() else { return Some(Err(Code::InvalidToken)) };
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    Some(if scheme.eq_ignore_ascii_case("bearer") { Ok(token.trim()) } else { Err(Code::InvalidToken) })
}

async fn by_cookie(app: &App, request: &Request) -> Result<Actor, Refusal> {
    let id = request.extensions().get::<Session>().and_then(Session::id);
    match id {
        Some(id) => Ok(session::resolve(&app.sereno, &id.to_string()).await?),
        None => Ok(Actor::Anonymous),
    }
}

/// Who calls, and from where: what every handler hands to the core.
pub struct Caller {
    /// Who.
    pub actor: Actor,
    /// From where.
    pub meta: RequestMeta,
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Refusal> {
        let actor = parts.extensions.get::<Actor>().copied().ok_or(Code::Internal)?;
        let meta = parts.extensions.get::<RequestMeta>().cloned().ok_or(Code::Internal)?;
        Ok(Self { actor, meta })
    }
}

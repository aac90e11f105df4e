//! Who calls: the bearer of an access token (RFC 6750), or the browser with a session's cookie. A token that is not good
//! spoils only doors that ask who calls.

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use sereno_core::context::{Actor, RequestMeta};
use sereno_core::{session, token};
use sereno_types::{Code, Problem};
use tower_sessions::Session;

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
        None => match session {
            Some(id) => match session::resolve(&app.sereno, &id.to_string()).await {
                Ok(actor) => (actor, BadToken(None)),
                Err(error) => return Err(error.into()),
            },
            None => (Actor::Anonymous, BadToken(None)),
        },
    };
    request.extensions_mut().insert(actor);
    request.extensions_mut().insert(bad);
    Ok(())
}

fn bearer(headers: &HeaderMap) -> Option<Result<String, Code>> {
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
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Refusal> {
        let actor = parts.extensions.get::<Actor>().copied().ok_or(Code::Internal)?;
        let meta = parts.extensions.get::<RequestMeta>().cloned().ok_or(Code::Internal)?;
        Ok(Self { actor, meta })
    }
}

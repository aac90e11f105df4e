//! Who calls. As behind Django's middlewares a session comes first, and a bearer token only where there is none that is good.

use axum::http::HeaderMap;
use sereno_core::context::Actor;
use sereno_core::token;
use sereno_types::Code;

use super::request::Answered;
use super::wire;
use crate::http::cookies::cookie_of;
use crate::http::{caller, origin};
use crate::router::App;

/// Who calls, and how they said so.
#[derive(Clone, Copy)]
pub struct Who {
    /// Who. A token that is not good is nobody's.
    pub actor: Actor,
    /// Whether the cookie of a browser says so.
    pub is_by_cookie: bool,
    /// Whether such a cookie came and is nobody's.
    pub is_stale: bool,
}

/// Looks at what a request brings.
///
/// # Errors
/// When the database is away.
pub async fn who(app: &App, headers: &HeaderMap) -> Answered<Who> {
    let cookie = session(app, headers);
    if let Some(text) = &cookie {
        let actor = holder(app, text).await?;
        if actor != Actor::Anonymous {
            return Ok(Who {
                actor,
                is_by_cookie: true,
                is_stale: false,
            });
        }
    }
    Ok(Who {
        actor: by_bearer(app, headers).await?,
        is_by_cookie: false,
        is_stale: cookie.is_some(),
    })
}

/// Whom a bearer token speaks for.
///
/// # Errors
/// When the database is away.
pub async fn by_bearer(app: &App, headers: &HeaderMap) -> Answered<Actor> {
    match caller::bearer(headers) {
        Some(Ok(text)) => holder(app, &text).await,
        Some(Err(_)) | None => Ok(Actor::Anonymous),
    }
}

/// The cookie, unless a page of another site sent it: no token of a form says that the browser's owner meant it.
fn session(app: &App, headers: &HeaderMap) -> Option<String> {
    let text = cookie_of(headers, wire::SESSION)?;
    let is_heard = app.sereno.config.compat.nets_core.session_cookie && origin::foreign(app, headers).is_none();
    is_heard.then_some(text)
}

async fn holder(app: &App, text: &str) -> Answered<Actor> {
    match token::authenticate(&app.sereno, text).await {
        Ok(actor) => Ok(actor),
        Err(error) if error.code() == Code::InvalidToken => Ok(Actor::Anonymous),
        Err(error) => Err(error.into()),
    }
}

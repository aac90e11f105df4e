//! What the package answers: its envelope, its cookies, its way to say no.

use std::borrow::Cow;

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::ser::SerializeMap;
use serde_json::Value;
use sereno_core::Sereno;
use sereno_core::token::{Issued, Tokens};
use sereno_types::{Code, Problem, SameSite};

use crate::http::caller;
use crate::http::django::cookie::SetCookie;
use crate::http::django::csrf;
use crate::http::django::json::Json;
use crate::http::django::view;
use crate::http::problem::Refusal;

/// The cookie that a sign-in leaves with a browser: the access token.
pub const SESSION: &str = "sessionid";
/// Most seconds that cookie lasts: two weeks, as Django's.
const SESSION_LASTS: u64 = 1_209_600;

/// What answers of views hang on.
pub const VARY: &str = "Authorization, Cookie";

/// Members in the order in which they stand here.
pub struct Members<'a>(pub Vec<(Cow<'a, str>, Value)>);

impl Serialize for Members<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// `{"res": 1, "data": …}`
pub fn success(data: &impl Serialize) -> Response {
    #[derive(Serialize)]
    struct Success<'a, T> {
        res: u8,
        data: &'a T,
    }
    Json(StatusCode::OK, Success { res: 1, data }).into_response()
}

/// The same, and beside it what the package calls extra.
pub fn success_with(data: &str, extra: &impl Serialize) -> Response {
    #[derive(Serialize)]
    struct Success<'a, T> {
        res: u8,
        data: &'a str,
        extra: &'a T,
    }
    Json(StatusCode::OK, Success { res: 1, data, extra }).into_response()
}

/// A refusal of what handles requests before a view does: without `data`.
#[must_use]
pub fn refusal(status: StatusCode, message: &str) -> Response {
    #[derive(Serialize)]
    struct Said<'a> {
        res: u8,
        message: &'a str,
    }
    Json(status, Said { res: 0, message }).into_response()
}

/// A refusal of a view.
#[must_use]
pub fn error(message: &str) -> Response {
    #[derive(Serialize)]
    struct Said<'a> {
        res: u8,
        message: &'a str,
        data: (),
    }
    let said = Said {
        res: 0,
        message,
        data: (),
    };
    Json(StatusCode::BAD_REQUEST, said).into_response()
}

/// Who must not.
#[must_use]
pub fn denied() -> Response {
    refusal(StatusCode::FORBIDDEN, "permission denied")
}

/// A method that a door does not have.
pub fn not_allowed(methods: &[Method]) -> Response {
    let mut response = refusal(StatusCode::METHOD_NOT_ALLOWED, "method not allowed");
    let allow: Vec<&str> = methods.iter().map(Method::as_str).collect();
    if let Ok(allow) = HeaderValue::from_str(&allow.join(", ")) {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}

/// What an answer hangs on before a session is looked at: it is only where a bearer token came.
#[must_use]
pub fn vary_by_bearer(headers: &HeaderMap) -> &'static str {
    match caller::bearer(headers) {
        Some(Ok(_)) => VARY,
        Some(Err(_)) | None => "Authorization",
    }
}

/// The answer hangs on who asks.
pub fn vary(response: &mut Response, on: &'static str) {
    let headers: &mut HeaderMap = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static(on));
}

/// A refusal of Sereno's own in the words of the package.
#[must_use]
pub fn refused(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match problem.code {
        Code::NotFound | Code::MalformedBody => {
            view::refused(problem).unwrap_or_else(|| refusal(status, problem.code.title()))
        }
        Code::AuthenticationRequired | Code::InvalidToken => denied(),
        Code::ValidationFailed => refusal(StatusCode::BAD_REQUEST, &faults(problem)),
        _ => refusal(status, problem.code.title()),
    }
}

/// What is wrong with fields, as Django's validation writes it.
#[must_use]
pub fn faults(problem: &Problem) -> String {
    let faults = problem.errors.iter().map(|fault| {
        let sentence = fault.code.title();
        format!("{}: {sentence}", fault.field)
    });
    faults.collect::<Vec<_>>().join(", ")
}

/// What a sign-in brought: tokens, when the access token ends, and who it is.
///
/// # Errors
/// `unauthorized_client` where the application's delivery is none of two tokens.
pub fn signed_in(
    sereno: &Sereno,
    issued: Issued,
    user: Option<Members<'_>>,
    is_own_page: bool,
) -> Result<Response, Refusal> {
    #[derive(Serialize)]
    struct Tokened<'a> {
        access_token: &'a str,
        refresh_token: &'a str,
        token_expire: String,
        user: Option<Members<'a>>,
    }
    let Tokens::Pair {
        access,
        access_lifetime,
        refresh: Some(refresh),
        refresh_lifetime,
        ..
    } = issued.tokens
    else {
        return Err(Code::UnauthorizedClient.into());
    };
    let now = sereno.now();
    let lasts = access_lifetime.or(refresh_lifetime).unwrap_or(SESSION_LASTS);
    let end = now.plus(std::time::Duration::from_secs(lasts));
    let mut response = success(&Tokened {
        access_token: &access,
        refresh_token: &refresh,
        token_expire: milliseconds(&end.timestamp().0),
        user,
    });
    // a form of another site must not sign a visitor in to an account of its choice
    if sereno.config.compat.nets_core.session_cookie && is_own_page {
        let cookie = session_cookie(sereno, &access, lasts.min(SESSION_LASTS));
        cookie.add(&mut response, now);
        let secret = csrf::fresh(sereno)?;
        csrf_cookie(sereno, &secret).add(&mut response, now);
    }
    Ok(response)
}

fn session_cookie<'a>(sereno: &Sereno, value: &'a str, lasts: u64) -> SetCookie<'a> {
    SetCookie {
        name: SESSION,
        value,
        max_age: Some(lasts),
        path: "/",
        domain: "",
        same_site: SameSite::Lax,
        secure: sereno.config.is_https(),
        http_only: true,
    }
}

/// Whether an answer says something of the session's cookie.
#[must_use]
pub fn sets_session(response: &Response) -> bool {
    let set = response.headers().get_all(header::SET_COOKIE).iter();
    let mut names = set.filter_map(|cookie| cookie.to_str().ok()?.split('=').next());
    names.any(|name| name == SESSION)
}

/// Takes the session's cookie away.
pub fn forget_session(sereno: &Sereno, response: &mut Response) {
    session_cookie(sereno, "", 0).delete(response);
}

/// The cookie that Django's forms come with.
#[must_use]
pub fn csrf_cookie<'a>(sereno: &Sereno, secret: &'a str) -> SetCookie<'a> {
    SetCookie {
        name: csrf::COOKIE,
        value: secret,
        max_age: Some(csrf::MAX_AGE),
        path: "/",
        domain: "",
        same_site: SameSite::Lax,
        secure: sereno.config.is_https(),
        http_only: false,
    }
}

/// `2026-11-20T08:11:40.656Z`
fn milliseconds(timestamp: &str) -> String {
    let (seconds, digits) = parted(timestamp);
    format!("{seconds}.{digits:0<3.3}Z")
}

/// `2026-11-20T08:11:40.656486+00:00`, as Python writes moments. Six digits always: clients read them by a pattern, and what is
/// kept in whole seconds ends in zeros.
#[must_use]
pub fn isoformat(timestamp: &str) -> String {
    let (seconds, digits) = parted(timestamp);
    format!("{seconds}.{digits:0<6.6}+00:00")
}

/// A moment in UTC without its fraction, and the digits of that.
fn parted(timestamp: &str) -> (&str, &str) {
    let plain = timestamp.strip_suffix('Z').unwrap_or(timestamp);
    plain.split_once('.').unwrap_or((plain, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_have_a_fraction_whatever_is_kept() {
        for (kept, expected) in [
            ("2026-11-20T08:11:40Z", "2026-11-20T08:11:40.000000+00:00"),
            ("2026-11-20T08:11:40.65Z", "2026-11-20T08:11:40.650000+00:00"),
            ("2026-11-20T08:11:40.656486Z", "2026-11-20T08:11:40.656486+00:00"),
        ] {
            assert_eq!(isoformat(kept), expected);
        }
        assert_eq!(milliseconds("2026-11-20T08:11:40Z"), "2026-11-20T08:11:40.000Z");
        assert_eq!(milliseconds("2026-11-20T08:11:40.656486Z"), "2026-11-20T08:11:40.656Z");
    }
}

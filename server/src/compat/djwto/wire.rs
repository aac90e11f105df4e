//! What the package answers: its JSON, its cookies, its way to say no.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::Value;
use sereno_core::clock::Moment;
use sereno_core::config::{Config, Djwto};
use sereno_core::token::Tokens;
use sereno_types::{Code, Problem, SameSite};

use super::Mode;
use crate::http::django::cookie::SetCookie;
use crate::http::django::csrf;
use crate::http::django::form::Form;
use crate::http::django::json::{self, Json};
use crate::http::django::view;
use crate::http::problem::Refusal;

/// `{"msg": …}`
pub fn msg(text: &str) -> Response {
    #[derive(Serialize)]
    struct Msg<'a> {
        msg: &'a str,
    }
    Json(StatusCode::OK, Msg { msg: text }).into_response()
}

/// `{"error": …}`
pub fn error(status: StatusCode, text: &str) -> Response {
    #[derive(Serialize)]
    struct Said<'a> {
        error: &'a str,
    }
    Json(status, Said { error: text }).into_response()
}

/// The refusal of every door that reads a token.
pub fn forbidden(text: &str) -> Response {
    error(StatusCode::FORBIDDEN, text)
}

/// What is wrong with a form to sign in with: fields with their sentences, or `__all__`.
pub type Faults = Vec<(&'static str, String)>;

/// Why the core lets nobody in, as Django's form says it. `label` is what the form calls the name that people sign in with.
pub fn faults_of_login(error: &sereno_core::Error, form: &Form, label: &str) -> Faults {
    let fields = match error {
        sereno_core::Error::Refused { fields, .. } => fields.as_slice(),
        _ => &[],
    };
    let is_blank = |name: &str| {
        let mut faults = fields.iter();
        faults.any(|fault| fault.field == name && fault.code == Code::Blank)
    };
    let mut said = Faults::new();
    for (field, name) in [("username", "identifier"), ("password", "password")] {
        if is_blank(name) {
            said.push((field, "This field is required.".to_owned()));
        } else if form.get(field).is_some_and(|text| text.contains('\0')) {
            said.push((field, "Null characters are not allowed.".to_owned()));
        }
    }
    if said.is_empty() {
        let wrong =
            format!("Please enter a correct {label} and password. Note that both fields may be case-sensitive.");
        said.push(("__all__", wrong));
    }
    said
}

/// A sign-in that was refused: a JSON text inside of JSON.
pub fn not_logged_in(faults: &Faults) -> Response {
    struct Fields<'a>(&'a Faults);
    impl Serialize for Fields<'_> {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.0.iter().map(|(field, sentence)| (field, [sentence])))
        }
    }
    let mut response = error(StatusCode::UNAUTHORIZED, &json::to_string(&Fields(faults)));
    let challenge = HeaderValue::from_static("Bearer realm=api");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    response
}

/// The page for a request that may be another site's. Why is shown on a developer's machine alone.
pub fn cross_site(config: &Config, reason: &str) -> Response {
    view::cross_site(config.is_dev().then_some(reason))
}

/// A refusal of Sereno's own in the words of the package.
pub fn refused(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    view::refused(problem).unwrap_or_else(|| match problem.code {
        Code::Internal | Code::Unavailable | Code::Overloaded => error(status, "Failed to process request."),
        _ => error(status, problem.code.title()),
    })
}

/// The tokens, as the mode says; beside cookies stands a message.
///
/// # Errors
/// `internal` where no pair was issued, which the application's profile does not allow.
pub fn tokens(
    settings: &Djwto,
    cookie_path: &str,
    tokens: Tokens,
    message: &str,
    now: Moment,
) -> Result<Response, Refusal> {
    #[derive(Serialize)]
    struct Pair<'a> {
        refresh: &'a str,
        access: &'a str,
    }
    let Tokens::Pair {
        access,
        claims: Some(claims),
        refresh: Some(refresh),
        ..
    } = tokens
    else {
        return Err(Code::Internal.into());
    };
    let mode = Mode::of(settings);
    if mode == Mode::Json {
        let pair = Pair {
            refresh: &refresh,
            access: &access,
        };
        return Ok(Json(StatusCode::OK, pair).into_response());
    }
    let mut response = msg(message);
    let refresh_lasts = lasting(settings.refresh_lifetime.0);
    let access_lasts = lasting(settings.access_lifetime.0);
    let payload = STANDARD.encode(json::to_sorted_string(&Value::Object(claims)));
    for cookie in cookies(settings, cookie_path) {
        let (value, max_age) = match cookie.name {
            "jwt_refresh" => (&refresh, refresh_lasts),
            "jwt_access_payload" => (&payload, access_lasts),
            _ => (&access, access_lasts),
        };
        let cookie = SetCookie {
            value,
            max_age,
            ..cookie
        };
        cookie.add(&mut response, now);
    }
    Ok(response)
}

fn lasting(seconds: u64) -> Option<u64> {
    (seconds > 0).then_some(seconds)
}

/// Takes the cookies away.
pub fn deleted(settings: &Djwto, cookie_path: &str) -> Response {
    if Mode::of(settings) == Mode::Json {
        let kind = HeaderValue::from_static("application/json");
        return (StatusCode::NO_CONTENT, [(header::CONTENT_TYPE, kind)]).into_response();
    }
    let mut response = msg("Tokens successfully deleted.");
    for cookie in cookies(settings, cookie_path) {
        cookie.delete(&mut response);
    }
    response
}

/// The cookies of tokens, still empty.
fn cookies<'a>(settings: &'a Djwto, refresh_path: &'a str) -> Vec<SetCookie<'a>> {
    let cookie = |name| SetCookie {
        name,
        value: "",
        max_age: None,
        path: "/",
        domain: &settings.domain,
        same_site: settings.cookie_same_site().unwrap_or_default(),
        secure: settings.secure,
        http_only: true,
    };
    let refresh = SetCookie {
        path: refresh_path,
        ..cookie("jwt_refresh")
    };
    if Mode::of(settings) == Mode::OneCookie {
        return vec![refresh, cookie("jwt_access")];
    }
    let payload = SetCookie {
        http_only: false,
        ..cookie("jwt_access_payload")
    };
    vec![refresh, payload, cookie("jwt_access_token")]
}

/// Sets the cookie against cross-site requests, which makes the answer one for this browser alone.
pub fn set_csrf(response: &mut Response, secret: &str, is_https: bool, now: Moment) {
    let cookie = SetCookie {
        name: csrf::COOKIE,
        value: secret,
        max_age: Some(csrf::MAX_AGE),
        path: "/",
        domain: "",
        same_site: SameSite::Lax,
        secure: is_https,
        http_only: false,
    };
    cookie.add(response, now);
    let vary = HeaderValue::from_static("Cookie");
    response.headers_mut().insert(header::VARY, vary);
}

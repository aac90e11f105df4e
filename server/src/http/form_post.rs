//! Forms posted without JavaScript, and the status of those posted with it. A server function answers data or a problem;
//! for a browser that wants a page this layer turns the first into a redirect, the second into a *flash*: the problem
//! and what was typed, secrets left out, kept for five minutes beside the visitor's cookie, and a redirect back to the
//! form. Nothing of it enters a URL.

use std::net::IpAddr;

use app::account::avatar::UPLOAD;
use app::console::message_new;
use app::console::shown_once::Shown;
use app::flash::Flash;
use axum::body::{Body, Bytes};
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use sereno_core::context::RequestMeta;
use sereno_types::{Code, Problem};
use tower_sessions::Session;
use url::Url;

use super::message_form;
use super::problem::{Refusal, wants_page};
use crate::pages;
use crate::router::App;

/// Under this key the session keeps the flash.
const FLASH: &str = "flash";
/// The header by which a server function's error is told from its answer.
const IS_ERROR: &str = "serverfnerror";
/// Where a browser goes when nothing says where else.
const HOME: &str = "/account";
/// Fields whose name holds one of these are secrets and are not kept. Attributes are none, whatever they are called: they
/// stand in the profile, for its owner and for staff to read.
const SECRETS: [&str; 5] = ["password", "token", "code", "secret", "key"];
/// Most that is kept of one form: fields, and bytes of names and values together.
const KEPT: (usize, usize) = (8, 4_096);
/// The same for forms that are longer and that only whoever is signed in can post: the console's, and profiles.
const KEPT_OF_USERS: (usize, usize) = (64, 16_384);

/// The same for mails as they are written, which have three parts of 64 KiB.
const KEPT_OF_MAILS: (usize, usize) = (20, 262_144);

/// Forms that are mails.
const MAILS: [&str; 3] = [
    "/console/fn/save_email_template",
    "/console/fn/save_announcement",
    message_new::UPLOAD,
];

/// Around everything that answers.
pub async fn answer<F: Future<Output = Response>>(
    app: &App,
    mut request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let Some(path) = function(&request) else {
        return next(request).await;
    };
    let plain = wants_page(request.headers());
    let back = came_from(request.headers());
    let session = request.extensions().get::<Session>().cloned();
    let address = request.extensions().get::<RequestMeta>().and_then(|meta| meta.address);
    let person = pages::asked_by_a_person(&request);
    let (parts, body) = request.into_parts();
    let bytes = body
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    let most = if MAILS.contains(&path.as_str()) {
        KEPT_OF_MAILS
    } else if path.starts_with("/console/") || path == "/account/fn/update_profile" {
        KEPT_OF_USERS
    } else {
        KEPT
    };
    let brings_files = path == UPLOAD || path == message_new::UPLOAD;
    let unreadable = if brings_files {
        None
    } else {
        unreadable(&parts.headers, &bytes)
    };
    // of a file nothing is kept: a browser does not let a page fill it in again
    let values = if !plain || path == UPLOAD {
        Vec::new()
    } else if path == message_new::UPLOAD {
        let typed = message_form::typed(&parts.headers, bytes.clone()).await;
        within(typed.into_iter(), most)
    } else {
        kept(&bytes, most)
    };
    let back = back.unwrap_or_else(|| page_of(&path, &values));
    request = Request::from_parts(parts, Body::from(bytes));
    if plain {
        // else the function itself would answer with a redirect that carries its error
        request
            .headers_mut()
            .insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    }
    let response = match unreadable {
        Some(code) => Refusal::from(code).into_response(),
        None => next(request).await,
    };
    let (response, problem) = problem_of(response).await;
    match (plain, problem) {
        (false, None) => response,
        (false, Some(problem)) => with_status(response, &problem),
        (true, None) => match shown(response).await {
            (_, Some(shown)) if person.is_some() => pages::shown(app, person.unwrap_or_default(), shown).await,
            (response, _) => see(response, &back),
        },
        (true, Some(problem)) => match problem.code {
            Code::AuthenticationRequired | Code::InvalidToken => {
                let next: String = url::form_urlencoded::byte_serialize(back.as_bytes()).collect();
                redirect(&format!("/account/sign-in?next={next}"))
            }
            // nothing to keep it in, perhaps; and nothing the visitor could mend
            code if code.status() >= 500 => Refusal(problem).into_response(),
            // each takes a row, and needs no account
            _ if too_many(app, address) => Refusal(problem).into_response(),
            _ => match keep(
                session,
                Flash {
                    form: path,
                    problem,
                    values,
                },
            )
            .await
            {
                Ok(()) => redirect(&back),
                Err(refusal) => refusal.into_response(),
            },
        },
    }
}

/// Whether this address has had as many forms kept in the last minute as it may ask for anything else.
pub(super) fn too_many(app: &App, address: Option<IpAddr>) -> bool {
    let sereno = &app.sereno;
    let most = sereno.config.limit.requests_per_address;
    sereno.addresses.take("flash", address, most, sereno.now()).is_err()
}

/// Why this is no form at all, if it is none: what no browser sends.
fn unreadable(headers: &HeaderMap, bytes: &[u8]) -> Option<Code> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or("").split(';').next().unwrap_or("").trim();
    if !bytes.is_empty() && !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Some(Code::UnsupportedMediaType);
    }
    std::str::from_utf8(bytes).is_err().then_some(Code::MalformedBody)
}

/// The secret that a function made and that is shown in the answer to its post, here and never again: after a redirect it
/// would have to wait somewhere, in an address, a cookie or a row.
async fn shown(mut response: Response) -> (Response, Option<Shown>) {
    if !response.headers().contains_key(Shown::HEADER) {
        return (response, None);
    }
    let body = std::mem::take(response.body_mut());
    let bytes = body
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    let shown: Option<Option<Shown>> = serde_json::from_slice(&bytes).ok();
    (response, shown.flatten())
}

/// The server function, or the door for files, that is posted to, if there is one: a path that matches no route is nobody's form.
fn function(request: &Request) -> Option<String> {
    let path = request.extensions().get::<MatchedPath>()?.as_str();
    let is_function = path.starts_with("/account/fn/")
        || path.starts_with("/console/fn/")
        || path == UPLOAD
        || path == message_new::UPLOAD;
    (is_function && request.method() == Method::POST).then(|| path.to_owned())
}

/// Takes the flash off the session and puts it on the request, as `Option<Flash>`.
pub async fn take_flash(request: &mut Request) -> Result<(), Refusal> {
    let mut flash: Option<Flash> = None;
    if *request.method() == Method::GET
        && wants_page(request.headers())
        && let Some(session) = request.extensions().get::<Session>()
        && session.id().is_some()
    {
        flash = taken(session).await.map_err(|error| {
            tracing::warn!(%error, "a flash could not be read");
            Refusal::from(Code::Unavailable)
        })?;
    }
    request.extensions_mut().insert(flash);
    Ok(())
}

/// Looks before it takes: taking counts as a change even where there is nothing, and a changed session is written and its
/// cookie set again, which would bring back the cookie of whoever signed out while a page was still loading.
async fn taken(session: &Session) -> Result<Option<Flash>, tower_sessions::session::Error> {
    match session.get_value(FLASH).await? {
        Some(_) => session.remove(FLASH).await,
        None => Ok(None),
    }
}

/// Keeps a flash for the page that follows.
pub(super) async fn keep(session: Option<Session>, flash: Flash) -> Result<(), Refusal> {
    let session = session.ok_or(Code::Internal)?;
    session.insert(FLASH, flash).await.map_err(|error| {
        tracing::warn!(%error, "a flash could not be kept");
        Refusal::from(Code::Unavailable)
    })
}

/// Path and query of the page that posted; another site's host counts for nothing, because only our own path is kept.
fn came_from(headers: &HeaderMap) -> Option<String> {
    let referer = headers.get(header::REFERER).and_then(|value| value.to_str().ok())?;
    let url = Url::parse(referer).ok()?;
    if !url.path().starts_with('/') || url.path().starts_with("//") || url.path().contains('\\') {
        return None;
    }
    Some(
        url.query()
            .map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path())),
    )
}

/// The page that the form of this function stands on, for a browser that does not say where it came from. An id that is
/// none leads to the list.
fn page_of(function: &str, values: &[(String, String)]) -> String {
    let page = app::page_of(function).unwrap_or(HOME);
    let Some((list, part)) = page.split_once("/{id}") else {
        return page.to_owned();
    };
    let id = values.iter().find(|(name, _)| name == "id").map(|(_, id)| id.as_str());
    match id.filter(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')) {
        Some(id) => format!("{list}/{id}{part}"),
        None => list.to_owned(),
    }
}

fn kept(bytes: &Bytes, most: (usize, usize)) -> Vec<(String, String)> {
    let typed = url::form_urlencoded::parse(bytes);
    within(typed.map(|(name, value)| (name.into_owned(), value.into_owned())), most)
}

/// As much as is kept.
fn within(typed: impl Iterator<Item = (String, String)>, (fields, mut room): (usize, usize)) -> Vec<(String, String)> {
    typed
        .filter(|(name, _)| !is_secret(name))
        .take(fields)
        .take_while(|(name, value)| {
            let fits = name.len() + value.len() <= room;
            room = room.saturating_sub(name.len() + value.len());
            fits
        })
        .collect()
}

fn is_secret(name: &str) -> bool {
    let attribute = name.strip_prefix("box.").unwrap_or(name).starts_with("attributes.");
    !attribute && SECRETS.iter().any(|secret| name.to_ascii_lowercase().contains(secret))
}

/// The problem a response carries: of a layer that refused, or of the server function.
async fn problem_of(mut response: Response) -> (Response, Option<Problem>) {
    if let Some(Refusal(problem)) = response.extensions_mut().remove::<Refusal>() {
        return (response, Some(problem));
    }
    if !response.headers().contains_key(IS_ERROR) {
        let status = response.status();
        let problem = (status.is_client_error() || status.is_server_error()).then(|| {
            Problem::new(if status.is_client_error() {
                Code::MalformedBody
            } else {
                Code::Internal
            })
        });
        return (response, problem);
    }
    response.headers_mut().remove(IS_ERROR);
    let (parts, body) = response.into_parts();
    let bytes = body
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    let problem = serde_json::from_slice(&bytes).unwrap_or_else(|_| Problem::new(Code::Internal));
    (Response::from_parts(parts, Body::empty()), Some(problem))
}

/// The problem as a server function's caller in the browser expects it: JSON, with the status of its code.
fn with_status(mut response: Response, problem: &Problem) -> Response {
    *response.status_mut() = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.remove(header::LOCATION);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    *response.body_mut() = Body::from(serde_json::to_vec(problem).unwrap_or_default());
    response
}

/// Where a successful post leads: where the function said, else back. Cookies that were set stay.
fn see(mut response: Response, back: &str) -> Response {
    let location = response.headers_mut().remove(header::LOCATION);
    let location = location.or_else(|| HeaderValue::from_str(back).ok());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::LOCATION, location.unwrap_or(HeaderValue::from_static(HOME)));
    *response.body_mut() = Body::empty();
    response
}

/// The way to a page.
pub(super) fn redirect(to: &str) -> Response {
    let location = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static(HOME));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_kept() {
        let bytes = Bytes::from_static(
            b"email=a%40b.c&password=x&new_password=y&token=t&code=1&client_secret=s&attributes.postcode=1&q=z",
        );
        let names: Vec<String> = kept(&bytes, KEPT).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["email", "attributes.postcode", "q"]);
    }

    #[test]
    fn only_our_own_path_is_gone_back_to() {
        let of = |referer: &'static str| {
            came_from(&HeaderMap::from_iter([(
                header::REFERER,
                HeaderValue::from_static(referer),
            )]))
        };
        assert_eq!(
            of("http://127.0.0.1:3000/console/users?q=a").as_deref(),
            Some("/console/users?q=a")
        );
        assert_eq!(of("https://evil.example//evil.example/x"), None);
        assert_eq!(of("javascript:alert(1)"), None);
        assert_eq!(of("nonsense"), None);
    }
}

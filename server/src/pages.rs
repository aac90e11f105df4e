//! Mounts the pages and their server functions: gives them the core, and every page the content security policy with its
//! nonce.

use app::console::shown_once::Shown;
use app::{App as Pages, shell};
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, Uri, header};
use axum::response::Response;
use leptos::prelude::*;
use leptos_axum::{AxumRouteListing, LeptosRoutes, ResponseOptions, generate_route_list};

use crate::http::headers;
use crate::http::problem::{Refusal, wants_page};
use crate::router::App;

/// Longest address that a page of a refusal links to.
const LINK_MAX: usize = 2_048;

/// Every page that the application has.
#[must_use]
pub fn list() -> Vec<AxumRouteListing> {
    generate_route_list(Pages)
}

/// Pages and server functions.
pub fn routes(app: &App) -> Router<App> {
    let options = app.leptos.clone();
    let sereno = app.sereno.clone();
    let context = move || provide(&sereno, false);
    Router::new().leptos_routes_with_context(app, list(), context, move || shell(options.clone()))
}

/// Pages that show mails.
const MAILS: &str = "/console/email-templates/";

/// Gives the page the core, and its policy. `shows_mail` is for answers to posts, which have no address of their own.
fn provide(sereno: &sereno_core::Sereno, shows_mail: bool) {
    provide_context(sereno.clone());
    let shows_mail = shows_mail
        || use_context::<axum::http::request::Parts>().is_some_and(|parts| parts.uri.path().starts_with(MAILS));
    let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) else {
        return;
    };
    if let Ok(policy) = HeaderValue::from_str(&headers::page_policy(&nonce, shows_mail)) {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// What has to be known of a request to refuse it with a page: nothing if a program asks, and the native API is asked by
/// programs only; else a GET in the visitor's language.
pub fn asked_by_a_person(request: &Request) -> Option<Request> {
    let path = request.uri().path();
    if path.starts_with("/api/") || !wants_page(request.headers()) {
        return None;
    }
    let mut asked = Request::default();
    // the page links to itself in other languages; a post cannot be linked to, and nobody needs a long address again
    let links = matches!(*request.method(), Method::GET | Method::HEAD) && request.uri().to_string().len() < LINK_MAX;
    *asked.uri_mut() = if links {
        request.uri().clone()
    } else {
        Uri::from_static("/account")
    };
    for name in [header::COOKIE, header::ACCEPT_LANGUAGE] {
        if let Some(value) = request.headers().get(&name) {
            asked.headers_mut().insert(name, value.clone());
        }
    }
    Some(asked)
}

/// The page that shows a new secret, to a browser without scripts.
pub async fn shown(app: &App, asked: Request, shown: Shown) -> Response {
    let (sereno, options) = (app.sereno.clone(), app.leptos.clone());
    let shows_mail = shown.mail.is_some();
    let render = leptos_axum::render_app_async_with_context(
        move || provide(&sereno, shows_mail),
        move || app::shown(&options, shown.clone()),
    );
    render(asked).await
}

/// The same refusal as a page, if a person asked. The one place that makes pages of problems: whichever layer refuses,
/// and whatever is out of order behind it.
pub async fn refused(app: &App, person: Option<Request>, mut response: Response) -> Response {
    let refusal = response.extensions_mut().remove::<Refusal>();
    let (Some(Refusal(problem)), Some(asked)) = (refusal, person) else {
        return response;
    };
    let (sereno, options) = (app.sereno.clone(), app.leptos.clone());
    let render = leptos_axum::render_app_async_with_context(
        move || provide(&sereno, false),
        move || app::refused(&options, problem.clone()),
    );
    let (page, body) = render(asked).await.into_parts();
    let headers = response.headers_mut();
    for name in [header::CONTENT_TYPE, header::CONTENT_SECURITY_POLICY] {
        if let Some(value) = page.headers.get(&name) {
            headers.insert(name, value.clone());
        }
    }
    if let Some(cookie) = page.headers.get(header::SET_COOKIE) {
        headers.append(header::SET_COOKIE, cookie.clone());
    }
    *response.body_mut() = body;
    response
}

//! Mounts the pages and their server functions: gives them the core, and every page the content security policy with its
//! nonce.

use app::{App as Pages, shell};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use leptos::prelude::*;
use leptos_axum::{AxumRouteListing, LeptosRoutes, ResponseOptions, generate_route_list};
use sereno_types::Code;

use crate::assets;
use crate::http::headers;
use crate::http::problem::Refusal;
use crate::router::App;

/// Every page that the application has.
#[must_use]
pub fn list() -> Vec<AxumRouteListing> {
    generate_route_list(Pages)
}

/// Pages and server functions.
pub fn routes(app: &App) -> Router<App> {
    let options = app.leptos.clone();
    let sereno = app.sereno.clone();
    let context = move || provide(&sereno);
    Router::new().leptos_routes_with_context(app, list(), context, move || shell(options.clone()))
}

fn provide(sereno: &sereno_core::Sereno) {
    provide_context(sereno.clone());
    let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) else {
        return;
    };
    if let Ok(policy) = HeaderValue::from_str(&headers::page_policy(&nonce)) {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// What no route answers: a file of the site; else a page that says so, or a problem for programs.
pub async fn fallback(State(app): State<App>, request: Request) -> Response {
    if let Some(file) = assets::respond(request.method(), request.uri().path(), request.headers()) {
        return file;
    }
    let wants_page = request
        .headers()
        .get(header::ACCEPT)
        .is_some_and(|accept| accept.as_bytes().windows(9).any(|w| w == b"text/html"));
    if !wants_page || request.uri().path().starts_with("/api/") {
        return Refusal::from(Code::NotFound).into_response();
    }
    let (sereno, options) = (app.sereno.clone(), app.leptos.clone());
    let render = leptos_axum::render_app_async_with_context(move || provide(&sereno), move || shell(options.clone()));
    let mut response = render(request).await;
    *response.status_mut() = axum::http::StatusCode::NOT_FOUND;
    response
}

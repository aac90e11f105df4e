//! Every mount point and every layer on one page.
//!
//! A request passes, outermost first: its id, log line and last resort (`meta`); its body (`body`), which no slow client
//! holds a place for; the limit of requests under way; the session's cookie (`session_store`); who calls (`caller`); where from (`origin`); plain forms
//! (`form_post`); the policy table (`policy`); its handler.

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRef, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use leptos::prelude::LeptosOptions;
use sereno_core::Sereno;
use sereno_core::access::policy;
use sereno_types::Code;
use tokio::sync::Semaphore;

use crate::http::metrics::Metrics;
use crate::http::problem::Refusal;
use crate::http::{body, caller, form_post, meta, origin, session_store};
use crate::{api, assets, pages};

/// What handlers reach: the core, and what the process made once at its start.
#[derive(Clone, FromRef)]
pub struct App {
    /// The rules.
    pub sereno: Sereno,
    /// How pages name their files.
    pub leptos: LeptosOptions,
    /// Figures.
    pub metrics: Arc<Metrics>,
    /// The public keys, as text.
    #[from_ref(skip)]
    pub jwks: Bytes,
    #[from_ref(skip)]
    places: Arc<Semaphore>,
}

impl App {
    /// Prepares what handlers reach.
    #[must_use]
    pub fn new(sereno: Sereno, metrics: Arc<Metrics>) -> Self {
        let leptos = LeptosOptions::builder()
            .output_name("sereno")
            .site_root("site")
            .site_pkg_dir(assets::pkg_dir())
            .build();
        let jwks = sereno.keys.signing.jwks().to_string().into();
        let most = usize::try_from(sereno.config.server.max_requests).unwrap_or(usize::MAX);
        Self {
            sereno,
            leptos,
            metrics,
            jwks,
            places: Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))),
        }
    }
}

/// The whole server.
pub fn router(app: &App) -> Router {
    let sessions = session_store::layer(&app.sereno);
    Router::new()
        .merge(api::routes())
        .merge(pages::routes(app))
        .fallback(pages::fallback)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn_with_state(
            app.clone(),
            crate::http::policy::enforce,
        ))
        .layer(middleware::from_fn(form_post::take_flash))
        .layer(middleware::from_fn(form_post::answer))
        .layer(middleware::from_fn_with_state(app.clone(), origin::check))
        .layer(middleware::from_fn_with_state(app.clone(), caller::resolve))
        .layer(sessions)
        .layer(middleware::from_fn_with_state(app.clone(), under_way))
        .layer(middleware::from_fn_with_state(app.clone(), body::read))
        .layer(middleware::from_fn_with_state(app.clone(), meta::outermost))
        .with_state(app.clone())
}

async fn wrong_method() -> Refusal {
    Code::MethodNotAllowed.into()
}

/// At most so many requests are worked on at once; more would only make all of them slow.
async fn under_way(State(app): State<App>, request: Request, next: Next) -> Response {
    match app.places.try_acquire() {
        Ok(_place) => next.run(request).await,
        Err(_) => Refusal::from(Code::Overloaded).into_response(),
    }
}

/// Doors that the policy table does not list, and rows that no door answers to. The server does not start while there
/// are any of the first kind.
#[must_use]
pub fn unlisted() -> Vec<String> {
    let mut doors = Vec::new();
    for (path, item) in api::document().paths.paths {
        for (method, exists) in [
            ("GET", item.get.is_some()),
            ("POST", item.post.is_some()),
            ("PUT", item.put.is_some()),
            ("PATCH", item.patch.is_some()),
            ("DELETE", item.delete.is_some()),
        ] {
            if exists {
                doors.push((method.to_owned(), path.clone()));
            }
        }
    }
    doors.extend(
        pages::list()
            .iter()
            .map(|page| ("GET".to_owned(), page.path().to_owned())),
    );
    doors.extend(server_fn::axum::server_fn_paths().map(|(path, method)| (method.to_string(), path.to_owned())));
    doors
        .into_iter()
        .filter(|(method, path)| policy::find(method, path).is_none())
        .map(|(method, path)| format!("{method} {path}"))
        .collect()
}

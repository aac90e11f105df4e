//! Every mount point and every layer on one page.
//!
//! A request passes, outermost first: its id, log line and last resort (`meta`); its body (`body`), which no slow client
//! holds a place for; the limit of requests under way; the session's cookie (`session_store`); who calls (`caller`);
//! where from (`origin`); plain forms (`form_post`); the policy table (`policy`); its handler. What stands before the
//! session is one layer, what stands behind it another: axum copies the whole stack below a layer for every request, so
//! that each further one costs. Open routes (keys, health) and facades stand before the session: no cookie of ours speaks
//! there.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use app::account::avatar::UPLOAD;
use app::console::message_new;
use axum::Router;
use axum::extract::{FromRef, Request, State};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use leptos::prelude::LeptosOptions;
use sereno_core::Sereno;
use sereno_core::access::policy as table;
use sereno_core::live::Hub;
use sereno_types::Code;
use tokio::sync::Semaphore;

use crate::compat::{self, Facades};
use crate::http::metrics::Metrics;
use crate::http::problem::Refusal;
use crate::http::{
    avatar_form, body, caller, cookies, cors, form_post, idempotency, message_form, meta, oauth_form, origin, policy,
    session_store, social, unsubscribe,
};
use crate::{api, assets, pages};

/// What handlers reach. Cheap to clone, because every layer and handler gets a clone for every request.
#[derive(Clone)]
pub struct App(Arc<Shared>);

/// The core, and what the process made once at its start.
pub struct Shared {
    /// The rules.
    pub sereno: Sereno,
    /// How pages name their files.
    pub leptos: LeptosOptions,
    /// Figures.
    pub metrics: Arc<Metrics>,
    /// The contract, as text, once somebody asked for it.
    pub contract: OnceLock<Bytes>,
    /// Room for the bytes of bodies that are still coming in.
    pub bodies: Semaphore,
    /// Where the wires of other products are spoken.
    pub facades: Facades,
    /// Open connections, and who listens.
    pub live: Hub,
    places: Semaphore,
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
        let most = usize::try_from(sereno.config.server.max_requests).unwrap_or(usize::MAX);
        let largest = usize::try_from(sereno.config.server.max_body).unwrap_or(usize::MAX);
        Self(Arc::new(Shared {
            facades: Facades::of(&sereno.config),
            sereno,
            leptos,
            metrics,
            contract: OnceLock::new(),
            live: Hub::default(),
            bodies: Semaphore::new(most.saturating_mul(largest).min(Semaphore::MAX_PERMITS)),
            places: Semaphore::new(most.min(Semaphore::MAX_PERMITS)),
        }))
    }
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl FromRef<App> for LeptosOptions {
    fn from_ref(app: &App) -> Self {
        app.leptos.clone()
    }
}

/// The whole server.
pub fn router(app: &App) -> Router {
    Router::new()
        .merge(api::routes(app))
        .merge(pages::routes(app))
        .route(UPLOAD, post(avatar_form::receive))
        .route(message_new::UPLOAD, post(message_form::receive))
        .route(unsubscribe::PATH, post(unsubscribe::one_click))
        .merge(social::routes())
        .fallback(nothing)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn_with_state(app.clone(), behind_the_session))
        .layer(session_store::layer(&app.sereno))
        .merge(api::open_routes().method_not_allowed_fallback(wrong_method))
        .merge(compat::routes(app))
        .layer(middleware::from_fn_with_state(app.clone(), before_the_session))
        .with_state(app.clone())
}

async fn before_the_session(State(app): State<App>, mut request: Request, next: Next) -> Response {
    cookies::leave_plain(request.headers_mut());
    meta::outermost(&app, request, |request| share(&app, request, next)).await
}

/// Answers preflights, and says which other origin may read the answer.
async fn share(app: &App, mut request: Request, next: Next) -> Response {
    let (shared, origin) = match other_origin(app, request.uri().path(), request.headers()).await {
        Ok(found) => found,
        Err(refusal) => return refusal.into_response(),
    };
    if let Some(answer) = cors::preflight(&request, origin.as_ref()) {
        return answer;
    }
    request.extensions_mut().insert(cors::Known(origin.clone()));
    let of_oauth = oauth_form::is_asked(request.method(), request.uri().path());
    let mut response = admit(app, request, next).await;
    if of_oauth {
        response = oauth_form::in_its_words(response);
    }
    if shared {
        cors::add(response.headers_mut(), origin.as_ref());
    }
    response
}

/// Whether other origins have business here, and which one asks and may.
async fn other_origin(app: &App, path: &str, headers: &HeaderMap) -> Result<(bool, Option<HeaderValue>), Refusal> {
    if !cors::is_shared(app, path).await? {
        return Ok((false, None));
    }
    Ok((true, cors::allowed(app, path, headers).await?))
}

/// Files of the site are answered here, before anybody asks who calls: they may be kept by every cache on the way, so
/// that no cookie must ever ride on them. Of the rest at most so many are worked on at once; more would only make all of
/// them slow.
async fn admit(app: &App, request: Request, next: Next) -> Response {
    if let Some(file) = assets::respond(request.method(), request.uri().path(), request.headers()) {
        return file;
    }
    let request = match body::read(app, request).await {
        Ok(request) => request,
        Err(refused) => return refused,
    };
    match app.places.try_acquire() {
        Ok(_place) => next.run(request).await,
        Err(_) => Refusal::from(Code::Overloaded).into_response(),
    }
}

async fn behind_the_session(State(app): State<App>, mut request: Request, next: Next) -> Response {
    // no database keeps or looks for a NUL
    if request.uri().query().is_some_and(|query| query.contains("%00")) {
        return Refusal::from(Code::MalformedQuery).into_response();
    }
    if let Err(refusal) = caller::resolve(&app, &mut request).await {
        return refusal.into_response();
    }
    if let Err(refusal) = origin::check(&app, &request) {
        return refusal.into_response();
    }
    let inside = app.clone();
    let entering = app.clone();
    form_post::answer(&app, request, |request| async move {
        idempotency::once(&inside, request, |request| enter(entering, request, next)).await
    })
    .await
}

async fn enter(app: App, mut request: Request, next: Next) -> Response {
    if let Err(refusal) = form_post::take_flash(&mut request).await {
        return refusal.into_response();
    }
    match policy::enforce(&app, &mut request).await {
        Ok(()) if request.extensions().get::<body::TooLarge>().is_some() => {
            if request.uri().path() == message_new::UPLOAD {
                message_form::too_large().into_response()
            } else {
                avatar_form::too_large().into_response()
            }
        }
        Ok(()) => next.run(request).await,
        Err(refused) => refused,
    }
}

async fn nothing() -> Refusal {
    Code::NotFound.into()
}

async fn wrong_method() -> Refusal {
    Code::MethodNotAllowed.into()
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
    doors.extend(api::UNDESCRIBED.map(|path| ("GET".to_owned(), path.to_owned())));
    doors.extend(
        pages::list()
            .iter()
            .map(|page| ("GET".to_owned(), page.path().to_owned())),
    );
    doors.push(("POST".to_owned(), UPLOAD.to_owned()));
    doors.push(("POST".to_owned(), message_new::UPLOAD.to_owned()));
    doors.push(("POST".to_owned(), unsubscribe::PATH.to_owned()));
    doors.extend(compat::doors());
    doors.extend(social::DOORS.map(|(method, path)| (method.to_owned(), path.to_owned())));
    doors.extend(server_fn::axum::server_fn_paths().map(|(path, method)| (method.to_string(), path.to_owned())));
    doors
        .into_iter()
        .filter(|(method, path)| table::find(method, path).is_none())
        .map(|(method, path)| format!("{method} {path}"))
        .collect()
}

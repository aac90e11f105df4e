//! `/docs`: the contract as a page, rendered by the server, without scripts.

use axum::Router;
use axum::routing::get;

use crate::router::App;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/docs", get(|| async { "see /openapi.json" }))
}

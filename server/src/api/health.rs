//! Whether this process lives, and whether it can work.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use sereno_types::{Code, Problem};

use crate::http::problem::Refusal;
use crate::router::App;

/// How long the database has to show that it is there.
const PATIENCE: Duration = Duration::from_secs(1);

/// Is the process alive?
#[utoipa::path(get, path = "/health/live", tag = "health", operation_id = "live",
    responses((status = 200, description = "It is", body = String, content_type = "text/plain")))]
pub async fn live() -> &'static str {
    "ok"
}

/// Can it work?
///
/// Asks the database.
#[utoipa::path(get, path = "/health/ready", tag = "health", operation_id = "ready",
    responses(
        (status = 200, description = "It can", body = String, content_type = "text/plain"),
        (status = 503, description = "The database is away", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn ready(State(app): State<App>) -> Result<(StatusCode, &'static str), Refusal> {
    let asking = tokio::time::timeout(PATIENCE, app.sereno.db.ping()).await;
    asking.map_err(|_| Code::Unavailable)??;
    Ok((StatusCode::OK, "ok"))
}

//! What happened, for staff.

use axum::extract::State;
use sereno_core::account::admin;
use sereno_types::held::EventsView;
use sereno_types::{EventDetail, EventQuery, EventRow, Id, Page};

use crate::http::json::{Json, Query, Segment};
use crate::http::policy::Require;
use crate::http::problem::Refusal;
use crate::router::App;

/// List events
///
/// Newest first. `q` looks into names, codes, network addresses, clients and request ids.
#[utoipa::path(get, path = "/api/v1/admin/events", tag = "admin", operation_id = "listEvents", params(EventQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page", body = Page<EventRow>)))]
pub async fn list(
    State(app): State<App>,
    caller: Require<EventsView>,
    Query(query): Query<EventQuery>,
) -> Result<Json<Page<EventRow>>, Refusal> {
    Ok(Json(admin::events(&app.sereno, &caller.staff, query).await?))
}

/// One event
///
/// With `lineage` where it happened in a line of refresh tokens: which token was issued when and to whom, which one came
/// again, and from where.
#[utoipa::path(get, path = "/api/v1/admin/events/{id}", tag = "admin", operation_id = "getEvent",
    params(("id" = Id, Path, description = "The event's id")), security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The event", body = EventDetail)))]
pub async fn detail(
    State(app): State<App>,
    caller: Require<EventsView>,
    Segment(id): Segment,
) -> Result<Json<EventDetail>, Refusal> {
    Ok(Json(admin::event(&app.sereno, &caller.staff, &Id(id)).await?))
}

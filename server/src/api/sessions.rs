//! Sign-ins that still work: one's own, and everybody's for staff.

use axum::extract::State;
use axum::http::StatusCode;
use sereno_core::account::sessions;
use sereno_types::held::{SessionsManage, SessionsView};
use sereno_types::{EndSessions, EndedSessions, Id, Page, PageQuery, SessionQuery, SessionRow};

use crate::http::caller::Caller;
use crate::http::json::{Json, Nothing, Query, Segment};
use crate::http::policy::Require;
use crate::http::problem::Refusal;
use crate::router::App;

/// My sign-ins
///
/// Browsers' sessions and applications' tokens that still work, newest first.
#[utoipa::path(get, path = "/api/v1/me/sessions", tag = "me", operation_id = "listMySessions", params(PageQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page", body = Page<SessionRow>)))]
pub async fn mine(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<SessionRow>>, Refusal> {
    Ok(Json(sessions::mine(&app.sereno, &caller.actor, query).await?))
}

/// End one of my sign-ins
#[utoipa::path(delete, path = "/api/v1/me/sessions/{id}", tag = "me", operation_id = "endMySession",
    params(("id" = Id, Path, description = "The sign-in's id")), security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "It has ended")))]
pub async fn end_mine(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
    _: Nothing,
) -> Result<StatusCode, Refusal> {
    sessions::end_mine(&app.sereno, &caller.meta, &caller.actor, &Id(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// End several of my sign-ins
///
/// All but the one that asks, or all.
#[utoipa::path(post, path = "/api/v1/me/sessions/end", tag = "me", operation_id = "endMySessions",
    request_body = EndSessions, security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "How many have ended", body = EndedSessions)))]
pub async fn end_several(
    State(app): State<App>,
    caller: Caller,
    Json(command): Json<EndSessions>,
) -> Result<Json<EndedSessions>, Refusal> {
    let ended = sessions::end_several(&app.sereno, &caller.meta, &caller.actor, command).await?;
    Ok(Json(ended))
}

/// List sign-ins
#[utoipa::path(get, path = "/api/v1/admin/sessions", tag = "admin", operation_id = "listSessions", params(SessionQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page", body = Page<SessionRow>)))]
pub async fn list(
    State(app): State<App>,
    caller: Require<SessionsView>,
    Query(query): Query<SessionQuery>,
) -> Result<Json<Page<SessionRow>>, Refusal> {
    Ok(Json(sessions::list(&app.sereno, &caller.staff, query).await?))
}

/// End a sign-in
#[utoipa::path(delete, path = "/api/v1/admin/sessions/{id}", tag = "admin", operation_id = "endSession",
    params(("id" = Id, Path, description = "The sign-in's id")), security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "It has ended")))]
pub async fn end(
    State(app): State<App>,
    caller: Require<SessionsManage>,
    Segment(id): Segment,
    _: Nothing,
) -> Result<StatusCode, Refusal> {
    sessions::end_theirs(&app.sereno, &caller.meta, &caller.staff, &Id(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// End every sign-in of a user
#[utoipa::path(post, path = "/api/v1/admin/users/{id}/end-sessions", tag = "admin", operation_id = "endSessionsOfUser",
    params(("id" = Id, Path, description = "The user's id")), security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "How many have ended", body = EndedSessions)))]
pub async fn end_all_of(
    State(app): State<App>,
    caller: Require<SessionsManage>,
    Segment(id): Segment,
    _: Nothing,
) -> Result<Json<EndedSessions>, Refusal> {
    let ended = sessions::end_all_of(&app.sereno, &caller.meta, &caller.staff, &Id(id)).await?;
    Ok(Json(ended))
}

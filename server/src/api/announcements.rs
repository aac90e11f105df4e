//! Announcements as staff writes and sends them: the same functions as the console's.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use sereno_core::context::Staff;
use sereno_core::{access, announcements};
use sereno_types::{
    AnnouncementDetail, AnnouncementQuery, AnnouncementRow, EmailPreview, EmailTestQueued, Id, Page,
    PreviewAnnouncement, Problem, SaveAnnouncement, ScheduleAnnouncement,
};

use super::messages;
use crate::http::caller::Caller;
use crate::http::json::{Json, Nothing, Query, Segment};
use crate::http::problem::Refusal;
use crate::http::version::{self, Tagged};
use crate::router::App;

/// List announcements
///
/// Newest first, with how many of their mails stand where.
#[utoipa::path(get, path = "/api/v1/admin/announcements", tag = "announcements", operation_id = "listAnnouncements",
    params(AnnouncementQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page", body = Page<AnnouncementRow>)))]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<AnnouncementQuery>,
) -> Result<Json<Page<AnnouncementRow>>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    Ok(Json(announcements::list(&app.sereno, &staff, query).await?))
}

/// Begin an announcement
///
/// A draft, as incomplete as you like; each wrong address of a list is told by its place (`audience.addresses.3`). Choosing
/// accounts takes the right to see them (`users.view`, and `roles.view` or `projects.view` where it names one).
#[utoipa::path(post, path = "/api/v1/admin/announcements", tag = "announcements", operation_id = "createAnnouncement",
    request_body = SaveAnnouncement, security(("bearer" = []), ("session" = [])),
    responses((status = 201, description = "The draft", body = AnnouncementDetail)))]
pub async fn create(
    State(app): State<App>,
    caller: Caller,
    Json(command): Json<SaveAnnouncement>,
) -> Result<(StatusCode, Tagged<AnnouncementDetail>), Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    let made = announcements::create(&app.sereno, &caller.meta, &staff, command).await?;
    Ok((
        StatusCode::CREATED,
        Tagged(announcements::version(&app.sereno, &made)?, made),
    ))
}

/// One announcement
///
/// With how many it would reach now, until it has begun, and with its progress from then on. Its mails one by one are
/// `GET /api/v1/admin/messages?announcement=…`.
#[utoipa::path(get, path = "/api/v1/admin/announcements/{id}", tag = "announcements",
    operation_id = "getAnnouncement", params(("id" = Id, Path, description = "The announcement's id")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The announcement", body = AnnouncementDetail)))]
pub async fn detail(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
) -> Result<Tagged<AnnouncementDetail>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    let detail = announcements::detail(&app.sereno, &staff, &Id(id)).await?;
    Ok(Tagged(announcements::version(&app.sereno, &detail)?, detail))
}

/// Write a draft anew
///
/// As a whole.
#[utoipa::path(put, path = "/api/v1/admin/announcements/{id}", tag = "announcements",
    operation_id = "saveAnnouncement", params(("id" = Id, Path, description = "The announcement's id")),
    request_body = SaveAnnouncement, security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The draft", body = AnnouncementDetail),
        (status = 409, description = "`state_conflict`: it has a moment already", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn save(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
    Json(command): Json<SaveAnnouncement>,
) -> Result<Tagged<AnnouncementDetail>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    let id = Id(id);
    let saved = announcements::save(&app.sereno, &caller.meta, &staff, &id, command).await;
    tagged(&app, &staff, &id, saved).await
}

/// Delete a draft
#[utoipa::path(delete, path = "/api/v1/admin/announcements/{id}", tag = "announcements",
    operation_id = "deleteAnnouncement", params(("id" = Id, Path, description = "The announcement's id")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 204, description = "It is gone"),
        (status = 409, description = "`state_conflict`: it is no draft any more", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn delete(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
    _: Nothing,
) -> Result<StatusCode, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    let id = Id(id);
    match announcements::delete(&app.sereno, &caller.meta, &staff, &id).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(error) => Err(version::refused(error, announcements::detail(&app.sereno, &staff, &id)).await),
    }
}

/// Look at an announcement
///
/// In its frame, with samples of what its template knows of a reader.
#[utoipa::path(post, path = "/api/v1/admin/announcements/{id}/preview", tag = "announcements",
    operation_id = "previewAnnouncement", params(("id" = Id, Path, description = "The announcement's id")),
    request_body = PreviewAnnouncement, security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "What it looks like", body = EmailPreview)))]
pub async fn preview(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
    Json(command): Json<PreviewAnnouncement>,
) -> Result<Json<EmailPreview>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    Ok(Json(
        announcements::preview(&app.sereno, &staff, &Id(id), command).await?,
    ))
}

/// Send an announcement to yourself
///
/// To your own confirmed address, with a subject that says so.
#[utoipa::path(post, path = "/api/v1/admin/announcements/{id}/test", tag = "announcements",
    operation_id = "testAnnouncement", params(("id" = Id, Path, description = "The announcement's id")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 202, description = "It is on its way", body = EmailTestQueued)))]
pub async fn test(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
    _: Nothing,
) -> Result<(StatusCode, Json<EmailTestQueued>), Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    let sent = announcements::test(&app.sereno, &caller.meta, &staff, &Id(id)).await?;
    Ok((StatusCode::ACCEPTED, Json(sent)))
}

/// Send an announcement
///
/// Now, or at a moment of the next year. With `If-Match` what leaves is what was looked at.
#[utoipa::path(post, path = "/api/v1/admin/announcements/{id}/schedule", tag = "announcements",
    operation_id = "scheduleAnnouncement", params(("id" = Id, Path, description = "The announcement's id")),
    request_body = ScheduleAnnouncement, security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "It has its moment", body = AnnouncementDetail),
        (status = 409, description = "`state_conflict`: it is no draft any more", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn schedule(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
    Json(command): Json<ScheduleAnnouncement>,
) -> Result<Tagged<AnnouncementDetail>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    let id = Id(id);
    let done = announcements::schedule(&app.sereno, &caller.meta, &staff, &id, command).await;
    tagged(&app, &staff, &id, done).await
}

/// Take the moment of an announcement back
///
/// It is a draft again.
#[utoipa::path(post, path = "/api/v1/admin/announcements/{id}/unschedule", tag = "announcements",
    operation_id = "unscheduleAnnouncement", params(("id" = Id, Path, description = "The announcement's id")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The draft", body = AnnouncementDetail),
        (status = 409, description = "`state_conflict`: it has begun", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn unschedule(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
    _: Nothing,
) -> Result<Json<AnnouncementDetail>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    Ok(Json(
        announcements::unschedule(&app.sereno, &caller.meta, &staff, &Id(id)).await?,
    ))
}

/// Make an announcement stand still
///
/// Its mails that wait go on waiting.
#[utoipa::path(post, path = "/api/v1/admin/announcements/{id}/pause", tag = "announcements",
    operation_id = "pauseAnnouncement", params(("id" = Id, Path, description = "The announcement's id")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "It stands still", body = AnnouncementDetail),
        (status = 409, description = "`state_conflict`: it is not leaving", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn pause(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
    _: Nothing,
) -> Result<Json<AnnouncementDetail>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    Ok(Json(
        announcements::pause(&app.sereno, &caller.meta, &staff, &Id(id)).await?,
    ))
}

/// Let an announcement go on
///
/// Where it stood still.
#[utoipa::path(post, path = "/api/v1/admin/announcements/{id}/resume", tag = "announcements",
    operation_id = "resumeAnnouncement", params(("id" = Id, Path, description = "The announcement's id")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "It goes on", body = AnnouncementDetail),
        (status = 409, description = "`state_conflict`: it does not stand still", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn resume(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
    _: Nothing,
) -> Result<Json<AnnouncementDetail>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    Ok(Json(
        announcements::resume(&app.sereno, &caller.meta, &staff, &Id(id)).await?,
    ))
}

/// End an announcement
///
/// What has not left does not leave.
#[utoipa::path(post, path = "/api/v1/admin/announcements/{id}/cancel", tag = "announcements",
    operation_id = "cancelAnnouncement", params(("id" = Id, Path, description = "The announcement's id")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "It is ended", body = AnnouncementDetail),
        (status = 409, description = "`state_conflict`: a draft, or over", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn cancel(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
    _: Nothing,
) -> Result<Json<AnnouncementDetail>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    Ok(Json(
        announcements::cancel(&app.sereno, &caller.meta, &staff, &Id(id)).await?,
    ))
}

/// The announcement with its version, or the refusal with what it is now.
async fn tagged(
    app: &App,
    staff: &Staff,
    id: &Id,
    done: sereno_core::Result<AnnouncementDetail>,
) -> Result<Tagged<AnnouncementDetail>, Refusal> {
    match done {
        Ok(detail) => Ok(Tagged(announcements::version(&app.sereno, &detail)?, detail)),
        Err(error) => Err(version::refused(error, announcements::detail(&app.sereno, staff, id)).await),
    }
}

/// The HTML of an announcement, for the frame of the console's page.
pub async fn frame(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
    Query(command): Query<PreviewAnnouncement>,
) -> Result<impl IntoResponse, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    let shown = announcements::preview(&app.sereno, &staff, &Id(id), command).await?;
    messages::framed(&app.sereno, shown.html)
}

//! Mails: their history, repairing it, mails of other services, addresses that are not written to. The same functions as
//! the console's.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use sereno_core::{Sereno, access, messages};
use sereno_types::held::MessagesManage;
use sereno_types::{
    AddSuppression, Code, Id, MessageDetail, MessageQuery, MessageRow, Page, Problem, Released, ResendMessage,
    SendMessage, SendResult, SentMessages, SuppressionQuery, SuppressionRow, TimelineQuery, TimelineRow,
};

use crate::http::caller::Caller;
use crate::http::json::{Json, Nothing, Query, Segment};
use crate::http::policy::Require;
use crate::http::problem::Refusal;
use crate::router::App;

/// List mails
///
/// Newest first. Of no mail the text is kept once it has left.
#[utoipa::path(get, path = "/api/v1/admin/messages", tag = "messages", operation_id = "listMessages",
    params(MessageQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page", body = Page<MessageRow>)))]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<MessageQuery>,
) -> Result<Json<Page<MessageRow>>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    Ok(Json(messages::list(&app.sereno, &staff, query).await?))
}

/// List mails and notifications to devices
///
/// Together, newest first. What can be done about one stands at `GET /api/v1/admin/messages/{id}` and
/// `GET /api/v1/admin/push-notifications/{id}`.
#[utoipa::path(get, path = "/api/v1/admin/notifications", tag = "messages", operation_id = "listNotifications",
    params(TimelineQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page", body = Page<TimelineRow>)))]
pub async fn timeline(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<TimelineQuery>,
) -> Result<Json<Page<TimelineRow>>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    Ok(Json(messages::timeline(&app.sereno, &staff, query).await?))
}

/// Send a mail
///
/// With texts of its own, to each recipient apart. What is wrong with a recipient stands in that recipient's result and
/// refuses nobody else's mail.
#[utoipa::path(post, path = "/api/v1/admin/messages", tag = "messages", operation_id = "sendMessage",
    request_body = SendMessage, security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "What became of it, recipient by recipient", body = SentMessages)))]
pub async fn send(
    State(app): State<App>,
    caller: Caller,
    Json(command): Json<SendMessage>,
) -> Result<Json<SentMessages>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    Ok(Json(messages::send(&app.sereno, &caller.meta, &staff, command).await?))
}

/// One mail
///
/// With every attempt, and with what it looks like: secrets are masked.
#[utoipa::path(get, path = "/api/v1/admin/messages/{id}", tag = "messages", operation_id = "getMessage",
    params(("id" = Id, Path, description = "The mail's id")), security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The mail", body = MessageDetail)))]
pub async fn detail(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
) -> Result<Json<MessageDetail>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    Ok(Json(messages::detail(&app.sereno, &staff, &Id(id)).await?))
}

/// Put a mail into the queue again
///
/// One that failed or was cancelled: it is tried as often as a new one. One that is held back is released instead.
#[utoipa::path(post, path = "/api/v1/admin/messages/{id}/retry", tag = "messages", operation_id = "retryMessage",
    params(("id" = Id, Path, description = "The mail's id")), security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The mail, queued", body = MessageDetail),
        (status = 409, description = "`state_conflict`", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn retry(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
    _: Nothing,
) -> Result<Json<MessageDetail>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    Ok(Json(messages::retry(&app.sereno, &caller.meta, &staff, &Id(id)).await?))
}

/// Put every mail that failed into the queue again
///
/// Among those that the query means, as in the list: all of them without a query. Neither `limit` nor `cursor` count. Mails of
/// superusers stay unless the caller is one.
#[utoipa::path(post, path = "/api/v1/admin/messages/retry-failed", tag = "messages",
    operation_id = "retryFailedMessages", params(MessageQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "How many", body = Released)))]
pub async fn retry_failed(
    State(app): State<App>,
    caller: Require<MessagesManage>,
    Query(query): Query<MessageQuery>,
    _: Nothing,
) -> Result<Json<Released>, Refusal> {
    Ok(Json(
        messages::retry_failed(&app.sereno, &caller.meta, &caller.staff, query).await?,
    ))
}

/// Take a mail out of the queue
#[utoipa::path(post, path = "/api/v1/admin/messages/{id}/cancel", tag = "messages", operation_id = "cancelMessage",
    params(("id" = Id, Path, description = "The mail's id")), security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The mail, cancelled", body = MessageDetail),
        (status = 409, description = "`state_conflict`: it is being handed over, or has left", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn cancel(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
    _: Nothing,
) -> Result<Json<MessageDetail>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    Ok(Json(
        messages::cancel(&app.sereno, &caller.meta, &staff, &Id(id)).await?,
    ))
}

/// Send a mail anew
///
/// To its own address or to a corrected one. A mail that holds a secret goes to its own address alone, by the flow that it
/// came from: an activation mail, a mail to set a new password; others only their owner can ask for.
#[utoipa::path(post, path = "/api/v1/admin/messages/{id}/resend", tag = "messages", operation_id = "resendMessage",
    params(("id" = Id, Path, description = "The mail's id")), request_body = ResendMessage,
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 202, description = "What becomes of the other mail: on its way, or why not. Without an id where the flow \
            that asks for it decides when it makes one", body = SendResult),
        (status = 409, description = "`state_conflict`, `recipient_bound`, `own_account`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn resend(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
    Json(command): Json<ResendMessage>,
) -> Result<(StatusCode, Json<SendResult>), Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    let again = messages::resend(&app.sereno, &caller.meta, &staff, &Id(id), command).await?;
    Ok((StatusCode::ACCEPTED, Json(again)))
}

/// Let a mail go that was held back
#[utoipa::path(post, path = "/api/v1/admin/messages/{id}/release", tag = "messages", operation_id = "releaseMessage",
    params(("id" = Id, Path, description = "The mail's id")), security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The mail, queued", body = MessageDetail),
        (status = 409, description = "`state_conflict`", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn release(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
    _: Nothing,
) -> Result<Json<MessageDetail>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    Ok(Json(
        messages::release(&app.sereno, &caller.meta, &staff, &Id(id)).await?,
    ))
}

/// Let every mail go that was held back
///
/// Among those that the query means, as in the list: all of them without a query. Neither `limit` nor `cursor` count. Mails of
/// superusers stay unless the caller is one.
#[utoipa::path(post, path = "/api/v1/admin/messages/release", tag = "messages", operation_id = "releaseMessages",
    params(MessageQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "How many", body = Released)))]
pub async fn release_all(
    State(app): State<App>,
    caller: Require<MessagesManage>,
    Query(query): Query<MessageQuery>,
    _: Nothing,
) -> Result<Json<Released>, Refusal> {
    Ok(Json(
        messages::release_all(&app.sereno, &caller.meta, &caller.staff, query).await?,
    ))
}

/// List addresses that are not written to
#[utoipa::path(get, path = "/api/v1/admin/suppressions", tag = "messages", operation_id = "listSuppressions",
    params(SuppressionQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page", body = Page<SuppressionRow>)))]
pub async fn suppressions(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<SuppressionQuery>,
) -> Result<Json<Page<SuppressionRow>>, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    Ok(Json(messages::suppressions(&app.sereno, &staff, query).await?))
}

/// Stop writing to an address
///
/// Nothing is written to it any more, neither by Sereno nor by other services. `address_listed` where staff put it there
/// before; 403 for an address of a superuser, unless the caller is one.
#[utoipa::path(post, path = "/api/v1/admin/suppressions", tag = "messages", operation_id = "addSuppression",
    request_body = AddSuppression, security(("bearer" = []), ("session" = [])),
    responses((status = 201, description = "It stands on the list", body = SuppressionRow)))]
pub async fn suppress(
    State(app): State<App>,
    caller: Caller,
    Json(command): Json<AddSuppression>,
) -> Result<(StatusCode, Json<SuppressionRow>), Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    let added = messages::suppress(&app.sereno, &caller.meta, &staff, command).await?;
    Ok((StatusCode::CREATED, Json(added)))
}

/// Write to an address again
#[utoipa::path(delete, path = "/api/v1/admin/suppressions/{id}", tag = "messages", operation_id = "removeSuppression",
    params(("id" = Id, Path, description = "The entry's id")), security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "It is off the list")))]
pub async fn unsuppress(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
    _: Nothing,
) -> Result<StatusCode, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    messages::unsuppress(&app.sereno, &caller.meta, &staff, &Id(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a mail may do where it is shown: have its own looks, with the logo that this server gives out, and nothing else.
fn policy(sereno: &Sereno) -> String {
    let here = sereno.config.public_url();
    format!(
        "default-src 'none'; style-src 'unsafe-inline'; img-src data: {here}; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'self'; sandbox"
    )
}

/// The HTML of a mail, for the frame of the console's page: a document of its own, because what it says comes from others.
pub async fn preview(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
) -> Result<impl IntoResponse, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    let detail = messages::detail(&app.sereno, &staff, &Id(id)).await?;
    let html = detail.preview.map(|preview| preview.html).unwrap_or_default();
    framed(&app.sereno, html)
}

/// HTML that comes from others, as a document that may be shown in our own frame.
pub(super) fn framed(sereno: &Sereno, html: String) -> Result<impl IntoResponse + use<>, Refusal> {
    if html.is_empty() {
        return Err(Code::NotFound.into());
    }
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CONTENT_SECURITY_POLICY, policy(sereno)),
        (header::X_FRAME_OPTIONS, "SAMEORIGIN".to_owned()),
    ];
    Ok((headers, html))
}

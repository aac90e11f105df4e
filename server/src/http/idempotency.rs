//! Requests that may be sent twice: a POST that sends mail or makes something, with `Idempotency-Key`, is carried out once,
//! and whoever sends it again gets the same answer (draft-ietf-httpapi-idempotency-key-header). Signing in and refreshing
//! are not among them: their answers hold tokens, which are never kept.

use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body_util::BodyExt;
use sereno_core::Sereno;
use sereno_core::context::Actor;
use sereno_core::idempotency::{self, Begun, Claim, Kept};
use sereno_types::Code;
use tracing::Instrument;

use super::policy;
use super::problem::Refusal;
use crate::router::App;

/// What a client calls a request.
pub const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Doors whose answers are kept.
pub const DOORS: [&str; 19] = [
    "/api/v1/admin/push-notifications",
    "/api/v1/registrations",
    "/api/v1/registrations/resend",
    "/api/v1/password/forgot",
    "/api/v1/otp",
    "/api/v1/me/email",
    "/api/v1/me/deletion",
    "/api/v1/admin/users/{id}/send-activation",
    "/api/v1/admin/users/{id}/send-password-reset",
    "/api/v1/admin/messages",
    "/api/v1/admin/messages/{id}/resend",
    "/api/v1/admin/applications",
    "/api/v1/admin/applications/{id}/secrets",
    "/api/v1/admin/signing-keys",
    "/api/v1/admin/social-providers",
    "/api/v1/admin/email-templates",
    "/api/v1/admin/email-templates/{name}/{language}/test",
    "/api/v1/admin/announcements",
    "/api/v1/admin/announcements/{id}/test",
];

/// Around the handlers; the caller is known and the body is read.
pub async fn once<F>(app: &App, mut request: Request, next: impl FnOnce(Request) -> F + Send + 'static) -> Response
where
    F: Future<Output = Response> + Send,
{
    let Some(key) = key_of(&request) else {
        return next(request).await;
    };
    // what was answered once is for nobody who would be turned away now
    if let Err(refused) = policy::enforce(app, &mut request).await {
        return refused;
    }
    let sereno = app.sereno.clone();
    let actor = request.extensions().get::<Actor>().copied().unwrap_or_default();
    let (parts, body) = request.into_parts();
    let body = whole(body).await;
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let mut asked = format!("{} {target}\n", parts.method).into_bytes();
    asked.extend_from_slice(&body);
    let claim = match idempotency::begin(&sereno, &actor, &key, &asked).await {
        Ok(Begun::First(claim)) => claim,
        Ok(Begun::Again(kept)) => return again(kept),
        Err(error) => return Refusal::from(error).into_response(),
    };
    let request = Request::from_parts(parts, Body::from(body));
    // in a task of its own: a client who goes away in the middle comes again, and must find what was done
    let working = async move {
        let response = next(request).await;
        conclude(&sereno, &claim, response).await
    };
    let done = tokio::spawn(working.in_current_span()).await;
    done.unwrap_or_else(|error| {
        tracing::error!(%error, "a request with an idempotency key panicked");
        Refusal::from(Code::Internal).into_response()
    })
}

fn key_of(request: &Request) -> Option<String> {
    let key = request.headers().get(KEY)?;
    let path = request.extensions().get::<MatchedPath>()?.as_str();
    let is_kept = *request.method() == Method::POST && DOORS.contains(&path);
    // what is no text is no key, and is refused as such
    is_kept.then(|| key.to_str().unwrap_or_default().to_owned())
}

async fn whole(body: Body) -> Bytes {
    let collected = body.collect().await;
    collected.map(http_body_util::Collected::to_bytes).unwrap_or_default()
}

fn again(kept: Kept) -> Response {
    let mut response = Response::new(Body::from(kept.body));
    *response.status_mut() = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Ok(kind) = HeaderValue::from_str(&kept.content_type)
        && !kind.is_empty()
    {
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    response
}

/// Keeps what was done. What was refused did nothing, and may be sent again under the same key.
async fn conclude(sereno: &Sereno, claim: &Claim, response: Response) -> Response {
    if !response.status().is_success() {
        if let Err(error) = idempotency::forget(sereno, claim).await {
            tracing::warn!(%error, "an idempotency key could not be given back");
        }
        return response;
    }
    let (parts, body) = response.into_parts();
    let body = whole(body).await;
    let kind = parts.headers.get(header::CONTENT_TYPE);
    let kept = Kept {
        status: parts.status.as_u16(),
        content_type: kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_owned(),
        body: body.to_vec(),
    };
    if let Err(error) = idempotency::keep(sereno, claim, &kept).await {
        tracing::warn!(%error, "an answer could not be kept");
    }
    Response::from_parts(parts, Body::from(body))
}

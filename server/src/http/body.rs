//! Reads every request's body, once, within its limits: size, time, and nothing that a database cannot store. What
//! stands behind this layer holds the whole body and never waits for the network.

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::BytesMut;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use sereno_types::Code;

use super::problem::Refusal;
use crate::router::App;

/// The same request with its whole body, or the refusal.
pub async fn read(app: &App, request: Request) -> Result<Request, Response> {
    // most requests bring none, and need no clock either
    if request.body().is_end_stream() {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    let settings = &app.sereno.config;
    let most = if UPLOADS.contains(&parts.uri.path()) {
        settings.profile.avatar_max_bytes
    } else {
        settings.server.max_body
    };
    match whole(app, &parts.headers, body, most).await {
        Ok(bytes) if holds_nul(&parts.headers, &bytes) => Err(Refusal::from(Code::MalformedBody).into_response()),
        Ok(bytes) => Ok(Request::from_parts(parts, Body::from(bytes))),
        Err(code) => {
            let mut response = Refusal::from(code).into_response();
            // what is still under way would be read as the next request
            response
                .headers_mut()
                .insert(header::CONNECTION, header::HeaderValue::from_static("close"));
            Err(response)
        }
    }
}

/// Doors that take a file.
const UPLOADS: [&str; 1] = ["/api/v1/me/avatar"];

/// Bytes of a body that are not counted.
const FREE: usize = 4_096;

async fn whole(app: &App, headers: &axum::http::HeaderMap, body: Body, most: u64) -> Result<Bytes, Code> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let said = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if said.is_some_and(|said| said > most) {
        return Err(Code::BodyTooLarge);
    }
    let reading = collect(app, Limited::new(body, most));
    match tokio::time::timeout(app.sereno.config.server.body_timeout.span(), reading).await {
        Err(_) => Err(Code::RequestTimeout),
        Ok(body) => body,
    }
}

/// One connection can send many bodies at once, slowly: together all of them get as much room as the requests that may be
/// under way, and what does not fit is refused. Clients that send nothing hold nothing, and what everybody sends is small
/// and not counted, so that whoever fills the room keeps nobody from signing in.
async fn collect(app: &App, mut body: Limited<Body>) -> Result<Bytes, Code> {
    let mut all = BytesMut::new();
    let mut held = app.bodies.try_acquire_many(0).map_err(|_| Code::Overloaded)?;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            if error.is::<LengthLimitError>() {
                Code::BodyTooLarge
            } else {
                Code::MalformedBody
            }
        })?;
        let Ok(data) = frame.into_data() else { continue };
        let before = all.len().max(FREE);
        all.extend_from_slice(&data);
        let counted = u32::try_from(all.len().saturating_sub(before)).map_err(|_| Code::BodyTooLarge)?;
        held.merge(app.bodies.try_acquire_many(counted).map_err(|_| Code::Overloaded)?);
    }
    Ok(all.freeze())
}

/// A NUL in a form, which PostgreSQL cannot store; JSON is looked at where it is parsed.
fn holds_nul(headers: &axum::http::HeaderMap, bytes: &[u8]) -> bool {
    let is_form = headers.get(header::CONTENT_TYPE).is_some_and(|kind| {
        kind.as_bytes()
            .to_ascii_lowercase()
            .starts_with(b"application/x-www-form-urlencoded")
    });
    is_form && (bytes.contains(&0) || bytes.windows(3).any(|three| three == b"%00"))
}

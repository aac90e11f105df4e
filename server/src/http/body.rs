//! Reads every request's body, once, within its limits: size, time, and nothing that a database cannot store. What
//! stands behind this layer holds the whole body and never waits for the network.

use app::account::avatar;
use app::console::message_new;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::BytesMut;
use http_body_util::BodyExt;
use sereno_core::config::Config;
use sereno_types::Code;

use super::problem::{Refusal, wants_page};
use crate::router::App;

/// The same request with its whole body, or the refusal.
pub async fn read(app: &App, request: Request) -> Result<Request, Response> {
    // most requests bring none, and need no clock either
    if request.body().is_end_stream() {
        return Ok(request);
    }
    let (mut parts, mut body) = request.into_parts();
    let upload = UPLOADS.iter().find(|upload| upload.path == parts.uri.path());
    let usual = app.sereno.config.server.max_body;
    let most = match upload {
        Some(upload) => (upload.most)(&app.sereno.config) + upload.around,
        None if LISTS.contains(&parts.uri.path()) => usual.max(LIST_MAX),
        None if TEXTS.iter().any(|door| parts.uri.path().starts_with(door)) => usual.max(TEXTS_MAX),
        None if parts.uri.path() == MAILS => usual.max(mail_max(app.sereno.config.mail.attachments_max_bytes)),
        None if is_multipart(&parts.headers) => usual.max(app.facades.upload(parts.uri.path()).unwrap_or(0)),
        None => usual,
    };
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    match whole(app, &parts.headers, &mut body, most).await {
        // what another wire says of it, its facade says
        Ok(bytes) if holds_nul(&parts.headers, &bytes) && app.facades.dialect(parts.uri.path()).is_none() => {
            Err(Refusal::from(Code::MalformedBody).into_response())
        }
        Ok(bytes) => {
            let mut request = Request::from_parts(parts, Body::from(bytes));
            // what stands here is within its limit, and extractors need none of their own
            DefaultBodyLimit::disable().apply(&mut request);
            Ok(request)
        }
        Err(Code::BodyTooLarge) if upload.is_some_and(|upload| upload.around > 0) && wants_page(&parts.headers) => {
            forget(app, &mut body, most).await;
            parts.extensions.insert(TooLarge);
            Ok(Request::from_parts(parts, Body::empty()))
        }
        Err(code) => {
            let mut response = Refusal::from(code).into_response();
            // what is still under way would be read as the next request
            response
                .headers_mut()
                .insert(header::CONNECTION, HeaderValue::from_static("close"));
            Err(response)
        }
    }
}

/// The form that was posted brought a file that is too large, and none of it is left: the form is to say so itself.
#[derive(Clone, Copy, Debug)]
pub struct TooLarge;

/// A door that takes a file.
struct Upload {
    path: &'static str,
    /// Most bytes of its files.
    most: fn(&Config) -> u64,
    /// Bytes that a form writes around its file; none where the body is the file.
    around: u64,
}

const UPLOADS: [Upload; 3] = [
    Upload {
        path: "/api/v1/me/avatar",
        most: |config| config.profile.avatar_max_bytes,
        around: 0,
    },
    // texts of a mail stand around its files
    Upload {
        path: message_new::UPLOAD,
        most: |config| config.mail.attachments_max_bytes,
        around: LIST_MAX + 65_536,
    },
    Upload {
        path: avatar::UPLOAD,
        most: |config| config.profile.avatar_max_bytes,
        around: 4_096,
    },
];

/// Whether a form may bring files.
fn is_multipart(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    kind.is_some_and(|kind| kind.to_ascii_lowercase().starts_with(b"multipart/form-data"))
}

/// Doors that take a thousand things at once, and the room for them, in bytes.
const LISTS: [&str; 3] = ["/api/v1/check", "/api/v1/catalogue", "/api/v1/admin/role-assignments"];
const LIST_MAX: u64 = 512 * 1_024;

/// The door that takes a mail with files, in base64, and texts.
const MAILS: &str = "/api/v1/admin/messages";

/// Bytes that such a mail may have: texts are escaped, and four characters stand for three bytes.
const fn mail_max(files: u64) -> u64 {
    files / 3 * 4 + 2 * 1_048_576
}

/// Doors that take mails as they are written: three parts of 65,536 characters, of which a form writes one in twelve bytes
/// at most.
const TEXTS_MAX: u64 = 3 * 65_536 * 12 + 65_536;
const TEXTS: [&str; 7] = [
    "/api/v1/admin/announcements",
    "/console/fn/save_announcement",
    "/api/v1/admin/email-templates/",
    "/console/fn/save_email_template",
    "/console/fn/preview_email_template",
    "/console/fn/conflicting_email_template",
    "/console/fn/import_email_templates",
];

/// Bytes of a body that are not counted.
const FREE: usize = 4_096;

async fn whole(app: &App, headers: &HeaderMap, body: &mut Body, most: usize) -> Result<Bytes, Code> {
    let said = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if said.is_some_and(|said| said > most) {
        return Err(Code::BodyTooLarge);
    }
    let reading = collect(app, body, most);
    match tokio::time::timeout(app.sereno.config.server.body_timeout.span(), reading).await {
        Err(_) => Err(Code::RequestTimeout),
        Ok(body) => body,
    }
}

/// One connection can send many bodies at once, slowly: together all of them get as much room as the requests that may be
/// under way, and what does not fit is refused. Clients that send nothing hold nothing, and what everybody sends is small
/// and not counted, so that whoever fills the room keeps nobody from signing in.
async fn collect(app: &App, body: &mut Body, most: usize) -> Result<Bytes, Code> {
    let mut all = BytesMut::new();
    let mut held = app.bodies.try_acquire_many(0).map_err(|_| Code::Overloaded)?;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Code::MalformedBody)?;
        let Ok(data) = frame.into_data() else { continue };
        if data.len() > most.saturating_sub(all.len()) {
            return Err(Code::BodyTooLarge);
        }
        let before = all.len().max(FREE);
        all.extend_from_slice(&data);
        let counted = u32::try_from(all.len().saturating_sub(before)).map_err(|_| Code::BodyTooLarge)?;
        held.merge(app.bodies.try_acquire_many(counted).map_err(|_| Code::Overloaded)?);
    }
    Ok(all.freeze())
}

/// How many times the limit is read and thrown away.
const FORGOTTEN: usize = 8;

/// Reads what is too large to its end, up to a limit, and keeps none of it: a browser shows an answer only after it has
/// sent everything.
async fn forget(app: &App, body: &mut Body, most: usize) {
    let reading = async {
        let mut left = most.saturating_mul(FORGOTTEN);
        while let Some(Ok(frame)) = body.frame().await
            && left > 0
        {
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
        }
    };
    _ = tokio::time::timeout(app.sereno.config.server.body_timeout.span(), reading).await;
}

/// A NUL in a form, which PostgreSQL cannot store; JSON is looked at where it is parsed.
fn holds_nul(headers: &HeaderMap, bytes: &[u8]) -> bool {
    let is_form = headers.get(header::CONTENT_TYPE).is_some_and(|kind| {
        kind.as_bytes()
            .to_ascii_lowercase()
            .starts_with(b"application/x-www-form-urlencoded")
    });
    is_form && (bytes.contains(&0) || bytes.windows(3).any(|three| three == b"%00"))
}

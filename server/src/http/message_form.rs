//! The form of the console that carries a mail with files, and so is no server function: those take flat texts. Everything
//! around it is the same for both: origin, flash, redirect (`form_post`).

use std::collections::BTreeMap;

use app::console::message_new::FIELD;
use axum::body::Body;
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use sereno_core::{Error, access, messages};
use sereno_types::{Code, FieldError, MailAttachment, Problem, SendMessage};

use super::caller::Caller;
use super::problem::Refusal;
use crate::router::App;

/// Sends the mail that a form describes, and leads to the list.
pub async fn receive(State(app): State<App>, caller: Caller, posted: Posted) -> Result<impl IntoResponse, Refusal> {
    let staff = access::staff(&app.sereno, &caller.actor).await?;
    let said = |name: &str| {
        let found = posted.texts.iter().find(|(field, _)| field == name);
        found.map(|(_, text)| text.clone())
    };
    let context = match said("context").filter(|text| !text.trim().is_empty()) {
        None => BTreeMap::new(),
        Some(text) => serde_json::from_str(&text).map_err(|_| Error::field("context", Code::InvalidType))?,
    };
    let recipients = said("recipients").unwrap_or_default();
    let command = SendMessage {
        recipients: recipients
            .split(['\n', ',', ';'])
            .map(str::trim)
            .filter(|address| !address.is_empty())
            .map(str::to_owned)
            .collect(),
        subject: said("subject"),
        text: said("text"),
        html: said("html"),
        reply_to: said("reply_to"),
        template: said("template"),
        context,
        project: said("project"),
        locale: said("locale"),
        queued: Some(said("immediate").is_none()),
        force: said("force").is_some(),
        attachments: posted.files,
    };
    messages::send(&app.sereno, &caller.meta, &staff, command)
        .await
        .map_err(at_the_field)?;
    Ok((
        StatusCode::SEE_OTHER,
        [(header::LOCATION, "/console/messages?kind=custom&done=sent")],
    ))
}

/// The form has one field for all files.
fn at_the_field(error: Error) -> Error {
    match error {
        Error::Refused {
            code,
            fields,
            retry_after,
            reason,
        } => {
            let fields = fields.into_iter().map(|mut fault| {
                if fault
                    .field
                    .strip_prefix(FIELD)
                    .is_some_and(|rest| rest.starts_with('.'))
                {
                    fault.field = FIELD.into();
                }
                fault
            });
            Error::Refused {
                code,
                fields: fields.collect(),
                retry_after,
                reason,
            }
        }
        other => other,
    }
}

/// What the form is told of files of which nothing was kept.
#[must_use]
pub fn too_large() -> Refusal {
    Refusal(Problem::fields(vec![FieldError::new(FIELD, Code::InvalidAttachment)]))
}

/// The fields of the form, and its files. The body is whole and within its limit already.
#[derive(Default)]
pub struct Posted {
    texts: Vec<(String, String)>,
    files: Vec<MailAttachment>,
}

impl<S: Send + Sync> FromRequest<S> for Posted {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let mut form = Multipart::from_request(request, state)
            .await
            .map_err(|_| Code::UnsupportedMediaType)?;
        let mut posted = Self::default();
        while let Some(field) = form.next_field().await.map_err(|_| Code::MalformedBody)? {
            let name = field.name().unwrap_or_default().to_owned();
            let file = field.file_name().map(str::to_owned);
            let kind = field.content_type().map(str::to_owned);
            let bytes = field.bytes().await.map_err(|_| Code::MalformedBody)?;
            if name == FIELD {
                // a field for files that stays empty posts one without a name
                let called = file.unwrap_or_default();
                if !(called.is_empty() && bytes.is_empty()) {
                    posted.files.push(MailAttachment {
                        name: called,
                        content_type: kind,
                        content: STANDARD.encode(&bytes),
                    });
                }
            } else {
                let text = String::from_utf8(bytes.into()).map_err(|_| Code::MalformedBody)?;
                if text.contains('\0') {
                    return Err(Code::MalformedBody.into());
                }
                posted.texts.push((name, text));
            }
        }
        Ok(posted)
    }
}

/// What was typed, for the form to show again when it is refused.
pub async fn typed(headers: &HeaderMap, bytes: Bytes) -> Vec<(String, String)> {
    let mut request = Request::new(Body::from(bytes));
    if let Some(kind) = headers.get(header::CONTENT_TYPE) {
        request.headers_mut().insert(header::CONTENT_TYPE, kind.clone());
    }
    let posted = Posted::from_request(request, &()).await;
    posted.map(|posted| posted.texts).unwrap_or_default()
}

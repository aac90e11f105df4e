//! Refusals on the native wire: RFC 9457. A handler says which problem it is; the outermost layer writes it, once, with
//! the request's id. People get a page instead, made there too (`pages::refused`).

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sereno_core::Error;
use sereno_types::{Code, Problem};

/// A refusal on its way out.
#[derive(Clone, Debug)]
pub struct Refusal(pub Problem);

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match &error {
            Error::Internal(cause) => tracing::error!(%cause, "a request failed"),
            Error::Unavailable(cause) => tracing::warn!(%cause, "a request could not be answered"),
            Error::Refused { .. } | Error::NotFound => {}
        }
        Self(error.problem())
    }
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self(Problem::new(code))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.extensions_mut().insert(self);
        response
    }
}

/// The session layer answers an empty 500 when it cannot save: something it depends on is away.
fn unsaved(response: &Response) -> Option<Refusal> {
    let empty = !response.headers().contains_key(header::CONTENT_TYPE);
    (response.status() == StatusCode::INTERNAL_SERVER_ERROR && empty).then(|| Refusal::from(Code::Unavailable))
}

/// Whether the answer is for a person: what browsers say of every page and every plain form.
#[must_use]
pub fn wants_page(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("text/html"))
}

/// Writes the problem that a response carries, if it carries one; it stays on the response for whoever writes it better.
pub fn write(mut response: Response, request_id: &str) -> Response {
    let refusal = response.extensions_mut().remove::<Refusal>();
    let Some(Refusal(mut problem)) = refusal.or_else(|| unsaved(&response)) else {
        return response;
    };
    problem.request_id = Some(request_id.into());
    *response.status_mut() = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    headers.remove(header::CONTENT_LENGTH);
    if problem.status == 503 && problem.retry_after.is_none() {
        problem.retry_after = Some(1);
    }
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let headers = response.headers_mut();
    if let Some(seconds) = problem.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if problem.status == 401 {
        // RFC 6750 §3: why, when a token was presented
        let challenge = match problem.code {
            Code::InvalidToken => "Bearer error=\"invalid_token\"",
            _ => "Bearer",
        };
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    *response.body_mut() = Body::from(body);
    response.extensions_mut().insert(Refusal(problem));
    response
}

//! Versions on the wire: `ETag` with what can be edited, and 412 with what it is now for whoever meant another version
//! (RFC 9110 §8.8.3, §13.1.1). Which version it is the core says, and compares.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sereno_core::Error;
use sereno_types::{Code, Problem};

use super::json::Json;
use super::problem::Refusal;

/// Something that can be edited, with its version.
pub struct Tagged<T>(pub String, pub T);

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.1).into_response();
        if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", self.0)) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }
}

/// The refusal, with what the resource is now where another version was meant.
pub async fn refused<T: Serialize>(error: Error, current: impl Future<Output = sereno_core::Result<T>>) -> Refusal {
    if error.code() != Code::PreconditionFailed {
        return error.into();
    }
    let now = match current.await {
        Ok(now) => serde_json::to_value(now).ok(),
        // it is gone
        Err(Error::NotFound) => None,
        Err(error) => return error.into(),
    };
    Refusal(Problem {
        current: now.map(Box::new),
        ..error.problem()
    })
}

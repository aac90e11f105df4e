//! The wire of OAuth's own endpoints: form bodies, applications that prove themselves by HTTP Basic or in the body, and
//! the errors of RFC 6749 §5.2 instead of problems.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sereno_core::Error;
use sereno_types::{ClientCredentials, Code, Secret};

use super::basic;
use super::problem::Refusal;

/// A refusal of an OAuth endpoint.
#[derive(Debug)]
pub struct OAuthError {
    status: StatusCode,
    error: &'static str,
    retry_after: Option<u64>,
}

impl OAuthError {
    /// The request is broken (RFC 6749 §5.2).
    pub const INVALID_REQUEST: Self = Self {
        status: StatusCode::BAD_REQUEST,
        error: "invalid_request",
        retry_after: None,
    };
}

impl From<Error> for OAuthError {
    fn from(error: Error) -> Self {
        Self::from(Refusal::from(error))
    }
}

impl From<Refusal> for OAuthError {
    fn from(Refusal(problem): Refusal) -> Self {
        let (status, error) = match problem.code {
            Code::InvalidClient => (StatusCode::UNAUTHORIZED, "invalid_client"),
            Code::UnauthorizedClient => (StatusCode::BAD_REQUEST, "unauthorized_client"),
            Code::RefreshTokenInvalid => (StatusCode::BAD_REQUEST, "invalid_grant"),
            Code::RefusedByHook => (StatusCode::FORBIDDEN, "access_denied"),
            Code::TooManyRequests => (StatusCode::TOO_MANY_REQUESTS, "temporarily_unavailable"),
            Code::Overloaded | Code::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable"),
            Code::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "server_error"),
            Code::CrossSiteRequest | Code::BodyTooLarge | Code::RequestTimeout => (
                StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_REQUEST),
                "invalid_request",
            ),
            _ => (StatusCode::BAD_REQUEST, "invalid_request"),
        };
        Self {
            status,
            error,
            retry_after: problem.retry_after,
        }
    }
}

/// The body of such an error, for the contract (RFC 6749 §5.2).
#[derive(utoipa::ToSchema)]
#[schema(as = OAuthError)]
#[expect(dead_code, reason = "stands in the contract alone")]
pub struct OAuthProblem {
    /// `invalid_request`, `invalid_client`, `unauthorized_client`, `access_denied`, `temporarily_unavailable` or `server_error`.
    error: String,
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let body = serde_json::json!({ "error": self.error }).to_string();
        let mut response = (self.status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Basic realm=\"sereno\""),
            );
        }
        let wait = self
            .retry_after
            .or((self.status == StatusCode::SERVICE_UNAVAILABLE).then_some(1));
        if let Some(seconds) = wait {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// Whether a request is one of a program to OAuth's own endpoints, which is refused in OAuth's words.
#[must_use]
pub fn is_asked(method: &Method, path: &str) -> bool {
    *method == Method::POST && path.starts_with("/oauth/")
}

/// The same answer; a refusal of a layer before the handler in OAuth's words.
#[must_use]
pub fn in_its_words(mut response: Response) -> Response {
    let Some(refusal) = response.extensions_mut().remove::<Refusal>() else {
        return response;
    };
    if matches!(refusal.0.code, Code::NotFound | Code::MethodNotAllowed) {
        return refusal.into_response();
    }
    let mut said = OAuthError::from(refusal).into_response();
    // such as that the connection ends
    for (name, value) in response.headers() {
        said.headers_mut().entry(name).or_insert_with(|| value.clone());
    }
    said
}

/// A form whose parameters stand once (RFC 6749 §3.2), and the application that sent it.
pub struct OAuthForm {
    /// What it proves itself with.
    pub credentials: ClientCredentials,
    fields: BTreeMap<String, String>,
}

impl OAuthForm {
    /// A parameter; an empty one counts as left out (RFC 6749 §3.1).
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }
}

impl<S: Send + Sync> FromRequest<S> for OAuthForm {
    type Rejection = OAuthError;

    async fn from_request(request: Request, state: &S) -> Result<Self, OAuthError> {
        let is_form = request.headers().get(header::CONTENT_TYPE).is_some_and(|kind| {
            let kind = kind.to_str().unwrap_or("").split(';').next().unwrap_or("").trim();
            kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
        });
        if !is_form {
            return Err(OAuthError {
                status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
                ..OAuthError::INVALID_REQUEST
            });
        }
        let basic = basic::credentials(request.headers()).map_err(|code| match code {
            Code::InvalidClient => OAuthError::from(Error::from(code)),
            _ => OAuthError::INVALID_REQUEST,
        })?;
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|_| OAuthError::INVALID_REQUEST)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| OAuthError::INVALID_REQUEST)?;
        let mut fields = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
            if value.contains('\0') || fields.insert(name.into_owned(), value.into_owned()).is_some() {
                return Err(OAuthError::INVALID_REQUEST);
            }
        }
        let in_body = ClientCredentials {
            client_id: fields.remove("client_id").filter(|client_id| !client_id.is_empty()),
            client_secret: fields
                .remove("client_secret")
                .filter(|secret| !secret.is_empty())
                .map(Secret::from),
        };
        // one way of proving oneself, not two (RFC 6749 §2.3)
        let credentials = match basic {
            Some(basic) if in_body.client_secret.is_none() && in_body.client_id.is_none() => basic,
            Some(basic) if in_body.client_secret.is_none() && in_body.client_id == basic.client_id => basic,
            Some(_) => return Err(OAuthError::INVALID_REQUEST),
            None => in_body,
        };
        Ok(Self { credentials, fields })
    }
}

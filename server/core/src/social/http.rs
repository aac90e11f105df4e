//! How providers are called: through the guarded client, with what its failures and the provider's own mean. Adapts the
//! client to the crates `oauth2` and `openidconnect`, and remembers the documents that they fetch.

use std::pin::Pin;
use std::time::Duration;

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Request};
use serde_json::Value;
use sereno_types::Code;
use url::Url;

use crate::context::Sereno;
use crate::error::{Error, Result};
use crate::net::{Answer, OutboundError};

/// How long documents are good that nobody has reason to doubt.
const REMEMBERED: Duration = Duration::from_hours(1);
/// How often they are asked for again when a token names a key that they do not hold: a stranger can invent such tokens.
const DOUBTED: Duration = Duration::from_mins(1);

/// What is being asked of a provider. A type of its own, because the compiler cannot tell by itself that what the crates
/// make of our client may move between threads.
pub(super) type Asking<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// The client of one conversation.
#[derive(Clone)]
pub(super) struct Http {
    sereno: Sereno,
    max_age: Duration,
}

impl Http {
    pub fn new(sereno: &Sereno) -> Self {
        Self {
            sereno: sereno.clone(),
            max_age: REMEMBERED,
        }
    }

    /// The same, where what is remembered seems to be out of date.
    pub fn doubting(&self) -> Self {
        Self {
            sereno: self.sereno.clone(),
            max_age: self.max_age.min(DOUBTED),
        }
    }

    /// Nothing that is remembered counts: a test wants to see what is there now.
    pub fn fresh(sereno: &Sereno) -> Self {
        Self {
            sereno: sereno.clone(),
            max_age: Duration::ZERO,
        }
    }

    /// Sends a request to a provider's API, and reads the JSON that comes back, whatever its status below 500.
    ///
    /// # Errors
    /// `social_unavailable`, `social_misconfigured`, `social_answer_invalid`.
    pub async fn ask(&self, request: Request) -> Result<(u16, Value)> {
        let answer = self.send(request).await?;
        let value = answer.json::<Value>().map_err(|error| invalid(&error))?;
        Ok((answer.status, value))
    }

    /// The same of what must succeed. A refusal, whatever it says, means that the provider does not know the token.
    pub async fn ask_for(&self, request: Request) -> Result<Value> {
        let answer = self.send(request).await?;
        if (400..=499).contains(&answer.status) {
            return Err(refused(
                Code::SocialTokenInvalid,
                &format!("the provider answered {}", answer.status),
            ));
        }
        if !answer.is_success() {
            return Err(invalid(&format!("the provider answered {}", answer.status)));
        }
        answer.json::<Value>().map_err(|error| invalid(&error))
    }

    async fn send(&self, request: Request) -> Result<Answer> {
        let answer = self.sereno.outbound.send(request).await.and_then(awake);
        answer.map_err(|error| failing(&error))
    }
}

/// A GET below an address of the provider.
pub(super) fn get(base: &str, path: &str, query: &[(&str, &str)]) -> Result<Request> {
    let mut url = parse(&format!("{base}{path}"))?;
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    let mut request = Request::new(Method::GET, url);
    request
        .headers_mut()
        .insert(ACCEPT, HeaderValue::from_static("application/json"));
    Ok(request)
}

/// With this token.
pub(super) fn bearing(mut request: Request, token: &str) -> Result<Request> {
    let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
        .map_err(|_| refused(Code::SocialTokenInvalid, &"no access token holds such characters"))?;
    value.set_sensitive(true);
    request.headers_mut().insert(AUTHORIZATION, value);
    Ok(request)
}

/// A URL of the settings, or of a discovery document.
pub(super) fn parse(text: &str) -> Result<Url> {
    Url::parse(text).map_err(|error| refused(Code::SocialMisconfigured, &error))
}

/// A refusal whose cause stands in the log alone. Causes hold no token.
pub(super) fn refused(code: Code, cause: &dyn std::fmt::Display) -> Error {
    tracing::info!(%cause, code = code.as_str(), "a provider's word was refused");
    code.into()
}

fn invalid(cause: &dyn std::fmt::Display) -> Error {
    refused(Code::SocialAnswerInvalid, cause)
}

/// What it means that there is no answer.
pub(super) fn failing(error: &OutboundError) -> Error {
    let code = match error {
        OutboundError::Refused(_) => Code::SocialMisconfigured,
        OutboundError::TooLarge => Code::SocialAnswerInvalid,
        OutboundError::Timeout | OutboundError::Failed(_) => Code::SocialUnavailable,
    };
    tracing::warn!(%error, code = code.as_str(), "a provider could not be asked");
    code.into()
}

/// A provider that apologises is as good as away.
fn awake(answer: Answer) -> Result<Answer, OutboundError> {
    if answer.status >= 500 || answer.status == 429 {
        return Err(OutboundError::Failed(format!(
            "the provider answered {}",
            answer.status
        )));
    }
    Ok(answer)
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = OutboundError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, OutboundError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let failed = |error: &dyn std::fmt::Display| OutboundError::Failed(error.to_string());
            let request = Request::try_from(request).map_err(|error| failed(&error.without_url()))?;
            let outbound = &self.sereno.outbound;
            let answer = if *request.method() == Method::GET {
                let age = (self.sereno.now(), self.max_age);
                self.sereno.documents.get(outbound, request.url(), age).await?
            } else {
                outbound.send(request).await?
            };
            let answer = awake(answer)?;
            let mut response = HttpResponse::new(answer.body);
            *response.status_mut() =
                openidconnect::http::StatusCode::from_u16(answer.status).map_err(|error| failed(&error))?;
            if let Some(media_type) = answer.content_type.and_then(|text| HeaderValue::from_str(&text).ok()) {
                response.headers_mut().insert(CONTENT_TYPE, media_type);
            }
            Ok(response)
        })
    }
}

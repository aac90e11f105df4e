//! The one way out: every HTTP request that Sereno makes on somebody else's word (webhooks, avatars, key sets, identity
//! providers) goes through [`Outbound`]. It goes nowhere but to public addresses over HTTPS, follows no redirect, asks
//! no proxy, and ends after a time and a size. Whom to call, with what and what an answer means is the caller's.
//!
//! Certificates are judged by Mozilla's roots, compiled in: the result is the same on every machine, an empty container
//! included, and nothing is read or fetched at run time. A private authority is therefore not trusted.

mod documents;
mod guard;

use std::error::Error as _;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Method, Request, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

pub use self::documents::Documents;
use self::guard::{Guard, Refused};

/// What is allowed outside.
#[derive(Clone, Copy, Debug)]
pub struct OutboundPolicy {
    /// Also without TLS; for development.
    pub allow_http: bool,
    /// Also to this machine and its neighbours; for development and tests.
    pub allow_private: bool,
    /// For the whole exchange, from the name look-up to the last byte.
    pub timeout: Duration,
    /// The longest body that is read.
    pub max_bytes: usize,
}

impl Default for OutboundPolicy {
    fn default() -> Self {
        Self {
            allow_http: false,
            allow_private: false,
            timeout: Duration::from_secs(10),
            max_bytes: 1024 * 1024,
        }
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// The policy forbids this URL or the addresses behind its name. Asking again is pointless.
    #[error("refused: {0}")]
    Refused(&'static str),
    /// No complete answer in time.
    #[error("timed out")]
    Timeout,
    /// The answer is longer than allowed.
    #[error("the answer is too large")]
    TooLarge,
    /// The name was not found, or the connection, its certificate or the exchange failed. The text is for the log.
    #[error("failed: {0}")]
    Failed(String),
}

/// What came back. Every status is an answer; redirects are too.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The media type, if it was said.
    pub content_type: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// Whether the status is one of success.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// Reads the body as JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, OutboundError> {
        serde_json::from_slice(&self.body).map_err(failed)
    }
}

/// The client. It is built at the first request, so that a server which never calls anyone does not pay for it.
pub struct Outbound {
    policy: OutboundPolicy,
    client: OnceLock<Client>,
}

impl Outbound {
    /// A client under this policy.
    #[must_use]
    pub const fn new(policy: OutboundPolicy) -> Self {
        Self {
            policy,
            client: OnceLock::new(),
        }
    }

    /// The address of a machine that something else than HTTP is spoken to, if it may be called: looked up once, so that the
    /// address that was judged is the one connected to.
    ///
    /// # Errors
    /// A name that is not found, and an address that the policy forbids.
    pub async fn look_up(&self, host: &str, port: u16) -> Result<IpAddr, OutboundError> {
        let guard = Guard {
            allow_private: self.policy.allow_private,
        };
        let found = tokio::net::lookup_host((host, port)).await.map_err(failed)?;
        let found = guard
            .vet(found.collect())
            .map_err(|_| OutboundError::Refused(guard::NOT_PUBLIC))?;
        let first = found.first().ok_or(OutboundError::Failed("no address".to_owned()))?;
        Ok(first.ip())
    }

    /// Fetches.
    pub async fn get(&self, url: &Url) -> Result<Answer, OutboundError> {
        self.send(Request::new(Method::GET, url.clone())).await
    }

    /// Sends JSON.
    pub async fn post_json(&self, url: &Url, body: &(impl Serialize + Sync)) -> Result<Answer, OutboundError> {
        let mut request = Request::new(Method::POST, url.clone());
        request
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *request.body_mut() = Some(serde_json::to_vec(body).map_err(failed)?.into());
        self.send(request).await
    }

    /// Sends any other request, for callers with headers of their own.
    pub async fn send(&self, request: Request) -> Result<Answer, OutboundError> {
        self.check(request.url())?;
        let client = self.client()?;
        let exchange = async {
            let response = client.execute(request).await.map_err(translate)?;
            self.read(response).await
        };
        tokio::time::timeout(self.policy.timeout, exchange)
            .await
            .unwrap_or(Err(OutboundError::Timeout))
    }

    /// What can be said of a URL before its name is looked up.
    fn check(&self, url: &Url) -> Result<(), OutboundError> {
        match url.scheme() {
            "https" => {}
            "http" if self.policy.allow_http => {}
            _ => return Err(OutboundError::Refused("the scheme is not https")),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(OutboundError::Refused("the URL holds credentials"));
        }
        // a literal address never meets the resolver
        let literal = match url.host() {
            Some(url::Host::Ipv4(address)) => Some(address.into()),
            Some(url::Host::Ipv6(address)) => Some(address.into()),
            _ => None,
        };
        match literal {
            Some(address) if !self.policy.allow_private && !guard::is_public(address) => {
                Err(OutboundError::Refused(guard::NOT_PUBLIC))
            }
            _ => Ok(()),
        }
    }

    async fn read(&self, mut response: Response) -> Result<Answer, OutboundError> {
        let mut answer = Answer {
            status: response.status().as_u16(),
            content_type: response
                .headers()
                .get(CONTENT_TYPE)
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned),
            body: Vec::new(),
        };
        while let Some(chunk) = response.chunk().await.map_err(translate)? {
            if answer.body.len() + chunk.len() > self.policy.max_bytes {
                return Err(OutboundError::TooLarge);
            }
            answer.body.extend_from_slice(&chunk);
        }
        Ok(answer)
    }

    fn client(&self) -> Result<&Client, OutboundError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = build(self.policy)?;
        Ok(self.client.get_or_init(|| client))
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that may build a client")]
fn build(policy: OutboundPolicy) -> Result<Client, OutboundError> {
    let roots = rustls::RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(failed)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Client::builder()
        .tls_backend_preconfigured(tls)
        .dns_resolver(Arc::new(Guard {
            allow_private: policy.allow_private,
        }))
        .https_only(!policy.allow_http)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .user_agent("sereno")
        .build()
        .map_err(failed)
}

/// A refusal of the resolver arrives wrapped in the errors of the layers above it.
fn translate(error: reqwest::Error) -> OutboundError {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if inner.is::<Refused>() {
            return OutboundError::Refused(guard::NOT_PUBLIC);
        }
        cause = inner.source();
    }
    // the URL may hold a secret
    failed(error.without_url())
}

fn failed(error: impl std::error::Error) -> OutboundError {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    OutboundError::Failed(text)
}

#[cfg(test)]
mod tests;

//! The outermost layer: gives every request an id and a line in the log (at level debug), counts and times it, survives its panic, and
//! finishes the response. Also says where a request came from.

use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{ConnectInfo, MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use sereno_core::context::RequestMeta;
use sereno_core::context::limiter::Allowance;
use sereno_types::Code;
use tracing::Instrument;

use super::problem::{self, Refusal};
use super::{dialect, headers, metrics};
use crate::pages;
use crate::router::App;

/// The header that carries the request's id, in both directions.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Longest `User-Agent` that is kept.
const USER_AGENT_MAX: usize = 256;
/// Longest request id that is taken over from a proxy.
const REQUEST_ID_MAX: usize = 64;
/// Longest request target that is read.
const TARGET_MAX: usize = 8_192;

/// Around everything else.
pub async fn outermost<F: Future<Output = Response>>(
    app: &App,
    mut request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let began = Instant::now();
    let request_id = request_id(app, request.headers());
    let method = request.method().clone();
    let path: Arc<str> = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("other", MatchedPath::as_str)
        .into();
    let meta = meta(app, &request, &request_id);
    let person = pages::asked_by_a_person(&request);
    let dialect = app.facades.dialect(request.uri().path());
    // of the highest level, so that every line has the request's id, however few are written
    let span = tracing::error_span!("request", request_id, %method, route = %path);
    let allowance = meta.allowance.clone();
    request.extensions_mut().insert(meta);
    let response = if target_length(request.uri()) > TARGET_MAX {
        Refusal::from(Code::UriTooLong).into_response()
    } else {
        survive(next(request)).instrument(span.clone()).await
    };
    let mut response = match dialect {
        Some(dialect) => dialect::write(response, dialect),
        None => pages::refused(app, person, problem::write(response, &request_id)).await,
    };
    headers::add(app, response.headers_mut());
    headers::tell_limit(&mut response, &allowance);
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    let (status, elapsed) = (response.status().as_u16(), began.elapsed());
    app.metrics.request(
        &metrics::Route {
            method: metrics::method(&method),
            path: path.clone(),
            status,
        },
        elapsed,
    );
    span.in_scope(|| {
        tracing::debug!(
            status,
            micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
            "answered"
        );
    });
    response
}

fn target_length(uri: &Uri) -> usize {
    let host = uri.authority().map_or(0, |authority| authority.as_str().len());
    host + uri.path_and_query().map_or(0, |target| target.as_str().len())
}

/// A handler's panic costs its own request and nothing else.
async fn survive(answering: impl Future<Output = Response>) -> Response {
    AssertUnwindSafe(answering)
        .catch_unwind()
        .await
        .unwrap_or_else(|panic| {
            let cause = panic.downcast_ref::<&str>().copied().map(str::to_owned);
            let cause = cause
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_default();
            tracing::error!(cause, "a request panicked");
            Refusal::from(Code::Internal).into_response()
        })
}

/// The id a trusted proxy gave, else a new one.
fn request_id(app: &App, headers: &HeaderMap) -> String {
    let given = headers
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(|id| {
            app.sereno.config.server.trusted_proxies > 0
                && (8..=REQUEST_ID_MAX).contains(&id.len())
                && id
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        });
    match given {
        Some(id) => id.to_owned(),
        None => app
            .sereno
            .new_id()
            .map_or_else(|_| "unknown".to_owned(), |id| id.to_string()),
    }
}

fn meta(app: &App, request: &Request, request_id: &str) -> RequestMeta {
    let headers = request.headers();
    let agent = headers
        .get(header::USER_AGENT)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    RequestMeta {
        address: client_address(app, request),
        user_agent: agent.map(|agent| agent.chars().filter(|c| !c.is_control()).take(USER_AGENT_MAX).collect()),
        request_id: Some(request_id.to_owned()),
        // by the rule of the pages
        locale: app::gate::said_locale(request.uri(), headers),
        if_match: if_match(headers),
        allowance: Allowance::default(),
    }
}

/// Which versions the request means; several lines are one list (RFC 9110 §5.3).
fn if_match(headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all(header::IF_MATCH).iter();
    // what is no text names no version of ours
    let lines: Vec<&str> = lines.map(|line| line.to_str().unwrap_or_default()).collect();
    (!lines.is_empty()).then(|| lines.join(","))
}

/// The client's address: the peer's, or what stands in `X-Forwarded-For` before the trusted proxies' own entries. A
/// header that has too few entries, or one that is no address, counts for nothing: the peer's address is taken then.
fn client_address(app: &App, request: &Request) -> Option<IpAddr> {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|ConnectInfo(peer)| peer.ip());
    forwarded(request.headers(), app.sereno.config.server.trusted_proxies).or(peer)
}

fn forwarded(headers: &HeaderMap, proxies: u64) -> Option<IpAddr> {
    let hops = usize::try_from(proxies).ok().filter(|hops| *hops > 0)?;
    // bytes that are no text spoil their own entry: the proxy's entry may stand in the same line
    let lines: Vec<_> = headers
        .get_all(FORWARDED_FOR)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    let entries = lines.join(",");
    let entry = entries.rsplit(',').nth(hops - 1)?.trim();
    let with_port = || entry.parse::<SocketAddr>().ok().map(|address| address.ip());
    entry.parse().ok().or_else(with_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[&str], proxies: u64) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        forwarded(&headers, proxies).map(|address| address.to_string())
    }

    #[test]
    fn only_what_trusted_proxies_wrote_counts() {
        assert_eq!(of(&["203.0.113.9"], 0), None);
        assert_eq!(of(&["203.0.113.9"], 1).as_deref(), Some("203.0.113.9"));
        assert_eq!(of(&["198.51.100.1, 203.0.113.9"], 1).as_deref(), Some("203.0.113.9"));
        assert_eq!(of(&["198.51.100.1", "203.0.113.9"], 2).as_deref(), Some("198.51.100.1"));
        assert_eq!(of(&["203.0.113.9"], 2), None);
        assert_eq!(of(&["203.0.113.9:1234"], 1).as_deref(), Some("203.0.113.9"));
        assert_eq!(of(&["evil"], 1), None);
        assert_eq!(of(&["2001:db8::1"], 1).as_deref(), Some("2001:db8::1"));
        assert_eq!(of(&["[2001:db8::1]:443"], 1).as_deref(), Some("2001:db8::1"));
        assert_eq!(of(&[], 1), None);
        assert_eq!(of(&[""], 1), None);
        assert_eq!(of(&["203.0.113.9,"], 1), None, "the proxy wrote nothing");
    }

    /// Whatever a client writes itself stands before what the proxies append, in the same line or in one before.
    #[test]
    fn what_the_client_wrote_counts_for_nothing() {
        for forged in [
            "198.51.100.1",
            "evil",
            "",
            ",,,",
            "2001:db8::1, 192.0.2.4",
            "\u{e9}\u{fffd}",
            "\"",
        ] {
            let (joined, apart) = (format!("{forged}, 203.0.113.9"), [forged, "203.0.113.9"]);
            assert_eq!(of(&[&joined], 1).as_deref(), Some("203.0.113.9"), "{forged}");
            assert_eq!(of(&apart, 1).as_deref(), Some("203.0.113.9"), "{forged}");
            let two = format!("{forged}, 203.0.113.9, 10.0.0.1");
            assert_eq!(of(&[&two], 2).as_deref(), Some("203.0.113.9"), "{forged}");
            assert_eq!(of(&[&joined], 0), None, "{forged}");
        }
    }
}

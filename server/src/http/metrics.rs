//! Figures for Prometheus, served on a listener of their own. Labels are taken from fixed sets, never from a request's
//! text, so that nobody can make them grow.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use axum::http::Method;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use sereno_core::Sereno;
use sereno_core::event::{Event, Subscriber};
use sereno_core::live::Hub;

/// A request's labels.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct Route {
    /// The method, `other` for unusual ones.
    pub method: &'static str,
    /// The route as it is registered, `other` where none matched.
    pub path: Arc<str>,
    /// The status of the answer.
    pub status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Happened {
    name: &'static str,
    outcome: &'static str,
}

/// All figures.
pub struct Metrics {
    registry: Registry,
    requests: Family<Route, Counter>,
    seconds: Histogram,
    events: Family<Happened, Counter>,
    hashes: Gauge<i64, AtomicI64>,
    waiting_hashes: Gauge<i64, AtomicI64>,
    live: Gauge<i64, AtomicI64>,
}

impl Default for Metrics {
    fn default() -> Self {
        let (requests, events) = (Family::default(), Family::default());
        let (hashes, waiting_hashes, live) = (Gauge::default(), Gauge::default(), Gauge::default());
        let buckets = [
            0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
        ];
        let seconds = Histogram::new(buckets);
        let mut registry = Registry::with_prefix("sereno");
        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register(
            "http_request_duration_seconds",
            "Time to answer a request",
            seconds.clone(),
        );
        registry.register("events", "What happened, as in the table of events", events.clone());
        registry.register("password_hashes", "Password hashes computed so far", hashes.clone());
        registry.register(
            "password_hashes_waiting",
            "Password hashes that wait for a thread",
            waiting_hashes.clone(),
        );
        registry.register("live_connections", "Open WebSockets", live.clone());
        Self {
            registry,
            requests,
            seconds,
            events,
            hashes,
            waiting_hashes,
            live,
        }
    }
}

impl Metrics {
    /// Counts an answered request.
    pub fn request(&self, route: &Route, elapsed: Duration) {
        self.requests.get_or_create(route).inc();
        self.seconds.observe(elapsed.as_secs_f64());
    }

    /// Everything, as text in the `OpenMetrics` format.
    #[must_use]
    pub fn text(&self, sereno: &Sereno, live: &Hub) -> String {
        self.live.set(i64::try_from(live.open()).unwrap_or(i64::MAX));
        self.hashes.set(i64::try_from(sereno.hasher.runs()).unwrap_or(i64::MAX));
        self.waiting_hashes
            .set(i64::try_from(sereno.hasher.queued()).unwrap_or(i64::MAX));
        let mut encoded = String::new();
        if text::encode(&mut encoded, &self.registry).is_err() {
            tracing::error!("the metrics could not be written");
        }
        encoded
    }
}

impl Subscriber for Metrics {
    fn published(&self, event: &Event) {
        self.events
            .get_or_create(&Happened {
                name: event.kind.as_str(),
                outcome: event.outcome(),
            })
            .inc();
    }
}

/// The method as a label.
#[must_use]
pub fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

//! A server in process with a facade switched on, and what came back from it.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http_body_util::BodyExt;
use serde_json::Value;
use sereno_core::config::Config;
use sereno_core::testing::TestSereno;
use sereno_server::compat;
use sereno_server::http::{headers, listener};
use sereno_server::router::{self, App};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower::ServiceExt;

/// A server in process.
pub struct Place {
    pub test: TestSereno,
    router: Router,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The cookies that were set, each with its attributes.
    pub fn set_cookies(&self) -> Vec<String> {
        let set = self.headers.get_all("set-cookie").iter();
        set.map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    /// The value of a cookie that was set, as a browser sends it back.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let set = self.set_cookies();
        let pair = set
            .iter()
            .find_map(|cookie| cookie.strip_prefix(name)?.strip_prefix('='))?;
        Some(pair.split(';').next().unwrap_or_default().to_owned())
    }
}

impl Place {
    /// With these settings.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::of(TestSereno::with(change).await).await
    }

    /// Another start on the same data, with other settings.
    pub async fn restarted(&self, change: impl FnOnce(&mut Config)) -> Self {
        Self::of(self.test.try_another(change, None).await.unwrap()).await
    }

    async fn of(test: TestSereno) -> Self {
        assert_eq!(compat::faults(&test.sereno.config), Vec::new());
        compat::prepare(&test.sereno).await.unwrap();
        let router = router::router(&App::new(test.sereno.clone(), std::sync::Arc::default()));
        Self { test, router }
    }

    /// With other views beside its own doors, which learn from where they are called.
    pub fn with_views(mut self, views: impl FnOnce(App) -> Router) -> Self {
        let app = App::new(self.test.sereno.clone(), std::sync::Arc::default());
        let meta = self.test.meta();
        let around = app.clone();
        let outermost = axum::middleware::map_response(move |mut response: Response| {
            headers::add(&around, response.headers_mut());
            std::future::ready(response)
        });
        let views = views(app).layer(axum::Extension(meta)).layer(outermost);
        self.router = self.router.merge(views);
        self
    }

    /// Serves it on a socket, for what needs one; until the test ends.
    pub async fn listen(&self) -> SocketAddr {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let (router, settings) = (self.router.clone(), self.test.sereno.config.server.clone());
        tokio::spawn(async move {
            listener::serve(socket, router, &settings, stopped).await;
            drop(stop);
        });
        address
    }

    /// Sends a request as it is.
    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self
            .router
            .clone()
            .oneshot(request.body(body.into()).unwrap())
            .await
            .unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    /// Posts a form.
    pub async fn form(&self, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
        let body = form(fields);
        let mut all = vec![("content-type", "application/x-www-form-urlencoded")];
        all.extend_from_slice(headers);
        self.send("POST", path, &all, body).await
    }
}

/// The text of a form.
pub fn form(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
}

/// The part of a JWT: 0 its header, 1 its claims.
pub fn part_of(jwt: &str, at: usize) -> Value {
    let part = jwt.split('.').nth(at).unwrap_or_default();
    let bytes = URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or(Value::Null)
}

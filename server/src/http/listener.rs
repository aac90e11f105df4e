//! The accept loop: how long a client may take for its headers, how long a connection may idle, how many there may be,
//! and how all of them end when the server stops. (`axum::serve` sets no timer, so that hyper's own time-outs would
//! never run.)

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use sereno_core::config::Server;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;
use tower::ServiceExt;

/// How often a connection's deadlines are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long to wait after accepting failed, usually for want of file descriptors.
const AFTER_FAILURE: Duration = Duration::from_millis(100);

/// Serves until `stop` turns true, then lets requests under way finish for as long as the settings allow.
pub async fn serve(listener: TcpListener, router: Router, settings: &Server, mut stop: watch::Receiver<bool>) {
    let limits = Limits {
        header: settings.header_timeout.span(),
        idle: settings.idle_timeout.span(),
    };
    let most = usize::try_from(settings.max_connections)
        .unwrap_or(Semaphore::MAX_PERMITS)
        .min(Semaphore::MAX_PERMITS);
    let places = Arc::new(Semaphore::new(most));
    let graceful = GracefulShutdown::new();
    while !*stop.borrow() {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            _ = stop.changed() => break,
        };
        let Some((stream, peer, place)) = accepted else {
            continue;
        };
        let clock = Arc::new(Activity::default());
        let service = service(router.clone(), peer, Arc::clone(&clock));
        let io = TokioIo::new(Watched {
            stream,
            clock: Arc::clone(&clock),
        });
        let builder = builder(limits.header);
        let connection = builder.serve_connection(io, service).into_owned();
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            tokio::select! {
                _ = connection => {}
                () = clock.overdue(limits) => {}
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(settings.stop_timeout.span(), graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some requests did not finish in time and were cut off");
    }
}

type Place = tokio::sync::OwnedSemaphorePermit;

async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> Option<(TcpStream, SocketAddr, Place)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "a connection was gone before it was served");
            }
            Some((stream, peer, place))
        }
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(AFTER_FAILURE).await;
            None
        }
    }
}

fn builder(header_timeout: Duration) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    // HTTP/1 header time is kept by `Activity`, which tells it from idling
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .max_headers(64)
        .max_buf_size(32 * 1024);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(header_timeout)
        .max_concurrent_streams(32)
        .max_header_list_size(32 * 1024)
        .max_pending_accept_reset_streams(20);
    builder
}

fn service(
    router: Router,
    peer: SocketAddr,
    clock: Arc<Activity>,
) -> impl hyper::service::Service<
    Request<Incoming>,
    Response = axum::response::Response,
    Error = std::convert::Infallible,
    Future: Send + 'static,
> + Clone {
    hyper::service::service_fn(move |request: Request<Incoming>| {
        let router = router.clone();
        let working = clock.begin();
        async move {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            let answer = router.oneshot(request).await;
            drop(working);
            answer
        }
    })
}

/// How long a client may take.
#[derive(Clone, Copy)]
struct Limits {
    header: Duration,
    idle: Duration,
}

/// What a connection was last seen doing. Moments are milliseconds since it was opened, plus one; zero is "never".
struct Activity {
    opened: Instant,
    requests: AtomicUsize,
    /// When the first byte after the last answer came in: the beginning of a request's headers.
    heard: AtomicU64,
    /// When the last answer was ready, or a byte of it was written.
    answered: AtomicU64,
}

impl Default for Activity {
    fn default() -> Self {
        let (requests, heard, answered) = (AtomicUsize::new(0), AtomicU64::new(0), AtomicU64::new(0));
        Self {
            opened: Instant::now(),
            requests,
            heard,
            answered,
        }
    }
}

/// A request under way.
struct Working(Arc<Activity>);

impl Drop for Working {
    fn drop(&mut self) {
        self.0.requests.fetch_sub(1, Ordering::AcqRel);
        self.0.answered.store(self.0.millis(), Ordering::Release);
        self.0.heard.store(0, Ordering::Release);
    }
}

impl Activity {
    fn millis(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis())
            .unwrap_or(u64::MAX)
            .saturating_add(1)
    }

    fn begin(self: &Arc<Self>) -> Working {
        self.requests.fetch_add(1, Ordering::AcqRel);
        Working(Arc::clone(self))
    }

    fn read(&self) {
        // what comes in while a request is worked on is its body, which has a time limit of its own
        if self.requests.load(Ordering::Acquire) == 0 {
            let _ = self
                .heard
                .compare_exchange(0, self.millis(), Ordering::AcqRel, Ordering::Acquire);
        }
    }

    fn wrote(&self) {
        self.answered.store(self.millis(), Ordering::Release);
    }

    /// Ends when the client took too long.
    async fn overdue(&self, limits: Limits) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            if self.requests.load(Ordering::Acquire) > 0 {
                continue;
            }
            let (heard, answered) = (
                self.heard.load(Ordering::Acquire),
                self.answered.load(Ordering::Acquire),
            );
            let (since, limit) = match (heard, answered) {
                (0, 0) => (1, limits.header),
                (0, answered) => (answered, limits.idle),
                (heard, _) => (heard, limits.header),
            };
            if Duration::from_millis(self.millis().saturating_sub(since)) > limit {
                return;
            }
        }
    }
}

/// A stream that tells its [`Activity`] what passes.
struct Watched {
    stream: TcpStream,
    clock: Arc<Activity>,
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.clock.read();
        }
        polled
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        if matches!(polled, Poll::Ready(Ok(1..))) {
            self.clock.wrote();
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        if matches!(polled, Poll::Ready(Ok(1..))) {
            self.clock.wrote();
        }
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

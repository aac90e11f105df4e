//! The accept loop: how long a client may take for its headers, how long a connection may idle, how many there may be
//! in all and from one address, and how all of them end when the server stops. (`axum::serve` sets no timer, so that hyper's own time-outs would
//! never run.)

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use sereno_core::config::Server;
use sereno_core::context::limiter;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;
use tower::ServiceExt;

/// How often a connection's deadlines are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long a connection that was told to end may take to do so.
const GOODBYE: Duration = Duration::from_secs(1);
/// How long to wait after accepting failed, usually for want of file descriptors.
const AFTER_FAILURE: Duration = Duration::from_millis(100);

/// Serves until `stop` turns true, then lets requests under way finish for as long as the settings allow.
pub async fn serve(listener: TcpListener, router: Router, settings: &Server, mut stop: watch::Receiver<bool>) {
    let limits = Limits {
        header: settings.header_timeout.span(),
        idle: settings.idle_timeout.span(),
    };
    let most = u32::try_from(settings.max_connections).unwrap_or(u32::MAX);
    let places = Arc::new(Semaphore::new(usize::try_from(most).unwrap_or(Semaphore::MAX_PERMITS)));
    let peers = Peers::new(settings);
    while !*stop.borrow() {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            _ = stop.changed() => break,
        };
        let Some((stream, peer, place)) = accepted else {
            continue;
        };
        let Some(counted) = peers.admit(peer.ip()) else {
            tracing::debug!(address = %peer.ip(), "an address has too many connections");
            continue;
        };
        let clock = Arc::new(Activity::default());
        let service = service(router.clone(), peer, Arc::clone(&clock), Stopping(stop.clone()));
        let io = TokioIo::new(Watched {
            stream,
            clock: Arc::clone(&clock),
            _held: (place, counted),
        });
        let connection = builder(limits.header)
            .serve_connection_with_upgrades(io, service)
            .into_owned();
        let stop = stop.clone();
        tokio::spawn(async move { keep(connection, &clock, limits, stop).await });
    }
    drop(listener);
    // whoever holds all places knows that every connection has ended
    if tokio::time::timeout(settings.stop_timeout.span(), places.acquire_many(most))
        .await
        .is_err()
    {
        tracing::warn!("some requests did not finish in time and were cut off");
    }
}

/// Says when the server stops, to what outlives its request: on every request.
#[derive(Clone, Debug)]
pub struct Stopping(pub watch::Receiver<bool>);

type Connection<S> = auto::UpgradeableConnection<'static, TokioIo<Watched>, S, TokioExecutor>;

/// Until the connection ends by itself, becomes a WebSocket (which looks after itself), takes too long, or the server stops. It is told first (HTTP/2: GOAWAY), so that
/// no client loses a request it sends in this moment without knowing.
async fn keep<S>(connection: Connection<S>, clock: &Activity, limits: Limits, mut stop: watch::Receiver<bool>)
where
    S: hyper::service::Service<
            Request<Incoming>,
            Response = axum::response::Response,
            Error = std::convert::Infallible,
            Future: Send + 'static,
        >,
{
    let mut connection = pin!(connection);
    let stopping = tokio::select! {
        _ = connection.as_mut() => return,
        () = clock.overdue(limits) => false,
        _ = stop.wait_for(|stop| *stop) => true,
    };
    connection.as_mut().graceful_shutdown();
    let patience = async {
        if stopping {
            clock.overdue(limits).await;
        }
        tokio::time::sleep(GOODBYE).await;
    };
    tokio::select! {
        _ = connection => {}
        () = patience => {}
    }
}

/// How many connections each client address has open.
#[derive(Clone)]
struct Peers {
    /// Nothing where they are not counted.
    most: Option<usize>,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// One connection that is counted.
struct Counted(Peers, IpAddr);

impl Peers {
    fn new(settings: &Server) -> Self {
        let most = usize::try_from(settings.max_connections_per_address).unwrap_or(usize::MAX);
        // behind proxies every connection is theirs
        let counts = most > 0 && settings.trusted_proxies == 0;
        Self {
            most: counts.then_some(most),
            open: Arc::default(),
        }
    }

    /// Counts one more connection, unless the address has as many as it may.
    fn admit(&self, address: IpAddr) -> Option<Counted> {
        let address = limiter::network(address);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(address).or_default();
        if self.most.is_some_and(|most| *count >= most) {
            return None;
        }
        *count += 1;
        Some(Counted(self.clone(), address))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut count) = open.entry(self.1) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
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
    stopping: Stopping,
) -> impl hyper::service::Service<
    Request<Incoming>,
    Response = axum::response::Response,
    Error = std::convert::Infallible,
    Future: Send + 'static,
> + Clone {
    hyper::service::service_fn(move |request: Request<Incoming>| {
        let router = router.clone();
        let working = clock.begin();
        let stopping = stopping.clone();
        async move {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            request.extensions_mut().insert(stopping);
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

/// A stream that tells its [`Activity`] what passes, and holds its places until it is closed: by whoever speaks HTTP on it,
/// or by the WebSocket that it became.
struct Watched {
    stream: TcpStream,
    clock: Arc<Activity>,
    _held: (Place, Counted),
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

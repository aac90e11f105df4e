//! The listener, over real sockets: how many connections one address may have, and how a connection is told to end.

#![expect(clippy::unwrap_used, reason = "what a fixture cannot do, its test cannot prove")]

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use sereno_core::config::{Config, Seconds, Server};
use sereno_server::http::listener;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

/// A server that greets, until the sender is dropped or says so.
async fn serving(change: impl FnOnce(&mut Server)) -> (SocketAddr, watch::Sender<bool>) {
    let router = Router::new().route("/", get(async || "good night"));
    let (address, stop, _) = serving_with(router, change).await;
    (address, stop)
}

/// A server with these doors, and what ends when it has ended.
async fn serving_with(
    router: Router,
    change: impl FnOnce(&mut Server),
) -> (SocketAddr, watch::Sender<bool>, JoinHandle<()>) {
    let mut settings = Config::default().server;
    change(&mut settings);
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let (stop, stopped) = watch::channel(false);
    let serving = tokio::spawn(async move { listener::serve(socket, router, &settings, stopped).await });
    (address, stop, serving)
}

/// A door that is answered when the second says so; the first says when somebody has come in.
fn waiting() -> (Router, Arc<Notify>, Arc<Notify>) {
    let (came, goes) = (Arc::<Notify>::default(), Arc::<Notify>::default());
    let (inside, out) = (Arc::clone(&came), Arc::clone(&goes));
    let answer = get(async move || {
        inside.notify_one();
        out.notified().await;
        "good night"
    });
    (Router::new().route("/", answer), came, goes)
}

/// Whether the server answers on this connection, and did not close it instead.
async fn answers(stream: &mut TcpStream) -> bool {
    let asked = stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let mut buffer = [0; 256];
    asked.is_ok() && stream.read(&mut buffer).await.is_ok_and(|read| read > 0)
}

#[tokio::test]
async fn one_address_has_so_many_connections_and_no_more() {
    let (address, _stop) = serving(|settings| settings.max_connections_per_address = 2).await;
    let mut one = TcpStream::connect(address).await.unwrap();
    let mut two = TcpStream::connect(address).await.unwrap();
    assert!(answers(&mut one).await && answers(&mut two).await);
    let mut three = TcpStream::connect(address).await.unwrap();
    assert!(!answers(&mut three).await, "a third was served");
    assert!(answers(&mut one).await, "the first was cut");
    // the server ends the connection with this answer, and with it the place is free again
    two.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    two.read_to_end(&mut Vec::new()).await.unwrap();
    let mut free = false;
    while !free {
        let mut four = TcpStream::connect(address).await.unwrap();
        free = answers(&mut four).await;
    }
}

#[tokio::test]
async fn behind_a_proxy_and_when_switched_off_addresses_are_not_counted() {
    for (most, proxies) in [(1, 1), (0, 0)] {
        let (address, _stop) = serving(|settings| {
            settings.max_connections_per_address = most;
            settings.trusted_proxies = proxies;
        })
        .await;
        let mut one = TcpStream::connect(address).await.unwrap();
        let mut two = TcpStream::connect(address).await.unwrap();
        assert!(answers(&mut one).await && answers(&mut two).await, "{most} {proxies}");
    }
}

/// The kinds of HTTP/2 frames that come in until the connection ends.
async fn frames(stream: &mut TcpStream, begun: &[u8]) -> Vec<u8> {
    let mut bytes = begun.to_vec();
    let _ = stream.read_to_end(&mut bytes).await;
    let (mut kinds, mut rest) = (Vec::new(), bytes.as_slice());
    while let [a, b, c, kind, ..] = *rest {
        kinds.push(kind);
        let length = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
        rest = rest.get(9 + length..).unwrap_or_default();
    }
    kinds
}

const GOAWAY: u8 = 7;

async fn http2(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // the preface, and empty SETTINGS
    stream
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")
        .await
        .unwrap();
    stream
}

#[tokio::test]
async fn an_idle_connection_is_told_before_it_ends() {
    let (address, _stop) = serving(|settings| {
        settings.header_timeout = Seconds(1);
        settings.idle_timeout = Seconds(1);
    })
    .await;
    let mut stream = http2(address).await;
    let kinds = frames(&mut stream, &[]).await;
    assert!(kinds.contains(&GOAWAY), "it was cut after {kinds:?}");
}

#[tokio::test]
async fn a_server_that_stops_tells_too() {
    // this client answers nothing any more, and is waited for that long
    let (address, stop) = serving(|settings| settings.header_timeout = Seconds(1)).await;
    let mut stream = http2(address).await;
    let mut first = [0; 1];
    stream.read_exact(&mut first).await.unwrap();
    stop.send(true).unwrap();
    let kinds = frames(&mut stream, &first).await;
    assert!(kinds.contains(&GOAWAY), "it was cut after {kinds:?}");
}

#[tokio::test]
async fn a_server_that_stops_finishes_what_is_under_way_and_takes_no_more() {
    let (router, came, goes) = waiting();
    let (address, stop, serving) = serving_with(router, |_| ()).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    came.notified().await;
    stop.send(true).unwrap();
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    goes.notify_one();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.ends_with("good night"),
        "{answer}"
    );
    serving.await.unwrap();
}

#[tokio::test]
async fn a_server_that_stops_waits_so_long_and_no_longer() {
    let (router, came, _goes) = waiting();
    let (address, stop, serving) = serving_with(router, |settings| settings.stop_timeout = Seconds(1)).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    came.notified().await;
    stop.send(true).unwrap();
    serving.await.unwrap();
    let answered = stream.try_read(&mut [0; 64]);
    assert!(
        answered.is_err(),
        "it was not waited for, and nobody answered: {answered:?}"
    );
}

/// Who never ends the headers, or never asks again, does not keep a place.
#[tokio::test]
async fn whoever_is_too_slow_is_let_go() {
    let (address, _stop) = serving(|settings| settings.header_timeout = Seconds(1)).await;
    let mut slow = TcpStream::connect(address).await.unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nx-and-so-").await.unwrap();
    let mut said = Vec::new();
    let _ = slow.read_to_end(&mut said).await;
    assert!(!said.starts_with(b"HTTP/1.1 200"), "half a request was answered");

    let (address, _stop) = serving(|settings| settings.idle_timeout = Seconds(1)).await;
    let mut idle = TcpStream::connect(address).await.unwrap();
    assert!(answers(&mut idle).await);
    let ended = idle.read_to_end(&mut Vec::new()).await;
    assert!(ended.is_ok_and(|more| more == 0), "it ends, and nothing more is said");
}

/// Headers beyond what is read are answered before there is a request: 431, and the connection ends.
#[tokio::test]
async fn headers_that_are_too_large_are_refused() {
    let (address, _stop) = serving(|_| ()).await;
    for headers in [
        format!("x-large: {}\r\n", "x".repeat(1 << 20)),
        "x-many: 1\r\n".repeat(200),
    ] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!("GET / HTTP/1.1\r\nhost: x\r\n{headers}\r\n");
        // the server may answer and close while the rest is still on its way
        let _ = stream.write_all(head.as_bytes()).await;
        let mut said = [0; 12];
        let read = stream.read_exact(&mut said).await;
        assert!(read.is_ok(), "nothing was answered");
        assert_eq!(&said, b"HTTP/1.1 431");
    }
    let mut next = TcpStream::connect(address).await.unwrap();
    assert!(answers(&mut next).await, "whoever comes after is served");
}

/// Beyond the cap a connection waits until another one ends.
#[tokio::test]
async fn all_together_have_so_many_connections_and_further_ones_wait() {
    let (address, _stop) = serving(|settings| {
        settings.max_connections = 1;
        settings.max_connections_per_address = 0;
    })
    .await;
    let mut one = TcpStream::connect(address).await.unwrap();
    assert!(answers(&mut one).await);
    let mut two = TcpStream::connect(address).await.unwrap();
    let mut waiting = Box::pin(answers(&mut two));
    for _ in 0..20 {
        let served = tokio::select! {
            biased;
            _ = &mut waiting => false,
            answered = answers(&mut one) => answered,
        };
        assert!(served, "the second was served while the first was open");
    }
    drop(one);
    assert!(waiting.await, "its turn has come");
}

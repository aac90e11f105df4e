//! Bodies over real sockets: how long one may take to arrive.

use sereno_core::config::Seconds;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::live::Serving;

/// Byte by byte, and never all of them: what counts is when the body is whole, not when something came last.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_trickles_is_ended() {
    let serving = Serving::with(|config| config.server.body_timeout = Seconds(1)).await;
    let stream = TcpStream::connect(serving.address).await.unwrap();
    let (mut read, mut write) = stream.into_split();
    let head =
        "POST /api/v1/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 60000\r\n\r\n";
    write.write_all(head.as_bytes()).await.unwrap();
    let trickling = tokio::spawn(async move {
        // until the other end has gone
        while write.write_all(b" ").await.is_ok() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    });
    let mut answer = Vec::new();
    // to the end: the connection goes with the answer, because nobody knows where the next request would begin
    let _ = read.read_to_end(&mut answer).await;
    trickling.abort();
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("request_timeout"), "{answer}");
    // whoever comes after is served
    let mut next = TcpStream::connect(serving.address).await.unwrap();
    next.write_all(b"GET /health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut served = String::new();
    next.read_to_string(&mut served).await.unwrap();
    assert!(served.starts_with("HTTP/1.1 200"), "{served}");
}

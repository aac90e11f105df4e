use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use serde_json::{Value, json};

use super::*;

const OPEN: OutboundPolicy = OutboundPolicy {
    allow_http: true,
    allow_private: true,
    timeout: Duration::from_secs(5),
    max_bytes: 1_000,
};

/// A server on this machine that gives every connection to `answer`, and tells which requests it saw.
fn serve(answer: fn(&mut TcpStream)) -> (Url, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://localhost:{}/path", listener.local_addr().unwrap().port());
    let (saw, seen) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            saw.send(read_request(&mut stream)).unwrap();
            answer(&mut stream);
        }
    });
    (url.parse().unwrap(), seen)
}

fn read_request(stream: &mut TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let mut request = String::new();
    while !request.ends_with("\r\n\r\n") {
        reader.read_line(&mut request).unwrap();
    }
    let length = request.lines().find_map(|line| {
        line.to_ascii_lowercase()
            .strip_prefix("content-length: ")?
            .parse::<u64>()
            .ok()
    });
    reader.take(length.unwrap_or(0)).read_to_string(&mut request).unwrap();
    request
}

fn write(stream: &mut TcpStream, text: &str) {
    // the client may have hung up already: that is what some tests are about
    drop(stream.write_all(text.as_bytes()));
}

#[tokio::test]
async fn a_machine_that_is_not_public_is_not_looked_up_for_anybody() {
    let guarded = Outbound::new(OutboundPolicy::default());
    for host in ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "localhost"] {
        let found = guarded.look_up(host, 25).await;
        assert!(matches!(found, Err(OutboundError::Refused(_))), "{host}: {found:?}");
    }
    let open = Outbound::new(OutboundPolicy {
        allow_private: true,
        ..OutboundPolicy::default()
    });
    assert_eq!(open.look_up("127.0.0.1", 25).await.unwrap().to_string(), "127.0.0.1");
}

#[tokio::test]
async fn an_answer_comes_back() {
    let (url, seen) = serve(|stream| {
        write(
            stream,
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 8\r\n\r\n{\"a\": 1}",
        );
    });
    let answer = Outbound::new(OPEN).get(&url).await.unwrap();
    assert_eq!(answer.status, 200);
    assert!(answer.is_success());
    assert_eq!(answer.content_type.as_deref(), Some("application/json"));
    assert_eq!(answer.json::<Value>().unwrap(), json!({ "a": 1 }));
    let request = seen.recv().unwrap();
    assert!(request.starts_with("GET /path HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("user-agent: sereno\r\n"), "{request}");
}

#[tokio::test]
async fn json_is_sent_and_an_error_is_an_answer_too() {
    let (url, seen) = serve(|stream| write(stream, "HTTP/1.1 503 Away\r\ncontent-length: 0\r\n\r\n"));
    let answer = Outbound::new(OPEN)
        .post_json(&url, &json!({ "event": "x" }))
        .await
        .unwrap();
    assert_eq!(answer.status, 503);
    assert!(!answer.is_success());
    assert!(matches!(answer.json::<Value>(), Err(OutboundError::Failed(_))));
    let request = seen.recv().unwrap();
    assert!(request.contains("content-type: application/json\r\n"), "{request}");
    assert!(request.ends_with("\r\n\r\n{\"event\":\"x\"}"), "{request}");
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let (url, seen) = serve(|stream| {
        write(
            stream,
            "HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n",
        );
    });
    assert_eq!(Outbound::new(OPEN).get(&url).await.unwrap().status, 302);
    assert!(seen.recv().unwrap().starts_with("GET /path "));
    assert!(seen.try_recv().is_err());
}

#[tokio::test]
async fn long_answers_are_cut_whether_or_not_they_say_so() {
    let exact = serve(|stream| {
        write(
            stream,
            &format!("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{}", "x".repeat(1_000)),
        );
    });
    assert_eq!(Outbound::new(OPEN).get(&exact.0).await.unwrap().body.len(), 1_000);
    let announced = serve(|stream| {
        write(
            stream,
            &format!("HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n{}", "x".repeat(1_001)),
        );
    });
    let endless = serve(|stream| {
        write(stream, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        while stream.write_all(b"5\r\nxxxxx\r\n").is_ok() {}
    });
    for (url, _seen) in [announced, endless] {
        let error = Outbound::new(OPEN).get(&url).await.unwrap_err();
        assert!(matches!(error, OutboundError::TooLarge), "{error}");
    }
}

#[tokio::test]
async fn slow_answers_time_out() {
    let policy = OutboundPolicy {
        timeout: Duration::from_millis(200),
        ..OPEN
    };
    let silent = serve(|_| thread::sleep(Duration::from_secs(2)));
    let trickling = serve(|stream| {
        write(stream, "HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n");
        while stream.write_all(b"x").is_ok() {
            thread::sleep(Duration::from_millis(20));
        }
    });
    for (url, _seen) in [silent, trickling] {
        let error = Outbound::new(policy).get(&url).await.unwrap_err();
        assert!(matches!(error, OutboundError::Timeout), "{error}");
    }
}

#[tokio::test]
async fn inner_addresses_are_refused_before_anything_is_sent() {
    let strict = Outbound::new(OutboundPolicy {
        allow_private: false,
        ..OPEN
    });
    let (by_name, seen) = serve(|_| {});
    let port = by_name.port().unwrap();
    let mut urls = vec![by_name.to_string()];
    for host in [
        "127.0.0.1",
        "127.1",
        "0x7f000001",
        "2130706433",
        "0177.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "0.0.0.0",
        "LOCALHOST",
    ] {
        urls.push(format!("http://{host}:{port}/"));
    }
    urls.push("http://169.254.169.254/latest/meta-data/".to_owned());
    for url in urls {
        let error = strict.get(&url.parse().unwrap()).await.unwrap_err();
        assert!(matches!(error, OutboundError::Refused(_)), "{url}: {error}");
    }
    assert!(seen.try_recv().is_err());
}

#[tokio::test]
async fn only_plain_https_urls_are_called() {
    let outbound = Outbound::new(OutboundPolicy::default());
    for url in [
        "http://example.org/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "data:text/plain,x",
        "https://user@example.org/",
        "https://user:password@example.org/",
        "https://:password@example.org/",
        "https://10.0.0.1/",
        "https://[fd00::1]/",
    ] {
        let error = outbound.get(&url.parse().unwrap()).await.unwrap_err();
        assert!(matches!(error, OutboundError::Refused(_)), "{url}: {error}");
    }
    assert!(
        outbound.client.get().is_none(),
        "no client is built for a URL that is refused"
    );
}

#[tokio::test]
async fn failures_are_told_without_the_url() {
    // a port that was free a moment ago
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}/?token=s3cret").parse().unwrap();
    let error = Outbound::new(OPEN).get(&url).await.unwrap_err();
    assert!(matches!(error, OutboundError::Failed(_)), "{error}");
    assert!(!error.to_string().contains("s3cret"), "{error}");

    // no certificate, no answer
    let (url, _seen) = serve(|_| {});
    let url = url.to_string().replace("http:", "https:").parse().unwrap();
    let error = Outbound::new(OutboundPolicy {
        timeout: Duration::from_secs(2),
        ..OPEN
    })
    .get(&url)
    .await
    .unwrap_err();
    assert!(
        matches!(error, OutboundError::Failed(_) | OutboundError::Timeout),
        "{error}"
    );
}

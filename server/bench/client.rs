//! A keep-alive HTTP/1.1 connection that does no more than a load generator needs, so that it takes little of the
//! processors it shares with the server.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Outcome;

/// An open connection.
pub struct Connection {
    stream: TcpStream,
    /// What was read: the head, then the body.
    read: Vec<u8>,
}

/// An answer; it lives in the connection's buffer until the next request.
pub struct Answer<'a> {
    /// The status.
    pub status: u16,
    /// Status line and headers.
    pub head: &'a str,
    /// The body as it came: chunks are not put together.
    pub body: &'a [u8],
}

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            read: Vec::with_capacity(64 * 1024),
        })
    }

    /// `GET`, with further header lines.
    pub async fn get(&mut self, path: &str, headers: &str) -> Outcome<Answer<'_>> {
        self.call(get(path, headers).as_bytes()).await
    }

    /// `POST` of a body.
    pub async fn post(&mut self, path: &str, kind: &str, body: &str) -> Outcome<Answer<'_>> {
        self.call(post(path, kind, body).as_bytes()).await
    }

    /// Sends a whole request and reads its whole answer.
    pub async fn call(&mut self, request: &[u8]) -> Outcome<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.read.clear();
        let head = loop {
            self.more().await?;
            if let Some(at) = find(&self.read, b"\r\n\r\n") {
                break at + 4;
            }
        };
        let text = std::str::from_utf8(&self.read[..head])?;
        let status: u16 = text.get(9..12).unwrap_or("").parse()?;
        let length = match header(text, "content-length") {
            Some(length) => Some(length.parse::<usize>()?),
            None if header(text, "transfer-encoding").is_some() => None,
            None => Some(0),
        };
        match length {
            Some(length) => {
                while self.read.len() < head + length {
                    self.more().await?;
                }
            }
            None => {
                while !self.read.ends_with(b"\r\n0\r\n\r\n") {
                    self.more().await?;
                }
            }
        }
        Ok(Answer {
            status,
            head: std::str::from_utf8(&self.read[..head])?,
            body: &self.read[head..],
        })
    }

    async fn more(&mut self) -> Outcome<()> {
        match self.stream.read_buf(&mut self.read).await? {
            0 => Err("the server closed the connection".into()),
            _ => Ok(()),
        }
    }
}

/// The value of a header.
pub fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// A `GET` request.
pub fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: bench\r\n{headers}\r\n")
}

/// A `POST` request.
pub fn post(path: &str, kind: &str, body: &str) -> String {
    post_with(path, "", kind, body)
}

/// The same with further headers.
pub fn post_with(path: &str, headers: &str, kind: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: bench\r\n{headers}content-type: {kind}\r\n\
         content-length: {length}\r\n\r\n{body}"
    )
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

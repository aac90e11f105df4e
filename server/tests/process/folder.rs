//! An empty folder, and the binary in it.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "what a fixture cannot do, its test cannot prove"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

/// A folder that goes when the test ends.
pub struct Folder(pub PathBuf);

impl Folder {
    /// A fresh one.
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sereno-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Starts `sereno` and lets it run.
    pub fn start(&self, args: &[&str]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_sereno"))
            .args(args)
            .current_dir(&self.0)
            .env("SERENO__LOG__LEVEL", "info")
            .env("SERENO__SERVER__METRICS_LISTEN", "off")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs")
    }

    /// Starts `sereno serve` with these variables, and waits until it listens.
    pub fn serve(&self, variables: &[(&str, &str)]) -> Serving {
        let (one, other) = (free_port(), free_port());
        let (address, metrics) = (one.local_addr().unwrap(), other.local_addr().unwrap());
        drop((one, other));
        let mut child = Command::new(env!("CARGO_BIN_EXE_sereno"))
            .arg("serve")
            .current_dir(&self.0)
            .env("SERENO__SERVER__LISTEN", address.to_string())
            .env("SERENO__SERVER__METRICS_LISTEN", metrics.to_string())
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let said = read(child.stdout.take().unwrap());
        let log = read(child.stderr.take().unwrap());
        let mut lines = Vec::new();
        while !lines.last().is_some_and(|line: &String| line.contains("listening")) {
            lines.push(log.recv().expect("it ended before it listened"));
        }
        Serving {
            child,
            address,
            metrics,
            said,
            log,
            lines,
        }
    }

    /// How many mails were written to files.
    pub fn mails(&self) -> usize {
        std::fs::read_dir(self.0.join("data/mail")).map_or(0, Iterator::count)
    }

    /// Runs `sereno`; whether it worked, and the lines it printed: to standard output, and to standard error.
    pub fn sereno(&self, args: &[&str], input: &str) -> (bool, Vec<String>, String) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sereno"))
            .args(args)
            .current_dir(&self.0)
            .env("SERENO__LOG__LEVEL", "error")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        // one that refuses its arguments does not read
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let complaint = String::from_utf8(output.stderr).unwrap();
        (
            output.status.success(),
            said.lines().map(str::to_owned).collect(),
            complaint,
        )
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A server that runs.
pub struct Serving {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// Where its figures are.
    pub metrics: SocketAddr,
    said: Receiver<String>,
    log: Receiver<String>,
    lines: Vec<String>,
}

impl Serving {
    /// The lines of standard output so far, up to the one that holds these words.
    pub fn said_until(&self, words: &str) -> Vec<String> {
        let mut lines = Vec::new();
        while !lines.last().is_some_and(|line: &String| line.contains(words)) {
            lines.push(self.said.recv().expect("it ended before it said so"));
        }
        lines
    }

    /// Asks it to stop; what it had still to say, and its whole log.
    pub fn stop(mut self) -> (Vec<String>, Vec<String>) {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(asked.success());
        let (said, mut lines) = (self.said.iter().collect(), std::mem::take(&mut self.lines));
        lines.extend(self.log.iter());
        assert!(self.child.wait().unwrap().success(), "{lines:?}");
        (said, lines)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

/// Lines as they come, until there are no more.
fn read(source: impl Read + Send + 'static) -> Receiver<String> {
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(source).lines().map_while(Result::ok) {
            if tell.send(line).is_err() {
                return;
            }
        }
    });
    told
}

/// Says that a body is JSON.
pub const JSON: &str = "content-type: application/json\r\n";

/// One request on a connection of its own; status, head and body of the answer.
pub fn ask(address: SocketAddr, method: &str, target: &str, more: &str, body: &str) -> (u16, String, String) {
    let mut connection = TcpStream::connect(address).unwrap();
    write!(
        connection,
        "{method} {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{more}content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_lowercase(), body.to_owned())
}

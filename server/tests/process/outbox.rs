//! The outbox as it really runs: the binary, a mail server on loopback, and `kill -9` in the middle of a thousand mails. Every
//! mail arrives, and none more than twice.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "what a fixture cannot do, its test cannot prove"
)]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sereno_core::boot::{self, World};
use sereno_core::config::Config;
use sereno_core::context::{Actor, RequestMeta};
use sereno_core::{access, messages};
use sereno_types::SendMessage;

use crate::folder::Folder;

/// How often each `Message-ID` arrived.
type Arrived = Arc<Mutex<HashMap<String, usize>>>;

/// A mail server that takes everything, and its port.
fn sink() -> (u16, Arrived) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let arrived = Arrived::default();
    let told = Arc::clone(&arrived);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let told = Arc::clone(&told);
            std::thread::spawn(move || take(stream, &told));
        }
    });
    (port, arrived)
}

/// One conversation; a client that dies ends it, and what it had not brought to the end did not arrive.
fn take(stream: TcpStream, arrived: &Arrived) -> Option<()> {
    let mut write = stream.try_clone().ok()?;
    let mut say = move |line: &str| write.write_all(format!("{line}\r\n").as_bytes()).ok();
    say("220 ready")?;
    let (mut in_data, mut id) = (false, String::new());
    for line in BufReader::new(stream).lines() {
        let line = line.ok()?;
        if in_data {
            if let Some(found) = line.strip_prefix("Message-ID: ") {
                found.clone_into(&mut id);
            }
            if line == "." {
                in_data = false;
                *arrived.lock().unwrap().entry(std::mem::take(&mut id)).or_default() += 1;
                say("250 taken")?;
            }
            continue;
        }
        match line.split([' ', ':']).next().unwrap_or_default() {
            "DATA" => {
                in_data = true;
                say("354 go on")?;
            }
            "QUIT" => {
                say("221 bye")?;
                return None;
            }
            _ => say("250 ok")?,
        }
    }
    None
}

const MAILS: usize = 1_000;

/// A worker of the binary on this folder. A lease is as short as the settings let it be: who takes over need not wait long.
fn worker(folder: &Folder, port: u16) -> Child {
    Command::new(env!("CARGO_BIN_EXE_sereno"))
        .arg("worker")
        .current_dir(&folder.0)
        .env("SERENO__MAIL__URL", format!("smtp://127.0.0.1:{port}?tls=none"))
        .env("SERENO__MAIL__TIMEOUT", "5")
        .env("SERENO__WORKER__LEASE", "10")
        .env("SERENO__LOG__LEVEL", "error")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs")
}

async fn queue(folder: &Folder) {
    let mut config = Config::default();
    config.general.data = folder.0.join("data").to_string_lossy().into_owned();
    let world = World::real(&config, Vec::new()).unwrap();
    let sereno = boot::start(config, world).await.unwrap();
    let staff = access::staff(&sereno, &Actor::System).await.unwrap();
    for batch in 0..MAILS / messages::RECIPIENTS_MAX {
        let recipients = 0..messages::RECIPIENTS_MAX;
        let command = SendMessage {
            recipients: recipients
                .map(|number| format!("user{batch}-{number}@example.org"))
                .collect(),
            subject: Some("Hello".to_owned()),
            text: Some("A mail of a thousand.".to_owned()),
            ..SendMessage::default()
        };
        let sent = messages::send(&sereno, &RequestMeta::default(), &staff, command)
            .await
            .unwrap();
        assert!(sent.results.iter().all(|result| result.ok));
    }
    sereno.db.close().await;
}

/// Waits until so many mails have arrived.
fn until(arrived: &Arrived, count: usize) {
    let deadline = Instant::now() + Duration::from_mins(3);
    while arrived.lock().unwrap().len() < count {
        assert!(
            Instant::now() < deadline,
            "{} of {count} mails arrived",
            arrived.lock().unwrap().len()
        );
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Waits until no mail is queued or being handed over.
fn until_nothing_waits(folder: &Folder) {
    let deadline = Instant::now() + Duration::from_mins(3);
    let waiting = || {
        ["queued", "sending"].into_iter().any(|state| {
            let said = Command::new(env!("CARGO_BIN_EXE_sereno"))
                .args(["mail", "list", "--state", state])
                .current_dir(&folder.0)
                .env("SERENO__LOG__LEVEL", "error")
                .output()
                .unwrap();
            assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
            !said.stdout.is_empty()
        })
    };
    while waiting() {
        assert!(Instant::now() < deadline, "mails still wait");
        std::thread::sleep(Duration::from_millis(500));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_mail_arrives_and_none_more_than_twice_however_often_the_worker_is_killed() {
    sereno_core::crypto::install_provider();
    let folder = Folder::new("outbox");
    let (port, arrived) = sink();
    queue(&folder).await;
    for killed_at in [100, 300, 500, 700] {
        let mut worker = worker(&folder, port);
        until(&arrived, killed_at);
        // SIGKILL: nothing of ours runs after it
        worker.kill().unwrap();
        worker.wait().unwrap();
    }
    let mut last = worker(&folder, port);
    until(&arrived, MAILS);
    // those that were cut off come again when their lease is over
    until_nothing_waits(&folder);
    last.kill().unwrap();
    last.wait().unwrap();
    let arrived = arrived.lock().unwrap();
    let most = arrived.values().max().copied();
    assert_eq!(
        (arrived.len(), most.is_some_and(|most| most <= 2)),
        (MAILS, true),
        "{most:?}"
    );
}

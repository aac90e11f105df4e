//! The built-in HTTP hook against a server on this machine: what is asked and told, its signature, and what an answer
//! means.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "builders and checks outside of the test functions"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sereno_core::login::{self, LoggedIn};
use sereno_core::testing::{PASSWORD, TestSereno, refused};
use sereno_core::{Error, Result, jobs};
use sereno_types::Code;

const SECRET: &str = "a secret of thirty-two characters";

/// A message as it arrived.
struct Message {
    head: String,
    body: String,
}

impl Message {
    fn read(stream: &TcpStream) -> Self {
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(reader.read_line(&mut head).unwrap() > 0, "cut off: {head}");
        }
        let mut message = Self {
            head,
            body: String::new(),
        };
        let length = message.header("content-length").parse().unwrap();
        reader.take(length).read_to_string(&mut message.body).unwrap();
        message
    }

    fn header(&self, name: &str) -> &str {
        let line = self
            .head
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{name}: ")));
        line.unwrap_or_else(|| panic!("no {name} in {}", self.head))
    }

    /// The body, of a message whose signature is right.
    fn json(&self) -> Value {
        let signed = format!(
            "{}.{}.{}",
            self.header("webhook-id"),
            self.header("webhook-timestamp"),
            self.body
        );
        let tag = self.header("webhook-signature").strip_prefix("v1,").unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
        hmac::verify(&key, signed.as_bytes(), &STANDARD.decode(tag).unwrap()).unwrap();
        assert_eq!(self.header("content-type"), "application/json");
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A server that gives these answers, one for each message; the last one to all that follow. An empty one never comes.
fn serve(answers: &[&'static str]) -> (String, Receiver<Message>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://127.0.0.1:{}/hook", listener.local_addr().unwrap().port());
    let (saw, seen) = channel();
    let answers = answers.to_vec();
    std::thread::spawn(move || {
        let mut silent = Vec::new();
        for (at, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let _ = saw.send(Message::read(&stream));
            let answer = answers[at.min(answers.len() - 1)];
            if answer.is_empty() {
                silent.push(stream);
            } else {
                drop(stream.write_all(answer.as_bytes()));
            }
        }
    });
    (url, seen)
}

const YES: &str = "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
const AWAY: &str = "HTTP/1.1 500 Away\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const NO: &str = "HTTP/1.1 403 Forbidden\r\ncontent-length: 23\r\nconnection: close\r\n\r\n{\"code\":\"office_hours\"}";
const BARE: &str = "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const ODD: &str = "HTTP/1.1 403 Forbidden\r\ncontent-length: 17\r\nconnection: close\r\n\r\n{\"code\":\"Häh?\"} ";
const ELSEWHERE: &str = "HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

async fn with_hook(url: &str, before: &[&str], after: &[&str], on_failure: &str) -> TestSereno {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let (before, after) = (names(before), names(after));
    let test = TestSereno::with(|config| {
        url.clone_into(&mut config.hooks.url);
        config.hooks.secret = SECRET.into();
        config.hooks.before = before;
        config.hooks.after = after;
        config.hooks.timeout = sereno_core::config::Seconds(1);
        on_failure.clone_into(&mut config.hooks.on_failure);
    })
    .await;
    test.user("ana").await;
    test
}

async fn log_in(test: &TestSereno) -> Result<LoggedIn> {
    login::for_application(&test.sereno, &test.meta(), test.credentials("ana", PASSWORD)).await
}

#[tokio::test]
async fn it_is_asked_and_may_refuse() {
    let (url, seen) = serve(&[YES, NO]);
    let test = with_hook(&url, &["login"], &[], "refuse").await;
    log_in(&test).await.unwrap();
    let message = seen.recv().unwrap();
    assert!(message.head.starts_with("POST /hook HTTP/1.1\r\n"), "{}", message.head);
    let body = message.json();
    assert_eq!(
        (
            body["hook"].as_str(),
            body["type"].as_str(),
            body["identifier"].as_str()
        ),
        (Some("before"), Some("login"), Some("ana"))
    );
    assert_eq!(body["id"].as_str(), Some(message.header("webhook-id")));
    assert_eq!(body["at"], "2026-01-01T00:00:00Z");
    assert_eq!(message.header("webhook-timestamp"), "1767225600");
    assert_eq!(
        (body["address"].as_str(), body["user_agent"].as_str()),
        (Some("192.0.2.1"), Some("test"))
    );
    assert!(body["user_id"].is_string() && body["application_id"].is_string());
    assert!(!message.body.contains(PASSWORD));
    let runs = test.sereno.hasher.runs();
    match log_in(&test).await {
        Err(Error::Refused { code, reason, .. }) => {
            assert_eq!((code, reason.as_deref()), (Code::RefusedByHook, Some("office_hours")));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(test.sereno.hasher.runs(), runs);
    // nothing else is asked about
    test.sign_up("bea@example.org").await;
    assert_eq!(seen.try_iter().count(), 1);
}

/// A no is a no, even where nothing can be asked of it any further.
#[tokio::test]
async fn a_refusal_without_a_good_reason_is_one() {
    for answer in [BARE, ODD] {
        let (url, _seen) = serve(&[answer]);
        let test = with_hook(&url, &["login"], &[], "allow").await;
        match log_in(&test).await {
            Err(Error::Refused { code, reason, .. }) => {
                assert_eq!((code, reason.as_deref()), (Code::RefusedByHook, Some("refused")));
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Anything but yes and no is a failure; so is silence.
#[tokio::test]
async fn what_cannot_be_asked_is_refused_or_allowed_as_configured() {
    for (answer, name) in [(AWAY, "away"), (ELSEWHERE, "elsewhere"), ("", "silent")] {
        for on_failure in ["refuse", "allow"] {
            let (url, seen) = serve(&[answer]);
            let test = with_hook(&url, &["login"], &[], on_failure).await;
            let outcome = log_in(&test).await;
            assert_eq!(seen.try_iter().count(), 1, "{name}");
            if on_failure == "allow" {
                assert!(outcome.is_ok(), "{name}");
            } else {
                assert_eq!(refused(outcome), Code::Unavailable, "{name}");
                assert_eq!(test.count("token_family").await, 0);
            }
        }
    }
    // nobody is there at all
    let test = with_hook("http://127.0.0.1:9/", &["login"], &[], "refuse").await;
    assert_eq!(refused(log_in(&test).await), Code::Unavailable);
}

#[tokio::test]
async fn events_are_told_until_they_are_heard() {
    let (url, seen) = serve(&[AWAY, YES]);
    let test = with_hook(&url, &[], &["logged_in", "login_failed"], "refuse").await;
    log_in(&test).await.unwrap();
    assert!(seen.try_recv().is_err(), "never inside of the request");
    jobs::run_due(&test.sereno).await.unwrap();
    let first = seen.recv().unwrap();
    jobs::run_due(&test.sereno).await.unwrap();
    assert!(seen.try_recv().is_err(), "later");
    test.advance(Duration::from_secs(10));
    jobs::run_due(&test.sereno).await.unwrap();
    let second = seen.recv().unwrap();
    assert_eq!(first.header("webhook-id"), second.header("webhook-id"));
    assert_ne!(first.header("webhook-timestamp"), second.header("webhook-timestamp"));
    let body = second.json();
    assert_eq!(first.json(), body);
    assert_eq!(
        (body["hook"].as_str(), body["type"].as_str(), body["outcome"].as_str()),
        (Some("after"), Some("logged_in"), Some("success"))
    );
    assert_eq!(test.column("SELECT state FROM job").await, ["done"]);
    assert_eq!(test.count("event WHERE name = 'logged_in'").await, 1);

    let wrong = test.credentials("ana", "wrong");
    let _ = login::for_application(&test.sereno, &test.meta(), wrong).await;
    jobs::run_due(&test.sereno).await.unwrap();
    let body = seen.recv().unwrap().json();
    assert_eq!(
        (body["type"].as_str(), body["code"].as_str()),
        (Some("login_failed"), Some("invalid_credentials"))
    );
    assert!(seen.try_recv().is_err());
    assert!(
        !test.dump("job").await.concat().contains("192.0.2.1"),
        "a job holds ids"
    );
}

/// The settings can tell that a secret is missing; that it can sign is the hook's to say.
#[test]
fn a_secret_that_cannot_sign_is_a_fault() {
    for (secret, good) in [
        (SECRET, true),
        ("short", false),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", true),
        ("whsec_this is long enough and no base64", false),
    ] {
        let mut config = sereno_core::config::Config::default();
        config.hooks.url = "https://hooks.example.org".to_owned();
        config.hooks.secret = secret.into();
        let faults = sereno_core::boot::check(&config).err().unwrap_or_default().0;
        let named: Vec<_> = faults.iter().map(|fault| fault.setting.as_str()).collect();
        assert_eq!(named, if good { Vec::new() } else { vec!["hooks.secret"] });
        assert!(faults.iter().all(|fault| !fault.message.contains(secret)));
    }
}

/// What was rolled back is not told, and what was told of before the hook was taken away is given up.
#[tokio::test]
async fn only_what_happened_is_told() {
    let (url, seen) = serve(&[YES]);
    let test = with_hook(&url, &[], &["logged_in"], "refuse").await;
    test.execute("ALTER TABLE token_family RENAME TO gone").await;
    assert!(log_in(&test).await.is_err());
    test.execute("ALTER TABLE gone RENAME TO token_family").await;
    assert_eq!(test.count("job").await, 0);
    log_in(&test).await.unwrap();
    let without = test
        .try_another(|config| config.hooks.url = String::new(), None)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    jobs::run_due(&without.sereno).await.unwrap();
    assert_eq!(test.column("SELECT state FROM job").await, ["dead"]);
    assert!(seen.try_recv().is_err());
}

/// Rotating has a way of its own to the database; whoever wants to be told of it is told of each once.
#[tokio::test]
async fn rotations_are_told_too() {
    let (url, seen) = serve(&[YES]);
    let test = with_hook(&url, &[], &["refresh_rotated"], "refuse").await;
    let mut token = test.log_in("ana").await.refresh_token;
    for generation in 2..4 {
        let next = test.refresh(&token).await.unwrap();
        test.refresh(&token).await.unwrap();
        token = next.refresh_token;
        jobs::run_due(&test.sereno).await.unwrap();
        let body = seen.recv().unwrap().json();
        assert_eq!(
            (&body["type"], &body["detail"]["generation"]),
            (&"refresh_rotated".into(), &generation.into())
        );
        assert!(seen.try_recv().is_err());
    }
    assert_eq!(test.count("event WHERE name = 'refresh_rotated'").await, 2);
}

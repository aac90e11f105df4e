//! Handing mails to a real mail server: encryption from the first byte or from STARTTLS on, signing in, and what must
//! never travel in clear.

#![expect(clippy::unwrap_used, reason = "builders and checks outside of the test functions")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use sereno_core::clock::Moment;
use sereno_core::config::Config;
use sereno_core::notify::transport::from_config;
use sereno_core::port::mail::{MailError, MailTransport, OutgoingMail};
use sereno_core::testing::TestSereno;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// The base64 of NUL, `post@example.org`, NUL, `s3cret` (RFC 4616).
const RIGHT_LOGIN: &str = "AUTH PLAIN AHBvc3RAZXhhbXBsZS5vcmcAczNjcmV0";
const BODY: &str = "the text of the mail";

/// How the server speaks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Speaks {
    /// Never encrypted.
    Clear,
    /// In clear until STARTTLS (RFC 3207).
    StartTls,
    /// Encrypted from the first byte (RFC 8314 §3.3).
    Wrapped,
}

/// What one client said, apart by whether it was encrypted.
#[derive(Debug, Default)]
struct Heard {
    clear: String,
    encrypted: String,
}

struct MailServer {
    port: u16,
    /// Its folder holds the authority of the certificate.
    test: TestSereno,
    conversation: JoinHandle<Heard>,
}

impl MailServer {
    /// A server whose certificate is good for this name, and which takes one client.
    async fn start(speaks: Speaks, name: &str) -> Self {
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([name.to_owned()])
            .unwrap()
            .signed_by(&key, &authority)
            .unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key.serialize_der().try_into().unwrap())
            .unwrap();
        let test = TestSereno::new().await;
        std::fs::write(ca_file(&test), authority.pem()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let conversation = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            converse(stream, &acceptor, speaks).await
        });
        Self {
            port,
            test,
            conversation,
        }
    }

    /// The transport of a Sereno that is set up for this server, and trusts its authority or does not.
    fn transport(&self, login: &str, mode: &str, trusted: bool) -> Arc<dyn MailTransport> {
        let mut config = self.test.sereno.config.clone();
        config.mail.url = format!("smtp://{login}localhost:{}{mode}", self.port).into();
        config.mail.timeout.0 = 5;
        if trusted {
            config.mail.ca_file = ca_file(&self.test);
        }
        from_config(&config).unwrap()
    }

    async fn heard(self) -> Heard {
        tokio::time::timeout(Duration::from_secs(5), self.conversation)
            .await
            .unwrap()
            .unwrap()
    }
}

fn ca_file(test: &TestSereno) -> String {
    test.database.folder().join("ca.pem").to_string_lossy().into_owned()
}

async fn converse(stream: TcpStream, acceptor: &TlsAcceptor, speaks: Speaks) -> Heard {
    let mut heard = Heard::default();
    let stream = if speaks == Speaks::Wrapped {
        stream
    } else {
        let mut stream = BufReader::new(stream);
        if !speak(&mut stream, speaks == Speaks::StartTls, "220 ready", &mut heard.clear).await {
            return heard;
        }
        stream.into_inner()
    };
    if let Ok(stream) = acceptor.accept(stream).await {
        let greeting = if speaks == Speaks::Wrapped { "220 ready" } else { "" };
        speak(&mut BufReader::new(stream), false, greeting, &mut heard.encrypted).await;
    }
    heard
}

/// Speaks SMTP until the client leaves or wants to encrypt; says whether it wants to.
async fn speak<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut BufReader<S>,
    offers_tls: bool,
    greeting: &str,
    heard: &mut String,
) -> bool {
    let mut answer = greeting.to_owned();
    let mut in_data = false;
    loop {
        if !answer.is_empty() && stream.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
            return false;
        }
        let _ = stream.flush().await;
        let mut line = String::new();
        if !matches!(stream.read_line(&mut line).await, Ok(1..)) {
            return false;
        }
        let line = line.trim_end();
        heard.push_str(line);
        heard.push('\n');
        answer = match line
            .split([' ', ':'])
            .next()
            .unwrap_or_default()
            .to_uppercase()
            .as_str()
        {
            _ if in_data && line == "." => {
                in_data = false;
                "250 taken".to_owned()
            }
            _ if in_data => String::new(),
            "EHLO" if offers_tls => "250-here\r\n250 STARTTLS".to_owned(),
            "EHLO" => "250-here\r\n250 AUTH PLAIN".to_owned(),
            "STARTTLS" if offers_tls => {
                stream.write_all(b"220 go on\r\n").await.unwrap();
                return true;
            }
            "AUTH" if line != RIGHT_LOGIN => "535 5.7.8 no".to_owned(),
            "AUTH" => "235 welcome".to_owned(),
            "DATA" => {
                in_data = true;
                "354 go on".to_owned()
            }
            _ => "250 ok".to_owned(),
        };
    }
}

fn mail() -> OutgoingMail {
    OutgoingMail {
        recipient: "ana@example.org".to_owned(),
        subject: "Hello".to_owned(),
        text: BODY.to_owned(),
        html: format!("<p>{BODY}</p>"),
        message_id: "one".to_owned(),
        date: Moment(0),
        ..OutgoingMail::default()
    }
}

#[tokio::test]
async fn a_mail_travels_encrypted_after_starttls() {
    // with and without saying so: it is the default
    for mode in ["", "?tls=starttls"] {
        let server = MailServer::start(Speaks::StartTls, "localhost").await;
        let transport = server.transport("post%40example.org:s3cret@", mode, true);
        assert_eq!(transport.send(&mail()).await.unwrap(), "250 taken");
        drop(transport);
        let heard = server.heard().await;
        assert!(
            heard.encrypted.contains(RIGHT_LOGIN) && heard.encrypted.contains(BODY),
            "{heard:?}"
        );
        assert!(
            heard
                .clear
                .lines()
                .all(|line| line.starts_with("EHLO") || line == "STARTTLS"),
            "{heard:?}"
        );
    }
}

#[tokio::test]
async fn a_mail_travels_encrypted_from_the_first_byte() {
    let server = MailServer::start(Speaks::Wrapped, "localhost").await;
    let transport = server.transport("post%40example.org:s3cret@", "?tls=wrapper", true);
    transport.check().await.unwrap();
    drop(transport);
    assert!(server.heard().await.encrypted.contains(RIGHT_LOGIN));
    let server = MailServer::start(Speaks::Wrapped, "localhost").await;
    let transport = server.transport("", "?tls=wrapper", true);
    assert_eq!(transport.send(&mail()).await.unwrap(), "250 taken");
    drop(transport);
    let heard = server.heard().await;
    assert!(
        heard.encrypted.contains(BODY) && !heard.encrypted.contains("AUTH"),
        "{heard:?}"
    );
}

#[tokio::test]
async fn nothing_is_said_to_a_server_that_cannot_encrypt() {
    let server = MailServer::start(Speaks::Clear, "localhost").await;
    let transport = server.transport("post%40example.org:s3cret@", "", true);
    assert!(matches!(transport.send(&mail()).await, Err(MailError::Later(_))));
    drop(transport);
    let heard = server.heard().await;
    assert!(
        !heard.clear.contains("AUTH") && !heard.clear.contains("MAIL"),
        "{heard:?}"
    );
}

#[tokio::test]
async fn nothing_is_said_to_a_server_that_is_not_who_it_should_be() {
    // an authority that nobody named, and a certificate of another name
    for (name, trusted) in [("localhost", false), ("mail.example.org", true)] {
        for (speaks, mode) in [(Speaks::StartTls, ""), (Speaks::Wrapped, "?tls=wrapper")] {
            let server = MailServer::start(speaks, name).await;
            let transport = server.transport("post%40example.org:s3cret@", mode, trusted);
            assert!(matches!(transport.send(&mail()).await, Err(MailError::Later(_))));
            drop(transport);
            let heard = server.heard().await;
            assert!(heard.encrypted.is_empty() && !heard.clear.contains("AUTH"), "{heard:?}");
        }
    }
}

#[tokio::test]
async fn a_refused_sign_in_loses_no_mail() {
    let server = MailServer::start(Speaks::StartTls, "localhost").await;
    let transport = server.transport("post%40example.org:wrong@", "", true);
    let refused = transport.send(&mail()).await.unwrap_err();
    assert!(
        matches!(&refused, MailError::Later(why) if why.contains("535")),
        "{refused:?}"
    );
    drop(transport);
    assert!(!server.heard().await.encrypted.contains("MAIL"));
}

#[tokio::test]
async fn a_file_without_certificates_is_told_at_the_start() {
    let test = TestSereno::new().await;
    std::fs::write(ca_file(&test), "none here").unwrap();
    for (path, why) in [
        (ca_file(&test), "mail.ca_file must hold certificates in PEM form"),
        ("/nowhere/ca.pem".to_owned(), "mail.ca_file cannot be read as text"),
    ] {
        let mut config = test.sereno.config.clone();
        config.mail.ca_file = path;
        assert!(sereno_core::boot::check(&config).unwrap_err().to_string().contains(why));
    }
}

/// What a scripted mail server does with every client.
#[derive(Clone, Copy)]
enum Script {
    /// Answers the connection, the recipient and the end of the mail with these lines.
    Says(&'static str, &'static str, &'static str),
    /// Takes the connection and never says a word.
    Hangs,
    /// Hangs up in the middle of the mail.
    DropsInData,
    /// Says that it encrypts, and talks nonsense when it should.
    BreaksTls,
}

const TAKES: Script = Script::Says("220 ready", "250 ok", "250 taken");

/// Its port, and how many mails it was brought to the end.
async fn scripted(script: Script) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let brought = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&brought);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(play(stream, script, Arc::clone(&count)));
        }
    });
    (port, brought)
}

async fn play(stream: TcpStream, script: Script, brought: Arc<AtomicUsize>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let (greeting, recipient, end) = match script {
        Script::Says(greeting, recipient, end) => (greeting, recipient, end),
        Script::Hangs => {
            // until the client gives up
            let mut line = String::new();
            while stream.read_line(&mut line).await.ok()? > 0 {}
            return None;
        }
        Script::DropsInData | Script::BreaksTls => ("220 ready", "250 ok", "250 taken"),
    };
    let mut answer = greeting.to_owned();
    let mut in_data = false;
    loop {
        if !answer.is_empty() {
            stream.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
        }
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let verb = line.split([' ', ':', '\r']).next().unwrap_or_default().to_uppercase();
        answer = match verb.as_str() {
            _ if in_data && line == ".\r\n" => {
                in_data = false;
                brought.fetch_add(1, Ordering::SeqCst);
                end.to_owned()
            }
            _ if in_data && matches!(script, Script::DropsInData) => return None,
            _ if in_data => String::new(),
            "EHLO" if matches!(script, Script::BreaksTls) => "250-here\r\n250 STARTTLS".to_owned(),
            "STARTTLS" => {
                stream.write_all(b"220 go on\r\nwhat?\r\n").await.ok()?;
                return None;
            }
            "RCPT" => recipient.to_owned(),
            "DATA" => {
                in_data = true;
                "354 go on".to_owned()
            }
            "QUIT" => return None,
            _ => "250 ok".to_owned(),
        };
    }
}

/// Transports in this order, each with two seconds.
async fn transports(urls: &[String]) -> (TestSereno, Arc<dyn MailTransport>) {
    let test = TestSereno::new().await;
    let mut config = test.sereno.config.clone();
    config.mail.url = urls[0].as_str().into();
    config.mail.fallback_urls = urls[1..].iter().map(|url| url.as_str().into()).collect();
    config.mail.timeout.0 = 2;
    let transport = from_config(&config).unwrap();
    (test, transport)
}

fn clear(port: u16) -> String {
    format!("smtp://127.0.0.1:{port}?tls=none")
}

#[tokio::test]
async fn what_a_mail_server_does_decides_what_follows() {
    let says = |greeting, recipient, end| Script::Says(greeting, recipient, end);
    let cases = [
        ("later", says("220 ready", "451 4.3.0 later", "")),
        ("later", says("421 busy", "", "")),
        ("never", says("220 ready", "550 5.7.1 not you", "")),
        ("no mailbox", says("220 ready", "550 5.1.1 who?", "")),
        ("never", says("220 ready", "250 ok", "552 too much")),
        ("later", Script::Hangs),
        ("later", Script::DropsInData),
        ("later", says("220 ready", "what?", "")),
    ];
    for (expected, script) in cases {
        let (port, _) = scripted(script).await;
        let (_test, transport) = transports(&[clear(port)]).await;
        let error = transport.send(&mail()).await.unwrap_err();
        let kind = match &error {
            MailError::Later(_) => "later",
            MailError::Never(_) => "never",
            MailError::NoMailbox(_) => "no mailbox",
            MailError::Away(_) | MailError::Wait(_) => "neither",
        };
        assert_eq!(kind, expected, "{error:?}");
    }
    let (port, _) = scripted(Script::BreaksTls).await;
    let (_test, transport) = transports(&[format!("smtp://localhost:{port}")]).await;
    let error = transport.send(&mail()).await.unwrap_err();
    assert!(matches!(error, MailError::Later(_)), "{error:?}");
}

#[tokio::test]
async fn the_next_one_is_asked_where_one_takes_nothing() {
    let closed = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let (busy, _) = scripted(Script::Says("421 busy", "", "")).await;
    let (later, _) = scripted(Script::Says("220 ready", "451 later", "")).await;
    for first in [closed, busy, later] {
        let (second, brought) = scripted(TAKES).await;
        let (_test, transport) = transports(&[clear(first), clear(second)]).await;
        let answer = transport.send(&mail()).await.unwrap();
        assert!(
            answer.contains(&format!("127.0.0.1:{first}: "))
                && answer.ends_with(&format!("127.0.0.1:{second}: 250 taken")),
            "{answer}"
        );
        assert_eq!(brought.load(Ordering::SeqCst), 1);
        assert_eq!(transport.name(), format!("127.0.0.1:{first}, 127.0.0.1:{second}"));
    }
}

#[tokio::test]
async fn nobody_else_is_asked_where_one_refused_or_may_have_taken_it() {
    let refuses = Script::Says("220 ready", "550 no", "");
    for script in [refuses, Script::DropsInData] {
        let (first, _) = scripted(script).await;
        let (second, brought) = scripted(TAKES).await;
        let (_test, transport) = transports(&[clear(first), clear(second)]).await;
        transport.send(&mail()).await.unwrap_err();
        assert_eq!(brought.load(Ordering::SeqCst), 0);
    }
}

#[tokio::test]
async fn a_transport_takes_so_many_in_a_minute_and_then_the_next_one_does() {
    let (slow, brought) = scripted(TAKES).await;
    let limited = format!("{}&per_minute=2", clear(slow));
    let (_test, transport) = transports(std::slice::from_ref(&limited)).await;
    let at = |seconds: i64| OutgoingMail {
        leaves_at: Moment(seconds * 1_000_000),
        ..mail()
    };
    for _ in 0..2 {
        transport.send(&at(0)).await.unwrap();
    }
    let wait = transport.send(&at(20)).await.unwrap_err();
    assert!(
        matches!(wait, MailError::Wait(span) if (40..=41).contains(&span.as_secs())),
        "{wait:?}"
    );
    assert_eq!(brought.load(Ordering::SeqCst), 2);
    transport.send(&at(61)).await.unwrap();
    let (other, others) = scripted(TAKES).await;
    let (_test, transport) = transports(&[limited, clear(other)]).await;
    for _ in 0..5 {
        transport.send(&at(0)).await.unwrap();
    }
    assert_eq!((brought.load(Ordering::SeqCst), others.load(Ordering::SeqCst)), (5, 3));
}

#[tokio::test]
async fn announcements_leave_a_quarter_of_each_minute_to_mails_that_somebody_waits_for() {
    let (port, brought) = scripted(TAKES).await;
    let (_test, transport) = transports(&[format!("{}&per_minute=8", clear(port))]).await;
    let announcement = OutgoingMail {
        unsubscribe: Some("https://id.example.org/account/unsubscribe?token=x".to_owned()),
        ..mail()
    };
    for _ in 0..6 {
        transport.send(&announcement).await.unwrap();
    }
    let wait = transport.send(&announcement).await.unwrap_err();
    assert!(matches!(wait, MailError::Wait(_)), "{wait:?}");
    for _ in 0..2 {
        transport.send(&mail()).await.unwrap();
    }
    let wait = transport.send(&mail()).await.unwrap_err();
    assert!(matches!(wait, MailError::Wait(_)), "{wait:?}");
    assert_eq!(brought.load(Ordering::SeqCst), 8);
}

/// Over the limit a mail waits for its turn, and no attempt is counted.
#[tokio::test]
async fn waiting_for_a_turn_is_no_attempt() {
    let (port, brought) = scripted(TAKES).await;
    let (test, transport) = transports(&[format!("{}&per_minute=2", clear(port))]).await;
    let sending = test.try_another(|_| (), Some(transport)).await.unwrap();
    let staff = sending.system().await;
    let command = sereno_types::SendMessage {
        recipients: (0..5).map(|number| format!("user{number}@example.org")).collect(),
        subject: Some("Hello".to_owned()),
        text: Some(BODY.to_owned()),
        ..sereno_types::SendMessage::default()
    };
    sereno_core::messages::send(&sending.sereno, &sending.meta(), &staff, command)
        .await
        .unwrap();
    for sent in [2, 4, 5] {
        sereno_core::jobs::run_due(&sending.sereno).await.unwrap();
        assert_eq!(brought.load(Ordering::SeqCst), sent);
        assert_eq!(test.count("email_message WHERE status = 'sent'").await, sent);
        sending.advance(Duration::from_secs(61));
    }
    assert_eq!(test.count("job WHERE state = 'done' AND attempts = 1").await, 5);
    assert_eq!(test.count("email_attempt").await, 5);
}

/// Connections are kept for the next mail. The first two may meet, because one is given back in the background.
#[tokio::test]
async fn a_connection_serves_many_mails() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    let brought = Arc::new(AtomicUsize::new(0));
    let mails = Arc::clone(&brought);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(play(stream, TAKES, Arc::clone(&mails)));
        }
    });
    let (_test, transport) = transports(&[clear(port)]).await;
    for _ in 0..10 {
        transport.send(&mail()).await.unwrap();
    }
    assert_eq!(brought.load(Ordering::SeqCst), 10);
    assert!(connections.load(Ordering::SeqCst) <= 3);
}

/// Settings that sign for `example.org`, and the file of the key.
fn signing(server: &MailServer) -> (Config, std::path::PathBuf) {
    let key = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let file = server.test.database.folder().join("dkim.pem");
    std::fs::write(&file, key.serialize_pem()).unwrap();
    let mut config = server.test.sereno.config.clone();
    config.mail.url = format!("smtp://localhost:{}?tls=wrapper", server.port).into();
    config.mail.ca_file = ca_file(&server.test);
    "Example <no-reply@example.org>".clone_into(&mut config.mail.from);
    "bounces@example.org".clone_into(&mut config.mail.bounce_address);
    config.mail.dkim_key_file = file.to_string_lossy().into_owned();
    "sereno".clone_into(&mut config.mail.dkim_selector);
    (config, file)
}

/// A project's own sender is of a domain that nobody here answers for.
#[tokio::test]
async fn a_sender_of_another_domain_is_not_signed_for() {
    for (from, is_signed) in [
        ("The Shop <shop@example.net>", false),
        ("The Shop <shop@mail.example.org>", false),
        ("The Shop <shop@Example.ORG>", true),
    ] {
        let server = MailServer::start(Speaks::Wrapped, "localhost").await;
        let transport = from_config(&signing(&server).0).unwrap();
        let mail = OutgoingMail {
            from: Some(from.to_owned()),
            ..mail()
        };
        transport.send(&mail).await.unwrap();
        drop(transport);
        let heard = server.heard().await.encrypted;
        assert!(
            heard.contains("From: \"The Shop\" <shop@") || heard.contains("From: The Shop <shop@"),
            "{heard}"
        );
        assert_eq!(heard.contains("DKIM-Signature"), is_signed, "{from}: {heard}");
    }
}

#[tokio::test]
async fn mails_are_signed_where_there_is_a_key() {
    let server = MailServer::start(Speaks::Wrapped, "localhost").await;
    let (config, file) = signing(&server);
    sereno_core::boot::check(&config).unwrap();
    let transport = from_config(&config).unwrap();
    std::fs::write(&file, "no key").unwrap();
    let told = sereno_core::boot::check(&config).unwrap_err().to_string();
    assert!(told.contains("mail.dkim_key_file must hold a private key"), "{told}");
    transport.send(&mail()).await.unwrap();
    drop(transport);
    let heard = server.heard().await.encrypted;
    assert!(
        heard.contains("DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.org; s=sereno;"),
        "{heard}"
    );
    assert!(heard.contains("MAIL FROM:<bounces@example.org>"), "{heard}");
}

//! SMTP (RFC 5321), with STARTTLS, TLS from the first byte, or none; connections are kept open for the next mail.

use std::net::IpAddr;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use url::Url;

use super::mime::{Letterhead, Parts};
use crate::config::Config;
use crate::context::limiter::PerMinute;
use crate::crypto::dkim::DkimKey;
use crate::error::{Error, Result};
use crate::port::mail::{MailError, MailTransport, OutgoingMail};

/// Longer than the library waits for a single step, so that it is the library that says which step hung.
const GRACE: Duration = Duration::from_secs(1);

/// One mail server.
pub(super) struct SmtpTransport {
    smtp: AsyncSmtpTransport<Tokio1Executor>,
    name: String,
    letterhead: Letterhead,
    /// What mails are signed with.
    dkim: Option<DkimKey>,
    timeout: Duration,
    /// Most mails in a minute; 0 means no limit.
    per_minute: u64,
    pace: PerMinute<()>,
}

impl SmtpTransport {
    /// The mail server of a URL. It is connected to at `address` where one was looked up and judged already; its certificate
    /// is held against its name all the same.
    pub(super) fn new(url: &Url, config: &Config, address: Option<IpAddr>) -> Result<Self> {
        let host = url
            .host_str()
            .ok_or_else(|| Error::internal("a mail server's URL has no host"))?
            .trim_matches(['[', ']']);
        let said = |name: &str| {
            let found = url.query_pairs().find(|(key, _)| key == name);
            found.map(|(_, value)| value.into_owned())
        };
        let trusted = own_authorities(&config.mail.ca_file).map_err(Error::internal)?;
        let parameters = || {
            let mut builder = TlsParameters::builder(host.to_owned());
            if let Some(trusted) = trusted {
                builder = builder.add_root_certificate(trusted);
            }
            builder.build().map_err(Error::internal)
        };
        let (tls, port) = match said("tls").as_deref() {
            Some("none") => (Tls::None, 25),
            Some("wrapper") => (Tls::Wrapper(parameters()?), 465),
            _ => (Tls::Required(parameters()?), 587),
        };
        let port = url.port().unwrap_or(port);
        let timeout = config.mail.timeout.span();
        let connect_to = address.map_or_else(|| host.to_owned(), |address| address.to_string());
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(connect_to)
            .port(port)
            .tls(tls)
            .timeout(Some(timeout));
        if !url.username().is_empty() {
            let password = decoded(url.password().unwrap_or(""));
            builder = builder.credentials(Credentials::new(decoded(url.username()), password));
        }
        let id_domain = Url::parse(&config.public_url())
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned));
        Ok(Self {
            smtp: builder.build(),
            name: format!("{host}:{port}"),
            letterhead: Letterhead::new(config, id_domain.unwrap_or_else(|| host.to_owned()))?,
            dkim: own_signature(config).map_err(Error::internal)?,
            timeout,
            per_minute: said("per_minute").and_then(|most| most.parse().ok()).unwrap_or(0),
            pace: PerMinute::default(),
        })
    }
}

/// What `mail.ca_file` holds.
///
/// # Errors
/// What is wrong with it, to be told to the operator.
pub fn own_authorities(file: &str) -> std::result::Result<Option<Certificate>, &'static str> {
    const WRONG: &str = "must hold certificates in PEM form";
    if file.is_empty() {
        return Ok(None);
    }
    let pem = std::fs::read_to_string(file).map_err(|_| "cannot be read as text")?;
    // the library takes a file without any for one with none too many
    if !pem.contains("-----BEGIN CERTIFICATE-----") {
        return Err(WRONG);
    }
    Certificate::from_pem(pem.as_bytes()).map(Some).map_err(|_| WRONG)
}

/// What `mail.dkim_key_file` holds, for the domain of the sender.
///
/// # Errors
/// What is wrong with it, to be told to the operator.
pub fn own_signature(config: &Config) -> std::result::Result<Option<DkimKey>, &'static str> {
    let (file, selector) = (&config.mail.dkim_key_file, &config.mail.dkim_selector);
    if file.is_empty() {
        return Ok(None);
    }
    let pem = std::fs::read_to_string(file).map_err(|_| "cannot be read as text")?;
    // a sender that makes no sense is a fault of its own
    let from = config.mail.from.parse::<Mailbox>().ok();
    let domain = from.as_ref().map_or("", |from| from.email.domain());
    DkimKey::new(&pem, domain, selector).map(Some)
}

/// User and password as they stand in a URL, where only `%` means something else than itself (RFC 3986 §2.1).
fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text)
        .decode_utf8_lossy()
        .into_owned()
}

/// 5yz is the mail's fault and final, 4yz and a broken conversation are not; neither is a sign-in that the server refuses
/// (RFC 4954 §6), because that is our set-up and no mail must be lost by it. Of a conversation that broke nobody knows
/// how far it came, so no other server is asked in its place.
fn smtp_error(error: &lettre::transport::smtp::Error) -> MailError {
    let code = error.status().map(u16::from);
    let is_ours = matches!(code, Some(530 | 534 | 535 | 538));
    let said = error.to_string();
    if error.is_permanent() && !is_ours {
        return if has_status(&said, "5.1.1") {
            MailError::NoMailbox(said)
        } else {
            MailError::Never(said)
        };
    }
    // the library has no other word for a connection that did not come about
    let not_there = said.starts_with("Connection error") || error.is_tls() || error.is_client();
    if code.is_some() || not_there {
        MailError::Away(said)
    } else {
        MailError::Later(said)
    }
}

/// Whether an answer holds this enhanced status code (RFC 3463).
fn has_status(said: &str, status: &str) -> bool {
    let mut words = said.split(|c: char| !(c.is_ascii_digit() || c == '.'));
    words.any(|word| word == status)
}

impl SmtpTransport {
    /// Takes one of the minute's mails. Announcements leave a quarter of them to mails that somebody waits for.
    fn take_turn(&self, mail: &OutgoingMail) -> Result<(), MailError> {
        let take = |what, most| match self.pace.take_for(what, (), most, mail.leaves_at) {
            Err(Error::Refused { retry_after, .. }) => {
                Err(MailError::Wait(Duration::from_secs(retry_after.unwrap_or(1))))
            }
            _ => Ok(()),
        };
        if mail.unsubscribe.is_some() {
            take("announcement", self.per_minute - self.per_minute / 4)?;
        }
        take("mail", self.per_minute)
    }
}

#[async_trait::async_trait]
impl MailTransport for SmtpTransport {
    fn name(&self) -> String {
        self.name.clone()
    }

    async fn send(&self, mail: &OutgoingMail) -> Result<String, MailError> {
        let message = self.letterhead.message(mail, Parts::Encoded)?;
        self.take_turn(mail)?;
        // the library's own time-out covers single steps; a server that drips answers is cut off as a whole
        let (envelope, mut bytes) = (message.envelope().clone(), message.formatted());
        let sender = self.letterhead.sender(mail)?;
        if let Some(key) = self.dkim.as_ref().filter(|key| key.signs_for(sender.email.domain())) {
            bytes = key.sign(&bytes).map_err(|why| MailError::Later(why.to_owned()))?;
        }
        let sending = tokio::time::timeout(self.timeout + GRACE, self.smtp.send_raw(&envelope, &bytes)).await;
        let answer = sending.map_err(|_| MailError::Later("timed out".to_owned()))?;
        let answer = answer.map_err(|error| smtp_error(&error))?;
        let lines: Vec<&str> = answer.message().collect();
        Ok(format!("{} {}", answer.code(), lines.join(" ")))
    }

    async fn check(&self) -> Result<(), MailError> {
        let testing = tokio::time::timeout(self.timeout + GRACE, self.smtp.test_connection()).await;
        match testing.map_err(|_| MailError::Later("timed out".to_owned()))? {
            Ok(true) => Ok(()),
            Ok(false) => Err(MailError::Away("the server hung up".to_owned())),
            Err(error) => Err(smtp_error(&error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{decoded, has_status};
    use url::Url;

    #[test]
    fn a_password_is_what_stands_in_the_url() {
        let url = Url::parse("smtp://us%40er:a&b+c=d;e%2Ff@mail.example.org").unwrap();
        assert_eq!(decoded(url.username()), "us@er");
        assert_eq!(decoded(url.password().unwrap()), "a&b+c=d;e/f");
    }

    #[test]
    fn a_status_is_found_as_a_whole() {
        for said in [
            "permanent error (550): 5.1.1 no such user",
            "permanent error (550): 5.1.1: <ana@example.org>",
        ] {
            assert!(has_status(said, "5.1.1"), "{said}");
        }
        for said in [
            "permanent error (550): 5.1.10 no",
            "permanent error (550): 15.1.1",
            "550",
        ] {
            assert!(!has_status(said, "5.1.1"), "{said}");
        }
    }
}

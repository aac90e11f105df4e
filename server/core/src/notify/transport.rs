//! The ways a mail can leave: SMTP, files in a folder (the default of a developer's machine), and memory (tests).

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lettre::message::header::{ContentTransferEncoding, ContentType};
use lettre::message::{Body, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use url::Url;

use crate::config::Config;
use crate::error::{Error, Result};
use crate::port::mail::{MailError, MailTransport, OutgoingMail};

/// The transport that was configured.
pub fn from_config(config: &Config) -> Result<std::sync::Arc<dyn MailTransport>> {
    let from: Mailbox = config.mail.from.parse().map_err(Error::internal)?;
    let url = config.mail_url();
    if let Some(folder) = url.strip_prefix("file:") {
        let folder = PathBuf::from(folder.trim_start_matches("//"));
        return Ok(std::sync::Arc::new(FileTransport {
            folder,
            from,
            announce: config.is_dev(),
        }));
    }
    let url = Url::parse(&url).map_err(Error::internal)?;
    Ok(std::sync::Arc::new(SmtpTransport::new(&url, from, config)?))
}

/// How a mail's parts are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Parts {
    /// As every mail server takes them.
    Encoded,
    /// As they are, for whoever reads the file and copies a link out of it.
    Plain,
}

/// The MIME message: text and HTML as alternatives.
fn message(mail: &OutgoingMail, from: &Mailbox, id_domain: &str, parts: Parts) -> Result<Message, MailError> {
    let never = |error: String| MailError::Never(error);
    let to = mail
        .recipient
        .parse()
        .map_err(|_| never("the address cannot be written to".to_owned()))?;
    Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(mail.subject.clone())
        .message_id(Some(format!("<{}@{id_domain}>", mail.message_id)))
        .date(std::time::UNIX_EPOCH + Duration::from_micros(u64::try_from(mail.date.0).unwrap_or(0)))
        .multipart(match parts {
            Parts::Encoded => MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()),
            Parts::Plain => MultiPart::alternative()
                .singlepart(plain(ContentType::TEXT_PLAIN, &mail.text))
                .singlepart(plain(ContentType::TEXT_HTML, &mail.html)),
        })
        .map_err(|error| never(error.to_string()))
}

fn plain(kind: ContentType, text: &str) -> SinglePart {
    // in whichever encoding the library finds needed, where it finds this one impossible
    let body = Body::new_with_encoding(text.to_owned(), ContentTransferEncoding::Binary).unwrap_or_else(Body::new);
    SinglePart::builder().header(kind).body(body)
}

/// SMTP (RFC 5321), with STARTTLS, TLS from the first byte, or none.
pub struct SmtpTransport {
    smtp: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    id_domain: String,
    timeout: Duration,
}

impl SmtpTransport {
    fn new(url: &Url, from: Mailbox, config: &Config) -> Result<Self> {
        let host = url
            .host_str()
            .ok_or_else(|| Error::internal("mail.url has no host"))?
            .trim_matches(['[', ']']);
        let mode = url
            .query_pairs()
            .find(|(key, _)| key == "tls")
            .map(|(_, value)| value.into_owned());
        let trusted = own_authorities(&config.mail.ca_file).map_err(Error::internal)?;
        let parameters = || {
            let mut builder = TlsParameters::builder(host.to_owned());
            if let Some(trusted) = trusted {
                builder = builder.add_root_certificate(trusted);
            }
            builder.build().map_err(Error::internal)
        };
        let (tls, port) = match mode.as_deref() {
            Some("none") => (Tls::None, 25),
            Some("wrapper") => (Tls::Wrapper(parameters()?), 465),
            _ => (Tls::Required(parameters()?), 587),
        };
        let timeout = config.mail.timeout.span();
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(url.port().unwrap_or(port))
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
            from,
            id_domain: id_domain.unwrap_or_else(|| host.to_owned()),
            timeout,
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

fn decoded(text: &str) -> String {
    url::form_urlencoded::parse(format!("x={}", text.replace('+', "%2B")).as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

/// 5yz is the mail's fault and final, 4yz and a broken conversation are not; neither is a sign-in that the server refuses
/// (RFC 4954 §6), because that is our set-up and no mail must be lost by it.
fn smtp_error(error: &lettre::transport::smtp::Error) -> MailError {
    let code = error.status().map(u16::from);
    let is_ours = matches!(code, Some(530 | 534 | 535 | 538));
    if error.is_permanent() && !is_ours {
        MailError::Never(error.to_string())
    } else {
        MailError::Later(error.to_string())
    }
}

#[async_trait::async_trait]
impl MailTransport for SmtpTransport {
    async fn send(&self, mail: &OutgoingMail) -> Result<String, MailError> {
        let message = message(mail, &self.from, &self.id_domain, Parts::Encoded)?;
        // the library's own time-out covers single steps; a server that drips answers is cut off as a whole
        let sending = tokio::time::timeout(self.timeout, self.smtp.send(message)).await;
        let answer = sending.map_err(|_| MailError::Later("timed out".to_owned()))?;
        let answer = answer.map_err(|error| smtp_error(&error))?;
        let lines: Vec<&str> = answer.message().collect();
        Ok(format!("{} {}", answer.code(), lines.join(" ")))
    }

    async fn check(&self) -> Result<(), MailError> {
        let testing = tokio::time::timeout(self.timeout, self.smtp.test_connection()).await;
        match testing.map_err(|_| MailError::Later("timed out".to_owned()))? {
            Ok(true) => Ok(()),
            Ok(false) => Err(MailError::Later("the server hung up".to_owned())),
            Err(error) => Err(smtp_error(&error)),
        }
    }
}

/// Mails as `.eml` files in a folder, for a machine without a mail server.
pub struct FileTransport {
    folder: PathBuf,
    from: Mailbox,
    announce: bool,
}

#[async_trait::async_trait]
impl MailTransport for FileTransport {
    async fn send(&self, mail: &OutgoingMail) -> Result<String, MailError> {
        let message = message(mail, &self.from, "localhost", Parts::Plain)?;
        let path = self.folder.join(format!("{}.eml", mail.message_id));
        write_private(&path, &message.formatted())
            .await
            .map_err(|error| MailError::Later(error.to_string()))?;
        if self.announce {
            tracing::info!(file = %path.display(), "a mail was written to a file");
        }
        Ok("written to a file".to_owned())
    }

    async fn check(&self) -> Result<(), MailError> {
        let probe = self.folder.join(".check");
        write_private(&probe, b"")
            .await
            .map_err(|error| MailError::Later(error.to_string()))?;
        tokio::fs::remove_file(&probe)
            .await
            .map_err(|error| MailError::Later(error.to_string()))
    }
}

/// Mails hold secrets: nobody else may read them.
async fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        let mut builder = tokio::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        builder.mode(0o700);
        builder.create(folder).await?;
    }
    let mut options = tokio::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    options.mode(0o600);
    let mut file = options.open(path).await?;
    tokio::io::AsyncWriteExt::write_all(&mut file, bytes).await?;
    tokio::io::AsyncWriteExt::flush(&mut file).await
}

/// Mails in memory, for tests.
#[derive(Default)]
pub struct MemoryTransport {
    sent: Mutex<Vec<OutgoingMail>>,
    refuse: Mutex<Option<MailError>>,
}

impl MemoryTransport {
    /// Every mail that was sent so far.
    pub fn sent(&self) -> Vec<OutgoingMail> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on every mail is refused like this, or taken again.
    pub fn refuse_with(&self, error: Option<MailError>) {
        *self.refuse.lock().unwrap_or_else(PoisonError::into_inner) = error;
    }
}

#[async_trait::async_trait]
impl MailTransport for MemoryTransport {
    async fn send(&self, mail: &OutgoingMail) -> Result<String, MailError> {
        if let Some(error) = self.refuse.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            return Err(error);
        }
        self.sent
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(mail.clone());
        Ok("250 kept in memory".to_owned())
    }

    async fn check(&self) -> Result<(), MailError> {
        Ok(())
    }
}

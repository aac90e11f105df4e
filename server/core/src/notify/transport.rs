//! The ways a mail can leave, in the order of preference: SMTP, files in a folder (the default of a developer's machine),
//! and memory (tests).

mod file;
mod memory;
mod mime;
mod smtp;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

pub use memory::MemoryTransport;
pub use smtp::{own_authorities, own_signature};

use crate::config::Config;
use crate::error::{Error, Result};
use crate::port::mail::{MailError, MailTransport, OutgoingMail};

/// The transports that were configured.
pub fn from_config(config: &Config) -> Result<Arc<dyn MailTransport>> {
    let others = config.mail.fallback_urls.iter().map(|url| url.expose().to_owned());
    let all = std::iter::once(config.mail_url()).chain(others);
    let all = all.map(|url| one(&url, config)).collect::<Result<Vec<_>>>()?;
    Ok(Arc::new(InOrder(all)))
}

fn one(url: &str, config: &Config) -> Result<Box<dyn MailTransport>> {
    if let Some(folder) = url.strip_prefix("file:") {
        return Ok(Box::new(file::FileTransport::new(folder, config)?));
    }
    let url = Url::parse(url).map_err(Error::internal)?;
    Ok(Box::new(smtp::SmtpTransport::new(&url, config, None)?))
}

/// The mail server of a URL that staff gave, at an address that was looked up and judged already.
pub(super) fn at(url: &Url, config: &Config, address: IpAddr) -> Result<Arc<dyn MailTransport>> {
    Ok(Arc::new(smtp::SmtpTransport::new(url, config, Some(address))?))
}

/// Several transports: one that takes nothing right now lets the next one try, in the same attempt.
struct InOrder(Vec<Box<dyn MailTransport>>);

impl InOrder {
    /// What one of them said, for the history.
    fn told(&self, transport: &dyn MailTransport, said: &str) -> String {
        match self.0.len() {
            1 => said.to_owned(),
            _ => format!("{}: {said}", transport.name()),
        }
    }
}

#[async_trait::async_trait]
impl MailTransport for InOrder {
    fn name(&self) -> String {
        let names: Vec<String> = self.0.iter().map(|transport| transport.name()).collect();
        names.join(", ")
    }

    async fn send(&self, mail: &OutgoingMail) -> Result<String, MailError> {
        let mut before = Vec::new();
        let mut wait: Option<Duration> = None;
        for transport in &self.0 {
            let told = |said: &str| {
                let mut all = before.clone();
                all.push(self.told(&**transport, said));
                all.join("; ")
            };
            match transport.send(mail).await {
                Ok(answer) => return Ok(told(&answer)),
                Err(MailError::Away(said)) => before.push(self.told(&**transport, &said)),
                Err(MailError::Wait(span)) => wait = Some(wait.map_or(span, |other| other.min(span))),
                Err(MailError::Later(said)) => return Err(MailError::Later(told(&said))),
                Err(MailError::Never(said)) => return Err(MailError::Never(told(&said))),
                Err(MailError::NoMailbox(said)) => return Err(MailError::NoMailbox(told(&said))),
            }
        }
        // waiting counts no attempt, so it is right only where nobody was asked
        match wait {
            Some(span) if before.is_empty() => Err(MailError::Wait(span)),
            _ => Err(MailError::Later(before.join("; "))),
        }
    }

    async fn check(&self) -> Result<(), MailError> {
        for transport in &self.0 {
            let checked = transport.check().await;
            checked.map_err(|error| MailError::Later(self.told(&**transport, &error.to_string())))?;
        }
        Ok(())
    }
}

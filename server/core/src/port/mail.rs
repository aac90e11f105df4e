//! Handing a mail to whoever delivers it.

use crate::clock::Moment;

/// A rendered mail, on its way out. It may hold secrets: it is neither stored nor logged.
#[derive(Clone)]
pub struct OutgoingMail {
    /// The address, as it was written.
    pub recipient: String,
    /// The subject line.
    pub subject: String,
    /// The plain-text body.
    pub text: String,
    /// The HTML body.
    pub html: String,
    /// Stays the same over retries, so that a mail sent twice can be told: the local part of `Message-ID`.
    pub message_id: String,
    /// When it was asked for.
    pub date: Moment,
}

impl std::fmt::Debug for OutgoingMail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OutgoingMail")
            .field("message_id", &self.message_id)
            .finish_non_exhaustive()
    }
}

/// Why a mail was not taken.
#[derive(Clone, Debug, thiserror::Error)]
pub enum MailError {
    /// Trying again later makes sense (RFC 5321 §4.2.1: 4yz), or the server is away.
    #[error("{0}")]
    Later(String),
    /// Trying again makes no sense (5yz), or the address cannot be written to.
    #[error("{0}")]
    Never(String),
}

/// Takes mails.
#[async_trait::async_trait]
pub trait MailTransport: Send + Sync {
    /// Hands the mail over; what comes back is the server's answer, for the history.
    async fn send(&self, mail: &OutgoingMail) -> Result<String, MailError>;

    /// Whether the transport could be reached right now.
    async fn check(&self) -> Result<(), MailError>;
}

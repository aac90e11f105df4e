//! Handing a mail to whoever delivers it.

use std::time::Duration;

use crate::clock::Moment;

/// A rendered mail, on its way out. It may hold secrets: it is neither stored nor logged.
#[derive(Clone, Default)]
pub struct OutgoingMail {
    /// The address, as it was written.
    pub recipient: String,
    /// Who sends it, if not whom the settings name: `Name <address>`.
    pub from: Option<String>,
    /// The subject line.
    pub subject: String,
    /// The plain-text body.
    pub text: String,
    /// The HTML body; none if it is empty.
    pub html: String,
    /// Where answers go, if not to the sender.
    pub reply_to: Option<String>,
    /// Where its recipient can say that they want no more of its kind (RFC 2369, RFC 8058).
    pub unsubscribe: Option<String>,
    /// Files that hang on it.
    pub attachments: Vec<Attachment>,
    /// Stays the same over retries, so that a mail sent twice can be told: the local part of `Message-ID`.
    pub message_id: String,
    /// When it was asked for.
    pub date: Moment,
    /// The moment it is, for transports that take only so many in a time.
    pub leaves_at: Moment,
}

/// A file that hangs on a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// What it is called.
    pub name: String,
    /// What it is (RFC 6838).
    pub content_type: String,
    /// Its content.
    pub bytes: Vec<u8>,
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
    /// Nothing was handed over: the server could not be reached, or answered with a temporary no
    /// (4yz) before it took anything. Another one may be asked at once.
    #[error("{0}")]
    Away(String),
    /// Trying again later makes sense (RFC 5321 §4.2.1: 4yz). It may have been taken: nobody else is asked.
    #[error("{0}")]
    Later(String),
    /// Trying again makes no sense (5yz), or the address cannot be written to.
    #[error("{0}")]
    Never(String),
    /// As [`Self::Never`]: there is no such mailbox (RFC 3463: 5.1.1).
    #[error("{0}")]
    NoMailbox(String),
    /// The transport has taken as many as it may in a minute; it was not asked.
    #[error("as many mails as are allowed in a minute have left")]
    Wait(Duration),
}

/// Takes mails.
#[async_trait::async_trait]
pub trait MailTransport: Send + Sync {
    /// What the history calls it; never a secret.
    fn name(&self) -> String;

    /// Hands the mail over; what comes back is the server's answer, for the history.
    async fn send(&self, mail: &OutgoingMail) -> Result<String, MailError>;

    /// Whether the transport could be reached right now.
    async fn check(&self) -> Result<(), MailError>;
}

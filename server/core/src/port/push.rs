//! Handing a notification to whoever delivers it to a device.

use std::collections::BTreeMap;

use sereno_types::Secret;

/// A notification, on its way out.
#[derive(Clone, Debug)]
pub struct OutgoingPush {
    /// Where the push service delivers to.
    pub token: Secret,
    /// The first line.
    pub title: String,
    /// The words.
    pub body: String,
    /// What the application gets beside them.
    pub data: BTreeMap<String, String>,
    /// The notification channel on Android.
    pub channel: Option<String>,
}

/// Why a notification was not taken. The texts hold no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// Trying again later makes sense.
    #[error("{0}")]
    Later(String),
    /// The token is dead: nothing will ever be delivered to it.
    #[error("{0}")]
    Unregistered(String),
    /// The token is somebody else's to send to.
    #[error("{0}")]
    SenderMismatch(String),
    /// Trying again makes no sense.
    #[error("{0}")]
    Never(String),
}

impl PushError {
    /// The same, if the service repeated the token to which it should have delivered.
    #[must_use]
    pub fn without(self, token: &Secret) -> Self {
        let token = token.expose();
        if token.is_empty() {
            return self;
        }
        let clean = |said: String| said.replace(token, "…");
        match self {
            Self::Later(said) => Self::Later(clean(said)),
            Self::Unregistered(said) => Self::Unregistered(clean(said)),
            Self::SenderMismatch(said) => Self::SenderMismatch(clean(said)),
            Self::Never(said) => Self::Never(clean(said)),
        }
    }
}

/// Takes notifications for devices.
#[async_trait::async_trait]
pub trait PushSender: Send + Sync {
    /// Hands the notification over; what comes back is what the service calls it, for the history.
    async fn send(&self, push: &OutgoingPush) -> Result<String, PushError>;

    /// Whether the service takes us for who we are right now.
    async fn check(&self) -> Result<(), PushError>;
}

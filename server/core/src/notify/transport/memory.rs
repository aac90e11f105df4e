//! Mails in memory, for tests.

use std::sync::{Mutex, PoisonError};

use crate::port::mail::{MailError, MailTransport, OutgoingMail};

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
    fn name(&self) -> String {
        "memory".to_owned()
    }

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

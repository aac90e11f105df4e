//! Mails as files in a folder: the default of a developer's machine.

use std::path::{Path, PathBuf};

use super::mime::{Letterhead, Parts};
use crate::config::Config;
use crate::error::Result;
use crate::port::mail::{MailError, MailTransport, OutgoingMail};

/// Mails as `.eml` files in a folder, for a machine without a mail server.
pub(super) struct FileTransport {
    folder: PathBuf,
    letterhead: Letterhead,
    announce: bool,
}

impl FileTransport {
    pub(super) fn new(folder: &str, config: &Config) -> Result<Self> {
        Ok(Self {
            folder: PathBuf::from(folder.trim_start_matches("//")),
            letterhead: Letterhead::new(config, "localhost".to_owned())?,
            announce: config.is_dev(),
        })
    }
}

#[async_trait::async_trait]
impl MailTransport for FileTransport {
    fn name(&self) -> String {
        "files".to_owned()
    }

    async fn send(&self, mail: &OutgoingMail) -> Result<String, MailError> {
        let message = self.letterhead.message(mail, Parts::Plain)?;
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

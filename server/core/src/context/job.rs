//! What a job is. The queue that runs them is `crate::jobs`.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Sereno;
use crate::error::Error;

/// Work done after the transaction that asked for it, at least once: running it twice must do no harm. The value itself
/// is the payload and holds ids, never secrets that are not sealed.
pub trait Job: Serialize + DeserializeOwned + Send + Sync {
    /// The name in the queue.
    const NAME: &'static str;

    /// Does the work.
    fn run(self, sereno: &Sereno) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Told once when the last attempt failed, so that what waits for the work can say so.
    fn given_up(self, _sereno: &Sereno) -> impl Future<Output = crate::error::Result<()>> + Send {
        async { Ok(()) }
    }
}

/// Why a job did not get done.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Trying again later makes sense.
    #[error("{0}")]
    Later(String),
    /// Nothing was tried, and it is not a fault: it is this job's turn after so long, and no attempt is counted.
    #[error("it waits for its turn")]
    Wait(std::time::Duration),
    /// It never will.
    #[error("{0}")]
    Never(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Later(error.to_string())
    }
}

impl From<sea_orm::DbErr> for Failure {
    fn from(error: sea_orm::DbErr) -> Self {
        Error::from(error).into()
    }
}

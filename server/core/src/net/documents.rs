//! Documents that others publish and that rarely change (discovery, key sets), remembered for a while. What is remembered is
//! the answer as it came; reading it is the caller's.

use std::time::Duration;

use url::Url;

use super::{Answer, Outbound, OutboundError};
use crate::clock::Moment;

/// Most documents that are remembered.
const MOST: usize = 200;

/// What was fetched, and when.
pub struct Documents(quick_cache::sync::Cache<String, (Moment, Answer)>);

impl Default for Documents {
    fn default() -> Self {
        Self(quick_cache::sync::Cache::new(MOST))
    }
}

impl Documents {
    /// The document at this URL, fetched unless it is known and no older than this. Only a success is remembered.
    ///
    /// # Errors
    /// Those of [`Outbound::get`].
    pub async fn get(
        &self,
        outbound: &Outbound,
        url: &Url,
        (now, max_age): (Moment, Duration),
    ) -> Result<Answer, OutboundError> {
        if let Some((at, answer)) = self.0.get(url.as_str())
            && now.since(at) <= max_age
        {
            return Ok(answer);
        }
        let answer = outbound.get(url).await?;
        if answer.is_success() {
            self.0.insert(url.as_str().to_owned(), (now, answer.clone()));
        }
        Ok(answer)
    }
}

//! `sereno worker`: works the queue and nothing else.

use sereno_core::config::Config;
use sereno_core::jobs;

use super::serve::stopped;
use super::{Outcome, start};

pub(super) async fn run(config: Config) -> Outcome {
    let sereno = start(config, Vec::new()).await?;
    tracing::info!("working the queue");
    jobs::work(sereno.clone(), stopped()?).await;
    sereno.db.close().await;
    tracing::info!("stopped");
    Ok(())
}

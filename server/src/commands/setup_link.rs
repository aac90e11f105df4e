//! `sereno setup-link`.

use sereno_core::account::setup;
use sereno_core::config::Config;
use sereno_types::Code;

use super::{Failed, Outcome, explain, say, start};

pub(super) async fn run(config: Config) -> Outcome {
    let sereno = start(config, Vec::new()).await?;
    let link = setup::link(&sereno).await.map_err(|error| match error.code() {
        Code::SetupDone => Failed("there is an administrator already".to_owned()),
        _ => Failed(explain(error)),
    });
    sereno.db.close().await;
    say(&link?);
    Ok(())
}

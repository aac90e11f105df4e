//! `sereno config check` and `sereno config example`.

use clap::Subcommand;
use sereno_core::config::Config;

use super::{Common, Outcome, say};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Say everything that is wrong with the settings, or that nothing is
    Check,
    /// Print a documented file with every setting and its default
    Example,
}

pub(super) fn run(command: &Command, common: &Common) -> Outcome {
    match command {
        Command::Check => {
            let config = super::load(common)?;
            say(&format!("The settings are sound. Public URL: {}", config.public_url()));
        }
        Command::Example => say(Config::example().trim_end()),
    }
    Ok(())
}

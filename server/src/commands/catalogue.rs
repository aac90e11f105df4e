//! `sereno catalogue apply`.

use std::path::PathBuf;

use clap::Subcommand;
use sereno_core::config::Config;
use sereno_core::context::RequestMeta;
use sereno_core::roles::catalogue;
use sereno_types::{Catalogue, CatalogueChange, Difference};

use super::{Failed, Outcome, say, sentence, start};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Declare what a file says for an application; print what changed
    Apply(Apply),
}

#[derive(clap::Args)]
pub(super) struct Apply {
    /// The application's name on the wire
    #[arg(long)]
    client_id: String,
    /// Permissions and roles: the body of `PUT /api/v1/catalogue`, as JSON
    #[arg(value_name = "FILE.json")]
    file: PathBuf,
    /// Only print what would change
    #[arg(long)]
    dry_run: bool,
    /// Remove what is declared no more
    #[arg(long)]
    prune: bool,
}

pub(super) async fn run(Command::Apply(apply): Command, config: Config) -> Outcome {
    let place = apply.file.display();
    let text = std::fs::read_to_string(&apply.file).map_err(|error| Failed(format!("{place}: {error}")))?;
    let mut catalogue: Catalogue = serde_json::from_str(&text).map_err(|error| Failed(format!("{place}: {error}")))?;
    catalogue.dry_run |= apply.dry_run;
    catalogue.prune |= apply.prune;
    let prune = catalogue.prune;
    let sereno = start(config, Vec::new()).await?;
    let changed = catalogue::declare_for(&sereno, &RequestMeta::default(), &apply.client_id, catalogue).await;
    sereno.db.close().await;
    print(&changed.map_err(|error| Failed(sentence(error)))?, prune);
    Ok(())
}

fn print(change: &CatalogueChange, prune: bool) {
    let tell = |what: &str, difference: &Difference| {
        let obsolete = if prune { '-' } else { '?' };
        for (sign, names) in [
            ('+', &difference.added),
            ('~', &difference.changed),
            (obsolete, &difference.obsolete),
        ] {
            for name in names {
                say(&format!("{sign} {what} {name}"));
            }
        }
    };
    tell("permission", &change.permissions);
    tell("role", &change.roles);
    say(if change.applied {
        "applied"
    } else {
        "nothing was changed"
    });
}

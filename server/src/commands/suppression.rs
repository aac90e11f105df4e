//! `sereno suppression`: addresses that are not written to.

use clap::Subcommand;
use sereno_core::config::Config;
use sereno_core::context::{Actor, RequestMeta};
use sereno_core::{Error, Sereno, access, messages};
use sereno_types::{AddSuppression, Code, Id, SuppressionCause, SuppressionQuery, SuppressionRow};

use super::{Outcome, finish, start};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Print the newest addresses that are not written to, one a line: id, cause, address, note
    List {
        /// Only addresses that hold this
        #[arg(long)]
        q: Option<String>,
        /// Only those for this cause: `hard_bounce` or staff
        #[arg(long)]
        cause: Option<String>,
        /// How many, at most 200
        #[arg(long, default_value_t = 50)]
        limit: u64,
    },
    /// Stop writing to an address, and print the entry's id
    Add {
        /// The address
        address: String,
        /// Why, for colleagues
        #[arg(long)]
        note: Option<String>,
    },
    /// Write to an address again
    Remove {
        /// The entry's id
        id: String,
    },
}

pub(super) async fn run(command: Command, config: Config) -> Outcome {
    let sereno = start(config, Vec::new()).await?;
    let done = act(&sereno, command).await;
    finish(sereno, done).await
}

async fn act(sereno: &Sereno, command: Command) -> Result<Vec<String>, Error> {
    let staff = access::staff(sereno, &Actor::System).await?;
    let meta = RequestMeta::default();
    match command {
        Command::List { q, cause, limit } => {
            let cause = cause.map(|name| {
                let found = SuppressionCause::from_name(&name);
                found.ok_or_else(|| Error::field("cause", Code::InvalidChoice))
            });
            let query = SuppressionQuery {
                q,
                cause: cause.transpose()?,
                limit: Some(limit),
                ..SuppressionQuery::default()
            };
            let page = messages::suppressions(sereno, &staff, query).await?;
            Ok(page.items.iter().map(line).collect())
        }
        Command::Add { address, note } => {
            let command = AddSuppression { address, note };
            let added = messages::suppress(sereno, &meta, &staff, command).await?;
            Ok(vec![added.id.to_string()])
        }
        Command::Remove { id } => {
            messages::unsuppress(sereno, &meta, &staff, &Id(id)).await?;
            Ok(Vec::new())
        }
    }
}

fn line(row: &SuppressionRow) -> String {
    // a note of several lines is still one entry
    let note = row.note.as_deref().unwrap_or("").replace('\n', " ");
    format!("{} {} {} {note}", row.id, row.cause.as_str(), row.address)
        .trim_end()
        .to_owned()
}

//! `sereno announcement`.

use clap::Subcommand;
use sereno_core::config::Config;
use sereno_core::context::{Actor, RequestMeta};
use sereno_core::{Error, Sereno, access, announcements};
use sereno_types::{AnnouncementQuery, AnnouncementState, Code, Id};

use super::{Outcome, finish, start};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Print the newest announcements, one a line: id, state, mails that are done of all recipients, name
    List {
        /// Only those in this state: draft, scheduled, sending, paused, sent or cancelled
        #[arg(long)]
        state: Option<String>,
        /// How many
        #[arg(long, default_value_t = 50)]
        limit: u64,
    },
    /// Make one stand still
    Pause {
        /// The announcement's id
        id: String,
    },
    /// Let one go on where it stood still
    Resume {
        /// The announcement's id
        id: String,
    },
    /// End one: what has not left does not leave
    Cancel {
        /// The announcement's id
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
        Command::List { state, limit } => {
            let state = state.map(|name| {
                let found = AnnouncementState::from_name(&name);
                found.ok_or_else(|| Error::field("state", Code::InvalidChoice))
            });
            let query = AnnouncementQuery {
                state: state.transpose()?,
                limit: Some(limit),
                ..AnnouncementQuery::default()
            };
            let page = announcements::list(sereno, &staff, query).await?;
            return Ok(page.items.iter().map(line).collect());
        }
        Command::Pause { id } => announcements::pause(sereno, &meta, &staff, &Id(id)).await?,
        Command::Resume { id } => announcements::resume(sereno, &meta, &staff, &Id(id)).await?,
        Command::Cancel { id } => announcements::cancel(sereno, &meta, &staff, &Id(id)).await?,
    };
    Ok(Vec::new())
}

fn line(row: &sereno_types::AnnouncementRow) -> String {
    let recipients = row.recipients.map_or_else(|| "-".to_owned(), |count| count.to_string());
    format!(
        "{} {} {}/{recipients} {}",
        row.id,
        row.state.as_str(),
        row.counts.done(),
        row.name
    )
}

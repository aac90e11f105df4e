//! `sereno mail`.

use clap::Subcommand;
use sereno_core::config::Config;
use sereno_core::context::{Actor, RequestMeta};
use sereno_core::{Error, Sereno, access, messages};
use sereno_types::{Code, Id, MessageQuery, MessageReason, MessageState, SendResult, TestMail};

use super::{Failed, Outcome, say, sentence, start};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Send a mail to an address right now, and print what the mail server said
    Test {
        /// The address
        address: String,
        /// As the mails of this project leave: its id or name in addresses
        #[arg(long)]
        project: Option<String>,
    },
    /// Print the newest mails, one a line: id, state, reason, kind, recipient
    List {
        /// Only those in this state: queued, sending, sent, failed, skipped, held or cancelled
        #[arg(long)]
        state: Option<String>,
        /// How many, at most 200
        #[arg(long, default_value_t = 50)]
        limit: u64,
    },
    /// Put a mail that did not leave into the queue again
    Retry {
        /// The mail's id
        #[arg(required_unless_present = "all_failed")]
        id: Option<String>,
        /// Every mail that failed; prints how many
        #[arg(long, conflicts_with = "id")]
        all_failed: bool,
    },
    /// Let mails go that are held back
    Release {
        /// The mail's id; every one when nothing is said, and prints how many
        id: Option<String>,
    },
}

pub(super) async fn run(command: Command, config: Config) -> Outcome {
    let sereno = start(config, Vec::new()).await?;
    let done = match command {
        Command::Test { address, project } => {
            let sent = test(&sereno, address, project.as_deref()).await;
            sereno.db.close().await;
            let sent = sent.map_err(|error| Failed(sentence(error)))?;
            let answer = sent.answer.unwrap_or_else(|| sent.code.title().to_owned());
            let line = format!("{}: {answer}", sent.code.as_str());
            if sent.code != MessageReason::EmailSent {
                return Err(Failed(line));
            }
            say(&line);
            return Ok(());
        }
        Command::List { state, limit } => list(&sereno, state.as_deref(), limit).await,
        Command::Retry { id, .. } => retry(&sereno, id).await,
        Command::Release { id } => release(&sereno, id).await,
    };
    sereno.db.close().await;
    for line in done.map_err(|error| Failed(sentence(error)))? {
        say(&line);
    }
    Ok(())
}

async fn test(sereno: &Sereno, address: String, project: Option<&str>) -> Result<SendResult, Error> {
    let staff = access::staff(sereno, &Actor::System).await?;
    let command = TestMail { recipient: address };
    messages::test(sereno, &RequestMeta::default(), &staff, project, command).await
}

async fn list(sereno: &Sereno, state: Option<&str>, limit: u64) -> Result<Vec<String>, Error> {
    let staff = access::staff(sereno, &Actor::System).await?;
    let state =
        state.map(|name| MessageState::from_name(name).ok_or_else(|| Error::field("state", Code::InvalidChoice)));
    let query = MessageQuery {
        state: state.transpose()?,
        limit: Some(limit),
        ..MessageQuery::default()
    };
    let page = messages::list(sereno, &staff, query).await?;
    let line = |row: sereno_types::MessageRow| {
        let why = row.reason.unwrap_or(row.code);
        format!(
            "{} {} {} {} {}",
            row.id,
            row.state.as_str(),
            why.as_str(),
            row.kind,
            row.recipient
        )
    };
    Ok(page.items.into_iter().map(line).collect())
}

async fn retry(sereno: &Sereno, id: Option<String>) -> Result<Vec<String>, Error> {
    let staff = access::staff(sereno, &Actor::System).await?;
    let meta = RequestMeta::default();
    if let Some(id) = id {
        messages::retry(sereno, &meta, &staff, &Id(id)).await?;
        return Ok(Vec::new());
    }
    let retried = messages::retry_failed(sereno, &meta, &staff).await?;
    Ok(vec![retried.released.to_string()])
}

async fn release(sereno: &Sereno, id: Option<String>) -> Result<Vec<String>, Error> {
    let staff = access::staff(sereno, &Actor::System).await?;
    let meta = RequestMeta::default();
    if let Some(id) = id {
        messages::release(sereno, &meta, &staff, &Id(id)).await?;
        return Ok(Vec::new());
    }
    let released = messages::release_all(sereno, &meta, &staff).await?;
    Ok(vec![released.released.to_string()])
}

//! `sereno mail`.

use clap::Subcommand;
use sereno_core::config::Config;
use sereno_core::context::{Actor, RequestMeta};
use sereno_core::{Error, Sereno, access, messages};
use sereno_types::{
    Code, Id, MessageDetail, MessageQuery, MessageReason, MessageState, ResendMessage, SendResult, TestMail,
};

use super::{Failed, Outcome, finish, say, sentence, start};

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
    /// Print what is known of a mail, with every attempt and its subject; secrets are masked
    Show {
        /// The mail's id
        id: String,
    },
    /// Take a mail out of the queue
    Cancel {
        /// The mail's id
        id: String,
    },
    /// Send a mail anew, and print what becomes of the other one: its id, if it has one by now, and its code
    Resend {
        /// The mail's id
        id: String,
        /// To this address, where the mail's own is wrong
        #[arg(long, value_name = "ADDRESS")]
        to: Option<String>,
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
        Command::Show { id } => show(&sereno, id).await,
        Command::Cancel { id } => cancel(&sereno, id).await,
        Command::Resend { id, to } => resend(&sereno, id, to).await,
        Command::Retry { id, .. } => retry(&sereno, id).await,
        Command::Release { id } => release(&sereno, id).await,
    };
    finish(sereno, done).await
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

async fn show(sereno: &Sereno, id: String) -> Result<Vec<String>, Error> {
    let staff = access::staff(sereno, &Actor::System).await?;
    Ok(facts(&messages::detail(sereno, &staff, &Id(id)).await?))
}

/// A fact a line, as `name: value`; what is not known has none.
fn facts(detail: &MessageDetail) -> Vec<String> {
    let message = &detail.message;
    let subject = detail.preview.as_ref().map(|preview| preview.subject.clone());
    let actions: Vec<_> = detail.actions.iter().map(|action| action.as_str()).collect();
    let facts = [
        ("kind", Some(message.kind.clone())),
        ("recipient", Some(message.recipient.clone())),
        ("subject", subject),
        ("project", message.project.clone()),
        ("language", Some(message.locale.clone())),
        ("state", Some(message.state.as_str().to_owned())),
        ("reason", message.reason.map(|reason| reason.as_str().to_owned())),
        ("code", Some(message.code.as_str().to_owned())),
        ("created_at", Some(message.created_at.0.clone())),
        ("sent_at", message.sent_at.as_ref().map(|at| at.0.clone())),
        ("resent_of", detail.resent_of.as_ref().map(Id::to_string)),
        ("announcement", detail.announcement.as_ref().map(Id::to_string)),
        ("actions", Some(actions.join(", "))),
    ];
    let known = facts
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name}: {}", value?)));
    let tried = detail.tried.iter().map(|attempt| {
        let answer = attempt.answer.as_deref().unwrap_or("-").replace('\n', " ");
        format!(
            "attempt {}: {} {} {} {answer}",
            attempt.number,
            attempt.begun_at.0,
            attempt.outcome.as_str(),
            attempt.transport
        )
    });
    known.chain(tried).collect()
}

async fn cancel(sereno: &Sereno, id: String) -> Result<Vec<String>, Error> {
    let staff = access::staff(sereno, &Actor::System).await?;
    messages::cancel(sereno, &RequestMeta::default(), &staff, &Id(id)).await?;
    Ok(Vec::new())
}

async fn resend(sereno: &Sereno, id: String, recipient: Option<String>) -> Result<Vec<String>, Error> {
    let staff = access::staff(sereno, &Actor::System).await?;
    let command = ResendMessage { recipient };
    let again = messages::resend(sereno, &RequestMeta::default(), &staff, &Id(id), command).await?;
    // a flow that asks anew makes its mail when its job runs
    let id = again.id.map_or_else(|| "-".to_owned(), |id| id.to_string());
    Ok(vec![format!("{id} {}", again.code.as_str())])
}

async fn retry(sereno: &Sereno, id: Option<String>) -> Result<Vec<String>, Error> {
    let staff = access::staff(sereno, &Actor::System).await?;
    let meta = RequestMeta::default();
    if let Some(id) = id {
        messages::retry(sereno, &meta, &staff, &Id(id)).await?;
        return Ok(Vec::new());
    }
    let retried = messages::retry_failed(sereno, &meta, &staff, MessageQuery::default()).await?;
    Ok(vec![retried.released.to_string()])
}

async fn release(sereno: &Sereno, id: Option<String>) -> Result<Vec<String>, Error> {
    let staff = access::staff(sereno, &Actor::System).await?;
    let meta = RequestMeta::default();
    if let Some(id) = id {
        messages::release(sereno, &meta, &staff, &Id(id)).await?;
        return Ok(Vec::new());
    }
    let released = messages::release_all(sereno, &meta, &staff, MessageQuery::default()).await?;
    Ok(vec![released.released.to_string()])
}

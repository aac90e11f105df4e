//! `sereno push test`.

use clap::Subcommand;
use sereno_core::access;
use sereno_core::config::Config;
use sereno_core::context::Actor;
use sereno_core::messages;
use sereno_core::port::push::PushError;
use sereno_core::push::{self, Message};
use sereno_core::{Error, Sereno};
use sereno_types::{Code, Secret};

use super::{Failed, Outcome, read_secret, say, sentence, start};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Send a notification to a user's devices, or to one push token, at once
    Test(Test),
}

#[derive(clap::Args)]
pub(super) struct Test {
    /// Whose devices: an id, a number, an address or a user name
    #[arg(long, required_unless_present = "token_stdin", conflicts_with = "token_stdin")]
    user: Option<String>,
    /// Read the push token of one device from standard input
    #[arg(long)]
    token_stdin: bool,
    /// The first line
    #[arg(long, default_value = "Sereno")]
    title: String,
    /// The words
    #[arg(long, default_value = "This is a test.")]
    message: String,
}

pub(super) async fn run(command: Command, config: Config) -> Outcome {
    let Command::Test(command) = command;
    let token = if command.token_stdin {
        Some(read_secret()?)
    } else {
        None
    };
    let sereno = start(config, Vec::new()).await?;
    let message = Message {
        title: command.title,
        body: command.message,
        ..Message::default()
    };
    let tried = hand_over(&sereno, command.user.as_deref(), token, &message).await;
    sereno.db.close().await;
    tell(&tried.map_err(|error| Failed(sentence(error)))?)
}

async fn hand_over(
    sereno: &Sereno,
    user: Option<&str>,
    token: Option<Secret>,
    message: &Message,
) -> Result<Vec<push::Tried>, Error> {
    let staff = access::staff(sereno, &Actor::System).await?;
    if let Some(user) = user {
        return messages::push::try_now(sereno, &staff, user, message).await;
    }
    let answer = push::try_token(sereno, token.unwrap_or_default(), message).await;
    let answer = answer.ok_or(Code::PushNotConfigured)?;
    Ok(vec![("token".to_owned(), answer)])
}

fn tell(tried: &[push::Tried]) -> Outcome {
    if tried.is_empty() {
        return Err(Failed(
            "no device that the user is signed in on has a push token".to_owned(),
        ));
    }
    for (device, answer) in tried {
        match answer {
            Ok(name) => say(&format!("sent  {device}: {name}")),
            Err(error) => say(&format!("{} {device}: {error}", kind(error))),
        }
    }
    let failed = tried.iter().filter(|(_, answer)| answer.is_err()).count();
    if failed == 0 {
        Ok(())
    } else {
        Err(Failed(format!("{failed} of {} were not taken", tried.len())))
    }
}

const fn kind(error: &PushError) -> &'static str {
    match error {
        PushError::Later(_) => "LATER",
        PushError::Unregistered(_) => "DEAD ",
        PushError::SenderMismatch(_) | PushError::Never(_) => "WRONG",
    }
}

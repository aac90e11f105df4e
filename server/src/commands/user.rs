//! `sereno user add`.

use clap::Subcommand;
use sereno_core::access;
use sereno_core::account::admin::{self, CreateUser};
use sereno_core::config::Config;
use sereno_core::context::{Actor, RequestMeta};
use sereno_core::{Error, Sereno};
use sereno_types::{Id, Secret};

use super::{Failed, Outcome, read_secret, say, sentence, start};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make a user and print their id
    Add(Add),
}

#[derive(clap::Args)]
pub(super) struct Add {
    /// The address; counts as confirmed unless --inactive
    #[arg(long)]
    email: String,
    /// A second name to sign in with
    #[arg(long)]
    username: Option<String>,
    /// Read the password from standard input; without it the user has none
    #[arg(long)]
    password_stdin: bool,
    /// The user's number, to keep one from elsewhere
    #[arg(long)]
    number: Option<i64>,
    /// May do everything
    #[arg(long)]
    superuser: bool,
    /// Has to confirm the address first; the mail is sent
    #[arg(long)]
    inactive: bool,
}

pub(super) async fn run(command: Command, config: Config) -> Outcome {
    let Command::Add(add) = command;
    let password = if add.password_stdin { Some(read_secret()?) } else { None };
    let sereno = start(config, Vec::new()).await?;
    let added = create(&sereno, add, password).await;
    sereno.db.close().await;
    say(&added.map_err(|error| Failed(sentence(error)))?.0);
    Ok(())
}

async fn create(sereno: &Sereno, add: Add, password: Option<Secret>) -> Result<Id, Error> {
    let staff = access::staff(sereno, &Actor::System).await?;
    let command = CreateUser {
        email: add.email,
        username: add.username,
        password,
        number: add.number,
        is_superuser: add.superuser,
        inactive: add.inactive,
    };
    admin::create_user(sereno, &RequestMeta::default(), &staff, command).await
}

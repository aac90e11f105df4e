//! `sereno application add`.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde::de::DeserializeOwned;
use sereno_core::config::Config;
use sereno_core::context::{Actor, RequestMeta};
use sereno_core::oauth::admin::{self, Brought};
use sereno_core::{Error, Sereno, access};
use sereno_types::{
    ApplicationCreated, ApplicationKind, CookieSettings, CreateApplication, Delivery, Grant, TokenProfile,
};

use super::{Failed, Outcome, read_secret, say, sentence, start};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Register an application; print its name on the wire, and its secret if one was drawn
    Add(Add),
}

#[derive(clap::Args)]
pub(super) struct Add {
    /// What people call it
    #[arg(long)]
    name: String,
    /// Its name on the wire; drawn when nothing is said
    #[arg(long)]
    client_id: Option<String>,
    /// Read its secret from standard input, to keep one from elsewhere; without it one is drawn
    #[arg(long)]
    secret_stdin: bool,
    /// Take a secret from elsewhere though it has fewer than 32 characters (8 at least): it can be guessed sooner
    #[arg(long, requires = "secret_stdin")]
    accept_short_secret: bool,
    /// Whether it can keep a secret: public or confidential
    #[arg(long, default_value = "public", value_parser = kind)]
    kind: ApplicationKind,
    /// How it may come by tokens, between commas; by password and refresh token when nothing is said
    #[arg(long, value_delimiter = ',', value_parser = grant)]
    grants: Option<Vec<Grant>>,
    /// Where the authorization page may send people back to; may be said several times
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirect_uris: Vec<String>,
    /// An origin whose scripts may call the API with it; may be said several times
    #[arg(long = "origin", value_name = "ORIGIN")]
    origins: Vec<String>,
    /// What it may ask for; may be said several times
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// How tokens reach it: by one of the deliveries of the API
    #[arg(long, default_value = "json", value_parser = delivery)]
    delivery: Delivery,
    /// The form of its tokens: the `profile` of the API, as JSON
    #[arg(long, value_name = "FILE.json")]
    profile: Option<PathBuf>,
    /// Names and attributes of the cookies of a cookie delivery: the `cookies` of the API, as JSON
    #[arg(long, value_name = "FILE.json")]
    cookies: Option<PathBuf>,
}

fn choice<T>(found: Option<T>, all: &[&str]) -> Result<T, String> {
    found.ok_or_else(|| format!("one of {}", all.join(", ")))
}

fn kind(name: &str) -> Result<ApplicationKind, String> {
    let all: Vec<_> = ApplicationKind::ALL.iter().map(|kind| kind.as_str()).collect();
    choice(ApplicationKind::from_name(name), &all)
}

fn grant(name: &str) -> Result<Grant, String> {
    let all: Vec<_> = Grant::ALL.iter().map(|grant| grant.as_str()).collect();
    choice(Grant::from_name(name), &all)
}

fn delivery(name: &str) -> Result<Delivery, String> {
    let all: Vec<_> = Delivery::ALL.iter().map(|delivery| delivery.as_str()).collect();
    choice(Delivery::from_name(name), &all)
}

pub(super) async fn run(command: Command, config: Config) -> Outcome {
    let Command::Add(add) = command;
    // what the caller got wrong is said before anything is opened
    let profile: TokenProfile = read_json(add.profile.as_deref())?;
    let cookies: CookieSettings = read_json(add.cookies.as_deref())?;
    let secret = if add.secret_stdin {
        Some(Brought {
            secret: read_secret()?,
            may_be_short: add.accept_short_secret,
        })
    } else {
        None
    };
    let drawn = secret.is_none();
    let sereno = start(config, Vec::new()).await?;
    let added = create(&sereno, add, (profile, cookies), secret).await;
    sereno.db.close().await;
    let added = added.map_err(|error| Failed(sentence(error)))?;
    say(&added.application.client_id);
    if let Some(secret) = added.secret.filter(|_| drawn) {
        say(&secret.client_secret);
    }
    // the key with which it checks its tokens, where it shares one with us: shown here and never again
    if let Some(secret) = added.signing_secret {
        say(&secret);
    }
    Ok(())
}

/// What a file says; the usual when none is named.
fn read_json<T: Default + DeserializeOwned>(path: Option<&Path>) -> Result<T, Failed> {
    let Some(path) = path else { return Ok(T::default()) };
    let text = std::fs::read_to_string(path).map_err(|error| Failed(format!("{}: {error}", path.display())))?;
    serde_json::from_str(&text).map_err(|error| Failed(format!("{}: {error}", path.display())))
}

async fn create(
    sereno: &Sereno,
    add: Add,
    (profile, cookies): (TokenProfile, CookieSettings),
    secret: Option<Brought>,
) -> Result<ApplicationCreated, Error> {
    let staff = access::staff(sereno, &Actor::System).await?;
    let command = CreateApplication {
        name: add.name,
        client_id: add.client_id,
        kind: add.kind,
        grants: add.grants,
        redirect_uris: add.redirect_uris,
        origins: add.origins,
        scopes: add.scopes,
        delivery: add.delivery,
        profile,
        cookies,
    };
    admin::create(sereno, &RequestMeta::default(), &staff, command, secret).await
}

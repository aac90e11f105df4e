//! The command line: parses, calls one function, prints its answer.

mod announcement;
mod application;
mod catalogue;
mod check;
mod config;
mod doctor;
mod mail;
mod push;
mod role;
mod serve;
mod setup_link;
mod suppression;
mod template;
mod user;
mod worker;

use std::io::{IsTerminal, Read, Write};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
use sereno_core::boot::{self, World};
use sereno_core::config::{Config, Fault, Overrides};
use sereno_core::event::Subscriber;
use sereno_core::{Error, Sereno};
use sereno_types::{FieldError, Secret};
use tracing_subscriber::EnvFilter;

use crate::compat;

/// Sereno keeps the keys: accounts, sign-in and tokens from one binary.
#[derive(Parser)]
#[command(name = "sereno", version, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// Where the settings come from; each also stands in the file or the environment.
#[derive(Args)]
struct Common {
    /// The settings' file [default: sereno.toml, if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<std::path::PathBuf>,
    /// Folder of everything Sereno stores itself
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<String>,
    /// Where to listen
    #[arg(long, global = true, value_name = "ADDR")]
    listen: Option<String>,
    /// The database
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve HTTP, and work the queue unless told not to
    Serve,
    /// Work the queue only
    Worker,
    /// Bring the database up to date
    Migrate,
    /// Look at the settings
    #[command(subcommand)]
    Config(config::Command),
    /// Print a new link for the first administrator
    SetupLink,
    /// Make users
    #[command(subcommand)]
    User(user::Command),
    /// Register applications
    #[command(subcommand)]
    Application(application::Command),
    /// Declare the permissions and roles of an application
    #[command(subcommand)]
    Catalogue(catalogue::Command),
    /// Give roles and take them back
    #[command(subcommand)]
    Role(role::Command),
    /// Try notifications to devices
    #[command(subcommand)]
    Push(push::Command),
    /// Look at announcements, stop them and let them go on
    #[command(subcommand)]
    Announcement(announcement::Command),
    /// Look at mails and repair them
    #[command(subcommand)]
    Mail(mail::Command),
    /// Look at addresses that are not written to, add one, take one off
    #[command(subcommand)]
    Suppression(suppression::Command),
    /// Carry e-mail templates as files, and publish them
    #[command(subcommand)]
    Template(template::Command),
    /// Whether somebody may do something, and why; fails when they may not
    Check(check::Question),
    /// Check database, keys, mail, public URL and clock
    Doctor,
}

/// Why a command failed: one sentence, or several lines of them.
pub(crate) struct Failed(pub String);

impl<E: std::fmt::Display> From<E> for Failed {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

pub(crate) type Outcome = Result<(), Failed>;

/// Runs the command of this process.
#[must_use]
pub fn run() -> ExitCode {
    sereno_core::crypto::install_provider();
    let cli = Cli::parse();
    match dispatch(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed(why)) => {
            let _ = writeln!(std::io::stderr(), "sereno: {why}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(cli: Cli) -> Outcome {
    if let Command::Config(command) = &cli.command {
        return config::run(command, &cli.common);
    }
    let config = load(&cli.common)?;
    log(&config, &cli.command)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match cli.command {
            Command::Serve => serve::run(config).await,
            Command::Worker => worker::run(config).await,
            Command::Migrate => start(config, Vec::new()).await.map(|_| ()),
            Command::SetupLink => setup_link::run(config).await,
            Command::User(command) => user::run(command, config).await,
            Command::Application(command) => Box::pin(application::run(command, config)).await,
            Command::Catalogue(command) => catalogue::run(command, config).await,
            Command::Role(command) => role::run(command, config).await,
            Command::Push(command) => push::run(command, config).await,
            Command::Announcement(command) => Box::pin(announcement::run(command, config)).await,
            Command::Mail(command) => Box::pin(mail::run(command, config)).await,
            Command::Suppression(command) => Box::pin(suppression::run(command, config)).await,
            Command::Template(command) => Box::pin(template::run(command, config)).await,
            Command::Check(question) => check::run(question, config).await,
            Command::Doctor => Box::pin(doctor::run(config)).await,
            Command::Config(_) => Ok(()),
        }
    })
}

/// Defaults, the file, the environment, the command line.
fn load(common: &Common) -> Result<Config, Failed> {
    let name = common
        .config
        .as_ref()
        .map_or_else(|| "sereno.toml".to_owned(), |path| path.display().to_string());
    let path = common.config.as_deref().unwrap_or(std::path::Path::new("sereno.toml"));
    let file = match std::fs::read_to_string(path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && common.config.is_none() => None,
        Err(error) => return Err(Failed(format!("{name}: {error}"))),
    };
    let said = [
        ("data", &common.data),
        ("server.listen", &common.listen),
        ("database.url", &common.database_url),
    ];
    let overrides: Overrides = said
        .into_iter()
        .filter_map(|(path, value)| Some((path, value.clone()?)))
        .collect();
    let env =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let (config, mut faults) = Config::read(file.as_deref().map(|text| (name.as_str(), text)), env, overrides);
    if let Err(more) = boot::check(&config) {
        faults.0.extend(more.0);
    }
    faults.0.extend(compat::faults(&config));
    if let Some(message) = refuse_level(&config.log.level) {
        faults.0.push(Fault {
            setting: "log.level".to_owned(),
            message,
        });
    }
    if !faults.0.is_empty() {
        return Err(Failed(format!("the settings are refused:\n{faults}")));
    }
    Ok(config)
}

/// What is wrong with the setting `log.level`. The filter takes a word that is no level for the name of a part of the
/// program, and then nothing else is written.
fn refuse_level(level: &str) -> Option<String> {
    let is_level = |word: &str| word.parse::<tracing_subscriber::filter::LevelFilter>().is_ok();
    let mut words = level.split(',').map(str::trim);
    let typo = words.find(|word| !word.contains(['=', '[', ':']) && !is_level(word));
    match (typo, EnvFilter::try_new(level)) {
        (Some(typo), _) => Some(format!(
            "`{typo}` is no level: error, warn, info, debug, trace, off, or target=level"
        )),
        (None, Err(error)) => Some(error.to_string()),
        (None, Ok(_)) => None,
    }
}

/// What goes into the log; the setting has the last word.
fn directives(level: &str, command: &Command) -> String {
    // whoever asks for something small does not want to read about migrations, unless the setting says so
    let migrations = match command {
        Command::Serve | Command::Worker | Command::Migrate => String::new(),
        Command::Config(_)
        | Command::SetupLink
        | Command::User(_)
        | Command::Application(_)
        | Command::Catalogue(_)
        | Command::Role(_)
        | Command::Push(_)
        | Command::Announcement(_)
        | Command::Mail(_)
        | Command::Suppression(_)
        | Command::Template(_)
        | Command::Check(_)
        | Command::Doctor => {
            format!("{}=warn,", boot::MIGRATIONS_IN_LOG)
        }
    };
    // the cookie library takes every cookie of an ended session for an attack
    format!("tower_sessions_core=error,{migrations}{level}")
}

fn log(config: &Config, command: &Command) -> Outcome {
    let filter = EnvFilter::try_new(directives(&config.log.level, command))?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false);
    if config.log.format == "json" {
        log.json().flatten_event(true).init();
    } else {
        log.with_ansi(std::io::stderr().is_terminal()).init();
    }
    Ok(())
}

/// A running context in the real world.
async fn start(config: Config, subscribers: Vec<Arc<dyn Subscriber>>) -> Result<Sereno, Failed> {
    let world = World::real(&config, subscribers)?;
    Ok(boot::start(config, world).await.map_err(explain)?)
}

fn explain(error: Error) -> String {
    match error {
        Error::Unavailable(cause) | Error::Internal(cause) => cause,
        other => other.to_string(),
    }
}

/// The first line of standard input; the line's end is not part of the secret.
fn read_secret() -> Result<Secret, Failed> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(Secret::new(text.lines().next().unwrap_or("")))
}

/// Why something was refused, one line for each field.
fn sentence(error: Error) -> String {
    match error {
        Error::Refused { fields, code, .. } if fields.is_empty() => code.title().to_owned(),
        Error::Refused { fields, .. } => {
            let lines: Vec<String> = fields.iter().map(of_field).collect();
            lines.join("\n")
        }
        other => explain(other),
    }
}

/// What is wrong with a field, and what the code tells besides: a limit, or why.
fn of_field(error: &FieldError) -> String {
    let particulars = error.params.iter().map(|(name, value)| match value {
        serde_json::Value::String(text) => format!("; {name}: {text}"),
        other => format!("; {name}: {other}"),
    });
    let particulars: String = particulars.collect();
    format!("{}: {} ({}{particulars})", error.field, error.code.title(), error.code)
}

/// Ends a command that answers in lines.
async fn finish(sereno: Sereno, done: Result<Vec<String>, Error>) -> Outcome {
    sereno.db.close().await;
    for line in done.map_err(|error| Failed(sentence(error)))? {
        say(&line);
    }
    Ok(())
}

/// Prints a line for people or scripts: what a command was asked for goes to standard output, the log does not.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

#[cfg(test)]
mod tests {
    use sereno_types::Code;

    use super::*;

    #[test]
    fn a_refused_field_says_why() {
        let error = FieldError::new("profile.algorithm", Code::InvalidChoice)
            .with("reason", "HS256 needs a confidential application");
        assert!(
            sentence(Error::fields(vec![error]))
                .ends_with("(invalid_choice; reason: HS256 needs a confidential application)")
        );
        let error = FieldError::new("name", Code::TooLong).with("max", 64);
        assert!(sentence(Error::fields(vec![error])).ends_with("(too_long; max: 64)"));
    }

    #[test]
    fn only_those_who_migrate_for_long_tell_of_it() {
        let name = boot::MIGRATIONS_IN_LOG;
        assert!(!directives("info", &Command::Serve).contains(name));
        assert!(!directives("info", &Command::Migrate).contains(name));
        let quiet = directives("info", &Command::SetupLink);
        assert!(quiet.contains(&format!("{name}=warn,")), "{quiet}");
        assert!(quiet.ends_with(",info"), "the setting has the last word: {quiet}");
        assert!(EnvFilter::try_new(quiet).is_ok());
    }
}

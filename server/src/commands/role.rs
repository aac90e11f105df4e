//! `sereno role assign` and `sereno role revoke`.

use clap::Subcommand;
use sereno_core::config::Config;
use sereno_core::context::{Actor, RequestMeta};
use sereno_core::roles::{assignments, roles};
use sereno_core::{Error, Sereno, access};
use sereno_types::{AssignRole, AssignmentQuery, Code, Timestamp};

use super::{Failed, Outcome, say, sentence, start};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Give a role to users; print how many did not hold it before
    Assign(Assign),
    /// Take a role back from a user
    Revoke(Revoke),
}

#[derive(clap::Args)]
pub(super) struct Assign {
    /// The role's codename
    role: String,
    /// Who gets it: an id, a number, an address or a user name; may be said several times
    #[arg(long = "user", required = true)]
    users: Vec<String>,
    /// The project in which it holds; everywhere when nothing is said
    #[arg(long)]
    project: Option<String>,
    /// When it ends (RFC 3339); never when nothing is said
    #[arg(long, value_name = "TIME")]
    expires_at: Option<String>,
}

#[derive(clap::Args)]
pub(super) struct Revoke {
    /// The role's codename
    role: String,
    /// Who loses it: an id, a number, an address or a user name
    #[arg(long)]
    user: String,
    /// The project in which it holds; everywhere when nothing is said
    #[arg(long)]
    project: Option<String>,
}

pub(super) async fn run(command: Command, config: Config) -> Outcome {
    let sereno = start(config, Vec::new()).await?;
    let done = match command {
        Command::Assign(command) => assign(&sereno, command).await,
        Command::Revoke(command) => revoke(&sereno, command).await,
    };
    sereno.db.close().await;
    say(&done.map_err(|error| Failed(sentence(error)))?);
    Ok(())
}

/// The project's own role of this name, else the global one.
async fn find(sereno: &Sereno, role: &str, project: Option<&str>) -> Result<sereno_types::Id, Error> {
    let staff = access::staff(sereno, &Actor::System).await?;
    let own = match project {
        Some(_) => roles::named(sereno, &staff, role, project).await,
        None => Err(Error::NotFound),
    };
    match own {
        Err(Error::NotFound) => roles::named(sereno, &staff, role, None).await,
        other => other,
    }
}

async fn assign(sereno: &Sereno, command: Assign) -> Result<String, Error> {
    let staff = access::staff(sereno, &Actor::System).await?;
    let assign = AssignRole {
        role: find(sereno, &command.role, command.project.as_deref()).await?,
        users: command.users,
        project: command.project,
        expires_at: command.expires_at.map(Timestamp),
    };
    let assigned = assignments::assign(sereno, &RequestMeta::default(), &staff, assign).await?;
    Ok(assigned.assigned.to_string())
}

async fn revoke(sereno: &Sereno, command: Revoke) -> Result<String, Error> {
    let staff = access::staff(sereno, &Actor::System).await?;
    let query = AssignmentQuery {
        user: Some(command.user),
        role: Some(find(sereno, &command.role, command.project.as_deref()).await?.0),
        // what stands for "everywhere" in this filter
        project: Some(command.project.unwrap_or_else(|| roles::GLOBAL.to_owned())),
        ..AssignmentQuery::default()
    };
    let held = assignments::list(sereno, &staff, query).await?;
    let held = held.items.into_iter().next().ok_or(Code::NotFound)?;
    assignments::revoke(sereno, &RequestMeta::default(), &staff, &held.id).await?;
    Ok("1".to_owned())
}

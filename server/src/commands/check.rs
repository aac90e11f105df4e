//! `sereno check`.

use sereno_core::access;
use sereno_core::config::Config;
use sereno_core::context::Actor;
use sereno_core::roles::why;

use super::{Failed, Outcome, say, sentence, start};

#[derive(clap::Args)]
pub(super) struct Question {
    /// A permission's codename, or `role:` and a role's codename
    permission: String,
    /// Who: an id, a number, an address or a user name
    #[arg(long)]
    user: String,
    /// Where: a project's id or name in addresses; everywhere when nothing is said
    #[arg(long)]
    project: Option<String>,
}

pub(super) async fn run(question: Question, config: Config) -> Outcome {
    let sereno = start(config, Vec::new()).await?;
    let asked = async {
        let staff = access::staff(&sereno, &Actor::System).await?;
        let project = question.project.as_deref();
        why::explore(&sereno, &staff, &question.user, &question.permission, project).await
    };
    let asked = asked.await;
    sereno.db.close().await;
    let decision = asked.map_err(|error| Failed(sentence(error)))?;
    let way: Vec<String> = decision
        .path
        .iter()
        .map(|step| format!("{} {}", step.kind.as_str(), step.name))
        .collect();
    if !decision.allowed {
        return Err(Failed(format!("no: {}", decision.reason.as_str())));
    }
    say(&format!("yes: {}", decision.reason.as_str()));
    if !way.is_empty() {
        say(&way.join(" > "));
    }
    Ok(())
}

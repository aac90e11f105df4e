//! `sereno doctor`: looks at everything a working instance needs, changes nothing, and says what is wrong in one sentence
//! each.

use sereno_core::config::Config;
use sereno_core::notify::transport;
use sereno_core::{Sereno, boot};

use super::{Failed, Outcome, explain, say, start};

pub(super) async fn run(config: Config) -> Outcome {
    let mut checks = Vec::new();
    checks.push(("public URL", public_url(&config)));
    checks.push(("mail", mail(&config).await));
    match boot::pending(&config).await {
        Ok(None) => checks.push((
            "database",
            Ok("none yet; the first start makes it, and the keys".to_owned()),
        )),
        Ok(Some(missing)) if missing.is_empty() => running(config, &mut checks).await,
        Ok(Some(missing)) => {
            let why = format!("lacks {}; `sereno migrate` brings it up to date", missing.join(", "));
            checks.push(("database", Err(why)));
        }
        Err(error) => checks.push(("database", Err(explain(error)))),
    }
    for (what, verdict) in &checks {
        match verdict {
            Ok(fine) => say(&format!("ok    {what}: {fine}")),
            Err(why) => say(&format!("WRONG {what}: {why}")),
        }
    }
    let wrong = checks.iter().filter(|(_, verdict)| verdict.is_err()).count();
    if wrong == 0 {
        Ok(())
    } else {
        Err(Failed(format!("{wrong} of {} checks failed", checks.len())))
    }
}

/// What only a running context can tell. The database is up to date: starting changes nothing.
async fn running(config: Config, checks: &mut Vec<(&'static str, Result<String, String>)>) {
    match start(config, Vec::new()).await {
        Ok(sereno) => {
            let keys = sereno.signing().await.map_or(0, |signing| signing.len());
            checks.push(("database", Ok(database(&sereno))));
            checks.push(("keys", Ok(format!("opened; {keys} public"))));
            checks.push(("clock", clock(&sereno).await));
            if let Some(push) = &sereno.push {
                let fine = push.check().await.map(|()| "the service takes our account".to_owned());
                checks.push(("push", fine.map_err(|error| error.to_string())));
            }
            sereno.db.close().await;
        }
        Err(Failed(why)) => checks.push(("keys", Err(why))),
    }
}

/// Whether browsers and this process mean the same server: the public URL resolves to something.
fn public_url(config: &Config) -> Result<String, String> {
    let text = config.public_url();
    let url = url::Url::parse(&text).map_err(|error| error.to_string())?;
    let found = url
        .socket_addrs(|| None)
        .map_err(|error| format!("{text} does not resolve: {error}"))?;
    let first = found.first().ok_or_else(|| format!("{text} does not resolve"))?;
    Ok(format!("{text} resolves to {}", first.ip()))
}

async fn mail(config: &Config) -> Result<String, String> {
    let transport = transport::from_config(config).map_err(|error| error.to_string())?;
    transport.check().await.map_err(|error| error.to_string())?;
    Ok("the transport answers".to_owned())
}

fn database(sereno: &Sereno) -> String {
    let kind = if sereno.db.is_sqlite() { "SQLite" } else { "PostgreSQL" };
    format!("{kind}, up to date")
}

/// Our clock against the database server's: two nodes that disagree let tokens live too long.
async fn clock(sereno: &Sereno) -> Result<String, String> {
    let apart = sereno
        .db
        .clock_difference(sereno.now())
        .await
        .map_err(|error| error.to_string())?;
    let seconds = apart.as_secs();
    if seconds > 5 {
        Err(format!("{seconds} seconds apart from the database's"))
    } else {
        Ok("agrees with the database's".to_owned())
    }
}

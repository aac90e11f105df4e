//! Fixed codes in the place of mailed ones (section `[testers]`): a developer's own, and those of testers who cannot read
//! the mail. Never for staff, of the console or of any project.

use std::time::Duration;

use sereno_types::Code;

use crate::access;
use crate::account::identifier;
use crate::context::Sereno;
use crate::context::limiter::{self, Limit};
use crate::crypto::constant_time_eq;
use crate::entity::user;
use crate::error::Result;

/// Wrong codes heard for one entry in a day: of a million codes, one in ten thousand.
const GUESSES: u64 = 100;

/// Which entry makes this code good for this address, if any does. `plain` is the code as codes are compared.
pub(super) async fn entry(
    sereno: &Sereno,
    subject: &str,
    user: Option<&user::Model>,
    plain: &str,
) -> Result<Option<String>> {
    let Some(entry) = find(sereno, subject, plain).await? else {
        return Ok(None);
    };
    if let Some(user) = user
        && access::is_staff(sereno, sereno.db.read(), user).await?
    {
        return Ok(None);
    }
    Ok(Some(entry))
}

/// Each entry is one secret, whatever address it is tried at: so guesses at it are counted together.
async fn find(sereno: &Sereno, subject: &str, plain: &str) -> Result<Option<String>> {
    let (testers, now) = (&sereno.config.testers, sereno.now());
    let is = |code: &str| constant_time_eq(code.as_bytes(), plain.as_bytes());
    let development = testers.development_code.expose();
    // the settings are refused elsewhere; a second look costs nothing
    if sereno.config.is_dev() && !development.is_empty() && is(development) {
        return Ok(Some("development".to_owned()));
    }
    let named = testers.entries.iter().filter(|entry| entry.is_open(now));
    let named = named.filter(|entry| match entry.who.strip_suffix('*') {
        Some(begins) => subject.starts_with(&begins.to_lowercase()),
        None => subject == identifier::canonical(&entry.who),
    });
    for entry in named {
        let guess = Limit::new(
            sereno,
            "login_code.entry",
            &entry.who,
            GUESSES,
            Duration::from_hours(24),
        );
        match limiter::take(sereno, std::slice::from_ref(&guess)).await {
            Ok(()) => {}
            Err(error) if error.code() == Code::TooManyRequests => continue,
            Err(error) => return Err(error),
        }
        if is(entry.code.expose()) {
            limiter::give_back(sereno.db.write(), &guess).await?;
            return Ok(Some(entry.who.clone()));
        }
    }
    Ok(None)
}

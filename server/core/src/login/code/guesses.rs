//! Counting guesses at codes, apart from those at passwords. What one client guesses counts in an hour, whatever the
//! account; what is guessed at one account counts in a day, from networks that it was signed in from and from all others
//! apart, so that strangers cannot keep its owner out. The link of the mail is not guessed and not counted.
//!
//! `config::validate` holds the figures to a chance of at most 1 in 10,000 for each account and day.

use std::time::Duration;

use sea_orm::ConnectionTrait;

use crate::account::attempts;
use crate::context::delay::Wait;
use crate::context::limiter::{self, Limit};
use crate::context::{RequestMeta, Sereno};
use crate::entity::user;
use crate::error::Result;

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// The counters that were raised for a guess.
pub(super) struct Guess {
    from_here: Limit,
    at_account: Limit,
}

/// Counts a guess before it is looked at, as often as it is held against a code; or says how long it has to wait, where the
/// account's counter is used up. Takes the same steps for accounts that do not exist. The client's own counter is raised
/// first: a client that has used it up must not use up the account's.
///
/// # Errors
/// `too_many_requests`.
pub(super) async fn count(
    sereno: &Sereno,
    meta: &RequestMeta,
    user: Option<&user::Model>,
    subject: &str,
    codes: usize,
) -> Result<Result<Guess, Wait>> {
    let settings = &sereno.config.login_code;
    let network = meta
        .address
        .map_or_else(String::new, |address| limiter::network(address).to_string());
    let from_here = Limit::new(
        sereno,
        "login_code.address",
        &network,
        settings.guesses_per_address,
        HOUR,
    );
    let is_known = attempts::has_signed_in_from(sereno.db.read(), user, meta.address).await?;
    let what = if is_known {
        "login_code.account.known"
    } else {
        "login_code.account"
    };
    let codes = codes.try_into().unwrap_or(u64::MAX);
    let at_account = Limit::new(sereno, what, subject, settings.guesses_per_account, DAY).times(codes);
    if let Some(wait) = limiter::spent(sereno, &at_account).await? {
        return Ok(Err(wait));
    }
    limiter::take(sereno, std::slice::from_ref(&from_here)).await?;
    limiter::take(sereno, std::slice::from_ref(&at_account)).await?;
    Ok(Ok(Guess { from_here, at_account }))
}

/// It was right after all. Runs in the caller's transaction.
pub(super) async fn forgive<C: ConnectionTrait>(db: &C, guess: &Guess) -> Result<()> {
    limiter::give_back(db, &guess.from_here).await?;
    limiter::give_back(db, &guess.at_account).await
}

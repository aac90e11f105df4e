//! Codes of mails that are typed instead of following the link, where a code buys as much as a password: each guess is counted
//! by what was typed or asked for, for a day, before it is looked at. The link is heard whatever was guessed.

use std::time::Duration;

use super::activate::{digits_of, prove_code};
use crate::context::Sereno;
use crate::context::limiter::{self, Limit};
use crate::entity::one_time;
use crate::error::Result;
use crate::once::Purpose;

/// Guesses in a day. Eight digits, two names of one account, and a day can touch two windows: one chance in a million.
const GUESSES: u64 = 25;

/// The row whose code this is. Costs the same whether or not there is one. Counted by what was typed and never by whom it
/// names: a counter that name and address share would tell that they belong together.
///
/// # Errors
/// `too_many_requests`.
pub(super) async fn prove(
    sereno: &Sereno,
    purpose: Purpose,
    counted: &str,
    subject: &str,
    typed: &str,
) -> Result<Option<one_time::Model>> {
    let what = format!("code.{}", purpose.as_str());
    let guesses = Limit::new(sereno, &what, counted, GUESSES, Duration::from_hours(24));
    limiter::take(sereno, &[guesses]).await?;
    prove_code(sereno, purpose, subject, &digits_of(typed)).await
}

//! Counting attempts at a password, wherever it is asked for: a guess is a guess, at the sign-in and elsewhere.

use std::time::Duration;

use super::identifier;
use crate::context::limiter::{self, Limit, Over};
use crate::context::{RequestMeta, Sereno};
use crate::entity::user;
use crate::error::Result;

/// The counters of one attempt: this account from this address, and this account from everywhere. An identifier that
/// names nobody is counted like one that does. The credential epoch takes part, because it is raised with every new
/// password: what was guessed at an old one delays nobody who has proven to own the account.
pub(crate) fn of(sereno: &Sereno, meta: &RequestMeta, user: Option<&user::Model>, text: &str) -> [Limit; 2] {
    let account = user.map_or_else(
        || identifier::canonical(text),
        |user| format!("{}\n{}", user.id, user.credential_epoch),
    );
    let address = meta
        .address
        .map_or_else(String::new, |address| limiter::network(address).to_string());
    let limits = &sereno.config.limit;
    [
        Limit::new(
            sereno,
            "login.account_and_address",
            &format!("{account}\n{address}"),
            limits.login_per_account_and_address,
            Duration::from_mins(15),
        ),
        Limit::new(
            sereno,
            "login.account",
            &account,
            limits.login_per_account,
            Duration::from_hours(1),
        ),
    ]
}

/// Raises the client's own counter, then the one that all clients share: a client that is over its own limit must not
/// be able to lock others out.
pub(crate) async fn over(sereno: &Sereno, [from_here, from_everywhere]: &[Limit; 2]) -> Result<Option<Over>> {
    match limiter::raise(sereno, std::slice::from_ref(from_here)).await? {
        Some(over) => Ok(Some(over)),
        None => limiter::raise(sereno, std::slice::from_ref(from_everywhere)).await,
    }
}

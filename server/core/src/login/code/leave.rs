//! Leaving by a mailed code: a signed-in user proves with one that they want their account deleted, as clients do that know
//! codes only. Nobody is signed in by it.

use sereno_types::{Code, DeletionScheduled, Secret, UserState};

use super::enter;
use super::guesses;
use super::prove::{prove_own, refuse};
use crate::access::subject;
use crate::account::deletion;
use crate::context::{Actor, RequestMeta, Sereno};
use crate::error::Result;

/// Closes the caller's account by a code that was asked for with its address, and says when it is deleted.
///
/// # Errors
/// `authentication_required`, `deletion_closed`, `login_codes_off`, `validation_failed` for no code at all,
/// `login_code_invalid`, `too_many_requests`, `last_administrator`.
pub async fn leave(sereno: &Sereno, meta: &RequestMeta, actor: &Actor, code: Secret) -> Result<DeletionScheduled> {
    let caller = actor.caller()?;
    if !sereno.config.deletion.enabled {
        return Err(Code::DeletionClosed.into());
    }
    sereno.limit_address("confirm_deletion", meta)?;
    let found = subject::find(sereno.db.read(), caller.user_id).await?;
    let found = found.filter(|(user, _)| user.state() == UserState::Active);
    let Some((user, Some(email))) = found else {
        return Err(Code::AuthenticationRequired.into());
    };
    let proven = prove_own(sereno, meta, &user, &email.canonical, code).await?;
    let mut tx = sereno.begin(meta, actor).await?;
    if enter::spend(sereno, &tx, &proven).await?
        && let Some(delete_at) = deletion::close_proven(sereno, &mut tx, &user, &email.canonical).await?
    {
        if let Some(guess) = &proven.guess {
            guesses::forgive(tx.db(), guess).await?;
        }
        tx.commit().await?;
        return Ok(DeletionScheduled {
            delete_at: delete_at.timestamp(),
        });
    }
    drop(tx);
    Err(refuse(sereno, meta, Some(user.id)).await)
}

//! Proving again who one is before something that must not be done from a browser somebody left open: by the password,
//! or by having signed in just now.

use std::time::Duration;

use sereno_types::{Code, FieldError, Secret};

use super::attempts::{self, Attempt};
use crate::context::{Actor, Caller, RequestMeta, Sereno};
use crate::crypto::password::Verdict;
use crate::entity::user;
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};

/// How long a sign-in is good for.
const FRESH: Duration = Duration::from_mins(5);

/// Proves the user by the password in this field. Gives the attempt, to be forgiven.
///
/// # Errors
/// `validation_failed` with `password_incorrect` or `too_long`; `too_many_requests`, together with wrong passwords at the
/// sign-in; `overloaded`.
pub(super) async fn by_password(
    sereno: &Sereno,
    meta: &RequestMeta,
    actor: &Actor,
    user: &user::Model,
    (field, password): (&str, &Secret),
) -> Result<Attempt> {
    let most = sereno.config.password.max_length;
    if password.expose().len() as u64 > most * 4 {
        return Err(Error::fields(vec![
            FieldError::new(field, Code::TooLong).with("max", most),
        ]));
    }
    let (refusal, code) = match attempts::begin(sereno, meta, Some(user), "").await? {
        Err(wait) => {
            let refusal = Error::limited(wait.retry_after);
            // the first refusal of a window is written down
            if !wait.is_first {
                return Err(refusal);
            }
            (refusal, Code::TooManyRequests)
        }
        Ok(attempt) => {
            let stored = user.password_hash.as_ref().map(|hash| hash.0.as_str());
            if sereno.hasher.verify(password.expose(), stored).await? != Verdict::Wrong {
                return Ok(attempt);
            }
            (Error::field(field, Code::PasswordIncorrect), Code::PasswordIncorrect)
        }
    };
    let mut tx = sereno.begin(meta, actor).await?;
    tx.record(Event::refused(EventKind::ReauthenticationFailed, code).about(user.id));
    tx.commit().await?;
    Err(refusal)
}

/// Proves the user by a sign-in that is no older than five minutes.
///
/// # Errors
/// `reauthentication_required`.
pub(crate) fn by_sign_in(sereno: &Sereno, caller: &Caller) -> Result<()> {
    if sereno.now().since(caller.authenticated_at) <= FRESH {
        Ok(())
    } else {
        Err(Code::ReauthenticationRequired.into())
    }
}

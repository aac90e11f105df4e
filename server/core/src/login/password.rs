//! Proving a user by password. Unknown, disabled, locked and wrong take the same steps (one look-up, one raised counter,
//! one hash, one event) and give the same answer.

use std::time::Duration;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use sereno_types::{Code, FieldError, Login, UserState};

use crate::account::identifier;
use crate::context::limiter::{self, Limit};
use crate::context::{Actor, RequestMeta, Sereno};
use crate::crypto::password::Verdict;
use crate::entity::{Hidden, user, user_email};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};

/// Longest identifier that is looked up.
const IDENTIFIER_MAX: usize = 254;

/// A user whose password was right and who may sign in.
pub(super) struct Authenticated {
    /// The row, as it was before the password was checked.
    pub user: user::Model,
    /// A hash with today's figures, if the stored one was made with others.
    pub renewed_hash: Option<Hidden>,
    /// The counters that were raised for this attempt, to be forgotten when the sign-in completes.
    pub attempts: [Limit; 2],
}

pub(super) async fn authenticate(sereno: &Sereno, meta: &RequestMeta, command: &Login) -> Result<Authenticated> {
    validate(sereno, command)?;
    sereno.addresses.take(
        "login",
        meta.address,
        sereno.config.limit.requests_per_address,
        sereno.now(),
    )?;
    let user = find(sereno, &command.identifier).await?;
    let attempts = attempts(sereno, meta, user.as_ref(), &command.identifier);
    if let Some(over) = over(sereno, &attempts).await? {
        let refusal = Error::limited(over.retry_after);
        // the first refusal of a window is written down; whoever goes on asking must not fill the database
        return Err(if over.is_first {
            refuse(sereno, meta, user.as_ref(), refusal).await
        } else {
            refusal
        });
    }
    let stored = user.as_ref().and_then(|user| user.password_hash.as_ref());
    let stored = stored.map(|hash| hash.0.as_str());
    let verdict = sereno.hasher.verify(command.password.expose(), stored).await?;
    let refusal = match (&user, verdict) {
        (None, _) | (_, Verdict::Wrong) => Code::InvalidCredentials,
        (Some(user), _) if user.state() == UserState::Pending => Code::ActivationRequired,
        (Some(user), _) if user.state() != UserState::Active => Code::InvalidCredentials,
        (Some(user), verdict) => {
            let renewed_hash = match verdict {
                Verdict::RightButOutdated => Some(Hidden(
                    sereno.hasher.hash(command.password.expose(), &*sereno.entropy).await?,
                )),
                _ => None,
            };
            return Ok(Authenticated {
                user: user.clone(),
                renewed_hash,
                attempts,
            });
        }
    };
    Err(refuse(sereno, meta, user.as_ref(), refusal.into()).await)
}

/// Raises the client's own counter, then the one that all clients share: a client that is over its own limit must not
/// be able to lock others out.
async fn over(sereno: &Sereno, [from_here, from_everywhere]: &[Limit; 2]) -> Result<Option<limiter::Over>> {
    match limiter::raise(sereno, std::slice::from_ref(from_here)).await? {
        Some(over) => Ok(Some(over)),
        None => limiter::raise(sereno, std::slice::from_ref(from_everywhere)).await,
    }
}

fn validate(sereno: &Sereno, command: &Login) -> Result<()> {
    let mut faults = Vec::new();
    if command.identifier.trim().is_empty() {
        faults.push(FieldError::new("identifier", Code::Blank));
    } else if command.identifier.len() > IDENTIFIER_MAX {
        faults.push(FieldError::new("identifier", Code::TooLong).with("max", IDENTIFIER_MAX as u64));
    }
    let most = sereno.config.password.max_length;
    if command.password.is_empty() {
        faults.push(FieldError::new("password", Code::Blank));
    } else if command.password.expose().len() as u64 > most * 4 {
        faults.push(FieldError::new("password", Code::TooLong).with("max", most));
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Error::fields(faults))
    }
}

/// Looks the user up by address or by name; a name holds no `@`, so that one look-up decides.
async fn find(sereno: &Sereno, text: &str) -> Result<Option<user::Model>> {
    let canonical = identifier::canonical(text);
    let db = sereno.db.read();
    if canonical.contains('@') {
        let found = user_email::Entity::find()
            .find_also_related(user::Entity)
            .filter(user_email::Column::Canonical.eq(canonical))
            .one(db)
            .await?;
        return Ok(found.and_then(|(_, user)| user));
    }
    Ok(user::Entity::find()
        .filter(user::Column::UsernameCanonical.eq(canonical))
        .one(db)
        .await?)
}

/// The counters of one attempt: this account from this address, and this account from everywhere. An unknown identifier
/// is counted like a known one.
fn attempts(sereno: &Sereno, meta: &RequestMeta, user: Option<&user::Model>, text: &str) -> [Limit; 2] {
    let account = user.map_or_else(|| identifier::canonical(text), |user| user.id.to_string());
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

/// Writes the refusal down; a refusal that cannot be written down becomes `unavailable`.
pub(super) async fn refuse(sereno: &Sereno, meta: &RequestMeta, user: Option<&user::Model>, refusal: Error) -> Error {
    let event = Event::refused(EventKind::LoginFailed, refusal.code()).about(user.map(|user| user.id));
    let written = async {
        let mut tx = sereno.begin(meta, &Actor::Anonymous).await?;
        tx.record(event);
        tx.commit().await
    };
    written.await.err().unwrap_or(refusal)
}

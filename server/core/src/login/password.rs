//! Proving a user by password. Unknown, disabled, locked and wrong take the same steps (one look-up, one raised counter,
//! one hash, one event) and give the same answer.

use sereno_types::{Code, FieldError, Login, UserState};
use uuid::Uuid;

use crate::account::attempts::{self, Attempt};
use crate::account::look_up;
use crate::context::{Actor, RequestMeta, Sereno};
use crate::crypto::password::Verdict;
use crate::entity::{Hidden, user};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::intent::{Intent, IntentKind};

/// A user whose password was right and who may sign in.
pub(super) struct Authenticated {
    /// The row, as it was before the password was checked.
    pub user: user::Model,
    /// A hash with today's figures, if the stored one was made with others.
    pub renewed_hash: Option<Hidden>,
    /// This attempt, to be forgiven when the sign-in completes.
    pub attempt: Attempt,
}

pub(super) async fn authenticate(
    sereno: &Sereno,
    meta: &RequestMeta,
    command: &Login,
    application_id: Option<Uuid>,
) -> Result<Authenticated> {
    let faults = faults_of(sereno, command);
    // an empty field is a slip at the keyboard; anything else that cannot be right is an attempt
    if !faults.is_empty() && faults.iter().all(|fault| fault.code == Code::Blank) {
        return Err(Error::fields(faults));
    }
    sereno.limit_address("login", meta)?;
    if !faults.is_empty() {
        return Err(refuse(sereno, meta, None, Error::fields(faults)).await);
    }
    let user = look_up::by_identifier(sereno, &command.identifier).await?;
    // before anything is counted or hashed: what a hook says tells nothing about the password
    let intent = Intent::new(IntentKind::Login).typed(&command.identifier);
    let intent = intent.by("password").through(application_id);
    let intent = intent.about(user.as_ref().map(|user| user.id));
    sereno.intend(meta, intent).await?;
    let attempt = match attempts::begin(sereno, meta, user.as_ref(), &command.identifier).await? {
        Ok(attempt) => attempt,
        Err(wait) => {
            let refusal = Error::limited(wait.retry_after);
            // the first refusal of a window is written down; whoever goes on asking must not fill the database
            return Err(if wait.is_first {
                refuse(sereno, meta, user.as_ref(), refusal).await
            } else {
                refusal
            });
        }
    };
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
                attempt,
            });
        }
    };
    Err(refuse(sereno, meta, user.as_ref(), refusal.into()).await)
}

/// What cannot be anybody's name or password.
fn faults_of(sereno: &Sereno, command: &Login) -> Vec<FieldError> {
    let mut faults = Vec::new();
    look_up::identifier_field(&command.identifier, &mut faults);
    let most = sereno.config.password.max_length;
    if command.password.is_empty() {
        faults.push(FieldError::new("password", Code::Blank));
    } else if command.password.expose().len() as u64 > most * 4 {
        faults.push(FieldError::new("password", Code::TooLong).with("max", most));
    }
    faults
}

/// Writes the refusal down; a refusal that cannot be written down becomes `unavailable`.
pub(super) async fn refuse(sereno: &Sereno, meta: &RequestMeta, user: Option<&user::Model>, refusal: Error) -> Error {
    refuse_user(sereno, meta, user.map(|user| user.id), refusal).await
}

/// As [`refuse`], where the row is not at hand.
pub(super) async fn refuse_user(sereno: &Sereno, meta: &RequestMeta, user_id: Option<Uuid>, refusal: Error) -> Error {
    let event = Event::refused(EventKind::LoginFailed, refusal.code()).about(user_id);
    let written = async {
        let mut tx = sereno.begin(meta, &Actor::Anonymous).await?;
        tx.record(event);
        tx.commit().await
    };
    written.await.err().unwrap_or(refusal)
}

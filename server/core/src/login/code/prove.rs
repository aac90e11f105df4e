//! Proving a mailbox by code or link. Unknown, locked, wrong, used and expired take the same steps (look-ups, counters,
//! attempts, hashes, one event) and give the same answer.

use sea_orm::{ColumnTrait, QueryFilter, QuerySelect};
use sereno_types::{Code, FieldError, Id, Secret, UserState, VerifyLoginCode};
use uuid::Uuid;

use super::guesses::{self, Guess};
use super::whom::{Typed, Whom, is_good_through, whom};
use super::{KEPT, fixed, open, plain};
use crate::access::subject;
use crate::account::{look_up, mailbox, register};
use crate::context::{RequestMeta, Sereno};
use crate::device::Described;
use crate::entity::login_code::{Column, Model};
use crate::entity::{Hidden, user};
use crate::error::{Error, Result};
use crate::intent::{Intent, IntentKind};
use crate::login::password;
use crate::once::{self, Purpose};

/// Longest text that is taken for a code, in bytes.
const TYPED_MAX: usize = 64;

/// By what a mailbox was proven.
pub(super) enum By {
    /// By the code of this one-time row.
    Code(Uuid),
    /// By the token of a link, which is consumed last.
    Link(Secret),
    /// By a fixed code of this entry.
    Fixed(String),
}

/// A request whose code or link was right, and is not used yet.
pub(super) struct Proven {
    pub asked: Model,
    pub by: By,
    pub guess: Option<Guess>,
    /// What the request that the handle names said of its device.
    described: Option<Hidden>,
}

impl Proven {
    /// The device that was described, where its handle came along: a link may have been opened elsewhere.
    pub fn device(&self) -> Option<Described> {
        self.described.as_ref().map(Described::kept)
    }
}

pub(super) async fn prove(
    sereno: &Sereno,
    meta: &RequestMeta,
    command: VerifyLoginCode,
    application_id: Option<Uuid>,
) -> Result<Proven> {
    super::must_be_on(sereno)?;
    sereno.limit_address("verify_code", meta)?;
    let mut faults = Vec::new();
    let handle = handle_field(command.device_id.as_ref(), &mut faults);
    let token = command.token.filter(|token| !token.is_empty());
    let proven = if let Some(token) = token {
        if !faults.is_empty() {
            return Err(Error::fields(faults));
        }
        by_link(sereno, meta, token, handle, application_id).await?
    } else {
        let identifier = command.identifier.filter(|text| !text.trim().is_empty());
        match &identifier {
            Some(text) => look_up::identifier_field(text, &mut faults),
            None if command.device_id.is_none() => faults.push(FieldError::new("identifier", Code::Blank)),
            None => {}
        }
        let typed = code_field(&command.code.unwrap_or_default(), &mut faults);
        if !faults.is_empty() {
            return Err(Error::fields(faults));
        }
        let guess = Typed {
            identifier,
            handle,
            plain: typed,
        };
        by_code(sereno, meta, guess, application_id).await?
    };
    may_enter(sereno, meta, &proven.asked).await?;
    Ok(proven)
}

fn handle_field(said: Option<&Id>, faults: &mut Vec<FieldError>) -> Option<Uuid> {
    let handle = said?.0.trim().parse();
    if handle.is_err() {
        faults.push(FieldError::new("device_id", Code::InvalidType));
    }
    handle.ok()
}

fn code_field(said: &Secret, faults: &mut Vec<FieldError>) -> String {
    if said.expose().len() > TYPED_MAX {
        faults.push(FieldError::new("code", Code::TooLong).with("max", TYPED_MAX as u64));
        return String::new();
    }
    let plain = plain(said.expose());
    if plain.is_empty() {
        faults.push(FieldError::new("code", Code::Blank));
    }
    plain
}

async fn by_link(
    sereno: &Sereno,
    meta: &RequestMeta,
    token: Secret,
    handle: Option<Uuid>,
    application_id: Option<Uuid>,
) -> Result<Proven> {
    let found = once::look(sereno, Purpose::LoginCode, token.expose()).await?;
    let id: Option<Uuid> = found.and_then(|found| found.subject?.parse().ok());
    let asked = match id {
        Some(id) => open(sereno).filter(Column::Id.eq(id)).one(sereno.db.read()).await?,
        None => None,
    };
    let Some(asked) = asked else {
        return Err(refuse(sereno, meta, None).await);
    };
    let intent = Intent::new(IntentKind::Login).by("otp").through(application_id);
    sereno
        .intend(meta, intent.typed(&asked.subject).about(asked.user_id))
        .await?;
    let same = handle.is_none_or(|handle| handle == asked.id);
    if !same || !is_good_through(&asked, application_id) {
        return Err(refuse(sereno, meta, asked.user_id).await);
    }
    Ok(Proven {
        described: asked.device.clone().filter(|_| handle.is_some()),
        asked,
        by: By::Link(token),
        guess: None,
    })
}

async fn by_code(sereno: &Sereno, meta: &RequestMeta, typed: Typed, application_id: Option<Uuid>) -> Result<Proven> {
    let Whom {
        user,
        subject,
        requests,
        called,
    } = whom(sereno, &typed, application_id).await?;
    let mut intent = Intent::new(IntentKind::Login).by("otp").through(application_id);
    intent.identifier = called;
    let user_id = user.as_ref().map(|user| user.id);
    sereno.intend(meta, intent.about(user_id)).await?;
    let held = Held {
        user: user.as_ref(),
        subject: &subject,
        requests: &requests,
    };
    let (guess, right) = held.against(sereno, meta, &typed.plain).await?;
    let Some((asked, by)) = right else {
        return Err(refuse(sereno, meta, user_id).await);
    };
    // whoever else asked with the same device's uuid describes nothing here
    let named = requests.iter().find(|request| Some(request.id) == typed.handle);
    Ok(Proven {
        described: named.and_then(|request| request.device.clone()),
        asked,
        by,
        guess: Some(guess),
    })
}

/// Proves the mailbox of somebody who is signed in, by a code that was asked for with its address, in whatever way.
pub(super) async fn prove_own(
    sereno: &Sereno,
    meta: &RequestMeta,
    user: &user::Model,
    subject: &str,
    code: Secret,
) -> Result<Proven> {
    super::must_be_on(sereno)?;
    let mut faults = Vec::new();
    let plain = code_field(&code, &mut faults);
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    let requests = open(sereno)
        .filter(Column::Subject.eq(subject))
        .filter(Column::UserId.eq(user.id))
        .limit(KEPT)
        .all(sereno.db.read())
        .await?;
    let held = Held {
        user: Some(user),
        subject,
        requests: &requests,
    };
    match held.against(sereno, meta, &plain).await? {
        (guess, Some((asked, by))) => Ok(Proven {
            described: None,
            asked,
            by,
            guess: Some(guess),
        }),
        _ => Err(refuse(sereno, meta, Some(user.id)).await),
    }
}

/// The requests that a guess is held against, and whom it is about.
struct Held<'a> {
    user: Option<&'a user::Model>,
    subject: &'a str,
    requests: &'a [Model],
}

impl Held<'_> {
    /// Counts the guess, and finds the request whose code it is.
    async fn against(&self, sereno: &Sereno, meta: &RequestMeta, plain: &str) -> Result<(Guess, Option<(Model, By)>)> {
        // who has no request costs as much as who has one
        let codes = self.requests.len().max(1);
        let guess = match guesses::count(sereno, meta, self.user, self.subject, codes).await? {
            Ok(guess) => guess,
            Err(wait) => {
                let refusal = Error::limited(wait.retry_after);
                // the first refusal of a window is written down; whoever goes on asking must not fill the database
                return Err(if wait.is_first {
                    password::refuse_user(sereno, meta, self.user.map(|user| user.id), refusal).await
                } else {
                    refusal
                });
            }
        };
        let mut right = None;
        // as many hashes whoever has asked: else their number would tell whether somebody else has, too
        let most = match sereno.config.login_code.resend.as_str() {
            "keep" => codes.max(usize::try_from(KEPT).unwrap_or(1)),
            _ => codes,
        };
        for at in 0..most {
            let request = self.requests.get(at);
            let id = request.map_or_else(String::new, |request| request.id.to_string());
            let lifetime = sereno.config.login_code.lifetime.span();
            let row = once::attempt_code(sereno, Purpose::LoginCode, &id, lifetime).await?;
            let hash = row.as_ref().and_then(|row| row.code_hash.as_ref());
            let hash = hash.map(|hash| hash.0.as_str());
            let is_right = sereno.hasher.verify_code(plain, hash, &sereno.keys.pepper).await?;
            if let (true, Some(row), Some(request)) = (is_right, row, request) {
                right = Some((request.clone(), By::Code(row.id)));
            }
        }
        if right.is_none()
            && let Some(request) = self.requests.first()
            && let Some(entry) = fixed::entry(sereno, self.subject, self.user, plain).await?
        {
            right = Some((request.clone(), By::Fixed(entry)));
        }
        Ok((guess, right))
    }
}

/// Asks what must be asked before somebody becomes a user by a code that was right.
async fn may_enter(sereno: &Sereno, meta: &RequestMeta, asked: &Model) -> Result<()> {
    let found = match asked.user_id {
        Some(user_id) => subject::find(sereno.db.read(), user_id).await?,
        None => None,
    };
    let unclaimed = match (&found, asked.user_id) {
        (_, None) => true,
        (Some((user, Some(email))), _) => register::is_unclaimed(user, email),
        _ => false,
    };
    if unclaimed {
        if !mailbox::may_sign_up(sereno) {
            return Err(refuse(sereno, meta, asked.user_id).await);
        }
        let faults = mailbox::missing(sereno).await?;
        if !faults.is_empty() {
            return Err(Error::fields(faults));
        }
    }
    match found {
        None if asked.user_id.is_none() => {
            let intent = Intent::new(IntentKind::Registration).typed(&asked.subject);
            sereno.intend(meta, intent).await
        }
        Some((user, _)) if user.state() == UserState::Pending => {
            let intent = Intent::new(IntentKind::Activation).about(user.id);
            sereno.intend(meta, intent).await
        }
        _ => Ok(()),
    }
}

/// Writes the refusal down and gives it.
pub(super) async fn refuse(sereno: &Sereno, meta: &RequestMeta, user_id: Option<Uuid>) -> Error {
    password::refuse_user(sereno, meta, user_id, Code::LoginCodeInvalid.into()).await
}

//! Deleting one's own account: asked for, proven by a mail, and done when the time to change one's mind is over. The
//! request needs no signing in, because whoever lost the app or the password may want to go, too.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use sereno_types::{
    CancelDeletion, Code, ConfirmDeletion, DeletionScheduled, DeletionTerms, FieldError, Locale, RequestDeletion,
    Secret, UserState,
};
use uuid::Uuid;

use super::state::{change_state, closed_from, spare_last_administrator};
use super::{activate, attempts, claim, erase, identifier, look_up, reauthenticate};
use crate::access::subject;
use crate::clock::Moment;
use crate::context::{Actor, Caller, Failure, Job, RequestMeta, Sereno, Tx};
use crate::entity::{one_time, user, user_email};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::notify::{self, MailKind, Recipient};
use crate::once::{self, Purpose};
use crate::{session, token};

/// How accounts are deleted here, and whether it is known whose is meant.
///
/// # Errors
/// When the database is away.
pub async fn terms(sereno: &Sereno, actor: &Actor) -> Result<DeletionTerms> {
    let settings = &sereno.config.deletion;
    let me = match actor {
        Actor::User(caller) => subject::subject(sereno, caller.user_id).await?,
        _ => None,
    };
    Ok(DeletionTerms {
        enabled: settings.enabled,
        grace_days: settings.grace_period.0.div_ceil(86_400),
        page_text: settings.page_text.clone(),
        signed_in: me.is_some(),
        without_mail: me.is_some_and(|user| !user.me.email_verified),
    })
}

/// Asks for the mail that proves who wants the account deleted: the caller's own, or the one that is named. For a named
/// one the answer, and what is written before it, are the same whoever that is, if anybody; the job finds out. A caller
/// without a confirmed address, whom no mail can prove, proves the wish by the password or by having signed in just now: the
/// account is closed then, and the answer is when it is deleted.
///
/// # Errors
/// `deletion_closed`, `validation_failed`, `too_many_requests`; `reauthentication_required`, `last_administrator`.
pub async fn request(
    sereno: &Sereno,
    meta: &RequestMeta,
    actor: &Actor,
    command: RequestDeletion,
) -> Result<Option<DeletionScheduled>> {
    if !sereno.config.deletion.enabled {
        return Err(Code::DeletionClosed.into());
    }
    sereno.limit_address("request_deletion", meta)?;
    let user = match command.identifier {
        Some(identifier) => {
            let user = by_name(sereno, &identifier).await?;
            notify::limit(sereno, MailKind::DeletionConfirm, &identifier::canonical(&identifier)).await?;
            user
        }
        None => match actor {
            Actor::User(caller) => {
                let (user, has_mail) = own(sereno, caller.user_id).await?;
                if !has_mail {
                    let proof = (caller, command.password);
                    return without_mail(sereno, meta, actor, &user, proof).await.map(Some);
                }
                notify::limit_user(sereno, MailKind::DeletionConfirm, user.id).await?;
                Some(user)
            }
            _ => return Err(Error::field("identifier", Code::Blank)),
        },
    };
    let mut tx = sereno.begin(meta, actor).await?;
    tx.record(Event::new(EventKind::DeletionRequested).about(user.as_ref().map(|user| user.id)));
    tx.enqueue(&SendDeletion {
        user_id: user.as_ref().map(|user| user.id),
        credential_epoch: user.as_ref().map(|user| user.credential_epoch),
        locale: meta.locale,
    })?;
    tx.commit().await?;
    Ok(None)
}

/// Closes the account of a caller whom no mail can reach. Nobody can send them a link to keep it, so that staff alone can.
async fn without_mail(
    sereno: &Sereno,
    meta: &RequestMeta,
    actor: &Actor,
    user: &user::Model,
    (caller, password): (&Caller, Option<Secret>),
) -> Result<DeletionScheduled> {
    let attempt = if let Some(password) = password.filter(|password| !password.is_empty()) {
        Some(reauthenticate::by_password(sereno, meta, actor, user, ("password", &password)).await?)
    } else {
        reauthenticate::by_sign_in(sereno, caller)?;
        None
    };
    let mut tx = sereno.begin(meta, actor).await?;
    if let Some(attempt) = &attempt {
        attempts::forgive(tx.db(), attempt).await?;
    }
    tx.record(Event::new(EventKind::DeletionRequested).about(user.id));
    spare_last_administrator(&tx, user).await?;
    let delete_at = begin(sereno, &mut tx, user).await?;
    // whose an address is that nobody has proven is not for whoever typed it to keep from them meanwhile
    let typed = user_email::Entity::find()
        .filter(user_email::Column::UserId.eq(user.id))
        .filter(user_email::Column::VerifiedAt.is_null())
        .all(tx.db())
        .await?;
    for email in typed.into_iter().filter(|_| user.origin == user::SIGN_UP) {
        claim::release(sereno, &mut tx, user.id, &email.canonical).await?;
    }
    tx.commit().await?;
    Ok(DeletionScheduled {
        delete_at: delete_at.timestamp(),
    })
}

async fn by_name(sereno: &Sereno, identifier: &str) -> Result<Option<user::Model>> {
    let mut faults = Vec::new();
    look_up::identifier_field(identifier, &mut faults);
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    look_up::by_identifier(sereno, identifier).await
}

/// The caller's row, and whether a mail could prove the wish.
async fn own(sereno: &Sereno, id: Uuid) -> Result<(user::Model, bool)> {
    let found = subject::find(sereno.db.read(), id).await?;
    let Some((user, email)) = found.filter(|(user, _)| user.state() == UserState::Active) else {
        return Err(Code::AuthenticationRequired.into());
    };
    Ok((user, email.is_some_and(|email| email.verified_at.is_some())))
}

/// Sends the mail that proves the wish, to an active user with a confirmed address; nothing to anybody else.
#[derive(Debug, Serialize, Deserialize)]
pub struct SendDeletion {
    /// Whose account, if there is such a user.
    pub user_id: Option<Uuid>,
    /// The user's credential epoch when it was asked for.
    pub credential_epoch: Option<i64>,
    /// In which language, if that was said.
    pub locale: Option<Locale>,
}

impl Job for SendDeletion {
    const NAME: &'static str = "send_deletion";

    async fn run(self, sereno: &Sereno) -> Result<(), Failure> {
        let (Some(user_id), Some(epoch)) = (self.user_id, self.credential_epoch) else {
            return Ok(());
        };
        let mut tx = sereno.begin(&RequestMeta::default(), &Actor::System).await?;
        let Some((user, Some(email))) = subject::find(tx.db(), user_id).await? else {
            return Ok(());
        };
        if user.state() != UserState::Active || user.credential_epoch != epoch || email.verified_at.is_none() {
            return Ok(());
        }
        let recipient = Recipient {
            user_id: Some(user_id),
            credential_epoch: epoch,
            address: email.address,
            locale: self.locale,
        };
        notify::queue(sereno, &mut tx, MailKind::DeletionConfirm, recipient).await?;
        Ok(tx.commit().await?)
    }
}

/// Proves the wish by the token of the mail's link, or by its code: the account is closed at once, and deleted when the
/// time to change one's mind is over. Answers when that is.
///
/// # Errors
/// `deletion_link_invalid` for anything unknown, used or expired; `validation_failed` when nothing was sent;
/// `last_administrator`, and the link stays good.
pub async fn confirm(sereno: &Sereno, meta: &RequestMeta, command: ConfirmDeletion) -> Result<DeletionScheduled> {
    sereno.limit_address("confirm_deletion", meta)?;
    let token = command.token.filter(|token| !token.is_empty());
    let proven = match &token {
        Some(_) => None,
        None => prove_code(sereno, command.email, command.code).await?,
    };
    let mut tx = sereno.begin(meta, &Actor::Anonymous).await?;
    let proof = match (&token, proven) {
        (Some(token), _) => once::consume(sereno, tx.db(), Purpose::Deletion, token.expose()).await?,
        (None, Some(id)) => once::consume_id(sereno, tx.db(), Purpose::Deletion, id).await?,
        (None, None) => None,
    };
    match close(sereno, &mut tx, proof).await? {
        Some(delete_at) => {
            tx.commit().await?;
            Ok(DeletionScheduled {
                delete_at: delete_at.timestamp(),
            })
        }
        None => refuse(sereno, meta, tx).await,
    }
}

async fn prove_code(sereno: &Sereno, email: Option<String>, code: Option<Secret>) -> Result<Option<Uuid>> {
    let mut faults = Vec::new();
    let email = identifier::email_field(&email.unwrap_or_default(), &mut faults);
    let code = code.unwrap_or_default();
    let digits = activate::digits_of(code.expose());
    if digits.is_empty() {
        faults.push(FieldError::new("code", Code::Blank));
    }
    let (Some(email), true) = (email, faults.is_empty()) else {
        return Err(Error::fields(faults));
    };
    let row = activate::prove_code(sereno, Purpose::Deletion, &email.canonical, &digits).await?;
    Ok(row.map(|row| row.id))
}

/// Closes the account that the proof is of. Gives when it is deleted, or nothing when the proof is none, or the account's
/// credentials have changed since it was asked for.
async fn close(sereno: &Sereno, tx: &mut Tx, proof: Option<one_time::Model>) -> Result<Option<Moment>> {
    let Some((user_id, epoch, address)) =
        proof.and_then(|proof| Some((proof.user_id?, proof.credential_epoch?, proof.subject?)))
    else {
        return Ok(None);
    };
    close_as(sereno, tx, user_id, (epoch, &address)).await
}

/// Closes the account of somebody who is signed in and has proven the wish by its mailbox, unless its address or its
/// credentials have changed since `user` was read.
///
/// # Errors
/// `last_administrator`.
pub(crate) async fn close_proven(
    sereno: &Sereno,
    tx: &mut Tx,
    user: &user::Model,
    address: &str,
) -> Result<Option<Moment>> {
    tx.record(Event::new(EventKind::DeletionRequested).about(user.id));
    close_as(sereno, tx, user.id, (user.credential_epoch, address)).await
}

async fn close_as(
    sereno: &Sereno,
    tx: &mut Tx,
    user_id: Uuid,
    (epoch, address): (i64, &str),
) -> Result<Option<Moment>> {
    let Some((user, Some(email))) = subject::find(tx.db(), user_id).await? else {
        return Ok(None);
    };
    // a mail that leaves while the address is being replaced
    if email.canonical != address {
        return Ok(None);
    }
    if user.state() != UserState::Active || user.credential_epoch != epoch {
        return Ok(None);
    }
    spare_last_administrator(tx, &user).await?;
    let delete_at = begin(sereno, tx, &user).await?;
    if delete_at > tx.now() {
        let recipient = Recipient {
            user_id: Some(user.id),
            credential_epoch: user.credential_epoch + 1,
            address: email.address,
            locale: tx.meta().locale,
        };
        notify::queue(sereno, tx, MailKind::DeletionScheduled, recipient).await?;
    }
    Ok(Some(delete_at))
}

/// Closes an account until it is deleted, or deletes it where there is no time between. Everything that was issued to it
/// stops working at once.
pub(super) async fn begin(sereno: &Sereno, tx: &mut Tx, user: &user::Model) -> Result<Moment> {
    let delete_at = tx.now().plus(sereno.config.deletion.grace_period.span());
    let closed = change_state(tx, user, UserState::Deleting, Some(delete_at)).await?;
    // what proved the wish was bound to the credentials as they were read
    if closed.credential_epoch > user.credential_epoch + 1 {
        return Err(Code::StateConflict.into());
    }
    session::end_all(tx, user.id, "user_deleting").await?;
    token::revoke_all(tx, user.id, "user_deleting").await?;
    for purpose in [Purpose::Deletion, Purpose::PasswordReset, Purpose::EmailChange] {
        once::consume_rest(sereno, tx.db(), purpose, user.id).await?;
    }
    tx.record(
        Event::new(EventKind::DeletionScheduled)
            .about(user.id)
            .with("delete_at", delete_at.timestamp().0),
    );
    if delete_at <= tx.now() {
        erase::erase(sereno, tx, user.id).await?;
    }
    Ok(delete_at)
}

/// Keeps an account whose time to change one's mind is not over, by the token of the mail that told of it.
///
/// # Errors
/// `deletion_link_invalid` for anything unknown, used or expired.
pub async fn cancel(sereno: &Sereno, meta: &RequestMeta, command: CancelDeletion) -> Result<()> {
    sereno.limit_address("cancel_deletion", meta)?;
    let mut tx = sereno.begin(meta, &Actor::Anonymous).await?;
    let proof = once::consume(sereno, tx.db(), Purpose::DeletionCancel, command.token.expose()).await?;
    let closed = match proof.and_then(|proof| proof.user_id.zip(proof.credential_epoch)) {
        // restored by staff and closed again meanwhile: that is another epoch
        Some((user_id, epoch)) => {
            let same = user::Entity::find_by_id(user_id).filter(user::Column::CredentialEpoch.eq(epoch));
            same.one(tx.db()).await?
        }
        None => None,
    };
    let Some(user) = closed.filter(|user| user.state() == UserState::Deleting) else {
        return refuse(sereno, meta, tx).await;
    };
    // what staff has shut meanwhile stays shut
    change_state(&mut tx, &user, closed_from(&user), None).await?;
    tx.record(Event::new(EventKind::DeletionCancelled).about(user.id));
    tx.commit().await
}

/// Undoes everything and writes down the refusal.
async fn refuse<T>(sereno: &Sereno, meta: &RequestMeta, tx: Tx) -> Result<T> {
    drop(tx);
    let mut tx = sereno.begin(meta, &Actor::Anonymous).await?;
    tx.record(Event::refused(EventKind::DeletionFailed, Code::DeletionLinkInvalid));
    tx.commit().await?;
    Err(Code::DeletionLinkInvalid.into())
}

//! A forgotten password: a link by mail, and the new password that it sets. Staff may start this and never choose the
//! password. Where nobody had proven the address before, the account is taken over: whoever used it may be a stranger.

use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use sereno_types::{Code, FieldError, ForgotPassword, Locale, ResetPassword, UserState};
use uuid::Uuid;

use super::super::activate::SendActivation;
use super::super::{claim, identifier, look_up, typed_code};
use crate::access::{address, subject};
use crate::context::{Actor, Failure, Job, RequestMeta, Sereno, Tx};
use crate::entity::{Hidden, one_time, user, user_email};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::intent::{Intent, IntentKind};
use crate::notify::{self, MailKind, Recipient};
use crate::once::{self, Purpose};
use crate::{session, token};

/// Asks for a link to set a new password. The answer, and what is written before it, are the same whoever the identifier
/// names, if anybody; the job finds out.
///
/// # Errors
/// `validation_failed`, `too_many_requests`, `refused_by_hook`.
pub async fn forgot(sereno: &Sereno, meta: &RequestMeta, command: ForgotPassword) -> Result<()> {
    sereno.limit_address("forgot_password", meta)?;
    let mut faults = Vec::new();
    look_up::identifier_field(&command.identifier, &mut faults);
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    let user = look_up::by_identifier(sereno, &command.identifier).await?;
    let intent = Intent::new(IntentKind::PasswordForgot).typed(&command.identifier);
    sereno
        .intend(meta, intent.about(user.as_ref().map(|user| user.id)))
        .await?;
    // by what was typed and never by whom it names: a counter that name and address share would tell that they belong
    // together
    notify::limit(
        sereno,
        MailKind::PasswordReset,
        &identifier::canonical(&command.identifier),
    )
    .await?;
    let unknown = user.is_none() && sereno.config.password.tell_unknown;
    let address = identifier::email(&command.identifier).ok().filter(|_| unknown);
    let mut tx = sereno.begin(meta, &Actor::Anonymous).await?;
    tx.record(Event::new(EventKind::PasswordResetRequested).about(user.as_ref().map(|user| user.id)));
    tx.enqueue(&SendPasswordReset {
        user_id: user.as_ref().map(|user| user.id),
        credential_epoch: user.as_ref().map(|user| user.credential_epoch),
        unknown: address.map(|address| address.address),
        locale: meta.locale,
    })?;
    tx.commit().await
}

/// Sends the mail that a forgotten password asks for: the link to an active user whose address leads to the account, the
/// activation mail to one who still waits for it, nothing to anybody else.
#[derive(Debug, Serialize, Deserialize)]
pub struct SendPasswordReset {
    /// Whose password, if there is such a user.
    pub user_id: Option<Uuid>,
    /// The user's credential epoch when it was asked for: whatever raises it meanwhile makes the link pointless.
    pub credential_epoch: Option<i64>,
    /// The address to be told that it has no account.
    pub unknown: Option<String>,
    /// In which language, if that was said.
    pub locale: Option<Locale>,
}

impl Job for SendPasswordReset {
    const NAME: &'static str = "send_password_reset";

    async fn run(self, sereno: &Sereno) -> Result<(), Failure> {
        let locale = self.locale;
        let (user_id, credential_epoch) = (self.user_id, self.credential_epoch.unwrap_or_default());
        let mut tx = sereno.begin(&RequestMeta::default(), &Actor::System).await?;
        let found = match user_id {
            Some(user_id) => subject::find(tx.db(), user_id).await?,
            None => None,
        };
        let (mail, address) = match (found, self.unknown) {
            (Some((user, _)), _) if user.state() == UserState::Pending => {
                drop(tx);
                return SendActivation { user_id, locale }.run(sereno).await;
            }
            (Some((user, Some(email))), _)
                if user.state() == UserState::Active
                    && user.credential_epoch == credential_epoch
                    && address::leads_to(sereno, tx.db(), &user, &email).await? =>
            {
                (MailKind::PasswordReset, email.address)
            }
            (None, Some(address)) => (MailKind::UnknownAccount, address),
            _ => return Ok(()),
        };
        let recipient = Recipient {
            user_id,
            credential_epoch,
            address,
            locale,
        };
        notify::queue(sereno, &mut tx, mail, recipient).await?;
        Ok(tx.commit().await?)
    }
}

/// Sets a new password by the token of a mail's link, or by the code of the same mail. Everything that was issued before ends, and the counters of wrong
/// passwords begin anew, for they count by the epoch that is raised here. A refused password does not use the link up; of a
/// code it takes an attempt.
///
/// # Errors
/// `reset_link_invalid` for anything unknown, used or expired, and for accounts that may not sign in; `validation_failed`
/// with the codes on `password`, and when neither token nor code was sent; `too_many_requests`; `overloaded`; `refused_by_hook`, and the link stays good.
pub async fn reset(sereno: &Sereno, meta: &RequestMeta, command: ResetPassword) -> Result<()> {
    sereno.limit_address("reset_password", meta)?;
    let Some((proof, user, email)) = holder(sereno, &command).await? else {
        return refuse(sereno, meta).await;
    };
    let relatives = super::relatives(&user, Some(&email));
    let faults = super::judge(sereno, "password", command.password.expose(), &relatives).await?;
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    sereno
        .intend(meta, Intent::new(IntentKind::PasswordReset).about(user.id))
        .await?;
    let hash = Hidden(sereno.hasher.hash(command.password.expose(), &*sereno.entropy).await?);
    let mut tx = sereno.begin(meta, &Actor::Anonymous).await?;
    let proof = once::consume_id(sereno, tx.db(), Purpose::PasswordReset, proof).await?;
    if !finish(sereno, &mut tx, proof, (&user, &email), hash).await? {
        drop(tx);
        return refuse(sereno, meta).await;
    }
    let recipient = Recipient {
        user_id: Some(user.id),
        credential_epoch: user.credential_epoch,
        address: email.address,
        locale: meta.locale,
    };
    notify::queue(sereno, &mut tx, MailKind::PasswordChanged, recipient).await?;
    tx.commit().await
}

/// Which proof it is and whose password it would set right now; decides nothing.
async fn holder(sereno: &Sereno, command: &ResetPassword) -> Result<Option<(Uuid, user::Model, user_email::Model)>> {
    let token = command.token.as_ref();
    let token = token.filter(|token| !token.is_empty() || command.code.is_none());
    let proof = match token {
        Some(token) => once::look(sereno, Purpose::PasswordReset, token.expose()).await?,
        None => by_code(sereno, command).await?,
    };
    let Some(proof) = proof else { return Ok(None) };
    let Some(user_id) = proof.user_id else { return Ok(None) };
    let Some((user, Some(email))) = subject::find(sereno.db.read(), user_id).await? else {
        return Ok(None);
    };
    let good = user.state() == UserState::Active
        && proof.credential_epoch == Some(user.credential_epoch)
        && proof.subject.as_deref() == Some(email.canonical.as_str());
    Ok(good.then_some((proof.id, user, email)))
}

/// The proof whose code was typed. Asks and computes the same whoever the identifier names, if anybody.
async fn by_code(sereno: &Sereno, command: &ResetPassword) -> Result<Option<one_time::Model>> {
    let identifier = command.identifier.as_deref().unwrap_or_default();
    let code = command.code.as_ref().map_or("", |code| code.expose());
    let mut faults = Vec::new();
    look_up::identifier_field(identifier, &mut faults);
    if code.trim().is_empty() {
        faults.push(FieldError::new("code", Code::Blank));
    }
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    let user = look_up::by_identifier(sereno, identifier).await?;
    let id = user.map_or(Uuid::nil(), |user| user.id);
    let address = user_email::Entity::find()
        .filter(user_email::Column::UserId.eq(id))
        .filter(user_email::Column::IsPrimary.eq(true))
        .one(sereno.db.read())
        .await?;
    let typed = identifier::canonical(identifier);
    let subject = address.map_or_else(|| typed.clone(), |email| email.canonical);
    typed_code::prove(sereno, Purpose::PasswordReset, &typed, &subject, code).await
}

/// Writes what the proof buys; `false` when it is none, or the account has changed since it was asked for.
async fn finish(
    sereno: &Sereno,
    tx: &mut Tx,
    proof: Option<one_time::Model>,
    (user, email): (&user::Model, &user_email::Model),
    hash: Hidden,
) -> Result<bool> {
    let Some(proof) = proof else { return Ok(false) };
    let (Some(user_id), Some(canonical), Some(mut epoch)) = (proof.user_id, proof.subject, proof.credential_epoch)
    else {
        return Ok(false);
    };
    if address::is_unproven(user, email) {
        match claim::take_over(sereno, tx, user, email, "password_reset").await? {
            Some(taken) => epoch = taken.credential_epoch,
            None => return Ok(false),
        }
    }
    if !super::set(tx, user_id, epoch, &hash).await? {
        return Ok(false);
    }
    // read after the user's row is ours: a change of the address takes that row first
    let still_there = user_email::Entity::find()
        .filter(user_email::Column::UserId.eq(user_id))
        .filter(user_email::Column::Canonical.eq(canonical))
        .filter(
            user_email::Column::IsPrimary
                .eq(true)
                .and(user_email::Column::VerifiedAt.is_not_null()),
        )
        .one(tx.db())
        .await?;
    if still_there.is_none() {
        return Ok(false);
    }
    once::consume_rest(sereno, tx.db(), Purpose::PasswordReset, user_id).await?;
    session::end_all(tx, user_id, "password_reset").await?;
    token::revoke_all(tx, user_id, "password_reset").await?;
    tx.record(Event::new(EventKind::PasswordReset).about(user_id));
    Ok(true)
}

/// Writes the refusal down and gives it.
async fn refuse(sereno: &Sereno, meta: &RequestMeta) -> Result<()> {
    let mut tx = sereno.begin(meta, &Actor::Anonymous).await?;
    tx.record(Event::refused(EventKind::PasswordResetFailed, Code::ResetLinkInvalid));
    tx.commit().await?;
    Err(Code::ResetLinkInvalid.into())
}

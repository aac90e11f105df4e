//! Confirming the address given at sign-up: by the link of the mail, or by the code in the same mail. A GET never gets
//! here; the page shows a button. An account that waits for it works from then on; of one that works already
//! (`registration.verification`) nothing else changes.

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use sereno_types::{Activate, Activated, Code, Id, Locale, ResendActivation, Secret, UserState};
use uuid::Uuid;

use super::{Origin, claim, identifier, password, sign_up};
use crate::access::{address, subject};
use crate::context::{Actor, Failure, Job, RequestMeta, Sereno, Tx};
use crate::entity::{self, Hidden, one_time, user, user_email};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::intent::{Intent, IntentKind};
use crate::notify::{self, MailKind, Recipient};
use crate::once::{self, Purpose};

/// Activates the account that the token, or the address and its code, belong to; or confirms its address, where it works
/// already.
///
/// # Errors
/// `activation_link_invalid` for anything unknown, used or expired; `validation_failed` when nothing was sent, or for the
/// password: what the policy says, `invalid_choice` where the account has one; `refused_by_hook`. The link or code stays
/// good after the last two.
pub async fn activate(sereno: &Sereno, meta: &RequestMeta, command: Activate) -> Result<Activated> {
    sereno.limit_address("activate", meta)?;
    let token = command.token.filter(|token| !token.is_empty());
    let (email, code) = (command.email.unwrap_or_default(), command.code.unwrap_or_default());
    let password = command.password.filter(|password| !password.is_empty());
    if let Some(token) = token {
        let mut hash = None;
        if (sereno.is_asked(IntentKind::Activation) || password.is_some())
            && let Some(proof) = once::look(sereno, Purpose::Activation, token.expose()).await?
        {
            hash = chosen(sereno, &proof, password.as_ref()).await?;
            ask(sereno, meta, proof.user_id).await?;
        }
        let tx = sereno.begin(meta, &Actor::Anonymous).await?;
        let proof = once::consume(sereno, tx.db(), Purpose::Activation, token.expose()).await?;
        return conclude(sereno, meta, tx, (proof, hash)).await;
    }
    let mut faults = Vec::new();
    let email = identifier::email_field(&email, &mut faults);
    let digits = digits_of(code.expose());
    if digits.is_empty() {
        faults.push(sereno_types::FieldError::new("code", Code::Blank));
    }
    let (Some(email), true) = (email, faults.is_empty()) else {
        return Err(Error::fields(faults));
    };
    let proven = prove_code(sereno, Purpose::Activation, &email.canonical, &digits).await?;
    let mut hash = None;
    if let Some(proven) = &proven {
        hash = chosen(sereno, proven, password.as_ref()).await?;
        ask(sereno, meta, proven.user_id).await?;
    }
    let tx = sereno.begin(meta, &Actor::Anonymous).await?;
    let proof = match proven {
        Some(proven) => once::consume_id(sereno, tx.db(), Purpose::Activation, proven.id).await?,
        None => None,
    };
    conclude(sereno, meta, tx, (proof, hash)).await
}

/// A code as it was typed, without what only helps the eye.
pub(super) fn digits_of(typed: &str) -> String {
    typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect()
}

/// The row whose code this is. An attempt is taken before the code is compared, and an address without a code costs the
/// same hash.
pub(super) async fn prove_code(
    sereno: &Sereno,
    purpose: Purpose,
    canonical: &str,
    digits: &str,
) -> Result<Option<one_time::Model>> {
    let lifetime = sereno.config.registration.code_lifetime.span();
    let row = once::attempt_code(sereno, purpose, canonical, lifetime).await?;
    let hash = row.as_ref().and_then(|row| row.code_hash.as_ref());
    let hash = hash.map(|hash| hash.0.as_str());
    let right = sereno.hasher.verify_code(digits, hash, &sereno.keys.pepper).await?;
    Ok(row.filter(|_| right))
}

/// Asks whether the account may be activated, by a proof that is good right now.
async fn ask(sereno: &Sereno, meta: &RequestMeta, user_id: Option<Uuid>) -> Result<()> {
    let intent = Intent::new(IntentKind::Activation).about(user_id);
    sereno.intend(meta, intent).await
}

/// The hash of the password that whoever holds the proof chooses, for an account that staff made and that has none.
async fn chosen(sereno: &Sereno, proof: &one_time::Model, password: Option<&Secret>) -> Result<Option<Hidden>> {
    let (Some(password), Some(user_id)) = (password, proof.user_id) else {
        return Ok(None);
    };
    let Some((user, email)) = subject::find(sereno.db.read(), user_id).await? else {
        return Ok(None);
    };
    if user.origin != Origin::Staff.as_str() || user.password_hash.is_some() {
        return Err(Error::field("password", Code::InvalidChoice));
    }
    let relatives = password::relatives(&user, email.as_ref());
    let faults = password::judge(sereno, "password", password.expose(), &relatives).await?;
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    let hash = sereno.hasher.hash(password.expose(), &*sereno.entropy).await?;
    Ok(Some(Hidden(hash)))
}

/// A proof, and the hash of the password that came with it.
type Proven = (Option<one_time::Model>, Option<Hidden>);

/// Commits the activation; or undoes everything and writes down the refusal.
async fn conclude(sereno: &Sereno, meta: &RequestMeta, mut tx: Tx, proven: Proven) -> Result<Activated> {
    if let Some(user_id) = finish(sereno, &mut tx, proven).await? {
        tx.commit().await?;
        return Ok(Activated {
            id: Id(user_id.to_string()),
            state: UserState::Active,
        });
    }
    drop(tx);
    let mut tx = sereno.begin(meta, &Actor::Anonymous).await?;
    tx.record(Event::refused(EventKind::ActivationFailed, Code::ActivationLinkInvalid));
    tx.commit().await?;
    Err(Code::ActivationLinkInvalid.into())
}

/// The user is active from now on, or `None`: the proof is not one, or the account is not waiting for it.
async fn finish(sereno: &Sereno, tx: &mut Tx, (proof, hash): Proven) -> Result<Option<Uuid>> {
    let Some(proof) = proof else { return Ok(None) };
    let (Some(user_id), Some(canonical), Some(epoch)) = (proof.user_id, proof.subject, proof.credential_epoch) else {
        return Ok(None);
    };
    let kind = if claim::hold(tx, user_id, epoch).await? {
        EventKind::EmailConfirmed
    } else {
        let signed_up = entity::sign_up::Entity::of(user_id, epoch).one(tx.db()).await?;
        let activated = match signed_up {
            Some(sign_up) => sign_up::apply(tx, sign_up).await?,
            None => activate_as_is(tx, user_id, epoch, hash).await?,
        };
        if !activated {
            return Ok(None);
        }
        EventKind::UserActivated
    };
    if !claim::confirm(tx, user_id, &canonical).await? {
        return Ok(None);
    }
    once::consume_rest(sereno, tx.db(), Purpose::Activation, user_id).await?;
    sign_up::forget(tx, user_id).await?;
    tx.touch(user_id);
    tx.record(Event::new(kind).about(user_id));
    Ok(Some(user_id))
}

/// Activates an account that no sign-up made: whom staff invited. Gives whether it waited for this proof.
async fn activate_as_is(tx: &Tx, user_id: Uuid, epoch: i64, hash: Option<Hidden>) -> Result<bool> {
    let mut row = user::ActiveModel {
        state: Set(UserState::Active.as_str().to_owned()),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    if hash.is_some() {
        row.password_hash = Set(hash);
    }
    let activated = user::Entity::update_many()
        .set(row)
        .filter(user::Column::Id.eq(user_id))
        .filter(user::Column::State.eq(UserState::Pending.as_str()))
        .filter(user::Column::CredentialEpoch.eq(epoch))
        .exec(tx.db())
        .await?;
    Ok(activated.rows_affected > 0)
}

/// Asks for another activation mail. The answer, and what is written before it, are the same whether or not the address
/// waits to be confirmed; the job finds out.
///
/// # Errors
/// `validation_failed`, `too_many_requests`.
pub async fn resend(sereno: &Sereno, meta: &RequestMeta, command: ResendActivation) -> Result<()> {
    sereno.limit_address("resend", meta)?;
    let mut faults = Vec::new();
    let Some(email) = identifier::email_field(&command.email, &mut faults) else {
        return Err(Error::fields(faults));
    };
    notify::limit(sereno, MailKind::Activation, &email.canonical).await?;
    let waiting = waiting_with(sereno, &email.canonical).await?;
    let mut tx = sereno.begin(meta, &Actor::Anonymous).await?;
    tx.record(Event::new(EventKind::ActivationRequested).about(waiting));
    tx.enqueue(&SendActivation {
        user_id: waiting,
        locale: meta.locale,
    })?;
    tx.commit().await
}

/// Whose address waits to be confirmed.
async fn waiting_with(sereno: &Sereno, canonical: &str) -> Result<Option<Uuid>> {
    let found = user_email::Entity::find()
        .find_also_related(user::Entity)
        .filter(user_email::Column::Canonical.eq(canonical))
        .filter(user_email::Column::VerifiedAt.is_null())
        .one(sereno.db.read())
        .await?;
    let waiting = found
        .and_then(|(_, user)| user)
        .filter(|user| matches!(user.state(), UserState::Pending | UserState::Active));
    Ok(waiting.map(|user| user.id))
}

/// Sends the activation mail to a user whose address still waits to be confirmed; does nothing for anybody else.
#[derive(Debug, Serialize, Deserialize)]
pub struct SendActivation {
    /// Who asked, if that is somebody whose address waits.
    pub user_id: Option<Uuid>,
    /// In which language, if that was said.
    pub locale: Option<Locale>,
}

impl Job for SendActivation {
    const NAME: &'static str = "send_activation";

    async fn run(self, sereno: &Sereno) -> Result<(), Failure> {
        let Some(user_id) = self.user_id else { return Ok(()) };
        let mut tx = sereno.begin(&RequestMeta::default(), &Actor::System).await?;
        let found = subject::find(tx.db(), user_id).await?;
        let Some((user, Some(email))) = found else {
            return Ok(());
        };
        let sign_ups = match user.state() {
            // whoever asks may have made any of them: each gets its own mail again, and says when and from where it came
            UserState::Pending => sign_up::latest(&tx, user.id).await?,
            UserState::Active if address::is_unproven(&user, &email) => Vec::new(),
            _ => return Ok(()),
        };
        let mut wanted: Vec<_> = sign_ups
            .into_iter()
            .map(|row| (row.credential_epoch, row.address))
            .collect();
        let mail = if wanted.is_empty() && user.origin == Origin::Staff.as_str() {
            MailKind::AccountCreated
        } else {
            MailKind::Activation
        };
        if wanted.is_empty() {
            wanted.push((user.credential_epoch, email.address));
        }
        for (credential_epoch, address) in wanted {
            let recipient = Recipient {
                credential_epoch,
                user_id: Some(user.id),
                address,
                locale: self.locale,
            };
            notify::queue(sereno, &mut tx, mail, recipient).await?;
        }
        Ok(tx.commit().await?)
    }
}

//! Changing one's own password.

use sea_orm::EntityTrait;
use sereno_types::{ChangePassword, Code, FieldError, UserState};

use super::super::{attempts, reauthenticate};
use crate::access::subject;
use crate::context::{Actor, RequestMeta, Sereno, Via};
use crate::crypto::password::Verdict;
use crate::entity::{Hidden, user};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::notify::{self, MailKind, Recipient};
use crate::{session, token};

/// Sets another password for the signed-in user. What they are signed in by right now goes on; all other sign-ins end,
/// unless `password.change_ends_others` is off. Links to set a password or to confirm an address end in any case.
///
/// # Errors
/// `authentication_required`; `validation_failed` with the policy's codes or `password_unchanged` on `new_password`, with
/// `blank` or `password_incorrect` on `old_password`; `reauthentication_required`; `too_many_requests`; `state_conflict`
/// when the account changed meanwhile; `overloaded`.
pub async fn change(sereno: &Sereno, meta: &RequestMeta, actor: &Actor, command: ChangePassword) -> Result<()> {
    let caller = actor.caller()?;
    sereno.limit_address("change_password", meta)?;
    let found = subject::find(sereno.db.read(), caller.user_id).await?;
    let Some((user, email)) = found.filter(|(user, _)| user.state() == UserState::Active) else {
        return Err(Code::AuthenticationRequired.into());
    };
    let relatives = super::relatives(&user, email.as_ref());
    let (old, new) = (&command.old_password, &command.new_password);
    let mut faults = Vec::new();
    if is_demanded(sereno, &user) && old.is_empty() {
        faults.push(FieldError::new("old_password", Code::Blank));
    }
    faults.extend(super::judge(sereno, "new_password", new.expose(), &relatives).await?);
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    let unchanged = if old.is_empty() {
        reauthenticate::by_sign_in(sereno, &caller)?;
        is_present(sereno, &user, new.expose()).await?
    } else {
        let attempt = reauthenticate::by_password(sereno, meta, actor, &user, ("old_password", old)).await?;
        if old == new {
            // it was right; where it changes, counting begins anew with the new one
            attempts::forgive(sereno.db.write(), &attempt).await?;
        }
        old == new
    };
    if unchanged {
        return Err(Error::field("new_password", Code::PasswordUnchanged));
    }
    let hash = Hidden(sereno.hasher.hash(new.expose(), &*sereno.entropy).await?);
    let mut tx = sereno.begin(meta, actor).await?;
    if !super::set(&mut tx, user.id, user.credential_epoch, &hash).await? {
        return Err(Code::StateConflict.into());
    }
    if sereno.config.password.change_ends_others {
        let (session, family) = match caller.via {
            Via::Session(id) => (Some(id), None),
            Via::Family(id) => (None, Some(id)),
        };
        session::end_others(&tx, user.id, session, "password_changed").await?;
        token::revoke_others(&mut tx, user.id, family, "password_changed").await?;
    }
    session::carry_over(&tx, user.id, user.credential_epoch).await?;
    token::carry_over(&mut tx, user.id, user.credential_epoch).await?;
    tx.record(Event::new(EventKind::PasswordChanged).about(user.id));
    // an address that nobody has proven may be a stranger's
    if let Some(email) = email.filter(|email| email.verified_at.is_some()) {
        let recipient = Recipient {
            user_id: Some(user.id),
            credential_epoch: user.credential_epoch,
            address: email.address,
            locale: meta.locale,
        };
        notify::queue(sereno, &mut tx, MailKind::PasswordChanged, recipient).await?;
    }
    tx.commit().await
}

/// Whether the signed-in user must give the present password to change it: where it is demanded, and there is one.
///
/// # Errors
/// `authentication_required`.
pub async fn demands_old(sereno: &Sereno, actor: &Actor) -> Result<bool> {
    let user = user::Entity::find_by_id(actor.caller()?.user_id)
        .one(sereno.db.read())
        .await?
        .ok_or(Code::AuthenticationRequired)?;
    Ok(is_demanded(sereno, &user))
}

/// Who has none cannot give it.
fn is_demanded(sereno: &Sereno, user: &user::Model) -> bool {
    sereno.config.password.old_required && user.password_hash.is_some()
}

/// Whether this is the present password, where nobody had to give it.
async fn is_present(sereno: &Sereno, user: &user::Model, new: &str) -> Result<bool> {
    let Some(hash) = &user.password_hash else {
        return Ok(false);
    };
    Ok(sereno.hasher.verify(new, Some(&hash.0)).await? != Verdict::Wrong)
}

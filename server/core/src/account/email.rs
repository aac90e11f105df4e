//! Replacing one's own address: a link to the new one, a notice to the old one. Nothing changes before the link is used.

use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::{Deserialize, Serialize};
use sereno_types::{ChangeEmail, Code, ConfirmEmail, FieldError, Locale, UserState};
use uuid::Uuid;

use super::attempts::{self, Attempt};
use super::create::taken;
use super::identifier::{self, Email};
use super::register::is_unclaimed;
use super::{claim, reauthenticate, typed_code};
use crate::access::{address, subject};
use crate::context::{Actor, Failure, Job, RequestMeta, Sereno, Tx};
use crate::entity::{one_time, user, user_email};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::notify::{self, MailKind, Recipient, optout};
use crate::once::{self, Purpose};

/// Asks to replace the signed-in user's address. The answer, and what is written before it, are the same whether or not
/// somebody has the new address already; the job finds out. An earlier request ends: its link may have gone to a stranger
/// by a slip of the pen.
///
/// # Errors
/// `authentication_required`; `validation_failed` with the codes on `email` or `password_incorrect` on `password`;
/// `reauthentication_required` without a password and a fresh sign-in; `too_many_requests`; `overloaded`.
pub async fn request(sereno: &Sereno, meta: &RequestMeta, actor: &Actor, command: ChangeEmail) -> Result<()> {
    let wish = wish(sereno, meta, actor, command).await?;
    let mut tx = sereno.begin(meta, actor).await?;
    wish.write(sereno, &mut tx).await?;
    tx.commit().await
}

/// Another address that somebody may ask for.
pub(super) struct Wish {
    user: user::Model,
    old: Option<user_email::Model>,
    new: Email,
    attempt: Option<Attempt>,
}

/// Judges what is asked for, and by whom, before anything is written.
pub(super) async fn wish(sereno: &Sereno, meta: &RequestMeta, actor: &Actor, command: ChangeEmail) -> Result<Wish> {
    let caller = actor.caller()?;
    sereno.limit_address("change_email", meta)?;
    let mut faults: Vec<FieldError> = Vec::new();
    let Some(new) = identifier::email_field(&command.email, &mut faults) else {
        return Err(Error::fields(faults));
    };
    if let Some(code) = notify::rules::refusal(sereno, &new.canonical).await? {
        return Err(Error::field("email", code));
    }
    let found = subject::find(sereno.db.read(), caller.user_id).await?;
    let Some((user, old)) = found.filter(|(user, _)| user.state() == UserState::Active) else {
        return Err(Code::AuthenticationRequired.into());
    };
    let password = command.password.filter(|password| !password.is_empty());
    let attempt = if let Some(password) = password {
        Some(reauthenticate::by_password(sereno, meta, actor, &user, ("password", &password)).await?)
    } else {
        reauthenticate::by_sign_in(sereno, &caller)?;
        None
    };
    notify::limit_user(sereno, MailKind::EmailChangeNotice, user.id).await?;
    notify::limit(sereno, MailKind::EmailChangeConfirm, &new.canonical).await?;
    Ok(Wish {
        user,
        old,
        new,
        attempt,
    })
}

impl Wish {
    /// Asks for it inside a flow's transaction.
    pub(super) async fn write(self, sereno: &Sereno, tx: &mut Tx) -> Result<()> {
        if let Some(attempt) = &self.attempt {
            attempts::forgive(tx.db(), attempt).await?;
        }
        let (user, locale) = (self.user, tx.meta().locale);
        once::consume_rest(sereno, tx.db(), Purpose::EmailChange, user.id).await?;
        let request = sereno.new_id()?;
        let event = Event::new(EventKind::EmailChangeRequested).about(user.id);
        tx.record(event.with(notify::EMAIL_CHANGE, request.to_string()));
        tx.enqueue(&SendEmailChange {
            request: Some(request),
            user_id: user.id,
            credential_epoch: user.credential_epoch,
            address: self.new.address,
            locale,
        })?;
        if let Some(old) = self.old.filter(|old| old.verified_at.is_some()) {
            let recipient = Recipient {
                user_id: Some(user.id),
                credential_epoch: user.credential_epoch,
                address: old.address,
                locale,
            };
            notify::queue(sereno, tx, MailKind::EmailChangeNotice, recipient).await?;
        }
        Ok(())
    }
}

/// Sends the link to the new address, unless somebody else has confirmed it as theirs: they get nothing.
#[derive(Debug, Serialize, Deserialize)]
pub struct SendEmailChange {
    /// Which request it is, of those that the events tell of; none of an older version of Sereno.
    pub request: Option<Uuid>,
    /// Who wants another address.
    pub user_id: Uuid,
    /// The user's credential epoch when it was asked for.
    pub credential_epoch: i64,
    /// The new address, as it was written.
    pub address: String,
    /// In which language, if that was said.
    pub locale: Option<Locale>,
}

impl Job for SendEmailChange {
    const NAME: &'static str = "send_email_change";

    async fn run(self, sereno: &Sereno) -> Result<(), Failure> {
        let mut tx = sereno.begin(&RequestMeta::default(), &Actor::System).await?;
        let canonical = identifier::canonical(&self.address);
        if let Holder::Another = holder(&tx, self.user_id, &canonical).await? {
            return Ok(());
        }
        let recipient = Recipient {
            user_id: Some(self.user_id),
            credential_epoch: self.credential_epoch,
            address: self.address,
            locale: self.locale,
        };
        notify::queue_about(sereno, &mut tx, MailKind::EmailChangeConfirm, recipient, self.request).await?;
        Ok(tx.commit().await?)
    }
}

/// Who has an address.
enum Holder {
    /// Nobody, or the user it is asked for.
    Nobody,
    /// An account that somebody signed up for and nobody confirmed.
    Unclaimed(Uuid),
    /// An account that works although nobody has proven that the address is theirs.
    Unproven(Uuid),
    /// Somebody else.
    Another,
}

async fn holder(tx: &Tx, user_id: Uuid, canonical: &str) -> Result<Holder> {
    let found = user_email::Entity::find()
        .find_also_related(user::Entity)
        .filter(user_email::Column::Canonical.eq(canonical))
        .filter(user_email::Column::UserId.ne(user_id))
        .one(tx.db())
        .await?;
    Ok(match found {
        None => Holder::Nobody,
        Some((email, Some(user))) if is_unclaimed(&user, &email) => Holder::Unclaimed(user.id),
        Some((email, Some(user))) if address::is_unproven(&user, &email) => Holder::Unproven(user.id),
        Some(_) => Holder::Another,
    })
}

/// Replaces the address by the one that the mail went to, by the token of its link or, for whoever is signed in as who asked,
/// by its code. Links to set a password that went to the old address
/// end.
///
/// # Errors
/// `email_change_link_invalid` for anything unknown, used or expired; `email_unique` when somebody else confirmed the
/// address meanwhile: whoever reads its mail may know; `validation_failed` when neither was sent, `authentication_required` for
/// a code of nobody's, `too_many_requests`.
pub async fn confirm(sereno: &Sereno, meta: &RequestMeta, actor: &Actor, command: ConfirmEmail) -> Result<()> {
    sereno.limit_address("confirm_email", meta)?;
    let token = command
        .token
        .filter(|token| !token.is_empty() || command.code.is_none());
    let by_code = match (&token, &command.code) {
        (None, code) => by_code(sereno, actor, code.as_ref().map_or("", |code| code.expose())).await?,
        (Some(_), _) => None,
    };
    let mut tx = sereno.begin(meta, &Actor::Anonymous).await?;
    let proof = match (token, by_code) {
        (Some(token), _) => once::consume(sereno, tx.db(), Purpose::EmailChange, token.expose()).await?,
        (None, Some(id)) => once::consume_id(sereno, tx.db(), Purpose::EmailChange, id).await?,
        (None, None) => None,
    };
    let refusal = match finish(sereno, &mut tx, proof).await {
        Ok(true) => return tx.commit().await,
        Ok(false) => Code::EmailChangeLinkInvalid,
        Err(Error::Refused { fields, .. }) if fields.iter().any(|field| field.code == Code::EmailUnique) => {
            Code::EmailUnique
        }
        Err(error) => return Err(error),
    };
    drop(tx);
    let mut tx = sereno.begin(meta, &Actor::Anonymous).await?;
    tx.record(Event::refused(EventKind::EmailChangeFailed, refusal));
    tx.commit().await?;
    Err(refusal.into())
}

/// The proof whose code the user typed: of the latest request of theirs, and of nobody else's who wants the same address.
async fn by_code(sereno: &Sereno, actor: &Actor, code: &str) -> Result<Option<Uuid>> {
    if code.trim().is_empty() {
        return Err(Error::field("code", Code::Blank));
    }
    let user_id = actor.caller()?.user_id;
    let latest = one_time::Entity::find()
        .filter(one_time::Column::UserId.eq(user_id))
        .filter(one_time::Column::Purpose.eq(Purpose::EmailChange.as_str()))
        .order_by_desc(one_time::Column::CreatedAt)
        .order_by_desc(one_time::Column::Id)
        .one(sereno.db.read())
        .await?;
    let Some(address) = latest.and_then(|row| row.subject) else {
        return Ok(None);
    };
    let counted = identifier::canonical(&address);
    let proven = typed_code::prove(sereno, Purpose::EmailChange, &counted, &address, code).await?;
    Ok(proven.filter(|row| row.user_id == Some(user_id)).map(|row| row.id))
}

/// Writes what the proof buys; `false` when it is none, or the account's credentials have changed since it was asked for.
async fn finish(sereno: &Sereno, tx: &mut Tx, proof: Option<one_time::Model>) -> Result<bool> {
    let Some(proof) = proof else { return Ok(false) };
    let (Some(user_id), Some(address), Some(epoch)) = (proof.user_id, proof.subject, proof.credential_epoch) else {
        return Ok(false);
    };
    let canonical = identifier::canonical(&address);
    if !claim::hold(tx, user_id, epoch).await? {
        return Ok(false);
    }
    match holder(tx, user_id, &canonical).await? {
        Holder::Nobody => {}
        // whoever reads the address's mail has more right to it than who typed it at sign-up
        Holder::Unclaimed(id) => expire(tx, id).await?,
        Holder::Unproven(id) => claim::release(sereno, tx, id, &canonical).await?,
        Holder::Another => return Err(Error::field("email", Code::EmailUnique)),
    }
    replace(sereno, tx, user_id, Email { address, canonical }).await?;
    for purpose in [Purpose::EmailChange, Purpose::PasswordReset, Purpose::Deletion] {
        once::consume_rest(sereno, tx.db(), purpose, user_id).await?;
    }
    tx.touch(user_id);
    tx.record(Event::new(EventKind::EmailChanged).about(user_id));
    Ok(true)
}

/// Deletes an account that nobody confirmed, unless somebody has meanwhile: the unique address decides then.
pub(crate) async fn expire(tx: &mut Tx, id: Uuid) -> Result<()> {
    let deleted = user::Entity::delete_many()
        .filter(user::Column::Id.eq(id))
        .filter(user::Column::State.eq(UserState::Pending.as_str()))
        .exec(tx.db())
        .await?;
    if deleted.rows_affected > 0 {
        tx.touch(id);
        tx.record(Event::new(EventKind::UserExpired).about(id));
    }
    Ok(())
}

/// Makes this the user's one primary address, confirmed.
async fn replace(sereno: &Sereno, tx: &Tx, user_id: Uuid, email: Email) -> Result<()> {
    // what was said of the address before, by its link, is said for the account
    let before = user_email::Entity::find()
        .filter(user_email::Column::UserId.eq(user_id))
        .filter(user_email::Column::IsPrimary.eq(true))
        .filter(user_email::Column::VerifiedAt.is_not_null())
        .one(tx.db())
        .await?;
    if let Some(before) = before {
        optout::bind(sereno, tx, &before.canonical, user_id).await?;
    }
    // it may have been a second address of the same user
    user_email::Entity::delete_many()
        .filter(user_email::Column::UserId.eq(user_id))
        .filter(user_email::Column::Canonical.eq(email.canonical.as_str()))
        .filter(user_email::Column::IsPrimary.eq(false))
        .exec(tx.db())
        .await?;
    let changed = user_email::Entity::update_many()
        .col_expr(user_email::Column::Address, Expr::value(email.address.as_str()))
        .col_expr(user_email::Column::Canonical, Expr::value(email.canonical.as_str()))
        .col_expr(user_email::Column::VerifiedAt, Expr::value(tx.now().0))
        .filter(user_email::Column::UserId.eq(user_id))
        .filter(user_email::Column::IsPrimary.eq(true))
        .exec(tx.db())
        .await
        .map_err(taken)?;
    if changed.rows_affected > 0 {
        return Ok(());
    }
    let row = user_email::ActiveModel {
        id: Set(sereno.new_id()?),
        user_id: Set(user_id),
        address: Set(email.address),
        canonical: Set(email.canonical),
        is_primary: Set(true),
        verified_at: Set(Some(tx.now())),
        created_at: Set(tx.now()),
    };
    user_email::Entity::insert(row)
        .exec_without_returning(tx.db())
        .await
        .map_err(taken)?;
    Ok(())
}

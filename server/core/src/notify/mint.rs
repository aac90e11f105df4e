//! Secrets are minted when a mail leaves, and everything else that it says is looked up: for each kind what its variables
//! hold, or nothing when nobody waits for it any more.

use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use sereno_types::UserState;
use uuid::Uuid;

use super::mails::{
    AccountCreated, Activation, DeletionConfirm, DeletionDone, DeletionScheduled, EmailChangeConfirm,
    EmailChangeNotice, IdentityLinked, IdentityUnlinked, Invitation, Mail, MailKind, NewDevice, PasswordChanged,
    PasswordReset, RegistrationRepeated, Test, UnknownAccount,
};
use super::{EMAIL_CHANGE, login_code};
use crate::access::address;
use crate::clock::Moment;
use crate::context::Sereno;
use crate::entity::{
    Hidden, device, email_message, event, project, project_member, role, role_assignment, sign_up, user, user_email,
};
use crate::error::Result;
use crate::event::EventKind;
use crate::once::{self, Mint, Purpose};

/// Digits of the code in an activation mail: 26 bits.
const CODE_DIGITS: usize = 8;

/// The mail with fresh secrets, or nothing when nobody waits for it any more. `epoch` is the recipient's credential epoch
/// when it was asked for, `about` the row of another table that it is about.
pub(super) async fn mint(
    sereno: &Sereno,
    message: &email_message::Model,
    kind: MailKind,
    epoch: i64,
    about: Option<Uuid>,
) -> Result<Option<Mail>> {
    let when = readable(message.created_at);
    let forgotten = || sereno.link("/account/forgot-password");
    Ok(Some(match kind {
        MailKind::Activation => return Ok(mint_activation(sereno, message, epoch).await?.map(Mail::from)),
        MailKind::AccountCreated => {
            let minted = mint_activation(sereno, message, epoch).await?;
            return Ok(minted.map(|minted| invited(minted).into()));
        }
        MailKind::Invitation => return Ok(mint_invitation(sereno, message, epoch, about).await?.map(Mail::from)),
        MailKind::PasswordReset => return Ok(mint_password_reset(sereno, message, epoch).await?.map(Mail::from)),
        MailKind::EmailChangeConfirm => {
            return Ok(mint_email_change(sereno, message, epoch, about).await?.map(Mail::from));
        }
        MailKind::LoginCode => return Ok(login_code::mint(sereno, message, about).await?.map(Mail::from)),
        MailKind::DeletionConfirm => return Ok(mint_deletion(sereno, message, epoch).await?.map(Mail::from)),
        MailKind::DeletionScheduled => {
            return Ok(mint_deletion_cancel(sereno, message, epoch).await?.map(Mail::from));
        }
        MailKind::RegistrationRepeated => RegistrationRepeated {
            link: sereno.link("/account/sign-in"),
        }
        .into(),
        MailKind::PasswordChanged => PasswordChanged {
            link: forgotten(),
            when,
        }
        .into(),
        MailKind::NewDevice => NewDevice {
            link: forgotten(),
            when,
            device: new_device(sereno, message).await?,
        }
        .into(),
        MailKind::IdentityLinked => IdentityLinked {
            link: sereno.link("/account/connections"),
            when,
            provider: provider_of(sereno, message, EventKind::IdentityLinked).await?,
        }
        .into(),
        MailKind::IdentityUnlinked => IdentityUnlinked {
            link: forgotten(),
            when,
            provider: provider_of(sereno, message, EventKind::IdentityUnlinked).await?,
        }
        .into(),
        MailKind::UnknownAccount => UnknownAccount {
            link: sereno.link("/account/sign-up"),
        }
        .into(),
        MailKind::EmailChangeNotice => EmailChangeNotice {
            link: forgotten(),
            when,
        }
        .into(),
        MailKind::DeletionDone => DeletionDone {
            link: sereno.link("/"),
            when,
            receipt: message.id.to_string(),
        }
        .into(),
        MailKind::Test => Test {
            link: sereno.link("/"),
            when,
        }
        .into(),
    }))
}

/// The same link and code for whom staff has made an account, who did not sign up.
fn invited(minted: Activation) -> AccountCreated {
    AccountCreated {
        link: minted.link,
        code: minted.code,
        code_minutes: minted.code_minutes,
        link_hours: minted.link_hours,
    }
}

/// What was given, while it is; with link and code to open the account where it waits, else the way to sign in.
async fn mint_invitation(
    sereno: &Sereno,
    message: &email_message::Model,
    epoch: i64,
    about: Option<Uuid>,
) -> Result<Option<Invitation>> {
    let (Some(about), Some(user_id)) = (about, message.user_id) else {
        return Ok(None);
    };
    let db = sereno.db.read();
    let given = role_assignment::Entity::find_by_id(about).one(db).await?;
    let (role_id, project_id) = match given {
        Some(given) => (Some(given.role_id), given.project_id),
        None => match project_member::Entity::find_by_id(about).one(db).await? {
            Some(member) => (None, Some(member.project_id)),
            None => return Ok(None),
        },
    };
    let role = match role_id {
        Some(id) => role::Entity::find_by_id(id).one(db).await?,
        None => None,
    };
    let project = match project_id {
        Some(id) => project::Entity::find_by_id(id).one(db).await?,
        None => None,
    };
    let role = role.map(|role| role.name).unwrap_or_default();
    let project = project.map(|project| project.name).unwrap_or_default();
    if let Some(minted) = mint_activation(sereno, message, epoch).await? {
        return Ok(Some(Invitation {
            link: minted.link,
            code: minted.code,
            code_minutes: minted.code_minutes,
            link_hours: minted.link_hours,
            role,
            project,
        }));
    }
    let user = user::Entity::find_by_id(user_id).one(db).await?;
    let is_active = user.is_some_and(|user| user.state() == UserState::Active);
    Ok(is_active.then(|| Invitation {
        link: sereno.link("/account/sign-in"),
        code: String::new(),
        code_minutes: String::new(),
        link_hours: String::new(),
        role,
        project,
    }))
}

/// The user and primary address that a mail about credentials is for, while the account is active and nothing has ended
/// what was asked for.
async fn still_active(
    sereno: &Sereno,
    message: &email_message::Model,
    epoch: i64,
) -> Result<Option<(user::Model, Option<user_email::Model>)>> {
    let Some(user_id) = message.user_id else {
        return Ok(None);
    };
    let found = crate::access::subject::find(sereno.db.read(), user_id).await?;
    Ok(found.filter(|(user, _)| user.state() == UserState::Active && user.credential_epoch == epoch))
}

/// A link to set a new password, bound to the address the mail goes to.
async fn mint_password_reset(
    sereno: &Sereno,
    message: &email_message::Model,
    epoch: i64,
) -> Result<Option<PasswordReset>> {
    let Some((user, Some(email))) = still_active(sereno, message, epoch).await? else {
        return Ok(None);
    };
    let db = sereno.db.read();
    if email.address != message.recipient || !address::leads_to(sereno, db, &user, &email).await? {
        return Ok(None);
    }
    let lifetime = sereno.config.password.reset_lifetime;
    let settings = &sereno.config.registration;
    let (code, hash) = mint_code(sereno).await?;
    let what = Mint {
        purpose: Purpose::PasswordReset,
        user_id: Some(user.id),
        subject: Some(email.canonical),
        credential_epoch: Some(epoch),
        lifetime: lifetime.span(),
        code: Some((hash, settings.code_attempts)),
    };
    let token = once::mint(sereno, sereno.db.write(), what).await?;
    Ok(Some(PasswordReset {
        code,
        code_minutes: code_minutes(sereno, lifetime.span()),
        link: sereno.link(&format!("/account/reset-password?token={token}")),
        minutes: lifetime.0.div_ceil(60).to_string(),
    }))
}

/// A link to confirm the address the mail goes to, unless the user has asked for another one since. It is bound to the
/// address as it was written: that is what takes the place of the old one.
async fn mint_email_change(
    sereno: &Sereno,
    message: &email_message::Model,
    epoch: i64,
    about: Option<Uuid>,
) -> Result<Option<EmailChangeConfirm>> {
    let Some((user, _)) = still_active(sereno, message, epoch).await? else {
        return Ok(None);
    };
    // by the requests, and not by their mails: the one for an address that somebody else has gets none
    let latest = event::Entity::find()
        .filter(event::Column::UserId.eq(user.id))
        .filter(event::Column::Name.eq(EventKind::EmailChangeRequested.as_str()))
        .order_by_desc(event::Column::At)
        .order_by_desc(event::Column::Id)
        .one(sereno.db.read())
        .await?;
    let latest = latest.and_then(|row| row.detail.get(EMAIL_CHANGE)?.as_str()?.parse::<Uuid>().ok());
    if latest != about {
        return Ok(None);
    }
    // requests of older versions have no names: of theirs the latest mail leaves
    let later = email_message::Entity::find()
        .filter(email_message::Column::UserId.eq(user.id))
        .filter(email_message::Column::Mail.eq(message.mail.as_str()))
        .filter(email_message::Column::Id.gt(message.id));
    if about.is_none() && later.count(sereno.db.read()).await? > 0 {
        return Ok(None);
    }
    let settings = &sereno.config.registration;
    let lifetime = settings.link_lifetime;
    let (code, hash) = mint_code(sereno).await?;
    let what = Mint {
        purpose: Purpose::EmailChange,
        user_id: Some(user.id),
        subject: Some(message.recipient.clone()),
        credential_epoch: Some(epoch),
        lifetime: lifetime.span(),
        code: Some((hash, settings.code_attempts)),
    };
    let token = once::mint(sereno, sereno.db.write(), what).await?;
    Ok(Some(EmailChangeConfirm {
        code,
        code_minutes: code_minutes(sereno, lifetime.span()),
        link: sereno.link(&format!("/account/confirm-email?token={token}")),
        hours: lifetime.0.div_ceil(3_600).to_string(),
    }))
}

/// Link and code for a user whose address still waits to be confirmed, bound to the address the mail goes to.
async fn mint_activation(sereno: &Sereno, message: &email_message::Model, epoch: i64) -> Result<Option<Activation>> {
    let Some(user_id) = message.user_id else {
        return Ok(None);
    };
    let db = sereno.db.read();
    let Some((user, Some(email))) = crate::access::subject::find(db, user_id).await? else {
        return Ok(None);
    };
    let sign_up = sign_up::Entity::of(user_id, epoch).one(db).await?;
    let asked_for = match &sign_up {
        Some(sign_up) => sign_up.address == message.recipient,
        None => user.credential_epoch == epoch && email.address == message.recipient,
    };
    let waits = match user.state() {
        UserState::Pending => true,
        // it works with the credentials of now alone
        UserState::Active => user.credential_epoch == epoch,
        UserState::Locked | UserState::Disabled | UserState::Deleting => false,
    };
    if !waits || email.verified_at.is_some() || !asked_for {
        return Ok(None);
    }
    let settings = &sereno.config.registration;
    let (code, code_hash) = mint_code(sereno).await?;
    let what = Mint {
        purpose: Purpose::Activation,
        user_id: Some(user_id),
        subject: Some(email.canonical),
        credential_epoch: Some(epoch),
        lifetime: settings.link_lifetime.span(),
        code: Some((code_hash, settings.code_attempts)),
    };
    let token = once::mint(sereno, sereno.db.write(), what).await?;
    let signed_up = match &sign_up {
        Some(sign_up) => origin(sign_up),
        // from where it came is not kept once the account works
        None if user.origin == user::SIGN_UP => readable(user.created_at),
        None => String::new(),
    };
    // whom staff made an account has no password to sign in with: the page asks for one
    let has_none = user.state() == UserState::Pending && sign_up.is_none() && user.password_hash.is_none();
    let chooses = if has_none { "&password=none" } else { "" };
    Ok(Some(Activation {
        link: sereno.link(&format!("/account/activate?token={token}{chooses}")),
        code,
        code_minutes: settings.code_lifetime.0.div_ceil(60).to_string(),
        link_hours: settings.link_lifetime.0.div_ceil(3_600).to_string(),
        signed_up,
    }))
}

/// Link and code to delete an account, bound to the address the mail goes to.
async fn mint_deletion(sereno: &Sereno, message: &email_message::Model, epoch: i64) -> Result<Option<DeletionConfirm>> {
    let Some((user, Some(email))) = still_active(sereno, message, epoch).await? else {
        return Ok(None);
    };
    if email.verified_at.is_none() || email.address != message.recipient {
        return Ok(None);
    }
    let settings = &sereno.config.registration;
    let (code, hash) = mint_code(sereno).await?;
    let what = Mint {
        purpose: Purpose::Deletion,
        user_id: Some(user.id),
        subject: Some(email.canonical),
        credential_epoch: Some(epoch),
        lifetime: settings.link_lifetime.span(),
        code: Some((hash, settings.code_attempts)),
    };
    let token = once::mint(sereno, sereno.db.write(), what).await?;
    Ok(Some(DeletionConfirm {
        link: sereno.link(&format!("/account/delete?token={token}")),
        code,
        code_minutes: settings.code_lifetime.0.div_ceil(60).to_string(),
        link_hours: settings.link_lifetime.0.div_ceil(3_600).to_string(),
        grace_days: sereno.config.deletion.grace_period.0.div_ceil(86_400).to_string(),
    }))
}

/// A link to keep an account that is about to be deleted, for as long as there is time.
async fn mint_deletion_cancel(
    sereno: &Sereno,
    message: &email_message::Model,
    epoch: i64,
) -> Result<Option<DeletionScheduled>> {
    let Some(user_id) = message.user_id else {
        return Ok(None);
    };
    let found = user::Entity::find_by_id(user_id).one(sereno.db.read()).await?;
    let closed = found.filter(|user| user.state() == UserState::Deleting && user.credential_epoch == epoch);
    let Some(delete_at) = closed.and_then(|user| user.delete_at) else {
        return Ok(None);
    };
    let what = Mint {
        purpose: Purpose::DeletionCancel,
        user_id: Some(user_id),
        subject: None,
        credential_epoch: Some(epoch),
        lifetime: delete_at.since(sereno.now()),
        code: None,
    };
    let token = once::mint(sereno, sereno.db.write(), what).await?;
    Ok(Some(DeletionScheduled {
        link: sereno.link(&format!("/account/keep?token={token}")),
        when: readable(delete_at),
    }))
}

/// A short code as it is written in mails, and its hash.
async fn mint_code(sereno: &Sereno) -> Result<(String, Hidden)> {
    let code = sereno.entropy.digits(CODE_DIGITS)?;
    let hash = sereno
        .hasher
        .hash_code(&code, &sereno.keys.pepper, &*sereno.entropy)
        .await?;
    let (left, right) = code.split_at(CODE_DIGITS / 2);
    Ok((format!("{left}-{right}"), Hidden(hash)))
}

/// How many minutes a code is heard: as long as codes are, and no longer than the link beside it.
fn code_minutes(sereno: &Sereno, link: std::time::Duration) -> String {
    let code = sereno.config.registration.code_lifetime.span();
    code.min(link).as_secs().div_ceil(60).to_string()
}

/// A moment for people, in UTC.
pub(super) fn readable(moment: Moment) -> String {
    moment.timestamp().0.replacen('T', " ", 1).replacen('Z', " UTC", 1)
}

/// When and from where a sign-up came, for an owner who finds two mails and made one of them.
fn origin(sign_up: &sign_up::Model) -> String {
    let when = readable(sign_up.created_at);
    match &sign_up.client_address {
        Some(address) => format!("{when}, {address}"),
        None => when,
    }
}

/// The device that the mail was queued with, in the same moment. One that was removed meanwhile is not named, but told of:
/// whoever signed in with it must not be able to keep the mail away.
async fn new_device(sereno: &Sereno, message: &email_message::Model) -> Result<String> {
    let found = device::Entity::find()
        .filter(device::Column::UserId.eq(message.user_id))
        .filter(device::Column::CreatedAt.eq(message.created_at))
        .one(sereno.db.read())
        .await?;
    let Some(device) = found else { return Ok(String::new()) };
    let system = [device.os, device.os_version].into_iter().flatten().collect::<Vec<_>>();
    let system = system.join(" ");
    let called = match device.name.or(device.device_type) {
        Some(name) if system.is_empty() => name,
        Some(name) => format!("{name} ({system})"),
        None => system,
    };
    let parts = [Some(called).filter(|called| !called.is_empty()), device.address];
    Ok(parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

/// What people call the provider of the event that the mail was queued with, in the same moment: the identity itself may
/// be gone.
async fn provider_of(sereno: &Sereno, message: &email_message::Model, kind: EventKind) -> Result<String> {
    let found = event::Entity::find()
        .filter(event::Column::UserId.eq(message.user_id))
        .filter(event::Column::Name.eq(kind.as_str()))
        .filter(event::Column::At.eq(message.created_at))
        .one(sereno.db.read())
        .await?;
    let name = found.and_then(|row| row.detail.get("provider_name")?.as_str().map(str::to_owned));
    // swept away before a mail server took the mail
    Ok(name.unwrap_or_else(|| "?".to_owned()))
}

//! Mails that staff starts, and users made at the command line.

use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use sereno_types::{Code, Id, Permission, Secret, UserState};
use uuid::Uuid;

use super::super::{NewUser, Origin, activate, create, identifier, password};
use super::parse;
use super::view::version_of;
use crate::access::address;
use crate::context::{RequestMeta, Sereno, Staff, Tx};
use crate::entity::{Hidden, user, user_email};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::notify::{self, MailKind};

/// Sends the activation mail again.
///
/// # Errors
/// `permission_denied`, `not_found`, `state_conflict` when the account does not wait for activation, and its address not to be
/// confirmed.
pub async fn send_activation(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, id: &Id) -> Result<()> {
    staff.require(Permission::UsersManage)?;
    notify::limit_user(sereno, MailKind::Activation, parse(id)?).await?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let user = target(&tx, staff, id).await?;
    let waits = match user.state() {
        UserState::Pending => true,
        UserState::Active => primary(&tx, &user)
            .await?
            .is_some_and(|email| address::is_unproven(&user, &email)),
        UserState::Locked | UserState::Disabled | UserState::Deleting => false,
    };
    if !waits {
        return Err(Code::StateConflict.into());
    }
    let locale = user.language().or(meta.locale);
    tx.record(Event::new(EventKind::ActivationRequested).about(user.id));
    tx.enqueue(&activate::SendActivation {
        user_id: Some(user.id),
        locale,
    })?;
    tx.commit().await
}

/// Sends a mail with a link to set a new password. Staff starts this and never chooses the password.
///
/// # Errors
/// `permission_denied`, `not_found`, `own_account`, `too_many_requests`; `state_conflict` when the account is not active
/// or has no address that leads to it.
pub async fn send_password_reset(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, id: &Id) -> Result<()> {
    staff.require(Permission::UsersManage)?;
    notify::limit_user(sereno, MailKind::PasswordReset, parse(id)?).await?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let user = target(&tx, staff, id).await?;
    let reaches = match primary(&tx, &user).await? {
        Some(email) => user.state() == UserState::Active && address::leads_to(sereno, tx.db(), &user, &email).await?,
        None => false,
    };
    if !reaches {
        return Err(Code::StateConflict.into());
    }
    let locale = user.language().or(meta.locale);
    tx.record(Event::new(EventKind::PasswordResetRequested).about(user.id));
    tx.enqueue(&password::SendPasswordReset {
        user_id: Some(user.id),
        credential_epoch: Some(user.credential_epoch),
        unknown: None,
        locale,
    })?;
    tx.commit().await
}

async fn primary(tx: &Tx, user: &user::Model) -> Result<Option<user_email::Model>> {
    let found = user_email::Entity::find()
        .filter(user_email::Column::UserId.eq(user.id))
        .filter(user_email::Column::IsPrimary.eq(true));
    Ok(found.one(tx.db()).await?)
}

/// Highest number that may be brought along: JSON readers in JavaScript are exact up to here, and there is room to go on
/// counting.
const NUMBER_MAX: i64 = 9_007_199_254_740_991;

/// A user made at the command line.
#[derive(Clone, Debug, Default)]
pub struct CreateUser {
    /// The primary address; counts as confirmed unless `inactive`.
    pub email: String,
    /// The user name.
    pub username: Option<String>,
    /// The password; without one the user cannot sign in by password.
    pub password: Option<Secret>,
    /// The number, to keep one from elsewhere.
    pub number: Option<i64>,
    /// Whether the user may do everything.
    pub is_superuser: bool,
    /// Whether the user still has to confirm the address; the activation mail is sent then.
    pub inactive: bool,
}

/// Makes a user.
///
/// # Errors
/// `permission_denied`, `validation_failed`.
pub async fn create_user(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, command: CreateUser) -> Result<Id> {
    staff.require(Permission::UsersManage)?;
    if command.is_superuser && !staff.is_superuser() {
        return Err(Code::PermissionDenied.into());
    }
    let mut faults = Vec::new();
    let email = identifier::email_field(&command.email, &mut faults);
    let username = command.username.as_deref();
    let username = username.and_then(|name| identifier::username_field(name, &mut faults));
    if command.number.is_some_and(|number| !(1..=NUMBER_MAX).contains(&number)) {
        faults.push(sereno_types::FieldError::new("number", Code::InvalidChoice));
    }
    if let Some(password) = &command.password {
        let relatives = [command.email.as_str(), command.username.as_deref().unwrap_or("")];
        faults.extend(password::judge(sereno, "password", password.expose(), &relatives).await?);
    }
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    let password_hash = match &command.password {
        Some(password) => Some(Hidden(sereno.hasher.hash(password.expose(), &*sereno.entropy).await?)),
        None => None,
    };
    let state = if command.inactive {
        UserState::Pending
    } else {
        UserState::Active
    };
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let new = NewUser {
        email,
        username,
        password_hash,
        state,
        is_confirmed: !command.inactive,
        origin: Origin::Staff,
        is_superuser: command.is_superuser,
        number: command.number,
        locale: None,
        attributes: serde_json::Map::new(),
    };
    let id = create(sereno, &tx, new).await?;
    if command.inactive {
        tx.enqueue(&activate::SendActivation {
            user_id: Some(id),
            locale: meta.locale,
        })?;
    }
    tx.record(Event::new(EventKind::UserCreated).about(id));
    tx.commit().await?;
    Ok(Id(id.to_string()))
}

/// The account staff wants to act on: not their own, and not a superuser's unless they are one.
pub(super) async fn target(tx: &Tx, staff: &Staff, id: &Id) -> Result<user::Model> {
    let user = may_touch(tx, staff, parse(id)?).await?;
    if staff.actor().caller().is_ok_and(|caller| caller.user_id == user.id) {
        return Err(Code::OwnAccount.into());
    }
    Ok(user)
}

/// The same for a change of what can be edited: the account is held, and must be of the version that the request means.
///
/// # Errors
/// As `target`, and `precondition_failed`.
pub(super) async fn meant(sereno: &Sereno, tx: &Tx, staff: &Staff, id: &Id) -> Result<user::Model> {
    let user = target(tx, staff, id).await?;
    if tx.meta().if_match.is_none() {
        return Ok(user);
    }
    let held = user::Entity::find_by_id(user.id)
        .lock(LockType::Update)
        .one(tx.db())
        .await?;
    let held = held.ok_or(Error::NotFound)?;
    tx.meta().expects(&version_of(sereno, &held)?)?;
    Ok(held)
}

/// The account, unless it is a superuser's and staff is none.
///
/// # Errors
/// `not_found`, `permission_denied`.
pub async fn may_touch(tx: &Tx, staff: &Staff, id: Uuid) -> Result<user::Model> {
    let found = user::Entity::find_by_id(id).one(tx.db()).await?;
    let user = found.ok_or(Error::NotFound)?;
    if user.is_superuser && !staff.is_superuser() {
        return Err(Code::PermissionDenied.into());
    }
    Ok(user)
}

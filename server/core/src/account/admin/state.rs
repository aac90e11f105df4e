//! What staff does to the state of an account: locked for a while, switched off for good, deleted; and the way back. Whatever
//! closes an account ends everything that was issued to it.

use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use sereno_types::{Code, Id, Permission, StateChange, UserDetail, UserState};

use super::super::register::first_state;
use super::super::state::{change_state, closed_from, shut_while_closing, spare_last_administrator};
use super::super::{Origin, deletion};
use super::act::meant;
use super::view;
use crate::access::address;
use crate::context::{RequestMeta, Sereno, Staff, Tx};
use crate::entity::{user, user_email};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::{session, token};

/// Changes the state as staff says. Gives the account as it is then, or nothing when it is gone.
///
/// # Errors
/// `permission_denied`, `not_found`, `own_account`, `precondition_failed`, `last_administrator`, `state_conflict`.
pub async fn change(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    id: &Id,
    change: StateChange,
) -> Result<Option<UserDetail>> {
    let changed = match change {
        StateChange::Delete => return delete(sereno, meta, staff, id).await,
        StateChange::Lock => lock(sereno, meta, staff, id).await,
        StateChange::Unlock => unlock(sereno, meta, staff, id).await,
        StateChange::Disable => disable(sereno, meta, staff, id).await,
        StateChange::Enable => enable(sereno, meta, staff, id).await,
        StateChange::Restore => restore(sereno, meta, staff, id).await,
    };
    changed.map(Some)
}

/// Locks an account: everything that was issued to it stops working at once. One that is about to be deleted still is, and is
/// locked where it is kept.
///
/// # Errors
/// `permission_denied`, `not_found`, `own_account`, `precondition_failed`, `last_administrator`, `state_conflict`.
pub async fn lock(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, id: &Id) -> Result<UserDetail> {
    close(sereno, meta, staff, id, (UserState::Locked, EventKind::UserLocked)).await
}

/// Switches an account off for good; it is kept for the record.
///
/// # Errors
/// As [`lock`].
pub async fn disable(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, id: &Id) -> Result<UserDetail> {
    close(sereno, meta, staff, id, (UserState::Disabled, EventKind::UserDisabled)).await
}

/// Unlocks an account. What was issued before stays dead.
///
/// # Errors
/// `permission_denied`, `not_found`, `own_account`, `precondition_failed`, `state_conflict`.
pub async fn unlock(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, id: &Id) -> Result<UserDetail> {
    reopen(sereno, meta, staff, id, (UserState::Locked, EventKind::UserUnlocked)).await
}

/// Switches an account on again.
///
/// # Errors
/// As [`unlock`].
pub async fn enable(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, id: &Id) -> Result<UserDetail> {
    reopen(sereno, meta, staff, id, (UserState::Disabled, EventKind::UserEnabled)).await
}

/// Keeps an account that is about to be deleted.
///
/// # Errors
/// As [`unlock`].
pub async fn restore(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, id: &Id) -> Result<UserDetail> {
    let from = (UserState::Deleting, EventKind::DeletionCancelled);
    reopen(sereno, meta, staff, id, from).await
}

/// Closes an account until it is deleted, as for users who wish it themselves. Gives when that is, or nothing when it is
/// gone already.
///
/// # Errors
/// As [`lock`].
pub async fn delete(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, id: &Id) -> Result<Option<UserDetail>> {
    let (mut tx, user) = begin(sereno, meta, staff, id).await?;
    if user.state() == UserState::Deleting {
        return Err(Code::StateConflict.into());
    }
    spare_last_administrator(&tx, &user).await?;
    deletion::begin(sereno, &mut tx, &user).await?;
    tx.commit().await?;
    match view::load(sereno, user.id).await {
        Err(Error::NotFound) => Ok(None),
        shown => shown.map(Some),
    }
}

async fn begin(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, id: &Id) -> Result<(Tx, user::Model)> {
    // the answer shows the account
    staff.require(Permission::UsersView)?;
    staff.require(Permission::UsersManage)?;
    let tx = sereno.begin(meta, staff.actor()).await?;
    let user = meant(sereno, &tx, staff, id).await?;
    Ok((tx, user))
}

async fn close(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    id: &Id,
    (to, event): (UserState, EventKind),
) -> Result<UserDetail> {
    let (mut tx, user) = begin(sereno, meta, staff, id).await?;
    let closing = user.state() == UserState::Deleting;
    let from = if closing { closed_from(&user) } else { user.state() };
    let may = match from {
        UserState::Active | UserState::Pending => true,
        // what is locked for a while may be switched off for good
        UserState::Locked => to == UserState::Disabled,
        UserState::Disabled | UserState::Deleting => false,
    };
    if !may {
        return Err(Code::StateConflict.into());
    }
    if closing {
        shut_while_closing(&mut tx, &user, to).await?;
    } else {
        spare_last_administrator(&tx, &user).await?;
        change_state(&mut tx, &user, to, None).await?;
    }
    session::end_all(&tx, user.id, event.as_str()).await?;
    token::revoke_all(&mut tx, user.id, event.as_str()).await?;
    tx.record(Event::new(event).about(user.id));
    tx.commit().await?;
    view::load(sereno, user.id).await
}

async fn reopen(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    id: &Id,
    (from, event): (UserState, EventKind),
) -> Result<UserDetail> {
    let (mut tx, user) = begin(sereno, meta, staff, id).await?;
    if user.state() != from {
        return Err(Code::StateConflict.into());
    }
    // keeping an account does not unlock it
    let shut = Some(closed_from(&user)).filter(|state| matches!(state, UserState::Locked | UserState::Disabled));
    // an account that never confirmed its address waits for that again, unless it worked without, or would today
    let works_without = user.origin == Origin::SignUp.as_str()
        && first_state(sereno) == UserState::Active
        && !address::has_rights(sereno, tx.db(), &user).await?;
    let confirmed = user_email::Entity::find()
        .filter(user_email::Column::UserId.eq(user.id))
        .filter(user_email::Column::VerifiedAt.is_not_null());
    let state = if let Some(shut) = shut {
        shut
    } else if works_without || user.last_login_at.is_some() || confirmed.count(tx.db()).await? > 0 {
        UserState::Active
    } else {
        UserState::Pending
    };
    change_state(&mut tx, &user, state, None).await?;
    tx.record(Event::new(event).about(user.id));
    tx.commit().await?;
    view::load(sereno, user.id).await
}

//! An account that works although nobody has proven its address (`registration.verification`): its own mail confirms the
//! address, and whoever else proves it comes first. By a new password, a mailed code or a provider's word they take the
//! account over; where they have an account already, the address goes there.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use sereno_types::UserState;
use uuid::Uuid;

use super::{revocation, sign_up};
use crate::access::address;
use crate::context::{Sereno, Tx};
use crate::entity::{device, identity, user, user_email};
use crate::error::Result;
use crate::event::{Event, EventKind};
use crate::once::{self, Purpose};
use crate::{session, token};

/// Whether the account is active and has the credentials of this epoch: those that a proof was mailed for. Its row is the
/// transaction's from then on.
pub(super) async fn hold(tx: &Tx, user_id: Uuid, epoch: i64) -> Result<bool> {
    let held = user::Entity::update_many()
        .col_expr(user::Column::UpdatedAt, Expr::value(tx.now().0))
        .filter(user::Column::Id.eq(user_id))
        .filter(user::Column::State.eq(UserState::Active.as_str()))
        .filter(user::Column::CredentialEpoch.eq(epoch))
        .exec(tx.db())
        .await?;
    Ok(held.rows_affected > 0)
}

/// Gives the account to whoever proved its address by `method`. Anybody may have used it so far: whatever opens it or
/// listens to it goes (the password, sign-ins, keys, identities, devices, links under way). What only describes it stays:
/// mostly it is its owner's, who forgot a password. Gives the row as it is then; nothing when the account has changed
/// since it was read, or has rights.
pub(crate) async fn take_over(
    sereno: &Sereno,
    tx: &mut Tx,
    user: &user::Model,
    email: &user_email::Model,
    method: &str,
) -> Result<Option<user::Model>> {
    let claimed = user::Entity::update_many()
        .col_expr(user::Column::PasswordHash, Expr::value(None::<String>))
        .col_expr(
            user::Column::CredentialEpoch,
            Expr::col(user::Column::CredentialEpoch).add(1),
        )
        .col_expr(user::Column::UpdatedAt, Expr::value(tx.now().0))
        .filter(user::Column::Id.eq(user.id))
        .filter(user::Column::State.eq(UserState::Active.as_str()))
        .filter(user::Column::CredentialEpoch.eq(user.credential_epoch))
        .exec_with_returning(tx.db())
        .await?;
    let Some(claimed) = claimed.into_iter().next() else {
        return Ok(None);
    };
    if address::has_rights(sereno, tx.db(), &claimed).await? || !confirm(tx, user.id, &email.canonical).await? {
        return Ok(None);
    }
    revocation::ask_for_all(tx, user.id).await?;
    identity::Entity::delete_many()
        .filter(identity::Column::UserId.eq(user.id))
        .exec(tx.db())
        .await?;
    // before what hangs on them, as everywhere
    device::Entity::delete_many()
        .filter(device::Column::UserId.eq(user.id))
        .exec(tx.db())
        .await?;
    session::end_all(tx, user.id, "claimed").await?;
    token::revoke_all(tx, user.id, "claimed").await?;
    for purpose in [Purpose::Activation, Purpose::EmailChange, Purpose::PasswordReset] {
        once::consume_rest(sereno, tx.db(), purpose, user.id).await?;
    }
    sign_up::forget(tx, user.id).await?;
    tx.touch(user.id);
    tx.record(Event::new(EventKind::UserClaimed).about(user.id).with("method", method));
    Ok(Some(claimed))
}

/// Notes that the address is the user's; `false` where it is not theirs any more, or was proven already.
pub(super) async fn confirm(tx: &Tx, user_id: Uuid, canonical: &str) -> Result<bool> {
    let confirmed = user_email::Entity::update_many()
        .col_expr(user_email::Column::VerifiedAt, Expr::value(tx.now().0))
        .filter(user_email::Column::UserId.eq(user_id))
        .filter(user_email::Column::Canonical.eq(canonical))
        .filter(user_email::Column::VerifiedAt.is_null())
        .exec(tx.db())
        .await?;
    Ok(confirmed.rows_affected > 0)
}

/// Takes an address from the account that only typed it, for an account whose owner proved it. The one that loses it goes
/// on without: nothing is lost but what was never theirs.
pub(super) async fn release(sereno: &Sereno, tx: &mut Tx, user_id: Uuid, canonical: &str) -> Result<()> {
    // of two who want the account's address at once, one finds what the other left: its own mail, and a change of it,
    // take the user's row first
    user::Entity::update_many()
        .col_expr(user::Column::UpdatedAt, Expr::value(tx.now().0))
        .filter(user::Column::Id.eq(user_id))
        .exec(tx.db())
        .await?;
    let released = user_email::Entity::delete_many()
        .filter(user_email::Column::UserId.eq(user_id))
        .filter(user_email::Column::Canonical.eq(canonical))
        .filter(user_email::Column::VerifiedAt.is_null())
        .exec(tx.db())
        .await?;
    if released.rows_affected > 0 {
        once::consume_rest(sereno, tx.db(), Purpose::Activation, user_id).await?;
        sign_up::forget(tx, user_id).await?;
        tx.touch(user_id);
        tx.record(Event::new(EventKind::EmailReleased).about(user_id));
    }
    Ok(())
}

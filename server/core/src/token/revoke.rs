//! Revoking families (RFC 7009). A revoked family's refresh tokens are refused at once, its access tokens too.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter};
use uuid::Uuid;

use super::{opaque, refresh, verify};
use crate::context::{Sereno, Tx};
use crate::entity::token_family::{Column, Entity};
use crate::error::Result;

/// Revokes one family; whose it was, if it was still open.
pub async fn revoke(tx: &mut Tx, family: Uuid, reason: &str) -> Result<Option<Uuid>> {
    Ok(revoke_where(tx, Column::Id.eq(family), reason).await?.first().copied())
}

/// Revokes every family of a user.
pub async fn revoke_all(tx: &mut Tx, user_id: Uuid, reason: &str) -> Result<()> {
    revoke_where(tx, Column::UserId.eq(user_id), reason).await?;
    Ok(())
}

/// Revokes every family of a user but this one; how many were open.
pub async fn revoke_others(tx: &mut Tx, user_id: Uuid, keep: Option<Uuid>, reason: &str) -> Result<u64> {
    let others = match keep {
        Some(keep) => Column::UserId.eq(user_id).and(Column::Id.ne(keep)),
        None => Column::UserId.eq(user_id),
    };
    Ok(revoke_where(tx, others, reason).await?.len() as u64)
}

/// Revokes every family that hangs on a device of a user; how many were open.
pub async fn revoke_on(tx: &mut Tx, user_id: Uuid, device: Uuid, reason: &str) -> Result<u64> {
    // the user is said too, for the index
    let which = Column::UserId.eq(user_id).and(Column::DeviceId.eq(device));
    Ok(revoke_where(tx, which, reason).await?.len() as u64)
}

/// Lets what is still open of a user outlive a credential epoch that was raised by one in this transaction.
pub async fn carry_over(tx: &mut Tx, user_id: Uuid, epoch: i64) -> Result<()> {
    let carried = Entity::update_many()
        .col_expr(Column::CredentialEpoch, Expr::value(epoch + 1))
        .filter(Column::UserId.eq(user_id))
        .filter(Column::CredentialEpoch.eq(epoch))
        .filter(Column::RevokedAt.is_null())
        .exec_with_returning(tx.db())
        .await?;
    for family in &carried {
        tx.touch(family.id);
    }
    Ok(())
}

/// What a refresh token or a key is of.
#[derive(Clone, Copy, Debug)]
pub struct Presented {
    /// The family.
    pub family: Uuid,
    /// Its place in the line; a key has none.
    pub(super) generation: Option<i64>,
}

/// What a refresh token or a key is of, if we wrote it; also of one that is good for nothing any more.
///
/// # Errors
/// When the database is away.
pub async fn presented(sereno: &Sereno, token: &str) -> Result<Option<Presented>> {
    if let Some(key) = opaque::read_key(sereno, token) {
        return Ok(Some(Presented {
            family: key.family,
            generation: None,
        }));
    }
    let presented = refresh::presented(sereno, token).await?;
    Ok(presented.map(|presented| Presented {
        family: presented.family,
        generation: Some(presented.generation),
    }))
}

/// Whose family it is.
pub async fn owner_of(sereno: &Sereno, family: Uuid) -> Result<Option<Uuid>> {
    Ok(verify::family(sereno, family).await?.map(|family| family.user_id))
}

/// Through which application it was issued.
pub async fn application_of(sereno: &Sereno, family: Uuid) -> Result<Option<Uuid>> {
    let family = verify::family(sereno, family).await?;
    Ok(family.map(|family| family.application_id))
}

async fn revoke_where(tx: &mut Tx, which: Expr, reason: &str) -> Result<Vec<Uuid>> {
    let revoked = Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(tx.now().0))
        .col_expr(Column::RevokeReason, Expr::value(reason))
        .filter(which)
        .filter(Column::RevokedAt.is_null())
        .exec_with_returning(tx.db())
        .await?;
    for family in &revoked {
        tx.touch(family.id);
    }
    Ok(revoked.into_iter().map(|family| family.user_id).collect())
}

//! Revoking families (RFC 7009). A revoked family's refresh tokens are refused at once, its access tokens too.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::refresh;
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

/// The family a refresh token belongs to, if we wrote the token, in whichever form.
pub async fn family_of(sereno: &Sereno, token: &str) -> Result<Option<Uuid>> {
    let presented = refresh::presented(sereno, token).await?;
    Ok(presented.map(|presented| presented.family))
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

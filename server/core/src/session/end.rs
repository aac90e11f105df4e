//! Ending sessions. An ended session stays as a row until it is swept away, so that it can be shown.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter};
use uuid::Uuid;

use super::PURPOSE;
use crate::context::{Sereno, Tx};
use crate::entity::session::{Column, Entity};
use crate::error::Result;

/// Ends one session; whether it was open.
pub async fn end(tx: &Tx, id: Uuid, reason: &str) -> Result<bool> {
    Ok(end_where(tx, Column::Id.eq(id), reason).await? > 0)
}

/// Ends every session of a user; how many were open.
pub async fn end_all(tx: &Tx, user_id: Uuid, reason: &str) -> Result<u64> {
    end_where(tx, Column::UserId.eq(user_id), reason).await
}

/// Ends every session of a user but this one.
pub async fn end_others(tx: &Tx, user_id: Uuid, keep: Option<Uuid>, reason: &str) -> Result<u64> {
    let others = match keep {
        Some(keep) => Column::UserId.eq(user_id).and(Column::Id.ne(keep)),
        None => Column::UserId.eq(user_id),
    };
    end_where(tx, others, reason).await
}

/// Ends every session that hangs on a device of a user; how many were open.
pub async fn end_on(tx: &Tx, user_id: Uuid, device: Uuid, reason: &str) -> Result<u64> {
    // the user is said too, for the index
    let which = Column::UserId.eq(user_id).and(Column::DeviceId.eq(device));
    end_where(tx, which, reason).await
}

/// Ends every session that is an application's delivery; how many were open.
pub async fn end_through(tx: &Tx, application: Uuid, reason: &str) -> Result<u64> {
    end_where(tx, Column::ApplicationId.eq(application), reason).await
}

/// Lets what is still open of a user outlive a credential epoch that was raised by one in this transaction.
pub async fn carry_over(tx: &Tx, user_id: Uuid, epoch: i64) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::CredentialEpoch, Expr::value(epoch + 1))
        .filter(Column::UserId.eq(user_id))
        .filter(Column::CredentialEpoch.eq(epoch))
        .filter(Column::EndedAt.is_null())
        .exec(tx.db())
        .await?;
    Ok(())
}

/// Ends whatever the browser held under this value before it got another: a visitor's flow state, or a session that a new
/// sign-in replaces.
pub async fn replace(sereno: &Sereno, secret: &str) -> Result<()> {
    super::delete_flow_state(sereno, secret).await?;
    Entity::update_many()
        .col_expr(Column::EndedAt, Expr::value(sereno.now().0))
        .col_expr(Column::EndReason, Expr::value("replaced"))
        .filter(Column::Digest.is_in(sereno.keys.digest.candidates(PURPOSE, secret)))
        .filter(Column::EndedAt.is_null())
        .exec(sereno.db.write())
        .await?;
    Ok(())
}

async fn end_where(tx: &Tx, which: Expr, reason: &str) -> Result<u64> {
    let ended = Entity::update_many()
        .col_expr(Column::EndedAt, Expr::value(tx.now().0))
        .col_expr(Column::EndReason, Expr::value(reason))
        .filter(which)
        .filter(Column::EndedAt.is_null())
        .exec(tx.db())
        .await?;
    Ok(ended.rows_affected)
}

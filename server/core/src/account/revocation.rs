//! Giving a provider its token back when an identity goes: asked for here, because both the end of an account and a
//! disconnection ask; done where the providers are known (`social::revoke`).

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::context::Tx;
use crate::entity::identity::{Column, Entity, Model};
use crate::error::Result;

/// Revokes what an identity held at its provider. The row is gone by then, so that the token comes along, sealed as it
/// was; the queue keeps none of it once the job is done or given up.
#[derive(Serialize, Deserialize)]
pub struct RevokeAtProvider {
    /// The identity that was; the token is sealed for it.
    pub identity_id: Uuid,
    /// Where.
    pub provider_id: Uuid,
    /// The refresh token, sealed.
    pub token: String,
}

/// Asks for it where there is anything to revoke. Whatever the provider does about it, the identity goes.
pub(crate) fn ask(tx: &mut Tx, identity: &Model) -> Result<()> {
    let Some(token) = &identity.refresh_token else {
        return Ok(());
    };
    tx.enqueue(&RevokeAtProvider {
        identity_id: identity.id,
        provider_id: identity.provider_id,
        token: token.0.clone(),
    })
}

/// The same for everything that a user has.
pub(crate) async fn ask_for_all(tx: &mut Tx, user_id: Uuid) -> Result<()> {
    let identities = Entity::find()
        .filter(Column::UserId.eq(user_id))
        .filter(Column::RefreshToken.is_not_null())
        .all(tx.db())
        .await?;
    identities.iter().try_for_each(|identity| ask(tx, identity))
}

//! Giving a provider its token back when an identity goes: asked for here, because the end of an account, a
//! disconnection and the end of a provider ask; done where the providers are known (`social::revoke`).

use sea_orm::sea_query::SimpleExpr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::context::Tx;
use crate::entity::identity::{Column, Entity, Model};
use crate::entity::social_provider;
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
    /// What proves us there, should the provider be deleted before it has answered.
    #[serde(default)]
    pub provider: Option<KeptProvider>,
}

/// What is left of a provider that was deleted while it had something to revoke.
#[derive(Serialize, Deserialize)]
pub struct KeptProvider {
    /// How it calls Sereno.
    pub client_id: String,
    /// Its settings, as its row held them.
    pub settings: Value,
    /// Its secret, sealed for its row.
    pub secret: Option<String>,
}

/// Asks for it where there is anything to revoke. Whatever the provider does about it, the identity goes.
pub(crate) async fn ask(tx: &mut Tx, identity: &Model) -> Result<()> {
    let Some(token) = &identity.refresh_token else {
        return Ok(());
    };
    let provider = social_provider::Entity::find_by_id(identity.provider_id)
        .one(tx.db())
        .await?;
    tx.enqueue(&RevokeAtProvider {
        identity_id: identity.id,
        provider_id: identity.provider_id,
        token: token.0.clone(),
        provider: provider.map(|row| KeptProvider {
            client_id: row.client_id,
            settings: row.settings,
            secret: row.secret.map(|secret| secret.0),
        }),
    })
}

/// The same for everything that a user has.
pub(crate) async fn ask_for_all(tx: &mut Tx, user_id: Uuid) -> Result<()> {
    ask_for(tx, Column::UserId.eq(user_id)).await
}

/// The same for everything that was held at a provider, before it is deleted.
pub(crate) async fn ask_for_provider(tx: &mut Tx, provider_id: Uuid) -> Result<()> {
    ask_for(tx, Column::ProviderId.eq(provider_id)).await
}

async fn ask_for(tx: &mut Tx, whose: SimpleExpr) -> Result<()> {
    let identities = Entity::find()
        .filter(whose)
        .filter(Column::RefreshToken.is_not_null())
        .all(tx.db())
        .await?;
    for identity in &identities {
        ask(tx, identity).await?;
    }
    Ok(())
}

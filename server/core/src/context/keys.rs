//! The rows of the keys, and the signing keys as they are now.

use std::sync::Arc;

use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, QueryOrder};
use uuid::Uuid;

use super::Sereno;
use crate::crypto::SigningKeys;
use crate::crypto::keys::StoredKey;
use crate::entity::{Hidden, crypto_key};
use crate::error::{Error, Result};

/// Whoever changes a signing key touches this id, and every process reads the keys anew.
pub const SIGNING_KEYS: Uuid = Uuid::from_u128(0x7369_676e_696e_672d_6b65_7973);

/// Whoever adds, changes or removes an application touches this id beside the application's own.
pub const APPLICATIONS: Uuid = Uuid::from_u128(0x6170_706c_6963_6174_696f_6e73);

/// Whoever declares an attribute touches this id.
pub const ATTRIBUTES: Uuid = Uuid::from_u128(0x6174_7472_6962_7574_6573);

impl Sereno {
    /// The signing keys, from memory when nobody has changed them.
    pub async fn signing(&self) -> Result<Arc<SigningKeys>> {
        if let Some(known) = self.cache.signing() {
            return Ok(known);
        }
        let generation = self.cache.generation();
        let keys = Arc::new(self.keys.signing(&stored(self.db.read()).await?)?);
        self.cache.put_signing(Arc::clone(&keys), generation);
        Ok(keys)
    }
}

/// Every key, newest first.
pub async fn stored<C: ConnectionTrait>(db: &C) -> Result<Vec<StoredKey>> {
    let rows = crypto_key::Entity::find()
        .order_by_desc(crypto_key::Column::Version)
        .all(db)
        .await?;
    rows.into_iter()
        .map(|row| {
            Ok(StoredKey {
                id: row.id,
                purpose: row.purpose,
                version: i32::try_from(row.version).map_err(Error::internal)?,
                algorithm: row.algorithm,
                sealed: row.sealed.0,
                public: row.public,
                created_at: row.created_at,
                retired_at: row.retired_at,
                application_id: row.application_id,
                activated_at: row.activated_at,
            })
        })
        .collect()
}

/// The row of a key.
#[must_use]
pub fn row(key: StoredKey) -> crypto_key::ActiveModel {
    crypto_key::ActiveModel {
        id: Set(key.id),
        purpose: Set(key.purpose),
        version: Set(key.version.into()),
        algorithm: Set(key.algorithm),
        sealed: Set(Hidden(key.sealed)),
        public: Set(key.public),
        created_at: Set(key.created_at),
        retired_at: Set(key.retired_at),
        application_id: Set(key.application_id),
        activated_at: Set(key.activated_at),
    }
}

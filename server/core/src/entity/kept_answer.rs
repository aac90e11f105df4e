//! An answer that is kept for whoever sends the same request again.

use sea_orm::entity::prelude::*;

use super::Hidden;
use crate::clock::Moment;

/// An answer that is kept for whoever sends the same request again.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "kept_answer")]
pub struct Model {
    /// Digest of the caller and of the key that they sent.
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: String,
    /// Digest of the request: another one under the same key is refused.
    pub request: String,
    /// The answer, sealed; nothing while the first request is under way.
    pub sealed: Option<Hidden>,
    /// Its status.
    pub status: Option<i64>,
    /// Until when the first request is waited for.
    pub lease_until: Moment,
    /// Until when the answer is kept.
    pub expires_at: Moment,
}

/// None is needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! The answer to a request that may be sent again.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;

/// The answer to a request that may be sent again.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency")]
pub struct Model {
    /// Digest of caller, route and key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: String,
    /// Digest of the request, so that one key means one request.
    pub fingerprint: String,
    /// The HTTP status that was answered.
    pub status: i64,
    /// The body that was answered; never a token.
    pub body: String,
    /// When it is forgotten.
    pub expires_at: Moment,
}

/// None is needed: look-ups name their columns.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

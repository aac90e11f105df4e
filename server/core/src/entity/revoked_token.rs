//! An access token that was revoked by itself, while its family goes on (RFC 7009 §2.1).

use sea_orm::entity::prelude::*;

use crate::clock::Moment;

/// An access token that was revoked by itself.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "revoked_token")]
pub struct Model {
    /// Its family.
    #[sea_orm(primary_key, auto_increment = false)]
    pub family_id: Uuid,
    /// The token's id: its `jti`, or the claim `uti` where it has none.
    #[sea_orm(primary_key, auto_increment = false)]
    pub jti: String,
    /// When it was revoked.
    pub created_at: Moment,
    /// When nothing with this id would be good anyway; the row goes then.
    pub expires_at: Moment,
}

/// None is needed: look-ups name their columns.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

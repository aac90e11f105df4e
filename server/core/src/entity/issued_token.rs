//! A token that does not name its family: found by its digest. Profiles whose tokens say `sid` need none.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;

/// A token that does not name its family.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "issued_token")]
pub struct Model {
    /// Digest of the whole token.
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: String,
    /// The family.
    pub family_id: Uuid,
    /// `access` or `refresh`: neither is ever taken for the other.
    pub token_use: String,
    /// Its place in the line.
    pub generation: i64,
    /// When it stops being of use.
    pub expires_at: Moment,
}

/// None is needed: look-ups name their columns.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

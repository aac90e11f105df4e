//! A secret of a confidential application; it may have two at a time, so that one can be exchanged for the other.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;

/// A secret of a confidential application.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "application_secret")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose it is.
    pub application_id: Uuid,
    /// Digest of the secret.
    pub digest: String,
    /// When it was made.
    pub created_at: Moment,
    /// When it was last used, within some minutes.
    pub last_used_at: Option<Moment>,
}

/// None is needed: look-ups name their columns.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

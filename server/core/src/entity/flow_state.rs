//! What an anonymous visitor's flow keeps between two requests, for minutes.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;

/// What an anonymous visitor's flow keeps between two requests, for minutes.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "flow_state")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Digest of the cookie's value.
    pub digest: String,
    /// What is kept.
    pub data: Json,
    /// When it was made.
    pub created_at: Moment,
    /// When it is forgotten.
    pub expires_at: Moment,
}

/// None is needed: look-ups name their columns.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

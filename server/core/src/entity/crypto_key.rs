//! A key of Sereno's own, sealed under the root key.

use sea_orm::entity::prelude::*;

use super::Hidden;
use crate::clock::Moment;

/// A key of Sereno's own, sealed under the root key.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "crypto_key")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What it is for.
    pub purpose: String,
    /// Counts from 1 within its purpose.
    pub version: i64,
    /// The algorithm it serves.
    pub algorithm: String,
    /// The key, sealed.
    pub sealed: Hidden,
    /// The public half, as a JWK.
    pub public: Option<String>,
    /// When it was made.
    pub created_at: Moment,
    /// Since when it only verifies and opens.
    pub retired_at: Option<Moment>,
    /// The one application a signing key serves; none: every one.
    pub application_id: Option<Uuid>,
    /// When it began to be used; a signing key that waits has none.
    pub activated_at: Option<Moment>,
}

/// None is needed: look-ups name their columns.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

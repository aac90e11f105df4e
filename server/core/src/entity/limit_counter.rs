//! A counter of the limiter.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;

/// A counter of the limiter.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "limit_counter")]
pub struct Model {
    /// Digest of what is counted.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// How many in this window.
    pub count: i64,
    /// When counting starts again.
    pub window_ends_at: Moment,
    /// When the next attempt is heard, where the counter makes wait.
    pub free_at: Moment,
    /// Whether a refusal was written down in this window.
    pub is_told: bool,
}

/// None is needed: look-ups name their columns.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

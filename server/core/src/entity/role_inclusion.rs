//! Which role a role includes: whoever holds the one holds the other.

use sea_orm::entity::prelude::*;

/// Which role a role includes: whoever holds the one holds the other.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "role_inclusion")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The role.
    pub role_id: Uuid,
    /// What it includes.
    pub included_id: Uuid,
}

/// None is needed: look-ups name their columns.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

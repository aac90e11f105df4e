//! An address that an announcement goes to, while it has not been written to.

use sea_orm::entity::prelude::*;

/// An address that an announcement goes to.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "announcement_address")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Of which announcement.
    pub announcement_id: Uuid,
    /// The form in which addresses are compared; unique for the announcement.
    pub canonical: String,
    /// The address, as it was written.
    pub address: String,
}

/// None is needed: look-ups name their columns.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

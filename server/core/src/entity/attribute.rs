//! A declared attribute: what applications may remember of a user, and of which type.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;

/// A declared attribute.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "attribute")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Its name; unique.
    pub name: String,
    /// The type of its values.
    pub kind: String,
    /// For people.
    pub description: String,
    /// Whether a sign-up must bring it.
    pub is_required: bool,
    /// Whether users may not change it themselves.
    pub is_protected: bool,
    /// When it was declared.
    pub created_at: Moment,
    /// When it was last changed.
    pub updated_at: Moment,
}

/// None is needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

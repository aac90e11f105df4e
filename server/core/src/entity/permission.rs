//! A permission: something a role may allow.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;

/// A permission: something a role may allow.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "permission")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Unique name, for example `users.view`.
    pub codename: String,
    /// What it allows.
    pub description: String,
    /// `sereno` for the built-in staff catalogue, `staff`, or the `client_id` of the application that declared it.
    pub origin: String,
    /// When it was added.
    pub created_at: Moment,
}

/// None is needed: look-ups name their columns.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

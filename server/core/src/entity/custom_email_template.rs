//! A template of staff's own: what it is called, and what it may name.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;

/// A template of staff's own: what it is called, and what it may name.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "custom_email_template")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Its name in addresses, unique.
    pub slug: String,
    /// Its name for people.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// What it may name: a list of `TemplateVariable`.
    pub variables: Json,
    /// When it was made.
    pub created_at: Moment,
    /// When it was last changed.
    pub updated_at: Moment,
}

/// None is needed: look-ups name their columns.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

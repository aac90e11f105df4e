//! A project: a scope for roles and for what belongs to it, not a tenant.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;

/// A project: a scope for roles and for what belongs to it, not a tenant.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "project")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Short name, unique.
    pub slug: String,
    /// Name for people.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whether it is in use.
    pub is_enabled: bool,
    /// The user who answers for it.
    pub owner_id: Option<Uuid>,
    /// What applications remember of it: an object.
    pub attributes: Json,
    /// When it was made.
    pub created_at: Moment,
    /// When it was last changed.
    pub updated_at: Moment,
}

/// None is needed: look-ups name their columns.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

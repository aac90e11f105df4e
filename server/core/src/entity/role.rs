//! A role: a named set of permissions, global or of one project.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;

/// A role: a named set of permissions, global or of one project.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "role")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The project it belongs to; global when empty.
    pub project_id: Option<Uuid>,
    /// Unique within its scope.
    pub codename: String,
    /// Name for people.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// `sereno` for the built-in staff roles, `staff`, or the `client_id` of the application that declared it.
    pub origin: String,
    /// A role that is switched off grants nothing.
    pub is_enabled: bool,
    /// When it was made.
    pub created_at: Moment,
    /// When it was last changed.
    pub updated_at: Moment,
}

/// None is needed: look-ups name their columns.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

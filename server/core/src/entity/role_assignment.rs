//! Who holds a role, everywhere or in one project.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;

/// Who holds a role, everywhere or in one project.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "role_assignment")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Who holds it.
    pub user_id: Uuid,
    /// The role.
    pub role_id: Uuid,
    /// Where it holds; everywhere when empty.
    pub project_id: Option<Uuid>,
    /// When it was assigned.
    pub created_at: Moment,
    /// When it ends; never when empty.
    pub expires_at: Option<Moment>,
    /// The user who assigned it; empty for the system.
    pub granted_by: Option<Uuid>,
}

/// None is needed: look-ups name their columns.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! Who belongs to a project.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;

/// Who belongs to a project.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "project_member")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The project.
    pub project_id: Uuid,
    /// The member.
    pub user_id: Uuid,
    /// What the member is there, beside the roles that were assigned one by one.
    pub role_id: Option<Uuid>,
    /// A member that is switched off may do nothing there.
    pub is_enabled: bool,
    /// Whether the member may do everything there.
    pub is_superuser: bool,
    /// Since when.
    pub created_at: Moment,
    /// When it was last changed.
    pub updated_at: Moment,
}

/// None is needed: look-ups name their columns.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

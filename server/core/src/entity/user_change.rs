//! What changed in a user's profile: one field, before and after. Never a secret.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;

/// One change of one field.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "user_change")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose profile.
    pub user_id: Uuid,
    /// When.
    pub at: Moment,
    /// Which field.
    pub field: String,
    /// What it held.
    pub before: Json,
    /// What it holds.
    pub after: Json,
    /// What kind of actor changed it.
    pub actor_kind: String,
    /// Who.
    pub actor_id: Option<Uuid>,
    /// In which request.
    pub request_id: Option<String>,
}

/// None is needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! A codename that an application asked about and nobody has declared: never granted.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;

/// A codename that an application asked about and nobody has declared: never granted.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "permission_ask")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What was asked for, in lower case.
    pub codename: String,
    /// Who asked.
    pub application_id: Uuid,
    /// How often.
    pub asked: i64,
    /// When for the first time.
    pub first_asked_at: Moment,
    /// When last.
    pub last_asked_at: Moment,
}

/// None is needed: look-ups name their columns.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! A file of a user's, as it is served. Never changed, only replaced.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;

/// A file of a user's, as it is served. Never changed, only replaced.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "file")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Where it is served: `<model>/<YYYY>/<MM>/<DD>/<name>`.
    pub path: String,
    /// Whose it is.
    pub user_id: Uuid,
    /// What it is.
    pub media_type: String,
    /// Its content.
    pub bytes: Vec<u8>,
    /// When it was kept.
    pub created_at: Moment,
}

/// None is needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! What a mail says that is not made anew when it leaves: sealed, shared by its recipients, and kept until all of it has left.

use sea_orm::entity::prelude::*;

use super::Hidden;
use crate::clock::Moment;

/// What a mail says that is not made anew when it leaves: sealed, shared by its recipients, and kept until all of it has left.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "email_content")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Subject, texts and attachments.
    pub sealed: Hidden,
    /// When it was asked for.
    pub created_at: Moment,
}

/// None is needed: look-ups name their columns.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

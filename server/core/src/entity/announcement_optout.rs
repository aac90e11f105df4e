//! Somebody who wants no announcements. The address is not kept, only what it is recognised by.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;

/// Somebody who wants no announcements.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "announcement_optout")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Digest of the address, in the form in which addresses are compared; unique.
    pub digest: String,
    /// Whose it was: another address of theirs is not written to either.
    pub user_id: Option<Uuid>,
    /// Since when.
    pub created_at: Moment,
    /// Where it was said: `account`, by whoever was signed in, or `link`, by whoever held the link of an announcement.
    pub said_in: String,
}

/// None is needed: look-ups name their columns.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

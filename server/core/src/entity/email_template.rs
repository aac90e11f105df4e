//! A template that staff has written anew in one language, and which version of it is in use.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;

/// A template that staff has written anew in one language, and which version of it is in use.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "email_template")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// A kind of mail, `footer`, or `custom.` and a name of staff's own.
    pub name: String,
    /// The language; unique with the name.
    pub language: String,
    /// The version in use; nothing while what is shipped is.
    pub live_version: Option<i64>,
    /// When the version in use failed for the first time.
    pub broken_at: Option<Moment>,
    /// How it failed.
    pub broken_reason: Option<String>,
    /// When it was begun.
    pub created_at: Moment,
    /// When something of it was last changed.
    pub updated_at: Moment,
}

/// None is needed: look-ups name their columns.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

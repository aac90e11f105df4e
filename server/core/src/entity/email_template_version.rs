//! One version of what staff has written: numbered once it is published, 0 while it is a draft.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;

/// One version of what staff has written: numbered once it is published, 0 while it is a draft.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "email_template_version")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Of which template.
    pub template_id: Uuid,
    /// Its number; unique for the template, so that there is one draft.
    pub version: i64,
    /// The subject line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML.
    pub html: String,
    /// What was changed, and why.
    pub note: String,
    /// Digest of what was shipped when it was begun; empty for staff's own.
    pub based_on: String,
    /// Who published it, or wrote the draft last.
    pub author_id: Option<Uuid>,
    /// When it was published, or written last.
    pub created_at: Moment,
}

/// None is needed: look-ups name their columns.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

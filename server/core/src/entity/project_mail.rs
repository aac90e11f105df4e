//! How the mails of a project leave, where that is not how all mails do.

use sea_orm::entity::prelude::*;

use super::Hidden;
use crate::clock::Moment;

/// How the mails of a project leave.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "project_mail")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Of which project; unique.
    pub project_id: Uuid,
    /// Who sends them: name and address.
    pub mail_from: Option<String>,
    /// Where answers go.
    pub reply_to: Option<String>,
    /// The URL of a mail server with its credentials, sealed.
    pub transport: Option<Hidden>,
    /// When it was last changed.
    pub updated_at: Moment,
}

/// None is needed: look-ups name their columns.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! One mail in the history: kind, recipient, outcome. The body is not kept, because it holds secrets.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;

/// One mail in the history: kind, recipient, outcome.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "email_message")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The project it belongs to.
    pub project_id: Option<Uuid>,
    /// To whom.
    pub user_id: Option<Uuid>,
    /// The kind of mail.
    pub mail: String,
    /// The address, as it was written.
    pub recipient: String,
    /// The language.
    pub locale: String,
    /// `queued`, `sent`, `failed` or `skipped`.
    pub status: String,
    /// A reason code.
    pub reason: Option<String>,
    /// What the mail server said.
    pub transport_answer: Option<String>,
    /// How often it was tried.
    pub attempts: i64,
    /// When it was asked for.
    pub created_at: Moment,
    /// When the mail server took it.
    pub sent_at: Option<Moment>,
    /// The version of staff's template that it was rendered from last; nothing where that was what is shipped.
    pub template_version: Option<i64>,
}

/// None is needed: look-ups name their columns.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

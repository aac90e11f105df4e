//! Something that happened, written in the transaction in which it happened; append-only.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;

/// Something that happened, written in the transaction in which it happened; append-only.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "event")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// When it happened.
    pub at: Moment,
    /// What happened, past tense.
    pub name: String,
    /// `success` or `failure`.
    pub outcome: String,
    /// Why it was refused.
    pub code: Option<String>,
    /// `anonymous`, `user` or `system`.
    pub actor_kind: String,
    /// Who did it.
    pub actor_id: Option<Uuid>,
    /// Whom it is about.
    pub user_id: Option<Uuid>,
    /// Through which application.
    pub application_id: Option<Uuid>,
    /// In which session or token family.
    pub session_id: Option<Uuid>,
    /// The client's address.
    pub address: Option<String>,
    /// The client.
    pub user_agent: Option<String>,
    /// Finds the request in the log.
    pub request_id: Option<String>,
    /// More, without secrets: an object.
    pub detail: Json,
}

/// None is needed: look-ups name their columns.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

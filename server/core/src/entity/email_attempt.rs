//! One attempt to hand a mail over: when, to which transport, and what it said.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;

/// One attempt to hand a mail over: when, to which transport, and what it said.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "email_attempt")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The mail.
    pub message_id: Uuid,
    /// Its place among the mail's attempts, from 1.
    pub number: i64,
    /// What the transports are called.
    pub transport: String,
    /// `begun`, `sent`, `later`, `refused` or `interrupted`.
    pub outcome: String,
    /// What was answered.
    pub answer: Option<String>,
    /// When it began.
    pub begun_at: Moment,
    /// When it ended.
    pub ended_at: Option<Moment>,
}

/// None is needed: look-ups name their columns.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! One attempt to hand a notification over: when, and what the push service said.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;

/// One attempt to hand a notification over: when, and what the push service said.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "push_attempt")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The notification.
    pub message_id: Uuid,
    /// Its place among the notification's attempts, from 1.
    pub number: i64,
    /// `sent`, `later` or `refused`.
    pub outcome: String,
    /// A reason code, where it was not taken.
    pub reason: Option<String>,
    /// What was answered.
    pub answer: Option<String>,
    /// When it began.
    pub begun_at: Moment,
    /// When it ended.
    pub ended_at: Moment,
}

/// None is needed: look-ups name their columns.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

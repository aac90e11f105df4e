//! A notification to one device, and what became of it. The push token is not kept: it is read when the notification
//! leaves.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;

/// A notification to one device.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "push_message")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The project it belongs to; none so far.
    pub project_id: Option<Uuid>,
    /// What it has in common with those of the same request.
    pub batch_id: Uuid,
    /// Whose device.
    pub user_id: Uuid,
    /// The device; its row may be gone.
    pub device_id: Uuid,
    /// What the device was called.
    pub device_name: Option<String>,
    /// The first line.
    pub title: String,
    /// The words.
    pub body: String,
    /// What the application gets beside them: an object of texts.
    pub data: Json,
    /// The notification channel on Android.
    pub channel: Option<String>,
    /// `queued`, `sent`, `failed`, `skipped` or `cancelled`.
    pub status: String,
    /// A reason code.
    pub reason: Option<String>,
    /// What the push service said last.
    pub answer: Option<String>,
    /// How often it was tried.
    pub attempts: i64,
    /// When it was asked for.
    pub created_at: Moment,
    /// When the push service took it.
    pub sent_at: Option<Moment>,
    /// The notification that it repeats; its row may be gone.
    pub resent_of: Option<Uuid>,
}

/// None is needed: look-ups name their columns.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

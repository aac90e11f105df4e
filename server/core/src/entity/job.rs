//! Work that is done after the transaction that asked for it. The payload holds ids, never secrets.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;

/// Work that is done after the transaction that asked for it.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "job")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Which job.
    pub name: String,
    /// What it works on.
    pub payload: Json,
    /// `queued`, `running`, `done` or `dead`.
    pub state: String,
    /// How often it was begun.
    pub attempts: i64,
    /// Whatever has a lower one goes first.
    pub priority: i64,
    /// Not before.
    pub run_at: Moment,
    /// Until when its worker may hold it.
    pub lease_until: Option<Moment>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When it was asked for.
    pub created_at: Moment,
    /// When it was done or given up.
    pub finished_at: Option<Moment>,
}

/// None is needed: look-ups name their columns.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

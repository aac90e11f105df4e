//! Something that is good for one use: the link and code of a mail, a set-up link.

use sea_orm::entity::prelude::*;

use super::Hidden;
use crate::clock::Moment;

/// Something that is good for one use: the link and code of a mail, a set-up link.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "one_time")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What it is good for.
    pub purpose: String,
    /// Whose it is.
    pub user_id: Option<Uuid>,
    /// What else it is bound to, for example the address it proves.
    pub subject: Option<String>,
    /// The user's credential epoch when it was minted; it is dead when the user's is another.
    pub credential_epoch: Option<i64>,
    /// Digest of the link's token.
    pub digest: String,
    /// Argon2id hash of the short code in the same mail.
    pub code_hash: Option<Hidden>,
    /// How many more wrong codes are heard.
    pub attempts_left: i64,
    /// When it was minted.
    pub created_at: Moment,
    /// When it stops working.
    pub expires_at: Moment,
    /// When it was used.
    pub consumed_at: Option<Moment>,
}

/// None is needed: look-ups name their columns.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! What one sign-up brought along for an account that is not confirmed yet.

use sea_orm::entity::prelude::*;

use super::Hidden;
use crate::clock::Moment;

/// What one sign-up brought along for an account that is not confirmed yet.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_up")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The pending account.
    pub user_id: Uuid,
    /// The account's credential epoch that this sign-up began; its mail carries the same.
    pub credential_epoch: i64,
    /// The address as it was written.
    pub address: String,
    /// The user name as it was written.
    pub username: Option<String>,
    /// The form in which user names are compared.
    pub username_canonical: Option<String>,
    /// The encoded hash of the password.
    pub password_hash: Hidden,
    /// What the application wants to remember.
    pub attributes: Json,
    /// From where the request came.
    pub client_address: Option<String>,
    /// When it was.
    pub created_at: Moment,
}

/// None is needed: look-ups name their columns.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The sign-up whose mail carries this epoch.
    #[must_use]
    pub fn of(user_id: Uuid, credential_epoch: i64) -> Select<Self> {
        Self::find()
            .filter(Column::UserId.eq(user_id))
            .filter(Column::CredentialEpoch.eq(credential_epoch))
    }
}

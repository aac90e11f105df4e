//! A code to sign in with that somebody asked for.

use sea_orm::entity::prelude::*;

use super::Hidden;
use crate::clock::Moment;

/// A code to sign in with that somebody asked for. Code and link themselves stand in `one_time`, bound to this row's id,
/// once the mail leaves; what nobody is mailed for has a row too, so that asking is the same for everybody.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "login_code")]
pub struct Model {
    /// UUID version 7: the handle that the answer calls `device_id`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The address that it proves, in the form in which addresses are compared; or what was typed and names nobody.
    pub subject: String,
    /// The address as it was typed, where there was no account.
    pub address: Option<String>,
    /// Whose it is; nobody's where there was no account.
    pub user_id: Option<Uuid>,
    /// The user's credential epoch when it was asked for.
    pub credential_epoch: Option<i64>,
    /// The application it is good for; any where none was named.
    pub application_id: Option<Uuid>,
    /// What its code is bound to: it is heard only together with a handle of the same binding.
    pub binding: Option<Uuid>,
    /// What the client said of its device, as JSON; push tokens are among it.
    pub device: Option<Hidden>,
    /// The language of its mail.
    pub locale: String,
    /// When it was asked for.
    pub created_at: Moment,
    /// When it stops working; counted anew when the mail leaves.
    pub expires_at: Moment,
    /// When it was used, or replaced.
    pub ended_at: Option<Moment>,
}

/// None is needed: look-ups name their columns.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

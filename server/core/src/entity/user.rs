//! An account. Its addresses stand in `user_email`.

use sea_orm::entity::prelude::*;

use super::Hidden;
use crate::clock::Moment;
use sereno_types::{Locale, UserState};

/// What stands in `origin` where somebody signed up: nobody knows yet who that is.
pub const SIGN_UP: &str = "sign_up";

/// An account.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "user")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Stable number, shown where an old wire needs an integer; never reused.
    pub number: i64,
    /// Second name to sign in with, as it was written.
    pub username: Option<String>,
    /// The form in which user names are compared.
    pub username_canonical: Option<String>,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Encoded hash, ours or Django's; nothing when the user has no password.
    pub password_hash: Option<Hidden>,
    /// The name of a `UserState`.
    pub state: String,
    /// Who made the account: `sign_up`, `staff` or `set_up`.
    pub origin: String,
    /// May do everything.
    pub is_superuser: bool,
    /// Raised whenever everything that was issued before must stop working.
    pub credential_epoch: i64,
    /// Raised whenever what the user holds (roles, memberships) changes.
    pub access_epoch: i64,
    /// The path of the picture that the user shows.
    pub avatar: Option<String>,
    /// BCP 47 tag the user chose.
    pub locale: Option<String>,
    /// What applications remember of the user: an object.
    pub attributes: Json,
    /// When the account was made.
    pub created_at: Moment,
    /// When the account was last changed.
    pub updated_at: Moment,
    /// When the user last signed in.
    pub last_login_at: Option<Moment>,
    /// When the account is deleted, while it is `deleting`.
    pub delete_at: Option<Moment>,
    /// The state before, while it is `deleting`.
    pub closed_from: Option<String>,
}

/// What belongs to a user.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The addresses.
    #[sea_orm(has_many = "super::user_email::Entity")]
    Email,
}

impl Related<super::user_email::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Email.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The state of the account. A name this version does not know counts as disabled: fail closed.
    #[must_use]
    pub fn state(&self) -> UserState {
        UserState::from_name(&self.state).unwrap_or(UserState::Disabled)
    }

    /// The user's own language, if they chose one that Sereno speaks.
    #[must_use]
    pub fn language(&self) -> Option<Locale> {
        self.locale.as_deref().and_then(Locale::from_tag)
    }
}

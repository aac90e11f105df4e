//! A device that a user signs in with: an installation of an application, named by the client's own UUID.

use sea_orm::entity::prelude::*;

use super::Hidden;
use crate::clock::Moment;

/// A device that a user signs in with.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "device")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The project it belongs to; none so far.
    pub project_id: Option<Uuid>,
    /// Whose it is. The same installation used by two people is two rows.
    pub user_id: Uuid,
    /// What the client calls this installation; unique for its user.
    pub uuid: Uuid,
    /// A name for people.
    pub name: Option<String>,
    /// What kind of device it is, in the client's words.
    pub device_type: Option<String>,
    /// The operating system.
    pub os: Option<String>,
    /// Its version.
    pub os_version: Option<String>,
    /// The version of the application on it.
    pub app_version: Option<String>,
    /// The hardware's own id, as the client tells it.
    pub device_id: Option<String>,
    /// Where the maker's push service delivers to.
    pub device_token: Option<Hidden>,
    /// Where Firebase delivers to.
    pub firebase_token: Option<Hidden>,
    /// The client's address when it was last seen.
    pub address: Option<String>,
    /// The client at the latest sign-in.
    pub user_agent: Option<String>,
    /// When it was first seen.
    pub created_at: Moment,
    /// When it was last seen, within an hour.
    pub last_seen_at: Moment,
}

/// Where a device belongs.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The account.
    #[sea_orm(
        belongs_to = "super::user::Entity",
        from = "Column::UserId",
        to = "super::user::Column::Id"
    )]
    User,
    /// The addresses of the account.
    #[sea_orm(
        belongs_to = "super::user_email::Entity",
        from = "Column::UserId",
        to = "super::user_email::Column::UserId"
    )]
    Email,
}

impl Related<super::user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::User.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

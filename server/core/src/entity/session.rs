//! A browser sign-in that can be listed and ended. The cookie's value is stored as a digest only.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;

/// A browser sign-in that can be listed and ended.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Who signed in.
    pub user_id: Uuid,
    /// Digest of the cookie's value.
    pub digest: String,
    /// The user's epoch at sign-in; the session is dead when the user's is another.
    pub credential_epoch: i64,
    /// How the user was proven (RFC 8176).
    pub amr: Json,
    /// When the user was proven.
    pub authenticated_at: Moment,
    /// When the session began.
    pub created_at: Moment,
    /// When it was last used, to the minute.
    pub last_seen_at: Moment,
    /// When it ends at the latest.
    pub expires_at: Moment,
    /// When it was ended.
    pub ended_at: Option<Moment>,
    /// Why it was ended.
    pub end_reason: Option<String>,
    /// The client's address at sign-in.
    pub address: Option<String>,
    /// The browser at sign-in.
    pub user_agent: Option<String>,
    /// What pages keep between two requests.
    pub data: Json,
    /// The application whose delivery it is; none: Sereno's own pages.
    pub application_id: Option<Uuid>,
    /// The device it hangs on, if the client named one.
    pub device_id: Option<Uuid>,
}

/// Where a session belongs.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The account.
    #[sea_orm(
        belongs_to = "super::user::Entity",
        from = "Column::UserId",
        to = "super::user::Column::Id"
    )]
    User,
}

impl Related<super::user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::User.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

//! A grant: the line of refresh tokens that began with one sign-in. Only the generation is stored; the tokens are made from it.

use sea_orm::Condition;
use sea_orm::entity::prelude::*;

use crate::clock::Moment;

/// A grant: the line of refresh tokens that began with one sign-in.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "token_family")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// For whom.
    pub user_id: Uuid,
    /// To which application.
    pub application_id: Uuid,
    /// The browser session it was issued in, if any.
    pub session_id: Option<Uuid>,
    /// The latest refresh token's place in the line, from 1.
    pub generation: i64,
    /// The user's epoch at sign-in; the family is dead when the user's is another.
    pub credential_epoch: i64,
    /// How the user was proven (RFC 8176).
    pub amr: Json,
    /// When the user was proven.
    pub authenticated_at: Moment,
    /// When the family began.
    pub created_at: Moment,
    /// When the latest refresh token was issued.
    pub rotated_at: Moment,
    /// When the latest refresh token expires unused.
    pub idle_expires_at: Moment,
    /// When the family ends at the latest.
    pub expires_at: Moment,
    /// When it was revoked.
    pub revoked_at: Option<Moment>,
    /// Why it was revoked.
    pub revoke_reason: Option<String>,
    /// The client's address at sign-in.
    pub address: Option<String>,
    /// The client at sign-in.
    pub user_agent: Option<String>,
    /// What the client called its device, before devices had rows of their own.
    pub device_name: Option<String>,
    /// How the tokens reach the client.
    pub delivery: String,
    /// What happens to a refresh token when it is used; as it was when the family began.
    pub rotation: String,
    /// The device it hangs on, if the client named one.
    pub device_id: Option<Uuid>,
    /// When it was last refreshed; of a key: when it was last used, within a minute.
    pub last_seen_at: Moment,
}

/// Which ended before this moment: over or revoked. One that was unused for too long may have an access token that is still
/// good.
#[must_use]
pub fn ended_before(before: Moment) -> Condition {
    Condition::any()
        .add(Column::ExpiresAt.lt(before))
        .add(Column::RevokedAt.lt(before))
}

/// Where a family belongs.
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

//! An account of a user at a provider. Who it is says the provider's issuer and subject together, never an address.

use sea_orm::entity::prelude::*;

use super::Hidden;
use crate::clock::Moment;

/// An account of a user at a provider.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "identity")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose it is.
    pub user_id: Uuid,
    /// At which provider.
    pub provider_id: Uuid,
    /// Who vouches for the subject.
    pub issuer: String,
    /// Who it is there; unique together with provider and issuer.
    pub subject: String,
    /// The address that the provider told last.
    pub email: Option<String>,
    /// Whether the provider has verified it.
    pub email_verified: bool,
    /// What else the provider told last: an object of short texts.
    pub profile: Json,
    /// When it was linked.
    pub created_at: Moment,
    /// When somebody last signed in by it.
    pub last_used_at: Option<Moment>,
    /// The refresh token that the provider wants revoked when the identity goes, sealed for this row; of Apple alone.
    pub refresh_token: Option<Hidden>,
}

/// Where an identity belongs.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The provider.
    #[sea_orm(
        belongs_to = "super::social_provider::Entity",
        from = "Column::ProviderId",
        to = "super::social_provider::Column::Id"
    )]
    Provider,
    /// The account.
    #[sea_orm(
        belongs_to = "super::user::Entity",
        from = "Column::UserId",
        to = "super::user::Column::Id"
    )]
    User,
}

impl Related<super::social_provider::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Provider.def()
    }
}

impl Related<super::user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::User.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

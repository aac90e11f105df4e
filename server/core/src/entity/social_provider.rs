//! A provider that people sign in through.

use sea_orm::entity::prelude::*;

use super::Hidden;
use crate::clock::Moment;

/// A provider that people sign in through.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "social_provider")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Its name in addresses, unique.
    pub slug: String,
    /// The name of a `SocialKind`.
    pub kind: String,
    /// What people call it.
    pub name: String,
    /// How it calls Sereno.
    pub client_id: String,
    /// The client secret, or Apple's private key: sealed.
    pub secret: Option<Hidden>,
    /// Further client ids whose tokens are taken: an array of texts.
    pub audiences: Json,
    /// Redirect URIs of clients that post a code: an array of texts.
    pub redirect_uris: Json,
    /// What it is asked for: an array of texts.
    pub scopes: Json,
    /// A `SocialSettings`.
    pub settings: Json,
    /// Whether who is new gets an account.
    pub sign_up: bool,
    /// The name of a `SocialLinking`.
    pub linking: String,
    /// Whether people can use it.
    pub is_enabled: bool,
    /// When it was set up.
    pub created_at: Moment,
    /// When it was last changed.
    pub updated_at: Moment,
}

/// None is needed: look-ups name their columns.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

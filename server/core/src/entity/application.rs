//! An application: an OAuth client (RFC 6749 §2).

use sea_orm::entity::prelude::*;

use crate::clock::Moment;

/// An application: an OAuth client (RFC 6749 §2).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "application")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The project it belongs to.
    pub project_id: Option<Uuid>,
    /// The public identifier, unique.
    pub client_id: String,
    /// Name for people.
    pub name: String,
    /// `public` or `confidential` (RFC 6749 §2.1).
    pub kind: String,
    /// `sereno` for the built-in first-party application, `config` for what the configuration describes, `staff` for others.
    pub origin: String,
    /// Whether it may be used.
    pub is_enabled: bool,
    /// How it may come by tokens: an array of names.
    pub grants: Json,
    /// Where the authorization page may send people back to.
    pub redirect_uris: Json,
    /// Origins whose scripts may call the API with it.
    pub origins: Json,
    /// What it may ask for.
    pub scopes: Json,
    /// How tokens reach it.
    pub delivery: String,
    /// The form of its tokens.
    pub profile: Json,
    /// The cookies of a cookie delivery.
    pub cookies: Json,
    /// When it was registered.
    pub created_at: Moment,
    /// When it was last changed.
    pub updated_at: Moment,
}

/// None is needed: look-ups name their columns.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! An address that is not written to, and why.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;

/// An address that is not written to, and why.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "email_suppression")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The form in which addresses are compared.
    pub canonical: String,
    /// The address, as it was written.
    pub address: String,
    /// `hard_bounce` or `staff`.
    pub cause: String,
    /// What the mail server said, or what staff noted.
    pub note: Option<String>,
    /// Who of the staff put it here.
    pub created_by: Option<Uuid>,
    /// When it was put here.
    pub created_at: Moment,
}

/// None is needed: look-ups name their columns.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

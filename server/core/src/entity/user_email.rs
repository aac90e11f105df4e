//! An address of a user. Mail goes to the address as it was written; comparison uses the canonical form.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;

/// An address of a user.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "user_email")]
pub struct Model {
    /// UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose address it is.
    pub user_id: Uuid,
    /// As it was written.
    pub address: String,
    /// The form in which addresses are compared; unique.
    pub canonical: String,
    /// Whether mail goes here.
    pub is_primary: bool,
    /// When the user proved to read it.
    pub verified_at: Option<Moment>,
    /// When it was added.
    pub created_at: Moment,
}

/// Where an address belongs.
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

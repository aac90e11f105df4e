//! Attributes that applications declare, and what changed in a user's profile.

use sea_orm_migration::prelude::*;

use crate::column::{
    big, create, drop, flag, id, index, json, owned_by, table, text, text_null, unique, uuid, uuid_null,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let attribute = table(
            "attribute",
            vec![
                id(),
                text("name"),
                text("kind"),
                text("description"),
                flag("is_required"),
                flag("is_protected"),
                big("created_at"),
                big("updated_at"),
            ],
        );
        let user_change = table(
            "user_change",
            vec![
                id(),
                uuid("user_id"),
                big("at"),
                text("field"),
                json("before"),
                json("after"),
                text("actor_kind"),
                uuid_null("actor_id"),
                text_null("request_id"),
            ],
        )
        .foreign_key(&mut owned_by("user_change", "user_id", "user"))
        .take();
        let indices = vec![
            unique("attribute", "name", &["name"]),
            index("user_change", "user_id", &["user_id", "at", "id"]),
        ];
        create(manager, vec![attribute, user_change], indices).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["user_change", "attribute"]).await
    }
}

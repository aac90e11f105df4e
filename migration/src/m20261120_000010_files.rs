//! Files of users, and the picture that a user shows.

use sea_orm_migration::prelude::*;

use crate::column::{big, create, drop, id, index, owned_by, table, text, text_null, unique, uuid};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let file = table(
            "file",
            vec![
                id(),
                text("path"),
                uuid("user_id"),
                text("media_type"),
                ColumnDef::new("bytes").binary().not_null().take(),
                big("created_at"),
            ],
        )
        .foreign_key(&mut owned_by("file", "user_id", "user"))
        .take();
        let indices = vec![
            unique("file", "path", &["path"]),
            index("file", "user_id", &["user_id"]),
        ];
        create(manager, vec![file], indices).await?;
        let avatar = Table::alter().table("user").add_column(text_null("avatar")).to_owned();
        manager.alter_table(avatar).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let avatar = Table::alter().table("user").drop_column("avatar").to_owned();
        manager.alter_table(avatar).await?;
        drop(manager, &["file"]).await
    }
}

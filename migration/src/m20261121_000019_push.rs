//! Notifications to devices, and what became of each.

use sea_orm_migration::prelude::*;

use crate::column::{big, big_null, create, drop, id, index, json, owned_by, table, text, text_null, uuid, uuid_null};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // no foreign key to the device: the history outlives it
        let message = table(
            "push_message",
            vec![
                id(),
                uuid_null("project_id"),
                uuid("batch_id"),
                uuid("user_id"),
                uuid("device_id"),
                text_null("device_name"),
                text("title"),
                text("body"),
                json("data"),
                text_null("channel"),
                text("status"),
                text_null("reason"),
                text_null("answer"),
                big("attempts"),
                big("created_at"),
                big_null("sent_at"),
            ],
        )
        .foreign_key(&mut owned_by("push_message", "project_id", "project"))
        .foreign_key(&mut owned_by("push_message", "user_id", "user"))
        .take();
        let indices = vec![
            index("push_message", "created_at", &["created_at", "id"]),
            index("push_message", "user_id", &["user_id", "created_at"]),
            index("push_message", "device_id", &["device_id"]),
            index("push_message", "batch_id", &["batch_id"]),
        ];
        create(manager, vec![message], indices).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["push_message"]).await
    }
}

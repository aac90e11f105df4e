//! Devices that people sign in with, and which sign-ins hang on one.

use sea_orm_migration::prelude::*;

use crate::column::{big, create, drop, id, index, owned_by, table, text_null, unique, uuid, uuid_null};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// What hangs on a device. No foreign key, because SQLite cannot add one: whoever removes a device ends these rows.
const HANGING: [&str; 2] = ["session", "token_family"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let device = table(
            "device",
            vec![
                id(),
                uuid_null("project_id"),
                uuid("user_id"),
                uuid("uuid"),
                text_null("name"),
                text_null("device_type"),
                text_null("os"),
                text_null("os_version"),
                text_null("app_version"),
                text_null("device_id"),
                text_null("device_token"),
                text_null("firebase_token"),
                text_null("address"),
                text_null("user_agent"),
                big("created_at"),
                big("last_seen_at"),
            ],
        )
        .foreign_key(&mut owned_by("device", "project_id", "project"))
        .foreign_key(&mut owned_by("device", "user_id", "user"))
        .take();
        let indices = vec![
            unique("device", "user_id_uuid", &["user_id", "uuid"]),
            index("device", "last_seen_at", &["last_seen_at", "id"]),
            index("device", "device_token", &["device_token"]),
            index("device", "firebase_token", &["firebase_token"]),
        ];
        create(manager, vec![device], indices).await?;
        for table in HANGING {
            let change = Table::alter()
                .table(table)
                .add_column(uuid_null("device_id"))
                .to_owned();
            manager.alter_table(change).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in HANGING {
            let change = Table::alter().table(table).drop_column("device_id").to_owned();
            manager.alter_table(change).await?;
        }
        drop(manager, &["device"]).await
    }
}

//! Answers that are kept for a day, for whoever sends the same request again; and the way from an application to the
//! sessions that are its delivery.

use sea_orm_migration::prelude::*;

use crate::column::{big, big_null, create, drop, index, table, text, text_null};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let kept_answer = table(
            "kept_answer",
            vec![
                text("digest").primary_key().take(),
                text("request"),
                text_null("sealed"),
                big_null("status"),
                big("lease_until"),
                big("expires_at"),
            ],
        );
        let indices = vec![
            index("kept_answer", "expires_at", &["expires_at"]),
            index("session", "application_id", &["application_id"]),
        ];
        create(manager, vec![kept_answer], indices).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let gone = Index::drop().name("session_application_id").table("session").to_owned();
        manager.drop_index(gone).await?;
        drop(manager, &["kept_answer"]).await
    }
}

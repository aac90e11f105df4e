//! Attempts to hand a notification over, one row each, which notification another one repeats, and what the history tells of
//! the subject of a mail that Sereno did not write itself.

use sea_orm_migration::prelude::*;

use crate::column::{big, create, drop, id, owned_by, table, text, text_null, unique, uuid, uuid_null};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut resent_of = uuid_null("resent_of");
        let change = Table::alter()
            .table("push_message")
            .add_column(&mut resent_of)
            .to_owned();
        manager.alter_table(change).await?;
        let mut subject = text_null("subject");
        let change = Table::alter()
            .table("email_message")
            .add_column(&mut subject)
            .to_owned();
        manager.alter_table(change).await?;
        let attempt = table(
            "push_attempt",
            vec![
                id(),
                uuid("message_id"),
                big("number"),
                text("outcome"),
                text_null("reason"),
                text_null("answer"),
                big("begun_at"),
                big("ended_at"),
            ],
        )
        .foreign_key(&mut owned_by("push_attempt", "message_id", "push_message"))
        .take();
        let numbers = unique("push_attempt", "number", &["message_id", "number"]);
        create(manager, vec![attempt], vec![numbers]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["push_attempt"]).await?;
        let change = Table::alter().table("email_message").drop_column("subject").to_owned();
        manager.alter_table(change).await?;
        let change = Table::alter().table("push_message").drop_column("resent_of").to_owned();
        manager.alter_table(change).await
    }
}

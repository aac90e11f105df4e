//! What the outbox remembers of a mail beside its outcome: every attempt, what it must say until it has left where that
//! is not made anew, and what is needed to send it again; and addresses that are not written to.

use sea_orm_migration::prelude::*;

use crate::column::{
    big, big_null, create, drop, flag, id, index, mentions, owned_by, table, text, text_null, unique, uuid, uuid_null,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

const ADDED: [&str; 7] = [
    "credential_epoch",
    "about",
    "told_at",
    "resent_of",
    "content_id",
    "is_forced",
    "interrupted",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let added = [
            big_null(ADDED[0]),
            uuid_null(ADDED[1]),
            big_null(ADDED[2]),
            uuid_null(ADDED[3]),
            // no foreign key: SQLite cannot add one to a table that exists, and the sweep takes what nobody names
            uuid_null(ADDED[4]),
            flag(ADDED[5]).default(false).take(),
            big(ADDED[6]).default(0).take(),
        ];
        for mut column in added {
            let change = Table::alter().table("email_message").add_column(&mut column).to_owned();
            manager.alter_table(change).await?;
        }
        let attempt = table(
            "email_attempt",
            vec![
                id(),
                uuid("message_id"),
                big("number"),
                text("transport"),
                text("outcome"),
                text_null("answer"),
                big("begun_at"),
                big_null("ended_at"),
            ],
        )
        .foreign_key(&mut owned_by("email_attempt", "message_id", "email_message"))
        .take();
        let content = table("email_content", vec![id(), text("sealed"), big("created_at")]);
        let suppression = table(
            "email_suppression",
            vec![
                id(),
                text("canonical"),
                text("address"),
                text("cause"),
                text_null("note"),
                uuid_null("created_by"),
                big("created_at"),
            ],
        )
        .foreign_key(&mut mentions("email_suppression", "created_by", "user"))
        .take();
        let indices = vec![
            unique("email_attempt", "number", &["message_id", "number"]),
            unique("email_suppression", "canonical", &["canonical"]),
            index("email_suppression", "created_at", &["created_at", "id"]),
            index("email_message", "content_id", &["content_id"]),
        ];
        create(manager, vec![attempt, content, suppression], indices).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let gone = Index::drop()
            .name("email_message_content_id")
            .table("email_message")
            .to_owned();
        manager.drop_index(gone).await?;
        drop(manager, &["email_suppression", "email_content", "email_attempt"]).await?;
        for column in ADDED {
            let change = Table::alter().table("email_message").drop_column(column).to_owned();
            manager.alter_table(change).await?;
        }
        Ok(())
    }
}

//! Announcements: mails to many, who of them is still to be written to, and who wants none; what a mail remembers of the
//! announcement it belongs to; jobs that come after all others; and how the mails of a project leave.

use sea_orm_migration::prelude::*;

use crate::column::{
    big, big_null, create, drop, id, index, json, mentions, owned_by, table, text, text_null, unique, uuid, uuid_null,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let announcement = table(
            "announcement",
            vec![
                id(),
                uuid_null("project_id"),
                text("name"),
                text("subject"),
                text("text"),
                text("html"),
                text_null("template"),
                json("context"),
                text("language"),
                text_null("reply_to"),
                json("audience"),
                text("state"),
                big_null("send_at"),
                big("run"),
                big("page"),
                text_null("cursor"),
                big_null("walked_at"),
                big_null("recipients"),
                uuid_null("created_by"),
                big("created_at"),
                big("updated_at"),
                big_null("started_at"),
                big_null("finished_at"),
            ],
        )
        .foreign_key(&mut mentions("announcement", "project_id", "project"))
        .foreign_key(&mut mentions("announcement", "created_by", "user"))
        .take();
        let address = table(
            "announcement_address",
            vec![id(), uuid("announcement_id"), text("canonical"), text("address")],
        )
        .foreign_key(&mut owned_by("announcement_address", "announcement_id", "announcement"))
        .take();
        let optout = table(
            "announcement_optout",
            vec![id(), text("digest"), uuid_null("user_id"), big("created_at")],
        )
        .foreign_key(&mut mentions("announcement_optout", "user_id", "user"))
        .take();
        let project_mail = table(
            "project_mail",
            vec![
                id(),
                uuid("project_id"),
                text_null("mail_from"),
                text_null("reply_to"),
                text_null("transport"),
                big("updated_at"),
            ],
        )
        .foreign_key(&mut owned_by("project_mail", "project_id", "project"))
        .take();
        // no foreign key: SQLite cannot add one to a table that exists, and the history outlives the announcement
        for mut column in [uuid_null("announcement_id"), text_null("canonical")] {
            let change = Table::alter().table("email_message").add_column(&mut column).to_owned();
            manager.alter_table(change).await?;
        }
        let mut priority = big("priority").default(0).take();
        let change = Table::alter().table("job").add_column(&mut priority).to_owned();
        manager.alter_table(change).await?;
        let indices = vec![
            index("announcement", "created_at", &["created_at", "id"]),
            unique("announcement_address", "canonical", &["announcement_id", "canonical"]),
            index("announcement_address", "address", &["canonical"]),
            unique("announcement_optout", "digest", &["digest"]),
            index("announcement_optout", "user_id", &["user_id"]),
            unique("project_mail", "project_id", &["project_id"]),
            unique(
                "email_message",
                "announcement_recipient",
                &["announcement_id", "canonical"],
            ),
            index("email_message", "announcement_status", &["announcement_id", "status"]),
        ];
        create(manager, vec![announcement, address, optout, project_mail], indices).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in [
            "email_message_announcement_recipient",
            "email_message_announcement_status",
        ] {
            let gone = Index::drop().name(name).table("email_message").to_owned();
            manager.drop_index(gone).await?;
        }
        for (table, column) in [
            ("email_message", "announcement_id"),
            ("email_message", "canonical"),
            ("job", "priority"),
        ] {
            let change = Table::alter().table(table).drop_column(column).to_owned();
            manager.alter_table(change).await?;
        }
        let tables = [
            "project_mail",
            "announcement_optout",
            "announcement_address",
            "announcement",
        ];
        drop(manager, &tables).await
    }
}

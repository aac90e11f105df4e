//! Mails as staff writes them: overrides with their versions, templates of staff's own, and which version a mail was
//! rendered from.

use sea_orm_migration::prelude::*;

use crate::column::{
    big, big_null, create, drop, id, json, mentions, owned_by, table, text, text_null, unique, uuid, uuid_null,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let template = table(
            "email_template",
            vec![
                id(),
                text("name"),
                text("language"),
                big_null("live_version"),
                big_null("broken_at"),
                text_null("broken_reason"),
                big("created_at"),
                big("updated_at"),
            ],
        );
        let version = table(
            "email_template_version",
            vec![
                id(),
                uuid("template_id"),
                big("version"),
                text("subject"),
                text("text"),
                text("html"),
                text("note"),
                text("based_on"),
                uuid_null("author_id"),
                big("created_at"),
            ],
        )
        .foreign_key(&mut owned_by("email_template_version", "template_id", "email_template"))
        .foreign_key(&mut mentions("email_template_version", "author_id", "user"))
        .take();
        let custom = table(
            "custom_email_template",
            vec![
                id(),
                text("slug"),
                text("title"),
                text("description"),
                json("variables"),
                big("created_at"),
                big("updated_at"),
            ],
        );
        let indices = vec![
            unique("email_template", "name", &["name", "language"]),
            unique("email_template_version", "version", &["template_id", "version"]),
            unique("custom_email_template", "slug", &["slug"]),
        ];
        create(manager, vec![template, version, custom], indices).await?;
        let change = Table::alter()
            .table("email_message")
            .add_column(big_null("template_version"))
            .to_owned();
        manager.alter_table(change).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let change = Table::alter()
            .table("email_message")
            .drop_column("template_version")
            .to_owned();
        manager.alter_table(change).await?;
        drop(
            manager,
            &["custom_email_template", "email_template_version", "email_template"],
        )
        .await
    }
}

//! Codes to sign in with that somebody asked for. What the mail carries stands in `one_time`, once the mail leaves.

use sea_orm_migration::prelude::*;

use crate::column::{big, big_null, create, drop, id, index, owned_by, table, text, text_null, uuid_null};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let login_code = table(
            "login_code",
            vec![
                id(),
                text("subject"),
                text_null("address"),
                uuid_null("user_id"),
                big_null("credential_epoch"),
                uuid_null("application_id"),
                uuid_null("binding"),
                text_null("device"),
                text("locale"),
                big("created_at"),
                big("expires_at"),
                big_null("ended_at"),
            ],
        )
        .foreign_key(&mut owned_by("login_code", "user_id", "user"))
        .foreign_key(&mut owned_by("login_code", "application_id", "application"))
        .take();
        let indices = vec![
            index("login_code", "subject", &["subject", "created_at"]),
            index("login_code", "user_id", &["user_id"]),
            index("login_code", "expires_at", &["expires_at"]),
            // the code of a mail is looked for by what it is bound to
            index("one_time", "subject", &["subject", "purpose"]),
        ];
        create(manager, vec![login_code], indices).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_index(Index::drop().name("one_time_subject").table("one_time").to_owned())
            .await?;
        drop(manager, &["login_code"]).await
    }
}

//! What each sign-up for an account that is not confirmed yet brought along: its mail activates that, and not what
//! somebody else signed up with afterwards.

use sea_orm_migration::prelude::*;

use crate::column::{big, create, drop, id, index, json, owned_by, table, text, text_null, unique, uuid};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sign_up = table(
            "sign_up",
            vec![
                id(),
                uuid("user_id"),
                big("credential_epoch"),
                text("address"),
                text_null("username"),
                text_null("username_canonical"),
                text("password_hash"),
                json("attributes"),
                text_null("client_address"),
                big("created_at"),
            ],
        )
        .foreign_key(&mut owned_by("sign_up", "user_id", "user"))
        .take();
        let indices = vec![
            unique("sign_up", "epoch", &["user_id", "credential_epoch"]),
            index("sign_up", "created_at", &["created_at"]),
        ];
        create(manager, vec![sign_up], indices).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["sign_up"]).await
    }
}

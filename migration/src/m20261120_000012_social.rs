//! Providers that people sign in through, and the identities at them.

use sea_orm_migration::prelude::*;

use crate::column::{
    big, big_null, create, drop, flag, id, index, json, owned_by, table, text, text_null, unique, uuid,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let provider = table(
            "social_provider",
            vec![
                id(),
                text("slug"),
                text("kind"),
                text("name"),
                text("client_id"),
                text_null("secret"),
                json("audiences"),
                json("redirect_uris"),
                json("scopes"),
                json("settings"),
                flag("sign_up"),
                text("linking"),
                flag("is_enabled"),
                big("created_at"),
                big("updated_at"),
            ],
        );
        let identity = table(
            "identity",
            vec![
                id(),
                uuid("user_id"),
                uuid("provider_id"),
                text("issuer"),
                text("subject"),
                text_null("email"),
                flag("email_verified"),
                json("profile"),
                big("created_at"),
                big_null("last_used_at"),
            ],
        )
        .foreign_key(&mut owned_by("identity", "user_id", "user"))
        .foreign_key(&mut owned_by("identity", "provider_id", "social_provider"))
        .take();
        let indices = vec![
            unique("social_provider", "slug", &["slug"]),
            unique("identity", "subject", &["provider_id", "issuer", "subject"]),
            index("identity", "user_id", &["user_id"]),
        ];
        create(manager, vec![provider, identity], indices).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["identity", "social_provider"]).await
    }
}

//! Applications, browser sessions, anonymous flow state, token families, and everything that is good for one use.

use sea_orm_migration::prelude::*;

use crate::column::{
    big, big_null, create, drop, flag, id, index, json, mentions, owned_by, table, text, text_null, unique, uuid,
    uuid_null,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let application = table(
            "application",
            vec![
                id(),
                uuid_null("project_id"),
                text("client_id"),
                text("name"),
                text("kind"),
                text("origin"),
                flag("is_enabled"),
                big("created_at"),
                big("updated_at"),
            ],
        )
        .foreign_key(&mut owned_by("application", "project_id", "project"))
        .take();
        let session = table(
            "session",
            vec![
                id(),
                uuid("user_id"),
                text("digest"),
                big("credential_epoch"),
                json("amr"),
                big("authenticated_at"),
                big("created_at"),
                big("last_seen_at"),
                big("expires_at"),
                big_null("ended_at"),
                text_null("end_reason"),
                text_null("address"),
                text_null("user_agent"),
                json("data"),
            ],
        )
        .foreign_key(&mut owned_by("session", "user_id", "user"))
        .take();
        let flow_state = table(
            "flow_state",
            vec![id(), text("digest"), json("data"), big("created_at"), big("expires_at")],
        );
        let token_family = table(
            "token_family",
            vec![
                id(),
                uuid("user_id"),
                uuid("application_id"),
                uuid_null("session_id"),
                big("generation"),
                big("credential_epoch"),
                json("amr"),
                big("authenticated_at"),
                big("created_at"),
                big("rotated_at"),
                big("idle_expires_at"),
                big("expires_at"),
                big_null("revoked_at"),
                text_null("revoke_reason"),
                text_null("address"),
                text_null("user_agent"),
                text_null("device_name"),
            ],
        )
        .foreign_key(&mut owned_by("token_family", "user_id", "user"))
        .foreign_key(&mut owned_by("token_family", "application_id", "application"))
        .foreign_key(&mut mentions("token_family", "session_id", "session"))
        .take();
        let one_time = table(
            "one_time",
            vec![
                id(),
                text("purpose"),
                uuid_null("user_id"),
                text_null("subject"),
                big_null("credential_epoch"),
                text("digest"),
                text_null("code_hash"),
                big("attempts_left"),
                big("created_at"),
                big("expires_at"),
                big_null("consumed_at"),
            ],
        )
        .foreign_key(&mut owned_by("one_time", "user_id", "user"))
        .take();
        let indices = vec![
            unique("application", "client_id", &["client_id"]),
            unique("session", "digest", &["digest"]),
            index("session", "user_id", &["user_id"]),
            index("session", "expires_at", &["expires_at"]),
            unique("flow_state", "digest", &["digest"]),
            index("flow_state", "expires_at", &["expires_at"]),
            index("token_family", "user_id", &["user_id"]),
            index("token_family", "session_id", &["session_id"]),
            index("token_family", "expires_at", &["expires_at"]),
            unique("one_time", "digest", &["digest"]),
            index("one_time", "user_id", &["user_id", "purpose"]),
            index("one_time", "expires_at", &["expires_at"]),
        ];
        create(
            manager,
            vec![application, session, flow_state, token_family, one_time],
            indices,
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(
            manager,
            &["one_time", "token_family", "flow_state", "session", "application"],
        )
        .await
    }
}

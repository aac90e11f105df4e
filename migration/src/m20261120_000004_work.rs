//! Keys, events, jobs, the history of mails, and counters of the limiter.

use sea_orm_migration::prelude::*;

use crate::column::{
    big, big_null, create, drop, id, index, json, mentions, table, text, text_null, unique, uuid_null,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let crypto_key = table(
            "crypto_key",
            vec![
                id(),
                text("purpose"),
                big("version"),
                text("algorithm"),
                text("sealed"),
                text_null("public"),
                big("created_at"),
                big_null("retired_at"),
            ],
        );
        // No foreign keys: an event outlives whom it is about.
        let event = table(
            "event",
            vec![
                id(),
                big("at"),
                text("name"),
                text("outcome"),
                text_null("code"),
                text("actor_kind"),
                uuid_null("actor_id"),
                uuid_null("user_id"),
                uuid_null("application_id"),
                uuid_null("session_id"),
                text_null("address"),
                text_null("user_agent"),
                text_null("request_id"),
                json("detail"),
            ],
        );
        let job = table(
            "job",
            vec![
                id(),
                text("name"),
                json("payload"),
                text("state"),
                big("attempts"),
                big("run_at"),
                big_null("lease_until"),
                text_null("last_error"),
                big("created_at"),
                big_null("finished_at"),
            ],
        );
        let email_message = table(
            "email_message",
            vec![
                id(),
                uuid_null("project_id"),
                uuid_null("user_id"),
                text("mail"),
                text("recipient"),
                text("locale"),
                text("status"),
                text_null("reason"),
                text_null("transport_answer"),
                big("attempts"),
                big("created_at"),
                big_null("sent_at"),
            ],
        )
        .foreign_key(&mut mentions("email_message", "user_id", "user"))
        .foreign_key(&mut mentions("email_message", "project_id", "project"))
        .take();
        let limit_counter = table(
            "limit_counter",
            vec![text("key").primary_key().take(), big("count"), big("window_ends_at")],
        );
        let indices = vec![
            unique("crypto_key", "version", &["purpose", "version"]),
            index("event", "at", &["at", "id"]),
            index("event", "user_id", &["user_id", "at"]),
            index("event", "name", &["name", "at"]),
            index("job", "due", &["state", "run_at"]),
            index("email_message", "created_at", &["created_at", "id"]),
            index("email_message", "user_id", &["user_id"]),
            index("email_message", "status", &["status"]),
            index("limit_counter", "window_ends_at", &["window_ends_at"]),
        ];
        create(
            manager,
            vec![crypto_key, event, job, email_message, limit_counter],
            indices,
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(
            manager,
            &["limit_counter", "email_message", "job", "event", "crypto_key"],
        )
        .await
    }
}

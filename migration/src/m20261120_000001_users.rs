//! Users, their addresses, and the counters that hand out numbers.

use sea_orm_migration::prelude::*;

use crate::column::{
    big, big_null, create, drop, flag, id, index, json, owned_by, table, text, text_null, unique, uuid,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let counter = table("counter", vec![text("name").primary_key().take(), big("value")]);
        let user = table(
            "user",
            vec![
                id(),
                big("number"),
                text_null("username"),
                text_null("username_canonical"),
                text("first_name"),
                text("last_name"),
                text_null("password_hash"),
                text("state"),
                text("origin"),
                flag("is_superuser"),
                big("credential_epoch"),
                text_null("locale"),
                json("attributes"),
                big("created_at"),
                big("updated_at"),
                big_null("last_login_at"),
            ],
        );
        let user_email = table(
            "user_email",
            vec![
                id(),
                uuid("user_id"),
                text("address"),
                text("canonical"),
                flag("is_primary"),
                big_null("verified_at"),
                big("created_at"),
            ],
        )
        .foreign_key(&mut owned_by("user_email", "user_id", "user"))
        .take();
        let indices = vec![
            unique("user", "number", &["number"]),
            unique("user", "username_canonical", &["username_canonical"]),
            index("user", "created_at", &["created_at", "id"]),
            index("user", "last_login_at", &["last_login_at", "id"]),
            index("user", "state", &["state"]),
            unique("user_email", "canonical", &["canonical"]),
            index("user_email", "user_id", &["user_id"]),
        ];
        create(manager, vec![counter, user, user_email], indices).await?;
        // mail goes to one address, and who that is must not depend on the order of rows
        manager
            .get_connection()
            .execute_unprepared("CREATE UNIQUE INDEX user_email_primary ON user_email (user_id) WHERE is_primary")
            .await?;
        let first = Query::insert()
            .into_table("counter")
            .columns(["name", "value"])
            .values_panic(["user".into(), 0.into()])
            .take();
        manager.execute(first).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["user_email", "user", "counter"]).await
    }
}

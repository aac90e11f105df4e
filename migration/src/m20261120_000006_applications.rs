//! What an application may do, the form of its tokens, its secrets and keys; and the tokens that must be found by
//! themselves: those that do not name their family, and those that were revoked one by one.

use sea_orm_migration::prelude::*;

use crate::column::{big, big_null, create, drop, id, index, owned_by, table, text, uuid, uuid_null};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Columns that tables got, each with what it holds in rows that were there before.
fn added() -> Vec<(&'static str, &'static str, ColumnDef)> {
    let json =
        |name: &'static str, before: &'static str| ColumnDef::new(name).json_binary().not_null().default(before).take();
    vec![
        (
            "application",
            "grants",
            json("grants", r#"["password","refresh_token"]"#),
        ),
        ("application", "redirect_uris", json("redirect_uris", "[]")),
        ("application", "origins", json("origins", "[]")),
        ("application", "scopes", json("scopes", "[]")),
        ("application", "delivery", text("delivery").default("json").take()),
        ("application", "profile", json("profile", "{}")),
        ("application", "cookies", json("cookies", "{}")),
        ("token_family", "delivery", text("delivery").default("json").take()),
        ("token_family", "rotation", text("rotation").default("always").take()),
        ("session", "application_id", uuid_null("application_id")),
        // no foreign key, here and at the session: whoever deletes an application deletes its keys, and SQLite cannot add one
        ("crypto_key", "application_id", uuid_null("application_id")),
        ("crypto_key", "activated_at", big_null("activated_at")),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, _, mut column) in added() {
            let change = Table::alter().table(table).add_column(&mut column).to_owned();
            manager.alter_table(change).await?;
        }
        let in_use = Query::update()
            .table("crypto_key")
            .value("activated_at", Expr::col("created_at"))
            .to_owned();
        manager.execute(in_use).await?;
        let application_secret = table(
            "application_secret",
            vec![
                id(),
                uuid("application_id"),
                text("digest"),
                big("created_at"),
                big_null("last_used_at"),
            ],
        )
        .foreign_key(&mut owned_by("application_secret", "application_id", "application"))
        .take();
        let issued_token = table(
            "issued_token",
            vec![
                text("digest").primary_key().take(),
                uuid("family_id"),
                text("token_use"),
                big("generation"),
                big("expires_at"),
            ],
        )
        .foreign_key(&mut owned_by("issued_token", "family_id", "token_family"))
        .take();
        let revoked_token = table(
            "revoked_token",
            vec![uuid("family_id"), text("jti"), big("created_at"), big("expires_at")],
        )
        .primary_key(Index::create().col("family_id").col("jti"))
        .foreign_key(&mut owned_by("revoked_token", "family_id", "token_family"))
        .take();
        let indices = vec![
            index("application", "created_at", &["created_at", "id"]),
            index("application", "name", &["name", "id"]),
            index("application_secret", "application_id", &["application_id"]),
            index("issued_token", "family_id", &["family_id"]),
            index("issued_token", "expires_at", &["expires_at"]),
            index("revoked_token", "expires_at", &["expires_at"]),
        ];
        create(manager, vec![application_secret, issued_token, revoked_token], indices).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["revoked_token", "issued_token", "application_secret"]).await?;
        for index in ["application_created_at", "application_name"] {
            manager
                .drop_index(Index::drop().name(index).table("application").to_owned())
                .await?;
        }
        for (table, column, _) in added() {
            let change = Table::alter().table(table).drop_column(column).to_owned();
            manager.alter_table(change).await?;
        }
        Ok(())
    }
}

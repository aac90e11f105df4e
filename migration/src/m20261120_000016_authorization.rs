//! Roles that include roles and can be switched off, grants that end, members of projects, codenames that were asked for
//! and never granted; and the two numbers that say whether what is remembered of all this is still true.

use sea_orm_migration::prelude::*;

use crate::column::{
    big, big_null, create, drop, flag, id, index, mentions, owned_by, table, text, unique, uuid, uuid_null,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let added = [
            ("role", flag("is_enabled").default(true).take()),
            ("role_assignment", big_null("expires_at")),
            ("role_assignment", uuid_null("granted_by")),
            // raised by whatever changes what this user holds
            ("user", big("access_epoch").default(0).take()),
        ];
        for (table, mut column) in added {
            let change = Table::alter().table(table).add_column(&mut column).to_owned();
            manager.alter_table(change).await?;
        }
        let inclusion = table("role_inclusion", vec![id(), uuid("role_id"), uuid("included_id")])
            .foreign_key(&mut owned_by("role_inclusion", "role_id", "role"))
            .foreign_key(&mut owned_by("role_inclusion", "included_id", "role"))
            .take();
        let member = table(
            "project_member",
            vec![
                id(),
                uuid("project_id"),
                uuid("user_id"),
                uuid_null("role_id"),
                flag("is_enabled"),
                flag("is_superuser"),
                big("created_at"),
                big("updated_at"),
            ],
        )
        .foreign_key(&mut owned_by("project_member", "project_id", "project"))
        .foreign_key(&mut owned_by("project_member", "user_id", "user"))
        .foreign_key(&mut mentions("project_member", "role_id", "role"))
        .take();
        let asked = table(
            "permission_ask",
            vec![
                id(),
                text("codename"),
                uuid("application_id"),
                big("asked"),
                big("first_asked_at"),
                big("last_asked_at"),
            ],
        )
        .foreign_key(&mut owned_by("permission_ask", "application_id", "application"))
        .take();
        let indices = vec![
            unique("role_inclusion", "pair", &["role_id", "included_id"]),
            index("role_inclusion", "included_id", &["included_id"]),
            unique("project_member", "pair", &["project_id", "user_id"]),
            index("project_member", "user_id", &["user_id"]),
            index("project_member", "role_id", &["role_id"]),
            unique("permission_ask", "pair", &["codename", "application_id"]),
            index("permission_ask", "last_asked_at", &["last_asked_at", "id"]),
            index("role_assignment", "expires_at", &["expires_at"]),
        ];
        create(manager, vec![inclusion, member, asked], indices).await?;
        let db = manager.get_connection();
        db.execute_unprepared("INSERT INTO counter (name, value) VALUES ('access', 0)")
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        db.execute_unprepared("DELETE FROM counter WHERE name = 'access'")
            .await?;
        let index = Index::drop()
            .name("role_assignment_expires_at")
            .table("role_assignment")
            .to_owned();
        manager.drop_index(index).await?;
        drop(manager, &["permission_ask", "project_member", "role_inclusion"]).await?;
        for (table, column) in [
            ("user", "access_epoch"),
            ("role_assignment", "granted_by"),
            ("role_assignment", "expires_at"),
            ("role", "is_enabled"),
        ] {
            let change = Table::alter().table(table).drop_column(column).to_owned();
            manager.alter_table(change).await?;
        }
        Ok(())
    }
}

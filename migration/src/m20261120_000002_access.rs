//! Projects, roles, permissions, who holds them; and the built-in staff catalogue, which the core writes at start from
//! its own list, so that a new permission needs no migration.

use sea_orm_migration::prelude::*;

use crate::column::{
    big, create, drop, flag, id, index, json, mentions, owned_by, table, text, unique, uuid, uuid_null,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let project = table(
            "project",
            vec![
                id(),
                text("slug"),
                text("name"),
                text("description"),
                flag("is_enabled"),
                uuid_null("owner_id"),
                json("attributes"),
                big("created_at"),
                big("updated_at"),
            ],
        )
        .foreign_key(&mut mentions("project", "owner_id", "user"))
        .take();
        let permission = table(
            "permission",
            vec![
                id(),
                text("codename"),
                text("description"),
                text("origin"),
                big("created_at"),
            ],
        );
        let role = table(
            "role",
            vec![
                id(),
                uuid_null("project_id"),
                text("codename"),
                text("name"),
                text("description"),
                text("origin"),
                big("created_at"),
                big("updated_at"),
            ],
        )
        .foreign_key(&mut owned_by("role", "project_id", "project"))
        .take();
        let role_permission = table("role_permission", vec![id(), uuid("role_id"), uuid("permission_id")])
            .foreign_key(&mut owned_by("role_permission", "role_id", "role"))
            .foreign_key(&mut owned_by("role_permission", "permission_id", "permission"))
            .take();
        let role_assignment = table(
            "role_assignment",
            vec![
                id(),
                uuid("user_id"),
                uuid("role_id"),
                uuid_null("project_id"),
                big("created_at"),
            ],
        )
        .foreign_key(&mut owned_by("role_assignment", "user_id", "user"))
        .foreign_key(&mut owned_by("role_assignment", "role_id", "role"))
        .foreign_key(&mut owned_by("role_assignment", "project_id", "project"))
        .take();
        let indices = vec![
            unique("project", "slug", &["slug"]),
            unique("permission", "codename", &["codename"]),
            index("role", "codename", &["codename"]),
            unique("role_permission", "pair", &["role_id", "permission_id"]),
            index("role_permission", "permission_id", &["permission_id"]),
            index("role_assignment", "user_id", &["user_id", "role_id"]),
            index("role_assignment", "role_id", &["role_id"]),
        ];
        create(
            manager,
            vec![project, permission, role, role_permission, role_assignment],
            indices,
        )
        .await?;
        // NULL is unlike NULL in a unique index: what is global needs an index of its own
        let db = manager.get_connection();
        for (name, table, columns, scope) in [
            ("role_codename_global", "role", "codename", "project_id IS NULL"),
            (
                "role_codename_project",
                "role",
                "project_id, codename",
                "project_id IS NOT NULL",
            ),
            (
                "role_assignment_global",
                "role_assignment",
                "user_id, role_id",
                "project_id IS NULL",
            ),
            (
                "role_assignment_project",
                "role_assignment",
                "user_id, role_id, project_id",
                "project_id IS NOT NULL",
            ),
        ] {
            db.execute_unprepared(&format!(
                "CREATE UNIQUE INDEX {name} ON {table} ({columns}) WHERE {scope}"
            ))
            .await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(
            manager,
            &["role_assignment", "role_permission", "role", "permission", "project"],
        )
        .await
    }
}

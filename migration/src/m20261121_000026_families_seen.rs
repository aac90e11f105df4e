//! When a token family was last seen, which is no longer when its refresh token was issued, and an index over what was revoked,
//! which is swept.

use sea_orm_migration::prelude::*;

use crate::column::big;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut last_seen_at = big("last_seen_at").default(0).take();
        let change = Table::alter()
            .table("token_family")
            .add_column(&mut last_seen_at)
            .to_owned();
        manager.alter_table(change).await?;
        let as_known = Query::update()
            .table("token_family")
            .value("last_seen_at", Expr::col("rotated_at"))
            .to_owned();
        manager.execute(as_known).await?;
        // most never are, and a refresh changes no column of it
        manager
            .get_connection()
            .execute_unprepared(
                "CREATE INDEX token_family_revoked_at ON token_family (revoked_at) WHERE revoked_at IS NOT NULL",
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = Index::drop()
            .name("token_family_revoked_at")
            .table("token_family")
            .to_owned();
        manager.drop_index(index).await?;
        let change = Table::alter()
            .table("token_family")
            .drop_column("last_seen_at")
            .to_owned();
        manager.alter_table(change).await
    }
}

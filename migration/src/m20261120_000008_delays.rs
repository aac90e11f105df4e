//! Counters that make wait: when the next attempt is heard, and whether a refusal was written down.

use sea_orm_migration::prelude::*;

use crate::column::{big, flag};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut added = [big("free_at").default(0).take(), flag("is_told").default(false).take()];
        for column in &mut added {
            let change = Table::alter().table("limit_counter").add_column(column).to_owned();
            manager.alter_table(change).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in ["is_told", "free_at"] {
            let change = Table::alter().table("limit_counter").drop_column(column).to_owned();
            manager.alter_table(change).await?;
        }
        Ok(())
    }
}

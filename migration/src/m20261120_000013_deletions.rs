//! Accounts that are about to be deleted: when, and what they were before.

use sea_orm_migration::prelude::*;

use crate::column::{big_null, text_null};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in &mut [big_null("delete_at"), text_null("closed_from")] {
            let added = Table::alter().table("user").add_column(column).to_owned();
            manager.alter_table(added).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in ["closed_from", "delete_at"] {
            let dropped = Table::alter().table("user").drop_column(column).to_owned();
            manager.alter_table(dropped).await?;
        }
        Ok(())
    }
}

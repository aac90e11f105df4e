//! Accounts that are about to be deleted: when.

use sea_orm_migration::prelude::*;

use crate::column::big_null;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let delete_at = Table::alter()
            .table("user")
            .add_column(big_null("delete_at"))
            .to_owned();
        manager.alter_table(delete_at).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let delete_at = Table::alter().table("user").drop_column("delete_at").to_owned();
        manager.alter_table(delete_at).await
    }
}

//! What a provider wants to have back when an account is disconnected from it or ends: the refresh token, sealed.

use sea_orm_migration::prelude::*;

use crate::column::text_null;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let added = Table::alter()
            .table("identity")
            .add_column(text_null("refresh_token"))
            .to_owned();
        manager.alter_table(added).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let dropped = Table::alter().table("identity").drop_column("refresh_token").to_owned();
        manager.alter_table(dropped).await
    }
}

//! What announcements remember: how many of their mails stood where when the history forgot them, and whether somebody said in
//! the account or by a link that they want none.

use sea_orm_migration::prelude::*;

use crate::column::{big, text};

#[derive(DeriveMigrationName)]
pub struct Migration;

const COUNTS: [&str; 4] = ["swept_sent", "swept_failed", "swept_skipped", "swept_cancelled"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in COUNTS {
            let mut column = big(name).default(0).take();
            let change = Table::alter().table("announcement").add_column(&mut column).to_owned();
            manager.alter_table(change).await?;
        }
        let mut said_in = text("said_in").default("link").take();
        let change = Table::alter()
            .table("announcement_optout")
            .add_column(&mut said_in)
            .to_owned();
        manager.alter_table(change).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let change = Table::alter()
            .table("announcement_optout")
            .drop_column("said_in")
            .to_owned();
        manager.alter_table(change).await?;
        for name in COUNTS {
            let change = Table::alter().table("announcement").drop_column(name).to_owned();
            manager.alter_table(change).await?;
        }
        Ok(())
    }
}

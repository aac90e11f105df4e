//! Indices for what is swept and put back in batches: finished jobs, mails of one state, notifications of one state.

use sea_orm_migration::prelude::*;

use crate::column::{create, index};

#[derive(DeriveMigrationName)]
pub struct Migration;

const INDICES: [(&str, &str, [&str; 2]); 3] = [
    ("job", "finished_at", ["finished_at", "id"]),
    ("email_message", "status_id", ["status", "id"]),
    ("push_message", "status", ["status", "id"]),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let indices = INDICES.map(|(table, name, columns)| index(table, name, &columns));
        create(manager, Vec::new(), indices.into()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, name, _) in INDICES {
            let gone = Index::drop().name(format!("{table}_{name}")).table(table).to_owned();
            manager.drop_index(gone).await?;
        }
        Ok(())
    }
}

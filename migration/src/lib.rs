//! The shape of the database, SQLite and PostgreSQL alike. One file per change, each with its way up and down; a
//! migration is frozen once it has landed.
//!
//! Conventions: ids are UUIDs made by the application (version 7), moments are BIGINT UTC microseconds whose column ends
//! in `_at`, spans are seconds. Every unique index has a name, because the place that inserts translates it into a field
//! code. Rows that may one day belong to a project carry a nullable `project_id`.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};

mod column;
mod m20261120_000001_users;
mod m20261120_000002_access;
mod m20261120_000003_sessions_and_tokens;
mod m20261120_000004_work;
mod m20261120_000005_sign_ups;
mod m20261120_000006_applications;
mod m20261120_000007_profiles;
mod m20261120_000008_delays;
mod m20261120_000009_devices;
mod m20261120_000010_files;
mod m20261120_000011_login_codes;
mod m20261120_000012_social;
mod m20261120_000013_deletions;
mod m20261120_000014_revocations;
mod m20261120_000015_idempotency;
mod m20261120_000016_authorization;
mod m20261120_000018_outbox;
mod m20261121_000017_email_templates;
mod m20261121_000019_push;
mod m20261121_000020_announcements;
mod m20261121_000022_queue_indices;
mod m20261121_000024_announcement_memory;
mod m20261121_000025_push_attempts;
mod m20261121_000026_families_seen;

/// The ordered list of changes.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261120_000001_users::Migration),
            Box::new(m20261120_000002_access::Migration),
            Box::new(m20261120_000003_sessions_and_tokens::Migration),
            Box::new(m20261120_000004_work::Migration),
            Box::new(m20261120_000005_sign_ups::Migration),
            Box::new(m20261120_000006_applications::Migration),
            Box::new(m20261120_000007_profiles::Migration),
            Box::new(m20261120_000008_delays::Migration),
            Box::new(m20261120_000009_devices::Migration),
            Box::new(m20261120_000010_files::Migration),
            Box::new(m20261120_000011_login_codes::Migration),
            Box::new(m20261120_000012_social::Migration),
            Box::new(m20261120_000013_deletions::Migration),
            Box::new(m20261120_000014_revocations::Migration),
            Box::new(m20261120_000015_idempotency::Migration),
            Box::new(m20261120_000016_authorization::Migration),
            Box::new(m20261121_000017_email_templates::Migration),
            Box::new(m20261120_000018_outbox::Migration),
            Box::new(m20261121_000019_push::Migration),
            Box::new(m20261121_000020_announcements::Migration),
            Box::new(m20261121_000022_queue_indices::Migration),
            Box::new(m20261121_000024_announcement_memory::Migration),
            Box::new(m20261121_000025_push_attempts::Migration),
            Box::new(m20261121_000026_families_seen::Migration),
        ]
    }
}

/// Brings the database up to date, whole or not at all. Instances that start at once wait for each other: SQLite by
/// its write lock, PostgreSQL by an advisory lock that ends with the transaction.
///
/// # Errors
/// When the database is away or a statement fails; nothing is changed then.
pub async fn up(db: &DatabaseConnection) -> Result<(), DbErr> {
    let tx = begin(db).await?;
    Migrator::up(&tx, None).await?;
    tx.commit().await
}

/// Takes every change back, newest first. For tests of the way down; an operator restores a backup instead.
///
/// # Errors
/// When the database is away or a statement fails; nothing is changed then.
pub async fn down(db: &DatabaseConnection) -> Result<(), DbErr> {
    let tx = begin(db).await?;
    Migrator::down(&tx, None).await?;
    tx.commit().await
}

/// The names of the changes that the database does not have yet.
///
/// # Errors
/// When the database is away.
pub async fn pending(db: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    let pending = Migrator::get_pending_migrations(db).await?;
    Ok(pending.iter().map(|change| change.name().to_owned()).collect())
}

async fn begin(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let tx = db.begin_with_options(options).await?;
    if tx.get_database_backend() == DbBackend::Postgres {
        // however long the other instance takes
        tx.execute_unprepared("SET LOCAL lock_timeout = 0").await?;
        // the number is "sereno" in ASCII
        tx.execute_unprepared("SELECT pg_advisory_xact_lock(126879346749039)")
            .await?;
    }
    Ok(tx)
}

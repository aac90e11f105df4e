//! A database whose schema stands, made once by whoever comes first: copying it is faster than running every migration for each
//! test. One for each build of a test program, for the next may hold other migrations.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sea_orm::{ConnectionTrait, Database, DbBackend, Statement, TransactionTrait};
use sereno_types::Secret;
use url::Url;

use super::database::{TestDatabase, ask_server, within};
use super::fail;
use crate::config::Config;
use crate::context::Db;
use crate::error::Result;

/// Gives a test its file of SQLite.
pub(super) async fn copy_file(database: &TestDatabase) -> Result<()> {
    let config = database.config();
    let Some(file) = Db::sqlite_file(&config) else {
        return Ok(());
    };
    let (program, built) = program();
    let template = program.with_extension("sqlite");
    if !made_since(&template, built) {
        migrate(&config).await?;
        let log = file.with_extension("db-wal").metadata().map_or(0, |log| log.len());
        if log > 0 {
            // not all of it stands in the file
            return Ok(());
        }
        // whole from the first moment that it is there; who makes it at the same time makes the same
        let whole = program.with_extension(format!("sqlite-{}", std::process::id()));
        std::fs::copy(&file, &whole).unwrap_or_else(|error| fail(&error));
        std::fs::rename(&whole, &template).unwrap_or_else(|error| fail(&error));
        return Ok(());
    }
    std::fs::copy(&template, &file).unwrap_or_else(|error| fail(&error));
    Ok(())
}

/// Gives a test its database on PostgreSQL.
pub(super) async fn copy_database(server: &Url, name: &str) -> Result<()> {
    let since = program().1.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let template = format!("sereno_template_{}", since.as_micros());
    let copying = format!("CREATE DATABASE {name} TEMPLATE {template}");
    if ask_server(server, &copying).await.is_ok() {
        return Ok(());
    }
    let admin = Database::connect(within(server, "postgres")).await?;
    let one_at_a_time = admin.begin().await?;
    one_at_a_time
        .execute_unprepared("SELECT pg_advisory_xact_lock(7365726)")
        .await?;
    let known = Statement::from_string(
        DbBackend::Postgres,
        format!("SELECT 1 FROM pg_database WHERE datname = '{template}'"),
    );
    if one_at_a_time.query_one_raw(known).await?.is_none() {
        // it gets its name when it is whole
        let unfinished = format!("{template}_unfinished");
        ask_server(server, &format!("DROP DATABASE IF EXISTS {unfinished}")).await?;
        ask_server(server, &format!("CREATE DATABASE {unfinished}")).await?;
        let mut config = Config::default();
        config.database.url = Secret::new(within(server, &unfinished));
        migrate(&config).await?;
        ask_server(server, &format!("ALTER DATABASE {unfinished} RENAME TO {template}")).await?;
    }
    one_at_a_time.commit().await?;
    admin.close().await?;
    ask_server(server, &copying).await
}

async fn migrate(config: &Config) -> Result<()> {
    let db = Db::connect(config, None).await?;
    migration::up(db.write()).await?;
    db.close().await;
    Ok(())
}

/// The test program, and when it was built.
fn program() -> (PathBuf, SystemTime) {
    let found = std::env::current_exe().and_then(|program| {
        let built = program.metadata()?.modified()?;
        Ok((program, built))
    });
    found.unwrap_or_else(|error| fail(&error))
}

fn made_since(template: &Path, built: SystemTime) -> bool {
    let made = template.metadata().and_then(|template| template.modified());
    made.is_ok_and(|made| made > built)
}

//! Hearing of changes made by other processes on the same database, so that memory is never older than a second.
//! PostgreSQL tells (LISTEN/NOTIFY); SQLite is asked twice a second whether anybody else wrote (`PRAGMA data_version` on
//! the writer's connection changes only by others' commits).

use std::time::Duration;

use sea_orm::sqlx::postgres::PgListener;
use sea_orm::sqlx::{self, Executor};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, Statement};
use uuid::Uuid;

use super::Sereno;
use crate::error::Result;

const CHANNEL: &str = "sereno_touched";
const EVERY: Duration = Duration::from_millis(500);
/// Asks for what is there already, so that an answer comes.
const STILL_LISTENING: &str = "LISTEN sereno_touched";

/// Tells other processes, at commit, that these ids changed. SQLite needs no telling.
pub(super) async fn announce(db: &DatabaseTransaction, ids: &[Uuid]) -> Result<()> {
    if db.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    for chunk in ids.chunks(100) {
        let text = chunk.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let values = [CHANNEL.into(), text.into()];
        db.execute_raw(Statement::from_sql_and_values(
            DbBackend::Postgres,
            "SELECT pg_notify($1, $2)",
            values,
        ))
        .await?;
    }
    Ok(())
}

/// Listens until the process ends. Whenever hearing is lost, everything is forgotten, and nothing is remembered until it
/// is back.
pub async fn watch(sereno: Sereno) {
    loop {
        let outcome = if sereno.db.is_sqlite() {
            watch_sqlite(&sereno).await
        } else {
            watch_postgres(&sereno).await
        };
        sereno.cache.go_deaf();
        if let Err(error) = outcome {
            tracing::warn!(%error, "cannot hear of changes by other processes; nothing is remembered until it works again");
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn watch_sqlite(sereno: &Sereno) -> Result<()> {
    let mut seen = None;
    loop {
        let statement = Statement::from_string(DbBackend::Sqlite, "PRAGMA data_version");
        let row = sereno.db.write().query_one_raw(statement).await?;
        let version = row.map(|row| row.try_get_by_index::<i64>(0)).transpose()?;
        if seen != version {
            sereno.cache.hear();
        }
        seen = version;
        tokio::time::sleep(EVERY).await;
    }
}

async fn watch_postgres(sereno: &Sereno) -> Result<()> {
    // a connection of its own: one of the pool would be missing there for ever
    let url = sereno.config.database_url();
    let limit = sereno.config.database.timeout.span();
    let mut listener = answered(limit, PgListener::connect(&url)).await?;
    // a broken connection must be told at once, not after another one was found
    listener.eager_reconnect(false);
    answered(limit, listener.listen(CHANNEL)).await?;
    sereno.cache.hear();
    loop {
        match tokio::time::timeout(EVERY, listener.try_recv()).await {
            Ok(Ok(Some(told))) => {
                let ids: Vec<Uuid> = told.payload().split(',').filter_map(|id| id.parse().ok()).collect();
                sereno.cache.forget(&ids);
            }
            Ok(Ok(None)) => return Ok(()),
            Ok(Err(error)) => return Err(unavailable(&error)),
            // a network may swallow everything without closing the connection; whoever only listens never learns of it
            Err(_) => {
                answered(EVERY, listener.execute(STILL_LISTENING)).await?;
            }
        }
    }
}

/// What a database says within so long.
async fn answered<T>(limit: Duration, asking: impl Future<Output = sqlx::Result<T>>) -> Result<T> {
    let answered = tokio::time::timeout(limit, asking).await;
    let answered = answered.map_err(|_| crate::Error::Unavailable("timed out".to_owned()))?;
    answered.map_err(|error| unavailable(&error))
}

fn unavailable(error: &sqlx::Error) -> crate::Error {
    crate::Error::Unavailable(error.to_string())
}

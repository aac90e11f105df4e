//! The database: SQLite with one writer and several readers, or a PostgreSQL pool.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx::{AssertSqlSafe, Connection, Executor, SqliteConnection};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, QueryResult,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use serde_json::Value;

use crate::clock::Moment;
use crate::config::Config;
use crate::error::{Error, Result};

/// Told of every statement: its text, without the values.
pub type Probe = Arc<dyn Fn(&str) + Send + Sync>;

/// The wait between two attempts to open a file that another instance is opening.
const AGAIN: Duration = Duration::from_millis(20);

/// The way to rows. On SQLite all writing goes over one connection, so that writers queue in the process instead of
/// failing on the file's lock, and readers never wait for them (WAL).
#[derive(Clone, Debug)]
pub struct Db {
    writer: DatabaseConnection,
    reader: DatabaseConnection,
}

impl Db {
    /// Connects; makes the SQLite file and its folder when they are missing.
    pub async fn connect(config: &Config, probe: Option<Probe>) -> Result<Self> {
        let mut db = Self::open(config).await?;
        if let Some(probe) = probe {
            for pool in [&mut db.writer, &mut db.reader] {
                let probe = Arc::clone(&probe);
                pool.set_metric_callback(move |info| probe(&info.statement.sql));
            }
        }
        Ok(db)
    }

    async fn open(config: &Config) -> Result<Self> {
        let url = config.database_url();
        let timeout = config.database.timeout.span();
        let most = u32::try_from(config.database.max_connections).unwrap_or(u32::MAX);
        if let Some(file) = Self::sqlite_file(config) {
            return Self::sqlite(&file.to_string_lossy(), most, timeout, config.database.sync == "full").await;
        }
        let mut options = options(url, timeout);
        options.max_connections(most).idle_timeout(Duration::from_mins(10));
        options.map_sqlx_postgres_pool_opts(move |pool| {
            pool.after_connect(move |connection, _| {
                let patience = format!("SET lock_timeout = {}", timeout.as_millis());
                Box::pin(async move { connection.execute(AssertSqlSafe(patience)).await.map(|_| ()) })
            })
        });
        let pool = Database::connect(options).await?;
        Ok(Self {
            writer: pool.clone(),
            reader: pool,
        })
    }

    /// The file of a SQLite database.
    #[must_use]
    pub fn sqlite_file(config: &Config) -> Option<PathBuf> {
        let url = config.database_url();
        let path = url.strip_prefix("sqlite:")?.trim_start_matches("//");
        Some(PathBuf::from(path.split('?').next().unwrap_or(path)))
    }

    async fn sqlite(path: &str, readers: u32, timeout: Duration, full_sync: bool) -> Result<Self> {
        make_private(Path::new(path)).map_err(|error| DbErr::Conn(sea_orm::RuntimeErr::Internal(error.to_string())))?;
        let pragmas = move |options: sea_orm::sqlx::sqlite::SqliteConnectOptions| {
            use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
            // NORMAL in WAL mode: a power cut may undo the last transactions but never tears one
            let synchronous = if full_sync {
                SqliteSynchronous::Full
            } else {
                SqliteSynchronous::Normal
            };
            options
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(synchronous)
                .foreign_keys(true)
                .busy_timeout(timeout)
                .pragma("cache_size", "-2000")
                // what a statement sets aside for a moment is small: no file for it
                .pragma("temp_store", "2")
                // pages, 16 MB: under load the log is folded back some times a second at most
                .pragma("wal_autocheckpoint", "4000")
                // what is deleted is overwritten, and not only forgotten
                .pragma("secure_delete", "1")
                .pragma("trusted_schema", "0")
        };
        let url = format!("sqlite:{path}?mode=rwc");
        // a connection to a file in the same process cannot be lost unseen: asking before each use only costs time
        let mut write = options(url.clone(), timeout);
        write
            .max_connections(1)
            .min_connections(1)
            .max_lifetime(None)
            .idle_timeout(None)
            .test_before_acquire(false)
            .map_sqlx_sqlite_before_acquire(|connection, _| Box::pin(std::future::ready(Ok(is_at_rest(connection)))))
            .map_sqlx_sqlite_opts(pragmas);
        let writer = patiently(write, timeout).await?;
        let mut read = options(url, timeout);
        read.max_connections(readers)
            .min_connections(0)
            .idle_timeout(Duration::from_mins(1))
            .test_before_acquire(false)
            .connect_lazy(true);
        read.map_sqlx_sqlite_opts(pragmas);
        let reader = Database::connect(read).await?;
        Ok(Self { writer, reader })
    }

    /// For statements that only read.
    #[must_use]
    pub const fn read(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// For a single statement that writes and stands alone; everything else goes through `Tx`.
    #[must_use]
    pub const fn write(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// Opens a transaction that may write at once (SQLite: `BEGIN IMMEDIATE`), so that it cannot fail half-way on the
    /// lock.
    pub(super) async fn begin(&self) -> Result<DatabaseTransaction> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        if self.is_sqlite() {
            return Ok(self.writer.begin_with_options(options).await?);
        }
        // in a task of its own: sqlx 0.9 gives a PostgreSQL connection whose BEGIN was cut short by a caller who went away
        // back to the pool with the transaction open, and the next statements on it would be nobody's to commit
        let pool = self.writer.clone();
        let beginning = tokio::spawn(async move { pool.begin_with_options(options).await });
        Ok(beginning.await.map_err(Error::internal)??)
    }

    /// Runs a script on SQLite: several statements that travel to the writer's thread together and stay prepared there,
    /// `BEGIN IMMEDIATE` first and `COMMIT` last. What they return comes back; where one fails, nothing has happened.
    ///
    /// For the few changes so busy that the ways to that thread are most of what they cost; anything else is a `Tx`.
    /// `?1` is the text, `?2` the moment.
    pub(crate) async fn script(&self, script: &'static str, text: String, now: Moment) -> Result<Vec<QueryResult>> {
        let pool = self.writer.get_sqlite_connection_pool().clone();
        // in a task of its own: a caller who goes away in the middle must not leave the transaction open
        let running = tokio::spawn(async move {
            let mut connection = pool.acquire().await?;
            let query = sea_orm::sqlx::query(script).bind(text).bind(now.0);
            let done = query.fetch_all(&mut *connection).await;
            if let Err(error) = &done {
                // SQLite may have undone it by itself; and a transaction that is not ours is not ours to undo
                let is_ours = !error.to_string().contains("within a transaction");
                let undone = is_ours && is_undone(connection.execute("ROLLBACK").await.err());
                if !undone {
                    connection.close_on_drop();
                }
            }
            done
        });
        let done = running.await.map_err(Error::internal)?;
        let rows = done.map_err(|error| DbErr::Query(sea_orm::RuntimeErr::SqlxError(error.into())))?;
        Ok(rows.into_iter().map(QueryResult::from).collect())
    }

    /// Whether this is SQLite.
    #[must_use]
    pub fn is_sqlite(&self) -> bool {
        self.writer.get_database_backend() == DbBackend::Sqlite
    }

    /// Asks the database for a sign of life.
    pub async fn ping(&self) -> Result<()> {
        self.writer.ping().await?;
        Ok(())
    }

    /// How far `now` is from the database server's own clock.
    pub async fn clock_difference(&self, now: Moment) -> Result<Duration> {
        let sql = if self.is_sqlite() {
            "SELECT CAST(strftime('%s', 'now') AS INTEGER)"
        } else {
            "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS BIGINT)"
        };
        let statement = Statement::from_string(self.reader.get_database_backend(), sql);
        let row = self.reader.query_one_raw(statement).await?;
        let row = row.ok_or_else(|| Error::internal("the database does not know the time"))?;
        let theirs = Moment::from_unix_seconds(row.try_get_by_index(0)?);
        Ok(now.since(theirs).max(theirs.since(now)))
    }

    /// Closes every connection; SQLite folds its log back into the file.
    pub async fn close(&self) {
        for pool in [&self.reader, &self.writer] {
            if let Err(error) = pool.clone().close().await {
                tracing::warn!(%error, "a database connection did not close");
            }
        }
    }
}

/// Text from outside, fit to be kept and shown: at most so many characters, none of them a control character (PostgreSQL
/// takes no NUL).
#[must_use]
pub fn tidy(text: &str, most: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(most).collect()
}

/// A document with every NUL replaced, because PostgreSQL takes none.
#[must_use]
pub fn without_nul(value: Value) -> Value {
    let clean = |text: String| text.replace('\0', "\u{fffd}");
    match value {
        Value::String(text) => Value::String(clean(text)),
        Value::Array(items) => items.into_iter().map(without_nul).collect(),
        Value::Object(items) => {
            let items = items.into_iter().map(|(key, value)| (clean(key), without_nul(value)));
            Value::Object(items.collect())
        }
        other => other,
    }
}

/// Connects, and tries again while another instance does too: switching a new file to WAL needs it alone, and SQLite's
/// own busy time-out does not cover that moment.
async fn patiently(options: ConnectOptions, timeout: Duration) -> Result<DatabaseConnection> {
    let trying = async {
        loop {
            match Database::connect(options.clone()).await.map_err(Error::from) {
                Err(Error::Unavailable(cause)) if cause.contains("(code: 5)") => tokio::time::sleep(AGAIN).await,
                outcome => return outcome,
            }
        }
    };
    let waited_out = |_| Err(Error::Unavailable("the database stayed locked".to_owned()));
    tokio::time::timeout(timeout, trying).await.unwrap_or_else(waited_out)
}

fn options(url: String, timeout: Duration) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .sqlx_logging(false)
        .acquire_timeout(timeout)
        .connect_timeout(timeout);
    options
}

/// Whether nothing of a transaction is left after `ROLLBACK` was answered like this.
fn is_undone(refused: Option<sea_orm::sqlx::Error>) -> bool {
    refused.is_none_or(|error| error.to_string().contains("no transaction is active"))
}

/// Whether a connection is outside of any transaction, or must be closed. When the disk is full SQLite undoes a transaction
/// by itself; sqlx then counts it as open for ever, and whatever comes later on this connection would be a part of it, be
/// answered, and never be committed.
fn is_at_rest(connection: &SqliteConnection) -> bool {
    let inside = connection.is_in_transaction();
    if inside {
        tracing::error!("a connection to SQLite was left inside of a transaction and is closed");
    }
    !inside
}

/// Makes the file, and its folder, readable by nobody else. SQLite gives its side files the same mode.
fn make_private(file: &Path) -> std::io::Result<()> {
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)?;
    Ok(())
}

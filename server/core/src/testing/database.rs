//! The throw-away database, and a look into it past every rule.

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use sereno_types::Secret;
use url::Url;

use super::{START, TestSereno, fail, template};
use crate::config::Config;
use crate::entropy::SystemEntropy;
use crate::error::{Error, Result};

/// A database of its own for one test, gone when the test ends.
pub struct TestDatabase {
    folder: std::path::PathBuf,
    postgres: Option<(Url, String)>,
}

impl TestDatabase {
    /// One whose schema stands.
    pub async fn new() -> Self {
        Self::made(true).await
    }

    /// One without a table.
    pub async fn empty() -> Self {
        Self::made(false).await
    }

    async fn made(migrated: bool) -> Self {
        let name = format!("sereno_test_{}", unique());
        let folder = std::env::temp_dir().join(&name);
        std::fs::create_dir_all(&folder).unwrap_or_else(|error| fail(&error));
        let postgres = match std::env::var("SERENO_TEST_POSTGRES") {
            Ok(server) if !server.is_empty() => {
                let server: Url = server.parse().unwrap_or_else(|error| fail(&error));
                Some((server, name))
            }
            _ => None,
        };
        let database = Self { folder, postgres };
        let made = match &database.postgres {
            Some((server, name)) if migrated => template::copy_database(server, name).await,
            Some((server, name)) => ask_server(server, &format!("CREATE DATABASE {name}")).await,
            None if migrated => template::copy_file(&database).await,
            None => Ok(()),
        };
        made.unwrap_or_else(|error| fail(&error));
        database
    }

    /// Settings that use it, with cheap hashing.
    #[must_use]
    pub fn config(&self) -> Config {
        let mut config = Config::default();
        config.general.data = self.folder.to_string_lossy().into_owned();
        config.password.memory_kib = 64;
        config.password.iterations = 1;
        config.limit.requests_per_address = 0;
        if let Some((server, name)) = &self.postgres {
            config.database.url = Secret::new(within(server, name));
            config.database.max_connections = 4;
        }
        config
    }

    /// The folder of the test.
    #[must_use]
    pub fn folder(&self) -> &std::path::Path {
        &self.folder
    }

    /// Whether this is a SQLite file.
    #[must_use]
    pub const fn is_sqlite(&self) -> bool {
        self.postgres.is_none()
    }

    /// A connection of the test's own, beside those of Sereno.
    pub async fn connect(&self) -> DatabaseConnection {
        let connected = Database::connect(self.config().database_url()).await;
        connected.unwrap_or_else(|error| fail(&error))
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
        if let Some((server, name)) = self.postgres.take() {
            // what cannot be dropped goes with the server
            let dropping = std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime
                    .map(|runtime| runtime.block_on(ask_server(&server, &format!("DROP DATABASE {name} WITH (FORCE)"))))
            });
            let _ = dropping.join();
        }
    }
}

impl TestSereno {
    /// Runs a statement past every rule.
    pub async fn execute(&self, sql: &str) {
        let done = self.sereno.db.write().execute_unprepared(sql).await;
        done.unwrap_or_else(|error| fail(&error));
    }

    /// The first column of every row, as text.
    pub async fn column(&self, sql: &str) -> Vec<String> {
        let db = self.sereno.db.write();
        let statement = Statement::from_string(db.get_database_backend(), sql);
        let rows = db.query_all_raw(statement).await.unwrap_or_else(|error| fail(&error));
        let text = |row: &sea_orm::QueryResult| {
            let text = row.try_get_by_index::<Option<String>>(0);
            let text = text.or_else(|_| {
                row.try_get_by_index::<Option<i64>>(0)
                    .map(|number| number.map(|number| number.to_string()))
            });
            text.unwrap_or_else(|error| fail(&error)).unwrap_or_default()
        };
        rows.iter().map(text).collect()
    }

    /// How many rows a table has, or a part of it: `count("event")`, `count("job WHERE state = 'dead'")`.
    pub async fn count(&self, rows: &str) -> usize {
        let found = self.column(&format!("SELECT count(*) FROM {rows}")).await;
        found[0].parse().unwrap_or_else(|error| fail(&error))
    }

    /// The names of the tables.
    pub async fn tables(&self) -> Vec<String> {
        let names = match self.sereno.db.write().get_database_backend() {
            DbBackend::Postgres => "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
            _ => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1",
        };
        self.column(names).await
    }

    /// Every row of a table as text.
    pub async fn dump(&self, table: &str) -> Vec<String> {
        if self.database.is_sqlite() {
            let columns = self
                .column(&format!("SELECT name FROM pragma_table_info('{table}')"))
                .await;
            let quoted: Vec<_> = columns.iter().map(|name| format!("quote(\"{name}\")")).collect();
            let sql = format!("SELECT {} FROM \"{table}\"", quoted.join(" || ' ' || "));
            return self.column(&sql).await;
        }
        self.column(&format!("SELECT t::text FROM \"{table}\" t")).await
    }
}

/// The URL of a database on this server; the server's own URL may name one or none.
pub(super) fn within(server: &Url, name: &str) -> String {
    let mut url = server.clone();
    url.set_path(name);
    url.into()
}

/// Runs a statement on the server itself.
pub(super) async fn ask_server(server: &Url, sql: &str) -> Result<()> {
    let admin = Database::connect(within(server, "postgres")).await?;
    admin.execute_unprepared(sql).await?;
    admin.close().await.map_err(Error::from)
}

fn unique() -> String {
    let entropy: &dyn crate::entropy::Entropy = &SystemEntropy;
    entropy
        .id(START)
        .map_or_else(|error| fail(&error), |id| id.simple().to_string())
}

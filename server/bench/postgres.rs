//! PostgreSQL in the place of SQLite, where `SERENO_BENCH_POSTGRES` names a server that is ours alone: a database of its
//! own, filled past Sereno by `psql`, and what its processes cost.

use std::process::Command;

use crate::{Outcome, USERS, process, seed};

const NAME: &str = "sereno_bench";

/// The server.
#[derive(Clone)]
pub struct Postgres {
    url: String,
    /// The process whose children serve the connections.
    pid: u32,
}

impl Postgres {
    /// The one that the environment names, with an empty database.
    pub fn from_env() -> Outcome<Option<Self>> {
        let Ok(url) = std::env::var("SERENO_BENCH_POSTGRES") else {
            return Ok(None);
        };
        psql(&format!("{url}/postgres"), &format!("CREATE DATABASE {NAME}"))?;
        let child = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'";
        let child: u32 = psql(&format!("{url}/postgres"), child)?.parse()?;
        Ok(Some(Self {
            pid: process::parent(child)?,
            url,
        }))
    }

    /// What Sereno is told.
    pub fn database_url(&self) -> String {
        format!("{}/{NAME}", self.url)
    }

    /// Milliseconds of processor time of all its processes so far.
    pub fn cpu_ms(&self) -> Outcome<f64> {
        process::family_cpu_ms(self.pid)
    }

    /// Clones the user that was made in the ordinary way until there are [`USERS`].
    pub fn fill(&self) -> Outcome<()> {
        let (domain, first) = (seed::DOMAIN, seed::address(1));
        let numbers = format!("generate_series(0, {} - 1) AS i", seed::PROJECTS);
        let belongings = seed::belongings("gen_random_uuid()", &numbers);
        let script = format!(
            "CREATE TEMP TABLE clone AS SELECT n, gen_random_uuid() AS id, \
                 (SELECT max(number) FROM \"user\") + n - 1 AS number \
             FROM generate_series(2, {USERS} - (SELECT count(*) FROM \"user\") + 1) AS n; \
             INSERT INTO \"user\" SELECT (jsonb_populate_record(original, \
                 jsonb_build_object('id', clone.id, 'number', clone.number))).* \
             FROM \"user\" AS original, clone \
             WHERE original.id = (SELECT user_id FROM user_email WHERE canonical = '{first}'); \
             INSERT INTO user_email SELECT (jsonb_populate_record(original, jsonb_build_object( \
                 'id', gen_random_uuid(), 'user_id', clone.id, \
                 'address', 'user-' || clone.n || '@{domain}', 'canonical', 'user-' || clone.n || '@{domain}'))).* \
             FROM user_email AS original, clone WHERE original.canonical = '{first}'; \
             UPDATE counter SET value = (SELECT max(number) FROM \"user\") WHERE name = 'user'; \
             {belongings} \
             ANALYZE"
        );
        psql(&self.database_url(), &script)?;
        Ok(())
    }
}

fn psql(url: &str, command: &str) -> Outcome<String> {
    let program = std::env::var_os("SERENO_BENCH_PSQL").unwrap_or_else(|| "psql".into());
    let asked = Command::new(program)
        .args([
            "--no-psqlrc",
            "--quiet",
            "--tuples-only",
            "--no-align",
            "--set=ON_ERROR_STOP=1",
        ])
        .arg(url)
        .args(["--command", command])
        .output()?;
    if !asked.status.success() {
        return Err(format!("psql: {}", String::from_utf8_lossy(&asked.stderr)).into());
    }
    Ok(String::from_utf8(asked.stdout)?.trim().to_owned())
}

//! Rows: one thread writes and commits in groups, every thread that answers reads on a connection of its own.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};

use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use tokio::sync::oneshot;

use crate::Outcome;

/// Most changes in one commit.
const GROUP: usize = 100;

const TABLES: &str = "
    CREATE TABLE user (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, state TEXT NOT NULL, hash TEXT NOT NULL,
        created_at INTEGER NOT NULL);
    CREATE TABLE family (id BLOB PRIMARY KEY, user_id INTEGER NOT NULL, generation INTEGER NOT NULL,
        rotated_at INTEGER NOT NULL);";

/// A user as `me` shows them.
#[derive(Serialize)]
pub struct User {
    id: i64,
    email: String,
    state: String,
    created_at: i64,
}

/// A change, and who waits for it.
struct Write {
    change: Change,
    done: oneshot::Sender<Option<i64>>,
}

enum Change {
    Rotate([u8; 16], i64),
    AddFamily([u8; 16], i64),
    AddUser(String, String),
}

/// The way to rows.
pub struct Store {
    path: PathBuf,
    writer: Sender<Write>,
}

thread_local! {
    static READER: OnceCell<Connection> = const { OnceCell::new() };
}

impl Store {
    /// Makes the database with everybody in it.
    pub fn open(path: PathBuf, hash: &str) -> Outcome<Self> {
        let mut connection = connect(&path)?;
        connection.execute_batch(TABLES)?;
        let tx = connection.transaction()?;
        for email in super::addresses() {
            tx.prepare_cached("INSERT INTO user (email, state, hash, created_at) VALUES (?1, 'active', ?2, 0)")?
                .execute(params![email, hash])?;
        }
        tx.commit()?;
        let (writer, changes) = channel();
        std::thread::spawn(move || {
            if let Err(error) = write(&mut connection, &changes) {
                eprintln!("floor: {error}");
            }
        });
        Ok(Self { path, writer })
    }

    fn read<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Outcome<T> {
        READER.with(|reader| {
            if reader.get().is_none() {
                let _ = reader.set(connect(&self.path)?);
            }
            let connection = reader.get().ok_or("no connection to read on")?;
            Ok(read(connection)?)
        })
    }

    /// A user by id.
    pub fn user(&self, id: i64) -> Outcome<Option<User>> {
        self.read(|connection| {
            let mut select =
                connection.prepare_cached("SELECT id, email, state, created_at FROM user WHERE id = ?1")?;
            let user = select.query_row([id], |row| {
                Ok(User {
                    id: row.get(0)?,
                    email: row.get(1)?,
                    state: row.get(2)?,
                    created_at: row.get(3)?,
                })
            });
            user.optional()
        })
    }

    /// A user's id and hash by address.
    pub fn password_hash(&self, email: &str) -> Outcome<Option<(i64, String)>> {
        self.read(|connection| {
            let mut select =
                connection.prepare_cached("SELECT id, hash FROM user WHERE email = ?1 AND state = 'active'")?;
            select
                .query_row([email], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()
        })
    }

    /// Moves a family on; whose it is, if this was its generation.
    pub async fn rotate(&self, family: [u8; 16], generation: i64) -> Outcome<Option<i64>> {
        self.write(Change::Rotate(family, generation)).await
    }

    /// Begins a family.
    pub async fn add_family(&self, family: [u8; 16], user: i64) -> Outcome<()> {
        self.write(Change::AddFamily(family, user)).await.map(|_| ())
    }

    /// Adds a user.
    pub async fn add_user(&self, email: String, hash: String) -> Outcome<()> {
        self.write(Change::AddUser(email, hash)).await.map(|_| ())
    }

    async fn write(&self, change: Change) -> Outcome<Option<i64>> {
        let (done, wait) = oneshot::channel();
        self.writer
            .send(Write { change, done })
            .map_err(|_| "nobody writes any more")?;
        Ok(wait.await?)
    }
}

fn connect(path: &Path) -> Outcome<Connection> {
    let connection = Connection::open(path)?;
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000")?;
    Ok(connection)
}

/// Takes what waits, up to a group, commits it, and only then tells.
fn write(connection: &mut Connection, changes: &Receiver<Write>) -> Outcome<()> {
    while let Ok(first) = changes.recv() {
        let mut done = Vec::new();
        connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        for Write { change, done: tell } in std::iter::once(first).chain(changes.try_iter().take(GROUP - 1)) {
            done.push((tell, apply(connection, change)?));
        }
        connection.prepare_cached("COMMIT")?.execute([])?;
        for (tell, outcome) in done {
            let _ = tell.send(outcome);
        }
    }
    Ok(())
}

fn apply(connection: &Connection, change: Change) -> rusqlite::Result<Option<i64>> {
    match change {
        Change::Rotate(family, generation) => connection
            .prepare_cached(
                "UPDATE family SET generation = generation + 1, rotated_at = ?3 WHERE id = ?1 AND generation = ?2
                 RETURNING user_id",
            )?
            .query_row(params![family, generation, generation], |row| row.get(0))
            .optional(),
        Change::AddFamily(family, user) => {
            connection
                .prepare_cached("INSERT INTO family VALUES (?1, ?2, 1, 0)")?
                .execute(params![family, user])?;
            Ok(None)
        }
        Change::AddUser(email, hash) => {
            connection
                .prepare_cached("INSERT INTO user (email, state, hash, created_at) VALUES (?1, 'pending', ?2, 0)")?
                .execute(params![email, hash])?;
            Ok(None)
        }
    }
}

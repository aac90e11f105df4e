//! Fills the database: users cloned from one that was made in the ordinary way, so that nothing here knows the tables
//! beyond names that must differ.

use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Transaction, params_from_iter};

use crate::{Outcome, USERS};

/// Where everybody's mail goes.
pub const DOMAIN: &str = "bench.example";
/// The first administrator.
pub const ADMINISTRATOR: &str = "admin@bench.example";

/// An application that can keep a secret, and its secret.
pub const CLIENT_ID: &str = "bench";
/// See [`CLIENT_ID`].
pub const CLIENT_SECRET: &str = "a-secret-of-forty-characters-for-a-bench";

/// An application with the same secret, and with tokens as those of the facade djwto.
pub const AS_DJWTO: &str = "bench-as-djwto";

/// The form of those tokens, as the facade sets it up from its defaults.
pub fn profile_of_djwto() -> serde_json::Value {
    let user = |name: &str, field: &str| serde_json::json!({"name": name, "source": {"user": field}, "token": "both"});
    serde_json::json!({
        "algorithm": "HS256",
        "own_key": true,
        "refresh_format": "jwt",
        "access_lifetime": 300,
        "rotation": "on_extend",
        "shared_jti": true,
        "header_typ": "JWT",
        "header_kid": false,
        "type_claim": "type",
        "claims": [
            user("user.username", "username"),
            user("user.id", "number"),
            {"name": "user.perms", "source": "permissions", "token": "both"},
            {"name": "refresh_iat", "source": "refresh_issued_at", "token": "access"},
        ],
        "leave_out": ["sub", "client_id", "sid", "auth_time", "amr", "epoch", "iss", "aud"],
    })
}

/// The code that everybody signs in by.
pub const CODE: &str = "246813";

/// How many permissions, roles and projects there are.
pub const PERMISSIONS: u64 = 500;
/// See [`PERMISSIONS`].
pub const ROLES: u64 = 200;
/// See [`PERMISSIONS`].
pub const PROJECTS: u64 = 1_000;

/// What the application declares: roles of ten permissions each, in chains of five that include each other.
pub fn catalogue() -> serde_json::Value {
    let permissions = (0..PERMISSIONS).map(|at| serde_json::json!({"codename": format!("bench.permission-{at}")}));
    let roles = (0..ROLES).map(|at| {
        let grants = (0..10).map(|more| format!("bench.permission-{}", (at * 10 + more * 7) % PERMISSIONS));
        let includes = (at % 5 > 0).then(|| format!("role-{}", at - 1));
        serde_json::json!({
            "codename": format!("role-{at}"),
            "permissions": grants.collect::<Vec<_>>(),
            "includes": includes.into_iter().collect::<Vec<_>>(),
        })
    });
    serde_json::json!({"permissions": permissions.collect::<Vec<_>>(), "roles": roles.collect::<Vec<_>>()})
}

/// Everybody holds a role everywhere, and is a member with a role of one project. `id` makes one, `numbers` has the column
/// `i` from 0 to below [`PROJECTS`].
pub fn belongings(id: &str, numbers: &str) -> String {
    format!(
        "INSERT INTO project (id, slug, name, description, is_enabled, attributes, created_at, updated_at) \
             SELECT {id}, 'project-' || i, 'Project ' || i, '', true, '{{}}', 0, 0 FROM {numbers}; \
         INSERT INTO role_assignment (id, user_id, role_id, created_at) \
             SELECT {id}, u.id, r.id, 0 FROM \"user\" u JOIN role r ON r.codename = 'role-' || (u.number % {ROLES}); \
         INSERT INTO project_member (id, project_id, user_id, role_id, is_enabled, is_superuser, created_at, updated_at) \
             SELECT {id}, p.id, u.id, r.id, true, false, 0, 0 FROM \"user\" u \
             JOIN project p ON p.slug = 'project-' || (u.number % {PROJECTS}) \
             JOIN role r ON r.codename = 'role-' || (u.number * 7 % {ROLES}); \
         UPDATE counter SET value = value + 1 WHERE name = 'access'; \
         UPDATE \"user\" SET access_epoch = access_epoch + 1;"
    )
}

/// The address of a user. Number 1 is the one that was made; clones follow.
pub fn address(number: u64) -> String {
    format!("user-{number}@{DOMAIN}")
}

/// Clones until there are [`USERS`]; nobody else may have the database open.
pub fn fill(database: &Path) -> Outcome<()> {
    let mut connection = Connection::open(database)?;
    let there: i64 = connection.query_row("SELECT count(*) FROM \"user\"", [], |row| row.get(0))?;
    let tx = connection.transaction()?;
    let original: Vec<u8> = tx.query_row(
        "SELECT user_id FROM user_email WHERE canonical = ?1",
        [address(1)],
        |row| row.get(0),
    )?;
    let user = Template::read(&tx, "user", "id", &original)?;
    let email = Template::read(&tx, "user_email", "user_id", &original)?;
    let mut number: i64 = tx.query_row("SELECT max(number) FROM \"user\"", [], |row| row.get(0))?;
    for clone in 2..=(USERS - there + 1).cast_unsigned() {
        number += 1;
        let id = Value::Blob(copied(&original, clone));
        user.insert(&tx, &[("id", id.clone()), ("number", number.into())])?;
        let row = [
            ("id", Value::Blob(copied(email.blob("id")?, clone))),
            ("user_id", id),
            ("address", address(clone).into()),
            ("canonical", address(clone).into()),
        ];
        email.insert(&tx, &row)?;
    }
    tx.execute("UPDATE counter SET value = ?1 WHERE name = 'user'", [number])?;
    let numbers = format!(
        "(WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {PROJECTS} - 1) SELECT i FROM n)"
    );
    tx.execute_batch(&belongings("randomblob(16)", &numbers))?;
    tx.commit()?;
    Ok(())
}

/// Another id of the same kind.
fn copied(id: &[u8], clone: u64) -> Vec<u8> {
    let (begin, _) = id.split_at(id.len().saturating_sub(8));
    [begin, &clone.to_be_bytes()].concat()
}

/// A row to copy.
struct Template {
    insert: String,
    columns: Vec<String>,
    values: Vec<Value>,
}

impl Template {
    fn read(tx: &Transaction, table: &str, column: &str, id: &[u8]) -> Outcome<Self> {
        let mut select = tx.prepare(&format!("SELECT * FROM \"{table}\" WHERE {column} = ?1"))?;
        let columns: Vec<String> = select.column_names().into_iter().map(str::to_owned).collect();
        let values = select
            .query_row([id], |row| (0..columns.len()).map(|at| row.get(at)).collect())
            .optional()?
            .ok_or_else(|| format!("the first user has no row in {table}"))?;
        let places = vec!["?"; columns.len()].join(", ");
        Ok(Self {
            insert: format!("INSERT INTO \"{table}\" ({}) VALUES ({places})", columns.join(", ")),
            columns,
            values,
        })
    }

    fn blob(&self, column: &str) -> Outcome<&[u8]> {
        let at = self.columns.iter().position(|name| name == column);
        match at.map(|at| &self.values[at]) {
            Some(Value::Blob(bytes)) => Ok(bytes),
            _ => Err(format!("{column} is not what it was").into()),
        }
    }

    fn insert(&self, tx: &Transaction, changed: &[(&str, Value)]) -> Outcome<()> {
        let values = self.columns.iter().zip(&self.values).map(|(column, value)| {
            let change = changed.iter().find(|(name, _)| name == column);
            change.map_or(value, |(_, value)| value)
        });
        tx.prepare_cached(&self.insert)?.execute(params_from_iter(values))?;
        Ok(())
    }
}

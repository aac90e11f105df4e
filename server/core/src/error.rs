//! Why the core said no. Callers can do three things: show a code, say that there is nothing, or apologise. Each door
//! has one function from [`Error`] to its own dialect.

use sea_orm::{DbErr, RuntimeErr, SqlErr};
use sereno_types::{Code, FieldError, Problem};

use crate::entropy::EntropyError;

/// The result of every flow.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The one error of the core.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// Refused for a reason the caller may know.
    #[error("refused: {code}")]
    Refused {
        /// The reason.
        code: Code,
        /// The refused fields.
        fields: Vec<FieldError>,
        /// Seconds until another attempt makes sense.
        retry_after: Option<u64>,
        /// An operator's own short reason, where a hook of theirs refused.
        reason: Option<String>,
    },
    /// No such object, or none the caller may see.
    #[error("not found")]
    NotFound,
    /// Something Sereno depends on is away or full. Nothing was done; trying again later is right.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// A fault of ours. The text is for the log alone.
    #[error("internal: {0}")]
    Internal(String),
}

/// What is wrong with a text of at most so many characters (as the contract's `maxLength` counts them).
#[must_use]
pub fn too_long(field: impl Into<String>, text: &str, max: usize) -> Option<FieldError> {
    (text.chars().count() > max).then(|| FieldError::new(field, Code::TooLong).with("max", max as u64))
}

impl Error {
    /// A refusal with fields.
    #[must_use]
    pub const fn fields(fields: Vec<FieldError>) -> Self {
        Self::Refused {
            code: Code::ValidationFailed,
            fields,
            retry_after: None,
            reason: None,
        }
    }

    /// A refusal because of one field.
    #[must_use]
    pub fn field(field: &str, code: Code) -> Self {
        Self::fields(vec![FieldError::new(field, code)])
    }

    /// Whether a field was refused for this reason.
    #[must_use]
    pub fn has_field_code(&self, code: Code) -> bool {
        matches!(self, Self::Refused { fields, .. } if fields.iter().any(|field| field.code == code))
    }

    /// Too many attempts.
    #[must_use]
    pub const fn limited(retry_after: u64) -> Self {
        Self::Refused {
            code: Code::TooManyRequests,
            fields: Vec::new(),
            retry_after: Some(retry_after),
            reason: None,
        }
    }

    /// A hook refused, for an operator's own reason.
    #[must_use]
    pub const fn by_hook(reason: String) -> Self {
        Self::Refused {
            code: Code::RefusedByHook,
            fields: Vec::new(),
            retry_after: None,
            reason: Some(reason),
        }
    }

    /// A fault of ours.
    #[must_use]
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        Self::Internal(cause.to_string())
    }

    /// The code a door shows.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Refused { code, .. } => *code,
            Self::NotFound => Code::NotFound,
            Self::Unavailable(_) => Code::Unavailable,
            Self::Internal(_) => Code::Internal,
        }
    }

    /// The problem a native answer or a page shows. Causes stay behind.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let mut problem = Problem::new(self.code());
        if let Self::Refused {
            fields,
            retry_after,
            reason,
            ..
        } = self
        {
            problem.errors.clone_from(fields);
            problem.retry_after = *retry_after;
            problem.reason = reason.as_deref().map(Into::into);
        }
        problem
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self::Refused {
            code,
            fields: Vec::new(),
            retry_after: None,
            reason: None,
        }
    }
}

impl From<EntropyError> for Error {
    fn from(error: EntropyError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<DbErr> for Error {
    /// A database that is gone, locked, full or read-only is `unavailable`; everything else is our fault.
    fn from(error: DbErr) -> Self {
        // what was to be mentioned has just gone: nothing was done, and trying again finds that out
        if matches!(error.sql_err(), Some(SqlErr::ForeignKeyConstraintViolation(_))) {
            return Self::Unavailable(error.to_string());
        }
        let away = match &error {
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => true,
            DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause)) => {
                is_outage(cause.as_ref())
            }
            _ => false,
        };
        if away {
            Self::Unavailable(error.to_string())
        } else {
            Self::Internal(error.to_string())
        }
    }
}

fn is_outage(error: &sea_orm::sqlx::Error) -> bool {
    use sea_orm::sqlx::Error as Sqlx;
    match error {
        Sqlx::Io(_)
        | Sqlx::Tls(_)
        | Sqlx::PoolTimedOut
        | Sqlx::PoolClosed
        | Sqlx::WorkerCrashed
        | Sqlx::Protocol(_) => true,
        Sqlx::Database(database) => database.code().is_some_and(|code| is_outage_code(&code)),
        _ => false,
    }
}

/// SQLite result codes (low byte: 5 busy, 6 locked, 8 read-only, 10 I/O, 13 full, 14 cannot open) and PostgreSQL's
/// SQLSTATE classes (08 connection, 53 resources, 57 operator intervention, 58 system; 40 serialization, 25006 read-only,
/// 55P03 lock not available).
fn is_outage_code(code: &str) -> bool {
    if code.len() == 5 {
        return ["08", "53", "57", "58", "40"]
            .iter()
            .any(|class| code.starts_with(class))
            || code == "25006"
            || code == "55P03";
    }
    code.parse::<u32>()
        .is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 8 | 10 | 13 | 14))
}

/// The name of the unique constraint or the columns that a failed insert ran into, if that is why it failed. The one
/// place that inserts translates it into a field code.
#[must_use]
pub fn unique_violation(error: &DbErr) -> Option<String> {
    match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(message)) => Some(message),
        _ => None,
    }
}

/// The table of codes for the handbook, made from the registry.
#[must_use]
pub fn table() -> String {
    let mut text = String::from("| code | HTTP status | meaning |\n|---|---|---|\n");
    for code in Code::ALL {
        text.push_str(&format!("| `{code}` | {} | {} |\n", code.status(), code.title()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outages_are_told_from_faults() {
        for code in ["5", "13", "778", "08006", "53100", "57P01", "25006", "40001"] {
            assert!(is_outage_code(code), "{code} is an outage");
        }
        for code in ["1", "19", "2067", "23505", "42P01", "42601"] {
            assert!(!is_outage_code(code), "{code} is a fault");
        }
    }

    #[test]
    fn a_problem_never_carries_the_cause() {
        let problem = Error::Internal("SELECT secret".to_owned()).problem();
        assert!(!serde_json::to_string(&problem).unwrap().contains("secret"));
    }
}

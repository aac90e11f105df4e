//! An error on the wire (RFC 9457), and the error of every server function of the pages.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Code;

/// One refused field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// Dotted path of the field in the request.
    pub field: String,
    /// Why it was refused.
    pub code: Code,
    /// Figures a sentence needs, for example `{"min": 8}`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub params: Map<String, Value>,
}

impl FieldError {
    /// A refusal without figures.
    #[must_use]
    pub fn new(field: impl Into<String>, code: Code) -> Self {
        Self {
            field: field.into(),
            code,
            params: Map::new(),
        }
    }

    /// Adds a figure for the sentence.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.params.insert(name.to_owned(), value.into());
        self
    }
}

/// Problem details of RFC 9457, `application/problem+json`. Clients branch on `code`, never on prose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// `urn:sereno:problem:<code>`.
    #[serde(rename = "type")]
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub kind: Box<str>,
    /// A short English summary of the kind of problem.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub title: Box<str>,
    /// The HTTP status, repeated for whoever only sees the body.
    pub status: u16,
    /// The stable reason.
    pub code: Code,
    /// The refused fields; empty unless `code` is `validation_failed`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(required = false))]
    pub errors: Vec<FieldError>,
    /// Seconds to wait before another attempt makes sense; the same as `Retry-After`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// An operator's own short code, `[a-z0-9_]{1,64}`; only where `code` is `refused_by_hook`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub reason: Option<Box<str>>,
    /// What the resource is now; only where `code` is `precondition_failed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub current: Option<Box<Value>>,
    /// Finds this request in the server's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub request_id: Option<Box<str>>,
}

impl Problem {
    /// The problem that belongs to a code.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self {
            kind: format!("urn:sereno:problem:{code}").into(),
            title: code.title().into(),
            status: code.status(),
            code,
            errors: Vec::new(),
            retry_after: None,
            reason: None,
            current: None,
            request_id: None,
        }
    }

    /// `validation_failed` with its fields.
    #[must_use]
    pub fn fields(errors: Vec<FieldError>) -> Self {
        Self {
            errors,
            ..Self::new(Code::ValidationFailed)
        }
    }

    /// The codes that were said of one field.
    pub fn of<'a>(&'a self, field: &'a str) -> impl Iterator<Item = &'a FieldError> {
        self.errors.iter().filter(move |error| error.field == field)
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code.as_str())
    }
}

impl std::error::Error for Problem {}

/// How a `Problem` travels between a server function and the browser: as JSON. Faults of the transport itself become
/// `internal`; nothing of their text is shown.
#[cfg(feature = "server-fn")]
impl server_fn::error::FromServerFnError for Problem {
    type Encoder = server_fn::codec::JsonEncoding;

    fn from_server_fn_error(fault: server_fn::error::ServerFnErrorErr) -> Self {
        use server_fn::error::ServerFnErrorErr as Fault;
        match fault {
            Fault::Args(_) | Fault::MissingArg(_) => Self::new(Code::MalformedBody),
            Fault::Request(_) => Self::new(Code::Unavailable),
            _ => Self::new(Code::Internal),
        }
    }
}

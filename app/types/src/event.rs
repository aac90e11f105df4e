//! What happened, as staff reads it: the audit record, and where a line of refresh tokens went.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::names::names;
use crate::{Code, Id, SessionUser, Timestamp};

names! {
    /// How it ended.
    EventOutcome {
        /// It happened.
        #[default]
        Success = "success";
        /// It was refused; `code` says why.
        Failure = "failure";
    }
}

/// Which events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct EventQuery {
    /// Search in name, code, network address, client and request id.
    #[cfg_attr(feature = "openapi", param(max_length = 200))]
    pub q: Option<String>,
    /// Only this kind, for example `refresh_replayed`.
    #[cfg_attr(feature = "openapi", param(max_length = 50))]
    pub kind: Option<String>,
    /// Only what ended so.
    #[cfg_attr(feature = "openapi", param(inline))]
    pub outcome: Option<EventOutcome>,
    /// Only about this user: an id, a number, an address or a user name. The id finds a deleted user's too.
    #[cfg_attr(feature = "openapi", param(max_length = 254))]
    pub user: Option<String>,
    /// Only what this user did, named in the same way.
    #[cfg_attr(feature = "openapi", param(max_length = 254))]
    pub actor: Option<String>,
    /// Only through this application, by `client_id`; its id finds a deleted one's too.
    #[cfg_attr(feature = "openapi", param(max_length = 100))]
    pub client_id: Option<String>,
    /// Only in this sign-in, by its id.
    #[cfg_attr(feature = "openapi", param(max_length = 36))]
    pub session: Option<String>,
    /// Not before this moment (RFC 3339), or this day in UTC.
    #[cfg_attr(feature = "openapi", param(max_length = 40, example = "2026-11-20"))]
    pub since: Option<String>,
    /// Before this moment (RFC 3339), or until this day in UTC is over.
    #[cfg_attr(feature = "openapi", param(max_length = 40, example = "2026-11-20"))]
    pub until: Option<String>,
    /// Rows per page, 1 to 200; 50 when absent.
    #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 200))]
    pub limit: Option<u64>,
    /// Where to continue, from an earlier answer.
    #[cfg_attr(feature = "openapi", param(max_length = 1000))]
    pub cursor: Option<String>,
}

/// The application that something happened through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventApplication {
    /// Its id.
    pub id: Id,
    /// What people call it; nothing when it is deleted.
    pub name: Option<String>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventRow {
    /// Its id.
    pub id: Id,
    /// When it happened.
    pub at: Timestamp,
    /// What happened, for example `login_failed`.
    pub name: String,
    /// How it ended.
    pub outcome: EventOutcome,
    /// Why it was refused, if it was.
    pub code: Option<Code>,
    /// `anonymous`, `user` or `system`.
    pub actor_kind: String,
    /// Who did it, where that was a user. The name of a deleted one is empty.
    pub actor: Option<SessionUser>,
    /// Whom it is about. The name of a deleted one is empty.
    pub user: Option<SessionUser>,
    /// Through which application.
    pub application: Option<EventApplication>,
    /// In which sign-in.
    pub session_id: Option<Id>,
    /// The client's address.
    pub address: Option<String>,
    /// The client.
    pub user_agent: Option<String>,
    /// Finds the request in the log.
    pub request_id: Option<String>,
    /// More, by name; which names there are depends on the kind.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub detail: Map<String, Value>,
}

/// One event, and where its line of refresh tokens went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventDetail {
    /// The event.
    #[serde(flatten)]
    pub event: EventRow,
    /// Where the event happened in a line of refresh tokens that is still known.
    pub lineage: Option<Lineage>,
}

/// A line of refresh tokens: one sign-in, and every token that took another's place since. Nothing here can be presented.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Lineage {
    /// The sign-in's id.
    pub id: Id,
    /// The latest token's place in the line, from 1.
    pub generation: i64,
    /// When the sign-in ended, if it did.
    pub revoked_at: Option<Timestamp>,
    /// Why it ended.
    pub revoke_reason: Option<String>,
    /// The first tokens that are shown, the latest, and the one that was replayed; oldest first.
    pub tokens: Vec<LineageToken>,
    /// How many tokens are left out in between.
    pub left_out: u64,
}

/// One refresh token of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LineageToken {
    /// Its place in the line, from 1.
    pub generation: i64,
    /// When it was issued; nothing where that is not kept any more.
    pub issued_at: Option<Timestamp>,
    /// The address it was issued to.
    pub address: Option<String>,
    /// The client it was issued to.
    pub user_agent: Option<String>,
    /// When it was used for its successor.
    pub used_at: Option<Timestamp>,
    /// When it came again although it had been used.
    pub replayed_at: Option<Timestamp>,
    /// From which address it came again.
    pub replayed_from: Option<String>,
    /// By which client.
    pub replayed_by: Option<String>,
}

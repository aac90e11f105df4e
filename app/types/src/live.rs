//! What travels over an open connection: a user's notifications, and the tokens that keep it open.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Id, Secret, Timestamp};

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum LiveRequest {
    /// Who listens: the first message where the token did not come with the request, and any later one to go on with a
    /// fresh token of the same user.
    Authenticate {
        /// An access token.
        token: Secret,
    },
}

/// What Sereno says.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LiveMessage {
    /// The token is good; notifications follow.
    Authenticated {
        /// When the connection ends unless another token comes before; nothing: without end.
        expires_at: Option<Timestamp>,
    },
    /// Something happened.
    Notification(Notification),
}

/// Something that happened to the user.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Notification {
    /// The id of the event. May come twice, over two connections.
    pub id: Id,
    /// What happened: the name of the event.
    pub kind: String,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// More: `by` (`user` for the user's own doing, else `staff`, `system` or `anonymous`), the client's `address` and
    /// `user_agent` where it was the user's, `sign_in`, and what the kind knows.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub detail: Map<String, Value>,
}

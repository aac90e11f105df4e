//! The job that tells the HTTP hook of an event. The event is a row already, so the job holds its id and nothing else.

use sea_orm::EntityTrait;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Failure, Job, Sereno};
use crate::entity::event;

/// Tells the hook of one event. The id of the message is the event's: it stays the same when it is told again.
#[derive(Debug, Serialize, Deserialize)]
pub struct DeliverEvent {
    /// Which event.
    pub event_id: Uuid,
}

impl Job for DeliverEvent {
    const NAME: &'static str = "deliver_event";

    async fn run(self, sereno: &Sereno) -> Result<(), Failure> {
        let Some(hook) = &sereno.hook else {
            return Err(Failure::Never("no hook is configured any more".to_owned()));
        };
        let event = event::Entity::find_by_id(self.event_id).one(sereno.db.read()).await?;
        let Some(event) = event else {
            return Err(Failure::Never("the event was swept away".to_owned()));
        };
        hook.tell(event.id, sereno.now(), &body(&event))
            .await
            .map_err(Failure::Later)
    }
}

/// What the hook is told: what the audit record says.
fn body(event: &event::Model) -> Value {
    json!({
        "hook": "after",
        "type": event.name,
        "id": event.id,
        "at": event.at.timestamp(),
        "outcome": event.outcome,
        "code": event.code,
        "actor": { "kind": event.actor_kind, "id": event.actor_id },
        "user_id": event.user_id,
        "application_id": event.application_id,
        "session_id": event.session_id,
        "address": event.address,
        "user_agent": event.user_agent,
        "request_id": event.request_id,
        "detail": event.detail,
    })
}

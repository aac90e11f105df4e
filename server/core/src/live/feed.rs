//! The one reader of events for everybody who listens in this process. It asks the table, not the process, because half of
//! what happens happens on other nodes.

use std::collections::HashMap;
use std::time::Duration;

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Map, Value};
use sereno_types::{Id, Notification};
use uuid::Uuid;

use super::hub::Hub;
use crate::clock::Moment;
use crate::context::Sereno;
use crate::entity::event::{Column, Entity, Model};
use crate::error::Result;
use crate::event::EventKind;

/// How long a notification takes at most, where the database answers.
pub const DELAY: Duration = Duration::from_secs(1);
/// How much is looked at again: an event has the moment at which its transaction began, and is seen when that is
/// committed, so that a later one may be seen first. Also what the clocks of two nodes may be apart.
const OVERLAP: Duration = Duration::from_secs(15);
/// Events read at once.
const AT_ONCE: u64 = 1_000;

/// What of an event's details its user is told.
const DETAILS: [&str; 8] = [
    "amr",
    "method",
    "device_id",
    "ended",
    "provider",
    "provider_name",
    "delete_at",
    "fields",
];

/// Feeds everybody who listens, until nobody does.
pub(super) async fn feed(sereno: Sereno, hub: Hub, began: Moment) {
    let mut seen = HashMap::new();
    // what could not be read is read when the database is back
    let mut complete = began;
    while !hub.is_deserted() {
        let now = sereno.now();
        match tell(&sereno, &hub, complete.minus(OVERLAP), &mut seen).await {
            Ok(()) => {
                complete = now;
                seen.retain(|_, at| *at >= complete.minus(OVERLAP));
            }
            Err(error) => tracing::warn!(%error, "events cannot be read, and nobody is notified until they can"),
        }
        tokio::time::sleep(DELAY).await;
    }
}

/// Tells what happened since, and was not told before.
async fn tell(sereno: &Sereno, hub: &Hub, since: Moment, seen: &mut HashMap<Uuid, Moment>) -> Result<()> {
    let kinds = EventKind::ALL.iter().filter(|kind| kind.notifies());
    let kinds: Vec<&str> = kinds.map(|kind| kind.as_str()).collect();
    let mut after = (since, Uuid::nil());
    loop {
        let beyond = Condition::any()
            .add(Column::At.gt(after.0))
            .add(Condition::all().add(Column::At.eq(after.0)).add(Column::Id.gt(after.1)));
        let events = Entity::find()
            .filter(Column::Name.is_in(kinds.iter().copied()))
            .filter(Column::At.gte(after.0))
            .filter(beyond)
            .filter(Column::UserId.is_not_null())
            .order_by_asc(Column::At)
            .order_by_asc(Column::Id)
            .limit(AT_ONCE)
            .all(sereno.db.read())
            .await?;
        for event in &events {
            if let Some(user_id) = event.user_id
                && seen.insert(event.id, event.at).is_none()
            {
                hub.tell(user_id, event.at, &notification(event, user_id));
            }
        }
        match events.last() {
            Some(last) if events.len() as u64 >= AT_ONCE => after = (last.at, last.id),
            _ => return Ok(()),
        }
    }
}

/// What the user is told: that it happened, and who did it as far as that concerns them; never who of the staff.
fn notification(event: &Model, user_id: Uuid) -> Notification {
    let by = match event.actor_kind.as_str() {
        "user" if event.actor_id == Some(user_id) => "user",
        "user" => "staff",
        "system" => "system",
        _ => "anonymous",
    };
    let mut detail = Map::from_iter([("by".to_owned(), Value::from(by))]);
    if let Value::Object(said) = &event.detail {
        let told = said.iter().filter(|(name, _)| DETAILS.contains(&name.as_str()));
        detail.extend(told.map(|(name, value)| (name.clone(), value.clone())));
    }
    // where staff acted from is nobody's business
    if by == "user" {
        let client = [("address", &event.address), ("user_agent", &event.user_agent)];
        let known = client
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.clone()?)));
        detail.extend(known.map(|(name, value)| (name.to_owned(), Value::from(value))));
    }
    if let Some(id) = event.session_id {
        detail.insert("sign_in".to_owned(), Value::from(id.to_string()));
    }
    Notification {
        id: Id(event.id.to_string()),
        kind: event.name.clone(),
        occurred_at: event.at.timestamp(),
        detail,
    }
}

//! Notifications to devices: queued in the transaction that wants them, one row for each device, and handed to whoever
//! delivers them. The queue holds ids; a push token is read when the notification leaves.

mod deliver;
pub mod fcm;

use std::collections::BTreeMap;

use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;
use sereno_types::{PushState, Secret};
use uuid::Uuid;

pub use deliver::DeliverPush;

use crate::context::{Sereno, Tx};
use crate::entity::{device, push_message};
use crate::error::Result;
use crate::port::push::{OutgoingPush, PushError};

/// Most devices that one request reaches; a user has no more.
pub const DEVICES_MAX: u64 = 1_000;

/// What is said.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// The first line.
    pub title: String,
    /// The words.
    pub body: String,
    /// What the application gets beside them.
    pub data: BTreeMap<String, String>,
    /// The notification channel on Android.
    pub channel: Option<String>,
}

/// Which devices.
#[derive(Clone, Copy, Debug)]
pub enum To {
    /// All devices of a user that have a push token.
    User(Uuid),
    /// One device, if it has a push token.
    Device(Uuid),
}

/// Queues a notification inside the flow's transaction, once for each device that can get it. Gives the rows, the device
/// seen last first, and what they have in common.
pub async fn queue(
    sereno: &Sereno,
    tx: &mut Tx,
    to: To,
    message: &Message,
) -> Result<(Uuid, Vec<push_message::Model>)> {
    let whose = match to {
        To::User(id) => device::Column::UserId.eq(id),
        To::Device(id) => device::Column::Id.eq(id),
    };
    let devices = device::Entity::find()
        .filter(
            Condition::all()
                .add(whose)
                .add(device::Column::FirebaseToken.is_not_null()),
        )
        .order_by_desc(device::Column::LastSeenAt)
        .order_by_desc(device::Column::Id)
        .limit(DEVICES_MAX)
        .all(tx.db())
        .await?;
    let batch_id = sereno.new_id()?;
    let mut rows = Vec::with_capacity(devices.len());
    for device in devices {
        let row = push_message::Model {
            id: sereno.new_id()?,
            project_id: None,
            batch_id,
            user_id: device.user_id,
            device_id: device.id,
            device_name: device.name,
            title: message.title.clone(),
            body: message.body.clone(),
            data: json!(message.data),
            channel: message.channel.clone(),
            status: PushState::Queued.as_str().to_owned(),
            reason: None,
            answer: None,
            attempts: 0,
            created_at: tx.now(),
            sent_at: None,
        };
        push_message::Entity::insert(push_message::ActiveModel::from(row.clone()))
            .exec_without_returning(tx.db())
            .await?;
        tx.enqueue(&DeliverPush { push_id: row.id })?;
        rows.push(row);
    }
    Ok((batch_id, rows))
}

/// Queues one that was given up once more, with all its attempts; whether it was. `row` is what was read of it.
pub async fn again(tx: &mut Tx, row: &push_message::Model) -> Result<bool> {
    let fresh = push_message::ActiveModel {
        status: Set(PushState::Queued.as_str().to_owned()),
        reason: Set(None),
        ..Default::default()
    };
    let changed = push_message::Entity::update_many()
        .set(fresh)
        .filter(push_message::Column::Id.eq(row.id))
        .filter(push_message::Column::Status.eq(PushState::Failed.as_str()))
        .exec(tx.db())
        .await?;
    if changed.rows_affected == 1 {
        tx.enqueue(&DeliverPush { push_id: row.id })?;
    }
    Ok(changed.rows_affected == 1)
}

/// What became of a notification on a device: what the device is called, and what the service calls the message, or why it
/// refused it.
pub type Tried = (String, std::result::Result<String, PushError>);

/// Hands a notification over at once to every device of a user that has a push token, for whoever wants to see it arrive.
/// Neither a row nor a token is changed. Nothing where no push service is set up.
pub async fn try_now(sereno: &Sereno, user: Uuid, message: &Message) -> Result<Option<Vec<Tried>>> {
    let Some(sender) = &sereno.push else { return Ok(None) };
    let devices = device::Entity::find()
        .filter(device::Column::UserId.eq(user))
        .filter(device::Column::FirebaseToken.is_not_null())
        .order_by_desc(device::Column::LastSeenAt)
        .limit(DEVICES_MAX)
        .all(sereno.db.read())
        .await?;
    let mut tried = Vec::with_capacity(devices.len());
    for device in devices {
        let Some(token) = device.firebase_token else { continue };
        let push = outgoing(token.0, message.clone());
        let called = device.name.unwrap_or_else(|| device.id.to_string());
        tried.push((called, sender.send(&push).await));
    }
    Ok(Some(tried))
}

/// The same to one push token, whoever's it is.
pub async fn try_token(
    sereno: &Sereno,
    token: Secret,
    message: &Message,
) -> Option<std::result::Result<String, PushError>> {
    let push = outgoing(token.expose().to_owned(), message.clone());
    Some(sereno.push.as_ref()?.send(&push).await)
}

fn outgoing(token: String, message: Message) -> OutgoingPush {
    OutgoingPush {
        token: token.into(),
        title: message.title,
        body: message.body,
        data: message.data,
        channel: message.channel,
    }
}

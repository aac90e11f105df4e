//! Notifications to devices: queued in the transaction that wants them, one row for each device, and handed to whoever
//! delivers them. The queue holds ids; a push token is read when the notification leaves.

mod deliver;
pub mod fcm;
mod whom;

use std::collections::BTreeMap;

use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;
use sereno_types::{PushReason, PushState, Secret};
use uuid::Uuid;

pub use deliver::DeliverPush;
pub(crate) use whom::forget_left;

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
    /// All devices of a user that have a push token, and that they are signed in on.
    User(Uuid),
    /// One device, if it has a push token and its owner is signed in on it.
    Device(Uuid),
    /// As [`To::User`], and the device that this transaction signs the user in on.
    Entering {
        /// The user.
        user: Uuid,
        /// The device.
        device: Uuid,
    },
}

/// Which devices that is.
fn meant(sereno: &Sereno, to: To) -> Condition {
    use device::Column;
    let here = whom::signed_in(sereno, sereno.now());
    let has_token = Condition::all().add(Column::FirebaseToken.is_not_null());
    match to {
        To::User(id) => has_token.add(Column::UserId.eq(id)).add(here),
        To::Device(id) => has_token.add(Column::Id.eq(id)).add(here),
        To::Entering { user, device } => has_token
            .add(Column::UserId.eq(user))
            .add(Condition::any().add(Column::Id.eq(device)).add(here)),
    }
}

/// Queues a notification inside the flow's transaction, once for each device that can get it. Gives the rows, the device
/// seen last first, and what they have in common.
pub async fn queue(
    sereno: &Sereno,
    tx: &mut Tx,
    to: To,
    message: &Message,
) -> Result<(Uuid, Vec<push_message::Model>)> {
    let devices = device::Entity::find()
        .filter(meant(sereno, to))
        .order_by_desc(device::Column::LastSeenAt)
        .order_by_desc(device::Column::Id)
        .limit(DEVICES_MAX)
        .all(tx.db())
        .await?;
    let batch_id = sereno.new_id()?;
    let mut rows = Vec::with_capacity(devices.len());
    for device in devices {
        rows.push(insert(sereno, tx, (batch_id, None), device, message).await?);
    }
    Ok((batch_id, rows))
}

/// Queues what a notification says once more, to the same device and with a history of its own. Nothing where the device
/// cannot get it any more.
pub async fn repeat(sereno: &Sereno, tx: &mut Tx, row: &push_message::Model) -> Result<Option<push_message::Model>> {
    let found = device::Entity::find()
        .filter(meant(sereno, To::Device(row.device_id)))
        .filter(device::Column::UserId.eq(row.user_id))
        .one(tx.db())
        .await?;
    let Some(device) = found else { return Ok(None) };
    let message = Message {
        title: row.title.clone(),
        body: row.body.clone(),
        data: serde_json::from_value(row.data.clone()).unwrap_or_default(),
        channel: row.channel.clone(),
    };
    let batch_id = sereno.new_id()?;
    let again = insert(sereno, tx, (batch_id, Some(row.id)), device, &message).await?;
    Ok(Some(again))
}

async fn insert(
    sereno: &Sereno,
    tx: &mut Tx,
    (batch_id, resent_of): (Uuid, Option<Uuid>),
    device: device::Model,
    message: &Message,
) -> Result<push_message::Model> {
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
        resent_of,
    };
    push_message::Entity::insert(push_message::ActiveModel::from(row.clone()))
        .exec_without_returning(tx.db())
        .await?;
    tx.enqueue(&DeliverPush { push_id: row.id })?;
    Ok(row)
}

/// Whether one may be queued once more: it did not leave.
#[must_use]
pub fn can_leave_again(row: &push_message::Model) -> bool {
    row.status == PushState::Failed.as_str() || row.status == PushState::Cancelled.as_str()
}

/// Queues one that was given up or cancelled once more, with all its attempts; whether it was. `row` is what was read of it.
pub async fn again(tx: &mut Tx, row: &push_message::Model) -> Result<bool> {
    let moved = can_leave_again(row) && put(tx, row, PushState::Queued, None).await?;
    if moved {
        tx.enqueue(&DeliverPush { push_id: row.id })?;
    }
    Ok(moved)
}

/// Takes one that waits out of the queue; whether it waited. What the service is being asked about right now may still
/// arrive, and then counts as sent.
pub async fn take_out(tx: &Tx, row: &push_message::Model) -> Result<bool> {
    let waits = row.status == PushState::Queued.as_str();
    Ok(waits && put(tx, row, PushState::Cancelled, Some(PushReason::CancelledByStaff)).await?)
}

/// Moves a row, unless it has moved since it was read.
async fn put(tx: &Tx, row: &push_message::Model, state: PushState, reason: Option<PushReason>) -> Result<bool> {
    let fresh = push_message::ActiveModel {
        status: Set(state.as_str().to_owned()),
        reason: Set(reason.map(|reason| reason.as_str().to_owned())),
        ..Default::default()
    };
    let changed = push_message::Entity::update_many()
        .set(fresh)
        .filter(push_message::Column::Id.eq(row.id))
        .filter(push_message::Column::Status.eq(row.status.as_str()))
        .exec(tx.db())
        .await?;
    Ok(changed.rows_affected == 1)
}

/// What became of a notification on a device: what the device is called, and what the service calls the message, or why it
/// refused it.
pub type Tried = (String, std::result::Result<String, PushError>);

/// Hands a notification over at once to every device that one for this user goes to, for whoever wants to see it arrive.
/// Neither a row nor a token is changed. Nothing where no push service is set up.
pub async fn try_now(sereno: &Sereno, user: Uuid, message: &Message) -> Result<Option<Vec<Tried>>> {
    let Some(sender) = &sereno.push else { return Ok(None) };
    let devices = device::Entity::find()
        .filter(meant(sereno, To::User(user)))
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

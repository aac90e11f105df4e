//! Push notifications to devices: what is asked for, and what became of it on each device.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::names::names;
use crate::{Id, SessionUser, Timestamp};

names! {
    /// Where a notification stands.
    PushState {
        /// It waits to be handed over, or to be handed over again.
        #[default]
        Queued = "queued";
        /// The push service took it.
        Sent = "sent";
        /// It was given up; `reason` says why.
        Failed = "failed";
        /// Nobody waits for it any more; `reason` says why.
        Skipped = "skipped";
        /// Staff took it out of the queue.
        Cancelled = "cancelled";
    }
}

names! {
    /// Why a notification was not delivered.
    PushReason {
        /// No push service is set up.
        #[default]
        NotConfigured = "not_configured";
        /// The service did not take it this time.
        TransportAway = "transport_away";
        /// The service refuses it.
        TransportRefused = "transport_refused";
        /// The application is no longer on the device: its push token is taken away.
        TokenUnregistered = "token_unregistered";
        /// The token belongs to another sender: the service account is of another project.
        SenderMismatch = "sender_mismatch";
        /// It was tried as often as the settings say.
        AttemptsExhausted = "attempts_exhausted";
        /// The device is gone or has no push token any more, or nobody is signed in on it any more.
        NoLongerWanted = "no_longer_wanted";
        /// Staff cancelled it.
        CancelledByStaff = "cancelled_by_staff";
    }
}

names! {
    /// How an attempt to hand a notification over ended.
    PushOutcome {
        /// The service took it.
        #[default]
        Sent = "sent";
        /// The service did not take it this time.
        Later = "later";
        /// The service refused it.
        Refused = "refused";
    }
}

names! {
    /// What can be done about a notification.
    PushAction {
        /// It can be put into the queue again.
        #[default]
        Retry = "retry";
        /// It can be taken out of the queue.
        Cancel = "cancel";
        /// It can be sent anew to the same device.
        Resend = "resend";
    }
}

/// Sends a notification to a user's devices, or to one of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SendPush {
    /// The user: an id, a number, an address or a user name. All their active devices are meant: those that have a push token
    /// and that they are signed in on, as long as they may sign in.
    #[cfg_attr(feature = "openapi", schema(max_length = 254))]
    pub user: Option<String>,
    /// One device, by its id, in place of a user.
    #[cfg_attr(feature = "openapi", schema(max_length = 36))]
    pub device: Option<String>,
    /// The first line.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 150))]
    pub title: String,
    /// The words.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 1000))]
    pub body: String,
    /// What the application on the device gets beside the words. Up to 3,000 bytes; names that begin with `google` or
    /// `gcm`, and `from` and `message_type`, are the push service's own.
    #[serde(default)]
    pub data: BTreeMap<String, String>,
    /// The notification channel on Android.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 100))]
    pub channel: Option<String>,
}

/// What was queued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PushQueued {
    /// What the notifications of this request have in common.
    pub batch: Id,
    /// One for each device, the device seen last first.
    pub notifications: Vec<PushRow>,
}

/// Which notifications.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct PushQuery {
    /// Search in title, words and device name.
    #[cfg_attr(feature = "openapi", param(max_length = 200))]
    pub q: Option<String>,
    /// Only this user's: an id, a number, an address or a user name.
    #[cfg_attr(feature = "openapi", param(max_length = 254))]
    pub user: Option<String>,
    /// Only to this device, by its id.
    #[cfg_attr(feature = "openapi", param(max_length = 36))]
    pub device: Option<String>,
    /// Only of one request, by its `batch`.
    #[cfg_attr(feature = "openapi", param(max_length = 36))]
    pub batch: Option<String>,
    /// Only what stands so.
    #[cfg_attr(feature = "openapi", param(inline))]
    pub state: Option<PushState>,
    /// Only what was not delivered for this reason.
    #[cfg_attr(feature = "openapi", param(inline))]
    pub reason: Option<PushReason>,
    /// Only those asked for since then: a day (UTC) or a moment.
    #[cfg_attr(feature = "openapi", param(max_length = 35))]
    pub since: Option<String>,
    /// Only those asked for before: the end of a day (UTC), or a moment.
    #[cfg_attr(feature = "openapi", param(max_length = 35))]
    pub until: Option<String>,
    /// Rows per page, 1 to 200; 50 when absent.
    #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 200))]
    pub limit: Option<u64>,
    /// Where to continue, from an earlier answer.
    #[cfg_attr(feature = "openapi", param(max_length = 1000))]
    pub cursor: Option<String>,
}

/// The device a notification is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PushDevice {
    /// Its id.
    pub id: Id,
    /// What it is called.
    pub name: Option<String>,
}

/// A notification to one device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PushRow {
    /// Its id.
    pub id: Id,
    /// What it has in common with those of the same request.
    pub batch: Id,
    /// Whose device.
    pub user: SessionUser,
    /// The device, also when it has been removed since.
    pub device: PushDevice,
    /// The first line.
    pub title: String,
    /// Where it stands.
    pub state: PushState,
    /// Why it was not delivered, or not yet.
    pub reason: Option<PushReason>,
    /// How often it was tried.
    pub attempts: u64,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When the push service took it.
    pub sent_at: Option<Timestamp>,
}

/// A notification to one device, whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PushDetail {
    /// As in a list.
    #[serde(flatten)]
    pub row: PushRow,
    /// The words.
    pub body: String,
    /// What the application on the device gets beside them.
    pub data: BTreeMap<String, String>,
    /// The notification channel on Android.
    pub channel: Option<String>,
    /// What the push service said last: the name of the message, or its refusal.
    pub answer: Option<String>,
    /// The notification that it repeats.
    pub resent_of: Option<Id>,
    /// Every attempt, oldest first.
    pub tried: Vec<PushAttempt>,
    /// What can be done about it as it stands.
    pub actions: Vec<PushAction>,
}

/// One attempt to hand a notification over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PushAttempt {
    /// Its place, from 1.
    pub number: u64,
    /// When it began.
    pub begun_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// How it ended.
    pub outcome: PushOutcome,
    /// Why it was not taken.
    pub reason: Option<PushReason>,
    /// What the push service said.
    pub answer: Option<String>,
}

//! The timeline: mails and notifications to devices together.

use serde::{Deserialize, Serialize};

use crate::names::names;
use crate::{Id, MessageReason, MessageState, PushReason, SessionUser, Timestamp};

names! {
    /// The way by which something was told.
    Channel {
        /// A mail.
        #[default]
        Email = "email";
        /// A notification to a device.
        Push = "push";
    }
}

/// Why a mail or a notification stands where it stands. A name that both have means the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum TimelineReason {
    /// Of a mail.
    Mail(MessageReason),
    /// Of a notification.
    Push(PushReason),
}

impl TimelineReason {
    /// The name that is sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail(reason) => reason.as_str(),
            Self::Push(reason) => reason.as_str(),
        }
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for TimelineReason {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        let of_mails = MessageReason::ALL.iter().map(|reason| reason.as_str());
        let of_pushes = PushReason::ALL.iter().map(|reason| reason.as_str());
        let further = of_pushes.filter(|name| MessageReason::from_name(name).is_none());
        crate::named_schema(
            "Why a mail or a notification stands where it stands.",
            of_mails.chain(further),
        )
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for TimelineReason {}

/// A mail or a notification to a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TimelineRow {
    /// Its id among those of its channel.
    pub id: Id,
    /// By which way.
    pub channel: Channel,
    /// The kind of mail; `push`.
    pub kind: String,
    /// By what it is recognised: the first line of a notification; of a mail what its announcement is called, or the subject that
    /// another service wrote, with everything hidden that may be a secret. Nothing of what Sereno says itself: the kind tells it.
    pub title: Option<String>,
    /// The address, or what the device is called.
    pub to: Option<String>,
    /// Whose it is, if anybody's.
    pub user: Option<SessionUser>,
    /// Where it stands.
    pub state: MessageState,
    /// Why: the reasons of mails and of notifications to devices.
    pub reason: Option<TimelineReason>,
    /// What became of a mail, in the words that the request to send it was answered with; nothing of a notification.
    pub code: Option<MessageReason>,
    /// Whether it may be tried again: it did not leave, and what it needs is still here.
    pub can_retry: bool,
    /// How often it was tried.
    pub attempts: u64,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it was taken.
    pub sent_at: Option<Timestamp>,
}

/// Which mails and notifications.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct TimelineQuery {
    /// A part of the address, of the kind, of the words of a notification or of the device's name, or a mail's whole id.
    #[cfg_attr(feature = "openapi", param(max_length = 200))]
    pub q: Option<String>,
    /// Only those of this user: an id, a number, an address or a user name.
    #[cfg_attr(feature = "openapi", param(max_length = 254))]
    pub user: Option<String>,
    /// Only by this way.
    #[cfg_attr(feature = "openapi", param(inline))]
    pub channel: Option<Channel>,
    /// Only this kind of mail, `custom` and `test` mean all of theirs; `push` for notifications to devices.
    #[cfg_attr(feature = "openapi", param(max_length = 100))]
    pub kind: Option<String>,
    /// Only those that stand there.
    #[cfg_attr(feature = "openapi", param(inline))]
    pub state: Option<MessageState>,
    /// Only those with this reason, of mails also with this code.
    #[cfg_attr(feature = "openapi", param(max_length = 100))]
    pub reason: Option<String>,
    /// Only those asked for since then: a day (UTC) or a moment.
    #[cfg_attr(feature = "openapi", param(max_length = 35))]
    pub since: Option<String>,
    /// Only those asked for before: the end of a day (UTC), or a moment.
    #[cfg_attr(feature = "openapi", param(max_length = 35))]
    pub until: Option<String>,
    /// How many rows, 50 when nothing is said.
    #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 200))]
    pub limit: Option<u64>,
    /// Where to continue, from an earlier answer.
    #[cfg_attr(feature = "openapi", param(max_length = 1000))]
    pub cursor: Option<String>,
}

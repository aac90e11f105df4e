//! Announcements: mails to many, whom they go to, and how far they have come; and whether somebody wants them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::names::names;
use crate::{EmailLook, Id, SessionUser, Timestamp, UserState};

names! {
    /// Where an announcement stands.
    AnnouncementState {
        /// It is being written.
        #[default]
        Draft = "draft";
        /// It waits for its moment.
        Scheduled = "scheduled";
        /// Its mails are leaving.
        Sending = "sending";
        /// It stands still until it is let go on.
        Paused = "paused";
        /// Its mails have left.
        Sent = "sent";
        /// It was ended before all of its mails had left.
        Cancelled = "cancelled";
    }
}

names! {
    /// Who an announcement goes to.
    AudienceKind {
        /// Accounts that filters choose.
        #[default]
        Users = "users";
        /// A list of addresses.
        Addresses = "addresses";
    }
}

names! {
    /// What can be done about an announcement.
    AnnouncementAction {
        /// It can be changed.
        #[default]
        Edit = "edit";
        /// It can be sent to whoever asks, to look at it.
        Test = "test";
        /// It can be deleted.
        Delete = "delete";
        /// It can be sent, now or later.
        Schedule = "schedule";
        /// Its moment can be taken back.
        Unschedule = "unschedule";
        /// It can be made to stand still.
        Pause = "pause";
        /// It can be let go on.
        Resume = "resume";
        /// It can be ended.
        Cancel = "cancel";
    }
}

/// Whom an announcement goes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct AnnouncementAudience {
    /// Accounts by filters, or a list of addresses. Addresses beside `users`, and filters beside `addresses`, are refused.
    pub kind: AudienceKind,
    /// Only accounts of which address, user name, names or number hold this.
    #[cfg_attr(feature = "openapi", schema(max_length = 200))]
    pub q: Option<String>,
    /// Only accounts in this state; `active` when nothing is said. Accounts that are about to be deleted are never written to.
    pub state: Option<UserState>,
    /// Only administrators (`true`), or only others (`false`).
    pub superuser: Option<bool>,
    /// Only who holds this role, or a role that includes it: an id, or the codename of a role that belongs to no project, or to
    /// `project`.
    #[cfg_attr(feature = "openapi", schema(max_length = 150))]
    pub role: Option<String>,
    /// Only members of this project: an id or its name in addresses. Together with `role`: who holds the role there.
    #[cfg_attr(feature = "openapi", schema(max_length = 60))]
    pub project: Option<String>,
    /// Only who chose this language: `en`, `de` or `es`.
    #[cfg_attr(feature = "openapi", schema(max_length = 35))]
    pub language: Option<String>,
    /// Only confirmed addresses, as when nothing is said.
    pub confirmed: bool,
    /// The list: one address each, up to 5,000.
    #[cfg_attr(feature = "openapi", schema(max_items = 5000))]
    pub addresses: Vec<String>,
}

impl Default for AnnouncementAudience {
    fn default() -> Self {
        Self {
            kind: AudienceKind::default(),
            q: None,
            state: None,
            superuser: None,
            role: None,
            project: None,
            language: None,
            confirmed: true,
            addresses: Vec::new(),
        }
    }
}

/// Writes an announcement: a new one, or all of one that has not begun to leave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SaveAnnouncement {
    /// What staff calls it.
    #[cfg_attr(feature = "openapi", schema(max_length = 150))]
    pub name: String,
    /// The subject line; needed unless a template says it.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 255))]
    pub subject: String,
    /// The HTML, without frame and footer. Placeholders are for templates.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 131_072))]
    pub html: String,
    /// The plain text; made from the HTML where nothing is said.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 131_072))]
    pub text: String,
    /// The name of a template of staff's own, in the place of texts.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 100))]
    pub template: Option<String>,
    /// What the template may use, up to 16,384 bytes; refused where there is none. What is known of a recipient goes before it: `name`, `first_name`, `last_name`,
    /// `username`, `email` or `address`, `locale` or `language`.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub context: Map<String, Value>,
    /// The language of frame, footer and template: `en`, as when nothing is said, `de` or `es`.
    #[serde(default)]
    pub language: Option<String>,
    /// The project it belongs to: an id or its name in addresses.
    #[serde(default)]
    pub project: Option<String>,
    /// Where answers go.
    #[serde(default)]
    pub reply_to: Option<String>,
    /// Whom it goes to.
    #[serde(default)]
    pub audience: AnnouncementAudience,
}

/// How many mails of an announcement stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AnnouncementCounts {
    /// Those that wait for their turn, are being handed over, or are still to be written.
    pub queued: u64,
    /// Those that a mail server took.
    pub sent: u64,
    /// Those that were given up.
    pub failed: u64,
    /// Those that nobody is to be sent.
    pub skipped: u64,
    /// Those that are held back.
    pub held: u64,
    /// Those that were taken out of the queue, or were not written any more.
    pub cancelled: u64,
}

impl AnnouncementCounts {
    /// Those of which nothing more will come by itself. What is held back may still leave.
    #[must_use]
    pub const fn done(&self) -> u64 {
        self.sent + self.failed + self.skipped + self.cancelled
    }
}

/// An announcement in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AnnouncementRow {
    /// Its id.
    pub id: Id,
    /// What staff calls it.
    pub name: String,
    /// The subject line; empty where its template says it.
    pub subject: String,
    /// Where it stands.
    pub state: AnnouncementState,
    /// The project it belongs to, by its name in addresses.
    pub project: Option<String>,
    /// How many recipients there were when it began.
    pub recipients: Option<u64>,
    /// How many mails stand where. Mails that the history has forgotten are counted as they stood.
    pub counts: AnnouncementCounts,
    /// Who wrote it.
    pub created_by: Option<SessionUser>,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it begins to leave.
    pub send_at: Option<Timestamp>,
    /// When it began to leave.
    pub started_at: Option<Timestamp>,
    /// When the last mail had left, or it was cancelled.
    pub finished_at: Option<Timestamp>,
}

/// An announcement, whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AnnouncementDetail {
    /// What the list shows of it.
    pub announcement: AnnouncementRow,
    /// What it says and whom it goes to, as it was written. Of a list nothing is kept once all of it is queued.
    pub written: SaveAnnouncement,
    /// How many would be written to now at most: who wants no announcements, and addresses that are excluded or not written to,
    /// are skipped when their turn comes. Nothing once it has begun, and where staff may not see whom the filters choose.
    pub reaches: Option<u64>,
    /// What can be done about it as it stands.
    pub actions: Vec<AnnouncementAction>,
}

/// Which announcements.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct AnnouncementQuery {
    /// A part of the name or of the subject.
    #[cfg_attr(feature = "openapi", param(max_length = 200))]
    pub q: Option<String>,
    /// Only those that stand there.
    #[cfg_attr(feature = "openapi", param(inline))]
    pub state: Option<AnnouncementState>,
    /// Only those of this project: an id or its name in addresses.
    #[cfg_attr(feature = "openapi", param(max_length = 60))]
    pub project: Option<String>,
    /// How many rows, 50 when nothing is said.
    #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 200))]
    pub limit: Option<u64>,
    /// Where to continue, from an earlier answer.
    #[cfg_attr(feature = "openapi", param(max_length = 1000))]
    pub cursor: Option<String>,
}

/// Sends an announcement, now or at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ScheduleAnnouncement {
    /// When it begins to leave (RFC 3339), at most five minutes back and a year ahead; now where nothing is said.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 35))]
    pub send_at: Option<String>,
}

/// Shows an announcement as it would leave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PreviewAnnouncement {
    /// Light or dark; as the reader's program chooses where nothing is said.
    #[serde(default)]
    pub look: Option<EmailLook>,
}

/// What a user is sent beside what the account needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Preferences {
    /// Whether announcements are wanted. Mails about the account itself are always sent.
    pub announcements: bool,
}

/// The link of an announcement by which somebody says that they want no more of them, or wants them again.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Unsubscribe {
    /// The token of the link.
    #[serde(default)]
    pub token: crate::Secret,
}

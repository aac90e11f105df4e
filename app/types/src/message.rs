//! Mails: their history as staff sees it, mails that other services send, and addresses that are not written to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Id, SessionUser, Timestamp};

macro_rules! named {
    ($(#[doc = $doc:literal])+ $kind:ident, $words:literal: $( $(#[doc = $variant_doc:literal])+ $variant:ident = $name:literal; )+) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $kind { $(
            $(#[doc = $variant_doc])+
            #[serde(rename = $name)]
            $variant,
        )+ }

        impl $kind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name that is stored and sent.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// The one with this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == name)
            }

            /// What it means, in a sentence.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => concat!($($variant_doc),+).trim_ascii()),+ }
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $kind {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                crate::named_schema($words, Self::ALL.iter().map(|one| one.as_str()))
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $kind {}
    };
}

named! {
    /// Where a mail stands.
    MessageState, "Where a mail stands.":
    /// It waits for its turn, or for another attempt.
    Queued = "queued";
    /// It is being handed over.
    Sending = "sending";
    /// A mail server took it.
    Sent = "sent";
    /// It could not be sent and was given up.
    Failed = "failed";
    /// It was not sent, because nobody waits for it or nobody may be written to.
    Skipped = "skipped";
    /// It is held back until staff releases it.
    Held = "held";
    /// Staff took it out of the queue.
    Cancelled = "cancelled";
}

named! {
    /// Why a mail stands where it stands, and what became of a request to send one.
    MessageReason, "Why a mail stands where it stands, or what became of a request to send one.":
    /// A mail server took the mail.
    EmailSent = "email_sent";
    /// The mail is in the queue.
    EmailInQueue = "email_in_queue";
    /// The mail could not be handed over.
    EmailNotSent = "email_not_sent";
    /// Mails are held back by the settings.
    EmailDisabled = "email_disabled";
    /// This is not an e-mail address.
    InvalidEmail = "invalid_email";
    /// Addresses like this are excluded by the settings.
    EmailDomainExcluded = "email_domain_excluded";
    /// No recipient is left to write to.
    EmptyEmail = "empty_email";
    /// There is no template of this name.
    TemplateNotFound = "template_not_found";
    /// The template cannot be rendered.
    TemplateSyntaxError = "template_syntax_error";
    /// A mail needs a template, or a text of its own.
    TemplateOrHtmlRequired = "template_or_html_required";
    /// An attachment cannot be read, is too large, or has a name that cannot be written.
    InvalidAttachment = "invalid_attachment";
    /// The address is on the list of those that are not written to.
    AddressSuppressed = "address_suppressed";
    /// Nobody waits for the mail any more.
    NoLongerWanted = "no_longer_wanted";
    /// The address stands among the recipients once more.
    DuplicateRecipient = "duplicate_recipient";
    /// No mail server took it so far; it is tried again.
    TransportAway = "transport_away";
    /// The mail server refused it for good.
    TransportRefused = "transport_refused";
    /// Every attempt failed.
    AttemptsExhausted = "attempts_exhausted";
    /// Two hand-overs were cut off without an answer, so it may have arrived: it is not sent a third time by itself.
    OutcomeUnknown = "outcome_unknown";
    /// Whoever reads the address wants no announcements.
    Unsubscribed = "unsubscribed";
    /// Staff cancelled it.
    CancelledByStaff = "cancelled_by_staff";
}

impl MessageReason {
    /// What became of a mail that stands there for this reason, in the words that a request to send one is answered with.
    #[must_use]
    pub const fn of(state: MessageState, reason: Option<Self>) -> Self {
        match (state, reason) {
            (MessageState::Sent, _) => Self::EmailSent,
            (MessageState::Queued | MessageState::Sending, _) => Self::EmailInQueue,
            (MessageState::Held | MessageState::Skipped | MessageState::Cancelled, Some(reason)) => reason,
            _ => Self::EmailNotSent,
        }
    }
}

named! {
    /// Why an address is not written to.
    SuppressionCause, "Why an address is not written to.":
    /// A mail server said that there is no such mailbox (5.1.1).
    HardBounce = "hard_bounce";
    /// Staff put it on the list.
    Staff = "staff";
}

named! {
    /// What can be done about a mail.
    MessageAction, "What can be done about a mail.":
    /// It can be put into the queue again.
    Retry = "retry";
    /// It is held back and can be let go.
    Release = "release";
    /// It can be taken out of the queue.
    Cancel = "cancel";
    /// It can be sent anew to its own address.
    Resend = "resend";
    /// It can be sent anew to another address.
    Redirect = "redirect";
}

named! {
    /// How an attempt to hand a mail over ended.
    AttemptOutcome, "How an attempt to hand a mail over ended.":
    /// It is under way.
    Begun = "begun";
    /// A mail server took it.
    Sent = "sent";
    /// No mail server took it this time.
    Later = "later";
    /// A mail server refused it.
    Refused = "refused";
    /// It was cut off: nobody knows what became of it.
    Interrupted = "interrupted";
}

/// A mail in the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MessageRow {
    /// Its id; also the local part of its `Message-ID`.
    pub id: Id,
    /// The kind of mail; `custom` for one that another service sent with texts of its own, `custom.<name>` by a template of
    /// staff's own, `test.<template>` for one that staff sent to look at a template.
    pub kind: String,
    /// The address, as it was written.
    pub recipient: String,
    /// Whose it is, if anybody's.
    pub user: Option<SessionUser>,
    /// The project it belongs to, by its name in addresses.
    pub project: Option<String>,
    /// What the announcement is called that it belongs to.
    pub announcement: Option<String>,
    /// The subject that another service wrote, with everything hidden that may be a secret. Nothing of what Sereno says itself:
    /// the kind tells it.
    pub subject: Option<String>,
    /// The language.
    pub locale: String,
    /// Where it stands.
    pub state: MessageState,
    /// Why, where there is more to say than the state does.
    pub reason: Option<MessageReason>,
    /// What became of it, in the words that the request to send it was answered with: `email_sent`, `email_in_queue`,
    /// `email_not_sent`, or why it was not to leave.
    pub code: MessageReason,
    /// How often it was tried.
    pub attempts: u64,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When a mail server took it.
    pub sent_at: Option<Timestamp>,
}

/// One attempt to hand a mail over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MessageAttempt {
    /// Its place, from 1.
    pub number: u64,
    /// When it began.
    pub begun_at: Timestamp,
    /// When it ended; nothing of one that is under way, or that was cut off.
    pub ended_at: Option<Timestamp>,
    /// To which mail servers.
    pub transport: String,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// What the mail server said.
    pub answer: Option<String>,
}

/// What a mail looks like, with its secrets masked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MessagePreview {
    /// The subject line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML.
    pub html: String,
    /// Names of the files that hang on it.
    pub attachments: Vec<String>,
    /// Whether this is only what mails of this kind look like: their secrets are made when they leave and not kept.
    pub is_sample: bool,
}

/// A mail, whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MessageDetail {
    /// What the list shows of it.
    pub message: MessageRow,
    /// What the mail server said last.
    pub answer: Option<String>,
    /// The version of staff's words that it left in; nothing where it left in those that are shipped.
    pub template_version: Option<u64>,
    /// The mail that it repeats to another address.
    pub resent_of: Option<Id>,
    /// The announcement that it belongs to.
    pub announcement: Option<Id>,
    /// Whether it leaves in spite of excluded addresses and of mails being held back.
    pub is_forced: bool,
    /// Every attempt, oldest first.
    pub tried: Vec<MessageAttempt>,
    /// What it looks like; nothing where its text is not kept any more.
    pub preview: Option<MessagePreview>,
    /// What can be done about it as it stands.
    pub actions: Vec<MessageAction>,
}

/// Which mails, for staff.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct MessageQuery {
    /// A part of the recipient's address or of the kind, or a whole id.
    #[cfg_attr(feature = "openapi", param(max_length = 200))]
    pub q: Option<String>,
    /// Only those of this user: an id, a number, an address or a user name.
    #[cfg_attr(feature = "openapi", param(max_length = 254))]
    pub user: Option<String>,
    /// Only this kind; `custom` and `test` mean all of theirs (`custom.invoice`, `test.activation`).
    #[cfg_attr(feature = "openapi", param(max_length = 100))]
    pub kind: Option<String>,
    /// Only those that stand there.
    #[cfg_attr(feature = "openapi", param(inline))]
    pub state: Option<MessageState>,
    /// Only those with this reason or this code.
    #[cfg_attr(feature = "openapi", param(inline))]
    pub reason: Option<MessageReason>,
    /// Only those of this project: an id or its name in addresses.
    #[cfg_attr(feature = "openapi", param(max_length = 60))]
    pub project: Option<String>,
    /// Only those of this announcement, by its id.
    #[cfg_attr(feature = "openapi", param(max_length = 36))]
    pub announcement: Option<String>,
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

/// Sends a mail anew.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ResendMessage {
    /// The corrected address; that of the mail when nothing is said.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 254))]
    pub recipient: Option<String>,
}

/// Sends the mail that shows that mails arrive, and waits for what the mail server says.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TestMail {
    /// To this address.
    #[cfg_attr(feature = "openapi", schema(max_length = 254))]
    pub recipient: String,
}

/// How many mails were released.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Released {
    /// How many.
    pub released: u64,
}

/// A file that hangs on a mail.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct MailAttachment {
    /// What the file is called.
    #[cfg_attr(feature = "openapi", schema(max_length = 200))]
    pub name: String,
    /// What it is (RFC 6838); told by the name where nothing is said.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 200))]
    pub content_type: Option<String>,
    /// Its content, in base64 (RFC 4648 §4).
    pub content: String,
}

/// A mail of another service.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SendMessage {
    /// Whom it goes to, each in a mail of their own: up to 100, or 10 where the answer waits (`queued`).
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 100))]
    pub recipients: Vec<String>,
    /// The subject line; needed unless a template says it.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 255))]
    pub subject: Option<String>,
    /// The HTML.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 262_144))]
    pub html: Option<String>,
    /// The plain text; made from the HTML where nothing is said.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 262_144))]
    pub text: Option<String>,
    /// The name of a template, in the place of texts.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 100))]
    pub template: Option<String>,
    /// What the template may use. With texts of the mail's own: they are templates themselves, and may use this.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub context: BTreeMap<String, serde_json::Value>,
    /// Files that hang on it.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_items = 20))]
    pub attachments: Vec<MailAttachment>,
    /// Where answers go.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 254))]
    pub reply_to: Option<String>,
    /// The project it belongs to: an id or its name in addresses.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 60))]
    pub project: Option<String>,
    /// The language.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 35))]
    pub locale: Option<String>,
    /// `true`, as when nothing is said: the worker sends it. `false`: the answer waits for what the mail server says.
    #[serde(default)]
    pub queued: Option<bool>,
    /// Whether it leaves in spite of excluded addresses and of mails being held back.
    #[serde(default)]
    pub force: bool,
}

/// What became of the mail to one recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SendResult {
    /// The recipient, as it was sent.
    pub recipient: String,
    /// The mail's id; nothing where none was made.
    pub id: Option<Id>,
    /// Whether it was sent or queued.
    pub ok: bool,
    /// What became of it.
    pub code: MessageReason,
    /// What the mail server said, if it was asked.
    pub answer: Option<String>,
}

/// What became of a mail, recipient by recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SentMessages {
    /// One result for each recipient, in their order.
    pub results: Vec<SendResult>,
}

/// An address that is not written to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SuppressionRow {
    /// Its id.
    pub id: Id,
    /// The address.
    pub address: String,
    /// Why.
    pub cause: SuppressionCause,
    /// What the mail server said, or what staff noted.
    pub note: Option<String>,
    /// Who of the staff put it there.
    pub created_by: Option<SessionUser>,
    /// Since when.
    pub created_at: Timestamp,
}

/// Which addresses that are not written to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct SuppressionQuery {
    /// A part of the address.
    #[cfg_attr(feature = "openapi", param(max_length = 200))]
    pub q: Option<String>,
    /// Only for this cause.
    #[cfg_attr(feature = "openapi", param(inline))]
    pub cause: Option<SuppressionCause>,
    /// How many rows, 50 when nothing is said.
    #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 200))]
    pub limit: Option<u64>,
    /// Where to continue, from an earlier answer.
    #[cfg_attr(feature = "openapi", param(max_length = 1000))]
    pub cursor: Option<String>,
}

/// Puts an address on the list of those that are not written to.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AddSuppression {
    /// The address.
    #[cfg_attr(feature = "openapi", schema(max_length = 254))]
    pub address: String,
    /// Why, for colleagues.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 500))]
    pub note: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_serialize_as_themselves() {
        let mut seen = std::collections::BTreeSet::new();
        for reason in MessageReason::ALL {
            assert!(seen.insert(reason.as_str()));
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
            assert_eq!(MessageReason::from_name(reason.as_str()), Some(*reason));
            assert!(!reason.title().is_empty());
        }
    }
}

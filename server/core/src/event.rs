//! What happened. An event is written in the transaction in which it happened (the audit record), and told to the
//! subscribers once that transaction is committed. A few kinds are so frequent that they are told and not written. Past
//! tense, no secrets. What is about to happen is an intent (`crate::intent`).

use async_trait::async_trait;
use serde_json::{Map, Value};
use sereno_types::Code;
use uuid::Uuid;

use crate::error::Result;
use crate::intent::{Intent, IntentKind};

macro_rules! kinds {
    ($( $(#[doc = $doc:literal])+ $variant:ident = $name:literal; )+) => {
        /// The kinds of event.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum EventKind { $( $(#[doc = $doc])+ $variant, )+ }

        impl EventKind {
            /// Every kind, in the order of the table in the handbook.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name that is stored and published.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// One sentence for the handbook.
            #[must_use]
            pub const fn doc(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii()),+ }
            }
        }
    };
}

kinds! {
    /// Somebody signed up; the address is not confirmed yet.
    UserRegistered = "user_registered";
    /// Somebody tried to sign up with an address that has an account.
    RegistrationRepeated = "registration_repeated";
    /// A user was made by the command line or by staff.
    UserCreated = "user_created";
    /// Staff invited somebody, with a role, into a project, or both.
    UserInvited = "user_invited";
    /// The first administrator was made through the set-up link.
    AdministratorSetUp = "administrator_set_up";
    /// An address was confirmed and the account works from now on.
    UserActivated = "user_activated";
    /// The address given at the sign-up was confirmed; the account worked before that.
    EmailConfirmed = "email_confirmed";
    /// An address that nobody had confirmed went from this account to one whose owner proved it.
    EmailReleased = "email_released";
    /// An account that nobody confirmed was deleted.
    UserExpired = "user_expired";
    /// An activation link or code was refused.
    ActivationFailed = "activation_failed";
    /// An activation mail was asked for.
    ActivationRequested = "activation_requested";
    /// A user proved who they are and was let in.
    LoggedIn = "logged_in";
    /// A sign-in was refused.
    LoginFailed = "login_failed";
    /// A code to sign in with was asked for.
    CodeRequested = "code_requested";
    /// Somebody signed in by a fixed code of the section `[testers]` instead of a mailed one.
    TesterCodeUsed = "tester_code_used";
    /// A user signed out.
    LoggedOut = "logged_out";
    /// A sign-in was ended by its owner or by staff.
    SessionEnded = "session_ended";
    /// Several sign-ins of a user were ended at once.
    SessionsEnded = "sessions_ended";
    /// A user signed in with a device for the first time.
    DeviceAdded = "device_added";
    /// A device got another name.
    DeviceRenamed = "device_renamed";
    /// A device was removed, and every sign-in on it ended.
    DeviceRemoved = "device_removed";
    /// A refresh token was exchanged for its successor.
    RefreshRotated = "refresh_rotated";
    /// A refresh token that stays was used for another access token.
    TokenRefreshed = "token_refreshed";
    /// A refresh token that stays was used for another access token, and its own life was extended.
    RefreshExtended = "refresh_extended";
    /// A refresh token that had been used before was presented; its family was revoked.
    RefreshReplayed = "refresh_replayed";
    /// A password's hash was renewed with today's figures.
    PasswordRehashed = "password_rehashed";
    /// A link to set a new password was asked for.
    PasswordResetRequested = "password_reset_requested";
    /// A link to set a new password was refused.
    PasswordResetFailed = "password_reset_failed";
    /// A user set a new password by the link of a mail; every sign-in ended.
    PasswordReset = "password_reset";
    /// The present password, asked for before a change, was wrong.
    ReauthenticationFailed = "reauthentication_failed";
    /// A user changed their password.
    PasswordChanged = "password_changed";
    /// A user asked for another address.
    EmailChangeRequested = "email_change_requested";
    /// A link to confirm a new address was refused.
    EmailChangeFailed = "email_change_failed";
    /// A user's address was replaced by one they confirmed.
    EmailChanged = "email_changed";
    /// Somebody asked for an account to be deleted.
    DeletionRequested = "deletion_requested";
    /// A link or code to delete an account, or to keep it, was refused.
    DeletionFailed = "deletion_failed";
    /// An account was closed; it is deleted at the moment that the event tells.
    DeletionScheduled = "deletion_scheduled";
    /// An account that was about to be deleted is kept.
    DeletionCancelled = "deletion_cancelled";
    /// An account was deleted with all that belonged to it.
    UserDeleted = "user_deleted";
    /// Everything that is kept of a user was handed out.
    DataExported = "data_exported";
    /// An account at a provider was connected to a user.
    IdentityLinked = "identity_linked";
    /// An account at a provider was disconnected from a user.
    IdentityUnlinked = "identity_unlinked";
    /// An account whose address nobody had confirmed went to whoever proved it, as `method` says; what had opened it is
    /// gone.
    UserClaimed = "user_claimed";
    /// A provider that people sign in through was set up.
    ProviderCreated = "provider_created";
    /// A provider that people sign in through was changed.
    ProviderUpdated = "provider_updated";
    /// A provider that people sign in through was deleted, with every identity at it.
    ProviderDeleted = "provider_deleted";
    /// Tokens or a key were issued at a sign-in.
    TokenIssued = "token_issued";
    /// A token was asked about, and it was good.
    TokenVerified = "token_verified";
    /// An application revoked one of its tokens.
    TokenRevoked = "token_revoked";
    /// An application was registered.
    ApplicationCreated = "application_created";
    /// An application was changed.
    ApplicationUpdated = "application_updated";
    /// An application was deleted, and every sign-in through it ended.
    ApplicationDeleted = "application_deleted";
    /// An application got another secret.
    ClientSecretCreated = "client_secret_created";
    /// A secret of an application was deleted.
    ClientSecretDeleted = "client_secret_deleted";
    /// A signing key was made.
    SigningKeyCreated = "signing_key_created";
    /// A signing key signs from now on, in the place of another.
    SigningKeyActivated = "signing_key_activated";
    /// A signing key was forgotten.
    SigningKeyDeleted = "signing_key_deleted";
    /// Something in a user's profile changed.
    ProfileChanged = "profile_changed";
    /// An attribute was declared, or its declaration changed.
    AttributeDeclared = "attribute_declared";
    /// The declaration of an attribute was taken back.
    AttributeWithdrawn = "attribute_withdrawn";
    /// A user may do everything from now on.
    SuperuserGranted = "superuser_granted";
    /// A user may do only what their roles grant from now on.
    SuperuserRevoked = "superuser_revoked";
    /// A permission was added to the catalogue.
    PermissionCreated = "permission_created";
    /// What a permission allows was told anew.
    PermissionUpdated = "permission_updated";
    /// A permission was taken away.
    PermissionDeleted = "permission_deleted";
    /// A role was made.
    RoleCreated = "role_created";
    /// A role was changed: `before` and `after` tell what it grants and includes.
    RoleUpdated = "role_updated";
    /// A role was deleted; nobody holds it any more.
    RoleDeleted = "role_deleted";
    /// A user was given a role, or another end of one.
    RoleAssigned = "role_assigned";
    /// A role was taken from a user.
    RoleRevoked = "role_revoked";
    /// A project was made.
    ProjectCreated = "project_created";
    /// A project was changed.
    ProjectUpdated = "project_updated";
    /// A project was deleted with its members and roles.
    ProjectDeleted = "project_deleted";
    /// A user became a member of a project.
    MemberAdded = "member_added";
    /// What a member is in a project was changed.
    MemberUpdated = "member_updated";
    /// A user was taken out of a project.
    MemberRemoved = "member_removed";
    /// An application declared its permissions and roles.
    CatalogueDeclared = "catalogue_declared";
    /// Staff wanted to give, take or change what they do not hold themselves.
    EscalationRefused = "escalation_refused";
    /// Staff locked an account.
    UserLocked = "user_locked";
    /// Staff switched an account off for good.
    UserDisabled = "user_disabled";
    /// Staff switched an account on again.
    UserEnabled = "user_enabled";
    /// Staff unlocked an account.
    UserUnlocked = "user_unlocked";
    /// What staff writes in the place of a mail was saved as a draft, or the draft was thrown away.
    EmailTemplateDrafted = "email_template_drafted";
    /// A mail leaves in staff's words from now on: `before` and `after` are the versions.
    EmailTemplatePublished = "email_template_published";
    /// A mail leaves as it is shipped again.
    EmailTemplateRetired = "email_template_retired";
    /// A template that is in use failed for the first time; what is shipped leaves instead.
    EmailTemplateBroken = "email_template_broken";
    /// Staff sent a template to look at it.
    EmailTemplateTested = "email_template_tested";
    /// Staff made a template of its own.
    EmailTemplateCreated = "email_template_created";
    /// A template of staff's own was changed: what it is called, or what it may name.
    EmailTemplateUpdated = "email_template_updated";
    /// A template of staff's own was deleted with its versions.
    EmailTemplateDeleted = "email_template_deleted";
    /// A mail was handed to the mail server.
    EmailSent = "email_sent";
    /// A mail could not be sent and was given up.
    EmailFailed = "email_failed";
    /// Staff, the command line or a sign-in asked for a notification to devices.
    PushQueued = "push_queued";
    /// A notification was handed to the push service.
    PushSent = "push_sent";
    /// A notification could not be delivered and was given up.
    PushFailed = "push_failed";
    /// Staff took a notification to a device out of the queue.
    PushCancelled = "push_cancelled";
    /// The push service said that an application is no longer on a device: the device's push token was taken away.
    PushTokenRetired = "push_token_retired";
    /// Staff, or a service on their behalf, sent a mail of their own.
    EmailsRequested = "emails_requested";
    /// Staff put a mail into the queue again: `before` and `after` tell where it stood and stands.
    EmailRetried = "email_retried";
    /// Staff took a mail out of the queue.
    EmailCancelled = "email_cancelled";
    /// Staff sent a mail anew.
    EmailResent = "email_resent";
    /// Staff let mails go that were held back.
    EmailsReleased = "emails_released";
    /// Staff began to write an announcement.
    AnnouncementCreated = "announcement_created";
    /// Staff changed an announcement that has not begun to leave.
    AnnouncementUpdated = "announcement_updated";
    /// Staff deleted an announcement that has not begun to leave.
    AnnouncementDeleted = "announcement_deleted";
    /// Staff sent an announcement to themselves, to look at it.
    AnnouncementTested = "announcement_tested";
    /// Staff set the moment at which an announcement begins to leave.
    AnnouncementScheduled = "announcement_scheduled";
    /// Staff took a moment back; the announcement is a draft again.
    AnnouncementUnscheduled = "announcement_unscheduled";
    /// An announcement began to leave.
    AnnouncementStarted = "announcement_started";
    /// An announcement stands still, because staff said so or its job was given up.
    AnnouncementPaused = "announcement_paused";
    /// Staff let an announcement go on.
    AnnouncementResumed = "announcement_resumed";
    /// Staff ended an announcement; what has not left does not leave.
    AnnouncementCancelled = "announcement_cancelled";
    /// The last mail of an announcement has left.
    AnnouncementSent = "announcement_sent";
    /// Somebody wants no announcements any more.
    AnnouncementsDeclined = "announcements_declined";
    /// Somebody wants announcements again.
    AnnouncementsAccepted = "announcements_accepted";
    /// Staff changed how the mails of a project leave.
    ProjectMailUpdated = "project_mail_updated";
    /// An address is not written to any more.
    AddressSuppressed = "address_suppressed";
    /// An address is written to again.
    AddressUnsuppressed = "address_unsuppressed";
}

impl EventKind {
    /// The kind with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
    }

    /// Whether it is written down as a row, the audit record. What is not would flood the table without saying what
    /// another event beside it does not say: it is only told.
    #[must_use]
    pub const fn is_written(self) -> bool {
        !matches!(self, Self::TokenIssued | Self::TokenVerified)
    }

    /// Whether the user whom it is about is notified of it over an open connection. What strangers can cause at will
    /// (wrong passwords, mails asked for) is not among them.
    #[must_use]
    pub const fn notifies(self) -> bool {
        matches!(
            self,
            Self::LoggedIn
                | Self::LoggedOut
                | Self::SessionEnded
                | Self::SessionsEnded
                | Self::DeviceAdded
                | Self::DeviceRenamed
                | Self::DeviceRemoved
                | Self::RefreshReplayed
                | Self::PasswordReset
                | Self::PasswordChanged
                | Self::EmailChangeRequested
                | Self::EmailChanged
                | Self::EmailConfirmed
                | Self::EmailReleased
                | Self::DeletionScheduled
                | Self::DeletionCancelled
                | Self::DataExported
                | Self::IdentityLinked
                | Self::IdentityUnlinked
                | Self::ProfileChanged
        )
    }
}

/// One thing that happened.
#[derive(Clone, Debug)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// Why it was refused; nothing when it was not.
    pub code: Option<Code>,
    /// Whom it is about.
    pub user_id: Option<Uuid>,
    /// Through which application.
    pub application_id: Option<Uuid>,
    /// In which session or token family.
    pub session_id: Option<Uuid>,
    /// More, without secrets.
    pub detail: Map<String, Value>,
}

impl Event {
    /// Something happened.
    #[must_use]
    pub fn new(kind: EventKind) -> Self {
        Self {
            kind,
            code: None,
            user_id: None,
            application_id: None,
            session_id: None,
            detail: Map::new(),
        }
    }

    /// Something was refused.
    #[must_use]
    pub fn refused(kind: EventKind, code: Code) -> Self {
        Self {
            code: Some(code),
            ..Self::new(kind)
        }
    }

    /// Says whom it is about.
    #[must_use]
    pub fn about(mut self, user_id: impl Into<Option<Uuid>>) -> Self {
        self.user_id = user_id.into();
        self
    }

    /// Says through which application.
    #[must_use]
    pub const fn through(mut self, application_id: Uuid) -> Self {
        self.application_id = Some(application_id);
        self
    }

    /// Says in which session or token family.
    #[must_use]
    pub const fn within(mut self, session_id: Uuid) -> Self {
        self.session_id = Some(session_id);
        self
    }

    /// Adds a detail; never a secret.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.detail.insert(name.to_owned(), value.into());
        self
    }

    /// `success` or `failure`.
    #[must_use]
    pub const fn outcome(&self) -> &'static str {
        if self.code.is_none() { "success" } else { "failure" }
    }
}

/// Hears of every event after its transaction was committed, and is asked before something happens if it wants to be.
#[async_trait]
pub trait Subscriber: Send + Sync {
    /// Something happened. Must be quick and must not fail: work goes into a job.
    fn published(&self, _event: &Event) {}

    /// Whether it wants to be asked before this happens. What nobody wants to be asked about costs nothing.
    fn wants(&self, _kind: IntentKind) -> bool {
        false
    }

    /// Something is about to happen; nothing has been written yet, and no transaction is open. May be slow.
    ///
    /// # Errors
    /// A refusal, which is the answer to whoever wanted it; nothing happens then.
    async fn before(&self, _intent: &Intent) -> Result<()> {
        Ok(())
    }
}

/// The table of events for the handbook, made from the registry.
#[must_use]
pub fn table() -> String {
    let mut text = String::from("| event | when | written | notified |\n|---|---|---|---|\n");
    for kind in EventKind::ALL {
        let written = if kind.is_written() { "yes" } else { "only told" };
        let notified = if kind.notifies() { "yes" } else { "" };
        text.push_str(&format!(
            "| `{}` | {} | {written} | {notified} |\n",
            kind.as_str(),
            kind.doc()
        ));
    }
    text
}

//! What is about to happen. Subscribers are asked before anything is written and may refuse with a code; what happened is
//! told as an event (`crate::event`). An intent never holds a password, a token or a code.

use std::net::IpAddr;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::clock::Moment;
use crate::event::EventKind;

macro_rules! intents {
    ($( $(#[doc = $doc:literal])+ $variant:ident = $name:literal, carries $carries:literal, then $events:expr,
        like $signals:literal; )+) => {
        /// The kinds of intent.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum IntentKind { $( $(#[doc = $doc])+ $variant, )+ }

        impl IntentKind {
            /// Every kind, in the order of the table in the handbook.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name that is published.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// When it is asked, in one sentence for the handbook.
            #[must_use]
            pub const fn doc(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii()),+ }
            }

            /// What it may carry beside the client's address and user agent.
            #[must_use]
            pub const fn carries(self) -> &'static str {
                match self { $(Self::$variant => $carries),+ }
            }

            /// What is told afterwards.
            #[must_use]
            pub const fn events(self) -> &'static [EventKind] {
                match self { $(Self::$variant => $events),+ }
            }

            /// The signals of Django packages that intent and events stand for.
            #[must_use]
            pub const fn signals(self) -> &'static str {
                match self { $(Self::$variant => $signals),+ }
            }
        }
    };
}

intents! {
    /// Somebody wants to sign in; neither password nor code has been looked at, but what a provider says has.
    Login = "login", carries "`identifier`, `user_id`, `application_id`, `method` (`password`, `otp` or `fed`)",
        then &[EventKind::LoggedIn, EventKind::LoginFailed],
        like "`user_pre_login`, `user_post_login`, `jwt_logged_in`, `jwt_login_fail`, `user_logged_in`, `user_login_failed`";
    /// Somebody asks for a code to sign in with.
    LoginCode = "login_code", carries "`identifier`, `user_id`, `application_id`",
        then &[EventKind::CodeRequested], like "–";
    /// A session or a token family is about to be ended by its owner.
    Logout = "logout", carries "`user_id`", then &[EventKind::LoggedOut],
        like "`user_pre_logout`, `user_post_logout`, `user_logged_out`";
    /// Somebody wants to sign up, and every field was accepted; or has proven an address without an account by a code.
    /// Asked for taken addresses too.
    Registration = "registration", carries "`identifier` (the address)",
        then &[EventKind::UserRegistered, EventKind::RegistrationRepeated],
        like "`user_pre_registered`, `user_post_registered`, `user_signed_up`";
    /// A good link or code is about to activate an account.
    Activation = "activation", carries "`user_id`", then &[EventKind::UserActivated, EventKind::ActivationFailed],
        like "`user_pre_activated`, `user_post_activated`, `email_confirmed`";
    /// Somebody asks for a link to set a new password.
    PasswordForgot = "password_forgot", carries "`identifier`, `user_id`",
        then &[EventKind::PasswordResetRequested],
        like "`user_pre_forgot_password`, `user_post_forgot_password`";
    /// A good link is about to set a new password that was accepted.
    PasswordReset = "password_reset", carries "`user_id`",
        then &[EventKind::PasswordReset, EventKind::PasswordResetFailed],
        like "`user_pre_reset_password`, `user_post_reset_password`";
    /// A password, a code or a provider has proven who signs in, and tokens or a key are about to be issued.
    TokenIssue = "token_issue", carries "`user_id`, `application_id`", then &[EventKind::TokenIssued],
        like "`jwt_logged_in`";
    /// Somebody asked whether a token is good, and it is.
    TokenVerify = "token_verify", carries "`user_id`, `application_id`", then &[EventKind::TokenVerified],
        like "`jwt_token_validated`";
    /// A refresh token of ours is about to be used.
    TokenRefresh = "token_refresh", carries "`user_id`, `application_id`",
        then &[EventKind::RefreshRotated, EventKind::TokenRefreshed, EventKind::RefreshReplayed],
        like "`jwt_access_refreshed`";
    /// The same, and its life is to be extended where it stays what it is.
    TokenRotate = "token_rotate", carries "`user_id`, `application_id`",
        then &[EventKind::RefreshRotated, EventKind::RefreshExtended, EventKind::RefreshReplayed],
        like "`jwt_refresh_updated`";
    /// An application is about to revoke one of its tokens.
    TokenRevoke = "token_revoke", carries "`user_id`, `application_id`", then &[EventKind::TokenRevoked],
        like "`jwt_blacklisted`";
}

impl IntentKind {
    /// The kind with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
    }
}

/// Something that is about to happen.
#[derive(Clone, Debug)]
pub struct Intent {
    /// What.
    pub kind: IntentKind,
    /// Finds this question again. This, the moment and where it came from are filled in when it is asked.
    pub id: Uuid,
    /// When it was asked.
    pub at: Moment,
    /// Whom it is about, where that is known.
    pub user_id: Option<Uuid>,
    /// Through which application.
    pub application_id: Option<Uuid>,
    /// The user name or address that was typed.
    pub identifier: Option<String>,
    /// How somebody wants to prove who they are.
    pub method: Option<&'static str>,
    /// The client's address.
    pub address: Option<IpAddr>,
    /// The client's `User-Agent`.
    pub user_agent: Option<String>,
    /// Finds the request in the log.
    pub request_id: Option<String>,
}

impl Intent {
    /// Something is about to happen.
    #[must_use]
    pub const fn new(kind: IntentKind) -> Self {
        Self {
            kind,
            id: Uuid::nil(),
            at: Moment(0),
            user_id: None,
            application_id: None,
            identifier: None,
            method: None,
            address: None,
            user_agent: None,
            request_id: None,
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
    pub fn through(mut self, application_id: impl Into<Option<Uuid>>) -> Self {
        self.application_id = application_id.into();
        self
    }

    /// Says which user name or address was typed.
    #[must_use]
    pub fn typed(mut self, identifier: &str) -> Self {
        self.identifier = Some(identifier.to_owned());
        self
    }

    /// Says how somebody wants to prove who they are.
    #[must_use]
    pub const fn by(mut self, method: &'static str) -> Self {
        self.method = Some(method);
        self
    }

    /// As JSON, for hooks. What is not known is `null`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "hook": "before",
            "type": self.kind.as_str(),
            "id": self.id,
            "at": self.at.timestamp(),
            "user_id": self.user_id,
            "application_id": self.application_id,
            "identifier": self.identifier,
            "method": self.method,
            "address": self.address,
            "user_agent": self.user_agent,
            "request_id": self.request_id,
        })
    }
}

/// The table of intents for the handbook, made from the registry.
#[must_use]
pub fn table() -> String {
    let mut text =
        String::from("| intent | when | may carry | events after | stands for the signals |\n|---|---|---|---|---|\n");
    for kind in IntentKind::ALL {
        let events: Vec<String> = kind
            .events()
            .iter()
            .map(|event| format!("`{}`", event.as_str()))
            .collect();
        text.push_str(&format!(
            "| `{}` | {} | {} | {} | {} |\n",
            kind.as_str(),
            kind.doc(),
            kind.carries(),
            events.join(", "),
            kind.signals(),
        ));
    }
    text
}

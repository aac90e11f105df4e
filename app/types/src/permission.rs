//! The built-in permissions of Sereno's own staff. They are ordinary permissions whose origin is `sereno`.

use serde::{Deserialize, Serialize};

/// A permission, as a type.
pub trait Held: Send + Sync + 'static {
    /// Which.
    const PERMISSION: Permission;
}

macro_rules! permissions {
    ($( $(#[doc = $doc:literal])+ $variant:ident = $name:literal; )+) => {
        /// What a member of staff may do in the console and in the admin API.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Permission { $(
            $(#[doc = $doc])+
            #[serde(rename = $name)]
            $variant,
        )+ }

        impl Permission {
            /// The whole catalogue.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The codename, as stored and as sent.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// What it allows, in a sentence.
            #[must_use]
            pub const fn doc(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii()),+ }
            }

            /// The permission with this codename.
            #[must_use]
            pub fn from_codename(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)+ _ => None }
            }
        }

        /// A type for each permission: for signatures that say which one their caller holds.
        pub mod held {
            $(
                $(#[doc = $doc])+
                #[derive(Clone, Copy, Debug)]
                pub struct $variant;

                impl super::Held for $variant {
                    const PERMISSION: super::Permission = super::Permission::$variant;
                }
            )+
        }
    };
}

permissions! {
    /// See users, their sessions and their history.
    UsersView = "users.view";
    /// Change users: lock, unlock, edit, send mails on their behalf.
    UsersManage = "users.manage";
    /// See roles, permissions and who holds them.
    RolesView = "roles.view";
    /// Change roles and assign them.
    RolesManage = "roles.manage";
    /// See projects and their members.
    ProjectsView = "projects.view";
    /// Change projects and their members.
    ProjectsManage = "projects.manage";
    /// See applications.
    ApplicationsView = "applications.view";
    /// Register and change applications.
    ApplicationsManage = "applications.manage";
    /// See the providers that people sign in through.
    ProvidersView = "providers.view";
    /// Set up and change the providers that people sign in through.
    ProvidersManage = "providers.manage";
    /// See sessions.
    SessionsView = "sessions.view";
    /// End sessions.
    SessionsManage = "sessions.manage";
    /// See devices.
    DevicesView = "devices.view";
    /// Rename and remove devices; removing one ends its sessions.
    DevicesManage = "devices.manage";
    /// See e-mail templates, their versions and previews.
    EmailTemplatesView = "email_templates.view";
    /// Write, publish and take back e-mail templates, and send them to be looked at.
    EmailTemplatesManage = "email_templates.manage";
    /// See the history of messages.
    MessagesView = "messages.view";
    /// Retry and send messages.
    MessagesManage = "messages.manage";
    /// See the event log.
    EventsView = "events.view";
    /// See settings, signing keys and webhooks.
    SettingsView = "settings.view";
    /// Change settings, signing keys and webhooks.
    SettingsManage = "settings.manage";
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Permission {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        crate::named_schema(
            "What a member of staff may do.",
            Self::ALL.iter().map(|permission| permission.as_str()),
        )
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Permission {}

//! Applications: the OAuth clients (RFC 6749 §2) that people sign in to.

use serde::{Deserialize, Serialize};

use crate::names::names;
use crate::{CookieSettings, Delivery, Id, Secret, Timestamp, TokenProfile};

names! {
    /// Whether an application can keep a secret (RFC 6749 §2.1).
    ApplicationKind {
        /// It runs in browsers or on phones, and its `client_id` alone names it.
        #[default]
        Public = "public";
        /// It runs on a server and proves itself by a secret.
        Confidential = "confidential";
    }
}

names! {
    /// A way in which an application may come by tokens.
    Grant {
        /// A person's password, by `POST /api/v1/login`.
        #[default]
        Password = "password";
        /// A refresh token (RFC 6749 §6).
        RefreshToken = "refresh_token";
        /// Its own name (RFC 6749 §4.4); confidential applications only. Kept for the endpoint to come; no effect yet.
        ClientCredentials = "client_credentials";
        /// A code from the authorization page (RFC 6749 §4.1). Kept for the page to come; no effect yet.
        AuthorizationCode = "authorization_code";
        /// A code shown by a device (RFC 8628). Kept for the page to come; no effect yet.
        DeviceCode = "urn:ietf:params:oauth:grant-type:device_code";
    }
}

/// Registers an application.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateApplication {
    /// What people call it.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required = true, max_length = 150, example = "Web shop"))]
    pub name: String,
    /// Its name on the wire; drawn when nothing is said. Letters, digits, `.`, `_`, `-`.
    #[cfg_attr(feature = "openapi", schema(max_length = 100))]
    pub client_id: Option<String>,
    /// Whether it can keep a secret.
    #[serde(default)]
    pub kind: ApplicationKind,
    /// How it may come by tokens; nothing: by password and refresh token.
    pub grants: Option<Vec<Grant>>,
    /// Where the authorization page may send people back to, compared letter by letter.
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    /// Origins whose scripts may call the API with this application.
    #[serde(default)]
    pub origins: Vec<String>,
    /// What it may ask for.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// How tokens reach it.
    #[serde(default)]
    pub delivery: Delivery,
    /// The form of its tokens.
    #[serde(default)]
    pub profile: TokenProfile,
    /// The cookies of a cookie delivery.
    #[serde(default)]
    pub cookies: CookieSettings,
}

/// Changes an application; what is not said, or null, stays.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UpdateApplication {
    /// What people call it.
    #[cfg_attr(feature = "openapi", schema(max_length = 150))]
    pub name: Option<String>,
    /// Whether it works at all.
    pub is_enabled: Option<bool>,
    /// How it may come by tokens.
    pub grants: Option<Vec<Grant>>,
    /// Where the authorization page may send people back to.
    pub redirect_uris: Option<Vec<String>>,
    /// Origins whose scripts may call the API with this application.
    pub origins: Option<Vec<String>>,
    /// What it may ask for.
    pub scopes: Option<Vec<String>>,
    /// How tokens reach it.
    pub delivery: Option<Delivery>,
    /// The form of its tokens, whole.
    pub profile: Option<TokenProfile>,
    /// The cookies of a cookie delivery, whole.
    pub cookies: Option<CookieSettings>,
}

/// One secret of an application; the secret itself is shown once, when it is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApplicationSecret {
    /// Its id.
    pub id: Id,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, within some minutes.
    pub last_used_at: Option<Timestamp>,
}

/// A secret that was just made: the only time it is shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewSecret {
    /// The secret's id.
    pub id: Id,
    /// The `client_id` it belongs to.
    pub client_id: String,
    /// The secret.
    pub client_secret: String,
}

impl std::fmt::Debug for NewSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewSecret")
            .field("id", &self.id)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// A row of the list of applications.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApplicationRow {
    /// Its id.
    pub id: Id,
    /// Its name on the wire.
    pub client_id: String,
    /// What people call it.
    pub name: String,
    /// Whether it can keep a secret.
    pub kind: ApplicationKind,
    /// How tokens reach it.
    pub delivery: Delivery,
    /// Whether it works at all.
    pub is_enabled: bool,
    /// Whether Sereno made it itself.
    pub is_builtin: bool,
    /// Whether the configuration says how it is, so that nothing of it can be changed here.
    #[serde(default)]
    pub is_managed: bool,
    /// When it was registered.
    pub created_at: Timestamp,
}

/// One application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApplicationDetail {
    /// Its id.
    pub id: Id,
    /// Its name on the wire.
    pub client_id: String,
    /// What people call it.
    pub name: String,
    /// Whether it can keep a secret.
    pub kind: ApplicationKind,
    /// Whether it works at all.
    pub is_enabled: bool,
    /// Whether Sereno made it itself: it can be changed but not deleted.
    pub is_builtin: bool,
    /// Whether the configuration says how it is: it can be neither changed nor deleted here.
    #[serde(default)]
    pub is_managed: bool,
    /// How it may come by tokens.
    pub grants: Vec<Grant>,
    /// Where the authorization page may send people back to.
    pub redirect_uris: Vec<String>,
    /// Origins whose scripts may call the API with this application.
    pub origins: Vec<String>,
    /// What it may ask for.
    pub scopes: Vec<String>,
    /// How tokens reach it.
    pub delivery: Delivery,
    /// The form of its tokens.
    pub profile: TokenProfile,
    /// The cookies of a cookie delivery.
    pub cookies: CookieSettings,
    /// Its secrets, newest first; at most two.
    pub secrets: Vec<ApplicationSecret>,
    /// Sign-ins through it that still work.
    pub open_grants: u64,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// An application that was just registered.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApplicationCreated {
    /// The application.
    pub application: ApplicationDetail,
    /// Its first secret, if it is confidential: the only time it is shown.
    pub secret: Option<NewSecret>,
    /// The key that its tokens are signed with, if that is a shared one: the only time it is shown. Its bytes are those of
    /// this text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_secret: Option<String>,
}

impl std::fmt::Debug for ApplicationCreated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApplicationCreated")
            .field("application", &self.application)
            .finish_non_exhaustive()
    }
}

/// An application that was just changed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApplicationUpdated {
    /// The application.
    #[serde(flatten)]
    pub application: ApplicationDetail,
    /// The key that its tokens are signed with from now on, if the change made a shared one: the only time it is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_secret: Option<String>,
}

impl std::fmt::Debug for ApplicationUpdated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApplicationUpdated")
            .field("application", &self.application)
            .finish_non_exhaustive()
    }
}

names! {
    /// The order of a list of applications; a minus sign means descending.
    ApplicationSort {
        /// By name.
        #[default]
        Name = "name";
        /// Newest first.
        Newest = "-created_at";
        /// Oldest first.
        Oldest = "created_at";
    }
}

/// Which applications.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct ApplicationQuery {
    /// Words in name or `client_id`.
    #[cfg_attr(feature = "openapi", param(max_length = 200))]
    pub q: Option<String>,
    /// Only of this kind.
    #[cfg_attr(feature = "openapi", param(inline))]
    pub kind: Option<ApplicationKind>,
    /// Only those that work, or that do not.
    pub enabled: Option<bool>,
    /// The order.
    #[cfg_attr(feature = "openapi", param(inline))]
    pub sort: Option<ApplicationSort>,
    /// How many rows, 50 when nothing is said.
    #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 200))]
    pub limit: Option<u64>,
    /// Where to continue, from an earlier answer.
    #[cfg_attr(feature = "openapi", param(max_length = 1000))]
    pub cursor: Option<String>,
}

/// What an application presents to prove itself (RFC 6749 §2.3.1).
#[derive(Clone, Debug, Default)]
pub struct ClientCredentials {
    /// Its name.
    pub client_id: Option<String>,
    /// Its secret.
    pub client_secret: Option<Secret>,
}

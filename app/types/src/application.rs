//! Applications: the OAuth clients (RFC 6749 §2) that people sign in to, and the form of the tokens they get.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Id, Secret, Timestamp};

// `tt` and not `literal`: the contract's derive does not look inside what a `literal` is wrapped in
macro_rules! names {
    (
        $(#[doc = $doc:literal])+
        $name:ident { $( $(#[doc = $variant_doc:literal])+ $(#[$default:ident])? $variant:ident = $text:tt; )+ }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $(
            $(#[doc = $variant_doc])+
            $(#[$default])?
            #[serde(rename = $text)]
            $variant,
        )+ }

        impl $name {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The one with this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                crate::named_schema(concat!($($doc),+).trim_ascii(), Self::ALL.iter().map(|one| one.as_str()))
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}
    };
}

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
        /// Its own name (RFC 6749 §4.4); confidential applications only.
        ClientCredentials = "client_credentials";
        /// A code from the authorization page (RFC 6749 §4.1).
        AuthorizationCode = "authorization_code";
        /// A code shown by a device (RFC 8628).
        DeviceCode = "urn:ietf:params:oauth:grant-type:device_code";
    }
}

names! {
    /// How what a sign-in brings reaches the client; the same for every way of signing in.
    Delivery {
        /// Both tokens in the body.
        #[default]
        Json = "json";
        /// The access token in the body, the refresh token in a cookie that scripts cannot read.
        RefreshCookie = "refresh_cookie";
        /// Both tokens in cookies that scripts cannot read.
        Cookie = "cookie";
        /// As `cookie`, and the access token's claims in a cookie that scripts can read.
        SplitCookie = "split_cookie";
        /// A session of ours in a cookie, and no token.
        Session = "session";
        /// One opaque key that works until it is revoked.
        Key = "key";
    }
}

impl Delivery {
    /// Whether the access token reaches the client in a cookie.
    #[must_use]
    pub const fn sets_access_cookie(self) -> bool {
        matches!(self, Self::Cookie | Self::SplitCookie)
    }

    /// Whether the refresh token reaches the client in a cookie.
    #[must_use]
    pub const fn sets_refresh_cookie(self) -> bool {
        matches!(self, Self::RefreshCookie | Self::Cookie | Self::SplitCookie)
    }
}

names! {
    /// With what tokens are signed (RFC 7518 §3.1, RFC 8037).
    SigningAlgorithm {
        /// Ed25519.
        #[default]
        EdDsa = "EdDSA";
        /// ECDSA with P-256 and SHA-256.
        Es256 = "ES256";
        /// RSA PKCS#1 v1.5 with SHA-256, 2048 bits.
        Rs256 = "RS256";
        /// HMAC with SHA-256, under a key that the application shares; confidential applications only.
        Hs256 = "HS256";
    }
}

names! {
    /// The form of a token.
    TokenFormat {
        /// A signed JWT, which others can check by themselves.
        Jwt = "jwt";
        /// Text that says nothing to anybody but us.
        #[default]
        Opaque = "opaque";
    }
}

names! {
    /// What happens to a refresh token when it is used.
    Rotation {
        /// It gives way to a successor (RFC 9700 §4.14.2).
        #[default]
        Always = "always";
        /// It stays good until its family ends.
        Never = "never";
    }
}

names! {
    /// What names the user in `sub`.
    SubjectForm {
        /// The user's id.
        #[default]
        Id = "id";
        /// The user's number, as text.
        Number = "number";
        /// The user name, or the id of a user who has none.
        Username = "username";
        /// The primary address, or the id of a user who has none.
        Email = "email";
    }
}

names! {
    /// A claim that access tokens have unless a profile leaves it out.
    StandardClaim {
        /// Issuer.
        #[default]
        Iss = "iss";
        /// Subject.
        Sub = "sub";
        /// Audience.
        Aud = "aud";
        /// When it was issued.
        Iat = "iat";
        /// The token's id.
        Jti = "jti";
        /// The application.
        ClientId = "client_id";
        /// The token family.
        Sid = "sid";
        /// When the user was proven.
        AuthTime = "auth_time";
        /// How the user was proven (RFC 8176).
        Amr = "amr";
        /// The user's credential epoch.
        Epoch = "epoch";
    }
}

names! {
    /// Which of the two tokens.
    TokenUse {
        /// The access token, and a refresh token that is a JWT.
        #[default]
        Both = "both";
        /// The access token.
        Access = "access";
        /// A refresh token that is a JWT.
        Refresh = "refresh";
    }
}

/// Where the value of a claim comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ClaimSource {
    /// What Sereno knows of the user: `id`, `number`, `email`, `email_verified`, `username`, `first_name`, `last_name`,
    /// `locale`, `is_superuser`, `created_at`, or `attributes.<name>`. What a user does not have is null.
    User(String),
    /// The names of the user's roles that are not bound to a project.
    Roles,
    /// The codenames of the user's permissions that are not bound to a project.
    Permissions,
    /// The codenames of the user's permissions in each project, by the project's name.
    ProjectPermissions,
    /// Always this value.
    Constant(Value),
    /// A template over `user`, `roles`, `permissions` and `application`, rendered when the token is issued. A template
    /// that is one expression, such as `{{ user.number + 1 }}`, keeps the expression's type; any other gives text.
    Template(String),
}

/// One claim of an application's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ClaimRule {
    /// Its name; a dot makes an object: `user.id` is the member `id` of the claim `user`.
    pub name: String,
    /// Where its value comes from.
    pub source: ClaimSource,
    /// In which token it stands.
    #[serde(default)]
    pub token: TokenUse,
}

/// The form of an application's tokens. Whatever is not said is as for Sereno's own application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct TokenProfile {
    /// With what tokens are signed.
    pub algorithm: SigningAlgorithm,
    /// Whether the application has a key of its own. `HS256` always has.
    pub own_key: bool,
    /// The form of access tokens.
    pub access_format: TokenFormat,
    /// The form of refresh tokens. A JWT is an envelope round the same row, and the row decides.
    pub refresh_format: TokenFormat,
    /// Seconds an access token is good; nothing: as `token.access_lifetime` says.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 315_360_000))]
    pub access_lifetime: Option<u64>,
    /// Seconds a refresh token may stay unused; nothing: as `token.refresh_idle_lifetime` says.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 315_360_000))]
    pub refresh_idle_lifetime: Option<u64>,
    /// Seconds a sign-in can be refreshed at most; nothing: as `token.refresh_lifetime` says.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 315_360_000))]
    pub refresh_lifetime: Option<u64>,
    /// What happens to a refresh token when it is used.
    pub rotation: Rotation,
    /// Whether both tokens of a pair have the same `jti`.
    pub shared_jti: bool,
    /// `typ` in the header of access tokens; empty: none. RFC 9068 says `at+jwt`.
    pub header_typ: String,
    /// Whether the header names the key; without it the application needs a key of its own.
    pub header_kid: bool,
    /// Issuer; nothing: the public URL.
    pub issuer: Option<String>,
    /// What names the user in `sub`.
    pub subject: SubjectForm,
    /// Audience, one or many; empty: the public URL. Sereno's own API takes only tokens that are also for the public URL.
    pub audience: Vec<String>,
    /// Seconds from the moment of issue to `nbf`; nothing: no `nbf`.
    #[cfg_attr(feature = "openapi", schema(minimum = -3_600, maximum = 3_600))]
    pub not_before: Option<i64>,
    /// Name of a claim that says `access` or `refresh`, for clients that look for one.
    pub type_claim: Option<String>,
    /// Claims of the application's own, in this order.
    pub claims: Vec<ClaimRule>,
    /// Standard claims that the tokens do not have.
    pub leave_out: Vec<StandardClaim>,
}

impl Default for TokenProfile {
    fn default() -> Self {
        Self {
            algorithm: SigningAlgorithm::EdDsa,
            own_key: false,
            access_format: TokenFormat::Jwt,
            refresh_format: TokenFormat::Opaque,
            access_lifetime: None,
            refresh_idle_lifetime: None,
            refresh_lifetime: None,
            rotation: Rotation::Always,
            shared_jti: false,
            header_typ: "at+jwt".to_owned(),
            header_kid: true,
            issuer: None,
            subject: SubjectForm::Id,
            audience: Vec::new(),
            not_before: None,
            type_claim: None,
            claims: Vec::new(),
            leave_out: Vec::new(),
        }
    }
}

impl TokenProfile {
    /// Whether the tokens have this claim.
    #[must_use]
    pub fn has(&self, claim: StandardClaim) -> bool {
        !self.leave_out.contains(&claim)
    }
}

names! {
    /// Which requests from other sites bring a cookie (RFC 6265bis §5.4.7).
    SameSite {
        /// Following a link does.
        #[default]
        Lax = "Lax";
        /// None does.
        Strict = "Strict";
        /// Every one does; the cookie must be `Secure`.
        None = "None";
    }
}

/// Names and attributes of the cookies of a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct CookieSettings {
    /// The cookie of the access token.
    pub access: String,
    /// The cookie of the refresh token.
    pub refresh: String,
    /// The cookie of the readable claims (`split_cookie`).
    pub payload: String,
    /// The readable cookie of the CSRF token.
    pub csrf: String,
    /// `Path` of all but the refresh cookie.
    pub path: String,
    /// `Path` of the refresh cookie.
    pub refresh_path: String,
    /// `Domain`; nothing: this host alone.
    pub domain: Option<String>,
    /// `SameSite`.
    pub same_site: SameSite,
    /// `Secure`; nothing: as the public URL is https.
    pub secure: Option<bool>,
    /// Whether requests that rest on these cookies must bring the CSRF token.
    pub csrf_required: bool,
}

impl Default for CookieSettings {
    fn default() -> Self {
        Self {
            access: "access_token".to_owned(),
            refresh: "refresh_token".to_owned(),
            payload: "access_payload".to_owned(),
            csrf: "csrf_token".to_owned(),
            path: "/".to_owned(),
            refresh_path: "/".to_owned(),
            domain: None,
            same_site: SameSite::Lax,
            secure: None,
            csrf_required: true,
        }
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

/// Asks what a user's tokens would say.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PreviewClaims {
    /// The user's id, address, user name or number.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub user: String,
    /// A profile to try; nothing: the application's own.
    pub profile: Option<TokenProfile>,
}

/// What a user's tokens would say. Nothing is issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClaimsPreview {
    /// The header of the access token.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub header: Value,
    /// The claims of the access token.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub access: Value,
    /// The claims of the refresh token, if it is a JWT.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub refresh: Option<Value>,
    /// Bytes that the access token would have.
    pub bytes: u64,
}

/// What an application presents to prove itself (RFC 6749 §2.3.1).
#[derive(Clone, Debug, Default)]
pub struct ClientCredentials {
    /// Its name.
    pub client_id: Option<String>,
    /// Its secret.
    pub client_secret: Option<Secret>,
}

names! {
    /// Where a signing key stands in its life.
    SigningKeyState {
        /// Published, so that everybody knows it before it signs.
        #[default]
        Waiting = "waiting";
        /// Signs, and verifies.
        Active = "active";
        /// Verifies what it signed.
        Retired = "retired";
    }
}

/// A signing key; never its private half.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SigningKeyRow {
    /// Its id.
    pub id: Id,
    /// What the header of a token calls it.
    pub kid: String,
    /// With what it signs.
    pub algorithm: SigningAlgorithm,
    /// Where it stands in its life.
    pub state: SigningKeyState,
    /// The one application it serves; nothing: every one.
    pub application_id: Option<Id>,
    /// That application's name on the wire, while it works.
    pub client_id: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it began to sign.
    pub activated_at: Option<Timestamp>,
    /// When it stopped signing.
    pub retired_at: Option<Timestamp>,
}

/// Makes a signing key.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateSigningKey {
    /// With what it signs.
    #[serde(default)]
    pub algorithm: SigningAlgorithm,
    /// The one application it serves; `HS256` needs one.
    pub client_id: Option<String>,
    /// For `HS256`: the key that the application shares already, at least 32 bytes; drawn when nothing is said.
    pub secret: Option<Secret>,
}

/// A signing key that was just made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewSigningKey {
    /// The key.
    pub key: SigningKeyRow,
    /// The shared key, where one was drawn: the only time it is shown.
    pub secret: Option<String>,
}

impl std::fmt::Debug for NewSigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewSigningKey")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// Asks about a token (RFC 7662 §2.1).
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Introspect {
    /// The token.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub token: Secret,
    /// What the caller thinks it is; not needed.
    pub token_type_hint: Option<String>,
    /// The application, where it does not prove itself by HTTP Basic.
    pub client_id: Option<String>,
    /// Its secret.
    pub client_secret: Option<Secret>,
}

/// What a token is good for (RFC 7662 §2.2); a token that is good for nothing is `active: false` and nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Introspection {
    /// Whether it is good right now.
    pub active: bool,
    /// Through which application it was issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The user name of whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// `Bearer` or `refresh_token`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_type: Option<String>,
    /// When it ends, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    /// When it was issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
    /// Not good before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// Whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// For whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aud: Option<Vec<String>>,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
    /// Its family.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
}

/// Revokes a token (RFC 7009 §2.1).
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RevokeToken {
    /// The token.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub token: Secret,
    /// What the caller thinks it is; not needed.
    pub token_type_hint: Option<String>,
    /// The application, where it does not prove itself by HTTP Basic.
    pub client_id: Option<String>,
    /// Its secret.
    pub client_secret: Option<Secret>,
}

//! The form of an application's tokens, and what somebody's would say.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::SigningAlgorithm;
use crate::names::names;

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
        /// It stays what it is until `token/rotate` extends its life; then it gives way to a successor.
        OnExtend = "on_extend";
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
    /// `locale`, `picture`, `is_superuser`, `created_at`, or `attributes.<name>`. What a user does not have is null.
    User(String),
    /// The names of the user's roles that are not bound to a project.
    Roles,
    /// The codenames of the user's permissions that are not bound to a project.
    Permissions,
    /// The codenames of the user's permissions in each project, by the project's name.
    ProjectPermissions,
    /// When the refresh token beside it was issued, in seconds since 1970.
    RefreshIssuedAt,
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
#[expect(clippy::struct_excessive_bools, reason = "switches that do not hang together")]
pub struct TokenProfile {
    /// With what tokens are signed.
    pub algorithm: SigningAlgorithm,
    /// Whether the application has a key of its own. `HS256` always has.
    pub own_key: bool,
    /// The form of access tokens.
    pub access_format: TokenFormat,
    /// The form of refresh tokens. A JWT is an envelope round the same row, and the row decides.
    pub refresh_format: TokenFormat,
    /// Seconds an access token is good; 0: as long as its refresh token; nothing: as `token.access_lifetime` says.
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 315_360_000))]
    pub access_lifetime: Option<u64>,
    /// Seconds a refresh token may stay unused; 0: for ever; nothing: as `token.refresh_idle_lifetime` says. One that stays what
    /// it is when it is used (`rotation`) lasts so long from when it was issued or extended, used or not.
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 315_360_000))]
    pub refresh_idle_lifetime: Option<u64>,
    /// Seconds a sign-in can be refreshed at most; 0: for ever; nothing: as `token.refresh_lifetime` says. What has no end
    /// has no `exp`, and if it is a JWT it needs a key of its own.
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 315_360_000))]
    pub refresh_lifetime: Option<u64>,
    /// What happens to a refresh token when it is used.
    pub rotation: Rotation,
    /// Whether `token/rotate` may extend the life of the refresh token.
    pub extendable: bool,
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
    /// Seconds from the sign-in to `nbf`, in every token that comes of it; nothing: no `nbf`.
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
            extendable: true,
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

//! Settings of the facades, one section each: `[compat.<name>]`. A facade is off until its section switches it on. What
//! its old settings were called stands in the facade's own README.

use sereno_types::{SameSite, Secret, SigningAlgorithm};

use super::setting::{Seconds, section};
use super::{Config, Faults};

/// The sections of all facades.
#[derive(Clone, Debug, Default)]
pub struct Compat {
    /// djwto.
    pub djwto: Djwto,
    /// django-nets-core.
    pub nets_core: NetsCore,
}

section! {
    /// The facade djwto: a Django package that hands out JWTs. See docs/move-from-djwto.md.
    Djwto = "compat.djwto" {
        /// Whether it is there at all.
        enabled: bool = false;
        /// Below which path it is mounted; `/` for the root.
        prefix: String = "/compat/djwto".to_owned();
        /// How tokens travel: `JSON`, `ONE-COOKIE` or `TWO-COOKIES`.
        mode: String = "JSON".to_owned();
        /// With what tokens are signed: `HS256`, `RS256`, `ES256` or `EdDSA`.
        algorithm: String = "HS256".to_owned();
        /// The key: for HS256 at least 32 bytes of text, else a private key in PEM (PKCS #8). Empty: one is drawn.
        signing_key: Secret = Secret::default();
        /// `iss` in every token. Empty: none.
        issuer: String = String::new();
        /// `sub` in every token. Empty: none.
        subject: String = String::new();
        /// `aud` in every token: a list of texts. Empty: none.
        audience: Vec<String> = Vec::new();
        /// Whether tokens have `iat`, and access tokens `refresh_iat`.
        iat: bool = true;
        /// Whether tokens have `jti`. Without it nobody can sign out.
        jti: bool = true;
        /// Seconds an access token is good. 0: as long as its refresh token.
        access_lifetime: Seconds = Seconds(300);
        /// Seconds a refresh token is good. 0: without end.
        refresh_lifetime: Seconds = Seconds(86_400);
        /// Seconds a sign-in can be prolonged at most. 0: without end. Empty: 90 days, or as long as a refresh token is good if
        /// that is longer.
        session_lifetime: Option<Seconds> = None;
        /// Seconds after a sign-in until its tokens begin to be good (`nbf`). 0: at once, and no `nbf`.
        not_before: Seconds = Seconds(0);
        /// Below which path the four doors of the refresh token stand, without slashes at its ends.
        refresh_path: String = "api/token/refresh".to_owned();
        /// `Path` of the refresh cookie. Empty: where those doors are, prefix included.
        refresh_cookie_path: String = String::new();
        /// `SameSite` of the cookies: `Lax`, `Strict` or `None`.
        same_site: String = "Lax".to_owned();
        /// `Domain` of the cookies. Empty: this host alone.
        domain: String = String::new();
        /// Whether the cookies of tokens are `Secure`. Off works only where the public URL is http.
        secure: bool = true;
        /// Whether requests in the cookie modes must bring the CSRF token.
        csrf: bool = true;
        /// Other origins whose pages may call it: `https://app.example.org`, or `https://*.example.org` for its subdomains.
        trusted_origins: Vec<String> = Vec::new();
        /// Whether refresh tokens can be prolonged (`update_refresh`).
        allow_refresh_update: bool = true;
        /// What people sign in with: `username` or `email`. So is the member of `user` called; the form's field is always `username`.
        username_field: String = "username".to_owned();
        /// What else `user` in the tokens says of its user: `email`, `email_verified`, `username`, `first_name`, `last_name`,
        /// `locale`, `picture`, `is_superuser`, `created_at`, or `attributes.<name>`, which is called `<name>` there.
        user_claims: Vec<String> = Vec::new();
        /// Which permissions stand in the tokens: `all` that the user has without a project, or `none`.
        permissions: String = "all".to_owned();
    }
}

section! {
    /// The facade `nets_core`: a Django package whose people sign in by mailed codes. See docs/move-from-django-nets-core.md.
    NetsCore = "compat.nets_core" {
        /// Whether it is there at all.
        enabled: bool = false;
        /// Below which path it is mounted; `/` for the root.
        prefix: String = "/compat/nets-core".to_owned();
        /// Below which path the doors `token/` and `revoke_token/` stand, without slashes at its ends.
        token_path: String = "o".to_owned();
        /// What a user is shown of themselves, in this order: `id`, `email`, `email_verified`, `username`, `first_name`,
        /// `last_name`, `full_name`, `avatar`, `is_active`, `date_joined`, and attributes by their names.
        fields: Vec<String> = [
            "id", "first_name", "last_name", "is_active", "date_joined", "username", "email", "full_name", "email_verified",
        ].map(str::to_owned).to_vec();
        /// Words that keep every name with one of them from being shown, beside `password` and `superuser`.
        protected_words: Vec<String> = Vec::new();
        /// Fields that `update/` passes over beside those that always are; `doc_*` stands for every name that begins so.
        prohibited_fields: Vec<String> = Vec::new();
        /// Whether who asks for a code must describe a device.
        device_required: bool = true;
        /// Whether apps keep the uuid of a device that another server gave them. Off: a uuid that this server knows nothing of is
        /// refused. On while apps move here.
        adopt_devices: bool = false;
        /// Whether a sign-in also sets the cookies `sessionid` and `csrftoken`.
        session_cookie: bool = true;
        /// Which provider `loginWithGoogle/` and `loginWithGoogleSocial/` ask: its name in addresses.
        google: String = "google".to_owned();
        /// Which provider `loginWithApple/` asks.
        apple: String = "apple".to_owned();
        /// Which provider `loginWithFacebook/` asks.
        facebook: String = "facebook".to_owned();
        /// Which provider `loginWithMicrosoft/` asks.
        microsoft: String = "microsoft".to_owned();
        /// Which provider `loginWithGithub/` asks.
        github: String = "github".to_owned();
        /// `info.title` of its openapi.json.
        openapi_title: String = "NETS CORE API".to_owned();
        /// `info.version` of it.
        openapi_version: String = "1.0.0".to_owned();
        /// `info.description` of it.
        openapi_description: String =
            "Auto-generated OpenAPI schema from request_handler route metadata.".to_owned();
        /// `tags` of every operation in it.
        openapi_tags: Vec<String> = vec!["nets_core_auth".to_owned()];
    }
}

impl Djwto {
    /// The algorithm, where there is such a one.
    #[must_use]
    pub fn signing_algorithm(&self) -> Option<SigningAlgorithm> {
        SigningAlgorithm::from_name(&self.algorithm)
    }

    /// How long a sign-in can be prolonged at most; 0: without end.
    #[must_use]
    pub fn longest_sign_in(&self) -> Seconds {
        const USUAL: Seconds = Seconds(7_776_000);
        self.session_lifetime.unwrap_or(match self.refresh_lifetime {
            Seconds(0) => Seconds(0),
            lasts => lasts.max(USUAL),
        })
    }

    /// How something in `user_claims` is called in the tokens.
    #[must_use]
    pub fn name_in_user(claim: &str) -> &str {
        claim.strip_prefix("attributes.").unwrap_or(claim)
    }

    /// `SameSite`, where there is such a one.
    #[must_use]
    pub fn cookie_same_site(&self) -> Option<SameSite> {
        SameSite::from_name(&self.same_site)
    }
}

/// Adds everything that is wrong with facades that are switched on.
pub(super) fn judge(config: &Config, faults: &mut Faults) {
    if config.compat.djwto.enabled {
        djwto(config, faults);
    }
    if config.compat.nets_core.enabled {
        nets_core(config, faults);
    }
}

fn nets_core(config: &Config, faults: &mut Faults) {
    let (settings, at) = (&config.compat.nets_core, NetsCore::PATH);
    prefix(at, &settings.prefix, faults);
    if !is_path(&settings.token_path) {
        faults.add(at, "token_path", "must be a path without slashes at its ends");
    }
    if settings.fields.is_empty() {
        faults.add(at, "fields", "must name a field");
    }
    // clients send codes as numbers
    if !config.login_code.alphabet.bytes().all(|byte| byte.is_ascii_digit()) {
        faults.add(at, "enabled", "needs login_code.alphabet to hold digits alone");
    }
    if !config.login_code.enabled {
        faults.add(at, "enabled", "needs login_code.enabled");
    }
}

fn djwto(config: &Config, faults: &mut Faults) {
    let (settings, at) = (&config.compat.djwto, Djwto::PATH);
    prefix(at, &settings.prefix, faults);
    if !["JSON", "ONE-COOKIE", "TWO-COOKIES"].contains(&settings.mode.as_str()) {
        faults.add(at, "mode", "must be \"JSON\", \"ONE-COOKIE\" or \"TWO-COOKIES\"");
    }
    match settings.signing_algorithm() {
        None => faults.add(at, "algorithm", "must be \"HS256\", \"RS256\", \"ES256\" or \"EdDSA\""),
        // RFC 7518 §3.2
        Some(SigningAlgorithm::Hs256) if (1..32).contains(&settings.signing_key.expose().len()) => {
            faults.add(at, "signing_key", "must have at least 32 bytes");
        }
        Some(_) => {}
    }
    if !is_path(&settings.refresh_path) {
        faults.add(at, "refresh_path", "must be a path without slashes at its ends");
    }
    let cookie_path = &settings.refresh_cookie_path;
    let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b';' | b',');
    if !cookie_path.is_empty() && (!cookie_path.starts_with('/') || !cookie_path.bytes().all(plain)) {
        faults.add(at, "refresh_cookie_path", "must begin with a slash");
    }
    match settings.cookie_same_site() {
        None => faults.add(at, "same_site", "must be \"Lax\", \"Strict\" or \"None\""),
        Some(SameSite::None) if !settings.secure => {
            faults.add(at, "secure", "must be on where same_site is \"None\"");
        }
        Some(_) => {}
    }
    if !settings.secure && config.is_https() {
        faults.add(at, "secure", "must be on where the public URL is https");
    }
    let host = settings.domain.trim_start_matches('.');
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    if !settings.domain.is_empty() && (host.is_empty() || !host.bytes().all(is_host)) {
        faults.add(at, "domain", "must be a name of the DNS");
    }
    if !matches!(settings.username_field.as_str(), "username" | "email") {
        faults.add(at, "username_field", "must be \"username\" or \"email\"");
    }
    let mut named = vec!["id", "perms", settings.username_field.as_str()];
    for claim in &settings.user_claims {
        let name = Djwto::name_in_user(claim);
        if named.contains(&name) {
            faults.add(
                at,
                "user_claims",
                &format!("must name `{name}` once, and nothing that is there anyway"),
            );
        }
        named.push(name);
    }
    if !matches!(settings.permissions.as_str(), "all" | "none") {
        faults.add(at, "permissions", "must be \"all\" or \"none\"");
    }
    for (key, seconds, most) in [
        ("access_lifetime", settings.access_lifetime, LIFETIME_MAX),
        ("refresh_lifetime", settings.refresh_lifetime, LIFETIME_MAX),
        (
            "session_lifetime",
            settings.session_lifetime.unwrap_or(Seconds(0)),
            LIFETIME_MAX,
        ),
        ("not_before", settings.not_before, 3_600),
    ] {
        if seconds.0 > most {
            faults.add(at, key, &format!("must be at most {most}"));
        }
    }
    let longest = settings.longest_sign_in();
    if longest.0 > 0 && longest < settings.refresh_lifetime {
        faults.add(at, "session_lifetime", "must not be shorter than refresh_lifetime");
    }
    if !settings.trusted_origins.iter().all(|origin| is_trusted(origin)) {
        let message = "must hold origins such as https://app.example.org or https://*.example.org";
        faults.add(at, "trusted_origins", message);
    }
}

/// Most seconds anything lasts: ten years.
const LIFETIME_MAX: u64 = 315_360_000;

/// A place to mount a facade at.
fn prefix(section: &str, prefix: &str, faults: &mut Faults) {
    if prefix != "/" && !prefix.strip_prefix('/').is_some_and(is_path) {
        faults.add(
            section,
            "prefix",
            "must be `/`, or begin with a slash and end without one",
        );
    }
}

/// Plain names with slashes between them: what a route is made of, and nothing that a router or a cookie reads otherwise.
fn is_path(path: &str) -> bool {
    let is_name = |name: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
        !name.is_empty() && !matches!(name, "." | "..") && name.bytes().all(plain)
    };
    path.len() <= 200 && path.split('/').all(is_name)
}

fn is_trusted(origin: &str) -> bool {
    let plain = origin.replacen("://*.", "://", 1);
    url::Url::parse(&plain).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https") && !plain.contains('*') && url.origin().ascii_serialization() == plain
    })
}

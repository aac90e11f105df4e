//! Whether what an application is registered with can work, and is safe.

use std::collections::BTreeSet;

use sereno_types::{
    ApplicationKind, ClaimSource, Code, CookieSettings, Delivery, FieldError, Grant, Rotation, SameSite,
    SigningAlgorithm, StandardClaim, TokenFormat, TokenProfile,
};

use super::grammar::{is_origin, is_redirect_uri, is_scope};
use crate::config::Config;
use crate::token;

/// Longest list of anything.
const LIST_MAX: usize = 100;
/// Longest text of anything, in bytes.
const TEXT_MAX: usize = 500;
/// Most seconds an access token of Sereno's own application is good.
const FIRST_PARTY_LIFETIME_MAX: u64 = 3_600;
/// Most seconds anything lasts: ten years.
const LIFETIME_MAX: u64 = 315_360_000;

/// Collects what is wrong, by field.
pub(super) struct Faults(pub Vec<FieldError>);

impl Faults {
    fn add(&mut self, field: impl Into<String>, code: Code) {
        self.0.push(FieldError::new(field, code));
    }

    fn because(&mut self, field: impl Into<String>, code: Code, reason: &str) {
        self.0.push(FieldError::new(field, code).with("reason", reason));
    }
}

/// Everything an application is registered with.
pub(super) struct Whole<'a> {
    pub kind: ApplicationKind,
    pub grants: &'a [Grant],
    pub redirect_uris: &'a [String],
    pub origins: &'a [String],
    pub scopes: &'a [String],
    pub delivery: Delivery,
    pub profile: &'a TokenProfile,
    pub cookies: &'a CookieSettings,
}

/// What is wrong with it.
pub(super) fn judge(config: &Config, whole: &Whole<'_>) -> Vec<FieldError> {
    let mut faults = Faults(Vec::new());
    if whole.kind == ApplicationKind::Public && whole.grants.contains(&Grant::ClientCredentials) {
        faults.because(
            "grants",
            Code::InvalidChoice,
            "client_credentials needs a confidential application",
        );
    }
    for (field, list) in [
        ("redirect_uris", whole.redirect_uris),
        ("origins", whole.origins),
        ("scopes", whole.scopes),
    ] {
        if list.len() > LIST_MAX || list.iter().any(|text| text.len() > TEXT_MAX) {
            faults.add(field, Code::TooLong);
        }
        if list.iter().collect::<BTreeSet<_>>().len() != list.len() {
            faults.because(field, Code::InvalidChoice, "something stands twice");
        }
    }
    for (at, uri) in whole.redirect_uris.iter().enumerate() {
        if !is_redirect_uri(uri) {
            faults.add(format!("redirect_uris.{at}"), Code::InvalidUrl);
        }
    }
    for (at, origin) in whole.origins.iter().enumerate() {
        if !is_origin(origin) {
            faults.add(format!("origins.{at}"), Code::InvalidUrl);
        }
    }
    for (at, scope) in whole.scopes.iter().enumerate() {
        if !is_scope(scope) {
            faults.add(format!("scopes.{at}"), Code::InvalidCharacters);
        }
    }
    profile(whole, &mut faults);
    if whole.delivery.sets_refresh_cookie() {
        cookies(config, whole, &mut faults);
    }
    if whole.delivery == Delivery::SplitCookie && whole.profile.access_format != TokenFormat::Jwt {
        faults.because(
            "delivery",
            Code::InvalidChoice,
            "split_cookie needs access tokens that are JWTs",
        );
    }
    faults.0
}

fn profile(whole: &Whole<'_>, faults: &mut Faults) {
    let profile = whole.profile;
    let confidential = whole.kind == ApplicationKind::Confidential;
    if profile.algorithm == SigningAlgorithm::Hs256 && !confidential {
        faults.because(
            "profile.algorithm",
            Code::InvalidChoice,
            "HS256 needs a confidential application",
        );
    }
    let own = token::has_own_key(profile);
    if !profile.header_kid && !own {
        faults.because(
            "profile.header_kid",
            Code::InvalidChoice,
            "only a key of its own may stay unnamed",
        );
    }
    if !profile.has(StandardClaim::ClientId) && !own {
        faults.because(
            "profile.leave_out",
            Code::InvalidChoice,
            "without client_id it needs a key of its own",
        );
    }
    for (field, seconds) in [
        ("profile.access_lifetime", profile.access_lifetime),
        ("profile.refresh_idle_lifetime", profile.refresh_idle_lifetime),
        ("profile.refresh_lifetime", profile.refresh_lifetime),
    ] {
        if seconds.is_some_and(|seconds| seconds > LIFETIME_MAX) {
            faults.add(field, Code::InvalidChoice);
        }
    }
    judge_endless(profile, own, faults);
    if profile
        .not_before
        .is_some_and(|offset| !(-3_600..=3_600).contains(&offset))
    {
        faults.add("profile.not_before", Code::InvalidChoice);
    }
    let texts = profile
        .issuer
        .iter()
        .chain(&profile.audience)
        .chain(&profile.type_claim);
    if texts.clone().any(|text| text.len() > TEXT_MAX) || profile.audience.len() > LIST_MAX {
        faults.add("profile", Code::TooLong);
    }
    if texts.clone().any(String::is_empty) {
        faults.add("profile", Code::Blank);
    }
    if let Some(name) = &profile.type_claim
        && (RESERVED.contains(&name.as_str()) || StandardClaim::from_name(name).is_some() || name.contains('.'))
    {
        faults.because("profile.type_claim", Code::InvalidChoice, "this claim is Sereno's own");
    }
    if profile.rotation == Rotation::OnExtend && !(profile.shared_jti && profile.refresh_format == TokenFormat::Jwt) {
        let reason = "on_extend needs one jti for both tokens, and refresh tokens that are JWTs";
        faults.because("profile.rotation", Code::InvalidChoice, reason);
    }
    let typ = &profile.header_typ;
    if typ.len() > 50
        || !typ
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
    {
        faults.add("profile.header_typ", Code::InvalidCharacters);
    }
    if profile.refresh_format == TokenFormat::Jwt && typ != token::ACCESS_TYPE && profile.type_claim.is_none() {
        faults.because(
            "profile.type_claim",
            Code::Blank,
            "two JWTs with one typ need a claim that tells them apart",
        );
    }
    claims(profile, faults);
}

/// What never ends is signed by a key that can be taken away from it alone: a key of all could never be forgotten.
fn judge_endless(profile: &TokenProfile, own: bool, faults: &mut Faults) {
    let endless = |seconds: Option<u64>| seconds == Some(0);
    let of_refresh = endless(profile.refresh_lifetime) && endless(profile.refresh_idle_lifetime);
    let of_access = of_refresh && endless(profile.access_lifetime);
    let is_signed = (of_access && profile.access_format == TokenFormat::Jwt)
        || (of_refresh && profile.refresh_format == TokenFormat::Jwt);
    if is_signed && !own {
        let reason = "JWTs without end need a key of the application's own";
        faults.because("profile.refresh_lifetime", Code::InvalidChoice, reason);
    }
}

/// What is wrong with Sereno's own application, by which every member of staff signs in over the API: its tokens must go on
/// opening this server.
pub(super) fn judge_first_party(is_enabled: bool, profile: &TokenProfile) -> Vec<FieldError> {
    let plain = TokenProfile {
        access_lifetime: profile.access_lifetime,
        refresh_idle_lifetime: profile.refresh_idle_lifetime,
        refresh_lifetime: profile.refresh_lifetime,
        claims: profile.claims.clone(),
        ..TokenProfile::default()
    };
    let mut faults = Vec::new();
    if !is_enabled {
        faults.push(FieldError::new("is_enabled", Code::InvalidChoice));
    }
    if *profile != plain
        || profile
            .access_lifetime
            .is_some_and(|seconds| !(1..=FIRST_PARTY_LIFETIME_MAX).contains(&seconds))
        || [profile.refresh_idle_lifetime, profile.refresh_lifetime].contains(&Some(0))
    {
        let reason = "of Sereno's own application only lifetimes (access: an hour at most; none without end) and claims may be changed";
        faults.push(FieldError::new("profile", Code::InvalidChoice).with("reason", reason));
    }
    faults
}

/// Claims that are always ours.
const RESERVED: &[&str] = &["exp", "nbf", "uti", "cnf", "act", "scope"];

fn claims(profile: &TokenProfile, faults: &mut Faults) {
    if profile.claims.len() > LIST_MAX {
        faults.add("profile.claims", Code::TooLong);
    }
    let kept = |name: &str| {
        let standard = StandardClaim::from_name(name);
        RESERVED.contains(&name)
            || profile.type_claim.as_deref() == Some(name)
            || standard.is_some_and(|claim| profile.has(claim))
    };
    for (at, rule) in profile.claims.iter().enumerate() {
        let field = |part: &str| format!("profile.claims.{at}.{part}");
        let mut parts = rule.name.split('.');
        if rule.name.len() > 100 || parts.clone().any(str::is_empty) || parts.clone().count() > 4 {
            faults.add(field("name"), Code::InvalidCharacters);
        }
        if parts.next().is_some_and(kept) {
            faults.because(field("name"), Code::InvalidChoice, "this claim is Sereno's own");
        }
        match &rule.source {
            ClaimSource::User(name)
                if !name.starts_with("attributes.") && !token::USER_NAMES.contains(&name.as_str()) =>
            {
                faults.add(field("source"), Code::InvalidChoice);
            }
            ClaimSource::Template(template) => {
                if let Some(reason) = token::refuse_template(template) {
                    faults.because(field("source"), Code::TemplateInvalid, &reason);
                }
            }
            ClaimSource::Constant(value) if value.to_string().len() > TEXT_MAX => {
                faults.add(field("source"), Code::TooLong);
            }
            _ => {}
        }
    }
}

/// Why a browser would drop a cookie of this name (RFC 6265bis §4.1.3).
fn refuse_prefix(name: &str, is_refresh: bool, config: &Config, cookies: &CookieSettings) -> Option<&'static str> {
    // browsers read the prefixes without regard to case
    let name = name.to_ascii_lowercase();
    let (host, secure) = (name.starts_with("__host-"), name.starts_with("__secure-"));
    let path = if is_refresh {
        &cookies.refresh_path
    } else {
        &cookies.path
    };
    if (host || secure) && !cookies.secure.unwrap_or_else(|| config.is_https()) {
        return Some("a name with this prefix needs Secure");
    }
    if host && (cookies.domain.is_some() || path != "/") {
        return Some("__Host- needs the path / and no domain");
    }
    None
}

fn cookies(config: &Config, whole: &Whole<'_>, faults: &mut Faults) {
    let cookies = whole.cookies;
    let names = [
        ("cookies.access", &cookies.access),
        ("cookies.refresh", &cookies.refresh),
        ("cookies.payload", &cookies.payload),
        ("cookies.csrf", &cookies.csrf),
    ];
    for (field, name) in names {
        let is_token = !name.is_empty()
            && name.len() <= 100
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
        if !is_token {
            faults.add(field, Code::InvalidCharacters);
        }
        let reason = refuse_prefix(name, field == "cookies.refresh", config, cookies);
        if let Some(reason) = reason {
            faults.because(field, Code::InvalidChoice, reason);
        }
        if matches!(name.as_str(), "sid" | "__Host-sid" | "locale") {
            faults.because(field, Code::InvalidChoice, "this cookie is Sereno's own");
        }
    }
    let distinct: BTreeSet<_> = names.iter().map(|(_, name)| name).collect();
    if distinct.len() != names.len() {
        faults.because("cookies", Code::InvalidChoice, "two cookies have one name");
    }
    for (field, path) in [
        ("cookies.path", &cookies.path),
        ("cookies.refresh_path", &cookies.refresh_path),
    ] {
        let plain = path
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b';' | b','));
        if !path.starts_with('/') || !plain || path.len() > TEXT_MAX {
            faults.add(field, Code::InvalidCharacters);
        }
    }
    if let Some(domain) = &cookies.domain {
        let host = domain.trim_start_matches('.');
        let plain = host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
        if host.is_empty() || !plain || domain.len() > 253 {
            faults.add("cookies.domain", Code::InvalidCharacters);
        }
    }
    let secure = cookies.secure.unwrap_or_else(|| config.is_https());
    if cookies.same_site == SameSite::None && !secure {
        faults.because("cookies.same_site", Code::InvalidChoice, "None must be Secure");
    }
    if config.is_https() && cookies.secure == Some(false) {
        faults.because(
            "cookies.secure",
            Code::InvalidChoice,
            "must be Secure where the public URL is https",
        );
    }
    if cookies.same_site == SameSite::None && !cookies.csrf_required {
        faults.because(
            "cookies.csrf_required",
            Code::InvalidChoice,
            "None needs the CSRF token",
        );
    }
}

//! What may stand in a provider's settings: which fields each kind takes and needs, addresses, lists and names.

use sereno_types::{Code, FieldError, Secret, SocialKind, SocialSettings};
use url::Url;

use super::{apple, facebook, github, oidc, secret, twitter};
use crate::context::Sereno;

/// Longest name, in characters.
pub(super) const NAME_MAX: usize = 60;
/// Longest name in addresses.
const SLUG_MAX: usize = 40;
/// Longest client id, and any other word.
const WORD_MAX: usize = 255;
/// Longest address.
const URL_MAX: usize = 2_000;
/// Longest secret or key, in bytes.
const SECRET_MAX: usize = 8_192;
/// Most client ids, redirect URIs and scopes.
const LIST_MAX: usize = 20;

/// What a provider is called when nobody says.
pub(super) const fn usual_name(kind: SocialKind) -> &'static str {
    match kind {
        SocialKind::Oidc => "OpenID Connect",
        SocialKind::Google => "Google",
        SocialKind::Apple => "Apple",
        SocialKind::Facebook => "Facebook",
        SocialKind::Microsoft => "Microsoft",
        SocialKind::Github => "GitHub",
        SocialKind::Twitter => "X",
        SocialKind::Cognito => "AWS Cognito",
    }
}

/// What a provider is asked for when nobody says.
pub(super) fn usual_scopes(kind: SocialKind) -> Vec<String> {
    let scopes = match kind {
        SocialKind::Oidc | SocialKind::Google | SocialKind::Microsoft | SocialKind::Cognito => oidc::SCOPES,
        SocialKind::Apple => apple::SCOPES,
        SocialKind::Facebook => facebook::SCOPES,
        SocialKind::Github => github::SCOPES,
        SocialKind::Twitter => twitter::SCOPES,
    };
    scopes.iter().map(|&scope| scope.to_owned()).collect()
}

/// The settings that a kind takes.
fn takes(kind: SocialKind, field: &str) -> bool {
    match kind {
        SocialKind::Oidc => field == "issuer",
        SocialKind::Google => matches!(field, "issuer" | "api_url"),
        SocialKind::Apple => matches!(field, "issuer" | "team_id" | "key_id"),
        SocialKind::Cognito => matches!(field, "issuer" | "region" | "user_pool_id"),
        SocialKind::Microsoft => matches!(field, "base_url" | "api_url" | "tenant"),
        SocialKind::Facebook | SocialKind::Github | SocialKind::Twitter => matches!(field, "base_url" | "api_url"),
    }
}

/// Those that it needs, unless it is told its issuer another way.
fn needs(kind: SocialKind, settings: &SocialSettings) -> &'static [&'static str] {
    match kind {
        SocialKind::Oidc => &["issuer"],
        SocialKind::Apple => &["team_id", "key_id"],
        SocialKind::Cognito if settings.issuer.is_none() => &["region", "user_pool_id"],
        _ => &[],
    }
}

/// A provider as it is to be.
pub(super) struct Whole<'a> {
    pub kind: SocialKind,
    pub name: &'a str,
    pub client_id: &'a str,
    pub secret: Option<&'a Secret>,
    pub audiences: &'a [String],
    pub redirect_uris: &'a [String],
    pub scopes: &'a [String],
    pub settings: &'a SocialSettings,
}

/// Everything that is wrong with it.
pub(super) fn judge(sereno: &Sereno, whole: &Whole<'_>) -> Vec<FieldError> {
    let mut faults = Vec::new();
    word(&mut faults, "name", whole.name, NAME_MAX);
    word(&mut faults, "client_id", whole.client_id, WORD_MAX);
    let path_safe = |c: char| c.is_ascii_graphic() && !matches!(c, '/' | '?' | '#' | '%' | '\\');
    if !whole.client_id.chars().all(path_safe) {
        faults.push(FieldError::new("client_id", Code::InvalidCharacters));
    }
    for (field, list) in [
        ("audiences", whole.audiences),
        ("redirect_uris", whole.redirect_uris),
        ("scopes", whole.scopes),
    ] {
        if list.len() > LIST_MAX {
            faults.push(FieldError::new(field, Code::TooLong).with("max", LIST_MAX as u64));
        }
    }
    for audience in whole.audiences {
        word(&mut faults, "audiences", audience, WORD_MAX);
    }
    for scope in whole.scopes {
        word(&mut faults, "scopes", scope, WORD_MAX);
        if !scope.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '"' | '\\')) {
            faults.push(FieldError::new("scopes", Code::InvalidCharacters));
        }
    }
    for uri in whole.redirect_uris {
        // apps on phones have schemes of their own
        let is_uri = uri.len() <= URL_MAX && Url::parse(uri).is_ok_and(|url| url.fragment().is_none());
        if !is_uri {
            faults.push(FieldError::new("redirect_uris", Code::InvalidUrl));
        }
    }
    of_kind(sereno, whole, &mut faults);
    if let Some(given) = whole.secret {
        if given.expose().len() > SECRET_MAX {
            faults.push(FieldError::new("client_secret", Code::TooLong).with("max", SECRET_MAX as u64));
        } else if whole.kind == SocialKind::Apple && !secret::can_sign(given) {
            faults.push(FieldError::new("client_secret", Code::PrivateKeyInvalid));
        }
    }
    faults
}

fn of_kind(sereno: &Sereno, whole: &Whole<'_>, faults: &mut Vec<FieldError>) {
    let settings = whole.settings;
    let needed = needs(whole.kind, settings);
    let is_url = |field| matches!(field, "issuer" | "base_url" | "api_url");
    for (field, value) in [
        ("issuer", &settings.issuer),
        ("base_url", &settings.base_url),
        ("api_url", &settings.api_url),
        ("tenant", &settings.tenant),
        ("team_id", &settings.team_id),
        ("key_id", &settings.key_id),
        ("region", &settings.region),
        ("user_pool_id", &settings.user_pool_id),
    ] {
        let path = format!("settings.{field}");
        match value {
            None if needed.contains(&field) => faults.push(FieldError::new(path, Code::Blank)),
            None => {}
            Some(_) if !takes(whole.kind, field) => faults.push(FieldError::new(path, Code::UnknownField)),
            Some(url) if is_url(field) && is_address(sereno, url) => {}
            Some(_) if is_url(field) => faults.push(FieldError::new(path, Code::InvalidUrl)),
            Some(word) => {
                let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
                if word.is_empty() {
                    faults.push(FieldError::new(path, Code::Blank));
                } else if word.len() > WORD_MAX {
                    faults.push(FieldError::new(path, Code::TooLong).with("max", WORD_MAX as u64));
                } else if !word.chars().all(plain) || word.contains("..") {
                    faults.push(FieldError::new(path, Code::InvalidCharacters));
                }
            }
        }
    }
}

/// Where a provider may be: reached by https, on a developer's machine also by http.
fn is_address(sereno: &Sereno, text: &str) -> bool {
    text.len() <= URL_MAX
        && Url::parse(text).is_ok_and(|url| {
            (url.scheme() == "https" || (url.scheme() == "http" && sereno.config.is_dev()))
                && url.host().is_some()
                && url.username().is_empty()
                && url.password().is_none()
                && url.query().is_none()
                && url.fragment().is_none()
        })
}

fn word(faults: &mut Vec<FieldError>, field: &str, text: &str, most: usize) {
    if text.trim().is_empty() {
        faults.push(FieldError::new(field, Code::Blank));
    } else if text.chars().count() > most {
        faults.push(FieldError::new(field, Code::TooLong).with("max", most as u64));
    } else if text.chars().any(char::is_control) {
        faults.push(FieldError::new(field, Code::InvalidCharacters));
    }
}

/// What is wrong with a name in addresses.
pub(super) fn judge_slug(slug: &str) -> Option<FieldError> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if slug.is_empty() {
        return Some(FieldError::new("slug", Code::Blank));
    }
    if slug.len() > SLUG_MAX {
        return Some(FieldError::new("slug", Code::TooLong).with("max", SLUG_MAX as u64));
    }
    (!slug.chars().all(plain)).then(|| FieldError::new("slug", Code::InvalidCharacters))
}

#[cfg(test)]
pub(super) mod tests {
    use sereno_types::SocialLinking;
    use uuid::Uuid;

    use super::*;
    use crate::error::Result;
    use crate::social::provider::Provider;

    /// A provider of this kind that calls us `client`.
    pub fn provider(kind: SocialKind) -> Provider {
        Provider {
            id: Uuid::nil(),
            slug: kind.as_str().to_owned(),
            kind,
            name: usual_name(kind).to_owned(),
            client_id: "client".to_owned(),
            secret: Some("secret".into()),
            audiences: Vec::new(),
            redirect_uris: Vec::new(),
            scopes: usual_scopes(kind),
            settings: SocialSettings::default(),
            sign_up: true,
            linking: SocialLinking::Never,
        }
    }

    /// Why it was refused.
    pub fn refused_with<T>(outcome: Result<T>) -> Code {
        outcome.err().expect("nothing was refused").code()
    }

    #[test]
    fn names_in_addresses_are_plain() {
        assert!(judge_slug("google-2").is_none());
        for (slug, code) in [
            ("", Code::Blank),
            ("Google", Code::InvalidCharacters),
            ("../x", Code::InvalidCharacters),
            (&"a".repeat(41), Code::TooLong),
        ] {
            assert_eq!(judge_slug(slug).unwrap().code, code);
        }
    }
}

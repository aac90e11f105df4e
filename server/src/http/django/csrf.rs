//! Django's defence against cross-site requests: a secret in a cookie that comes back in a header or a field, and where the request
//! says it comes from. Its order of checks and its reasons.

use axum::http::{HeaderMap, HeaderName, Method, header};
use sereno_core::Sereno;
use sereno_core::config::Config;
use sereno_core::crypto::constant_time_eq;
use url::Url;

use crate::http::cookies::cookie_of;

/// The cookie's name.
pub const COOKIE: &str = "csrftoken";
/// The form field's name.
pub const FIELD: &str = "csrfmiddlewaretoken";
/// Seconds the cookie lasts: a year of 52 weeks.
pub const MAX_AGE: u64 = 31_449_600;
const HEADER: HeaderName = HeaderName::from_static("x-csrftoken");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// Characters of a secret.
const SECRET: usize = 32;
/// Characters of a secret behind a mask, which older clients send.
const MASKED: usize = 64;
const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// A new secret.
///
/// # Errors
/// When there is no randomness.
pub fn fresh(sereno: &Sereno) -> sereno_core::Result<String> {
    let mut secret = String::with_capacity(SECRET);
    while secret.len() < SECRET {
        // bytes beyond the last whole round would make some characters likelier than others
        let fair = sereno.entropy.bytes::<SECRET>()?.into_iter().filter(|byte| *byte < 248);
        let drawn = fair.filter_map(|byte| ALPHABET.get(usize::from(byte) % ALPHABET.len()));
        secret.extend(drawn.take(SECRET - secret.len()).map(|byte| char::from(*byte)));
    }
    Ok(secret)
}

/// The secret in the request's cookie, if it holds one.
#[must_use]
pub fn kept(headers: &HeaderMap) -> Option<String> {
    let text = cookie_of(headers, COOKIE)?;
    judge(&text).is_none().then(|| unmasked(&text))
}

/// Whether the request may go on, or why not. `posted` is the field of the form.
///
/// # Errors
/// The reason, in Django's words.
pub fn check(
    config: &Config,
    trusted: &[String],
    method: &Method,
    headers: &HeaderMap,
    posted: Option<&str>,
) -> Result<(), String> {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE) {
        return Ok(());
    }
    let site = Site::of(config, trusted, headers);
    if let Some(origin) = headers.get(header::ORIGIN) {
        let origin = origin.to_str().unwrap_or("null");
        if !site.knows(origin) {
            return Err(format!(
                "Origin checking failed - {origin} does not match any trusted origins."
            ));
        }
    } else if site.is_secure {
        site.judge_referer(headers)?;
    }
    let Some(kept) = cookie_of(headers, COOKIE) else {
        return Err("CSRF cookie not set.".to_owned());
    };
    if let Some(fault) = judge(&kept) {
        return Err(format!("CSRF cookie {fault}."));
    }
    let posted = posted.filter(|posted| !posted.is_empty() && *method == Method::POST);
    let (sent, source) = match posted {
        Some(posted) => (posted, "POST"),
        None => match headers.get(HEADER) {
            None => return Err("CSRF token missing.".to_owned()),
            Some(sent) => (sent.to_str().unwrap_or("?"), "the 'X-Csrftoken' HTTP header"),
        },
    };
    if let Some(fault) = judge(sent) {
        return Err(format!("CSRF token from {source} {fault}."));
    }
    if !constant_time_eq(unmasked(sent).as_bytes(), unmasked(&kept).as_bytes()) {
        return Err(format!("CSRF token from {source} incorrect."));
    }
    Ok(())
}

/// Why a text cannot be a token.
fn judge(text: &str) -> Option<&'static str> {
    if text.len() != SECRET && text.len() != MASKED {
        return Some("has incorrect length");
    }
    let known = text.bytes().all(|byte| ALPHABET.contains(&byte));
    (!known).then_some("has invalid characters")
}

/// The secret of a token that was found sound: of a masked one, each character less that of the mask before it.
fn unmasked(text: &str) -> String {
    let Some((mask, cipher)) = text.split_at_checked(SECRET).filter(|(_, cipher)| !cipher.is_empty()) else {
        return text.to_owned();
    };
    let place = |byte: u8| ALPHABET.iter().position(|known| *known == byte).unwrap_or(0);
    let pairs = mask.bytes().zip(cipher.bytes());
    let secret = pairs.map(|(mask, cipher)| (place(cipher) + ALPHABET.len() - place(mask)) % ALPHABET.len());
    secret
        .filter_map(|at| ALPHABET.get(at).map(|byte| char::from(*byte)))
        .collect()
}

/// What counts as this site: the public URL, what the request itself calls it (no page of another site can change that), and
/// whom the settings trust.
struct Site<'a> {
    own: [String; 2],
    is_secure: bool,
    trusted: &'a [String],
}

impl<'a> Site<'a> {
    fn of(config: &Config, trusted: &'a [String], headers: &HeaderMap) -> Self {
        // each proxy adds to the list: the first entry is what the browser spoke
        let forwarded = headers.get(FORWARDED_PROTO).and_then(|list| list.to_str().ok());
        let forwarded = forwarded.and_then(|list| list.split(',').next()).map(str::trim);
        let is_secure = config.is_https() || forwarded == Some("https");
        let scheme = if is_secure { "https" } else { "http" };
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let asked = host.map(|host| format!("{scheme}://{host}")).unwrap_or_default();
        Self {
            own: [config.public_origin(), asked],
            is_secure,
            trusted,
        }
    }

    fn knows(&self, origin: &str) -> bool {
        self.own.iter().any(|own| !own.is_empty() && own == origin)
            || self.trusted.iter().any(|trusted| covers(trusted, origin))
    }

    fn judge_referer(&self, headers: &HeaderMap) -> Result<(), String> {
        let failed = |why: String| Err(format!("Referer checking failed - {why}."));
        let Some(referer) = headers.get(header::REFERER) else {
            return failed("no Referer".to_owned());
        };
        let text = referer.to_str().unwrap_or_default();
        let parsed = Url::parse(text).ok().filter(|url| url.host().is_some());
        let Some(parsed) = parsed else {
            return failed("Referer is malformed".to_owned());
        };
        if parsed.scheme() != "https" {
            return failed("Referer is insecure while host is secure".to_owned());
        }
        if self.knows(&parsed.origin().ascii_serialization()) {
            return Ok(());
        }
        failed(format!("{text} does not match any trusted origins"))
    }
}

/// Whether a trusted origin is this one, or a pattern for its domain.
fn covers(trusted: &str, origin: &str) -> bool {
    let Some((scheme, domain)) = trusted.split_once("://*") else {
        return trusted == origin;
    };
    let host = origin.split_once("://").filter(|(theirs, _)| *theirs == scheme);
    // `*.example.org` is example.org, too, as Django has it
    host.is_some_and(|(_, host)| host.ends_with(domain) || Some(host) == domain.strip_prefix('.'))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const SECRET_TEXT: &str = "abcdefghijklmnopqrstuvwxyzABCDEF";

    fn of(url: &str, sent: &[(&'static str, &str)], posted: Option<&str>) -> Result<(), String> {
        let mut config = Config::default();
        config.server.public_url = url.to_owned();
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            headers.append(*name, HeaderValue::from_str(value).unwrap());
        }
        let trusted = ["https://app.example.org".to_owned(), "https://*.example.com".to_owned()];
        check(&config, &trusted, &Method::POST, &headers, posted)
    }

    fn masked(secret: &str, mask: &str) -> String {
        let place = |byte: u8| ALPHABET.iter().position(|known| *known == byte).unwrap();
        let pairs = secret.bytes().zip(mask.bytes());
        let cipher = pairs.map(|(one, other)| char::from(ALPHABET[(place(one) + place(other)) % ALPHABET.len()]));
        format!("{mask}{}", cipher.collect::<String>())
    }

    #[test]
    fn the_token_must_be_the_one_in_the_cookie() {
        let cookie = format!("csrftoken={SECRET_TEXT}");
        let cookie = ("cookie", cookie.as_str());
        let hidden = masked(SECRET_TEXT, "9876543210zyxwvutsrqponmlkjihgfe");
        let none: Option<&str> = None;
        for (sent, posted, expected) in [
            (vec![], none, Err("CSRF cookie not set.")),
            (vec![cookie], none, Err("CSRF token missing.")),
            (vec![cookie, ("x-csrftoken", SECRET_TEXT)], none, Ok(())),
            (vec![cookie, ("x-csrftoken", hidden.as_str())], none, Ok(())),
            (vec![cookie], Some(SECRET_TEXT), Ok(())),
            (vec![cookie], Some(hidden.as_str()), Ok(())),
            (
                vec![cookie, ("x-csrftoken", "short")],
                none,
                Err("CSRF token from the 'X-Csrftoken' HTTP header has incorrect length."),
            ),
            (
                vec![cookie, ("x-csrftoken", "abcdefghijklmnopqrstuvwxyz-BCDEF")],
                none,
                Err("CSRF token from the 'X-Csrftoken' HTTP header has invalid characters."),
            ),
            (
                vec![cookie, ("x-csrftoken", "bbcdefghijklmnopqrstuvwxyzABCDEF")],
                none,
                Err("CSRF token from the 'X-Csrftoken' HTTP header incorrect."),
            ),
            (
                vec![cookie],
                Some("x"),
                Err("CSRF token from POST has incorrect length."),
            ),
            (
                vec![("cookie", "csrftoken=x")],
                none,
                Err("CSRF cookie has incorrect length."),
            ),
        ] {
            let said = of("http://127.0.0.1:3000", &sent, posted);
            assert_eq!(said.as_ref().map_err(String::as_str).copied(), expected, "{sent:?}");
        }
    }

    #[test]
    fn a_request_must_come_from_here_or_from_whom_the_settings_trust() {
        let cookie = format!("csrftoken={SECRET_TEXT}");
        let good = [("cookie", cookie.as_str()), ("x-csrftoken", SECRET_TEXT)];
        let with = |url: &str, more: &[(&'static str, &str)]| of(url, &[&good, more].concat(), None);
        let https = "https://id.example.net";
        for (url, more, expected) in [
            ("http://127.0.0.1:3000", vec![("origin", "http://127.0.0.1:3000")], ""),
            (
                "http://127.0.0.1:3000",
                vec![("origin", "http://localhost:9"), ("host", "localhost:9")],
                "",
            ),
            (https, vec![("origin", "https://app.example.org")], ""),
            (https, vec![("origin", "https://a.b.example.com")], ""),
            (https, vec![("origin", "https://example.com")], ""),
            (
                https,
                vec![("origin", "https://badexample.com")],
                "Origin checking failed - https://badexample.com does not match any trusted origins.",
            ),
            (
                https,
                vec![("origin", "null")],
                "Origin checking failed - null does not match any trusted origins.",
            ),
            (https, vec![], "Referer checking failed - no Referer."),
            (
                https,
                vec![("referer", "/x")],
                "Referer checking failed - Referer is malformed.",
            ),
            (
                https,
                vec![("referer", "http://id.example.net/")],
                "Referer checking failed - Referer is insecure while host is secure.",
            ),
            (https, vec![("referer", "https://id.example.net/x")], ""),
            (https, vec![("referer", "https://app.example.org/")], ""),
            (
                https,
                vec![("referer", "https://evil.example/")],
                "Referer checking failed - https://evil.example/ does not match any trusted origins.",
            ),
            (
                "http://127.0.0.1:3000",
                vec![("x-forwarded-proto", "https"), ("host", "api.example.net")],
                "Referer checking failed - no Referer.",
            ),
            (
                "http://127.0.0.1:3000",
                vec![("x-forwarded-proto", "https, http"), ("host", "api.example.net")],
                "Referer checking failed - no Referer.",
            ),
            (
                "http://127.0.0.1:3000",
                vec![("x-forwarded-proto", "http, https"), ("host", "api.example.net")],
                "",
            ),
        ] {
            let said = with(url, &more).err().unwrap_or_default();
            assert_eq!(said, expected, "{url} {more:?}");
        }
    }
}

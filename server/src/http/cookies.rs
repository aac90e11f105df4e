//! Reading cookies. Knows nothing else of this program, so that it can be tried apart.

use axum::http::{HeaderMap, header};

/// The value of a cookie, whatever else the browser brings along: what other pages of this host set need not be ASCII.
#[must_use]
pub fn cookie_of(headers: &HeaderMap, name: &str) -> Option<String> {
    let sent = headers.get_all(header::COOKIE).into_iter();
    let pairs = sent
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b';'))
        .filter_map(|pair| std::str::from_utf8(pair).ok());
    let named = pairs.filter_map(|pair| pair.trim().split_once('=').filter(|(known, _)| *known == name));
    let mut values = named.map(|(_, value)| value.trim_matches('"'));
    values.find(|value| !value.is_empty()).map(str::to_owned)
}

//! The cookie reader: never panics, and gives a value only where a cookie of exactly that name was sent with it.
#![no_main]

#[path = "../../../src/http/cookies.rs"]
mod cookies;

use axum::http::{HeaderMap, HeaderValue, header};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|lines: Vec<Vec<u8>>| {
    let mut headers = HeaderMap::new();
    for line in &lines {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(header::COOKIE, value);
        }
    }
    for name in ["__Host-sid", "refresh", "a"] {
        let Some(value) = cookies::cookie_of(&headers, name) else { continue };
        let sent = headers.get_all(header::COOKIE).iter();
        let pairs = sent.flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
        let texts = pairs.filter_map(|pair| std::str::from_utf8(pair).ok());
        let mut pairs = texts.filter_map(|pair| pair.trim().split_once('='));
        assert!(
            pairs.any(|(known, said)| known == name && said.trim_matches('"') == value),
            "{name} was never sent with {value:?}"
        );
    }
});

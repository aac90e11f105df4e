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
    let mut plain = headers.clone();
    cookies::leave_plain(&mut plain);
    for name in ["__Host-sid", "refresh", "a"] {
        assert_eq!(cookies::cookie_of(&plain, name), cookies::cookie_of(&headers, name), "{name} was taken away");
        let Some(value) = cookies::cookie_of(&headers, name) else { continue };
        let sent = headers.get_all(header::COOKIE).iter();
        let pairs = sent.flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
        // browsers leave out these blanks and no others (RFC 6265 §5.2)
        let texts = pairs.filter_map(|pair| std::str::from_utf8(pair).ok()).map(|pair| pair.trim_matches([' ', '\t']));
        let mut pairs = texts.filter_map(|pair| pair.split_once('='));
        assert!(
            pairs.any(|(known, said)| known == name && said.trim_matches('"') == value),
            "{name} was never sent with {value:?}"
        );
    }
});

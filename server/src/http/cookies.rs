//! Reading cookies. Knows nothing else of this program, so that it can be tried apart.

use axum::http::{HeaderMap, HeaderValue, header};

/// The value of a cookie, whatever else the browser brings along.
#[must_use]
pub fn cookie_of(headers: &HeaderMap, name: &str) -> Option<String> {
    let named = pairs(headers).filter_map(|pair| pair.split_once('=').filter(|(known, _)| *known == name));
    let mut values = named.map(|(_, value)| value.trim_matches('"'));
    values.find(|value| !value.is_empty()).map(str::to_owned)
}

/// Takes away what could be read as a cookie of another name. To browsers `%5F_Host-sid`, or `__Host-sid` behind a blank that is
/// not ASCII, is a name without a prefix, so that a page of any host of this domain may set it (RFC 6265bis §4.1.3.2); whoever decodes
/// names, as the reader of the sessions does, would take it for ours. Names of ours are letters, digits, `_`, `-` and `.`, and values
/// of ours are ASCII: what other pages set must hide none of them.
pub fn leave_plain(headers: &mut HeaderMap) {
    let suspicious = |byte: &u8| !byte.is_ascii() || *byte == b'%';
    let mut lines = headers.get_all(header::COOKIE).iter();
    if !lines.any(|line| line.as_bytes().iter().any(suspicious)) {
        return;
    }
    let is_plain = |pair: &&str| pair.split_once('=').is_some_and(|(name, _)| !name.contains('%'));
    let plain: Vec<&str> = pairs(headers).filter(is_plain).collect();
    match HeaderValue::from_str(&plain.join("; ")) {
        Ok(line) if !line.is_empty() => headers.insert(header::COOKIE, line),
        _ => headers.remove(header::COOKIE),
    };
}

/// Names and values, those that are ASCII, without the blanks that browsers leave out, too.
fn pairs(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(header::COOKIE).into_iter();
    let pairs = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    let ascii = pairs.filter(|pair| pair.is_ascii());
    ascii.filter_map(|pair| std::str::from_utf8(pair.trim_ascii()).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(lines: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::COOKIE, HeaderValue::from_bytes(line).unwrap());
        }
        headers
    }

    #[test]
    fn a_cookie_is_found_among_others_and_is_nobody_elses() {
        for line in [
            &b"__Host-sid=x"[..],
            b"a=b;\t__Host-sid=x",
            b"n=Jos\xe9; __Host-sid=x",
            b"__Host-sid=; __Host-sid=\"x\"",
        ] {
            assert_eq!(
                cookie_of(&sent(&[line]), "__Host-sid").as_deref(),
                Some("x"),
                "{line:?}"
            );
        }
        for line in [
            "\u{2000}__Host-sid=x",
            "\u{a0}__Host-sid=x",
            "\u{85}__Host-sid=x",
            "%5F_Host-sid=x",
            "__host-sid=x",
        ] {
            assert_eq!(cookie_of(&sent(&[line.as_bytes()]), "__Host-sid"), None, "{line:?}");
        }
    }

    #[test]
    fn what_is_not_plain_is_taken_away() {
        for (lines, expected) in [
            (&[&b"a=%20; b=c"[..]][..], Some("a=%20; b=c")),
            (&["\u{2000}__Host-sid=x; a=b".as_bytes()], Some("a=b")),
            (&[b"%5F_Host-sid=x"], None),
            (&[b"%; a=b"], Some("a=b")),
            (&[b"n=Jos\xe9", b"a=b", b"c=d"], Some("a=b; c=d")),
            (&[], None),
        ] {
            let mut headers = sent(lines);
            leave_plain(&mut headers);
            let left = headers
                .get_all(header::COOKIE)
                .iter()
                .map(|line| line.to_str().unwrap());
            assert_eq!(left.collect::<Vec<_>>(), expected.as_slice(), "{lines:?}");
        }
        // nothing is done where nothing is to do
        let mut headers = sent(&[b"a=b ;c", b"d=e"]);
        leave_plain(&mut headers);
        assert_eq!(headers, sent(&[b"a=b ;c", b"d=e"]));
    }
}

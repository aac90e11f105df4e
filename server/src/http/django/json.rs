//! JSON as Python's `json.dumps` writes it: a blank behind commas and colons, and nothing but ASCII.

use std::io::{self, Write};

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};

/// An answer of Django's `JsonResponse`.
pub struct Json<T>(pub StatusCode, pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        let kind = HeaderValue::from_static("application/json");
        (self.0, [(header::CONTENT_TYPE, kind)], to_string(&self.1)).into_response()
    }
}

/// The text of a value, its members in their own order.
#[must_use]
pub fn to_string<T: Serialize>(value: &T) -> String {
    let mut text = Vec::with_capacity(256);
    // a value of ours that is no JSON would be a fault of the program, and an empty answer tells nothing wrong
    if value
        .serialize(&mut Serializer::with_formatter(&mut text, Python))
        .is_err()
    {
        return String::new();
    }
    String::from_utf8(text).unwrap_or_default()
}

/// The same with members sorted at every level (`sort_keys`).
#[must_use]
pub fn to_sorted_string(value: &Value) -> String {
    // objects of `serde_json` are sorted already, as long as nobody switches their order on
    debug_assert!(value.as_object().is_none_or(|object| object.keys().is_sorted()));
    to_string(value)
}

struct Python;

impl Formatter for Python {
    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        if fragment.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut plain = 0;
        for (at, c) in fragment.char_indices() {
            if matches!(c, ' '..='~') {
                continue;
            }
            writer.write_all(&fragment.as_bytes()[plain..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            plain = at + c.len_utf8();
        }
        writer.write_all(&fragment.as_bytes()[plain..])
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_is_written_as_python_writes_it() {
        for (value, expected) in [
            (json!({"b": [1, 2, {}], "a": null}), r#"{"a": null, "b": [1, 2, {}]}"#),
            (json!({"b": {"d": 1, "c": true}}), r#"{"b": {"c": true, "d": 1}}"#),
            (json!([]), "[]"),
            (json!("é \u{1f600} \u{7f}"), r#""\u00e9 \ud83d\ude00 \u007f""#),
            (json!("\"\\\n\t\u{1}/"), r#""\"\\\n\t\u0001/""#),
            (json!("aéb"), r#""a\u00e9b""#),
        ] {
            assert_eq!(to_string(&value), expected);
            assert_eq!(to_sorted_string(&value), expected);
        }
    }

    #[test]
    fn members_keep_the_order_of_a_struct() {
        #[derive(Serialize)]
        struct Pair {
            refresh: u8,
            access: u8,
        }
        let pair = Pair { refresh: 1, access: 2 };
        assert_eq!(to_string(&pair), r#"{"refresh": 1, "access": 2}"#);
    }
}

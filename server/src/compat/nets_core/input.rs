//! What a request brings, before anybody asks what it is to be: the query of a `GET`; JSON, where it says so; else the form of a
//! `POST`, with its files.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use sereno_types::Code;

use super::request::Answered;
use super::wire;
use crate::http::django::form::{FIELDS_MAX, Form, Upload};

/// What a request brings: its values in the order in which they came, and its files.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// Values, each name once.
    pub values: Vec<(String, Value)>,
    /// Files by the name of their field.
    pub files: Vec<(String, Upload)>,
}

impl Input {
    /// Sets a value; one of the same name gives way, and keeps its place.
    pub fn put(&mut self, name: String, value: Value) {
        match self.values.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.values.push((name, value)),
        }
    }

    /// Whether a NUL stands anywhere in its values, which no database of ours can keep.
    #[must_use]
    pub fn holds_nul(&self) -> bool {
        self.values.iter().any(|(_, value)| holds_nul(value))
    }

    /// A value as it came.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }
}

impl From<Form> for Input {
    fn from(form: Form) -> Self {
        let mut input = Self {
            files: form.files,
            ..Self::default()
        };
        for (name, text) in form.fields {
            input.put(name, Value::String(text));
        }
        input
    }
}

/// Reads a request.
///
/// # Errors
/// A refusal in the words of the package for JSON that is no object; `malformed_body` for what is no form.
pub async fn read(parts: &Parts, body: Body) -> Answered<Input> {
    if parts.method == Method::GET {
        let query = parts.uri.query().unwrap_or_default();
        return Ok(Form::urlencoded(query.as_bytes())?.into());
    }
    let kind = parts.headers.get(header::CONTENT_TYPE);
    let is_json = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    let is_post = parts.method == Method::POST;
    let request = || Request::from_parts(parts.clone(), body);
    if is_json {
        let bytes = Bytes::from_request(request(), &()).await;
        return json(&bytes.map_err(|_| Code::MalformedBody)?).ok_or_else(|| {
            let text = "The body must be a JSON object";
            wire::refusal(StatusCode::BAD_REQUEST, text).into()
        });
    }
    if is_post {
        return Ok(Form::from_request(request(), &()).await?.into());
    }
    Ok(Input::default())
}

/// An object with its members in the order in which they came; nothing for what is none.
fn json(bytes: &[u8]) -> Option<Input> {
    struct Members;

    impl<'de> Visitor<'de> for Members {
        type Value = Input;

        fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Input, A::Error> {
            let mut input = Input::default();
            while let Some((name, value)) = map.next_entry::<String, Value>()? {
                input.put(name, value);
                // as many as of a form: each is looked for among those before it
                if input.values.len() > FIELDS_MAX {
                    return Err(serde::de::Error::custom("too many members"));
                }
            }
            Ok(input)
        }
    }

    // some editors begin every text with it, and Python passes it over
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let input = deserializer.deserialize_map(Members).ok()?;
    deserializer.end().ok()?;
    Some(input)
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(members) => members.iter().any(|(name, of)| name.contains('\0') || holds_nul(of)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_their_order_and_the_last_of_two_wins() {
        let input = json(br#"{"b": 1, "a": 2, "b": 3}"#).unwrap();
        assert_eq!(
            input.values,
            [("b".to_owned(), Value::from(3)), ("a".to_owned(), Value::from(2))]
        );
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for body in ["", "[1]", "5", "null", "{", "{} x"] {
            assert!(json(body.as_bytes()).is_none(), "{body}");
        }
        assert!(json(b" {} ").is_some());
        assert!(json("\u{feff}{}".as_bytes()).is_some());
        // each member is looked for among those before it: no more of them than a form may have
        let object = |count: usize| {
            let members: Vec<String> = (0..count).map(|at| format!("\"a{at}\": 1")).collect();
            json(format!("{{{}}}", members.join(",")).as_bytes())
        };
        assert!(object(FIELDS_MAX).is_some());
        assert!(object(FIELDS_MAX + 1).is_none());
    }

    #[test]
    fn a_nul_is_found_wherever_it_stands() {
        for (body, expected) in [
            (r#"{"a": "\u0000"}"#, true),
            (r#"{"a": [{"\u0000": 1}]}"#, true),
            (r#"{"a": [{"b": "c"}, 5, null]}"#, false),
        ] {
            assert_eq!(json(body.as_bytes()).unwrap().holds_nul(), expected, "{body}");
        }
        assert!(Input::from(Form::urlencoded(b"a=%00").unwrap()).holds_nul());
    }

    #[test]
    fn of_a_field_that_stands_twice_the_last_one_counts() {
        let input = Input::from(Form::urlencoded(b"l=a&l=b&s=1&s=2").unwrap());
        assert_eq!(input.get("l"), Some(&Value::from("b")));
        assert_eq!(input.get("s"), Some(&Value::from("2")));
    }
}

//! What a request brings, before anybody asks what it is to be: the query of a `GET`; JSON, where it says so; else the form of a
//! `POST`, with its files.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use sereno_types::Code;

use super::request::Answered;
use super::wire;

/// Most fields of a form (`DATA_UPLOAD_MAX_NUMBER_FIELDS`).
const FIELDS_MAX: usize = 1_000;

/// A file that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// What the client calls it; good for nothing but its ending.
    pub name: String,
    /// What is in it.
    pub bytes: Bytes,
}

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

/// Reads a request.
///
/// # Errors
/// A refusal in the words of the package for JSON that is no object; `malformed_body` for what is no form.
pub async fn read(parts: Parts, body: Body) -> Answered<Input> {
    if parts.method == Method::GET {
        return Ok(urlencoded(parts.uri.query().unwrap_or_default().as_bytes())?);
    }
    let kind = parts.headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.trim().to_ascii_lowercase();
    let is_post = parts.method == Method::POST;
    let request = Request::from_parts(parts, body);
    if kind.starts_with("application/json") {
        let bytes = whole(request).await?;
        return json(&bytes).ok_or_else(|| {
            let text = "The body must be a JSON object";
            wire::refusal(StatusCode::BAD_REQUEST, text).into()
        });
    }
    if is_post && kind.starts_with("application/x-www-form-urlencoded") {
        return Ok(urlencoded(&whole(request).await?)?);
    }
    if is_post && kind.starts_with("multipart/form-data") {
        let form = Multipart::from_request(request, &()).await;
        return multipart(form.map_err(|_| Code::MalformedBody)?).await;
    }
    Ok(Input::default())
}

async fn whole(request: Request) -> Answered<Bytes> {
    let bytes = Bytes::from_request(request, &()).await;
    Ok(bytes.map_err(|_| Code::MalformedBody)?)
}

fn urlencoded(bytes: &[u8]) -> Result<Input, Code> {
    let mut input = Input::default();
    for (at, (name, value)) in url::form_urlencoded::parse(bytes).enumerate() {
        if at >= FIELDS_MAX {
            return Err(Code::MalformedBody);
        }
        input.put(name.into_owned(), Value::String(value.into_owned()));
    }
    Ok(input)
}

async fn multipart(mut form: Multipart) -> Answered<Input> {
    let mut input = Input::default();
    let mut count = 0_usize;
    while let Some(field) = form.next_field().await.map_err(|_| Code::MalformedBody)? {
        count = count.saturating_add(1);
        if count > FIELDS_MAX {
            return Err(Code::MalformedBody.into());
        }
        let Some(name) = field.name().map(str::to_owned) else {
            continue;
        };
        let file_name = field.file_name().map(str::to_owned);
        let bytes = field.bytes().await.map_err(|_| Code::MalformedBody)?;
        match file_name {
            // where no file was chosen
            Some(file_name) if file_name.is_empty() => {}
            Some(file_name) => {
                input.files.retain(|(known, _)| *known != name);
                input.files.push((name, Upload { name: file_name, bytes }));
            }
            None => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                input.put(name, Value::String(text));
            }
        }
    }
    Ok(input)
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
        assert!(urlencoded(b"a=%00").unwrap().holds_nul());
    }

    #[test]
    fn of_a_field_that_stands_twice_the_last_one_counts() {
        let input = urlencoded(b"l=a&l=b&s=1&s=2").unwrap();
        assert_eq!(input.get("l"), Some(&Value::from("b")));
        assert_eq!(input.get("s"), Some(&Value::from("2")));
    }
}

//! JSON and query strings on their way in: content type, syntax, then shape, each refused with its own code and the
//! field's path. And JSON on its way out.

use axum::body::HttpBody;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{Method, header};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::Value;
use sereno_types::{Code, FieldError, Problem};

use super::problem::Refusal;
use super::strict::{Closed, Unique};

/// A JSON body of a known shape.
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let kind = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .unwrap_or("");
        let kind = kind.split(';').next().unwrap_or("").trim();
        // a change of a resource may call itself by its name (RFC 7396)
        let patch = request.method() == Method::PATCH && kind.eq_ignore_ascii_case("application/merge-patch+json");
        if !patch && !kind.eq_ignore_ascii_case("application/json") {
            return Err(Code::UnsupportedMediaType.into());
        }
        let bytes = axum::body::Bytes::from_request(request, state)
            .await
            .map_err(|_| Code::MalformedBody)?;
        parse(&bytes).map(Self)
    }
}

impl<T: serde::Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// For calls that take no body: none, or the empty object that some clients send.
pub struct Nothing;

impl<S: Send + Sync> FromRequest<S> for Nothing {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Empty {}

        if request.body().is_end_stream() {
            return Ok(Self);
        }
        let Json(Empty {}) = Json::from_request(request, state).await?;
        Ok(Self)
    }
}

/// Syntax first, so that what is cut off is told from what has the wrong shape.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    let text = std::str::from_utf8(bytes).map_err(|_| Code::MalformedBody)?;
    let mut source = serde_json::Deserializer::from_str(text);
    let Unique(value) = serde_path_to_error::deserialize(&mut source).map_err(|error| shape(&error))?;
    source.end().map_err(|_| Code::MalformedBody)?;
    if let Some(path) = nul_in(&value, String::new()) {
        return Err(Refusal(Problem::fields(vec![FieldError::new(
            path,
            Code::InvalidCharacters,
        )])));
    }
    serde_path_to_error::deserialize(Closed(&value)).map_err(|error| shape(&error))
}

/// Which field is wrong, and how. Syntax errors are the whole body's.
fn shape(error: &serde_path_to_error::Error<serde_json::Error>) -> Refusal {
    if !error.inner().is_data() {
        return Code::MalformedBody.into();
    }
    // `list[0].name` is `list.0.name` on our wire
    let path = error.path().to_string().replace('[', ".").replace(']', "");
    let message = error.inner().to_string();
    Refusal(Problem::fields(vec![fault(&path, &message)]))
}

/// serde says what is wrong in prose only; these beginnings are its own and have a test.
fn fault(path: &str, message: &str) -> FieldError {
    let named = message.split('`').nth(1).unwrap_or("");
    let path = if path == "." { "" } else { path };
    if message.starts_with("unknown field") {
        // serde's path ends with the unknown field itself
        let field = if path.is_empty() { named } else { path };
        return FieldError::new(field, Code::UnknownField);
    }
    // these two are said of the object around the field
    let below = || match path {
        "" => named.to_owned(),
        path => format!("{path}.{named}"),
    };
    if message.starts_with("missing field") {
        return FieldError::new(below(), Code::Blank);
    }
    if message.starts_with("duplicate field") {
        return FieldError::new(below(), Code::InvalidType);
    }
    let code = if message.starts_with("unknown variant") {
        Code::InvalidChoice
    } else {
        Code::InvalidType
    };
    FieldError::new(path, code)
}

/// The path of a text that holds a NUL, which PostgreSQL cannot store.
fn nul_in(value: &Value, path: String) -> Option<String> {
    let below = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    match value {
        Value::String(text) => text.contains('\0').then_some(path),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(at, item)| nul_in(item, below(&at.to_string()))),
        Value::Object(items) => items.iter().find_map(|(name, item)| {
            if name.contains('\0') {
                Some(path.clone())
            } else {
                nul_in(item, below(name))
            }
        }),
        _ => None,
    }
}

/// The parameters of a path in their order: two, unless more are said.
pub struct Segments<T = (String, String)>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Segments<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let Path(texts) = Path::<T>::from_request_parts(parts, state)
            .await
            .map_err(|_| Code::NotFound)?;
        Ok(Self(texts))
    }
}

/// The one parameter of a path. One that cannot be read names nothing that exists.
pub struct Segment(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| Code::NotFound)?;
        Ok(Self(text))
    }
}

/// Whether the escapes of a query are UTF-8.
fn decodes(text: &str) -> bool {
    !url::form_urlencoded::parse(text.as_bytes())
        .any(|(name, value)| name.contains('\u{fffd}') || value.contains('\u{fffd}'))
}

/// A query string of a known shape.
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Refusal> {
        let text = parts.uri.query().unwrap_or("");
        if text.contains("%00") || !decodes(text) {
            return Err(Code::MalformedQuery.into());
        }
        let source = serde_urlencoded::Deserializer::new(url::form_urlencoded::parse(text.as_bytes()));
        let value = serde_path_to_error::deserialize(source).map_err(|error| {
            let (path, message) = (error.path().to_string(), error.inner().to_string());
            Refusal(Problem::fields(vec![fault(&path, &message)]))
        })?;
        Ok(Self(value))
    }
}

#[cfg(test)]
mod tests {
    use sereno_types::{Login, UserQuery};

    use super::*;

    fn refusal(body: &[u8]) -> (Code, Option<(String, Code)>) {
        let problem = parse::<Login>(body).expect_err("refused").0;
        let field = problem.errors.first().map(|error| (error.field.clone(), error.code));
        (problem.code, field)
    }

    #[test]
    fn broken_bodies_are_told_apart() {
        assert_eq!(refusal(b"{").0, Code::MalformedBody);
        assert_eq!(refusal(b"").0, Code::MalformedBody);
        assert_eq!(refusal(b"{} {}").0, Code::MalformedBody);
        assert_eq!(refusal(b"{\"identifier\": \"\xff\"}").0, Code::MalformedBody);
        assert_eq!(refusal("[".repeat(100_000).as_bytes()).0, Code::MalformedBody);
        assert_eq!(refusal(b"{\"a\":").0, Code::MalformedBody);
        assert_eq!(refusal(b"{\"identifier\":[1,").0, Code::MalformedBody);
        let field = |body: &[u8]| refusal(body).1.expect("a field");
        assert_eq!(
            field(b"{\"identifer\": \"a\"}"),
            ("identifer".to_owned(), Code::UnknownField)
        );
        assert_eq!(
            field(b"{\"identifier\": 5}"),
            ("identifier".to_owned(), Code::InvalidType)
        );
        assert_eq!(
            field(b"{\"identifier\": null}"),
            ("identifier".to_owned(), Code::InvalidType)
        );
        assert_eq!(
            field(b"{\"device\": {\"name\": []}}"),
            ("device.name".to_owned(), Code::InvalidType)
        );
        assert_eq!(
            field(b"{\"device\": {\"nam\": 1}}"),
            ("device.nam".to_owned(), Code::UnknownField)
        );
        assert_eq!(
            field(b"{\"identifier\": \"a\\u0000\"}"),
            ("identifier".to_owned(), Code::InvalidCharacters)
        );
        assert_eq!(field(b"[]"), (String::new(), Code::InvalidType));
        assert_eq!(
            field(b"{\"device\": [\"x\"]}"),
            ("device".to_owned(), Code::InvalidType)
        );
        assert_eq!(
            field(b"{\"identifier\": \"a\", \"identifier\": \"b\"}"),
            ("identifier".to_owned(), Code::InvalidType)
        );
        assert_eq!(
            field(b"{\"device\": {\"name\": \"a\", \"name\": \"a\"}}"),
            ("device.name".to_owned(), Code::InvalidType)
        );
    }

    #[tokio::test]
    async fn queries_are_closed_too() {
        let read = async |uri: &str| {
            let mut parts = axum::http::Request::builder().uri(uri).body(()).unwrap().into_parts().0;
            Query::<UserQuery>::from_request_parts(&mut parts, &())
                .await
                .map(|Query(query)| query)
                .map_err(|r| r.0)
        };
        assert_eq!(read("/?q=a+b&limit=5").await.unwrap().q.as_deref(), Some("a b"));
        assert_eq!(
            read("/?sort=-email").await.unwrap().sort,
            Some(sereno_types::UserSort::EmailDescending)
        );
        assert_eq!(
            read("/?colour=red").await.unwrap_err().errors[0].code,
            Code::UnknownField
        );
        assert_eq!(
            read("/?limit=many").await.unwrap_err().errors[0].code,
            Code::InvalidType
        );
        assert_eq!(
            read("/?sort=colour").await.unwrap_err().errors[0].code,
            Code::InvalidChoice
        );
        assert_eq!(read("/?q=%00").await.unwrap_err().code, Code::MalformedQuery);
    }
}

//! A form as Django reads it (`request.POST`): urlencoded or multipart; of a field that stands twice the last one; any other body
//! is no form, and so an empty one. Texts may hold a NUL: whoever hands one on must have looked for it.

use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header;
use sereno_types::Code;

use crate::http::problem::Refusal;

/// Most fields (`DATA_UPLOAD_MAX_NUMBER_FIELDS`).
const FIELDS_MAX: usize = 1_000;

/// The fields of a form; files are passed over.
#[derive(Debug, Default)]
pub struct Form(HashMap<String, String>);

impl Form {
    /// A field's text.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The form in an urlencoded body.
    ///
    /// # Errors
    /// `malformed_body` for too many fields.
    pub fn urlencoded(bytes: &[u8]) -> Result<Self, Code> {
        let mut fields = HashMap::new();
        // old clients send latin-1 without saying so
        let text =
            String::from_utf8(bytes.to_vec()).unwrap_or_else(|_| bytes.iter().copied().map(char::from).collect());
        for (at, (name, value)) in url::form_urlencoded::parse(text.as_bytes()).enumerate() {
            if at >= FIELDS_MAX {
                return Err(Code::MalformedBody);
            }
            fields.insert(name.into_owned(), value.into_owned());
        }
        Ok(Self(fields))
    }
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let kind = request.headers().get(header::CONTENT_TYPE);
        let sent = kind
            .and_then(|kind| kind.to_str().ok())
            .unwrap_or_default()
            .to_ascii_lowercase();
        let kind = sent.split(';').next().unwrap_or_default().trim();
        match kind {
            "application/x-www-form-urlencoded" if !is_utf8(&sent) => Err(Code::MalformedBody.into()),
            "application/x-www-form-urlencoded" => {
                let bytes = Bytes::from_request(request, state).await;
                Ok(Self::urlencoded(&bytes.map_err(|_| Code::MalformedBody)?)?)
            }
            "multipart/form-data" => {
                let form = Multipart::from_request(request, state).await;
                Ok(multipart(form.map_err(|_| Code::MalformedBody)?).await?)
            }
            _ => Ok(Self::default()),
        }
    }
}

/// Whether a content type, in small letters, names no other charset: Django reads forms of no other.
fn is_utf8(kind: &str) -> bool {
    let mut parameters = kind.split(';').filter_map(|one| one.trim().split_once('='));
    let charset = parameters.find(|(name, _)| *name == "charset");
    charset.is_none_or(|(_, name)| name.trim_matches('"') == "utf-8")
}

/// Whatever stands before the place at which a body breaks off, as Django reads it.
async fn multipart(mut form: Multipart) -> Result<Form, Code> {
    let mut fields = HashMap::new();
    let mut count = 0;
    while let Ok(Some(field)) = form.next_field().await {
        count += 1;
        if count > FIELDS_MAX {
            return Err(Code::MalformedBody);
        }
        let is_file = field.file_name().is_some_and(|name| !name.is_empty());
        let Some(name) = field.name().filter(|_| !is_file).map(str::to_owned) else {
            continue;
        };
        let Ok(bytes) = field.bytes().await else { break };
        fields.insert(name, String::from_utf8_lossy(&bytes).into_owned());
    }
    Ok(Form(fields))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    async fn read(kind: &str, body: impl Into<Body>) -> Result<Form, Refusal> {
        let request = Request::post("/").header(header::CONTENT_TYPE, kind);
        Form::from_request(request.body(body.into()).unwrap(), &()).await
    }

    #[tokio::test]
    async fn both_encodings_are_read_and_no_other() {
        let form = read(
            "application/x-www-form-urlencoded; charset=utf-8",
            "a=1&b=%C3%A9+x&a=2&c",
        )
        .await;
        let form = form.unwrap();
        assert_eq!(
            (form.get("a"), form.get("b"), form.get("c")),
            (Some("2"), Some("é x"), Some(""))
        );
        let body = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n é \r\n\
                    --x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f.txt\"\r\n\r\nfile\r\n--x--\r\n";
        let form = read("Multipart/Form-Data; boundary=x", body).await.unwrap();
        assert_eq!((form.get("a"), form.get("f")), (Some(" é "), None));
        let latin1 = b"a=caf\xe9".to_vec();
        let form = read("application/x-www-form-urlencoded", latin1).await.unwrap();
        assert_eq!(form.get("a"), Some("café"));
        let form = read("application/json", r#"{"a": 1}"#).await.unwrap();
        assert_eq!(form.get("a"), None);
        assert_eq!(read("", "a=1").await.unwrap().get("a"), None);
    }

    #[tokio::test]
    async fn of_a_broken_body_the_fields_before_the_break_count() {
        let kind = "multipart/form-data; boundary=x";
        let field = |name: &str| format!("--x\r\nContent-Disposition: form-data; {name}\r\n\r\n1\r\n");
        let whole = format!("{}{}--x--\r\n", field("name=\"a\""), field("name=\"b\"; filename=\"\""));
        for (body, a, b) in [
            (whole.as_str(), Some("1"), Some("1")),
            (&whole[..whole.len() - 30], Some("1"), None),
            ("--x\r\nbroken", None, None),
            ("", None, None),
        ] {
            let form = read(kind, body.to_owned()).await.unwrap();
            assert_eq!((form.get("a"), form.get("b")), (a, b), "{body:?}");
        }
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_refused() {
        assert!(read("multipart/form-data", "x").await.is_err(), "no boundary");
        let other = "application/x-www-form-urlencoded; charset=ISO-8859-1";
        assert!(read(other, "a=1").await.is_err(), "another charset");
        let many = "a=1&".repeat(FIELDS_MAX + 1);
        assert!(read("application/x-www-form-urlencoded", many).await.is_err());
    }
}

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
        for (at, (name, value)) in url::form_urlencoded::parse(bytes).enumerate() {
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
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match kind.as_str() {
            "application/x-www-form-urlencoded" => {
                let bytes = Bytes::from_request(request, state).await;
                Ok(Self::urlencoded(&bytes.map_err(|_| Code::MalformedBody)?)?)
            }
            "multipart/form-data" => {
                let form = Multipart::from_request(request, state).await;
                multipart(form.map_err(|_| Code::MalformedBody)?).await
            }
            _ => Ok(Self::default()),
        }
    }
}

async fn multipart(mut form: Multipart) -> Result<Form, Refusal> {
    let mut fields = HashMap::new();
    let mut count = 0;
    while let Some(field) = form.next_field().await.map_err(|_| Code::MalformedBody)? {
        count += 1;
        if count > FIELDS_MAX {
            return Err(Code::MalformedBody.into());
        }
        let name = field.name().map(str::to_owned);
        if let (Some(name), None) = (name, field.file_name()) {
            let bytes = field.bytes().await.map_err(|_| Code::MalformedBody)?;
            fields.insert(name, String::from_utf8_lossy(&bytes).into_owned());
        }
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
        let form = read("application/json", r#"{"a": 1}"#).await.unwrap();
        assert_eq!(form.get("a"), None);
        assert_eq!(read("", "a=1").await.unwrap().get("a"), None);
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_refused() {
        assert!(read("multipart/form-data", "x").await.is_err(), "no boundary");
        assert!(read("multipart/form-data; boundary=x", "--x\r\nbroken").await.is_err());
        let many = "a=1&".repeat(FIELDS_MAX + 1);
        assert!(read("application/x-www-form-urlencoded", many).await.is_err());
    }
}

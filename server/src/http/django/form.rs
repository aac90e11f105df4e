//! A form as Django reads it (`request.POST`): urlencoded or multipart; of a field that stands twice the last one; any other body
//! is no form, and so an empty one. Texts may hold a NUL: whoever hands one on must have looked for it.

use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header;
use sereno_types::Code;

use crate::http::problem::Refusal;

/// Most fields (`DATA_UPLOAD_MAX_NUMBER_FIELDS`).
pub const FIELDS_MAX: usize = 1_000;

/// A file that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// What the client calls it; good for nothing but its ending.
    pub name: String,
    /// What is in it.
    pub bytes: Bytes,
}

/// What a form holds, in the order in which it came.
#[derive(Debug, Default)]
pub struct Form {
    /// Names and texts.
    pub fields: Vec<(String, String)>,
    /// Names and files.
    pub files: Vec<(String, Upload)>,
}

impl Form {
    /// A field's text.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let (_, text) = self.fields.iter().rfind(|(known, _)| known == name)?;
        Some(text)
    }

    /// The form in an urlencoded body.
    ///
    /// # Errors
    /// `malformed_body` for too many fields.
    pub fn urlencoded(bytes: &[u8]) -> Result<Self, Code> {
        // old clients send latin-1 without saying so
        let text =
            String::from_utf8(bytes.to_vec()).unwrap_or_else(|_| bytes.iter().copied().map(char::from).collect());
        let pairs = url::form_urlencoded::parse(text.as_bytes()).take(FIELDS_MAX.saturating_add(1));
        let fields: Vec<_> = pairs
            .map(|(name, text)| (name.into_owned(), text.into_owned()))
            .collect();
        if fields.len() > FIELDS_MAX {
            return Err(Code::MalformedBody);
        }
        Ok(Self {
            fields,
            files: Vec::new(),
        })
    }
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let kind = request.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let (kind, options) = kind.split_once(';').unwrap_or((kind, ""));
        let kind = kind.trim().to_ascii_lowercase();
        match kind.as_str() {
            // what is written otherwise would be read as something else
            "application/x-www-form-urlencoded" | "multipart/form-data" if !is_utf8(options) => {
                Err(Code::MalformedBody.into())
            }
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

/// Whether the options of a content type name no other character set: Django reads forms of no other.
fn is_utf8(options: &str) -> bool {
    options.split(';').all(|option| match option.split_once('=') {
        Some((name, set)) if name.trim().eq_ignore_ascii_case("charset") => {
            ["", "utf-8"].contains(&set.trim().trim_matches('"').to_ascii_lowercase().as_str())
        }
        _ => true,
    })
}

/// Whatever stands before the place at which a body breaks off, as Django reads it.
async fn multipart(mut parts: Multipart) -> Result<Form, Code> {
    let mut form = Form::default();
    let mut count = 0;
    while let Ok(Some(part)) = parts.next_field().await {
        // also those without a name, which are passed over
        count += 1;
        if count > FIELDS_MAX {
            return Err(Code::MalformedBody);
        }
        let Some(name) = part.name().map(str::to_owned) else {
            continue;
        };
        // without a name it is no file, but a text
        let file = part.file_name().filter(|name| !name.is_empty()).map(str::to_owned);
        let Ok(bytes) = part.bytes().await else { break };
        match file {
            Some(file) => form.files.push((name, Upload { name: file, bytes })),
            None => form.fields.push((name, String::from_utf8_lossy(&bytes).into_owned())),
        }
    }
    Ok(form)
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
        let (name, file) = &form.files[0];
        assert_eq!(
            (name.as_str(), file.name.as_str(), &file.bytes[..]),
            ("f", "f.txt", &b"file"[..])
        );
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
        let many = |count: usize| "a=1&".repeat(count);
        let kind = "application/x-www-form-urlencoded";
        assert!(read(kind, many(FIELDS_MAX)).await.is_ok());
        assert!(read(kind, many(FIELDS_MAX + 1)).await.is_err());
        for (charset, is_read) in [("UTF-8", true), ("\"utf-8\"", true), ("", true), ("iso-8859-1", false)] {
            let form = read(&format!("{kind}; charset={charset}"), "a=1").await;
            assert_eq!(form.is_ok(), is_read, "{charset}");
        }
    }
}

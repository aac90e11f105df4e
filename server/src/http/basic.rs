//! HTTP Basic: how an application proves itself in a header.

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sereno_types::{ClientCredentials, Code, Secret};

/// The application's name and secret, whose two halves are form-encoded first (RFC 6749 §2.3.1); nothing without the
/// header.
///
/// # Errors
/// `invalid_client` for another scheme; `malformed_body` for what cannot be read.
pub fn credentials(headers: &HeaderMap) -> Result<Option<ClientCredentials>, Code> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    let text = value.to_str().map_err(|_| Code::MalformedBody)?;
    let (scheme, encoded) = text.split_once(' ').ok_or(Code::MalformedBody)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        // an unsupported way of proving oneself (RFC 6749 §5.2)
        return Err(Code::InvalidClient);
    }
    let decoded = STANDARD.decode(encoded.trim()).map_err(|_| Code::MalformedBody)?;
    let decoded = String::from_utf8(decoded).map_err(|_| Code::MalformedBody)?;
    let (name, secret) = decoded.split_once(':').ok_or(Code::MalformedBody)?;
    let plain = |text: &str| {
        // half of a pair of its own: what separates pairs is a character like others here, as in Base64's padding
        let text = text.replace('=', "%3D").replace('&', "%26");
        let mut pairs = url::form_urlencoded::parse(text.as_bytes());
        pairs.next().map(|(plain, _)| plain.into_owned()).unwrap_or_default()
    };
    Ok(Some(ClientCredentials {
        client_id: Some(plain(name)),
        client_secret: Some(Secret::from(plain(secret))),
    }))
}

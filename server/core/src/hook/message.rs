//! A signed message, as the specification Standard Webhooks says: `webhook-id`, `webhook-timestamp` and
//! `webhook-signature`, which is an HMAC-SHA-256 over id, time and body.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Method, Request};
use serde_json::Value;
use url::Url;

use crate::net::OutboundError;

/// Begins a secret that is written in base64.
const PREFIX: &str = "whsec_";
/// Fewest bytes of a secret.
pub const SECRET_MIN: usize = 24;

/// What messages are signed with.
pub struct Key(hmac::Key);

impl Key {
    /// The key of a secret: what stands after `whsec_` in base64, else the text itself. Nothing when it is too short or
    /// cannot be read.
    pub fn of(secret: &str) -> Option<Self> {
        let bytes = match secret.strip_prefix(PREFIX) {
            Some(text) => STANDARD.decode(text).ok()?,
            None => secret.as_bytes().to_vec(),
        };
        (bytes.len() >= SECRET_MIN).then(|| Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// The value of `webhook-signature`.
    fn signature(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(format!("{id}.{timestamp}.").as_bytes());
        context.update(body);
        format!("v1,{}", STANDARD.encode(context.sign()))
    }
}

/// The request that carries this message.
pub fn sign(url: &Url, key: &Key, id: &str, timestamp: i64, body: &Value) -> Result<Request, OutboundError> {
    let failed = |error: &dyn std::fmt::Display| OutboundError::Failed(error.to_string());
    let body = serde_json::to_vec(body).map_err(|error| failed(&error))?;
    let mut request = Request::new(Method::POST, url.clone());
    let headers = request.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in [
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", timestamp.to_string()),
        ("webhook-signature", key.signature(id, timestamp, &body)),
    ] {
        let value = HeaderValue::from_str(&value).map_err(|error| failed(&error))?;
        headers.insert(HeaderName::from_static(name), value);
    }
    *request.body_mut() = Some(body.into());
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's reference libraries.
    #[test]
    fn signatures_are_those_of_the_specification() {
        let key = Key::of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = key.signature(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn short_and_broken_secrets_are_no_keys() {
        assert!(Key::of("").is_none());
        assert!(Key::of("whsec_AAAA").is_none());
        assert!(Key::of("whsec_not base64 at all, although it is long").is_none());
        assert!(Key::of("only twenty-three bytes").is_none());
        assert!(Key::of("exactly twenty-four byte").is_some());
    }
}

//! Writing tokens: the header that a token's form asks for, and signatures with our keys and with those that others gave us.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Value, json};

use crate::crypto::signing::SigningKey;
use crate::error::{Error, Result};

/// What stands in the header beside the algorithm.
#[derive(Clone, Copy, Debug)]
pub struct Form<'a> {
    /// `typ`; empty: none.
    pub typ: &'a str,
    /// Whether the key is named.
    pub kid: bool,
}

impl Form<'_> {
    /// The header under this key.
    #[must_use]
    pub fn header(&self, key: &SigningKey) -> Value {
        let mut header = json!({ "alg": key.algorithm().as_str() });
        if !self.typ.is_empty() {
            header["typ"] = json!(self.typ);
        }
        if self.kid {
            header["kid"] = json!(key.kid());
        }
        header
    }
}

/// Signs claims.
pub fn sign(key: &SigningKey, form: Form<'_>, claims: &impl Serialize) -> Result<String> {
    let claims = serde_json::to_vec(claims).map_err(Error::internal)?;
    let header = URL_SAFE_NO_PAD.encode(form.header(key).to_string());
    key.sign(format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims)))
}

/// Signs claims for somebody else with a key that they gave us: ES256, a private key in PEM (PKCS #8). Nothing where it is
/// none.
#[must_use]
pub fn sign_with_pem(pem: &str, kid: &str, claims: &impl Serialize) -> Option<String> {
    let key = jsonwebtoken::EncodingKey::from_ec_pem(pem.as_bytes()).ok()?;
    let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::ES256);
    header.kid = Some(kid.to_owned());
    jsonwebtoken::encode(&header, claims, &key).ok()
}

/// The same with an RSA key (RS256), as Google gives out to service accounts.
#[must_use]
pub fn sign_with_rsa_pem(pem: &str, kid: &str, claims: &impl Serialize) -> Option<String> {
    let key = jsonwebtoken::EncodingKey::from_rsa_pem(pem.as_bytes()).ok()?;
    let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::RS256);
    header.kid = Some(kid.to_owned());
    jsonwebtoken::encode(&header, claims, &key).ok()
}

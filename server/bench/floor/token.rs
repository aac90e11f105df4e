//! Tokens: a signed one that names the user, an opaque one that names family and generation.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, ParsedPublicKey};
use axum::body::Bytes;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::hashing::fill;
use crate::Outcome;

/// Seconds that an access token is good.
pub const LIFETIME: u64 = 300;

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    iat: u64,
    exp: u64,
    jti: String,
}

/// The one key.
pub struct Key {
    pair: Ed25519KeyPair,
    verifying: ParsedPublicKey,
    head: String,
    /// The key set, as text.
    pub public: Bytes,
}

impl Key {
    /// A new key.
    pub fn new() -> Outcome<Self> {
        let mut seed = [0; 32];
        fill(&mut seed)?;
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed)?;
        let public = pair.public_key().as_ref();
        let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(public), "kid": "1", "alg": "EdDSA",
            "use": "sig" });
        Ok(Self {
            verifying: ParsedPublicKey::new(&ED25519, public)?,
            head: URL_SAFE_NO_PAD.encode(json!({ "typ": "at+jwt", "alg": "EdDSA", "kid": "1" }).to_string()),
            public: json!({ "keys": [jwk] }).to_string().into(),
            pair,
        })
    }

    /// A token for this user.
    pub fn sign(&self, user: i64) -> Outcome<String> {
        let mut id = [0; 16];
        fill(&mut id)?;
        let iat = now();
        let claims = Claims {
            iss: "http://127.0.0.1".to_owned(),
            aud: "http://127.0.0.1".to_owned(),
            sub: user.to_string(),
            iat,
            exp: iat + LIFETIME,
            jti: URL_SAFE_NO_PAD.encode(id),
        };
        let claims = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&claims)?);
        let message = format!("{}.{claims}", self.head);
        let signature = URL_SAFE_NO_PAD.encode(self.pair.sign(message.as_bytes()));
        Ok(format!("{message}.{signature}"))
    }

    /// Whose token it is, if it is good.
    pub fn verify(&self, token: &str) -> Option<i64> {
        let (message, signature) = token.rsplit_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        self.verifying.verify_sig(message.as_bytes(), &signature).ok()?;
        let (head, claims) = message.split_once('.')?;
        if head != self.head {
            return None;
        }
        let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
        if claims.exp <= now() {
            return None;
        }
        claims.sub.parse().ok()
    }
}

#[expect(clippy::disallowed_methods, reason = "the floor shares no code with Sereno")]
fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// The id of a new family: its secret too.
pub fn random_family() -> Outcome<[u8; 16]> {
    let mut family = [0; 16];
    fill(&mut family)?;
    Ok(family)
}

/// The refresh token of a generation.
pub fn write_refresh(family: [u8; 16], generation: i64) -> String {
    URL_SAFE_NO_PAD.encode([family.as_slice(), &generation.to_be_bytes()].concat())
}

/// Family and generation.
pub fn read_refresh(token: &str) -> Option<([u8; 16], i64)> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (family, generation) = bytes.split_first_chunk()?;
    Some((*family, i64::from_be_bytes(generation.try_into().ok()?)))
}

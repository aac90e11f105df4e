//! Opening tokens: the key that a header names, and the signature by it over exactly this text. What the claims are worth is
//! not asked here.

use aws_lc_rs::digest::{SHA256, digest};
use jsonwebtoken::errors::ErrorKind;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::{MAX_LENGTH, TokenFault};
use crate::crypto::signing::{SigningKey, SigningKeys};

/// A token that one of our keys signed.
pub struct Opened<'a> {
    /// The key.
    pub key: &'a SigningKey,
    /// The `typ` of its header.
    pub typ: Option<String>,
    /// Whether the header named the key.
    pub named: bool,
    /// What it says.
    pub claims: Map<String, Value>,
}

/// Finds the key and checks the signature. A header that names no key is tried with the keys that serve one application
/// alone.
pub fn open<'a>(keys: &'a SigningKeys, token: &str) -> Result<Opened<'a>, TokenFault> {
    if token.len() > MAX_LENGTH {
        return Err(TokenFault::Malformed);
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_| TokenFault::Malformed)?;
    // we understand no extension, so whoever insists on one is refused (RFC 7515 §4.1.11)
    if header.crit.is_some() {
        return Err(TokenFault::Malformed);
    }
    let opened = |key: &'a SigningKey| {
        let claims = decode::<Claims>(token, key)?;
        Ok(Opened {
            key,
            typ: header.typ.clone(),
            named: header.kid.is_some(),
            claims: claims.0,
        })
    };
    match &header.kid {
        Some(kid) => opened(keys.named(kid).ok_or(TokenFault::UnknownKey)?),
        None => keys
            .owned()
            .map(opened)
            .find(|tried| !matches!(tried, Err(TokenFault::BadSignature)))
            .unwrap_or(Err(TokenFault::UnknownKey)),
    }
}

fn decode<T: DeserializeOwned + Clone>(token: &str, key: &SigningKey) -> Result<T, TokenFault> {
    jsonwebtoken::decode::<T>(token, &key.decoding, &key.validation)
        .map(|token| token.claims)
        .map_err(|error| match error.kind() {
            ErrorKind::InvalidSignature | ErrorKind::InvalidAlgorithm => TokenFault::BadSignature,
            _ => TokenFault::Malformed,
        })
}

/// Claims none of which stands twice: readers disagree about which one counts (RFC 8725 §2.4).
#[derive(Clone)]
struct Claims(Map<String, Value>);

impl<'de> Deserialize<'de> for Claims {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Once;
        impl<'de> Visitor<'de> for Once {
            type Value = Claims;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object of claims")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Claims, A::Error> {
                let mut claims = Map::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if claims.insert(name, value).is_some() {
                        return Err(serde::de::Error::custom("a claim stands twice"));
                    }
                }
                Ok(Claims(claims))
            }
        }
        deserializer.deserialize_map(Once)
    }
}

/// What a token is remembered by once its signature was found right: SHA-256 over all of it, signature included.
#[must_use]
pub fn fingerprint(token: &str) -> [u8; 32] {
    let mut fingerprint = [0; 32];
    fingerprint.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    fingerprint
}

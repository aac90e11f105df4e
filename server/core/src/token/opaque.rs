//! Tokens that say nothing to anybody but us: a prefix for the eye and for secret scanners, the family, the generation and
//! a MAC over them. Nothing of them is stored but the generation, so a retry can be given the very same successor, and a
//! key the very same text.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::context::Sereno;

const FAMILY: usize = 16;
const GENERATION: usize = 8;
const MAC: usize = 32;

/// A kind of opaque token: its prefix, and what its MAC is bound to, so that none is taken for another.
struct Kind {
    prefix: &'static str,
    purpose: &'static str,
}

const REFRESH: Kind = Kind {
    prefix: "sr_",
    purpose: "refresh_token",
};
const ACCESS: Kind = Kind {
    prefix: "sa_",
    purpose: "access_token",
};
const KEY: Kind = Kind {
    prefix: "sk_",
    purpose: "api_key",
};

/// What an opaque token says, once its MAC was found right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presented {
    /// The family.
    pub family: Uuid,
    /// Its place in the line.
    pub generation: i64,
}

/// The refresh token of this generation.
#[must_use]
pub fn write_refresh(sereno: &Sereno, family: Uuid, generation: i64) -> String {
    write(sereno, &REFRESH, &[family.as_bytes(), &generation.to_be_bytes()])
}

/// The key of this family.
#[must_use]
pub fn write_key(sereno: &Sereno, family: Uuid, generation: i64) -> String {
    write(sereno, &KEY, &[family.as_bytes(), &generation.to_be_bytes()])
}

/// An access token of this generation, good until this second.
#[must_use]
pub fn write_access(sereno: &Sereno, family: Uuid, generation: i64, exp: i64) -> String {
    let (generation, exp) = (generation.to_be_bytes(), exp.to_be_bytes());
    write(sereno, &ACCESS, &[family.as_bytes(), &generation, &exp])
}

/// The `jti` of the access token of this generation: the same again when the pair is, because a retry brings nothing new
/// into the world.
#[must_use]
pub fn access_id(sereno: &Sereno, family: Uuid, generation: i64) -> Uuid {
    token_id(sereno, "access_token_id", family, generation)
}

/// The `jti` of the refresh token of this generation, where it is a JWT.
#[must_use]
pub fn refresh_id(sereno: &Sereno, family: Uuid, generation: i64) -> Uuid {
    token_id(sereno, "refresh_token_id", family, generation)
}

/// What tells apart the access tokens of one generation that were issued in different seconds, where their `jti` does not.
#[must_use]
pub fn access_mark(sereno: &Sereno, family: Uuid, generation: i64, iat: i64) -> Uuid {
    let (generation, iat) = (generation.to_be_bytes(), iat.to_be_bytes());
    id(sereno, "access_token_mark", &[family.as_bytes(), &generation, &iat])
}

fn token_id(sereno: &Sereno, purpose: &str, family: Uuid, generation: i64) -> Uuid {
    id(sereno, purpose, &[family.as_bytes(), &generation.to_be_bytes()])
}

fn id(sereno: &Sereno, purpose: &str, parts: &[&[u8]]) -> Uuid {
    let mac = sereno.keys.refresh.mac(purpose, parts);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&mac[..16]);
    // version 4, as readers of `jti` expect of a random UUID
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// What the text says, if it is a refresh token that we wrote.
#[must_use]
pub fn read_refresh(sereno: &Sereno, text: &str) -> Option<Presented> {
    let bytes = read(sereno, &REFRESH, text, &[FAMILY, GENERATION])?;
    presented(&bytes)
}

/// What the text says, if it is a key that we wrote.
#[must_use]
pub fn read_key(sereno: &Sereno, text: &str) -> Option<Presented> {
    let bytes = read(sereno, &KEY, text, &[FAMILY, GENERATION])?;
    presented(&bytes)
}

/// What the text says and when it ends, if it is an access token that we wrote.
#[must_use]
pub fn read_access(sereno: &Sereno, text: &str) -> Option<(Presented, i64)> {
    let bytes = read(sereno, &ACCESS, text, &[FAMILY, GENERATION, GENERATION])?;
    let exp = bytes.get(FAMILY + GENERATION..)?.first_chunk::<GENERATION>()?;
    Some((presented(&bytes)?, i64::from_be_bytes(*exp)))
}

fn write(sereno: &Sereno, kind: &Kind, parts: &[&[u8]]) -> String {
    let mac = sereno.keys.refresh.mac(kind.purpose, parts);
    let mut bytes = parts.concat();
    bytes.extend_from_slice(&mac);
    format!("{}{}", kind.prefix, URL_SAFE_NO_PAD.encode(bytes))
}

fn read(sereno: &Sereno, kind: &Kind, text: &str, lengths: &[usize]) -> Option<Vec<u8>> {
    let mut bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(kind.prefix)?).ok()?;
    let said: usize = lengths.iter().sum();
    if bytes.len() != said + MAC {
        return None;
    }
    let mac = bytes.split_off(said);
    let mut rest = bytes.as_slice();
    let mut parts = Vec::with_capacity(lengths.len());
    for length in lengths {
        let (part, others) = rest.split_at_checked(*length)?;
        parts.push(part);
        rest = others;
    }
    sereno
        .keys
        .refresh
        .mac_matches(kind.purpose, &parts, &mac)
        .then_some(bytes)
}

fn presented(bytes: &[u8]) -> Option<Presented> {
    let (family, rest) = bytes.split_first_chunk::<FAMILY>()?;
    let generation = rest.first_chunk::<GENERATION>()?;
    Some(Presented {
        family: Uuid::from_bytes(*family),
        generation: i64::from_be_bytes(*generation),
    })
}

//! The text of a refresh token: family, generation and a MAC over both. Nothing of it is stored but the generation, so a
//! retry can be given the very same successor.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::context::Sereno;

/// Tells our refresh tokens from other text, for secret scanners too.
const PREFIX: &str = "sr_";
const PURPOSE: &str = "refresh_token";
const ACCESS_PURPOSE: &str = "access_token_id";
const FAMILY: usize = 16;
const GENERATION: usize = 8;
const MAC: usize = 32;

/// What a refresh token says, once its MAC was found right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presented {
    /// The family.
    pub family: Uuid,
    /// Its place in the line.
    pub generation: i64,
}

/// The refresh token of this generation.
#[must_use]
pub fn write(sereno: &Sereno, family: Uuid, generation: i64) -> String {
    let generation = generation.to_be_bytes();
    let mac = sereno.keys.refresh.mac(PURPOSE, &[family.as_bytes(), &generation]);
    let mut bytes = Vec::with_capacity(FAMILY + GENERATION + MAC);
    bytes.extend_from_slice(family.as_bytes());
    bytes.extend_from_slice(&generation);
    bytes.extend_from_slice(&mac);
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// The `jti` of the access token of this generation: the same again when the pair is, because a retry brings nothing new
/// into the world.
#[must_use]
pub fn access_id(sereno: &Sereno, family: Uuid, generation: i64) -> Uuid {
    let mac = sereno
        .keys
        .refresh
        .mac(ACCESS_PURPOSE, &[family.as_bytes(), &generation.to_be_bytes()]);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&mac[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// What the text says, if we wrote it.
#[must_use]
pub fn read(sereno: &Sereno, text: &str) -> Option<Presented> {
    let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?;
    let (family, rest) = bytes.split_first_chunk::<FAMILY>()?;
    let (generation, mac) = rest.split_first_chunk::<GENERATION>()?;
    let genuine = mac.len() == MAC && sereno.keys.refresh.mac_matches(PURPOSE, &[family, generation], mac);
    genuine.then(|| Presented {
        family: Uuid::from_bytes(*family),
        generation: i64::from_be_bytes(*generation),
    })
}

//! Stored hashes: ours, and those that Django's hashers write. Stored hashes can be imported, so whoever writes one could
//! ask for any amount of work: what costs more than the limits below is treated like a hash that cannot be read.

use std::num::NonZeroU32;

use argon2_rust::{Algorithm, Error as Argon2Error, Params, Version, decode_string};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::pbkdf2;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::pool::Arena;
use super::{HASH_LENGTH, PasswordParams, SALT_LENGTH};
use crate::crypto::constant_time_eq;
use crate::crypto::keys::encode_hex;
use crate::error::{Error, Result};

// Each limit is well above what its producer uses by default, and at most some two seconds of one core.

/// Django's column has 128 characters.
const MAX_LENGTH: usize = 512;
/// Django's default is 100 MiB, RFC 9106's second choice 64 MiB.
const MAX_ARGON2_MEMORY_KIB: u32 = 256 * 1024;
/// KiB times passes; Django's default is 204,800.
const MAX_ARGON2_WORK: u64 = 2 * 1024 * 1024;
const MAX_ARGON2_LANES: u32 = 16;
/// Django 5.2 uses 1,000,000, later versions more.
const MAX_PBKDF2_ITERATIONS: u32 = 5_000_000;
/// Django's default is 12, and each step doubles it.
const MAX_BCRYPT_COST: u32 = 14;
/// Django's default is 16 MiB.
const MAX_SCRYPT_MEMORY: u64 = 128 * 1024 * 1024;
/// `N · r · p`; Django's default is 655,360.
const MAX_SCRYPT_WORK: u64 = 4 * 1024 * 1024;

/// A stored hash that can be read and is affordable.
pub(super) enum Encoded {
    /// `$argon2id$…`, from us or another.
    Argon2 {
        phc: String,
        algorithm: Algorithm,
        version: Version,
        params: Params,
        salt_length: usize,
        /// Written without Django's prefix.
        bare: bool,
    },
    /// `pbkdf2_sha256$iterations$salt$hash` and `pbkdf2_sha1$…`.
    Pbkdf2 {
        algorithm: pbkdf2::Algorithm,
        iterations: NonZeroU32,
        salt: String,
        hash: Vec<u8>,
    },
    /// `bcrypt$$2b$…`, and `bcrypt_sha256$$2b$…` over the hex SHA-256 of the password.
    Bcrypt { mcf: String, prehashed: bool },
    /// `scrypt$N$salt$r$p$hash`.
    Scrypt {
        salt: String,
        params: scrypt::Params,
        hash: Vec<u8>,
    },
}

impl Encoded {
    /// Reads a stored hash; `None` for what is unknown, garbled, too expensive, or Django's unusable password (`!…`).
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_LENGTH {
            return None;
        }
        let (name, rest) = text.split_once('$')?;
        match name {
            "" => argon2(text, true),
            "argon2" => argon2(&text[name.len()..], false),
            "pbkdf2_sha256" => pbkdf2(pbkdf2::PBKDF2_HMAC_SHA256, 32, rest),
            "pbkdf2_sha1" => pbkdf2(pbkdf2::PBKDF2_HMAC_SHA1, 20, rest),
            "bcrypt_sha256" => bcrypt(rest, true),
            "bcrypt" => bcrypt(rest, false),
            "scrypt" => scrypt(rest),
            _ => None,
        }
    }

    /// Whether we would write this hash in the same way today.
    pub(super) fn is_current(&self, today: &PasswordParams) -> bool {
        match self {
            Self::Argon2 {
                algorithm: Algorithm::Argon2id,
                version: Version::V0x13,
                params,
                salt_length,
                bare: true,
                ..
            } => {
                params.memory_kib() == today.memory_kib
                    && params.passes() == today.iterations
                    && params.lanes() == today.parallelism
                    && params.tag_len_bytes() == HASH_LENGTH
                    && *salt_length == SALT_LENGTH
            }
            _ => false,
        }
    }

    /// Computes the hash of `secret` and compares.
    pub(super) fn matches(&self, secret: &[u8], arena: &mut Arena) -> Result<bool> {
        match self {
            // a foreign hash that needs more memory than ours gets it for this one call; the arena does not grow
            Self::Argon2 { phc, algorithm, .. } => match arena.verify_encoded(phc, secret, *algorithm) {
                Ok(()) => Ok(true),
                Err(Argon2Error::VerifyMismatch) => Ok(false),
                Err(error) => Err(Error::internal(error)),
            },
            Self::Pbkdf2 {
                algorithm,
                iterations,
                salt,
                hash,
            } => Ok(pbkdf2::verify(*algorithm, *iterations, salt.as_bytes(), secret, hash).is_ok()),
            Self::Bcrypt { mcf, prehashed: true } => {
                let hex = Zeroizing::new(encode_hex(digest(&SHA256, secret).as_ref()));
                Ok(bcrypt::verify(&*hex, mcf).unwrap_or(false))
            }
            Self::Bcrypt { mcf, prehashed: false } => Ok(bcrypt::verify(secret, mcf).unwrap_or(false)),
            Self::Scrypt { salt, params, hash } => {
                let mut computed = Zeroizing::new(vec![0; hash.len()]);
                scrypt::scrypt(secret, salt.as_bytes(), params, &mut computed).map_err(Error::internal)?;
                Ok(constant_time_eq(&computed, hash))
            }
        }
    }
}

/// Whether a machine can be asked to compute this.
pub(super) fn is_affordable(params: &Params) -> bool {
    params.memory_kib() <= MAX_ARGON2_MEMORY_KIB
        && u64::from(params.memory_kib()) * u64::from(params.passes()) <= MAX_ARGON2_WORK
        && params.lanes() <= MAX_ARGON2_LANES
}

fn argon2(phc: &str, bare: bool) -> Option<Encoded> {
    let decoded = [Algorithm::Argon2id, Algorithm::Argon2i]
        .into_iter()
        .find_map(|algorithm| decode_string(phc, algorithm).ok())?;
    is_affordable(&decoded.params).then(|| Encoded::Argon2 {
        phc: phc.to_owned(),
        algorithm: decoded.algorithm,
        version: decoded.version,
        params: decoded.params,
        salt_length: decoded.salt.len(),
        bare,
    })
}

fn pbkdf2(algorithm: pbkdf2::Algorithm, length: usize, rest: &str) -> Option<Encoded> {
    let [iterations, salt, hash] = fields(rest)?;
    let iterations = iterations.parse::<NonZeroU32>().ok()?;
    let hash = STANDARD.decode(hash).ok()?;
    (iterations.get() <= MAX_PBKDF2_ITERATIONS && hash.len() == length).then(|| Encoded::Pbkdf2 {
        algorithm,
        iterations,
        salt: salt.to_owned(),
        hash,
    })
}

fn bcrypt(mcf: &str, prehashed: bool) -> Option<Encoded> {
    let parts: bcrypt::HashParts = mcf.parse().ok()?;
    (4..=MAX_BCRYPT_COST)
        .contains(&parts.get_cost())
        .then(|| Encoded::Bcrypt {
            mcf: mcf.to_owned(),
            prehashed,
        })
}

fn scrypt(rest: &str) -> Option<Encoded> {
    let [n, salt, r, p, hash] = fields(rest)?;
    let (n, r, p) = (n.parse::<u64>().ok()?, r.parse::<u32>().ok()?, p.parse::<u32>().ok()?);
    let hash = STANDARD.decode(hash).ok()?;
    let memory = n.checked_mul(128)?.checked_mul(r.into())?;
    let work = n.checked_mul(r.into())?.checked_mul(p.into())?;
    if n < 2 || !n.is_power_of_two() || memory > MAX_SCRYPT_MEMORY || work > MAX_SCRYPT_WORK || hash.len() != 64 {
        return None;
    }
    let params = scrypt::Params::new(u8::try_from(n.ilog2()).ok()?, r, p, hash.len()).ok()?;
    Some(Encoded::Scrypt {
        salt: salt.to_owned(),
        params,
        hash,
    })
}

/// The fields between the dollars, if there are exactly so many.
fn fields<const N: usize>(text: &str) -> Option<[&str; N]> {
    text.split('$').collect::<Vec<_>>().try_into().ok()
}

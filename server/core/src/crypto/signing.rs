//! The keys that sign tokens. A key has exactly one algorithm (RFC 8725 §3.1) and serves either every application or one.
//! A ring holds them all: those that are published before they sign, those that sign, and those that only verify.

use std::collections::HashMap;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use aws_lc_rs::{hmac, signature};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
pub use sereno_types::SigningAlgorithm;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::entropy::Entropy;
use crate::error::{Error, Result};

/// Fewest bytes of a shared HMAC key (RFC 7518 §3.2).
pub const HMAC_KEY_MIN: usize = 32;

/// A fresh private key: PKCS#8, or the bytes of an HMAC key. An RSA key takes some tenths of a second.
pub fn generate(algorithm: SigningAlgorithm, entropy: &dyn Entropy) -> Result<Zeroizing<Vec<u8>>> {
    let secret = match algorithm {
        SigningAlgorithm::EdDsa => {
            // the randomness is ours, because the library's own costs 30 ms at first use and every start makes one
            let seed = Zeroizing::new(entropy.bytes::<32>()?);
            let pair = Ed25519KeyPair::from_seed_unchecked(&*seed).map_err(Error::internal)?;
            pair.to_pkcs8v1().map_err(Error::internal)?.as_ref().to_vec()
        }
        // the library takes no randomness of ours for these
        SigningAlgorithm::Es256 => {
            let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(Error::internal)?;
            pair.to_pkcs8v1().map_err(Error::internal)?.as_ref().to_vec()
        }
        SigningAlgorithm::Rs256 => {
            let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(Error::internal)?;
            let der: Pkcs8V1Der<'_> = pair.as_der().map_err(Error::internal)?;
            der.as_ref().to_vec()
        }
        SigningAlgorithm::Hs256 => entropy.bytes::<HMAC_KEY_MIN>()?.to_vec(),
    };
    Ok(Zeroizing::new(secret))
}

/// The private half. The JWT library would parse it anew for every token, which doubles the cost of an Ed25519 signature,
/// so signing alone goes to aws-lc directly.
enum PrivateKey {
    EdDsa(Ed25519KeyPair),
    Es256(EcdsaKeyPair),
    Rs256(Box<RsaKeyPair>),
    Hs256(Box<hmac::Key>),
}

/// Where a key stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Published, so that everybody knows it before it signs.
    Waiting,
    /// Signs, and verifies.
    Active,
    /// Verifies what it signed.
    Retired,
}

/// One key, parsed once.
pub struct SigningKey {
    id: Uuid,
    kid: String,
    algorithm: SigningAlgorithm,
    application_id: Option<Uuid>,
    state: KeyState,
    /// The public half; none of an HMAC key.
    jwk: Option<Value>,
    private: PrivateKey,
    pub(super) decoding: DecodingKey,
    pub(super) validation: Validation,
}

impl SigningKey {
    /// Reads a private key as [`generate`] made it, or an HMAC key that an application shares.
    pub fn open(
        id: Uuid,
        algorithm: SigningAlgorithm,
        application_id: Option<Uuid>,
        state: KeyState,
        secret: &[u8],
    ) -> Result<Self> {
        let (private, jwk) = match algorithm {
            SigningAlgorithm::EdDsa => {
                let pair = Ed25519KeyPair::from_pkcs8(secret).map_err(Error::internal)?;
                let x = URL_SAFE_NO_PAD.encode(pair.public_key());
                // the members in the order of RFC 7638 §3.2, for the thumbprint
                let jwk = json!({ "crv": "Ed25519", "kty": "OKP", "x": x });
                (PrivateKey::EdDsa(pair), Some(jwk))
            }
            SigningAlgorithm::Es256 => {
                let pair =
                    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, secret).map_err(Error::internal)?;
                // an uncompressed point: 4, x, y (SEC 1 §2.3.3)
                let point = pair.public_key().as_ref();
                let (x, y) = point
                    .split_first()
                    .and_then(|(_, point)| point.split_at_checked(32))
                    .ok_or_else(|| Error::internal("not a point"))?;
                let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
                let jwk = json!({ "crv": "P-256", "kty": "EC", "x": x, "y": y });
                (PrivateKey::Es256(pair), Some(jwk))
            }
            SigningAlgorithm::Rs256 => {
                let pair = RsaKeyPair::from_pkcs8(secret).map_err(Error::internal)?;
                let public = pair.public_key();
                let e = URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero());
                let n = URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero());
                let jwk = json!({ "e": e, "kty": "RSA", "n": n });
                (PrivateKey::Rs256(Box::new(pair)), Some(jwk))
            }
            SigningAlgorithm::Hs256 => {
                if secret.len() < HMAC_KEY_MIN {
                    return Err(Error::internal("an HMAC key of fewer than 32 bytes"));
                }
                (
                    PrivateKey::Hs256(Box::new(hmac::Key::new(hmac::HMAC_SHA256, secret))),
                    None,
                )
            }
        };
        // a thumbprint of a shared key would tell whether a guess is right; its row's id tells nothing
        let kid = jwk.as_ref().map_or_else(|| id.to_string(), thumbprint);
        let decoding = match &jwk {
            Some(jwk) => {
                let jwk = serde_json::from_value(jwk.clone()).map_err(Error::internal)?;
                DecodingKey::from_jwk(&jwk).map_err(Error::internal)?
            }
            None => DecodingKey::from_secret(secret),
        };
        let jwk = jwk.map(|mut jwk| {
            jwk["kid"] = json!(kid);
            jwk["alg"] = json!(algorithm.as_str());
            jwk["use"] = json!("sig");
            jwk
        });
        // only the signature and the algorithm are left to the library
        let mut validation = Validation::new(for_library(algorithm));
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        Ok(Self {
            id,
            kid,
            algorithm,
            application_id,
            state,
            jwk,
            private,
            decoding,
            validation,
        })
    }

    /// The key's row.
    #[must_use]
    pub const fn id(&self) -> Uuid {
        self.id
    }

    /// What a header calls the key.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Its algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    /// The one application it serves; none: every one.
    #[must_use]
    pub const fn application_id(&self) -> Option<Uuid> {
        self.application_id
    }

    /// The public half as a JWK (RFC 7517 §4); none of an HMAC key.
    #[must_use]
    pub const fn public_jwk(&self) -> Option<&Value> {
        self.jwk.as_ref()
    }

    /// Whether both were made of one secret.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        match (&self.private, &other.private) {
            (PrivateKey::Hs256(mine), PrivateKey::Hs256(theirs)) => {
                let (message, tag) = (b"one key", hmac::sign(mine, b"one key"));
                hmac::verify(theirs, message, tag.as_ref()).is_ok()
            }
            _ => self.jwk.is_some() && self.jwk == other.jwk,
        }
    }

    /// Appends the signature over what there is (RFC 7515 §5.1).
    pub(crate) fn sign(&self, mut message: String) -> Result<String> {
        let append = |mut message: String, signature: &[u8]| {
            message.push('.');
            URL_SAFE_NO_PAD.encode_string(signature, &mut message);
            message
        };
        let signature = match &self.private {
            PrivateKey::EdDsa(pair) => pair.sign(message.as_bytes()),
            PrivateKey::Es256(pair) => pair
                .sign(&SystemRandom::new(), message.as_bytes())
                .map_err(Error::internal)?,
            PrivateKey::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(
                    &RSA_PKCS1_SHA256,
                    &SystemRandom::new(),
                    message.as_bytes(),
                    &mut signature,
                )
                .map_err(Error::internal)?;
                return Ok(append(message, &signature));
            }
            PrivateKey::Hs256(key) => {
                let tag = hmac::sign(key, message.as_bytes());
                return Ok(append(message, tag.as_ref()));
            }
        };
        message = append(message, signature::Signature::as_ref(&signature));
        Ok(message)
    }
}

const fn for_library(algorithm: SigningAlgorithm) -> Algorithm {
    match algorithm {
        SigningAlgorithm::EdDsa => Algorithm::EdDSA,
        SigningAlgorithm::Es256 => Algorithm::ES256,
        SigningAlgorithm::Rs256 => Algorithm::RS256,
        SigningAlgorithm::Hs256 => Algorithm::HS256,
    }
}

/// RFC 7638: SHA-256 over the required members of the public key alone, sorted by name, without white space.
fn thumbprint(required_members: &Value) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, required_members.to_string().as_bytes()))
}

/// Every key that tokens may be signed with.
#[derive(Default)]
pub struct SigningKeys {
    /// Newest first.
    keys: Vec<SigningKey>,
    by_kid: HashMap<String, usize>,
    jwks: String,
}

impl SigningKeys {
    /// Takes the keys, newest first.
    #[must_use]
    pub fn new(mut keys: Vec<SigningKey>) -> Self {
        // whoever holds a shared key could sign for everybody
        keys.retain(|key| key.algorithm != SigningAlgorithm::Hs256 || key.application_id.is_some());
        let by_kid = keys
            .iter()
            .enumerate()
            .rev()
            .map(|(at, key)| (key.kid.clone(), at))
            .collect();
        let public: Vec<_> = keys.iter().filter_map(SigningKey::public_jwk).collect();
        let jwks = json!({ "keys": public }).to_string();
        Self { keys, by_kid, jwks }
    }

    /// The key that signs with this algorithm for this application: its own, or everybody's.
    #[must_use]
    pub fn active(&self, algorithm: SigningAlgorithm, application_id: Option<Uuid>) -> Option<&SigningKey> {
        self.keys.iter().find(|key| {
            key.state == KeyState::Active && key.algorithm == algorithm && key.application_id == application_id
        })
    }

    /// The key with this name.
    #[must_use]
    pub fn named(&self, kid: &str) -> Option<&SigningKey> {
        self.by_kid.get(kid).map(|at| &self.keys[*at])
    }

    /// Keys that serve one application: the only ones whose name a header may leave out.
    pub fn owned(&self) -> impl Iterator<Item = &SigningKey> {
        self.keys.iter().filter(|key| key.application_id.is_some())
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The text of [`Self::jwks`], made once.
    #[must_use]
    pub fn jwks_text(&self) -> &str {
        &self.jwks
    }

    /// The public keys as a JWK set (RFC 7517 §5), for whoever verifies our tokens. A shared key has no public half and is
    /// not there.
    #[must_use]
    pub fn jwks(&self) -> Value {
        let keys: Vec<_> = self.keys.iter().filter_map(SigningKey::public_jwk).collect();
        json!({ "keys": keys })
    }
}

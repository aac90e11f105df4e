//! The keys of an instance. One root key stands outside the database, in the environment or a file; every other key is
//! random, sealed under the root and kept as a row, so that keys rotate without touching the configuration. This file
//! makes, seals and opens them; reading and writing the rows, and deciding when to rotate, is the caller's.

use aws_lc_rs::digest::{self, SHA256};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;
use zeroize::{Zeroize, Zeroizing};

use super::digest::DigestKeys;
use super::seal::SealKeys;
use super::signing::{self, KeyState, SigningAlgorithm, SigningKey, SigningKeys};
use crate::clock::Moment;
use crate::entropy::Entropy;
use crate::error::{Error, Result};

/// The key that all others hang on: 32 random bytes.
#[derive(Clone)]
pub struct RootKey([u8; 32]);

impl RootKey {
    /// Draws a new one.
    pub fn generate(entropy: &dyn Entropy) -> Result<Self> {
        Ok(Self(entropy.bytes()?))
    }

    /// Reads exactly 32 bytes written as base64url or base64, with or without padding, or as hex. A key of one repeated
    /// byte is somebody's placeholder and refused.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let decoded = if text.len() == 64 {
            decode_hex(text)
        } else {
            let text = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
            URL_SAFE_NO_PAD.decode(&*Zeroizing::new(text)).ok()
        };
        let mut decoded = decoded.unwrap_or_default();
        let key = <[u8; 32]>::try_from(decoded.as_slice());
        decoded.zeroize();
        match key {
            Ok(key) if key.iter().any(|byte| *byte != key[0]) => Ok(Self(key)),
            Ok(_) => Err(Error::internal("the root key is a placeholder: draw 32 random bytes")),
            Err(_) => Err(Error::internal("the root key must be 32 bytes as base64 or hex")),
        }
    }

    /// The form [`Self::parse`] reads, for the file that keeps it.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode(self.0))
    }

    /// A short fingerprint that tells two root keys apart and may be shown.
    #[must_use]
    pub fn id(&self) -> String {
        let mut context = digest::Context::new(&SHA256);
        context.update(b"sereno root key id\0");
        context.update(&self.0);
        encode_hex(&context.finish().as_ref()[..4])
    }

    /// A key for one use, by HKDF-SHA-256 (RFC 5869) with `label` as its info.
    pub fn derive(&self, label: &str) -> Result<Zeroizing<[u8; 32]>> {
        let mut key = Zeroizing::new([0; 32]);
        Salt::new(HKDF_SHA256, b"sereno root key")
            .extract(&self.0)
            .expand(&[label.as_bytes()], HKDF_SHA256)
            .and_then(|material| material.fill(&mut *key))
            .map_err(Error::internal)?;
        Ok(key)
    }

    /// What seals the other keys.
    fn seal(&self) -> Result<SealKeys> {
        let key = self.derive("seal stored keys")?;
        SealKeys::new([(self.id(), &key[..])])
    }
}

impl Drop for RootKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl std::fmt::Debug for RootKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RootKey({})", self.id())
    }
}

pub(crate) fn encode_hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

fn decode_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|digit| u8::try_from(digit.to_digit(16)?).ok())
        .collect();
    Some(digits?.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Digests of long secrets.
    Digest,
    /// Refresh tokens.
    Refresh,
    /// CSRF tokens.
    Csrf,
    /// Mixed into short codes before they are hashed.
    Pepper,
    /// Secrets that are read again.
    Seal,
    /// Access tokens.
    Sign,
}

impl Purpose {
    /// Every purpose; an instance needs a key for each.
    pub const ALL: &'static [Self] = &[
        Self::Digest,
        Self::Refresh,
        Self::Csrf,
        Self::Pepper,
        Self::Seal,
        Self::Sign,
    ];

    /// The name in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Digest => "digest",
            Self::Refresh => "refresh",
            Self::Csrf => "csrf",
            Self::Pepper => "pepper",
            Self::Seal => "seal",
            Self::Sign => "sign",
        }
    }

    const fn algorithm(self) -> &'static str {
        match self {
            Self::Digest | Self::Refresh | Self::Csrf | Self::Pepper => "HMAC-SHA-256",
            Self::Seal => "AES-256-GCM",
            Self::Sign => SigningAlgorithm::EdDsa.as_str(),
        }
    }
}

/// A key as it is stored: the row, field by field. Nothing in it is secret without the root key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredKey {
    /// The row's id.
    pub id: Uuid,
    /// The name of its [`Purpose`].
    pub purpose: String,
    /// Counts up within the purpose.
    pub version: i32,
    /// What it is used with.
    pub algorithm: String,
    /// The secret, sealed under the root key and bound to this row.
    pub sealed: String,
    /// The public half as a JWK, for signing keys.
    pub public: Option<String>,
    /// When it was made.
    pub created_at: Moment,
    /// When it stopped making new things; it still opens and verifies.
    pub retired_at: Option<Moment>,
    /// The one application it serves; none: every one.
    pub application_id: Option<Uuid>,
    /// When it began to sign; a signing key that waits has none.
    pub activated_at: Option<Moment>,
}

/// Makes keys.
#[derive(Clone, Copy)]
pub struct KeyMaker<'a> {
    /// Under which they are sealed.
    pub root: &'a RootKey,
    /// The keys there are: versions go on from them.
    pub stored: &'a [StoredKey],
    /// The moment it is.
    pub now: Moment,
    /// Randomness.
    pub entropy: &'a dyn Entropy,
}

impl KeyMaker<'_> {
    /// The next key of a purpose, in use.
    pub fn next(&self, purpose: Purpose) -> Result<StoredKey> {
        if purpose == Purpose::Sign {
            let mut key = self.signing(SigningAlgorithm::EdDsa, None, None)?;
            key.activated_at = Some(self.now);
            return Ok(key);
        }
        let secret = Zeroizing::new(self.entropy.bytes::<32>()?);
        let mut key = self.unsealed(purpose, purpose.algorithm())?;
        key.activated_at = Some(self.now);
        key.seal(self.root, &*secret, self.entropy)
    }

    /// A signing key that waits to be activated: drawn, or (HMAC alone) one that an application shares already.
    pub fn signing(
        &self,
        algorithm: SigningAlgorithm,
        application_id: Option<Uuid>,
        shared: Option<&[u8]>,
    ) -> Result<StoredKey> {
        let secret = match shared {
            Some(shared) => Zeroizing::new(shared.to_vec()),
            None => signing::generate(algorithm, self.entropy)?,
        };
        let mut key = self.unsealed(Purpose::Sign, algorithm.as_str())?;
        key.application_id = application_id;
        let opened = SigningKey::open(key.id, algorithm, application_id, KeyState::Waiting, &secret)?;
        key.public = opened.public_jwk().map(ToString::to_string);
        key.seal(self.root, &secret, self.entropy)
    }

    fn unsealed(&self, purpose: Purpose, algorithm: &str) -> Result<StoredKey> {
        let versions = self.stored.iter().filter(|key| key.purpose == purpose.as_str());
        let latest = versions.map(|key| key.version).max();
        Ok(StoredKey {
            id: self.entropy.id(self.now)?,
            purpose: purpose.as_str().to_owned(),
            version: latest.unwrap_or(0) + 1,
            algorithm: algorithm.to_owned(),
            sealed: String::new(),
            public: None,
            created_at: self.now,
            retired_at: None,
            application_id: None,
            activated_at: None,
        })
    }
}

impl StoredKey {
    fn seal(mut self, root: &RootKey, secret: &[u8], entropy: &dyn Entropy) -> Result<Self> {
        self.sealed = root.seal()?.seal(secret, &self.bound_to(), entropy)?;
        Ok(self)
    }

    /// Whether it signs for every application with this algorithm.
    #[must_use]
    pub fn is_everybodys(&self, algorithm: SigningAlgorithm) -> bool {
        self.application_id.is_none() && self.activated_at.is_some() && self.algorithm == algorithm.as_str()
    }

    /// Where a signing key stands in its life.
    #[must_use]
    pub const fn state(&self) -> KeyState {
        match (self.retired_at, self.activated_at) {
            (Some(_), _) => KeyState::Retired,
            (None, Some(_)) => KeyState::Active,
            (None, None) => KeyState::Waiting,
        }
    }

    /// Everything of the row that must not be exchanged behind our back.
    fn bound_to(&self) -> String {
        let key = format!("key:{}:{}:{}:{}", self.id, self.purpose, self.version, self.algorithm);
        match self.application_id {
            Some(application_id) => format!("{key}:{application_id}"),
            None => key,
        }
    }
}

/// Mixed into short codes before they are hashed, so that a copy of the database alone does not allow guessing them.
pub struct Pepper(DigestKeys);

impl Pepper {
    /// The code mixed with the newest pepper, and that pepper's version.
    pub(super) fn mix(&self, code: &str) -> (i32, [u8; 32]) {
        (self.0.newest_version(), self.0.mac("code", &[code.as_bytes()]))
    }

    /// The code mixed with the pepper of this version, if it is still there.
    pub(super) fn mix_with(&self, version: i32, code: &str) -> Option<[u8; 32]> {
        self.0.mac_with(version, "code", &[code.as_bytes()])
    }
}

/// Every key of the instance, opened and ready.
pub struct KeyRing {
    /// Digests of long secrets.
    pub digest: DigestKeys,
    /// Makes refresh tokens from family and generation.
    pub refresh: DigestKeys,
    /// Makes CSRF tokens.
    pub csrf: DigestKeys,
    /// Mixed into short codes.
    pub pepper: Pepper,
    /// Seals what is read again.
    pub seal: SealKeys,
    /// Seals them all.
    root: RootKey,
}

impl KeyRing {
    /// The purposes that have no key in use; boot makes one for each.
    #[must_use]
    pub fn missing(stored: &[StoredKey]) -> Vec<Purpose> {
        let in_use = |purpose: Purpose| {
            stored.iter().any(|key| {
                key.purpose == purpose.as_str()
                    && key.retired_at.is_none()
                    && (purpose != Purpose::Sign || key.is_everybodys(SigningAlgorithm::EdDsa))
            })
        };
        Purpose::ALL
            .iter()
            .copied()
            .filter(|purpose| !in_use(*purpose))
            .collect()
    }

    /// Opens the stored keys. Fails when a purpose has no key in use, when the root key is another one than they were
    /// sealed with, and when a row was tampered with.
    pub fn open(root: &RootKey, stored: &[StoredKey]) -> Result<Self> {
        if let Some(purpose) = Self::missing(stored).first() {
            return Err(Error::internal(format!("no {} key in use", purpose.as_str())));
        }
        let seal = root.seal()?;
        let digest_keys = |purpose| {
            let keys = open_all(&seal, stored, purpose)?;
            DigestKeys::new(keys.iter().map(|(row, secret)| (row.version, secret.as_slice())))
        };
        let seal_keys = open_all(&seal, stored, Purpose::Seal)?;
        Ok(Self {
            digest: digest_keys(Purpose::Digest)?,
            refresh: digest_keys(Purpose::Refresh)?,
            csrf: digest_keys(Purpose::Csrf)?,
            pepper: Pepper(digest_keys(Purpose::Pepper)?),
            seal: SealKeys::new(
                seal_keys
                    .iter()
                    .map(|(row, secret)| (row.version.to_string(), secret.as_slice())),
            )?,
            root: root.clone(),
        })
    }

    /// Opens the signing keys among the stored ones.
    pub fn signing(&self, stored: &[StoredKey]) -> Result<SigningKeys> {
        let keys = open_all(&self.root.seal()?, stored, Purpose::Sign)?;
        let keys = keys.iter().map(|(row, secret)| open_signing_key(row, secret));
        Ok(SigningKeys::new(keys.collect::<Result<_>>()?))
    }

    /// The root key, to seal further keys with.
    #[must_use]
    pub const fn root(&self) -> &RootKey {
        &self.root
    }
}

type Opened<'a> = (&'a StoredKey, Zeroizing<Vec<u8>>);

/// The keys of one purpose: those in use before the retired, each newest first, so that the first one makes new things.
fn open_all<'a>(seal: &SealKeys, stored: &'a [StoredKey], purpose: Purpose) -> Result<Vec<Opened<'a>>> {
    let mut rows: Vec<_> = stored.iter().filter(|key| key.purpose == purpose.as_str()).collect();
    rows.sort_by_key(|key| (key.retired_at.is_some(), std::cmp::Reverse(key.version)));
    rows.into_iter()
        .map(|row| Ok((row, seal.open(&row.sealed, &row.bound_to())?)))
        .collect()
}

fn open_signing_key(row: &StoredKey, secret: &[u8]) -> Result<SigningKey> {
    let algorithm = SigningAlgorithm::from_name(&row.algorithm)
        .ok_or_else(|| Error::internal(format!("key {} is for {}, which is unknown", row.id, row.algorithm)))?;
    SigningKey::open(row.id, algorithm, row.application_id, row.state(), secret)
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;
    use crate::entropy::{SeededEntropy, SystemEntropy};

    const NOW: Moment = Moment(1_800_000_000_000_000);

    fn root() -> RootKey {
        RootKey::generate(&SeededEntropy::new(1)).unwrap()
    }

    fn next(stored: &[StoredKey], purpose: Purpose) -> Result<StoredKey> {
        let (root, now, entropy) = (&root(), NOW, &SystemEntropy);
        let maker = KeyMaker {
            root,
            stored,
            now,
            entropy,
        };
        maker.next(purpose)
    }

    fn full_set() -> Vec<StoredKey> {
        let mut stored = Vec::new();
        for purpose in KeyRing::missing(&[]) {
            stored.push(next(&stored, purpose).unwrap());
        }
        stored
    }

    #[test]
    fn a_root_key_is_read_in_every_usual_form() {
        let bytes: Vec<u8> = (200..232).collect();
        let id = RootKey::parse(&encode_hex(&bytes)).unwrap().id();
        for text in [
            encode_hex(&bytes).to_uppercase(),
            URL_SAFE_NO_PAD.encode(&bytes),
            STANDARD.encode(&bytes),
            format!("  {}\n", STANDARD.encode(&bytes)),
        ] {
            assert_eq!(RootKey::parse(&text).unwrap().id(), id, "{text}");
        }
        assert_eq!(RootKey::parse(&root().to_text()).unwrap().id(), root().id());
    }

    #[test]
    fn other_lengths_and_placeholders_are_refused() {
        let zeros = "0".repeat(64);
        let long = URL_SAFE_NO_PAD.encode([1; 33]);
        for text in [
            "",
            "secret",
            "ü",
            &zeros,
            &zeros[1..],
            &"g".repeat(64),
            &"ü".repeat(32),
            &long,
        ] {
            assert!(RootKey::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_root_key_is_not_printed() {
        let text = root().to_text();
        assert_eq!(format!("{:?}", root()), format!("RootKey({})", root().id()));
        assert_eq!(root().id().len(), 8);
        assert!(!text.contains(&root().id()));
    }

    #[test]
    fn derived_keys_differ_by_label_and_root() {
        let other = RootKey::generate(&SeededEntropy::new(2)).unwrap();
        let one = root().derive("one").unwrap();
        assert_eq!(one, root().derive("one").unwrap());
        assert_ne!(one, root().derive("two").unwrap());
        assert_ne!(one, other.derive("one").unwrap());
    }

    #[test]
    fn a_full_set_opens_and_works() {
        let stored = full_set();
        assert_eq!(stored.len(), Purpose::ALL.len());
        assert!(KeyRing::missing(&stored).is_empty());
        let ring = KeyRing::open(&root(), &stored).unwrap();
        let again = KeyRing::open(&root(), &stored).unwrap();
        assert!(again.digest.matches("p", "v", &ring.digest.digest("p", "v")));
        assert!(!again.csrf.matches("p", "v", &ring.digest.digest("p", "v")));
        let sealed = ring.seal.seal(b"secret", "row", &SystemEntropy).unwrap();
        assert_eq!(again.seal.open(&sealed, "row").unwrap().as_slice(), b"secret");
        let signing = ring.signing(&stored).unwrap();
        assert_eq!(signing.jwks(), again.signing(&stored).unwrap().jwks());
        let public = stored.iter().find_map(|key| key.public.as_deref()).unwrap();
        assert_eq!(signing.jwks()["keys"][0].to_string(), public);
    }

    #[test]
    fn rows_hold_no_secret_and_cannot_be_exchanged() {
        let stored = full_set();
        let other = RootKey::generate(&SeededEntropy::new(2)).unwrap();
        let error = KeyRing::open(&other, &stored).err().unwrap().to_string();
        assert!(error.contains(&root().id()), "{error}");

        let mut swapped = stored.clone();
        swapped[0].sealed.clone_from(&stored[1].sealed);
        assert!(KeyRing::open(&root(), &swapped).is_err());
        let mut relabelled = stored;
        relabelled[0].version = 2;
        assert!(KeyRing::open(&root(), &relabelled).is_err());
    }

    #[test]
    fn a_rotated_key_still_recognises_but_makes_nothing() {
        let mut stored = full_set();
        let first = stored.clone();
        let before = KeyRing::open(&root(), &stored).unwrap();
        for purpose in Purpose::ALL {
            let next = next(&stored, *purpose).unwrap();
            assert_eq!(next.version, 2);
            stored.push(next);
        }
        for key in stored.iter_mut().filter(|key| key.version == 1) {
            key.retired_at = Some(NOW);
        }
        stored.reverse();
        let after = KeyRing::open(&root(), &stored).unwrap();
        assert!(after.digest.matches("p", "v", &before.digest.digest("p", "v")));
        assert!(after.digest.digest("p", "v").starts_with("2."));
        let (old, new) = (before.signing(&first).unwrap(), after.signing(&stored).unwrap());
        assert_eq!(new.len(), 2);
        assert_eq!(new.jwks()["keys"][1], old.jwks()["keys"][0]);
        let active = new.active(SigningAlgorithm::EdDsa, None).unwrap();
        assert_ne!(active.kid(), old.active(SigningAlgorithm::EdDsa, None).unwrap().kid());
        let (version, mixed) = before.pepper.mix("123456");
        assert_eq!(after.pepper.mix_with(version, "123456"), Some(mixed));
        assert_eq!(after.pepper.mix("123456").0, 2);
    }

    #[test]
    fn a_purpose_without_a_key_in_use_is_missing() {
        let mut stored = full_set();
        stored[2].retired_at = Some(NOW);
        assert_eq!(KeyRing::missing(&stored), [Purpose::Csrf]);
        let error = KeyRing::open(&root(), &stored).err().unwrap().to_string();
        assert!(error.contains("no csrf key"), "{error}");
    }
}

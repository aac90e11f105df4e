//! Digests of secrets that are long enough to need no slow hash: session ids, link tokens, API keys, everything of at
//! least 128 random bits. The database holds `HMAC-SHA-256(key, purpose, value)`, so a copy of it holds nothing that
//! can be presented, and without the key a guess cannot even be checked. Short codes and passwords do not belong here;
//! they go through [`super::password`].

use aws_lc_rs::{constant_time, digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::keys::encode_hex;
use crate::error::{Error, Result};

/// Compares without telling by its duration how much was equal. Only the lengths may leak.
#[must_use]
pub fn constant_time_eq(one: &[u8], other: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(one, other).is_ok()
}

/// SHA-1 in upper-case hexadecimal, by which public lists of breached passwords are keyed. Protects nothing.
#[must_use]
pub fn sha1_hex(text: &str) -> String {
    let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
    encode_hex(hash.as_ref()).to_uppercase()
}

/// SHA-256 in hexadecimal: what stands for a text that is no secret, the same on every node and under all keys.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    encode_hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// Versioned HMAC keys of one kind, newest first. The newest makes, all of them recognise.
pub struct DigestKeys(Vec<VersionedKey>);

struct VersionedKey {
    version: i32,
    key: hmac::Key,
}

impl DigestKeys {
    /// Takes the keys, newest first.
    pub fn new<'a>(keys: impl IntoIterator<Item = (i32, &'a [u8])>) -> Result<Self> {
        let keys: Vec<_> = keys
            .into_iter()
            .map(|(version, secret)| VersionedKey {
                version,
                key: hmac::Key::new(hmac::HMAC_SHA256, secret),
            })
            .collect();
        if keys.is_empty() {
            return Err(Error::internal("no key to make digests with"));
        }
        Ok(Self(keys))
    }

    /// What is stored in place of `value`: the version of the key, a dot, and the digest. `purpose` keeps a value of
    /// one kind from being found as another.
    #[must_use]
    pub fn digest(&self, purpose: &str, value: &str) -> String {
        self.0[0].digest(purpose, value)
    }

    /// The digest under each key, newest first: look-ups after a rotation ask for all of them.
    #[must_use]
    pub fn candidates(&self, purpose: &str, value: &str) -> Vec<String> {
        self.0.iter().map(|key| key.digest(purpose, value)).collect()
    }

    /// Whether `stored` is the digest of `value` under any of the keys.
    #[must_use]
    pub fn matches(&self, purpose: &str, value: &str, stored: &str) -> bool {
        self.0
            .iter()
            .any(|key| constant_time_eq(key.digest(purpose, value).as_bytes(), stored.as_bytes()))
    }

    /// The raw MAC of several values under the newest key: a secret that can be computed again instead of being stored,
    /// such as a refresh token's `HMAC(key, family, generation)`.
    #[must_use]
    pub fn mac(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        self.0[0].mac(purpose, parts)
    }

    /// Whether `presented` is the MAC of these values under any of the keys.
    #[must_use]
    pub fn mac_matches(&self, purpose: &str, parts: &[&[u8]], presented: &[u8]) -> bool {
        self.0
            .iter()
            .any(|key| constant_time_eq(&key.mac(purpose, parts), presented))
    }

    /// The version of the newest key.
    pub(super) fn newest_version(&self) -> i32 {
        self.0[0].version
    }

    /// The MAC under the key of this version, if there is one.
    pub(super) fn mac_with(&self, version: i32, purpose: &str, parts: &[&[u8]]) -> Option<[u8; 32]> {
        let key = self.0.iter().find(|key| key.version == version)?;
        Some(key.mac(purpose, parts))
    }
}

impl VersionedKey {
    fn digest(&self, purpose: &str, value: &str) -> String {
        let mac = self.mac(purpose, &[value.as_bytes()]);
        format!("{}.{}", self.version, URL_SAFE_NO_PAD.encode(mac))
    }

    /// RFC 2104 over length-framed parts, so that ("ab", "c") and ("a", "bc") differ.
    fn mac(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.key);
        for part in std::iter::once(&purpose.as_bytes()).chain(parts) {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut mac = [0; 32];
        mac.copy_from_slice(context.sign().as_ref());
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: [u8; 32] = [1; 32];
    const NEW: [u8; 32] = [2; 32];

    fn before() -> DigestKeys {
        DigestKeys::new([(1, &OLD[..])]).unwrap()
    }

    fn after() -> DigestKeys {
        DigestKeys::new([(2, &NEW[..]), (1, &OLD[..])]).unwrap()
    }

    #[test]
    fn a_digest_names_its_key_and_hides_its_value() {
        let digest = before().digest("session", "s3cret");
        assert!(digest.starts_with("1."));
        assert_eq!(digest.len(), 2 + 43);
        assert!(!digest.contains("s3cret"));
        assert_eq!(digest, before().digest("session", "s3cret"));
    }

    #[test]
    fn digests_survive_a_rotation() {
        let stored = before().digest("session", "value");
        assert!(after().matches("session", "value", &stored));
        assert!(after().candidates("session", "value").contains(&stored));
        assert!(after().digest("session", "value").starts_with("2."));
        assert!(!before().matches("session", "value", &after().digest("session", "value")));
    }

    #[test]
    fn purpose_and_value_cannot_be_mistaken_for_one_another() {
        let keys = before();
        assert!(!keys.matches("reset", "value", &keys.digest("session", "value")));
        assert_ne!(keys.digest("ab", "c")[2..], keys.digest("a", "bc")[2..]);
        assert_ne!(keys.mac("p", &[b"ab", b"c"]), keys.mac("p", &[b"a", b"bc"]));
        assert_ne!(keys.mac("p", &[b"abc"]), keys.mac("p", &[b"abc", b""]));
        assert_ne!(keys.mac("p", &[]), keys.mac("p", &[b""]));
    }

    #[test]
    fn garbled_digests_match_nothing() {
        let keys = before();
        let good = keys.digest("session", "value");
        for bad in [
            "",
            "1",
            "1.",
            &good[2..],
            &good[..44],
            &format!("{good}A"),
            &format!("2{}", &good[1..]),
        ] {
            assert!(!keys.matches("session", "value", bad), "{bad}");
        }
    }

    #[test]
    fn macs_survive_a_rotation() {
        let parts: [&[u8]; 2] = [b"family", b"7"];
        let mac = before().mac("refresh", &parts);
        assert!(after().mac_matches("refresh", &parts, &mac));
        assert!(!after().mac_matches("refresh", &[b"family", b"8"], &mac));
        assert!(!after().mac_matches("refresh", &parts, &mac[..31]));
    }

    #[test]
    fn hmac_is_that_of_rfc_2104() {
        // key and words of RFC 4231 §4.3 in our framing; the expectation comes from another implementation
        let keys = DigestKeys::new([(1, &b"Jefe"[..])]).unwrap();
        let mac = keys.mac("what do ya want", &[b"for nothing?"]);
        assert_eq!(
            encode_hex(&mac),
            "c0e831ba4fa8d6a615d991de4df0266990ed4d98835c5b3ab3cbf561cc49e12b"
        );
    }

    #[test]
    fn without_keys_there_are_no_digests() {
        assert!(DigestKeys::new([]).is_err());
    }
}

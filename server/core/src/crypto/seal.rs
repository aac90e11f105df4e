//! Sealing of secrets that must be read again: provider tokens, an SMTP password, private keys. AES-256-GCM
//! (NIST SP 800-38D) with a key id in front, bound to the place it is stored in, so that a sealed value copied into
//! another row or column does not open. What only has to be recognised is digested instead, see [`super::digest`].

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::entropy::Entropy;
use crate::error::{Error, Result};

/// Keys that seal, newest first. The newest seals, all of them open. With random 96-bit nonces one key is good for 2³²
/// values (SP 800-38D §8.3), far more than one instance ever seals.
pub struct SealKeys(Vec<SealKey>);

struct SealKey {
    id: String,
    key: LessSafeKey,
}

impl SealKeys {
    /// Takes ids and keys, newest first. An id holds no dot.
    pub fn new<'a>(keys: impl IntoIterator<Item = (String, &'a [u8])>) -> Result<Self> {
        let keys = keys
            .into_iter()
            .map(|(id, secret)| {
                let key = UnboundKey::new(&AES_256_GCM, secret)
                    .map_err(|_| Error::internal("a seal key must have 32 bytes"))?;
                Ok(SealKey {
                    id,
                    key: LessSafeKey::new(key),
                })
            })
            .collect::<Result<Vec<_>>>()?;
        if keys.is_empty() {
            return Err(Error::internal("no key to seal with"));
        }
        Ok(Self(keys))
    }

    /// Seals `plain` as `<key id>.<base64url(nonce ‖ ciphertext ‖ tag)>`. It opens only with the same `bound_to`, the
    /// name of the place where it is stored, such as `social_account:<id>:refresh_token`.
    pub fn seal(&self, plain: &[u8], bound_to: &str, entropy: &dyn Entropy) -> Result<String> {
        let SealKey { id, key } = &self.0[0];
        let nonce = entropy.bytes::<NONCE_LEN>()?;
        let mut ciphertext = plain.to_vec();
        key.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            associated_data(id, bound_to),
            &mut ciphertext,
        )
        .map_err(|_| Error::internal("sealing failed"))?;
        let envelope = [&nonce[..], &ciphertext].concat();
        Ok(format!("{id}.{}", URL_SAFE_NO_PAD.encode(envelope)))
    }

    /// Opens what [`Self::seal`] made for the same place. Every failure is a fault of ours or of the database: these
    /// values never pass through anyone's hands.
    pub fn open(&self, sealed: &str, bound_to: &str) -> Result<Zeroizing<Vec<u8>>> {
        let malformed = || Error::internal(format!("the sealed value of {bound_to} is malformed"));
        let (id, envelope) = sealed.split_once('.').ok_or_else(malformed)?;
        let SealKey { key, .. } = self
            .0
            .iter()
            .find(|key| key.id == id)
            .ok_or_else(|| Error::internal(format!("{bound_to} is sealed under key {id}, which is not here")))?;
        let mut envelope = Zeroizing::new(URL_SAFE_NO_PAD.decode(envelope).map_err(|_| malformed())?);
        let (nonce, ciphertext) = envelope.split_first_chunk_mut::<NONCE_LEN>().ok_or_else(malformed)?;
        let plain = key
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                associated_data(id, bound_to),
                ciphertext,
            )
            .map_err(|_| Error::internal(format!("the sealed value of {bound_to} does not open under key {id}")))?;
        Ok(Zeroizing::new(plain.to_vec()))
    }
}

/// Key id and place, framed by the id's length so that neither can run into the other.
fn associated_data(id: &str, bound_to: &str) -> Aad<Vec<u8>> {
    let length = (id.len() as u64).to_be_bytes();
    Aad::from([&length[..], id.as_bytes(), bound_to.as_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::{SeededEntropy, SystemEntropy};

    const OLD: [u8; 32] = [1; 32];
    const NEW: [u8; 32] = [2; 32];

    fn before() -> SealKeys {
        SealKeys::new([("1".to_owned(), &OLD[..])]).unwrap()
    }

    fn after() -> SealKeys {
        SealKeys::new([("2".to_owned(), &NEW[..]), ("1".to_owned(), &OLD[..])]).unwrap()
    }

    #[test]
    fn what_was_sealed_opens_in_its_place_alone() {
        let sealed = before().seal(b"token", "row:1", &SystemEntropy).unwrap();
        assert!(sealed.starts_with("1."));
        assert_eq!(before().open(&sealed, "row:1").unwrap().as_slice(), b"token");
        assert!(before().open(&sealed, "row:2").is_err());
    }

    #[test]
    fn two_seals_of_one_value_differ() {
        let entropy = SeededEntropy::new(1);
        let one = before().seal(b"token", "row:1", &entropy).unwrap();
        let other = before().seal(b"token", "row:1", &entropy).unwrap();
        assert_ne!(one, other);
    }

    #[test]
    fn sealed_values_survive_a_rotation() {
        let sealed = before().seal(b"token", "row:1", &SystemEntropy).unwrap();
        assert_eq!(after().open(&sealed, "row:1").unwrap().as_slice(), b"token");
        let resealed = after().seal(b"token", "row:1", &SystemEntropy).unwrap();
        assert!(resealed.starts_with("2."));
        let error = before().open(&resealed, "row:1").unwrap_err().to_string();
        assert!(error.contains("key 2, which is not here"), "{error}");
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let sealed = after()
            .seal(b"a secret of some length", "row:1", &SystemEntropy)
            .unwrap();
        for at in 0..sealed.len() {
            for other in ['A', 'z', '1', '.', '!'] {
                let mut changed = sealed.clone();
                changed.replace_range(at..=at, other.encode_utf8(&mut [0; 4]));
                assert!(
                    changed == sealed || after().open(&changed, "row:1").is_err(),
                    "{changed}"
                );
            }
            assert!(after().open(&sealed[..at], "row:1").is_err());
        }
    }

    #[test]
    fn keys_must_have_the_right_length_and_be_there() {
        assert!(SealKeys::new([("1".to_owned(), &OLD[..31])]).is_err());
        assert!(SealKeys::new([]).is_err());
    }
}

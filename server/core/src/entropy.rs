//! Randomness: the only place that may draw it. It comes from the operating system, because the first random call of
//! the crypto library costs 30 ms of its own start-up.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::clock::Moment;

/// Fills bytes with randomness.
pub trait Entropy: Send + Sync {
    /// Fills the whole slice, or says why it cannot; nothing may be issued from a slice that was not filled.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError>;
}

/// The operating system gave no randomness.
#[derive(Debug, thiserror::Error)]
#[error("no randomness available")]
pub struct EntropyError;

impl dyn Entropy + '_ {
    /// So many random bytes.
    pub fn bytes<const N: usize>(&self) -> Result<[u8; N], EntropyError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// 256 random bits as URL-safe text: the secret of a link or token.
    pub fn token(&self) -> Result<String, EntropyError> {
        Ok(URL_SAFE_NO_PAD.encode(self.bytes::<32>()?))
    }

    /// So many decimal digits, each equally likely.
    pub fn digits(&self, count: usize) -> Result<String, EntropyError> {
        self.code("0123456789", count)
    }

    /// So many characters of an ASCII alphabet, each equally likely.
    pub fn code(&self, alphabet: &str, count: usize) -> Result<String, EntropyError> {
        let alphabet = alphabet.as_bytes();
        if alphabet.is_empty() {
            return Err(EntropyError);
        }
        // the largest multiple of the alphabet's size in a byte: bytes above it would make its first characters likelier
        let fair = 256 - 256 % alphabet.len();
        let mut code = String::with_capacity(count);
        while code.len() < count {
            let [byte] = self.bytes::<1>()?;
            let byte = usize::from(byte);
            if byte < fair {
                code.push(char::from(alphabet[byte % alphabet.len()]));
            }
        }
        Ok(code)
    }

    /// A UUID version 7 (RFC 9562 §5.7): ids made later in one process sort later, those of one millisecond, too, so
    /// that what was queued or written first comes first.
    pub fn id(&self, now: Moment) -> Result<Uuid, EntropyError> {
        let mut random = self.bytes::<10>()?;
        let place = place(u64::try_from(now.0 / 1_000).unwrap_or(0));
        // twelve bits after the version's four
        random[..2].copy_from_slice(&(place & COUNTED).to_be_bytes()[6..]);
        Ok(uuid::Builder::from_unix_timestamp_millis(place >> COUNTER_BITS, &random).into_uuid())
    }
}

const COUNTER_BITS: u32 = 12;
const COUNTED: u64 = (1 << COUNTER_BITS) - 1;

/// Where the next id stands among all of this process: its milliseconds, then a counter (RFC 9562 §6.2, method 1). A
/// counter that runs over, or a clock that is set back, goes on from the last id.
fn place(millis: u64) -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let next = |last: u64| (last + 1).max(millis << COUNTER_BITS);
    next(LAST.update(Ordering::Relaxed, Ordering::Relaxed, next))
}

/// The operating system's randomness.
#[derive(Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that may ask")]
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        getrandom::fill(bytes).map_err(|_| EntropyError)
    }
}

/// A repeatable stream for tests (SplitMix64). Two seeds give two streams; nothing about it is secret.
#[derive(Debug)]
pub struct SeededEntropy(Mutex<u64>);

impl SeededEntropy {
    /// Starts the stream of this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        let mut state = self.0.lock().map_err(|_| EntropyError)?;
        for chunk in bytes.chunks_mut(8) {
            *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = *state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_version_7_and_sort_by_time() {
        let entropy: &dyn Entropy = &SystemEntropy;
        let earlier = entropy.id(Moment(1_000_000_000_000)).unwrap();
        let later = entropy.id(Moment(1_000_000_001_000)).unwrap();
        assert_eq!(earlier.get_version_num(), 7);
        assert!(earlier < later);
    }

    #[test]
    fn ids_of_one_moment_sort_as_they_were_made_also_when_the_counter_runs_over() {
        let entropy: &dyn Entropy = &SystemEntropy;
        let ids: Vec<Uuid> = (0..5_000)
            .map(|_| entropy.id(Moment(2_000_000_000_000)).unwrap())
            .collect();
        assert!(ids.is_sorted_by(|one, next| one < next));
        let before = entropy.id(Moment(1_999_999_999_000)).unwrap();
        assert!(ids[4_999] < before, "a clock that is set back");
    }

    #[test]
    fn digits_have_the_asked_length_and_every_digit_occurs() {
        let entropy: &dyn Entropy = &SeededEntropy::new(7);
        let code = entropy.digits(2_000).unwrap();
        assert_eq!(code.len(), 2_000);
        for digit in '0'..='9' {
            let share = code.matches(digit).count();
            assert!((120..280).contains(&share), "{digit} occurs {share} times in 2000");
        }
    }
}

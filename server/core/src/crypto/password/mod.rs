//! Slow hashes: passwords and short codes, made as Argon2id (RFC 9106) in the PHC string format. Everything runs on a
//! small pool of its own, so that a storm of logins delays other logins and nothing else. Hashes that Django wrote are
//! recognised and reported as outdated, so that an imported user is rehashed at the first login. Password rules are the
//! caller's; a password is hashed exactly as it was sent, because hashes that Django wrote were made so.

mod encoded;
mod pool;

use argon2_rust::params::{Memory, TagLen};
use argon2_rust::{Algorithm, Argon2, Params, Version};
use zeroize::Zeroizing;

use self::encoded::Encoded;
use self::pool::{Arena, Pool};
use super::keys::Pepper;
use crate::entropy::Entropy;
use crate::error::{Error, Result};

const SALT_LENGTH: usize = 16;
const HASH_LENGTH: usize = 32;

/// What one hash costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordParams {
    /// Memory in KiB (RFC 9106 `m`).
    pub memory_kib: u32,
    /// Passes over the memory (`t`).
    pub iterations: u32,
    /// Lanes (`p`). They are filled one after the other: logins run side by side already.
    pub parallelism: u32,
}

impl Default for PasswordParams {
    /// OWASP's second choice: 19 MiB, two passes, one lane; some 7 ms.
    fn default() -> Self {
        Self {
            memory_kib: 19_456,
            iterations: 2,
            parallelism: 1,
        }
    }
}

impl PasswordParams {
    /// Whether hashes can be made with these: RFC 9106 §3.1 (8 KiB for each lane, one pass, one lane), and not more
    /// than Sereno accepts from a stored hash.
    pub fn validate(&self) -> Result<()> {
        let params = self.argon2()?;
        if encoded::is_affordable(&params) {
            Ok(())
        } else {
            Err(Error::internal("the password parameters are too expensive"))
        }
    }

    /// Whether they are at least as strong as one of the equal choices of OWASP's Password Storage Cheat Sheet. Weaker
    /// ones are for tests.
    #[must_use]
    pub const fn meets_owasp(&self) -> bool {
        let memory_kib = match self.iterations {
            0 => return false,
            1 => 47_104,
            2 => 19_456,
            3 => 12_288,
            4 => 9_216,
            _ => 7_168,
        };
        self.memory_kib >= memory_kib
    }

    fn argon2(&self) -> Result<Params> {
        Params::builder()
            .memory(Memory::kib(self.memory_kib.into()))
            .passes(self.iterations)
            .lanes(self.parallelism)
            .threads(1)
            .tag_len(TagLen::bytes(HASH_LENGTH as u64))
            .build()
            .map_err(|error| Error::internal(format!("the password parameters are not those of an Argon2: {error}")))
    }
}

/// What became of a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not the password, no password, or a hash nobody can read.
    Wrong,
    /// The password.
    Right,
    /// The password, but hashed in another way than today: store a fresh hash.
    RightButOutdated,
}

/// Hashes and verifies, a bounded number at a time.
pub struct Hasher {
    params: PasswordParams,
    pool: Pool,
}

impl Hasher {
    /// Starts `threads` workers, as many as there are cores when zero, with room for `queue` callers to wait. They touch
    /// no memory before the first hash.
    pub fn new(params: PasswordParams, threads: usize, queue: usize) -> Result<Self> {
        params.validate()?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.argon2()?);
        Ok(Self {
            params,
            pool: Pool::start(argon2, threads, queue)?,
        })
    }

    /// Hashes a password, as `$argon2id$v=19$m=…,t=…,p=…$salt$hash`.
    pub async fn hash(&self, password: &str, entropy: &dyn Entropy) -> Result<String> {
        self.hash_bytes(password.as_bytes(), entropy).await
    }

    /// Compares a password with a stored hash. Without one (no such user, no password set) and with one that cannot be
    /// read, a hash is computed all the same and the answer is [`Verdict::Wrong`], so that neither the duration nor the
    /// load tells whether there is such a user. A hash of foreign make takes its own time until the user's first login.
    pub async fn verify(&self, password: &str, encoded: Option<&str>) -> Result<Verdict> {
        self.verify_bytes(password.as_bytes(), encoded).await
    }

    /// Hashes a short code, as `<pepper version>$argon2id$…` over `HMAC-SHA-256(pepper, code)`: a million codes are
    /// tried quickly even against Argon2, but not without the pepper, which is not in the database.
    pub async fn hash_code(&self, code: &str, pepper: &Pepper, entropy: &dyn Entropy) -> Result<String> {
        let (version, mixed) = pepper.mix(code);
        let hash = self.hash_bytes(&mixed, entropy).await?;
        Ok(format!("{version}{hash}"))
    }

    /// Compares a short code with a stored hash, in the way of [`Self::verify`].
    pub async fn verify_code(&self, code: &str, encoded: Option<&str>, pepper: &Pepper) -> Result<bool> {
        let known = encoded.and_then(|encoded| {
            let (version, hash) = encoded.split_at(encoded.find('$')?);
            let mixed = pepper.mix_with(version.parse().ok()?, code)?;
            Some((mixed, hash))
        });
        let verdict = match known {
            Some((mixed, hash)) => self.verify_bytes(&mixed, Some(hash)).await?,
            None => self.verify_bytes(&pepper.mix(code).1, None).await?,
        };
        Ok(verdict != Verdict::Wrong)
    }

    /// How many hashes have been computed. Tests compare this instead of durations.
    #[must_use]
    pub fn runs(&self) -> u64 {
        self.pool.runs()
    }

    /// How many callers are waiting for a worker.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.pool.queued()
    }

    async fn hash_bytes(&self, secret: &[u8], entropy: &dyn Entropy) -> Result<String> {
        let salt = entropy.bytes::<SALT_LENGTH>()?;
        let secret = Zeroizing::new(secret.to_vec());
        self.pool
            .run(move |arena| arena.hash_encoded(&secret, &salt))
            .await?
            .map_err(Error::internal)
    }

    async fn verify_bytes(&self, secret: &[u8], encoded: Option<&str>) -> Result<Verdict> {
        let encoded = encoded.and_then(Encoded::parse);
        let secret = Zeroizing::new(secret.to_vec());
        let Some(encoded) = encoded else {
            self.pool.run(move |arena| burn(arena, &secret)).await??;
            return Ok(Verdict::Wrong);
        };
        let right = if encoded.is_current(&self.params) {
            Verdict::Right
        } else {
            Verdict::RightButOutdated
        };
        let matches = self.pool.run(move |arena| encoded.matches(&secret, arena)).await??;
        Ok(if matches { right } else { Verdict::Wrong })
    }
}

/// A hash that nobody looks at: the work of a comparison where there is nothing to compare with.
fn burn(arena: &mut Arena, secret: &[u8]) -> Result<()> {
    let mut hash = [0; HASH_LENGTH];
    arena
        .hash_into(secret, &[0; SALT_LENGTH], &mut hash)
        .map_err(Error::internal)?;
    std::hint::black_box(hash);
    Ok(())
}

#[cfg(test)]
mod tests;

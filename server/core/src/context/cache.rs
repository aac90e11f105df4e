//! What is remembered of users, token families and access tokens between two requests, so that a valid access token costs
//! no statement and its signature is checked once.
//! A change in this process forgets it at once ([`super::Tx::touch`]), a change elsewhere within a second
//! ([`super::freshness`]); refreshing, revoking and everything sensitive read the rows themselves.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use quick_cache::sync::Cache as Lru;
use sereno_types::{Me, UserState};
use uuid::Uuid;

/// What is remembered of a user.
#[derive(Debug)]
pub struct UserSnapshot {
    /// The state of the account.
    pub state: UserState,
    /// The credential epoch.
    pub credential_epoch: i64,
    /// What the user sees of themselves.
    pub me: Me,
}

/// What is remembered of a token family.
#[derive(Clone, Copy, Debug)]
pub struct FamilySnapshot {
    /// Whether it was revoked.
    pub revoked: bool,
}

/// What is remembered of an access token: that its signature was right, and what it says that is looked at each time.
#[derive(Clone, Copy, Debug)]
pub struct TokenSnapshot {
    /// Whose it is.
    pub user_id: Uuid,
    /// The family it descends from.
    pub family: Uuid,
    /// The user's credential epoch when it was issued.
    pub epoch: i64,
    /// When the user was proven, in seconds.
    pub auth_time: i64,
    /// Not good from this second on.
    pub exp: i64,
}

/// The memories, bounded.
pub struct Cache {
    users: Lru<Uuid, Arc<UserSnapshot>>,
    families: Lru<Uuid, FamilySnapshot>,
    /// By SHA-256 of the whole token.
    tokens: Lru<[u8; 32], TokenSnapshot>,
    /// Raised by every forgetting: what was read before it must not be put in after it.
    generation: AtomicU64,
    /// Set while changes by other processes cannot be heard: nothing is remembered then.
    deaf: AtomicBool,
}

impl Default for Cache {
    fn default() -> Self {
        Self {
            users: Lru::new(10_000),
            families: Lru::new(50_000),
            tokens: Lru::new(20_000),
            generation: AtomicU64::new(0),
            deaf: AtomicBool::new(false),
        }
    }
}

impl Cache {
    /// To be asked before reading a row that will be remembered.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// What is remembered of the user.
    #[must_use]
    pub fn user(&self, id: Uuid) -> Option<Arc<UserSnapshot>> {
        self.users.get(&id)
    }

    /// What is remembered of the family.
    #[must_use]
    pub fn family(&self, id: Uuid) -> Option<FamilySnapshot> {
        self.families.get(&id)
    }

    /// What is remembered of the access token with this digest.
    #[must_use]
    pub fn token(&self, digest: &[u8; 32]) -> Option<TokenSnapshot> {
        self.tokens.get(digest)
    }

    /// Remembers an access token whose signature was right.
    pub fn put_token(&self, digest: [u8; 32], token: TokenSnapshot) {
        self.tokens.insert(digest, token);
    }

    /// Remembers a user read since `generation`.
    pub fn put_user(&self, id: Uuid, user: Arc<UserSnapshot>, generation: u64) {
        if self.deaf.load(Ordering::Acquire) {
            return;
        }
        self.users.insert(id, user);
        if self.generation() != generation {
            self.users.remove(&id);
        }
    }

    /// Remembers a family read since `generation`.
    pub fn put_family(&self, id: Uuid, family: FamilySnapshot, generation: u64) {
        if self.deaf.load(Ordering::Acquire) {
            return;
        }
        self.families.insert(id, family);
        if self.generation() != generation {
            self.families.remove(&id);
        }
    }

    /// Forgets users and families with these ids.
    pub fn forget(&self, ids: &[Uuid]) {
        if ids.is_empty() {
            return;
        }
        self.generation.fetch_add(1, Ordering::AcqRel);
        for id in ids {
            self.users.remove(id);
            self.families.remove(id);
        }
    }

    /// Hearing was lost: forgets everything and remembers nothing until it is back.
    pub fn go_deaf(&self) {
        self.deaf.store(true, Ordering::Release);
        self.clear();
    }

    /// Hearing is back. What happened in between is unknown, so everything is forgotten first.
    pub fn hear(&self) {
        self.clear();
        self.deaf.store(false, Ordering::Release);
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
        self.users.clear();
        self.families.clear();
        self.tokens.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_before_a_change_is_not_remembered_after_it() {
        let (cache, id) = (Cache::default(), Uuid::from_u128(1));
        let generation = cache.generation();
        cache.forget(&[id]);
        cache.put_family(id, FamilySnapshot { revoked: false }, generation);
        assert!(cache.family(id).is_none());
        cache.put_family(id, FamilySnapshot { revoked: false }, cache.generation());
        assert!(cache.family(id).is_some());
    }

    #[test]
    fn nothing_is_remembered_while_others_cannot_be_heard() {
        let (cache, id) = (Cache::default(), Uuid::from_u128(1));
        let remember = || cache.put_family(id, FamilySnapshot { revoked: false }, cache.generation());
        remember();
        cache.go_deaf();
        assert!(cache.family(id).is_none());
        remember();
        assert!(cache.family(id).is_none());
        cache.hear();
        remember();
        assert!(cache.family(id).is_some());
    }
}

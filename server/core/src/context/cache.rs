//! What is remembered of users, token families, applications, signing keys and access tokens between two requests, so that a valid access token costs
//! no statement and its signature is checked once.
//! A change in this process forgets it at once ([`super::Tx::touch`]), a change elsewhere within a second
//! ([`super::freshness`]); refreshing, revoking and everything sensitive read the rows themselves.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use quick_cache::sync::Cache as Lru;
use serde_json::{Map, Value};
use sereno_types::{
    ApplicationKind, Attribute, CookieSettings, Delivery, Grant, Me, Rotation, TokenProfile, UserState,
};
use uuid::Uuid;

use super::keys::{APPLICATIONS as ALL_APPLICATIONS, ATTRIBUTES, SIGNING_KEYS};
use crate::clock::Moment;
use crate::crypto::SigningKeys;
use crate::rights::{Graph, Holdings, ProjectNode};

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
#[derive(Debug)]
pub struct FamilySnapshot {
    /// Whose it is.
    pub user_id: Uuid,
    /// Through which application.
    pub application_id: Uuid,
    /// The user's credential epoch when it began.
    pub credential_epoch: i64,
    /// When the user was proven.
    pub authenticated_at: Moment,
    /// When it ends at the latest.
    pub expires_at: Moment,
    /// What happens to its refresh tokens when they are used; settled when it began.
    pub rotation: Rotation,
    /// Whether it was revoked.
    pub revoked: bool,
    /// Whether it is a key.
    pub is_key: bool,
    /// Ids of its access tokens that were revoked one by one, each with the moment until which that matters.
    pub denied: Vec<(String, Moment)>,
}

impl FamilySnapshot {
    /// Whether the access token with this id was revoked by itself.
    #[must_use]
    pub fn denies(&self, id: &str, now: Moment) -> bool {
        self.denied.iter().any(|(denied, until)| denied == id && *until > now)
    }
}

/// What is remembered of an access token: that its signature was right, and what it says that is looked at each time.
#[derive(Debug)]
pub struct TokenSnapshot {
    /// The family it descends from.
    pub family: Uuid,
    /// Its id.
    pub jti: Option<String>,
    /// Not good from this second on.
    pub exp: i64,
    /// Whether it is meant for this server, too.
    pub for_us: bool,
    /// Through which application it was issued.
    pub application_id: Uuid,
    /// What it says; nothing when it is opaque.
    pub claims: Option<Map<String, Value>>,
}

/// An application that works, as last seen.
#[derive(Debug)]
pub struct Application {
    /// The row.
    pub id: Uuid,
    /// Its name on the wire.
    pub client_id: String,
    /// Whether it must prove itself.
    pub kind: ApplicationKind,
    /// How it may come by tokens.
    pub grants: Vec<Grant>,
    /// Origins whose scripts may call the API with it.
    pub origins: Vec<String>,
    /// What it may ask for.
    pub scopes: Vec<String>,
    /// How tokens reach it.
    pub delivery: Delivery,
    /// The form of its tokens.
    pub profile: TokenProfile,
    /// The cookies of a cookie delivery.
    pub cookies: CookieSettings,
    /// Whether the configuration describes it.
    pub is_managed: bool,
    /// Ids and digests of its secrets.
    pub secrets: Vec<(Uuid, String)>,
}

impl Application {
    /// Whether its cookies speak for a request: of our own pages and of no browser (nothing), or of this other origin.
    #[must_use]
    pub fn speaks_to(&self, foreign: Option<&str>) -> bool {
        foreign.is_none_or(|foreign| self.origins.iter().any(|origin| origin == foreign))
    }
}

/// What a request is held against before it is known which application it is about.
#[derive(Debug, Default)]
pub struct ApplicationIndex {
    /// Names of the cookies that access tokens come in.
    pub access_cookies: BTreeSet<String>,
    /// Origins whose scripts may call the API.
    pub origins: HashSet<String>,
}

/// Most applications that are remembered: there are rarely more than some dozens.
const APPLICATIONS: usize = 1_000;

/// Applications by their two names.
#[derive(Default)]
struct Applications {
    by_client_id: HashMap<String, Arc<Application>>,
    by_id: HashMap<Uuid, Arc<Application>>,
}

/// The memories, bounded.
pub struct Cache {
    users: Lru<Uuid, Arc<UserSnapshot>>,
    families: Lru<Uuid, Arc<FamilySnapshot>>,
    /// By SHA-256 of the whole token.
    tokens: Lru<[u8; 32], Arc<TokenSnapshot>>,
    applications: RwLock<Applications>,
    index: RwLock<Option<Arc<ApplicationIndex>>>,
    attributes: RwLock<Option<Arc<Vec<Attribute>>>>,
    signing: RwLock<Option<Arc<SigningKeys>>>,
    /// The three that follow are asked for with the number that the row beside them has right now.
    graph: RwLock<Option<Arc<Graph>>>,
    holdings: Lru<Uuid, Arc<Holdings>>,
    projects: Lru<String, (i64, Arc<ProjectNode>)>,
    /// When something was last noted to have been used.
    noted: Lru<Uuid, Moment>,
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
            applications: RwLock::default(),
            index: RwLock::default(),
            attributes: RwLock::default(),
            signing: RwLock::default(),
            graph: RwLock::default(),
            holdings: Lru::new(10_000),
            projects: Lru::new(10_000),
            noted: Lru::new(20_000),
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
    pub fn family(&self, id: Uuid) -> Option<Arc<FamilySnapshot>> {
        self.families.get(&id)
    }

    /// What is remembered of the access token with this digest.
    #[must_use]
    pub fn token(&self, digest: &[u8; 32]) -> Option<Arc<TokenSnapshot>> {
        self.tokens.get(digest)
    }

    /// Remembers an access token whose signature was right.
    pub fn put_token(&self, digest: [u8; 32], token: Arc<TokenSnapshot>, generation: u64) {
        if self.deaf.load(Ordering::Acquire) {
            return;
        }
        self.tokens.insert(digest, token);
        if self.generation() != generation {
            self.tokens.remove(&digest);
        }
    }

    /// The application with this `client_id`.
    #[must_use]
    pub fn application(&self, client_id: &str) -> Option<Arc<Application>> {
        let known = self.applications.read().unwrap_or_else(PoisonError::into_inner);
        known.by_client_id.get(client_id).cloned()
    }

    /// The application with this id.
    #[must_use]
    pub fn application_by_id(&self, id: Uuid) -> Option<Arc<Application>> {
        let known = self.applications.read().unwrap_or_else(PoisonError::into_inner);
        known.by_id.get(&id).cloned()
    }

    /// Remembers an application that was read while `generation` was current.
    pub fn put_application(&self, application: Arc<Application>, generation: u64) {
        let mut known = self.applications.write().unwrap_or_else(PoisonError::into_inner);
        // under the lock that forgetting takes: what was read before a change is not remembered after it
        if self.deaf.load(Ordering::Acquire) || self.generation() != generation {
            return;
        }
        if known.by_id.len() >= APPLICATIONS {
            *known = Applications::default();
        }
        known.by_id.insert(application.id, Arc::clone(&application));
        known.by_client_id.insert(application.client_id.clone(), application);
    }

    /// Whether the use of something is worth noting again; true once in `every`.
    pub fn is_time(&self, id: Uuid, now: Moment, every: std::time::Duration) -> bool {
        if self.noted.get(&id).is_some_and(|noted| now.since(noted) < every) {
            return false;
        }
        self.noted.insert(id, now);
        true
    }

    /// What all applications together say.
    #[must_use]
    pub fn index(&self) -> Option<Arc<ApplicationIndex>> {
        self.index.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Remembers what all applications together say, as it was read while `generation` was current.
    pub fn put_index(&self, index: Arc<ApplicationIndex>, generation: u64) {
        let mut known = self.index.write().unwrap_or_else(PoisonError::into_inner);
        if !self.deaf.load(Ordering::Acquire) && self.generation() == generation {
            *known = Some(index);
        }
    }

    /// Every declared attribute.
    #[must_use]
    pub fn attributes(&self) -> Option<Arc<Vec<Attribute>>> {
        self.attributes.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Remembers the declared attributes, as they were read while `generation` was current.
    pub fn put_attributes(&self, attributes: Arc<Vec<Attribute>>, generation: u64) {
        let mut known = self.attributes.write().unwrap_or_else(PoisonError::into_inner);
        if !self.deaf.load(Ordering::Acquire) && self.generation() == generation {
            *known = Some(attributes);
        }
    }

    /// The signing keys.
    #[must_use]
    pub fn signing(&self) -> Option<Arc<SigningKeys>> {
        self.signing.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Remembers signing keys that were read while `generation` was current.
    pub fn put_signing(&self, keys: Arc<SigningKeys>, generation: u64) {
        let mut known = self.signing.write().unwrap_or_else(PoisonError::into_inner);
        if !self.deaf.load(Ordering::Acquire) && self.generation() == generation {
            *known = Some(keys);
        }
    }

    /// Permissions and roles, if they are those of this version.
    #[must_use]
    pub fn graph(&self, version: i64) -> Option<Arc<Graph>> {
        let known = self.graph.read().unwrap_or_else(PoisonError::into_inner).clone();
        known.filter(|graph| graph.version == version)
    }

    /// Remembers permissions and roles.
    pub fn put_graph(&self, graph: Arc<Graph>) {
        *self.graph.write().unwrap_or_else(PoisonError::into_inner) = Some(graph);
    }

    /// What a user holds, if it is that of this epoch.
    #[must_use]
    pub fn holdings(&self, user: Uuid, epoch: i64) -> Option<Arc<Holdings>> {
        self.holdings.get(&user).filter(|holdings| holdings.epoch == epoch)
    }

    /// Remembers what a user holds.
    pub fn put_holdings(&self, user: Uuid, holdings: Arc<Holdings>) {
        self.holdings.insert(user, holdings);
    }

    /// The project of this name, if it was read at this version.
    #[must_use]
    pub fn project(&self, name: &str, version: i64) -> Option<Arc<ProjectNode>> {
        let (at, project) = self.projects.get(name)?;
        (at == version).then_some(project)
    }

    /// Remembers a project.
    pub fn put_project(&self, name: &str, version: i64, project: Arc<ProjectNode>) {
        self.projects.insert(name.to_owned(), (version, project));
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
    pub fn put_family(&self, id: Uuid, family: Arc<FamilySnapshot>, generation: u64) {
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
        let mut applications = self.applications.write().unwrap_or_else(PoisonError::into_inner);
        for id in ids {
            if let Some(gone) = applications.by_id.remove(id) {
                applications.by_client_id.remove(&gone.client_id);
            }
        }
        drop(applications);
        if ids.contains(&ALL_APPLICATIONS) {
            // tokens may have to look different now
            self.tokens.clear();
            *self.index.write().unwrap_or_else(PoisonError::into_inner) = None;
        }
        if ids.contains(&ATTRIBUTES) {
            *self.attributes.write().unwrap_or_else(PoisonError::into_inner) = None;
        }
        if ids.contains(&SIGNING_KEYS) {
            // what was signed by a key that is gone must be looked at again
            self.tokens.clear();
            *self.signing.write().unwrap_or_else(PoisonError::into_inner) = None;
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
        self.holdings.clear();
        self.projects.clear();
        *self.graph.write().unwrap_or_else(PoisonError::into_inner) = None;
        *self.applications.write().unwrap_or_else(PoisonError::into_inner) = Applications::default();
        *self.index.write().unwrap_or_else(PoisonError::into_inner) = None;
        *self.attributes.write().unwrap_or_else(PoisonError::into_inner) = None;
        *self.signing.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn family() -> Arc<FamilySnapshot> {
        Arc::new(FamilySnapshot {
            user_id: Uuid::nil(),
            application_id: Uuid::nil(),
            credential_epoch: 1,
            authenticated_at: Moment(0),
            expires_at: Moment(1),
            rotation: Rotation::Always,
            revoked: false,
            is_key: false,
            denied: vec![("one".to_owned(), Moment(5))],
        })
    }

    #[test]
    fn what_was_revoked_alone_is_denied_until_it_is_over() {
        let family = family();
        assert!(family.denies("one", Moment(4)) && !family.denies("other", Moment(4)));
        assert!(!family.denies("one", Moment(5)), "a memory lasts longer than the row");
    }

    #[test]
    fn what_was_read_before_a_change_is_not_remembered_after_it() {
        let (cache, id) = (Cache::default(), Uuid::from_u128(1));
        let generation = cache.generation();
        cache.forget(&[id]);
        cache.put_family(id, family(), generation);
        assert!(cache.family(id).is_none());
        cache.put_family(id, family(), cache.generation());
        assert!(cache.family(id).is_some());
    }

    #[test]
    fn nothing_is_remembered_while_others_cannot_be_heard() {
        let (cache, id) = (Cache::default(), Uuid::from_u128(1));
        let remember = || cache.put_family(id, family(), cache.generation());
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

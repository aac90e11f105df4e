//! From configuration to a running context: the only place where implementations are chosen.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::EntityTrait;
use sereno_types::Secret;

use crate::clock::{Clock, SystemClock};
use crate::config::{Config, Fault, Faults};
use crate::context::{Actor, Cache, Db, Gathering, Parts, Probe, RequestMeta, Sereno, Tx, keys, limiter};
use crate::crypto::keys::{KeyMaker, KeyRing, RootKey};
use crate::crypto::password::{Hasher, PasswordParams};
use crate::entity::crypto_key;
use crate::entropy::{Entropy, SystemEntropy};
use crate::error::{Error, Result};
use crate::event::Subscriber;
use crate::hook::{self, HttpHook};
use crate::net::{Documents, Outbound, OutboundPolicy};
use crate::port::mail::MailTransport;
use crate::port::push::PushSender;
use crate::push::fcm::Fcm;
use crate::{access, account, notify};

/// The log's name for whoever tells of migrations.
pub const MIGRATIONS_IN_LOG: &str = "sea_orm_migration";

/// What a test replaces and a process does not.
pub struct World {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Outgoing mail.
    pub mail: Arc<dyn MailTransport>,
    /// Outgoing notifications to devices; nothing: as the settings say.
    pub push: Option<Arc<dyn PushSender>>,
    /// Who hears of events.
    pub subscribers: Vec<Arc<dyn Subscriber>>,
    /// Who is told of every statement.
    pub probe: Option<Probe>,
}

impl World {
    /// The real world.
    pub fn real(config: &Config, subscribers: Vec<Arc<dyn Subscriber>>) -> Result<Self> {
        let mail = notify::transport::from_config(config)?;
        Ok(Self {
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            mail,
            push: None,
            subscribers,
            probe: None,
        })
    }
}

/// How long after its end an entry of the section `[testers]` must have been removed, in prod mode.
const FORGOTTEN: Duration = Duration::from_hours(24 * 30);

/// What is wrong with the configuration that only the rooms it concerns can tell: the root key, the cost of hashing,
/// the list of breached passwords, fixed codes that were forgotten.
///
/// # Errors
/// Everything that is wrong.
pub fn check(config: &Config) -> Result<(), Faults> {
    let mut faults = Vec::new();
    let mut add = |setting: &str, message: String| {
        faults.push(Fault {
            setting: setting.to_owned(),
            message,
        });
    };
    if !config.keys.root.is_empty()
        && let Err(error) = RootKey::parse(config.keys.root.expose())
    {
        add("keys.root", format!("cannot be used: {error}"));
    }
    let params = params(config);
    if params.validate().is_err() {
        add(
            "password",
            "asks for hashes that cost more than Sereno computes (256 MiB, 2 GiB in all passes)".to_owned(),
        );
    }
    if !config.is_dev() && !params.meets_owasp() {
        add(
            "password.memory_kib",
            "is below what OWASP advises, with these iterations, in prod mode".to_owned(),
        );
    }
    let hooks = &config.hooks;
    if !hooks.secret.is_empty() && !hook::is_secret(hooks.secret.expose()) {
        add(
            "hooks.secret",
            "must be at least 24 bytes, or `whsec_` and that many in base64".to_owned(),
        );
    }
    let now = SystemClock.now();
    if !config.is_dev() && config.testers.entries.iter().any(|entry| entry.ended(now, FORGOTTEN)) {
        add(
            "testers.entries",
            "holds one that ended more than 30 days ago: remove it, or give it a new day".to_owned(),
        );
    }
    let breached = &config.password.breached_file;
    if !breached.is_empty()
        && let Err(error) = account::password::breached::check(Path::new(breached))
    {
        add("password.breached_file", format!("cannot be searched: {error}"));
    }
    if let Err(why) = notify::transport::own_signature(config) {
        add("mail.dkim_key_file", why.to_owned());
    }
    if let Err(why) = notify::rules::check(config) {
        add("mail.disposable_domains_file", why);
    }
    if let Err(why) = notify::transport::own_authorities(&config.mail.ca_file) {
        add("mail.ca_file", why.to_owned());
    }
    if let Err(why) = Fcm::from_config(config, Arc::new(SystemClock)) {
        add("push.service_account_file", why.to_owned());
    }
    if faults.is_empty() { Ok(()) } else { Err(Faults(faults)) }
}

/// Connects, brings the database up to date, opens the keys, and writes what every instance needs.
///
/// # Errors
/// When the database is away, the root key is missing, or it is not the one the keys were sealed with.
pub async fn start(config: Config, world: World) -> Result<Sereno> {
    // the settings are large: one place on the heap, rather than room for them in every caller's future
    Box::pin(started(config, world)).await
}

async fn started(config: Config, world: World) -> Result<Sereno> {
    crate::crypto::install_provider();
    let db = Db::connect(&config, world.probe.clone()).await?;
    migration::up(db.write()).await?;
    let sealed_already = !keys::stored(db.write()).await?.is_empty();
    let root = root_key(&config, &*world.entropy, sealed_already)?;
    let password = &config.password;
    let threads = match password.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => usize::try_from(threads).unwrap_or(1),
    };
    let hasher = Hasher::new(
        params(&config),
        threads,
        usize::try_from(password.queue).unwrap_or(usize::MAX),
    )?;
    let keys = open_keys(&db, &root, &world).await?;
    let mut subscribers = world.subscribers;
    let hook = HttpHook::from_config(&config)?.map(Arc::new);
    subscribers.extend(hook.clone().map(|hook| hook as Arc<dyn Subscriber>));
    let push = match world.push {
        Some(push) => Some(push),
        None => Fcm::from_config(&config, Arc::clone(&world.clock))
            .map_err(|why| Error::internal(format!("push.service_account_file {why}")))?
            .map(|fcm| Arc::new(fcm) as Arc<dyn PushSender>),
    };
    let outbound = Outbound::new(OutboundPolicy {
        // a developer's own machine has its providers next door
        allow_http: config.is_dev(),
        allow_private: config.is_dev(),
        timeout: config.social.timeout.span(),
        ..OutboundPolicy::default()
    });
    let sereno = Sereno::new(Parts {
        config,
        db,
        clock: world.clock,
        entropy: world.entropy,
        hasher,
        keys,
        mail: world.mail,
        push,
        subscribers,
        hook,
        outbound,
        documents: Documents::default(),
        cache: Cache::default(),
        addresses: limiter::Addresses::default(),
        applications: limiter::PerMinute::default(),
        rotations: Gathering::default(),
        pictures: Arc::new(tokio::sync::Semaphore::new(1)),
        project_transports: std::sync::Mutex::default(),
        job_bell: tokio::sync::Notify::new(),
    });
    let tx: Tx = sereno.begin(&RequestMeta::default(), &Actor::System).await?;
    access::application::ensure_first_party(&sereno, &tx).await?;
    access::ensure(&sereno, &tx).await?;
    tx.commit().await?;
    // the first sign-in and the first token find them in memory
    access::application::find(&sereno, None).await?;
    sereno.signing().await?;
    Ok(sereno)
}

/// The changes that the database still lacks, without making them; nothing when there is no database yet.
///
/// # Errors
/// When the database is away.
pub async fn pending(config: &Config) -> Result<Option<Vec<String>>> {
    if Db::sqlite_file(config).is_some_and(|file| !file.exists()) {
        return Ok(None);
    }
    let db = Db::connect(config, None).await?;
    let pending = migration::pending(db.write()).await?;
    db.close().await;
    Ok(Some(pending))
}

fn params(config: &Config) -> PasswordParams {
    PasswordParams {
        memory_kib: narrow(config.password.memory_kib),
        iterations: narrow(config.password.iterations),
        parallelism: narrow(config.password.parallelism),
    }
}

fn narrow(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// The key that was configured; else the one in the data folder, made at the first start.
fn root_key(config: &Config, entropy: &dyn Entropy, sealed_already: bool) -> Result<RootKey> {
    if !config.keys.root.is_empty() {
        return RootKey::parse(config.keys.root.expose());
    }
    let path = config.data_dir().join("root.key");
    match std::fs::read_to_string(&path) {
        Ok(text) => RootKey::parse(text.trim()),
        // a new key would open none of them: better to say that the old one is missing
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !sealed_already => {
            let key = RootKey::generate(entropy)?;
            match write_once(&path, &key.to_text(), &entropy.token()?) {
                Ok(()) => Ok(key),
                // another instance was faster: its key is the key
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                    let text = std::fs::read_to_string(&path).map_err(|error| unusable(&path, &error))?;
                    RootKey::parse(Secret::from(text).expose().trim())
                }
                Err(error) => Err(unusable(&path, &error)),
            }
        }
        Err(error) => Err(unusable(&path, &error)),
    }
}

fn unusable(path: &Path, error: &std::io::Error) -> Error {
    Error::Unavailable(format!("the root key {} cannot be used: {error}", path.display()))
}

/// Writes the key under another name first and links it into place, so that nobody ever reads half a key.
fn write_once(path: &Path, text: &str, unique: &str) -> std::io::Result<()> {
    use std::io::Write;
    if let Some(folder) = path.parent() {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
    }
    // never a name two instances can share: process ids repeat across containers on one volume
    let draft = path.with_extension(format!("key.{unique}"));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    let linked = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft)?;
    linked
}

/// Opens the keys, after making those that are missing. Instances that start at once wait for each other on the
/// migration's lock or on the unique index over purpose and version; whoever loses reads the winner's keys.
async fn open_keys(db: &Db, root: &RootKey, world: &World) -> Result<KeyRing> {
    let mut stored = keys::stored(db.write()).await?;
    if !KeyRing::missing(&stored).is_empty() {
        for purpose in KeyRing::missing(&stored) {
            let maker = KeyMaker {
                root,
                stored: &stored,
                now: world.clock.now(),
                entropy: &*world.entropy,
            };
            let key = maker.next(purpose)?;
            crypto_key::Entity::insert(keys::row(key))
                .on_conflict(
                    sea_orm::sea_query::OnConflict::columns([crypto_key::Column::Purpose, crypto_key::Column::Version])
                        .do_nothing()
                        .to_owned(),
                )
                .exec_without_returning(db.write())
                .await?;
        }
        stored = keys::stored(db.write()).await?;
    }
    KeyRing::open(root, &stored)
}

//! Applications that the configuration describes: made and kept as it says at every start, shown to staff like all others, and
//! changed nowhere else. One that it describes no longer is switched off; its row stays, because events name it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use sereno_types::{ApplicationKind, Code, CookieSettings, Delivery, Grant, Secret, SigningAlgorithm, TokenProfile};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::profile::{self, Whole};
use super::signing_keys;
use crate::access::application::MANAGED;
use crate::config::Config;
use crate::context::keys::{self, APPLICATIONS};
use crate::context::{Actor, RequestMeta, Sereno};
use crate::crypto::keys::StoredKey;
use crate::crypto::signing::{KeyState, SigningKey};
use crate::entity::application::{ActiveModel, Column, Entity, Model};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::token;

/// An application as the configuration describes it. It is confidential and has no secret: it is part of this server, which
/// signs in and refreshes for it ([`crate::login::through`], [`crate::token::refresh_through`]).
#[derive(Clone, Debug)]
pub struct Managed {
    /// Its name on the wire.
    pub client_id: String,
    /// What people call it.
    pub name: String,
    /// Origins whose scripts may call it.
    pub origins: Vec<String>,
    /// The form of its tokens.
    pub profile: TokenProfile,
    /// The key that signs them: the text of a shared key, or a private key in PEM (PKCS #8). Empty: one is drawn.
    pub signing_key: Secret,
}

/// Makes and changes what differs, and switches off what is not described any more.
///
/// # Errors
/// A sentence for the operator: a profile that cannot work, a key that cannot be read, a `client_id` that is taken.
pub async fn keep(sereno: &Sereno, described: &[Managed]) -> Result<()> {
    for managed in described {
        if let Err(error) = keep_one(sereno, managed).await {
            // another node that starts at the same moment may have made it
            if !is_there(sereno, managed).await? {
                return Err(error);
            }
            keep_one(sereno, managed).await?;
        }
    }
    let known: Vec<&str> = described.iter().map(|managed| managed.client_id.as_str()).collect();
    let left = Entity::find()
        .filter(Column::Origin.eq(MANAGED))
        .filter(Column::IsEnabled.eq(true))
        .filter(Column::ClientId.is_not_in(known))
        .all(sereno.db.write())
        .await?;
    for row in left {
        let off = ActiveModel {
            is_enabled: Set(false),
            ..Default::default()
        };
        write(sereno, row.id, off, EventKind::ApplicationUpdated, None).await?;
    }
    Ok(())
}

/// Refuses to change an application that the configuration describes.
///
/// # Errors
/// `managed_by_configuration`.
pub(super) fn refuse(row: &Model) -> Result<()> {
    if row.origin == MANAGED {
        return Err(Code::ManagedByConfiguration.into());
    }
    Ok(())
}

const KIND: ApplicationKind = ApplicationKind::Confidential;
const GRANTS: [Grant; 2] = [Grant::Password, Grant::RefreshToken];

/// Why an application that is described so cannot work: its profile, or its key. For whoever checks settings before a start.
#[must_use]
pub fn fault(config: &Config, managed: &Managed) -> Option<String> {
    let faults = profile::judge(
        config,
        &Whole {
            kind: KIND,
            grants: &GRANTS,
            redirect_uris: &[],
            // they may hold patterns, which the door that they belong to reads
            origins: &[],
            scopes: &[],
            delivery: Delivery::Json,
            profile: &managed.profile,
            cookies: &CookieSettings::default(),
        },
    );
    if let Some(fault) = faults.first() {
        let reason = fault.params.get("reason").and_then(Value::as_str);
        let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
        return Some(format!(
            "asks for tokens that cannot be: {}: {}{reason}",
            fault.field, fault.code
        ));
    }
    let is_readable = managed.signing_key.is_empty() || opened(managed, Uuid::nil(), None).is_some();
    (!is_readable).then(|| {
        format!(
            "has a signing key that is none for {}",
            managed.profile.algorithm.as_str()
        )
    })
}

/// The configured key, and its bytes.
fn opened(managed: &Managed, id: Uuid, owner: Option<Uuid>) -> Option<(SigningKey, Zeroizing<Vec<u8>>)> {
    let algorithm = managed.profile.algorithm;
    let secret = key_bytes(algorithm, managed.signing_key.expose())?;
    let key = SigningKey::open(id, algorithm, owner, KeyState::Waiting, &secret).ok()?;
    Some((key, secret))
}

async fn is_there(sereno: &Sereno, managed: &Managed) -> Result<bool> {
    let found = Entity::find()
        .filter(Column::ClientId.eq(managed.client_id.as_str()))
        .filter(Column::Origin.eq(MANAGED))
        .count(sereno.db.write())
        .await?;
    Ok(found > 0)
}

async fn keep_one(sereno: &Sereno, managed: &Managed) -> Result<()> {
    let wrong = |why: &str| Error::internal(format!("the application {} {why}", managed.client_id));
    if let Some(fault) = fault(&sereno.config, managed) {
        return Err(wrong(&fault));
    }
    let row = Entity::find()
        .filter(Column::ClientId.eq(managed.client_id.as_str()))
        .one(sereno.db.write())
        .await?;
    if row.as_ref().is_some_and(|row| row.origin != MANAGED) {
        return Err(wrong("was registered by staff: delete it, or switch the facade off"));
    }
    let id = match &row {
        Some(row) => row.id,
        None => sereno.new_id()?,
    };
    let key = key(sereno, id, managed).await?;
    let said = ActiveModel {
        name: Set(managed.name.clone()),
        is_enabled: Set(true),
        origins: Set(json!(managed.origins)),
        profile: Set(json!(managed.profile)),
        ..Default::default()
    };
    match row {
        None => {
            let said = ActiveModel {
                project_id: Set(None),
                client_id: Set(managed.client_id.clone()),
                kind: Set(KIND.as_str().to_owned()),
                origin: Set(MANAGED.to_owned()),
                grants: Set(json!(GRANTS)),
                redirect_uris: Set(json!([])),
                scopes: Set(json!([])),
                delivery: Set(Delivery::Json.as_str().to_owned()),
                cookies: Set(json!(CookieSettings::default())),
                ..said
            };
            write(sereno, id, said, EventKind::ApplicationCreated, key).await
        }
        Some(row) => {
            let profile: Option<TokenProfile> = serde_json::from_value(row.profile.clone()).ok();
            let same = row.is_enabled
                && row.name == managed.name
                && row.origins == json!(managed.origins)
                && profile.as_ref() == Some(&managed.profile);
            if same && key.is_none() {
                return Ok(());
            }
            write(sereno, id, said, EventKind::ApplicationUpdated, key).await
        }
    }
}

/// Writes what is set, the key, and the event, together.
async fn write(sereno: &Sereno, id: Uuid, said: ActiveModel, kind: EventKind, key: Option<StoredKey>) -> Result<()> {
    let mut tx = sereno.begin(&RequestMeta::default(), &Actor::System).await?;
    let row = ActiveModel {
        id: Set(id),
        updated_at: Set(tx.now()),
        ..said
    };
    if kind == EventKind::ApplicationCreated {
        let row = ActiveModel {
            created_at: Set(tx.now()),
            ..row
        };
        Entity::insert(row).exec_without_returning(tx.db()).await?;
    } else {
        Entity::update(row).exec(tx.db()).await?;
    }
    if let Some(key) = key {
        signing_keys::take_over(&mut tx, key).await?;
    }
    tx.touch(id);
    tx.touch(APPLICATIONS);
    tx.record(Event::new(kind).through(id).with("by", "configuration"));
    tx.commit().await
}

/// The key that signs from now on, if it is not the one that signs already.
async fn key(sereno: &Sereno, id: Uuid, managed: &Managed) -> Result<Option<StoredKey>> {
    let profile = &managed.profile;
    if managed.signing_key.is_empty() {
        let needed = signing_keys::needed(sereno, id, profile).await?;
        return Ok(needed.map(|needed| needed.key));
    }
    let owner = token::has_own_key(profile).then_some(id);
    let unreadable = || Error::internal(format!("the signing key of {} cannot be read", managed.client_id));
    let (brought, secret) = opened(managed, id, owner).ok_or_else(unreadable)?;
    // what is remembered may be older than what another node has just written
    let signing = sereno.keys.signing(&keys::stored(sereno.db.write()).await?)?;
    let active = signing.active(profile.algorithm, owner);
    if active.is_some_and(|active| active.is_same(&brought)) {
        return Ok(None);
    }
    signing_keys::generate(sereno, profile.algorithm, owner, Some(&secret))
        .await
        .map(Some)
}

/// The bytes of a configured key: of a shared key those of its text, of another what its PEM holds.
fn key_bytes(algorithm: SigningAlgorithm, text: &str) -> Option<Zeroizing<Vec<u8>>> {
    if algorithm == SigningAlgorithm::Hs256 {
        return Some(Zeroizing::new(text.as_bytes().to_vec()));
    }
    let (_, rest) = text.split_once("-----BEGIN PRIVATE KEY-----")?;
    let (inside, _) = rest.split_once("-----END PRIVATE KEY-----")?;
    let inside = Zeroizing::new(inside.split_whitespace().collect::<String>());
    STANDARD.decode(&*inside).ok().map(Zeroizing::new)
}

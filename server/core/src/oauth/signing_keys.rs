//! The ring of signing keys: made, published, activated, retired and forgotten, by staff or on a schedule. A key is
//! published some time before it signs, so that whoever keeps our key set knows it by then, and stays published after it
//! signed its last token, until that token has ended.

use std::time::Duration;

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use sereno_types::{
    Code, CreateSigningKey, FieldError, Id, NewSigningKey, Page, Permission, Secret, SigningAlgorithm, SigningKeyQuery,
    SigningKeyRow, SigningKeyState, TokenProfile,
};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::access::application;
use crate::clock::Moment;
use crate::context::keys::{self, SIGNING_KEYS};
use crate::context::{Actor, RequestMeta, Sereno, Staff, Tx};
use crate::crypto::keys::{KeyMaker, Purpose, StoredKey};
use crate::crypto::signing::{HMAC_KEY_MIN, KeyState};
use crate::entity::crypto_key::{Column, Entity};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::paging::{self, Key, Newest, Walk};
use crate::token;

/// Signing keys, newest first. What tokens call a key is made of the key itself, so all of them are looked at.
///
/// # Errors
/// `permission_denied`; `validation_failed` on `limit`, `cursor` or `q`.
pub async fn list(sereno: &Sereno, staff: &Staff, query: SigningKeyQuery) -> Result<Page<SigningKeyRow>> {
    staff.require(Permission::SettingsView)?;
    let walk = Walk::<Newest>::new(None, query.limit, query.cursor.as_deref())?;
    let words = paging::searched(query.q.as_deref())?.map(str::to_lowercase);
    let stored = keys::stored(sereno.db.read()).await?;
    let mut found = Vec::new();
    for key in stored.iter().filter(|key| key.purpose == Purpose::Sign.as_str()) {
        let row = show(sereno, key).await?;
        let says = |text: &str| words.as_ref().is_none_or(|words| text.to_lowercase().contains(words));
        let matches = query.state.is_none_or(|state| row.state == state)
            && query.algorithm.is_none_or(|algorithm| row.algorithm == algorithm)
            && (says(&row.kid) || says(&row.id.0) || says(row.client_id.as_deref().unwrap_or_default()));
        if matches {
            found.push((i64::from(key.version), key.id, row));
        }
    }
    let total = found.len() as u64;
    let place = |(version, id, _): &(i64, Uuid, SigningKeyRow)| (Key::Number(*version), *id);
    let rows = walk.among(found, place);
    walk.page(rows, total, place, |(_, _, row)| row)
}

async fn show(sereno: &Sereno, key: &StoredKey) -> Result<SigningKeyRow> {
    let client_id = match key.application_id {
        Some(id) => application::by_id(sereno, id)
            .await?
            .map(|application| application.client_id.clone()),
        None => None,
    };
    let opened = sereno.keys.signing(std::slice::from_ref(key))?;
    let kid = opened.jwks()["keys"][0]["kid"].as_str().map(str::to_owned);
    Ok(SigningKeyRow {
        id: Id(key.id.to_string()),
        kid: kid.unwrap_or_else(|| key.id.to_string()),
        algorithm: SigningAlgorithm::from_name(&key.algorithm).unwrap_or_default(),
        state: match key.state() {
            KeyState::Waiting => SigningKeyState::Waiting,
            KeyState::Active => SigningKeyState::Active,
            KeyState::Retired => SigningKeyState::Retired,
        },
        application_id: key.application_id.map(|id| Id(id.to_string())),
        client_id,
        created_at: key.created_at.timestamp(),
        activated_at: key.activated_at.map(Moment::timestamp),
        retired_at: key.retired_at.map(Moment::timestamp),
    })
}

/// Makes a key. It is published and waits to be activated. The key of `HS256` is drawn, or brought along; it is shown here
/// and never again.
///
/// # Errors
/// `permission_denied`, `validation_failed`, `managed_by_configuration`.
pub async fn create(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    command: CreateSigningKey,
) -> Result<NewSigningKey> {
    staff.require(Permission::SettingsView)?;
    staff.require(Permission::SettingsManage)?;
    let hmac = command.algorithm == SigningAlgorithm::Hs256;
    let mut faults = Vec::new();
    let application_id = match command.client_id.as_deref().filter(|client_id| !client_id.is_empty()) {
        None => None,
        Some(client_id) => {
            let found = application::find(sereno, Some(client_id)).await?;
            if found.is_none() {
                faults.push(FieldError::new("client_id", Code::InvalidChoice));
            }
            if found.as_ref().is_some_and(|application| application.is_managed) {
                return Err(Code::ManagedByConfiguration.into());
            }
            found.map(|application| application.id)
        }
    };
    if hmac && application_id.is_none() && faults.is_empty() {
        faults.push(FieldError::new("client_id", Code::Blank));
    }
    let shared = command.secret.filter(|secret| !secret.is_empty());
    if let Some(secret) = &shared {
        if !hmac {
            faults.push(FieldError::new("secret", Code::InvalidChoice));
        } else if secret.expose().len() < HMAC_KEY_MIN {
            faults.push(FieldError::new("secret", Code::TooShort).with("min", HMAC_KEY_MIN as u64));
        } else if secret.expose().len() > 512 {
            faults.push(FieldError::new("secret", Code::TooLong).with("max", 512_u64));
        }
    }
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    let drawn = match (&shared, hmac) {
        // as text, because that is how it will be typed into somebody's settings
        (None, true) => Some(sereno.entropy.token()?),
        _ => None,
    };
    let text = shared.as_ref().map(Secret::expose).or(drawn.as_deref());
    let key = generate(sereno, command.algorithm, application_id, text.map(str::as_bytes)).await?;
    let row = show(sereno, &key).await?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    put(&mut tx, key).await?;
    tx.commit().await?;
    Ok(NewSigningKey {
        key: row,
        secret: drawn,
    })
}

/// Lets a waiting key sign; the one that signed in its place is retired.
///
/// # Errors
/// `permission_denied`, `not_found`, `state_conflict` when it does not wait, `managed_by_configuration`.
pub async fn activate(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, id: &Id) -> Result<SigningKeyRow> {
    staff.require(Permission::SettingsView)?;
    staff.require(Permission::SettingsManage)?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let key = find(&tx, id).await?;
    if is_managed(sereno, &key).await? {
        return Err(Code::ManagedByConfiguration.into());
    }
    switch(&mut tx, &key).await?;
    let key = find(&tx, id).await?;
    tx.commit().await?;
    show(sereno, &key).await
}

/// Forgets a key that does not sign, or that its application has turned away from. Whatever it signed is unknown from now on.
///
/// # Errors
/// `permission_denied`, `not_found`, `state_conflict` for the key that signs.
pub async fn delete(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, id: &Id) -> Result<()> {
    staff.require(Permission::SettingsManage)?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let key = find(&tx, id).await?;
    if key.state() == KeyState::Active && is_used(sereno, &key).await? {
        return Err(Code::StateConflict.into());
    }
    forget(&mut tx, &key).await?;
    tx.commit().await
}

/// Whether the configuration says which key signs for the application that this one serves.
async fn is_managed(sereno: &Sereno, key: &StoredKey) -> Result<bool> {
    let Some(owner) = key.application_id else {
        return Ok(false);
    };
    let application = application::by_id(sereno, owner).await?;
    Ok(application.is_some_and(|application| application.is_managed))
}

/// Whether an application's tokens are signed with keys like this one.
async fn is_used(sereno: &Sereno, key: &StoredKey) -> Result<bool> {
    let Some(owner) = key.application_id else {
        return Ok(true);
    };
    let application = application::by_id(sereno, owner).await?;
    Ok(application.is_some_and(|application| {
        let profile = &application.profile;
        token::has_own_key(profile) && profile.algorithm.as_str() == key.algorithm
    }))
}

async fn find(tx: &Tx, id: &Id) -> Result<StoredKey> {
    let id: Uuid = id.0.parse().map_err(|_| Error::NotFound)?;
    let stored = keys::stored(tx.db()).await?;
    let found = stored
        .into_iter()
        .find(|key| key.id == id && key.purpose == Purpose::Sign.as_str());
    found.ok_or(Error::NotFound)
}

/// Makes a key outside of any transaction: an RSA key takes some tenths of a second.
pub(super) async fn generate(
    sereno: &Sereno,
    algorithm: SigningAlgorithm,
    application_id: Option<Uuid>,
    brought: Option<&[u8]>,
) -> Result<StoredKey> {
    let stored = keys::stored(sereno.db.write()).await?;
    let (sereno, brought) = (sereno.clone(), brought.map(|bytes| Zeroizing::new(bytes.to_vec())));
    let made = tokio::task::spawn_blocking(move || {
        let maker = KeyMaker {
            root: sereno.keys.root(),
            stored: &stored,
            now: sereno.now(),
            entropy: &*sereno.entropy,
        };
        maker.signing(
            algorithm,
            application_id,
            brought.as_ref().map(|bytes| bytes.as_slice()),
        )
    });
    made.await.map_err(Error::internal)?
}

/// A key that is ready to sign, and its text where the application must be told.
pub(super) struct Needed {
    pub key: StoredKey,
    pub shared: Option<String>,
}

/// The key that a profile needs and that is not there yet.
pub(super) async fn needed(sereno: &Sereno, application_id: Uuid, profile: &TokenProfile) -> Result<Option<Needed>> {
    let signing = sereno.signing().await?;
    if token::has_key(&signing, application_id, profile) {
        return Ok(None);
    }
    let owner = token::has_own_key(profile).then_some(application_id);
    let shared = match profile.algorithm {
        SigningAlgorithm::Hs256 => Some(sereno.entropy.token()?),
        _ => None,
    };
    let mut key = generate(sereno, profile.algorithm, owner, shared.as_deref().map(str::as_bytes)).await?;
    key.activated_at = Some(sereno.now());
    Ok(Some(Needed { key, shared }))
}

/// Writes a key.
pub(super) async fn put(tx: &mut Tx, key: StoredKey) -> Result<()> {
    tx.touch(SIGNING_KEYS);
    tx.record(
        Event::new(EventKind::SigningKeyCreated)
            .with("key_id", key.id.to_string())
            .with("algorithm", key.algorithm.as_str()),
    );
    Entity::insert(keys::row(key)).exec_without_returning(tx.db()).await?;
    Ok(())
}

/// Writes a key that signs from now on, in the place of the one before, which goes on verifying.
pub(super) async fn take_over(tx: &mut Tx, key: StoredKey) -> Result<()> {
    let signs_already = key.activated_at.is_some();
    put(tx, key.clone()).await?;
    if signs_already { Ok(()) } else { switch(tx, &key).await }
}

/// The waiting key signs from now on, and whichever signed in its place does no longer.
async fn switch(tx: &mut Tx, key: &StoredKey) -> Result<()> {
    let now = tx.now();
    let same_owner = match key.application_id {
        Some(id) => Column::ApplicationId.eq(id),
        None => Column::ApplicationId.is_null(),
    };
    let retired = Entity::update_many()
        .col_expr(Column::RetiredAt, Expr::value(now.0))
        .filter(Column::Purpose.eq(Purpose::Sign.as_str()))
        .filter(Column::Algorithm.eq(key.algorithm.as_str()))
        .filter(same_owner)
        .filter(Column::ActivatedAt.is_not_null())
        .filter(Column::RetiredAt.is_null())
        .exec_with_returning(tx.db())
        .await?;
    let activated = Entity::update_many()
        .col_expr(Column::ActivatedAt, Expr::value(now.0))
        .filter(Column::Id.eq(key.id))
        .filter(Column::ActivatedAt.is_null())
        .filter(Column::RetiredAt.is_null())
        .exec(tx.db())
        .await?;
    if activated.rows_affected == 0 {
        return Err(Code::StateConflict.into());
    }
    tx.touch(SIGNING_KEYS);
    let names: Vec<String> = retired.iter().map(|key| key.id.to_string()).collect();
    tx.record(
        Event::new(EventKind::SigningKeyActivated)
            .with("key_id", key.id.to_string())
            .with("retired", serde_json::json!(names)),
    );
    Ok(())
}

async fn forget(tx: &mut Tx, key: &StoredKey) -> Result<()> {
    Entity::delete_by_id(key.id).exec(tx.db()).await?;
    tx.touch(SIGNING_KEYS);
    tx.record(Event::new(EventKind::SigningKeyDeleted).with("key_id", key.id.to_string()));
    Ok(())
}

/// What the schedule asks for: a successor is published before its time, takes over when the key is old enough, and what
/// has signed its last token long ago is forgotten. A shared key is left alone: the application would have to know.
pub(crate) async fn rotate_on_schedule(sereno: &Sereno) -> Result<()> {
    let settings = &sereno.config.keys;
    let stored = keys::stored(sereno.db.write()).await?;
    let signing: Vec<_> = stored
        .iter()
        .filter(|key| key.purpose == Purpose::Sign.as_str())
        .collect();
    if settings.rotate_days > 0 {
        turn(sereno, &signing).await?;
    }
    let system = Actor::System;
    let now = sereno.now();
    for key in &signing {
        let Some(retired_at) = key.retired_at else { continue };
        if now.since(retired_at) <= token::longest_life(sereno, key.application_id).await? + day(1) {
            continue;
        }
        let mut tx = sereno.begin(&RequestMeta::default(), &system).await?;
        forget(&mut tx, key).await?;
        tx.commit().await?;
    }
    Ok(())
}

const fn day(days: u64) -> Duration {
    Duration::from_hours(24 * days)
}

/// Makes successors of keys that have signed for long, and lets those sign that were published for long enough.
async fn turn(sereno: &Sereno, signing: &[&StoredKey]) -> Result<()> {
    let settings = &sereno.config.keys;
    let (life, ahead) = (day(settings.rotate_days), day(settings.publish_days));
    let now = sereno.now();
    let age = |key: &StoredKey| now.since(key.activated_at.unwrap_or(key.created_at));
    let system = Actor::System;
    let shared = SigningAlgorithm::Hs256.as_str();
    let ours = signing.iter().filter(|key| key.algorithm != shared);
    for active in ours.filter(|key| key.state() == KeyState::Active) {
        // whoever checks its tokens was given the key by hand
        if is_managed(sereno, active).await? {
            continue;
        }
        let successor = signing.iter().find(|key| {
            key.state() == KeyState::Waiting
                && key.algorithm == active.algorithm
                && key.application_id == active.application_id
        });
        match successor {
            Some(successor) if age(active) >= life && now.since(successor.created_at) >= ahead => {
                let mut tx = sereno.begin(&RequestMeta::default(), &system).await?;
                switch(&mut tx, successor).await?;
                tx.commit().await?;
            }
            None if age(active) + ahead >= life => {
                let algorithm = SigningAlgorithm::from_name(&active.algorithm)
                    .ok_or_else(|| Error::internal("a key of an unknown algorithm"))?;
                let key = generate(sereno, algorithm, active.application_id, None).await?;
                let mut tx = sereno.begin(&RequestMeta::default(), &system).await?;
                put(&mut tx, key).await?;
                tx.commit().await?;
            }
            _ => {}
        }
    }
    Ok(())
}

//! Setting up and changing providers: for staff, over console and API alike. A secret goes in and never comes out.

use sea_orm::sea_query::{Expr, ExprTrait, Func, LockType};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sereno_types::{
    Code, CreateSocialProvider, FieldError, Id, Page, Permission, Secret, SocialKind, SocialProviderDetail,
    SocialProviderQuery, SocialProviderRow, UpdateSocialProvider,
};
use uuid::Uuid;

pub use super::test::test;

use super::provider::{self, Provider};
use super::settings::{self, Whole};
use crate::access::application::read;
use crate::account::revocation;
use crate::context::{RequestMeta, Sereno, Staff, Tx, tidy};
use crate::entity::social_provider::{ActiveModel, Column, Entity, Model};
use crate::entity::{Hidden, identity, user};
use crate::error::{Error, Result, unique_violation};
use crate::event::{Event, EventKind};
use crate::paging::{self, Key, Order, Walk};

/// Most providers that there can be: each is a button.
const MOST: u64 = 50;

/// By name: the only order.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
enum ByName {
    #[default]
    #[serde(rename = "name")]
    First,
}

impl Order for ByName {
    fn is_descending(self) -> bool {
        false
    }

    fn is_text(self) -> bool {
        true
    }
}

/// One page of providers, by name.
///
/// # Errors
/// `permission_denied`; `validation_failed` on `limit`, `cursor` or `q`.
pub async fn list(sereno: &Sereno, staff: &Staff, query: SocialProviderQuery) -> Result<Page<SocialProviderRow>> {
    staff.require(Permission::ProvidersView)?;
    let walk = Walk::<ByName>::new(None, query.limit, query.cursor.as_deref())?;
    let lower = |column| Expr::from(Func::lower(Expr::col(column)));
    let mut matching = Condition::all();
    if let Some(pattern) = paging::pattern(query.q.as_deref(), str::to_lowercase)? {
        matching = matching.add(
            Condition::any()
                .add(lower(Column::Name).like(pattern.clone()))
                .add(lower(Column::Slug).like(pattern)),
        );
    }
    if let Some(kind) = query.kind {
        matching = matching.add(Column::Kind.eq(kind.as_str()));
    }
    if let Some(enabled) = query.enabled {
        matching = matching.add(Column::IsEnabled.eq(enabled));
    }
    let total = Entity::find().filter(matching.clone()).count(sereno.db.read()).await?;
    let rows = Entity::find()
        .filter(matching.add_option(walk.beyond(lower(Column::Name), Expr::col(Column::Id))))
        .order_by(lower(Column::Name), walk.direction())
        .order_by(Column::Id, walk.direction())
        .limit(walk.rows())
        .all(sereno.db.read())
        .await?;
    walk.page(rows, total, |row| (Key::Text(row.name.to_lowercase()), row.id), row)
}

fn row(row: Model) -> SocialProviderRow {
    SocialProviderRow {
        id: Id(row.id.to_string()),
        kind: SocialKind::from_name(&row.kind).unwrap_or_default(),
        slug: row.slug,
        name: row.name,
        is_enabled: row.is_enabled,
        created_at: row.created_at.timestamp(),
    }
}

/// One provider.
///
/// # Errors
/// `permission_denied`, `not_found`.
pub async fn detail(sereno: &Sereno, staff: &Staff, id: &Id) -> Result<SocialProviderDetail> {
    staff.require(Permission::ProvidersView)?;
    let db = sereno.db.read();
    show(sereno, db, find(db, id).await?).await
}

/// The version of what can be edited of a provider. Its secret is not told, the moment of the last change is.
///
/// # Errors
/// Never, unless the digest keys are gone.
pub fn version(sereno: &Sereno, provider: &SocialProviderDetail) -> Result<String> {
    let edited = SocialProviderDetail {
        // what happens by itself is no change
        identities: 0,
        ..provider.clone()
    };
    sereno.version(&edited)
}

/// A provider, held until the transaction ends.
async fn held(tx: &Tx, id: &Id) -> Result<Model> {
    let id: Uuid = id.0.parse().map_err(|_| Error::NotFound)?;
    let found = Entity::find_by_id(id).lock(LockType::Update).one(tx.db()).await?;
    found.ok_or(Error::NotFound)
}

pub(super) async fn find<C: ConnectionTrait>(db: &C, id: &Id) -> Result<Model> {
    let id: Uuid = id.0.parse().map_err(|_| Error::NotFound)?;
    Entity::find_by_id(id).one(db).await?.ok_or(Error::NotFound)
}

async fn show<C: ConnectionTrait>(sereno: &Sereno, db: &C, row: Model) -> Result<SocialProviderDetail> {
    let identities = identity::Entity::find().filter(identity::Column::ProviderId.eq(row.id));
    Ok(SocialProviderDetail {
        id: Id(row.id.to_string()),
        kind: SocialKind::from_name(&row.kind).unwrap_or_default(),
        callback_url: provider::callback(sereno, &row.slug),
        identities: identities.count(db).await?,
        has_secret: row.secret.is_some(),
        audiences: read(row.audiences)?,
        redirect_uris: read(row.redirect_uris)?,
        scopes: read(row.scopes)?,
        settings: read(row.settings)?,
        sign_up: row.sign_up,
        linking: sereno_types::SocialLinking::from_name(&row.linking).unwrap_or_default(),
        is_enabled: row.is_enabled,
        slug: row.slug,
        name: row.name,
        client_id: row.client_id,
        created_at: row.created_at.timestamp(),
        updated_at: row.updated_at.timestamp(),
    })
}

/// Sets up a provider.
///
/// # Errors
/// `permission_denied`; `validation_failed`, with `slug_unique` and `private_key_invalid` among the codes; `state_conflict`
/// when there are as many as there can be.
pub async fn create(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    command: CreateSocialProvider,
) -> Result<SocialProviderDetail> {
    staff.require(Permission::ProvidersView)?;
    staff.require(Permission::ProvidersManage)?;
    let name = command.name.filter(|name| !name.trim().is_empty());
    let name = name.unwrap_or_else(|| settings::usual_name(command.kind).to_owned());
    let scopes = said_or_usual(command.scopes, command.kind);
    let secret = command.client_secret.filter(|secret| !secret.is_empty());
    let whole = Whole {
        kind: command.kind,
        name: &name,
        client_id: &command.client_id,
        secret: secret.as_ref(),
        audiences: &command.audiences,
        redirect_uris: &command.redirect_uris,
        scopes: &scopes,
        settings: &command.settings,
    };
    let mut faults = settings::judge(sereno, &whole);
    faults.extend(settings::judge_slug(&command.slug));
    if command.kind == SocialKind::Apple && secret.is_none() {
        faults.push(FieldError::new("client_secret", Code::Blank));
    }
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    if Entity::find().count(tx.db()).await? >= MOST {
        return Err(Code::StateConflict.into());
    }
    let id = sereno.new_id()?;
    let row = ActiveModel {
        id: Set(id),
        slug: Set(command.slug.clone()),
        kind: Set(command.kind.as_str().to_owned()),
        name: Set(tidy(name.trim(), settings::NAME_MAX)),
        client_id: Set(command.client_id),
        secret: Set(sealed(sereno, id, secret.as_ref())?),
        audiences: Set(json!(command.audiences)),
        redirect_uris: Set(json!(command.redirect_uris)),
        scopes: Set(json!(scopes)),
        settings: Set(json!(command.settings)),
        sign_up: Set(command.sign_up),
        linking: Set(command.linking.as_str().to_owned()),
        is_enabled: Set(command.is_enabled),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    Entity::insert(row)
        .exec_without_returning(tx.db())
        .await
        .map_err(|error| match unique_violation(&error) {
            Some(what) if what.contains("slug") => Error::field("slug", Code::SlugUnique),
            _ => error.into(),
        })?;
    record(&mut tx, EventKind::ProviderCreated, &command.slug, &[]);
    let created = Entity::find_by_id(id).one(tx.db()).await?.ok_or(Error::NotFound)?;
    let shown = show(sereno, tx.db(), created).await?;
    tx.commit().await?;
    Ok(shown)
}

/// Without a scope a provider says nothing of anybody: none means the usual ones.
fn said_or_usual(said: Option<Vec<String>>, kind: SocialKind) -> Vec<String> {
    let said = said.filter(|scopes| !scopes.is_empty());
    said.unwrap_or_else(|| settings::usual_scopes(kind))
}

fn sealed(sereno: &Sereno, id: Uuid, secret: Option<&Secret>) -> Result<Option<Hidden>> {
    let Some(secret) = secret else { return Ok(None) };
    let sealed = sereno
        .keys
        .seal
        .seal(secret.expose().as_bytes(), &provider::place(id), &*sereno.entropy)?;
    Ok(Some(Hidden(sealed)))
}

fn record(tx: &mut Tx, kind: EventKind, slug: &str, changed: &[&str]) {
    let event = Event::new(kind).with("provider", slug);
    tx.record(if changed.is_empty() {
        event
    } else {
        event.with("changed", json!(changed))
    });
}

/// Changes a provider; what is not said stays. Where it is sent must not change under a secret that whoever changes it may
/// not know.
///
/// # Errors
/// `permission_denied`, also where `settings`, `client_id` or `audiences` change, a superuser signs in through the provider,
/// and staff is none; `not_found`, `precondition_failed`; `validation_failed`, with `secret_required` on `client_secret` when `settings` change
/// without it.
pub async fn update(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    id: &Id,
    command: UpdateSocialProvider,
) -> Result<SocialProviderDetail> {
    staff.require(Permission::ProvidersView)?;
    staff.require(Permission::ProvidersManage)?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let before = held(&tx, id).await?;
    if meta.if_match.is_some() {
        meta.expects(&version(sereno, &show(sereno, tx.db(), before.clone()).await?)?)?;
    }
    let old = Provider::open(sereno, before.clone())?;
    let secret = command.client_secret.filter(|secret| !secret.is_empty());
    let name = command.name.unwrap_or(old.name);
    let client_id = command.client_id.unwrap_or(old.client_id);
    let audiences = command.audiences.unwrap_or(old.audiences);
    let redirect_uris = command.redirect_uris.unwrap_or(old.redirect_uris);
    let scopes = command
        .scopes
        .map_or(old.scopes, |said| said_or_usual(Some(said), old.kind));
    let moved = command
        .settings
        .as_ref()
        .is_some_and(|settings| *settings != old.settings);
    let settings = command.settings.unwrap_or(old.settings);
    let trusts_other = moved || client_id != before.client_id || json!(audiences) != before.audiences;
    if trusts_other && !staff.is_superuser() && opens_a_superuser(&tx, before.id).await? {
        return Err(Code::PermissionDenied.into());
    }
    let whole = Whole {
        kind: old.kind,
        name: &name,
        client_id: &client_id,
        secret: secret.as_ref(),
        audiences: &audiences,
        redirect_uris: &redirect_uris,
        scopes: &scopes,
        settings: &settings,
    };
    let mut faults = settings::judge(sereno, &whole);
    if moved && before.secret.is_some() && secret.is_none() {
        faults.push(FieldError::new("client_secret", Code::SecretRequired));
    }
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    let mut row = ActiveModel {
        id: Set(before.id),
        name: Set(tidy(name.trim(), settings::NAME_MAX)),
        client_id: Set(client_id),
        audiences: Set(json!(audiences)),
        redirect_uris: Set(json!(redirect_uris)),
        scopes: Set(json!(scopes)),
        settings: Set(json!(settings)),
        sign_up: Set(command.sign_up.unwrap_or(old.sign_up)),
        linking: Set(command.linking.unwrap_or(old.linking).as_str().to_owned()),
        is_enabled: Set(command.is_enabled.unwrap_or(before.is_enabled)),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    if let Some(secret) = sealed(sereno, before.id, secret.as_ref())? {
        row.secret = Set(Some(secret));
    }
    let after = Entity::update(row).exec(tx.db()).await?;
    let changed: Vec<&str> = [
        ("name", before.name != after.name),
        ("client_id", before.client_id != after.client_id),
        ("client_secret", before.secret != after.secret),
        ("audiences", before.audiences != after.audiences),
        ("redirect_uris", before.redirect_uris != after.redirect_uris),
        ("scopes", before.scopes != after.scopes),
        ("settings", before.settings != after.settings),
        ("sign_up", before.sign_up != after.sign_up),
        ("linking", before.linking != after.linking),
        ("is_enabled", before.is_enabled != after.is_enabled),
    ]
    .into_iter()
    .filter_map(|(name, changed)| changed.then_some(name))
    .collect();
    record(&mut tx, EventKind::ProviderUpdated, &before.slug, &changed);
    let shown = show(sereno, tx.db(), after).await?;
    tx.commit().await?;
    Ok(shown)
}

/// Whether a superuser signs in through this provider: whoever decides whose word counts there decides who that is.
async fn opens_a_superuser(tx: &Tx, provider: Uuid) -> Result<bool> {
    let superusers = identity::Entity::find()
        .filter(identity::Column::ProviderId.eq(provider))
        .filter(
            identity::Column::UserId.in_subquery(
                user::Entity::find()
                    .select_only()
                    .column(user::Column::Id)
                    .filter(user::Column::IsSuperuser.eq(true))
                    .into_query(),
            ),
        );
    Ok(superusers.count(tx.db()).await? > 0)
}

/// Deletes a provider, and every identity at it. Who has no other way in sets a password by mail. What Apple still holds is
/// given back first, with the key that goes.
///
/// # Errors
/// `permission_denied`, `not_found`, `precondition_failed`.
pub async fn delete(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, id: &Id) -> Result<()> {
    staff.require(Permission::ProvidersManage)?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let row = held(&tx, id).await?;
    if meta.if_match.is_some() {
        meta.expects(&version(sereno, &show(sereno, tx.db(), row.clone()).await?)?)?;
    }
    revocation::ask_for_provider(&mut tx, row.id).await?;
    let gone = Entity::delete_many()
        .filter(Column::Id.eq(row.id))
        .exec(tx.db())
        .await?;
    if gone.rows_affected == 0 {
        return Err(Error::NotFound);
    }
    record(&mut tx, EventKind::ProviderDeleted, &row.slug, &[]);
    tx.commit().await
}

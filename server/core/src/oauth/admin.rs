//! Registering and changing applications: for staff, over the console, the API and the command line alike.

use sea_orm::sea_query::{Expr, ExprTrait, Func, LockType};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde_json::json;
use sereno_types::{
    ApplicationCreated, ApplicationDetail, ApplicationKind, ApplicationQuery, ApplicationRow, ApplicationSecret,
    ApplicationSort, ApplicationUpdated, ClaimsPreview, Code, CreateApplication, Delivery, FieldError, Grant, Id,
    NewSecret, Page, Permission, PreviewClaims, Secret, UpdateApplication,
};
use uuid::Uuid;

use super::managed;
use super::profile::{self, Whole};
use super::signing_keys;
use crate::access::application::{self, FIRST_PARTY, MANAGED, SECRET_PURPOSE, read};
use crate::access::check;
use crate::context::keys::{APPLICATIONS, SIGNING_KEYS};
use crate::context::{RequestMeta, Sereno, Staff, Tx, tidy};
use crate::entity::application::{ActiveModel, Column, Entity, Model};
use crate::entity::{application_secret, crypto_key, token_family};
use crate::error::{Error, Result, unique_violation};
use crate::event::{Event, EventKind};
use crate::paging::{self, Key, Order, Walk};
use crate::{account, session, token};

/// Longest name for people, in characters.
const NAME_MAX: usize = 150;
/// Longest name on the wire.
const CLIENT_ID_MAX: usize = 100;
/// Most secrets at a time: the one in use and the one that takes its place.
const SECRETS_MAX: u64 = 2;
/// Fewest characters of a secret that is brought along: it is stored as a digest, so it must not be guessable.
const SECRET_MIN: usize = 32;
/// Fewest where whoever brings it says that it may be short. Wrong ones are counted like wrong passwords.
const SHORT_MIN: usize = 8;
/// Most characters of a secret that is brought along.
const SECRET_MAX: usize = 256;

impl Order for ApplicationSort {
    fn is_descending(self) -> bool {
        self == Self::Newest
    }

    fn is_text(self) -> bool {
        self == Self::Name
    }
}

/// One page of applications.
///
/// # Errors
/// `permission_denied`; `validation_failed` on `limit`, `cursor` or `q`.
pub async fn list(sereno: &Sereno, staff: &Staff, query: ApplicationQuery) -> Result<Page<ApplicationRow>> {
    staff.require(Permission::ApplicationsView)?;
    let walk = Walk::new(query.sort, query.limit, query.cursor.as_deref())?;
    let lower = |column| Expr::from(Func::lower(Expr::col(column)));
    let mut matching = Condition::all();
    if let Some(pattern) = paging::pattern(query.q.as_deref(), str::to_lowercase)? {
        matching = matching.add(
            Condition::any()
                .add(lower(Column::Name).like(pattern.clone()))
                .add(lower(Column::ClientId).like(pattern)),
        );
    }
    if let Some(kind) = query.kind {
        matching = matching.add(Column::Kind.eq(kind.as_str()));
    }
    if let Some(enabled) = query.enabled {
        matching = matching.add(Column::IsEnabled.eq(enabled));
    }
    let total = Entity::find().filter(matching.clone()).count(sereno.db.read()).await?;
    let key = match walk.sort {
        ApplicationSort::Name => lower(Column::Name),
        ApplicationSort::Newest | ApplicationSort::Oldest => Expr::col(Column::CreatedAt),
    };
    let rows = Entity::find()
        .filter(matching.add_option(walk.beyond(key.clone(), Expr::col(Column::Id))))
        .order_by(key, walk.direction())
        .order_by(Column::Id, walk.direction())
        .limit(walk.rows())
        .all(sereno.db.read())
        .await?;
    let sort = walk.sort;
    let place = |row: &Model| match sort {
        ApplicationSort::Name => (Key::Text(row.name.to_lowercase()), row.id),
        ApplicationSort::Newest | ApplicationSort::Oldest => (Key::Number(row.created_at.0), row.id),
    };
    walk.page(rows, total, place, row)
}

fn row(row: Model) -> ApplicationRow {
    ApplicationRow {
        id: Id(row.id.to_string()),
        kind: ApplicationKind::from_name(&row.kind).unwrap_or_default(),
        delivery: Delivery::from_name(&row.delivery).unwrap_or_default(),
        is_builtin: row.origin == "sereno",
        is_managed: row.origin == MANAGED,
        client_id: row.client_id,
        name: row.name,
        is_enabled: row.is_enabled,
        created_at: row.created_at.timestamp(),
    }
}

/// One application.
///
/// # Errors
/// `permission_denied`, `not_found`.
pub async fn detail(sereno: &Sereno, staff: &Staff, id: &Id) -> Result<ApplicationDetail> {
    staff.require(Permission::ApplicationsView)?;
    let row = find(sereno.db.read(), id).await?;
    show(sereno, sereno.db.read(), row).await
}

/// The version of what can be edited of an application.
///
/// # Errors
/// Never, unless the digest keys are gone.
pub fn version(sereno: &Sereno, application: &ApplicationDetail) -> Result<String> {
    let edited = ApplicationDetail {
        // what happens by itself is no change
        open_grants: 0,
        secrets: Vec::new(),
        ..application.clone()
    };
    sereno.version(&edited)
}

/// An application, held until the transaction ends.
async fn held(tx: &Tx, id: &Id) -> Result<Model> {
    let id: Uuid = id.0.parse().map_err(|_| Error::NotFound)?;
    let found = Entity::find_by_id(id).lock(LockType::Update).one(tx.db()).await?;
    found.ok_or(Error::NotFound)
}

async fn find<C: ConnectionTrait>(db: &C, id: &Id) -> Result<Model> {
    let id: Uuid = id.0.parse().map_err(|_| Error::NotFound)?;
    Entity::find_by_id(id).one(db).await?.ok_or(Error::NotFound)
}

async fn secrets_of<C: ConnectionTrait>(db: &C, application_id: Uuid) -> Result<Vec<application_secret::Model>> {
    let secrets = application_secret::Entity::find()
        .filter(application_secret::Column::ApplicationId.eq(application_id))
        .order_by_desc(application_secret::Column::CreatedAt)
        .order_by_desc(application_secret::Column::Id);
    Ok(secrets.all(db).await?)
}

async fn show<C: ConnectionTrait>(sereno: &Sereno, db: &C, row: Model) -> Result<ApplicationDetail> {
    let open_grants = account::sessions::count_through(sereno, db, row.id).await?;
    let secrets = secrets_of(db, row.id).await?;
    let secrets = secrets.into_iter().map(|secret| ApplicationSecret {
        id: Id(secret.id.to_string()),
        created_at: secret.created_at.timestamp(),
        last_used_at: secret.last_used_at.map(crate::clock::Moment::timestamp),
    });
    Ok(ApplicationDetail {
        id: Id(row.id.to_string()),
        kind: ApplicationKind::from_name(&row.kind).unwrap_or_default(),
        delivery: Delivery::from_name(&row.delivery).unwrap_or_default(),
        is_builtin: row.origin == "sereno",
        is_managed: row.origin == MANAGED,
        grants: read(row.grants)?,
        redirect_uris: read(row.redirect_uris)?,
        origins: read(row.origins)?,
        scopes: read(row.scopes)?,
        profile: read(row.profile)?,
        cookies: read(row.cookies)?,
        secrets: secrets.collect(),
        open_grants,
        client_id: row.client_id,
        name: row.name,
        is_enabled: row.is_enabled,
        created_at: row.created_at.timestamp(),
        updated_at: row.updated_at.timestamp(),
    })
}

/// A secret that an application has from elsewhere.
#[derive(Debug)]
pub struct Brought {
    /// The secret.
    pub secret: Secret,
    /// Whether whoever brings it knows that it is short: clients that are out already have it, and cannot be given another.
    pub may_be_short: bool,
}

/// Registers an application. A confidential one gets its first secret, which is shown here and never again; one can be
/// brought along.
///
/// # Errors
/// `permission_denied`, `validation_failed`.
pub async fn create(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    command: CreateApplication,
    brought: Option<Brought>,
) -> Result<ApplicationCreated> {
    staff.require(Permission::ApplicationsView)?;
    staff.require(Permission::ApplicationsManage)?;
    let grants = command
        .grants
        .unwrap_or_else(|| vec![Grant::Password, Grant::RefreshToken]);
    let mut faults = profile::judge(
        &sereno.config,
        &Whole {
            kind: command.kind,
            grants: &grants,
            redirect_uris: &command.redirect_uris,
            origins: &command.origins,
            scopes: &command.scopes,
            delivery: command.delivery,
            profile: &command.profile,
            cookies: &command.cookies,
        },
    );
    faults.extend(judge_name(&command.name));
    let client_id = match command.client_id.filter(|client_id| !client_id.is_empty()) {
        Some(client_id) => client_id,
        None => sereno.entropy.token()?[..22].to_owned(),
    };
    faults.extend(judge_client_id(&client_id));
    if let Some(brought) = &brought {
        faults.extend(judge_secret(command.kind, brought));
    }
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    may_hand_out(sereno, meta, staff, &[], &command.scopes).await?;
    let id = sereno.new_id()?;
    let key = signing_keys::needed(sereno, id, &command.profile).await?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let row = ActiveModel {
        id: Set(id),
        project_id: Set(None),
        client_id: Set(client_id.clone()),
        name: Set(tidy(&command.name, NAME_MAX)),
        kind: Set(command.kind.as_str().to_owned()),
        origin: Set("staff".to_owned()),
        is_enabled: Set(true),
        grants: Set(json!(grants)),
        redirect_uris: Set(json!(command.redirect_uris)),
        origins: Set(json!(command.origins)),
        scopes: Set(json!(command.scopes)),
        delivery: Set(command.delivery.as_str().to_owned()),
        profile: Set(json!(command.profile)),
        cookies: Set(json!(command.cookies)),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    Entity::insert(row)
        .exec_without_returning(tx.db())
        .await
        .map_err(|error| match unique_violation(&error) {
            Some(what) if what.contains("client_id") => Error::field("client_id", Code::ClientIdUnique),
            _ => error.into(),
        })?;
    let secret = match command.kind {
        ApplicationKind::Public => None,
        ApplicationKind::Confidential => {
            Some(add_secret(sereno, &tx, id, &client_id, brought.map(|brought| brought.secret)).await?)
        }
    };
    let signing_secret = match key {
        Some(needed) => {
            signing_keys::put(&mut tx, needed.key).await?;
            needed.shared
        }
        None => None,
    };
    tx.touch(APPLICATIONS);
    tx.record(
        Event::new(EventKind::ApplicationCreated)
            .through(id)
            .with("client_id", client_id),
    );
    let created = Entity::find_by_id(id).one(tx.db()).await?.ok_or(Error::NotFound)?;
    let application = show(sereno, tx.db(), created).await?;
    tx.commit().await?;
    Ok(ApplicationCreated {
        application,
        secret,
        signing_secret,
    })
}

fn judge_name(name: &str) -> Option<FieldError> {
    if name.trim().is_empty() {
        return Some(FieldError::new("name", Code::Blank));
    }
    let long = name.chars().count() > NAME_MAX;
    long.then(|| FieldError::new("name", Code::TooLong).with("max", NAME_MAX as u64))
}

fn judge_client_id(client_id: &str) -> Option<FieldError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if client_id.len() > CLIENT_ID_MAX {
        return Some(FieldError::new("client_id", Code::TooLong).with("max", CLIENT_ID_MAX as u64));
    }
    (!client_id.chars().all(plain)).then(|| FieldError::new("client_id", Code::InvalidCharacters))
}

fn judge_secret(kind: ApplicationKind, brought: &Brought) -> Option<FieldError> {
    let fault = |code| Some(FieldError::new("client_secret", code));
    if kind == ApplicationKind::Public {
        return fault(Code::InvalidChoice);
    }
    let secret = brought.secret.expose();
    let length = secret.chars().count();
    let min = if brought.may_be_short { SHORT_MIN } else { SECRET_MIN };
    if length < min {
        return fault(Code::TooShort).map(|fault| fault.with("min", min as u64));
    }
    if length > SECRET_MAX {
        return fault(Code::TooLong).map(|fault| fault.with("max", SECRET_MAX as u64));
    }
    if secret.chars().any(|c| !c.is_ascii_graphic()) {
        return fault(Code::InvalidCharacters);
    }
    None
}

/// Changes an application; what is not said stays. A profile that turns to `HS256` makes the shared key, which is shown
/// here and never again.
///
/// # Errors
/// `permission_denied`, `not_found`, `validation_failed`, `precondition_failed`, `managed_by_configuration`.
pub async fn update(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    id: &Id,
    command: UpdateApplication,
) -> Result<ApplicationUpdated> {
    staff.require(Permission::ApplicationsView)?;
    staff.require(Permission::ApplicationsManage)?;
    let before = find(sereno.db.read(), id).await?;
    let had: Vec<String> = read(before.scopes.clone())?;
    if let Some(scopes) = &command.scopes {
        may_hand_out(sereno, meta, staff, &had, scopes).await?;
    }
    let key = match &command.profile {
        Some(profile) => signing_keys::needed(sereno, before.id, profile).await?,
        None => None,
    };
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let before = held(&tx, id).await?;
    managed::refuse(&before)?;
    let old = show(sereno, tx.db(), before.clone()).await?;
    meta.expects(&version(sereno, &old)?)?;
    let (grants, redirect_uris) = (
        command.grants.unwrap_or_else(|| old.grants.clone()),
        command.redirect_uris.unwrap_or_else(|| old.redirect_uris.clone()),
    );
    let (origins, scopes) = (
        command.origins.unwrap_or_else(|| old.origins.clone()),
        command.scopes.unwrap_or_else(|| old.scopes.clone()),
    );
    let delivery = command.delivery.unwrap_or(old.delivery);
    let profile = command.profile.unwrap_or_else(|| old.profile.clone());
    let cookies = command.cookies.unwrap_or_else(|| old.cookies.clone());
    let name = command.name.unwrap_or_else(|| old.name.clone());
    let is_enabled = command.is_enabled.unwrap_or(old.is_enabled);
    let mut faults = profile::judge(
        &sereno.config,
        &Whole {
            kind: old.kind,
            grants: &grants,
            redirect_uris: &redirect_uris,
            origins: &origins,
            scopes: &scopes,
            delivery,
            profile: &profile,
            cookies: &cookies,
        },
    );
    faults.extend(judge_name(&name));
    if old.client_id == FIRST_PARTY {
        faults.extend(profile::judge_first_party(is_enabled, &profile));
    }
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    let row = ActiveModel {
        id: Set(before.id),
        name: Set(tidy(&name, NAME_MAX)),
        is_enabled: Set(is_enabled),
        grants: Set(json!(grants)),
        redirect_uris: Set(json!(redirect_uris)),
        origins: Set(json!(origins)),
        scopes: Set(json!(scopes)),
        delivery: Set(delivery.as_str().to_owned()),
        profile: Set(json!(profile)),
        cookies: Set(json!(cookies)),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    let after = Entity::update(row).exec(tx.db()).await?;
    let signing_secret = match key {
        Some(needed) => {
            signing_keys::put(&mut tx, needed.key).await?;
            needed.shared
        }
        None => None,
    };
    let changed: Vec<&str> = [
        ("name", before.name != after.name),
        ("is_enabled", before.is_enabled != after.is_enabled),
        ("grants", before.grants != after.grants),
        ("redirect_uris", before.redirect_uris != after.redirect_uris),
        ("origins", before.origins != after.origins),
        ("scopes", before.scopes != after.scopes),
        ("delivery", before.delivery != after.delivery),
        ("profile", before.profile != after.profile),
        ("cookies", before.cookies != after.cookies),
    ]
    .into_iter()
    .filter_map(|(name, changed)| changed.then_some(name))
    .collect();
    tx.touch(before.id);
    tx.touch(APPLICATIONS);
    tx.record(
        Event::new(EventKind::ApplicationUpdated)
            .through(before.id)
            .with("changed", json!(changed)),
    );
    let application = show(sereno, tx.db(), after).await?;
    tx.commit().await?;
    Ok(ApplicationUpdated {
        application,
        signing_secret,
    })
}

/// Deletes an application with its secrets, its keys and every sign-in through it.
///
/// # Errors
/// `permission_denied`, `not_found`, `precondition_failed`, `managed_by_configuration`; `state_conflict` for one that Sereno made
/// itself.
pub async fn delete(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, id: &Id) -> Result<()> {
    staff.require(Permission::ApplicationsManage)?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let row = held(&tx, id).await?;
    if meta.if_match.is_some() {
        meta.expects(&version(sereno, &show(sereno, tx.db(), row.clone()).await?)?)?;
    }
    managed::refuse(&row)?;
    if row.origin == "sereno" {
        return Err(Code::StateConflict.into());
    }
    let families: Vec<Uuid> = token_family::Entity::find()
        .select_only()
        .column(token_family::Column::Id)
        .filter(token_family::Column::ApplicationId.eq(row.id))
        .filter(token_family::Column::RevokedAt.is_null())
        .into_tuple()
        .all(tx.db())
        .await?;
    session::end_through(&tx, row.id, "application_deleted").await?;
    crypto_key::Entity::delete_many()
        .filter(crypto_key::Column::ApplicationId.eq(row.id))
        .exec(tx.db())
        .await?;
    Entity::delete_by_id(row.id).exec(tx.db()).await?;
    for family in families {
        tx.touch(family);
    }
    tx.touch(row.id);
    tx.touch(APPLICATIONS);
    tx.touch(SIGNING_KEYS);
    tx.record(
        Event::new(EventKind::ApplicationDeleted)
            .through(row.id)
            .with("client_id", row.client_id),
    );
    tx.commit().await
}

/// Makes another secret; the one before goes on working until it is deleted.
///
/// # Errors
/// `permission_denied`, `not_found`, `managed_by_configuration`; `state_conflict` when there are two already, or the application is
/// public.
pub async fn create_secret(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, id: &Id) -> Result<NewSecret> {
    staff.require(Permission::ApplicationsManage)?;
    // whoever has a secret acts as the application
    let scopes: Vec<String> = read(find(sereno.db.read(), id).await?.scopes)?;
    may_hand_out(sereno, meta, staff, &[], &scopes).await?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    // the row is held, so that two who add one at once are counted
    let row = lock(&tx, id).await?;
    managed::refuse(&row)?;
    let held = application_secret::Entity::find().filter(application_secret::Column::ApplicationId.eq(row.id));
    if row.kind != ApplicationKind::Confidential.as_str() || held.count(tx.db()).await? >= SECRETS_MAX {
        return Err(Code::StateConflict.into());
    }
    let secret = add_secret(sereno, &tx, row.id, &row.client_id, None).await?;
    tx.touch(row.id);
    tx.record(
        Event::new(EventKind::ClientSecretCreated)
            .through(row.id)
            .with("secret_id", secret.id.0.as_str()),
    );
    tx.commit().await?;
    Ok(secret)
}

/// Refuses to hand out scopes that open more than staff may see or give: asking about everybody is for who may see roles,
/// declaring what roles grant for superusers.
///
/// # Errors
/// `exceeds_own_permissions`.
async fn may_hand_out(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    had: &[String],
    scopes: &[String],
) -> Result<()> {
    let added = |name: &str| scopes.iter().any(|scope| scope == name) && !had.iter().any(|scope| scope == name);
    let sees = staff.holds(Permission::RolesView) || !added(check::SCOPE);
    if sees && (staff.is_superuser() || !added(check::DECLARE)) {
        return Ok(());
    }
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    tx.record(Event::refused(EventKind::EscalationRefused, Code::ExceedsOwnPermissions).with("what", "scopes"));
    tx.commit().await?;
    Err(Code::ExceedsOwnPermissions.into())
}

/// Deletes a secret: it stops working at once.
///
/// # Errors
/// `permission_denied`, `not_found`.
pub async fn delete_secret(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, id: &Id, secret: &Id) -> Result<()> {
    staff.require(Permission::ApplicationsManage)?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let row = find(tx.db(), id).await?;
    let secret_id: Uuid = secret.0.parse().map_err(|_| Error::NotFound)?;
    let deleted = application_secret::Entity::delete_many()
        .filter(application_secret::Column::Id.eq(secret_id))
        .filter(application_secret::Column::ApplicationId.eq(row.id))
        .exec(tx.db())
        .await?;
    if deleted.rows_affected == 0 {
        return Err(Error::NotFound);
    }
    tx.touch(row.id);
    tx.record(
        Event::new(EventKind::ClientSecretDeleted)
            .through(row.id)
            .with("secret_id", secret.0.as_str()),
    );
    tx.commit().await
}

async fn lock(tx: &Tx, id: &Id) -> Result<Model> {
    let id: Uuid = id.0.parse().map_err(|_| Error::NotFound)?;
    let held = Entity::update_many()
        .col_expr(Column::UpdatedAt, Expr::value(tx.now().0))
        .filter(Column::Id.eq(id))
        .exec_with_returning(tx.db())
        .await?;
    held.into_iter().next().ok_or(Error::NotFound)
}

async fn add_secret(
    sereno: &Sereno,
    tx: &Tx,
    application_id: Uuid,
    client_id: &str,
    brought: Option<Secret>,
) -> Result<NewSecret> {
    let text = match brought {
        Some(secret) => secret.expose().to_owned(),
        None => format!("cs_{}", sereno.entropy.token()?),
    };
    let id = sereno.new_id()?;
    let row = application_secret::ActiveModel {
        id: Set(id),
        application_id: Set(application_id),
        digest: Set(sereno.keys.digest.digest(SECRET_PURPOSE, &text)),
        created_at: Set(tx.now()),
        last_used_at: Set(None),
    };
    application_secret::Entity::insert(row)
        .exec_without_returning(tx.db())
        .await?;
    Ok(NewSecret {
        id: Id(id.to_string()),
        client_id: client_id.to_owned(),
        client_secret: text,
    })
}

/// What a user's tokens would say. Nothing is issued.
///
/// # Errors
/// `permission_denied`, `not_found`, `validation_failed`; `validation_failed` on `user` when there is no such user.
pub async fn preview(sereno: &Sereno, staff: &Staff, id: &Id, command: PreviewClaims) -> Result<ClaimsPreview> {
    staff.require(Permission::ApplicationsView)?;
    staff.require(Permission::UsersView)?;
    let row = find(sereno.db.read(), id).await?;
    let application = application::parse(row, Vec::new())?;
    let profile = command.profile.as_ref().unwrap_or(&application.profile);
    let faults = profile::judge(
        &sereno.config,
        &Whole {
            kind: application.kind,
            grants: &[],
            redirect_uris: &[],
            origins: &[],
            scopes: &[],
            delivery: Delivery::Json,
            profile,
            cookies: &application.cookies,
        },
    );
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    let user = account::find::named(sereno, command.user.trim()).await?;
    let user = user.ok_or_else(|| Error::field("user", Code::InvalidChoice))?;
    token::preview(sereno, &application, profile, &user).await
}

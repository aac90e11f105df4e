//! Applications: the OAuth clients that may ask for tokens, and how they prove themselves. The built-in first-party
//! application stands for requests without a `client_id`.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sereno_types::{ApplicationKind, ClientCredentials, Code, Delivery};
use uuid::Uuid;

use crate::context::{Application, ApplicationIndex, RequestMeta, Sereno, Tx};
use crate::entity::application::{ActiveModel, Column, Entity, Model};
use crate::entity::application_secret;
use crate::error::{Error, Result};

/// The `client_id` of the built-in first-party application.
pub const FIRST_PARTY: &str = "sereno";
/// What the column `origin` says of applications that the configuration describes.
pub const MANAGED: &str = "config";
/// What the digest of a secret is bound to.
pub const SECRET_PURPOSE: &str = "client_secret";
/// How exactly "last used" is kept.
const USED_EVERY: Duration = Duration::from_mins(5);

/// The enabled application with this `client_id`; the first-party one when there is none in the request.
pub async fn find(sereno: &Sereno, client_id: Option<&str>) -> Result<Option<Arc<Application>>> {
    let client_id = client_id.unwrap_or(FIRST_PARTY);
    if let Some(known) = sereno.cache.application(client_id) {
        return Ok(Some(known));
    }
    // PostgreSQL cannot be asked for a NUL
    if client_id.contains('\0') {
        return Ok(None);
    }
    load(sereno, Column::ClientId.eq(client_id)).await
}

/// The enabled application with this id.
pub async fn by_id(sereno: &Sereno, id: Uuid) -> Result<Option<Arc<Application>>> {
    match sereno.cache.application_by_id(id) {
        Some(known) => Ok(Some(known)),
        None => load(sereno, Column::Id.eq(id)).await,
    }
}

async fn load(sereno: &Sereno, which: Expr) -> Result<Option<Arc<Application>>> {
    let generation = sereno.cache.generation();
    let db = sereno.db.read();
    let row = Entity::find()
        .filter(which)
        .filter(Column::IsEnabled.eq(true))
        .one(db)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let secrets = application_secret::Entity::find()
        .filter(application_secret::Column::ApplicationId.eq(row.id))
        .order_by_desc(application_secret::Column::CreatedAt)
        .all(db)
        .await?;
    let application = Arc::new(parse(row, secrets)?);
    sereno.cache.put_application(Arc::clone(&application), generation);
    Ok(Some(application))
}

/// What all enabled applications together say.
pub async fn index(sereno: &Sereno) -> Result<Arc<ApplicationIndex>> {
    if let Some(known) = sereno.cache.index() {
        return Ok(known);
    }
    let generation = sereno.cache.generation();
    let rows = Entity::find()
        .filter(Column::IsEnabled.eq(true))
        .all(sereno.db.read())
        .await?;
    let mut index = ApplicationIndex::default();
    for row in rows {
        let application = parse(row, Vec::new())?;
        if application.delivery.sets_access_cookie() {
            index.access_cookies.insert(application.cookies.access);
        }
        index.origins.extend(application.origins);
    }
    let index = Arc::new(index);
    sereno.cache.put_index(Arc::clone(&index), generation);
    Ok(index)
}

/// What a row says.
pub fn parse(row: Model, secrets: Vec<application_secret::Model>) -> Result<Application> {
    Ok(Application {
        id: row.id,
        is_managed: row.origin == MANAGED,
        client_id: row.client_id,
        kind: ApplicationKind::from_name(&row.kind).ok_or_else(|| Error::internal("an unknown kind of application"))?,
        grants: read(row.grants)?,
        origins: read(row.origins)?,
        scopes: read(row.scopes)?,
        delivery: Delivery::from_name(&row.delivery).ok_or_else(|| Error::internal("an unknown delivery"))?,
        profile: read(row.profile)?,
        cookies: read(row.cookies)?,
        secrets: secrets.into_iter().map(|secret| (secret.id, secret.digest)).collect(),
    })
}

/// What a JSON column says.
pub fn read<T: DeserializeOwned>(value: Value) -> Result<T> {
    serde_json::from_value(value).map_err(Error::internal)
}

/// The application that these credentials prove (RFC 6749 §2.3.1): a confidential one must bring one of its secrets, a
/// public one is named by its `client_id` alone, and nobody is the first-party application.
///
/// # Errors
/// `invalid_client` for unknown, disabled, and a wrong, missing or unexpected secret alike; `too_many_requests`.
pub async fn authenticate(
    sereno: &Sereno,
    meta: &RequestMeta,
    credentials: &ClientCredentials,
) -> Result<Arc<Application>> {
    let invalid = || Error::from(Code::InvalidClient);
    let secret = credentials.client_secret.as_ref().map(sereno_types::Secret::expose);
    let application = find(sereno, credentials.client_id.as_deref()).await?;
    let Some(secret) = secret else {
        let application = application.filter(|application| application.kind == ApplicationKind::Public);
        return count(sereno, application.ok_or_else(invalid)?);
    };
    // wrong ones are counted, right ones are not: a service asks as often as it likes
    let (addresses, most) = (
        &sereno.addresses,
        sereno.config.limit.requests_per_address.saturating_mul(10),
    );
    addresses.look("client_secret", meta.address, most, sereno.now())?;
    let proven = application.and_then(|application| {
        let held = application.secrets.iter();
        let mut right = held.filter(|(_, digest)| sereno.keys.digest.matches(SECRET_PURPOSE, secret, digest));
        let id = right.next()?.0;
        (application.kind != ApplicationKind::Public).then_some((id, application))
    });
    let Some((secret, application)) = proven else {
        addresses.take("client_secret", meta.address, most, sereno.now())?;
        return Err(invalid());
    };
    stamp(sereno, secret).await?;
    count(sereno, application)
}

/// Counts a request of an application that has proven itself: nobody else can use up what a confidential one has.
fn count(sereno: &Sereno, application: Arc<Application>) -> Result<Arc<Application>> {
    let most = sereno.config.limit.requests_per_application;
    sereno
        .applications
        .take_for("request", application.id, most, sereno.now())?;
    Ok(application)
}

/// Notes that a secret was used, now and then.
async fn stamp(sereno: &Sereno, secret: Uuid) -> Result<()> {
    let now = sereno.now();
    if !sereno.cache.is_time(secret, now, USED_EVERY) {
        return Ok(());
    }
    let before = Condition::any()
        .add(application_secret::Column::LastUsedAt.is_null())
        .add(application_secret::Column::LastUsedAt.lt(now.minus(USED_EVERY)));
    application_secret::Entity::update_many()
        .col_expr(application_secret::Column::LastUsedAt, Expr::value(now.0))
        .filter(application_secret::Column::Id.eq(secret))
        .filter(before)
        .exec(sereno.db.write())
        .await?;
    Ok(())
}

/// Makes the first-party application if it is missing.
pub async fn ensure_first_party(sereno: &Sereno, tx: &Tx) -> Result<()> {
    let row = ActiveModel {
        id: Set(sereno.new_id()?),
        project_id: Set(None),
        client_id: Set(FIRST_PARTY.to_owned()),
        name: Set("Sereno".to_owned()),
        kind: Set(ApplicationKind::Public.as_str().to_owned()),
        origin: Set("sereno".to_owned()),
        is_enabled: Set(true),
        grants: Set(json!(["password", "refresh_token"])),
        redirect_uris: Set(json!([])),
        origins: Set(json!([])),
        scopes: Set(json!([])),
        delivery: Set(Delivery::Json.as_str().to_owned()),
        profile: Set(json!({})),
        cookies: Set(json!({})),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    Entity::insert(row)
        .on_conflict(OnConflict::column(Column::ClientId).do_nothing().to_owned())
        .exec_without_returning(tx.db())
        .await?;
    Ok(())
}

//! The picture that a user shows. Taking another replaces the file; the old one is gone with it.

use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use serde_json::{Value, json};
use sereno_types::{Code, Id, Me, Permission};
use uuid::Uuid;

use super::{admin, profile};
use crate::access::subject;
use crate::context::limiter::{self, Limit};
use crate::context::{Actor, RequestMeta, Sereno, Staff, Tx};
use crate::entity::user;
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::file::{self, picture};

/// The field's name in settings, history and events.
pub const FIELD: &str = "avatar";
/// Pictures that a user may bring in an hour: each costs as much as some sign-ins.
const AN_HOUR: u64 = 20;
/// How long an upload waits for its turn.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

/// Takes a picture from the signed-in user.
///
/// # Errors
/// `authentication_required`, `protected_field`, `too_many_requests`, `overloaded`; `blank`, `body_too_large`,
/// `invalid_picture` and `picture_too_large`.
pub async fn set(sereno: &Sereno, meta: &RequestMeta, actor: &Actor, bytes: Vec<u8>) -> Result<Me> {
    let user_id = actor.caller()?.user_id;
    let picture = judge(sereno, user_id, bytes).await?;
    let mut tx = sereno.begin(meta, actor).await?;
    put(sereno, &mut tx, user_id, picture).await?;
    finish(sereno, tx, user_id).await
}

/// Unpacks a picture that a user brings, before anything is written.
pub(super) async fn judge(sereno: &Sereno, user_id: Uuid, bytes: Vec<u8>) -> Result<picture::Picture> {
    check(sereno)?;
    if bytes.is_empty() {
        return Err(Error::field(FIELD, Code::Blank));
    }
    // doors refuse more than this before they read it, but what comes inside of a form they measure with the form
    if u64::try_from(bytes.len()).is_ok_and(|size| size > sereno.config.profile.avatar_max_bytes) {
        return Err(Error::field(FIELD, Code::BodyTooLarge));
    }
    let limit = Limit::new(
        sereno,
        "avatar",
        &user_id.to_string(),
        AN_HOUR,
        std::time::Duration::from_hours(1),
    );
    limiter::take(sereno, &[limit]).await?;
    read(sereno, bytes).await
}

/// Makes it the user's picture inside a flow's transaction.
pub(super) async fn put(sereno: &Sereno, tx: &mut Tx, user_id: Uuid, picture: picture::Picture) -> Result<()> {
    let path = file::keep(sereno, tx, "user", user_id, picture).await?;
    replace(sereno, tx, user_id, Some(path)).await
}

/// Takes the signed-in user's picture away, if there is one.
///
/// # Errors
/// `authentication_required`, `protected_field`.
pub async fn remove(sereno: &Sereno, meta: &RequestMeta, actor: &Actor) -> Result<Me> {
    let user_id = actor.caller()?.user_id;
    check(sereno)?;
    let mut tx = sereno.begin(meta, actor).await?;
    replace(sereno, &mut tx, user_id, None).await?;
    finish(sereno, tx, user_id).await
}

/// Takes anybody's picture away: what nobody should have to look at.
///
/// # Errors
/// `permission_denied`, `not_found`.
pub async fn remove_theirs(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, id: &Id) -> Result<()> {
    staff.require(Permission::UsersManage)?;
    let user_id: Uuid = id.0.parse().map_err(|_| Error::NotFound)?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    admin::may_touch(&tx, staff, user_id).await?;
    replace(sereno, &mut tx, user_id, None).await?;
    tx.commit().await
}

/// Takes a picture that a provider has of the user, unless they have one, or are not to choose theirs.
///
/// # Errors
/// `invalid_picture` and `picture_too_large`; `overloaded`.
pub(crate) async fn adopt(sereno: &Sereno, user_id: Uuid, bytes: Vec<u8>) -> Result<()> {
    let picture = read(sereno, bytes).await?;
    let mut tx = sereno.begin(&RequestMeta::default(), &Actor::System).await?;
    let found = user::Entity::find_by_id(user_id).lock(LockType::Update);
    let Some(user) = found.one(tx.db()).await? else {
        return Ok(());
    };
    if user.avatar.is_some() || !may_change(sereno) {
        return Ok(());
    }
    put(sereno, &mut tx, user_id, picture).await?;
    tx.commit().await
}

/// Whether users choose their pictures themselves.
#[must_use]
pub fn may_change(sereno: &Sereno) -> bool {
    !sereno.config.profile.protected.iter().any(|name| name == FIELD)
}

fn check(sereno: &Sereno) -> Result<()> {
    if may_change(sereno) {
        return Ok(());
    }
    Err(Error::field(FIELD, Code::ProtectedField))
}

/// One picture at a time is unpacked, so that nobody can make the memory grow by sending many. The turn ends with the work,
/// not with the request: who hangs up has not made room.
async fn read(sereno: &Sereno, bytes: Vec<u8>) -> Result<picture::Picture> {
    let turn = std::sync::Arc::clone(&sereno.pictures).acquire_owned();
    let turn = tokio::time::timeout(PATIENCE, turn).await;
    let turn = turn
        .map_err(|_| Error::from(Code::Overloaded))?
        .map_err(Error::internal)?;
    let reading = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        picture::read(&bytes)
    });
    let read = reading.await.map_err(Error::internal)?;
    read.map_err(|code| Error::field(FIELD, code))
}

async fn replace(sereno: &Sereno, tx: &mut Tx, user_id: Uuid, path: Option<String>) -> Result<()> {
    // held until the end: of two changes at once, one must find what the other left
    let found = user::Entity::find_by_id(user_id).lock(LockType::Update);
    let before = found.one(tx.db()).await?.ok_or(Error::NotFound)?.avatar;
    if before == path {
        return Ok(());
    }
    if let Some(before) = &before {
        file::remove(tx, before).await?;
    }
    user::Entity::update_many()
        .col_expr(user::Column::Avatar, Expr::value(path.clone()))
        .col_expr(user::Column::UpdatedAt, Expr::value(tx.now().0))
        .filter(user::Column::Id.eq(user_id))
        .exec(tx.db())
        .await?;
    let value = |path: Option<String>| path.map_or(Value::Null, Value::from);
    profile::keep(
        sereno,
        tx,
        user_id,
        vec![(FIELD.to_owned(), value(before), value(path))],
    )
    .await?;
    tx.touch(user_id);
    tx.record(
        Event::new(EventKind::ProfileChanged)
            .about(user_id)
            .with("fields", json!([FIELD])),
    );
    Ok(())
}

async fn finish(sereno: &Sereno, tx: Tx, user_id: Uuid) -> Result<Me> {
    let (user, email) = subject::find(tx.db(), user_id)
        .await?
        .ok_or(Code::AuthenticationRequired)?;
    tx.commit().await?;
    Ok(subject::me(sereno, &user, email.as_ref()))
}

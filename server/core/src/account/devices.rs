//! Devices after the sign-in: listed, changed and removed by their owner, and by staff. Removing one ends everything that
//! hangs on it, in the same transaction.

use std::collections::HashMap;

use sea_orm::sea_query::{Expr, Func, LockType, SimpleExpr};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, ExprTrait, JoinType, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, RelationTrait, Select,
};
use sereno_types::{
    DeviceDetail, DeviceQuery, DeviceRow, Id, Page, PageQuery, Permission, RenameDevice, Secret, SessionQuery,
    SessionUser, UpdateDevice,
};
use uuid::Uuid;

use super::{admin, find, identifier, sessions};
use crate::context::{Actor, RequestMeta, Sereno, Staff, Tx, Via};
use crate::device::{self, HARDWARE_MAX, NAME_MAX, WORD_MAX};
use crate::entity::device::{ActiveModel, Column, Entity, Model, Relation};
use crate::entity::{Hidden, session, token_family, user, user_email};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::paging::{self, Key, Newest, Walk};
use crate::{session as browsers, token};

/// How much of a push token is shown.
const SHOWN: usize = 4;

/// One's own devices, last seen first.
///
/// # Errors
/// `authentication_required`; `validation_failed` on `limit` or `cursor`.
pub async fn mine(sereno: &Sereno, actor: &Actor, query: PageQuery) -> Result<Page<DeviceRow>> {
    let caller = actor.caller()?;
    let walk = Walk::new(None, query.limit, query.cursor.as_deref())?;
    let current = current(sereno, actor).await?;
    let matching = Condition::all().add(Column::UserId.eq(caller.user_id));
    let (rows, total) = rows(sereno, &walk, Entity::find(), matching).await?;
    walk.page(rows, total, place, |row| show(row, current, None))
}

/// Changes one's own device.
///
/// # Errors
/// `authentication_required`; `not_found` for an unknown one, and for anybody else's; `validation_failed` with `too_long`
/// or `invalid_characters`.
pub async fn update_mine(
    sereno: &Sereno,
    meta: &RequestMeta,
    actor: &Actor,
    id: &Id,
    command: UpdateDevice,
) -> Result<DeviceRow> {
    let caller = actor.caller()?;
    let change = judge(command)?;
    let mut tx = sereno.begin(meta, actor).await?;
    let before = own(&tx, parse(id)?, caller.user_id).await?.ok_or(Error::NotFound)?;
    let after = apply(&mut tx, before, change).await?;
    tx.commit().await?;
    Ok(show(after, current(sereno, actor).await?, None))
}

/// Removes one's own device, and ends everything that hangs on it.
///
/// # Errors
/// `authentication_required`; `not_found` for an unknown one, and for anybody else's.
pub async fn remove_mine(sereno: &Sereno, meta: &RequestMeta, actor: &Actor, id: &Id) -> Result<()> {
    let (caller, id) = (actor.caller()?, parse(id)?);
    let mut tx = sereno.begin(meta, actor).await?;
    if !take_away(&mut tx, id, caller.user_id).await? {
        return Err(Error::NotFound);
    }
    tx.commit().await
}

/// The id of one's own device of this `uuid`, if there is one.
///
/// # Errors
/// `authentication_required`.
pub async fn mine_called(sereno: &Sereno, actor: &Actor, uuid: Uuid) -> Result<Option<Id>> {
    let device = Entity::find()
        .filter(Column::UserId.eq(actor.caller()?.user_id))
        .filter(Column::Uuid.eq(uuid))
        .one(sereno.db.read())
        .await?;
    Ok(device.map(|device| Id(device.id.to_string())))
}

/// Removes a user's device inside a flow that has proven them; whether it was theirs. The row goes first: a sign-in that
/// waits for it makes a new one, and what had begun before it is ended.
pub(crate) async fn take_away(tx: &mut Tx, id: Uuid, owner: Uuid) -> Result<bool> {
    let gone = Entity::delete_many()
        .filter(Column::Id.eq(id))
        .filter(Column::UserId.eq(owner))
        .exec(tx.db())
        .await?;
    if gone.rows_affected == 0 {
        return Ok(false);
    }
    let sessions = browsers::end_on(tx, owner, id, "device_removed").await?;
    let families = token::revoke_on(tx, owner, id, "device_removed").await?;
    tx.record(
        Event::new(EventKind::DeviceRemoved)
            .about(owner)
            .with("device_id", id.to_string())
            .with("ended", sessions + families),
    );
    Ok(true)
}

/// Everybody's devices, last seen first.
///
/// # Errors
/// `permission_denied`; `validation_failed` on `limit`, `cursor` or `q`.
pub async fn list(sereno: &Sereno, staff: &Staff, query: DeviceQuery) -> Result<Page<DeviceRow>> {
    staff.require(Permission::DevicesView)?;
    let walk = Walk::new(None, query.limit, query.cursor.as_deref())?;
    let mut matching = Condition::all();
    let mut devices = Entity::find();
    if let Some(found) = searched(staff, query.q.as_deref())? {
        matching = matching.add(found);
        devices = with_owner(devices);
    }
    if let Some(text) = query.user.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        // nobody's: an id that is not there finds nothing
        let found = find::by_staff(sereno, staff, text).await?;
        let owner = found.map_or(Uuid::nil(), |user| user.id);
        matching = matching.add(Column::UserId.eq(owner));
    }
    let (rows, total) = rows(sereno, &walk, devices, matching).await?;
    let names = find::names(sereno.db.read(), rows.iter().map(|row| row.user_id)).await?;
    let current = current(sereno, staff.actor()).await?;
    walk.page(rows, total, place, |row| show(row, current, Some(&names)))
}

/// Anybody's device, with what hangs on it for who may see that.
///
/// # Errors
/// `permission_denied`, `not_found`; `validation_failed` on `limit` or `cursor`, which are about the sign-ins.
pub async fn detail(sereno: &Sereno, staff: &Staff, id: &Id, place: PageQuery) -> Result<DeviceDetail> {
    staff.require(Permission::DevicesView)?;
    let found = Entity::find_by_id(parse(id)?).one(sereno.db.read()).await?;
    let row = found.ok_or(Error::NotFound)?;
    let names = find::names(sereno.db.read(), std::iter::once(row.user_id)).await?;
    let device = show(row, current(sereno, staff.actor()).await?, Some(&names));
    let sessions = if staff.require(Permission::SessionsView).is_ok() {
        let query = SessionQuery {
            device: Some(device.id.0.clone()),
            limit: place.limit,
            cursor: place.cursor,
            ..SessionQuery::default()
        };
        Some(sessions::list(sereno, staff, query).await?)
    } else {
        None
    };
    Ok(DeviceDetail { device, sessions })
}

/// Gives anybody's device another name.
///
/// # Errors
/// `permission_denied`, `not_found`; `validation_failed` with `too_long`.
pub async fn rename(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, id: &Id, command: RenameDevice) -> Result<()> {
    staff.require(Permission::DevicesManage)?;
    let change = judge(UpdateDevice {
        name: command.name,
        ..UpdateDevice::default()
    })?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let before = theirs(&tx, staff, id).await?;
    apply(&mut tx, before, change).await?;
    tx.commit().await
}

/// Removes anybody's device, and ends everything that hangs on it.
///
/// # Errors
/// `permission_denied`, `not_found`.
pub async fn remove_theirs(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, id: &Id) -> Result<()> {
    staff.require(Permission::DevicesManage)?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let device = theirs(&tx, staff, id).await?;
    if !take_away(&mut tx, device.id, device.user_id).await? {
        return Err(Error::NotFound);
    }
    tx.commit().await
}

fn parse(id: &Id) -> Result<Uuid> {
    id.0.parse().map_err(|_| Error::NotFound)
}

/// A user's device, held until the transaction ends.
async fn own(tx: &Tx, id: Uuid, owner: Uuid) -> Result<Option<Model>> {
    let device = Entity::find_by_id(id)
        .filter(Column::UserId.eq(owner))
        .lock(LockType::Update);
    Ok(device.one(tx.db()).await?)
}

/// The device that staff wants to act on: not a superuser's unless they are one.
async fn theirs(tx: &Tx, staff: &Staff, id: &Id) -> Result<Model> {
    let device = Entity::find_by_id(parse(id)?).lock(LockType::Update);
    let device = device.one(tx.db()).await?.ok_or(Error::NotFound)?;
    admin::may_touch(tx, staff, device.user_id).await?;
    Ok(device)
}

/// The columns that a command sets.
fn judge(command: UpdateDevice) -> Result<ActiveModel> {
    let mut faults = Vec::new();
    let mut word = |field, said: Option<Option<String>>, most| {
        set(said.map(|said| device::text(&mut faults, field, said.as_deref(), most)))
    };
    let change = ActiveModel {
        name: word("name", command.name, NAME_MAX),
        device_type: word("device_type", command.device_type, WORD_MAX),
        os: word("os", command.os, WORD_MAX),
        os_version: word("os_version", command.os_version, WORD_MAX),
        app_version: word("app_version", command.app_version, WORD_MAX),
        device_id: word("device_id", command.device_id, HARDWARE_MAX),
        ..Default::default()
    };
    let mut token =
        |field, said: Option<Option<Secret>>| set(said.map(|said| device::push(&mut faults, field, said.as_ref())));
    let change = ActiveModel {
        device_token: token("device_token", command.device_token),
        firebase_token: token("firebase_token", command.firebase_token),
        ..change
    };
    if faults.is_empty() {
        Ok(change)
    } else {
        Err(Error::fields(faults))
    }
}

/// What was not said is not set.
fn set<T: Into<sea_orm::Value>>(said: Option<T>) -> sea_orm::ActiveValue<T> {
    said.map_or(sea_orm::ActiveValue::NotSet, Set)
}

/// Writes a change to a device that the transaction holds.
async fn apply(tx: &mut Tx, before: Model, mut change: ActiveModel) -> Result<Model> {
    if !change.is_changed() {
        return Ok(before);
    }
    change.id = Set(before.id);
    let after = Entity::update(change).exec(tx.db()).await?;
    device::claim_push_tokens(tx, &after).await?;
    if after.name != before.name {
        tx.record(
            Event::new(EventKind::DeviceRenamed)
                .about(after.user_id)
                .with("device_id", after.id.to_string()),
        );
    }
    Ok(after)
}

/// One page's rows, and how many there are in all.
async fn rows(
    sereno: &Sereno,
    walk: &Walk<Newest>,
    devices: Select<Entity>,
    matching: Condition,
) -> Result<(Vec<Model>, u64)> {
    let db = sereno.db.read();
    let (seen, id) = (Expr::col((Entity, Column::LastSeenAt)), Expr::col((Entity, Column::Id)));
    let total = devices.clone().filter(matching.clone()).count(db).await?;
    let rows = devices
        .filter(matching.add_option(walk.beyond(seen, id)))
        .order_by(Column::LastSeenAt, walk.direction())
        .order_by(Column::Id, walk.direction())
        .limit(walk.rows())
        .all(db)
        .await?;
    Ok((rows, total))
}

const fn place(row: &Model) -> (Key, Uuid) {
    (Key::Number(row.last_seen_at.0), row.id)
}

/// Devices with their owner's name and primary address, where there is one.
fn with_owner(devices: Select<Entity>) -> Select<Entity> {
    let primary = Relation::Email
        .def()
        .on_condition(|_, email| Condition::all().add(Expr::col((email, user_email::Column::IsPrimary)).eq(true)));
    devices
        .join(JoinType::InnerJoin, Relation::User.def())
        .join(JoinType::LeftJoin, primary)
}

/// What a search finds. Addresses are looked through for whoever may see them: else for those who are called by theirs.
fn searched(staff: &Staff, q: Option<&str>) -> Result<Option<Condition>> {
    let Some(pattern) = paging::pattern(q, identifier::canonical)? else {
        return Ok(None);
    };
    let like = |column: SimpleExpr| column.like(pattern.clone());
    let lower = |column| SimpleExpr::from(Func::lower(Expr::col((Entity, column))));
    let mut address = Condition::all().add(like(Expr::col((user_email::Entity, user_email::Column::Canonical))));
    if !staff.holds(Permission::UsersView) {
        address = address.add(Expr::col((user::Entity, user::Column::Username)).is_null());
    }
    let mut any = Condition::any()
        .add(like(lower(Column::Name)))
        .add(like(lower(Column::Os)))
        .add(address)
        .add(like(Expr::col((user::Entity, user::Column::UsernameCanonical))));
    if let Ok(id) = q.unwrap_or("").trim().parse::<Uuid>() {
        any = any.add(Column::Id.eq(id)).add(Column::Uuid.eq(id));
    }
    Ok(Some(any))
}

/// The device of whoever asks, if what they are signed in by hangs on one.
async fn current(sereno: &Sereno, actor: &Actor) -> Result<Option<Uuid>> {
    let Ok(caller) = actor.caller() else { return Ok(None) };
    let db = sereno.db.read();
    Ok(match caller.via {
        Via::Session(id) => session::Entity::find_by_id(id)
            .one(db)
            .await?
            .and_then(|row| row.device_id),
        Via::Family(id) => {
            let family = token_family::Entity::find_by_id(id).one(db).await?;
            family.and_then(|row| row.device_id)
        }
    })
}

/// A device as it is shown: to its owner, or with the owner's name to staff.
fn show(row: Model, current: Option<Uuid>, names: Option<&HashMap<Uuid, String>>) -> DeviceRow {
    DeviceRow {
        is_current: current == Some(row.id),
        id: Id(row.id.to_string()),
        uuid: row.uuid.to_string(),
        name: row.name,
        device_type: row.device_type,
        os: row.os,
        os_version: row.os_version,
        app_version: row.app_version,
        device_id: row.device_id,
        device_token: row.device_token.as_ref().map(masked),
        firebase_token: row.firebase_token.as_ref().map(masked),
        address: row.address,
        user_agent: row.user_agent,
        created_at: row.created_at.timestamp(),
        last_seen_at: row.last_seen_at.timestamp(),
        user: names.map(|names| SessionUser {
            id: Id(row.user_id.to_string()),
            name: names.get(&row.user_id).cloned().unwrap_or_default(),
        }),
    }
}

/// The end of a push token, where enough of it stays hidden.
pub(super) fn masked(token: &Hidden) -> String {
    let text = &token.0;
    let from = text.len().saturating_sub(SHOWN);
    let end = text.get(from..).filter(|_| text.len() >= 4 * SHOWN);
    format!("…{}", end.unwrap_or_default())
}

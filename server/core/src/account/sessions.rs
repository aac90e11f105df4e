//! The list of sign-ins that still work, browsers' sessions and applications' tokens alike, and ending them: by their
//! owner, and by staff.

use std::collections::HashMap;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use sereno_types::{
    Code, EndSessions, EndWhich, EndedSessions, Id, Page, PageQuery, Permission, SessionDevice, SessionKind,
    SessionQuery, SessionRow, SessionUser,
};
use uuid::Uuid;

use super::{admin, find};
use crate::context::{Actor, Caller, RequestMeta, Sereno, Staff, Tx, Via};
use crate::entity::{application, device, session, token_family, user};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::paging::{Key, Newest, Walk};
use crate::{session as sessions, token};

/// A row of either table.
enum Row {
    Session(session::Model),
    Family(token_family::Model),
}

impl Row {
    const fn place(&self) -> (i64, Uuid) {
        match self {
            Self::Session(row) => (row.created_at.0, row.id),
            Self::Family(row) => (row.created_at.0, row.id),
        }
    }

    const fn user_id(&self) -> Uuid {
        match self {
            Self::Session(row) => row.user_id,
            Self::Family(row) => row.user_id,
        }
    }

    const fn application_id(&self) -> Option<Uuid> {
        match self {
            Self::Session(row) => row.application_id,
            Self::Family(row) => Some(row.application_id),
        }
    }

    const fn device_id(&self) -> Option<Uuid> {
        match self {
            Self::Session(row) => row.device_id,
            Self::Family(row) => row.device_id,
        }
    }
}

/// Which rows.
#[derive(Default)]
struct Wanted {
    user_id: Option<Uuid>,
    application_id: Option<Uuid>,
    device_id: Option<Uuid>,
    address: Option<String>,
    kind: Option<SessionKind>,
}

impl Wanted {
    fn sessions(&self, sereno: &Sereno) -> Option<Condition> {
        use session::Column;
        if self.kind == Some(SessionKind::Tokens) {
            return None;
        }
        let (now, idle) = (sereno.now(), sereno.config.session.idle_lifetime.span());
        Some(
            Condition::all()
                .add(Column::EndedAt.is_null())
                .add(Column::ExpiresAt.gt(now))
                .add(Column::LastSeenAt.gt(now.minus(idle)))
                .add(Column::CredentialEpoch.in_subquery(epoch_of(Column::UserId)))
                .add_option(self.user_id.map(|id| Column::UserId.eq(id)))
                .add_option(self.application_id.map(|id| Column::ApplicationId.eq(id)))
                .add_option(self.device_id.map(|id| Column::DeviceId.eq(id)))
                .add_option(
                    self.address
                        .as_ref()
                        .map(|address| Column::Address.eq(address.as_str())),
                ),
        )
    }

    fn families(&self, sereno: &Sereno) -> Option<Condition> {
        use token_family::Column;
        if self.kind == Some(SessionKind::Browser) {
            return None;
        }
        let now = sereno.now();
        Some(
            Condition::all()
                .add(Column::RevokedAt.is_null())
                .add(Column::ExpiresAt.gt(now))
                .add(Column::IdleExpiresAt.gt(now))
                .add(Column::CredentialEpoch.in_subquery(epoch_of(Column::UserId)))
                .add_option(self.user_id.map(|id| Column::UserId.eq(id)))
                .add_option(self.application_id.map(|id| Column::ApplicationId.eq(id)))
                .add_option(self.device_id.map(|id| Column::DeviceId.eq(id)))
                .add_option(
                    self.address
                        .as_ref()
                        .map(|address| Column::Address.eq(address.as_str())),
                ),
        )
    }
}

/// The present epoch of the user in this column: a sign-in of an earlier one does not work any more.
fn epoch_of(column: impl sea_orm::sea_query::IntoColumnRef) -> sea_orm::sea_query::SelectStatement {
    use sea_orm::ExprTrait;
    sea_orm::sea_query::Query::select()
        .column((user::Entity, user::Column::CredentialEpoch))
        .from(user::Entity)
        .and_where(Expr::col((user::Entity, user::Column::Id)).eq(Expr::col(column)))
        .take()
}

/// How many sign-ins through an application still work: sessions of its delivery, tokens and keys.
///
/// # Errors
/// When the database is away.
pub async fn count_through<C: ConnectionTrait>(sereno: &Sereno, db: &C, application_id: Uuid) -> Result<u64> {
    let wanted = Wanted {
        application_id: Some(application_id),
        ..Wanted::default()
    };
    let mut total = 0;
    if let Some(matching) = wanted.sessions(sereno) {
        total += session::Entity::find().filter(matching).count(db).await?;
    }
    if let Some(matching) = wanted.families(sereno) {
        total += token_family::Entity::find().filter(matching).count(db).await?;
    }
    Ok(total)
}

async fn page(sereno: &Sereno, walk: Walk<Newest>, wanted: &Wanted, shown: Shown) -> Result<Page<SessionRow>> {
    let db = sereno.db.read();
    let mut rows = Vec::new();
    let mut total = 0;
    if let Some(matching) = wanted.sessions(sereno) {
        use session::{Column, Entity};
        total += Entity::find().filter(matching.clone()).count(db).await?;
        let beyond = walk.beyond(Expr::col(Column::CreatedAt), Expr::col(Column::Id));
        let found = Entity::find()
            .filter(matching.add_option(beyond))
            .order_by(Column::CreatedAt, walk.direction())
            .order_by(Column::Id, walk.direction())
            .limit(walk.rows());
        rows.extend(found.all(db).await?.into_iter().map(Row::Session));
    }
    if let Some(matching) = wanted.families(sereno) {
        use token_family::{Column, Entity};
        total += Entity::find().filter(matching.clone()).count(db).await?;
        let beyond = walk.beyond(Expr::col(Column::CreatedAt), Expr::col(Column::Id));
        let found = Entity::find()
            .filter(matching.add_option(beyond))
            .order_by(Column::CreatedAt, walk.direction())
            .order_by(Column::Id, walk.direction())
            .limit(walk.rows());
        rows.extend(found.all(db).await?.into_iter().map(Row::Family));
    }
    rows.sort_by_key(Row::place);
    if walk.direction() == sea_orm::Order::Desc {
        rows.reverse();
    }
    rows.truncate(usize::try_from(walk.rows()).unwrap_or(usize::MAX));
    let names = Names::of(sereno, &rows, &shown).await?;
    let place = |row: &Row| {
        let (key, id) = row.place();
        (Key::Number(key), id)
    };
    walk.page(rows, total, place, |row| names.show(row, &shown))
}

/// Who looks.
struct Shown {
    /// What they are signed in by.
    current: Option<Uuid>,
    /// Whether they are told whose a sign-in is.
    users: bool,
}

/// What the rows' ids are called.
struct Names {
    applications: HashMap<Uuid, String>,
    users: HashMap<Uuid, String>,
    devices: HashMap<Uuid, device::Model>,
}

impl Names {
    async fn of(sereno: &Sereno, rows: &[Row], shown: &Shown) -> Result<Self> {
        let db = sereno.db.read();
        let through = rows.iter().filter_map(Row::application_id);
        let applications: Vec<(Uuid, String)> = application::Entity::find()
            .select_only()
            .columns([application::Column::Id, application::Column::Name])
            .filter(application::Column::Id.is_in(through))
            .into_tuple()
            .all(db)
            .await?;
        let users = if shown.users {
            find::names(db, rows.iter().map(Row::user_id)).await?
        } else {
            HashMap::new()
        };
        let devices = device::Entity::find()
            .filter(device::Column::Id.is_in(rows.iter().filter_map(Row::device_id)))
            .all(db)
            .await?;
        Ok(Self {
            applications: applications.into_iter().collect(),
            users,
            devices: devices.into_iter().map(|device| (device.id, device)).collect(),
        })
    }

    fn show(&self, row: Row, shown: &Shown) -> SessionRow {
        let user_id = row.user_id();
        let user = shown.users.then(|| SessionUser {
            id: Id(user_id.to_string()),
            name: self.users.get(&user_id).cloned().unwrap_or_default(),
        });
        let application = row.application_id();
        let application = application.and_then(|id| self.applications.get(&id).cloned());
        let device = row.device_id().and_then(|id| self.devices.get(&id));
        let device = device.map(|device| SessionDevice {
            id: Id(device.id.to_string()),
            name: device.name.clone(),
            os: device.os.clone(),
        });
        let device_name = device.as_ref().and_then(|device| device.name.clone());
        match row {
            Row::Session(row) => SessionRow {
                id: Id(row.id.to_string()),
                kind: SessionKind::Browser,
                application,
                device_name,
                device,
                user_agent: row.user_agent,
                address: row.address,
                created_at: row.created_at.timestamp(),
                last_seen_at: row.last_seen_at.timestamp(),
                expires_at: (!row.expires_at.is_never()).then(|| row.expires_at.timestamp()),
                is_current: shown.current == Some(row.id),
                user,
            },
            Row::Family(row) => SessionRow {
                id: Id(row.id.to_string()),
                kind: SessionKind::Tokens,
                application,
                device_name: device_name.or(row.device_name),
                device,
                user_agent: row.user_agent,
                address: row.address,
                created_at: row.created_at.timestamp(),
                last_seen_at: row.last_seen_at.timestamp(),
                expires_at: (!row.expires_at.is_never()).then(|| row.expires_at.timestamp()),
                is_current: shown.current == Some(row.id),
                user,
            },
        }
    }
}

const fn current(caller: &Caller) -> Uuid {
    match caller.via {
        Via::Session(id) | Via::Family(id) => id,
    }
}

/// One's own sign-ins, newest first.
///
/// # Errors
/// `authentication_required`; `validation_failed` on `limit` or `cursor`.
pub async fn mine(sereno: &Sereno, actor: &Actor, query: PageQuery) -> Result<Page<SessionRow>> {
    let caller = actor.caller()?;
    let walk = Walk::new(None, query.limit, query.cursor.as_deref())?;
    let wanted = Wanted {
        user_id: Some(caller.user_id),
        ..Wanted::default()
    };
    let shown = Shown {
        current: Some(current(&caller)),
        users: false,
    };
    page(sereno, walk, &wanted, shown).await
}

/// Ends one of one's own sign-ins.
///
/// # Errors
/// `authentication_required`; `not_found` for one that has ended, and for anybody else's.
pub async fn end_mine(sereno: &Sereno, meta: &RequestMeta, actor: &Actor, id: &Id) -> Result<()> {
    let caller = actor.caller()?;
    let id: Uuid = id.0.parse().map_err(|_| Error::NotFound)?;
    let mut tx = sereno.begin(meta, actor).await?;
    if !end(&mut tx, id, Some(caller.user_id), "ended_by_user").await? {
        return Err(Error::NotFound);
    }
    tx.record(Event::new(EventKind::SessionEnded).about(caller.user_id).within(id));
    tx.commit().await
}

/// Ends several of one's own sign-ins at once; says how many.
///
/// # Errors
/// `authentication_required`.
pub async fn end_several(
    sereno: &Sereno,
    meta: &RequestMeta,
    actor: &Actor,
    command: EndSessions,
) -> Result<EndedSessions> {
    let caller = actor.caller()?;
    let spared = (command.which == EndWhich::Others).then(|| current(&caller));
    let mut tx = sereno.begin(meta, actor).await?;
    let ended = end_of(&mut tx, caller.user_id, spared, "ended_by_user").await?;
    tx.record(
        Event::new(EventKind::SessionsEnded)
            .about(caller.user_id)
            .with("ended", ended),
    );
    tx.commit().await?;
    Ok(EndedSessions { ended })
}

/// Everybody's sign-ins, newest first.
///
/// # Errors
/// `permission_denied`; `validation_failed` on `limit` or `cursor`.
pub async fn list(sereno: &Sereno, staff: &Staff, query: SessionQuery) -> Result<Page<SessionRow>> {
    staff.require(Permission::SessionsView)?;
    let walk = Walk::new(None, query.limit, query.cursor.as_deref())?;
    let mut wanted = Wanted {
        address: query.address.filter(|address| !address.trim().is_empty()),
        kind: query.kind,
        ..Wanted::default()
    };
    if wanted.address.as_ref().is_some_and(|address| address.contains('\0')) {
        return Err(Error::field("address", Code::InvalidCharacters));
    }
    if let Some(text) = query.user.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        let found = find::by_staff(sereno, staff, text).await?;
        // nobody's: an id that is not there finds nothing
        wanted.user_id = Some(found.map_or(Uuid::nil(), |user| user.id));
    }
    if let Some(client_id) = query
        .client_id
        .as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty())
    {
        let found = crate::access::application::find(sereno, Some(client_id)).await?;
        wanted.application_id = Some(found.map_or(Uuid::nil(), |application| application.id));
    }
    if let Some(id) = query.device.as_deref().filter(|id| !id.is_empty()) {
        let id = id.parse().unwrap_or_default();
        wanted.device_id = Some(id);
        // its user too, for the index
        if wanted.user_id.is_none() {
            let found = device::Entity::find_by_id(id).one(sereno.db.read()).await?;
            wanted.user_id = Some(found.map_or(Uuid::nil(), |device| device.user_id));
        }
    }
    let shown = Shown {
        current: staff.actor().caller().ok().as_ref().map(current),
        users: true,
    };
    page(sereno, walk, &wanted, shown).await
}

/// Ends anybody's sign-in.
///
/// # Errors
/// `permission_denied`, `not_found`.
pub async fn end_theirs(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, id: &Id) -> Result<()> {
    staff.require(Permission::SessionsManage)?;
    let id: Uuid = id.0.parse().map_err(|_| Error::NotFound)?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let owner = owner_of(&tx, id).await?.ok_or(Error::NotFound)?;
    admin::may_touch(&tx, staff, owner).await?;
    if !end(&mut tx, id, None, "ended_by_staff").await? {
        return Err(Error::NotFound);
    }
    tx.record(Event::new(EventKind::SessionEnded).about(owner).within(id));
    tx.commit().await
}

/// Ends every sign-in of a user.
///
/// # Errors
/// `permission_denied`, `not_found`.
pub async fn end_all_of(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, user_id: &Id) -> Result<EndedSessions> {
    staff.require(Permission::SessionsManage)?;
    let user_id: Uuid = user_id.0.parse().map_err(|_| Error::NotFound)?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    admin::may_touch(&tx, staff, user_id).await?;
    let ended = end_of(&mut tx, user_id, None, "ended_by_staff").await?;
    tx.record(Event::new(EventKind::SessionsEnded).about(user_id).with("ended", ended));
    tx.commit().await?;
    Ok(EndedSessions { ended })
}

async fn owner_of(tx: &Tx, id: Uuid) -> Result<Option<Uuid>> {
    if let Some(row) = session::Entity::find_by_id(id).one(tx.db()).await? {
        return Ok(Some(row.user_id));
    }
    let family = token_family::Entity::find_by_id(id).one(tx.db()).await?;
    Ok(family.map(|row| row.user_id))
}

/// Ends the session or the family with this id; whether it was open, and this user's.
async fn end(tx: &mut Tx, id: Uuid, owner: Option<Uuid>, reason: &str) -> Result<bool> {
    if let Some(owner) = owner
        && owner_of(tx, id).await? != Some(owner)
    {
        return Ok(false);
    }
    Ok(sessions::end(tx, id, reason).await? || token::revoke(tx, id, reason).await?.is_some())
}

/// Ends every sign-in of a user but one; how many were open.
async fn end_of(tx: &mut Tx, user_id: Uuid, spared: Option<Uuid>, reason: &str) -> Result<u64> {
    let ended = sessions::end_others(tx, user_id, spared, reason).await?;
    Ok(ended + token::revoke_others(tx, user_id, spared, reason).await?)
}

//! What happened, for staff: the audit record, searched and page by page, and one event whole.

use std::collections::HashMap;
use std::time::Duration;

use sea_orm::sea_query::{Expr, ExprTrait, Func};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use sereno_types::{
    Code, EventApplication, EventDetail, EventOutcome, EventQuery, EventRow, Id, Page, Permission, SessionUser,
};
use uuid::Uuid;

use super::super::find;
use super::{lineage, parse};
use crate::clock::Moment;
use crate::context::{Sereno, Staff};
use crate::entity::application;
use crate::entity::event::{Column, Entity, Model};
use crate::error::{Error, Result};
use crate::event::EventKind;
use crate::paging::{self, Key, Newest, Walk};

/// Events, newest first.
///
/// # Errors
/// `permission_denied`; `validation_failed` on `limit`, `cursor`, `q`, `kind`, `since` or `until`.
pub async fn events(sereno: &Sereno, staff: &Staff, query: EventQuery) -> Result<Page<EventRow>> {
    staff.require(Permission::EventsView)?;
    let db = sereno.db.read();
    let walk = Walk::<Newest>::new(None, query.limit, query.cursor.as_deref())?;
    let matching = matching(sereno, staff, query).await?;
    let total = Entity::find().filter(matching.clone()).count(db).await?;
    let beyond = walk.beyond(Expr::col(Column::At), Expr::col(Column::Id));
    let rows = Entity::find()
        .filter(matching.add_option(beyond))
        .order_by(Column::At, walk.direction())
        .order_by(Column::Id, walk.direction())
        .limit(walk.rows())
        .all(db)
        .await?;
    let names = Names::of(db, &rows).await?;
    let place = |row: &Model| (Key::Number(row.at.0), row.id);
    walk.page(rows, total, place, |row| names.show(row))
}

/// One event; with where its line of refresh tokens went, if it happened in one that is still known.
///
/// # Errors
/// `permission_denied`, `not_found`.
pub async fn event(sereno: &Sereno, staff: &Staff, id: &Id) -> Result<EventDetail> {
    staff.require(Permission::EventsView)?;
    let db = sereno.db.read();
    let row = Entity::find_by_id(parse(id)?).one(db).await?.ok_or(Error::NotFound)?;
    let lineage = match row.session_id {
        Some(family) => lineage::of(db, family).await?,
        None => None,
    };
    let names = Names::of(db, std::slice::from_ref(&row)).await?;
    Ok(EventDetail {
        event: names.show(row),
        lineage,
    })
}

/// The kinds of event that are written down, for whoever wants to choose one.
///
/// # Errors
/// `permission_denied`.
pub fn event_kinds(staff: &Staff) -> Result<Vec<String>> {
    staff.require(Permission::EventsView)?;
    let written = EventKind::ALL.iter().filter(|kind| kind.is_written());
    let mut names: Vec<String> = written.map(|kind| kind.as_str().to_owned()).collect();
    names.sort_unstable();
    Ok(names)
}

async fn matching(sereno: &Sereno, staff: &Staff, query: EventQuery) -> Result<Condition> {
    let said = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let mut matching = Condition::all();
    if let Some(kind) = said(query.kind) {
        let kind = EventKind::from_name(&kind).ok_or_else(|| Error::field("kind", Code::InvalidChoice))?;
        matching = matching.add(Column::Name.eq(kind.as_str()));
    }
    if let Some(outcome) = query.outcome {
        matching = matching.add(Column::Outcome.eq(outcome.as_str()));
    }
    if let Some(user) = said(query.user) {
        matching = matching.add(Column::UserId.eq(user_named(sereno, staff, &user).await?));
    }
    if let Some(actor) = said(query.actor) {
        matching = matching.add(Column::ActorId.eq(user_named(sereno, staff, &actor).await?));
    }
    if let Some(client_id) = said(query.client_id) {
        matching = matching.add(Column::ApplicationId.eq(application_named(sereno, &client_id).await?));
    }
    if let Some(session) = said(query.session) {
        matching = matching.add(Column::SessionId.eq(session.parse().unwrap_or(Uuid::nil())));
    }
    if let Some(since) = said(query.since) {
        matching = matching.add(Column::At.gte(bound("since", &since, Duration::ZERO)?));
    }
    if let Some(until) = said(query.until) {
        let day = Duration::from_hours(24);
        matching = matching.add(Column::At.lt(bound("until", &until, day)?));
    }
    let lower = |column| Expr::from(Func::lower(Expr::col(column)));
    let found = paging::pattern(query.q.as_deref(), str::to_lowercase)?.map(|pattern| {
        Condition::any()
            .add(lower(Column::Name).like(pattern.clone()))
            .add(lower(Column::Code).like(pattern.clone()))
            .add(lower(Column::Address).like(pattern.clone()))
            .add(lower(Column::UserAgent).like(pattern.clone()))
            .add(lower(Column::RequestId).like(pattern))
    });
    Ok(matching.add_option(found))
}

/// An id is taken as it is: events outlive whom they are about. Who is not there finds nothing.
pub(crate) async fn user_named(sereno: &Sereno, staff: &Staff, text: &str) -> Result<Uuid> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let found = find::by_staff(sereno, staff, text).await?;
    Ok(found.map_or(Uuid::nil(), |user| user.id))
}

/// The application with this name on the wire; an id is taken as it is.
async fn application_named(sereno: &Sereno, text: &str) -> Result<Uuid> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    if text.contains('\0') {
        return Ok(Uuid::nil());
    }
    let found = application::Entity::find()
        .filter(application::Column::ClientId.eq(text))
        .one(sereno.db.read())
        .await?;
    Ok(found.map_or(Uuid::nil(), |application| application.id))
}

/// A moment, or so much after the beginning of a day.
pub(crate) fn bound(field: &'static str, text: &str, into_day: Duration) -> Result<Moment> {
    let day = || Some(Moment::from_rfc3339(&format!("{text}T00:00:00Z"))?.plus(into_day));
    Moment::from_rfc3339(text)
        .or_else(day)
        .ok_or_else(|| Error::field(field, Code::InvalidChoice))
}

/// What the rows' ids are called.
struct Names {
    users: HashMap<Uuid, String>,
    applications: HashMap<Uuid, String>,
}

impl Names {
    async fn of<C: ConnectionTrait>(db: &C, rows: &[Model]) -> Result<Self> {
        let people = rows.iter().flat_map(|row| row.user_id.into_iter().chain(row.actor_id));
        let users = find::names(db, people).await?;
        let applications: Vec<(Uuid, String)> = application::Entity::find()
            .select_only()
            .columns([application::Column::Id, application::Column::Name])
            .filter(application::Column::Id.is_in(rows.iter().filter_map(|row| row.application_id)))
            .into_tuple()
            .all(db)
            .await?;
        Ok(Self {
            users,
            applications: applications.into_iter().collect(),
        })
    }

    fn user(&self, id: Uuid) -> SessionUser {
        SessionUser {
            id: Id(id.to_string()),
            name: self.users.get(&id).cloned().unwrap_or_default(),
        }
    }

    fn show(&self, row: Model) -> EventRow {
        let application = row.application_id.map(|id| EventApplication {
            id: Id(id.to_string()),
            name: self.applications.get(&id).cloned(),
        });
        EventRow {
            id: Id(row.id.to_string()),
            at: row.at.timestamp(),
            outcome: EventOutcome::from_name(&row.outcome).unwrap_or_default(),
            code: row.code.as_deref().and_then(Code::from_name),
            actor: row.actor_id.map(|id| self.user(id)),
            user: row.user_id.map(|id| self.user(id)),
            application,
            session_id: row.session_id.map(|id| Id(id.to_string())),
            name: row.name,
            actor_kind: row.actor_kind,
            address: row.address,
            user_agent: row.user_agent,
            request_id: row.request_id,
            detail: row.detail.as_object().cloned().unwrap_or_default(),
        }
    }
}

//! Mails and notifications to devices in one list, newest first. Each table is asked for a page by the same cursor, and the
//! two are merged.

use std::collections::HashMap;
use std::time::Duration;

use sea_orm::sea_query::{Expr, ExprTrait, Func, LikeExpr};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use sereno_types::{Channel, Id, MessageState, Page, Permission, PushState, SessionUser, TimelineQuery, TimelineRow};
use uuid::Uuid;

use super::list;
use crate::account::admin::{bound, user_named};
use crate::account::find;
use crate::clock::Moment;
use crate::context::{Sereno, Staff};
use crate::entity::{email_message, push_message};
use crate::error::Result;
use crate::paging::{self, Key, Newest, Walk};

/// A row of either table.
enum Row {
    Mail(email_message::Model),
    Push(push_message::Model),
}

impl Row {
    const fn place(&self) -> (Moment, Uuid) {
        match self {
            Self::Mail(row) => (row.created_at, row.id),
            Self::Push(row) => (row.created_at, row.id),
        }
    }

    const fn user_id(&self) -> Option<Uuid> {
        match self {
            Self::Mail(row) => row.user_id,
            Self::Push(row) => Some(row.user_id),
        }
    }
}

/// What a request asks for, read.
struct Wanted {
    user: Option<Uuid>,
    channel: Option<Channel>,
    kind: Option<String>,
    state: Option<MessageState>,
    since: Option<Moment>,
    until: Option<Moment>,
    found: Option<LikeExpr>,
}

/// Mails and notifications to devices, newest first.
///
/// # Errors
/// `permission_denied`; `validation_failed` on `limit`, `cursor`, `q`, `since` or `until`.
pub async fn timeline(sereno: &Sereno, staff: &Staff, query: TimelineQuery) -> Result<Page<TimelineRow>> {
    staff.require(Permission::MessagesView)?;
    let db = sereno.db.read();
    let walk = Walk::<Newest>::new(None, query.limit, query.cursor.as_deref())?;
    let wanted = read(sereno, query).await?;
    let (mut rows, mut total) = (Vec::new(), 0);
    if let Some(matching) = mails(&wanted) {
        let (some, all) = mail_rows(db, &walk, matching).await?;
        rows.extend(some.into_iter().map(Row::Mail));
        total += all;
    }
    if let Some(matching) = pushes(&wanted) {
        let (some, all) = push_rows(db, &walk, matching).await?;
        rows.extend(some.into_iter().map(Row::Push));
        total += all;
    }
    let place = |row: &Row| {
        let (at, id) = row.place();
        (Key::Number(at.0), id)
    };
    let rows = walk.among(rows, place);
    let names = find::names(db, rows.iter().filter_map(Row::user_id)).await?;
    walk.page(rows, total, place, |row| show(row, &names))
}

async fn read(sereno: &Sereno, query: TimelineQuery) -> Result<Wanted> {
    let said = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let user = match said(query.user) {
        Some(user) => Some(user_named(sereno, &user).await?),
        None => None,
    };
    let day = Duration::from_hours(24);
    let since = said(query.since).map(|text| bound("since", &text, Duration::ZERO));
    let until = said(query.until).map(|text| bound("until", &text, day));
    Ok(Wanted {
        user,
        channel: query.channel,
        kind: said(query.kind).map(|kind| kind.replace('\0', "\u{fffd}")),
        state: query.state,
        since: since.transpose()?,
        until: until.transpose()?,
        found: paging::pattern(query.q.as_deref(), str::to_lowercase)?,
    })
}

/// Which mails, if any are meant.
fn mails(wanted: &Wanted) -> Option<Condition> {
    use email_message::Column;
    let kind = wanted.kind.as_deref();
    if wanted.channel == Some(Channel::Push) || kind == Some(Channel::Push.as_str()) {
        return None;
    }
    let lower = |column| Expr::from(Func::lower(Expr::col(column)));
    let found = wanted.found.clone().map(|pattern| {
        Condition::any()
            .add(lower(Column::Recipient).like(pattern.clone()))
            .add(lower(Column::Mail).like(pattern))
    });
    let matching = Condition::all()
        .add_option(wanted.user.map(|id| Column::UserId.eq(id)))
        .add_option(kind.map(|kind| Column::Mail.eq(kind)))
        .add_option(wanted.state.map(|state| Column::Status.eq(state.as_str())))
        .add_option(wanted.since.map(|at| Column::CreatedAt.gte(at)))
        .add_option(wanted.until.map(|at| Column::CreatedAt.lt(at)))
        .add_option(found);
    Some(matching)
}

/// Which notifications to devices, if any are meant.
fn pushes(wanted: &Wanted) -> Option<Condition> {
    use push_message::Column;
    let is_other = |kind: &str| kind != Channel::Push.as_str();
    let never = |state: MessageState| PushState::from_name(state.as_str()).is_none();
    if wanted.channel == Some(Channel::Email)
        || wanted.kind.as_deref().is_some_and(is_other)
        || wanted.state.is_some_and(never)
    {
        return None;
    }
    let lower = |column| Expr::from(Func::lower(Expr::col(column)));
    let found = wanted.found.clone().map(|pattern| {
        Condition::any()
            .add(lower(Column::Title).like(pattern.clone()))
            .add(lower(Column::DeviceName).like(pattern))
    });
    let matching = Condition::all()
        .add_option(wanted.user.map(|id| Column::UserId.eq(id)))
        .add_option(wanted.state.map(|state| Column::Status.eq(state.as_str())))
        .add_option(wanted.since.map(|at| Column::CreatedAt.gte(at)))
        .add_option(wanted.until.map(|at| Column::CreatedAt.lt(at)))
        .add_option(found);
    Some(matching)
}

async fn mail_rows<C: ConnectionTrait>(
    db: &C,
    walk: &Walk<Newest>,
    matching: Condition,
) -> Result<(Vec<email_message::Model>, u64)> {
    use email_message::{Column, Entity};
    let total = Entity::find().filter(matching.clone()).count(db).await?;
    let beyond = walk.beyond(Expr::col(Column::CreatedAt), Expr::col(Column::Id));
    let rows = Entity::find()
        .filter(matching.add_option(beyond))
        .order_by(Column::CreatedAt, walk.direction())
        .order_by(Column::Id, walk.direction())
        .limit(walk.rows())
        .all(db)
        .await?;
    Ok((rows, total))
}

async fn push_rows<C: ConnectionTrait>(
    db: &C,
    walk: &Walk<Newest>,
    matching: Condition,
) -> Result<(Vec<push_message::Model>, u64)> {
    use push_message::{Column, Entity};
    let total = Entity::find().filter(matching.clone()).count(db).await?;
    let beyond = walk.beyond(Expr::col(Column::CreatedAt), Expr::col(Column::Id));
    let rows = Entity::find()
        .filter(matching.add_option(beyond))
        .order_by(Column::CreatedAt, walk.direction())
        .order_by(Column::Id, walk.direction())
        .limit(walk.rows())
        .all(db)
        .await?;
    Ok((rows, total))
}

fn show(row: Row, names: &HashMap<Uuid, String>) -> TimelineRow {
    let user = row.user_id().map(|id| SessionUser {
        id: Id(id.to_string()),
        name: names.get(&id).cloned().unwrap_or_default(),
    });
    match row {
        Row::Mail(row) => TimelineRow {
            id: Id(row.id.to_string()),
            channel: Channel::Email,
            state: list::state(&row),
            kind: row.mail,
            title: None,
            to: Some(row.recipient),
            user,
            reason: row.reason,
            attempts: u64::try_from(row.attempts).unwrap_or(0),
            created_at: row.created_at.timestamp(),
            sent_at: row.sent_at.map(Moment::timestamp),
        },
        Row::Push(row) => TimelineRow {
            id: Id(row.id.to_string()),
            channel: Channel::Push,
            kind: Channel::Push.as_str().to_owned(),
            title: Some(row.title),
            to: row.device_name,
            user,
            state: MessageState::from_name(&row.status).unwrap_or(MessageState::Failed),
            reason: row.reason,
            attempts: u64::try_from(row.attempts).unwrap_or(0),
            created_at: row.created_at.timestamp(),
            sent_at: row.sent_at.map(Moment::timestamp),
        },
    }
}

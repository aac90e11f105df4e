//! Mails and notifications to devices in one list, newest first. Each table is asked for a page by the same cursor, and the
//! two are merged.

use std::collections::{HashMap, HashSet};

use sea_orm::sea_query::Expr;
use sea_orm::{Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use sereno_types::{
    Channel, Code, Id, MessageQuery, MessageReason, MessageState, Page, Permission, PushQuery, PushReason, PushState,
    SessionUser, TimelineQuery, TimelineReason, TimelineRow,
};
use uuid::Uuid;

use super::{detail, list, push};
use crate::account::find;
use crate::clock::Moment;
use crate::context::{Sereno, Staff};
use crate::entity::{email_message, push_message};
use crate::error::{Error, Result};
use crate::notify;
use crate::paging::{Key, Newest, Walk};

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

    /// Whose it is, as far as staff may know.
    fn owner(&self, staff: &Staff) -> Option<Uuid> {
        match self {
            Self::Mail(row) => list::owner(staff, row),
            Self::Push(row) => Some(row.user_id),
        }
    }
}

/// Mails and notifications to devices, newest first.
///
/// # Errors
/// `permission_denied`; `validation_failed` on `limit`, `cursor`, `q`, `reason`, `since` or `until`.
pub async fn timeline(sereno: &Sereno, staff: &Staff, query: TimelineQuery) -> Result<Page<TimelineRow>> {
    staff.require(Permission::MessagesView)?;
    let db = sereno.db.read();
    let walk = Walk::<Newest>::new(None, query.limit, query.cursor.as_deref())?;
    let reasons = Reasons::read(query.reason.as_deref())?;
    let (mut rows, mut total) = (Vec::new(), 0);
    if let Some(wanted) = mails(&query, &reasons) {
        let matching = list::matching(sereno, staff, wanted).await?;
        let (some, all) = mail_rows(db, &walk, matching).await?;
        rows.extend(some.into_iter().map(Row::Mail));
        total += all;
    }
    if let Some(wanted) = pushes(&query, &reasons) {
        let matching = push::matching(sereno, staff, wanted).await?;
        let (some, all) = push_rows(db, &walk, matching).await?;
        rows.extend(some.into_iter().map(Row::Push));
        total += all;
    }
    let place = |row: &Row| {
        let (at, id) = row.place();
        (Key::Number(at.0), id)
    };
    let rows = walk.among(rows, place);
    let names = find::names(db, rows.iter().filter_map(|row| row.owner(staff))).await?;
    let mails = rows.iter().filter_map(|row| match row {
        Row::Mail(row) => Some(row),
        Row::Push(_) => None,
    });
    let beside = Beside {
        ended: notify::announcement::ended_of(db, mails.clone()).await?,
        announcements: list::announcements_of(db, mails.clone()).await?,
        subjects: list::subjects_of(sereno, mails)?,
        names,
    };
    walk.page(rows, total, place, |row| show(row, staff, &beside))
}

/// What rows only name, and what they say sealed.
struct Beside {
    names: HashMap<Uuid, String>,
    ended: HashSet<Uuid>,
    announcements: HashMap<Uuid, String>,
    subjects: HashMap<Uuid, String>,
}

/// What a request names: a reason of mails, of notifications to devices, of both, or none.
#[derive(Default)]
struct Reasons {
    are_named: bool,
    of_mails: Option<MessageReason>,
    of_pushes: Option<PushReason>,
}

impl Reasons {
    fn read(text: Option<&str>) -> Result<Self> {
        let Some(name) = text.map(str::trim).filter(|name| !name.is_empty()) else {
            return Ok(Self::default());
        };
        let (of_mails, of_pushes) = (MessageReason::from_name(name), PushReason::from_name(name));
        if of_mails.is_none() && of_pushes.is_none() {
            return Err(Error::field("reason", Code::InvalidChoice));
        }
        Ok(Self {
            are_named: true,
            of_mails,
            of_pushes,
        })
    }
}

/// Which mails, if any are meant.
fn mails(query: &TimelineQuery, reasons: &Reasons) -> Option<MessageQuery> {
    let push = Channel::Push.as_str();
    let is_other = query.channel == Some(Channel::Push)
        || query.kind.as_deref().is_some_and(|kind| kind.trim() == push)
        || (reasons.are_named && reasons.of_mails.is_none());
    (!is_other).then(|| MessageQuery {
        q: query.q.clone(),
        user: query.user.clone(),
        kind: query.kind.clone(),
        state: query.state,
        reason: reasons.of_mails,
        since: query.since.clone(),
        until: query.until.clone(),
        ..MessageQuery::default()
    })
}

/// Which notifications to devices, if any are meant.
fn pushes(query: &TimelineQuery, reasons: &Reasons) -> Option<PushQuery> {
    let is_other = |kind: &str| !matches!(kind.trim(), "" | "push");
    let state = query.state.map(|state| PushState::from_name(state.as_str()));
    if query.channel == Some(Channel::Email)
        || query.kind.as_deref().is_some_and(is_other)
        || state == Some(None)
        || (reasons.are_named && reasons.of_pushes.is_none())
    {
        return None;
    }
    Some(PushQuery {
        q: query.q.clone(),
        user: query.user.clone(),
        state: state.flatten(),
        reason: reasons.of_pushes,
        since: query.since.clone(),
        until: query.until.clone(),
        ..PushQuery::default()
    })
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

impl Beside {
    /// By what staff recognises a mail: its announcement, or its subject.
    fn title(&self, row: &email_message::Model) -> Option<String> {
        let announcement = row.announcement_id.and_then(|id| self.announcements.get(&id));
        announcement.or_else(|| self.subjects.get(&row.id)).cloned()
    }
}

fn show(row: Row, staff: &Staff, beside: &Beside) -> TimelineRow {
    let user = row.owner(staff).map(|id| SessionUser {
        id: Id(id.to_string()),
        name: beside.names.get(&id).cloned().unwrap_or_default(),
    });
    match row {
        Row::Mail(row) => TimelineRow {
            id: Id(row.id.to_string()),
            channel: Channel::Email,
            state: list::state(&row),
            reason: list::reason(&row).map(TimelineReason::Mail),
            code: Some(MessageReason::of(list::state(&row), list::reason(&row))),
            can_retry: detail::can_retry(&row) && row.announcement_id.is_none_or(|id| !beside.ended.contains(&id)),
            title: beside.title(&row),
            kind: row.mail,
            to: Some(row.recipient),
            user,
            attempts: u64::try_from(row.attempts).unwrap_or(0),
            created_at: row.created_at.timestamp(),
            sent_at: row.sent_at.map(Moment::timestamp),
        },
        Row::Push(row) => TimelineRow {
            can_retry: crate::push::can_leave_again(&row),
            id: Id(row.id.to_string()),
            channel: Channel::Push,
            kind: Channel::Push.as_str().to_owned(),
            title: Some(row.title),
            to: row.device_name,
            user,
            state: MessageState::from_name(&row.status).unwrap_or(MessageState::Failed),
            code: None,
            reason: row
                .reason
                .as_deref()
                .and_then(PushReason::from_name)
                .map(TimelineReason::Push),
            attempts: u64::try_from(row.attempts).unwrap_or(0),
            created_at: row.created_at.timestamp(),
            sent_at: row.sent_at.map(Moment::timestamp),
        },
    }
}

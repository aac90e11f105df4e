//! The history of mails, searched and page by page.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use sea_orm::sea_query::{Expr, ExprTrait, Func};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use sereno_types::{Id, MessageQuery, MessageReason, MessageRow, MessageState, Page, Permission, SessionUser};
use uuid::Uuid;

use crate::account::admin::{bound, user_named};
use crate::account::find;
use crate::context::{Sereno, Staff};
use crate::entity::email_message::{Column, Entity, Model};
use crate::entity::{announcement, project};
use crate::error::Result;
use crate::notify::{self, ANNOUNCEMENT, CUSTOM, MailKind};
use crate::paging::{self, Key, Newest, Walk};

/// Mails, newest first.
///
/// # Errors
/// `permission_denied`; `validation_failed` on `limit`, `cursor`, `q`, `since` or `until`.
pub async fn list(sereno: &Sereno, staff: &Staff, query: MessageQuery) -> Result<Page<MessageRow>> {
    staff.require(Permission::MessagesView)?;
    let db = sereno.db.read();
    let walk = Walk::<Newest>::new(None, query.limit, query.cursor.as_deref())?;
    let matching = matching(sereno, staff, query).await?;
    let total = Entity::find().filter(matching.clone()).count(db).await?;
    let beyond = walk.beyond(Expr::col(Column::CreatedAt), Expr::col(Column::Id));
    let rows = Entity::find()
        .filter(matching.add_option(beyond))
        .order_by(Column::CreatedAt, walk.direction())
        .order_by(Column::Id, walk.direction())
        .limit(walk.rows())
        .all(db)
        .await?;
    let beside = Beside::of(sereno, db, &rows).await?;
    let place = |row: &Model| (Key::Number(row.created_at.0), row.id);
    walk.page(rows, total, place, |row| show(&row, staff, &beside))
}

/// The kinds of mail, for whoever wants to choose one.
///
/// # Errors
/// `permission_denied`.
pub fn kinds(staff: &Staff) -> Result<Vec<String>> {
    staff.require(Permission::MessagesView)?;
    let built_in = MailKind::ALL.iter().map(|kind| kind.as_str());
    let mut names: Vec<String> = built_in.chain([CUSTOM, ANNOUNCEMENT]).map(str::to_owned).collect();
    names.sort_unstable();
    Ok(names)
}

/// Which mails a query means.
pub(super) async fn matching(sereno: &Sereno, staff: &Staff, query: MessageQuery) -> Result<Condition> {
    let said = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let mut matching = Condition::all();
    if let Some(user) = said(query.user) {
        matching = matching.add(Column::UserId.eq(user_named(sereno, staff, &user).await?));
    }
    // a kind that is no more may stand in the history; what a database cannot be asked for stands nowhere
    if let Some(kind) = said(query.kind) {
        let kind = kind.replace('\0', "\u{fffd}");
        let has_more = kind == CUSTOM || kind == MailKind::Test.as_str();
        let named = Condition::any()
            .add(Column::Mail.eq(kind.as_str()))
            .add_option(has_more.then(|| Column::Mail.starts_with(format!("{kind}."))));
        matching = matching.add(named);
    }
    if let Some(state) = query.state {
        matching = matching.add(Column::Status.eq(state.as_str()));
    }
    if let Some(reason) = query.reason {
        let stands = |state: MessageState| Column::Status.eq(state.as_str());
        let mut named = Condition::any().add(Column::Reason.eq(reason.as_str()));
        for state in MessageState::ALL {
            if MessageReason::of(*state, None) == reason && !is_told_by_reason(*state) {
                named = named.add(stands(*state));
            }
        }
        matching = matching.add(named);
    }
    if let Some(name) = said(query.project) {
        // a project that there is not has none
        let project = super::project_named(sereno, &name).await?;
        matching = matching.add(Column::ProjectId.eq(project.unwrap_or(Uuid::nil())));
    }
    if let Some(id) = said(query.announcement) {
        // an id that is none finds nothing
        matching = matching.add(Column::AnnouncementId.eq(id.parse().unwrap_or(Uuid::nil())));
    }
    if let Some(since) = said(query.since) {
        matching = matching.add(Column::CreatedAt.gte(bound("since", &since, Duration::ZERO)?));
    }
    if let Some(until) = said(query.until) {
        let day = Duration::from_hours(24);
        matching = matching.add(Column::CreatedAt.lt(bound("until", &until, day)?));
    }
    let lower = |column| Expr::from(Func::lower(Expr::col(column)));
    let id = query.q.as_deref().and_then(|text| text.trim().parse::<Uuid>().ok());
    let found = paging::pattern(query.q.as_deref(), str::to_lowercase)?.map(|pattern| {
        Condition::any()
            .add(lower(Column::Recipient).like(pattern.clone()))
            .add(lower(Column::Mail).like(pattern))
            .add_option(id.map(|id| Column::Id.eq(id)))
    });
    Ok(matching.add_option(found))
}

/// What rows only name: users, projects and announcements; and what they say sealed.
pub(super) struct Beside {
    names: HashMap<Uuid, String>,
    slugs: HashMap<Uuid, String>,
    announcements: HashMap<Uuid, String>,
    subjects: HashMap<Uuid, String>,
}

impl Beside {
    /// What these rows name.
    pub(super) async fn of<C: ConnectionTrait>(sereno: &Sereno, db: &C, rows: &[Model]) -> Result<Self> {
        let slugs: Vec<(Uuid, String)> = project::Entity::find()
            .select_only()
            .columns([project::Column::Id, project::Column::Slug])
            .filter(project::Column::Id.is_in(rows.iter().filter_map(|row| row.project_id)))
            .into_tuple()
            .all(db)
            .await?;
        Ok(Self {
            names: find::names(db, rows.iter().filter_map(|row| row.user_id)).await?,
            slugs: slugs.into_iter().collect(),
            announcements: announcements_of(db, rows.iter()).await?,
            subjects: subjects_of(sereno, rows.iter())?,
        })
    }
}

/// What the announcements are called that mails belong to.
pub(super) async fn announcements_of<C: ConnectionTrait>(
    db: &C,
    rows: impl Iterator<Item = &Model>,
) -> Result<HashMap<Uuid, String>> {
    let ids: HashSet<Uuid> = rows.filter_map(|row| row.announcement_id).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let names: Vec<(Uuid, String)> = announcement::Entity::find()
        .select_only()
        .columns([announcement::Column::Id, announcement::Column::Name])
        .filter(announcement::Column::Id.is_in(ids))
        .into_tuple()
        .all(db)
        .await?;
    Ok(names.into_iter().collect())
}

/// The subjects that the history tells, by the mails' ids.
pub(super) fn subjects_of<'a>(sereno: &Sereno, rows: impl Iterator<Item = &'a Model>) -> Result<HashMap<Uuid, String>> {
    let mut subjects = HashMap::new();
    for row in rows {
        if let Some(subject) = notify::subject_of(sereno, row)? {
            subjects.insert(row.id, subject);
        }
    }
    Ok(subjects)
}

/// Whose mail it is, as far as staff may know. Where somebody typed the address, whoever may not see users would learn whose
/// account it is.
pub(super) fn owner(staff: &Staff, row: &Model) -> Option<Uuid> {
    let is_ours = MailKind::from_name(&row.mail).is_some_and(|kind| kind != MailKind::Test);
    row.user_id.filter(|_| is_ours || staff.holds(Permission::UsersView))
}

/// A row as staff sees it.
pub(super) fn show(row: &Model, staff: &Staff, beside: &Beside) -> MessageRow {
    MessageRow {
        id: Id(row.id.to_string()),
        kind: row.mail.clone(),
        recipient: row.recipient.clone(),
        user: owner(staff, row).map(|id| SessionUser {
            id: Id(id.to_string()),
            name: beside.names.get(&id).cloned().unwrap_or_default(),
        }),
        project: row.project_id.and_then(|id| beside.slugs.get(&id).cloned()),
        subject: beside.subjects.get(&row.id).cloned(),
        announcement: row
            .announcement_id
            .and_then(|id| beside.announcements.get(&id).cloned()),
        locale: row.locale.clone(),
        state: state(row),
        reason: reason(row),
        code: MessageReason::of(state(row), reason(row)),
        attempts: u64::try_from(row.attempts).unwrap_or(0),
        created_at: row.created_at.timestamp(),
        sent_at: row.sent_at.map(crate::clock::Moment::timestamp),
    }
}

/// Whether what became of a mail in this state is what its reason says.
const fn is_told_by_reason(state: MessageState) -> bool {
    matches!(
        state,
        MessageState::Held | MessageState::Skipped | MessageState::Cancelled
    )
}

/// Why it stands there.
pub(super) fn reason(row: &Model) -> Option<MessageReason> {
    MessageReason::from_name(row.reason.as_deref()?)
}

/// Where it stands; what is not known here is not to leave.
pub(super) fn state(row: &Model) -> MessageState {
    MessageState::from_name(&row.status).unwrap_or(MessageState::Failed)
}

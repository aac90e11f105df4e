//! Announcements as staff sees them: the list, one with its progress, and what it looks like.

use std::collections::HashMap;

use sea_orm::sea_query::{Expr, ExprTrait, Func};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use sereno_types::{
    AnnouncementAction, AnnouncementCounts, AnnouncementDetail, AnnouncementQuery, AnnouncementRow, AnnouncementState,
    EmailPreview, Id, MessageState, Page, Permission, PreviewAnnouncement, SaveAnnouncement, SessionUser,
};
use uuid::Uuid;

use super::{audience, parse, state};
use crate::account::find;
use crate::clock::Moment;
use crate::context::{Sereno, Staff};
use crate::entity::announcement::{Column, Entity, Model};
use crate::entity::{email_message, project};
use crate::error::{Error, Result};
use crate::notify;
use crate::paging::{self, Key, Newest, Walk};

/// Announcements, newest first.
///
/// # Errors
/// `permission_denied`; `validation_failed` on `limit`, `cursor` or `q`.
pub async fn list(sereno: &Sereno, staff: &Staff, query: AnnouncementQuery) -> Result<Page<AnnouncementRow>> {
    staff.require(Permission::MessagesView)?;
    let db = sereno.db.read();
    let walk = Walk::<Newest>::new(None, query.limit, query.cursor.as_deref())?;
    let lower = |column| Expr::from(Func::lower(Expr::col(column)));
    let found = paging::pattern(query.q.as_deref(), str::to_lowercase)?.map(|pattern| {
        Condition::any()
            .add(lower(Column::Name).like(pattern.clone()))
            .add(lower(Column::Subject).like(pattern))
    });
    let mut matching = Condition::all()
        .add_option(query.state.map(|state| Column::State.eq(state.as_str())))
        .add_option(found);
    if let Some(name) = query.project.as_deref().filter(|name| !name.is_empty()) {
        let project = crate::roles::project_named(db, name).await?;
        matching = matching.add(Column::ProjectId.eq(project.map_or(Uuid::nil(), |project| project.id)));
    }
    let total = Entity::find().filter(matching.clone()).count(db).await?;
    let beyond = walk.beyond(Expr::col(Column::CreatedAt), Expr::col(Column::Id));
    let rows = Entity::find()
        .filter(matching.add_option(beyond))
        .order_by(Column::CreatedAt, walk.direction())
        .order_by(Column::Id, walk.direction())
        .limit(walk.rows())
        .all(db)
        .await?;
    let beside = Beside::of(db, &rows).await?;
    let place = |row: &Model| (Key::Number(row.created_at.0), row.id);
    walk.page(rows, total, place, |row| beside.show(&row))
}

/// What rows only name: authors, projects, and how many mails stand where.
struct Beside {
    names: HashMap<Uuid, String>,
    slugs: HashMap<Uuid, String>,
    counts: HashMap<Uuid, AnnouncementCounts>,
}

impl Beside {
    async fn of<C: ConnectionTrait>(db: &C, rows: &[Model]) -> Result<Self> {
        let projects = project::Entity::find()
            .filter(project::Column::Id.is_in(rows.iter().filter_map(|row| row.project_id)))
            .all(db)
            .await?;
        Ok(Self {
            names: find::names(db, rows.iter().filter_map(|row| row.created_by)).await?,
            slugs: projects.into_iter().map(|row| (row.id, row.slug)).collect(),
            counts: counts(db, rows.iter().map(|row| row.id)).await?,
        })
    }

    fn show(&self, row: &Model) -> AnnouncementRow {
        AnnouncementRow {
            id: Id(row.id.to_string()),
            name: row.name.clone(),
            subject: row.subject.clone(),
            state: state(row),
            project: row.project_id.and_then(|id| self.slugs.get(&id).cloned()),
            recipients: row.recipients.and_then(|count| u64::try_from(count).ok()),
            counts: whole(self.counts.get(&row.id).copied().unwrap_or_default(), row),
            created_by: row.created_by.map(|id| SessionUser {
                id: Id(id.to_string()),
                name: self.names.get(&id).cloned().unwrap_or_default(),
            }),
            created_at: row.created_at.timestamp(),
            send_at: row.send_at.map(Moment::timestamp),
            started_at: row.started_at.map(Moment::timestamp),
            finished_at: row.finished_at.map(Moment::timestamp),
        }
    }
}

/// With those that the history has forgotten, and those that are not written yet.
fn whole(mut counts: AnnouncementCounts, row: &Model) -> AnnouncementCounts {
    let many = |count: i64| u64::try_from(count).unwrap_or(0);
    counts.sent += many(row.swept_sent);
    counts.failed += many(row.swept_failed);
    counts.skipped += many(row.swept_skipped);
    counts.cancelled += many(row.swept_cancelled);
    // whom the walk has not come to
    let unwritten = many(row.recipients.unwrap_or(0)).saturating_sub(counts.queued + counts.held + counts.done());
    match state(row) {
        AnnouncementState::Sending | AnnouncementState::Paused if row.walked_at.is_none() => counts.queued += unwritten,
        AnnouncementState::Cancelled if row.walked_at.is_none() => counts.cancelled += unwritten,
        _ => {}
    }
    counts
}

/// How many of each announcement's own mails stand where in the history: neither those that try it nor those that repeat one.
async fn counts<C: ConnectionTrait>(
    db: &C,
    ids: impl Iterator<Item = Uuid>,
) -> Result<HashMap<Uuid, AnnouncementCounts>> {
    use email_message::Column as Mail;
    let counted: Vec<(Uuid, String, i64)> = email_message::Entity::find()
        .select_only()
        .column(Mail::AnnouncementId)
        .column(Mail::Status)
        .column_as(Mail::Id.count(), "mails")
        .filter(Mail::AnnouncementId.is_in(ids))
        .filter(Mail::Canonical.is_not_null())
        .group_by(Mail::AnnouncementId)
        .group_by(Mail::Status)
        .into_tuple()
        .all(db)
        .await?;
    let mut counts: HashMap<Uuid, AnnouncementCounts> = HashMap::new();
    for (id, status, mails) in counted {
        let mails = u64::try_from(mails).unwrap_or(0);
        let entry = counts.entry(id).or_default();
        match MessageState::from_name(&status) {
            Some(MessageState::Queued | MessageState::Sending) => entry.queued += mails,
            Some(MessageState::Sent) => entry.sent += mails,
            Some(MessageState::Skipped) => entry.skipped += mails,
            Some(MessageState::Held) => entry.held += mails,
            Some(MessageState::Cancelled) => entry.cancelled += mails,
            Some(MessageState::Failed) | None => entry.failed += mails,
        }
    }
    Ok(counts)
}

/// An announcement, whole.
///
/// # Errors
/// `permission_denied`, `not_found`.
pub async fn detail(sereno: &Sereno, staff: &Staff, id: &Id) -> Result<AnnouncementDetail> {
    staff.require(Permission::MessagesView)?;
    let db = sereno.db.read();
    let row = Entity::find_by_id(parse(id)?).one(db).await?.ok_or(Error::NotFound)?;
    let beside = Beside::of(db, std::slice::from_ref(&row)).await?;
    let written = written(db, &row).await?;
    let is_ahead = matches!(state(&row), AnnouncementState::Draft | AnnouncementState::Scheduled);
    let reaches = if is_ahead && audience::may_choose(staff, &written.audience).is_ok() {
        match audience::count(sereno, &row).await {
            Ok(count) => Some(count),
            // the role or the project that it names is gone
            Err(Error::Refused { .. }) => None,
            Err(error) => return Err(error),
        }
    } else {
        None
    };
    Ok(AnnouncementDetail {
        announcement: beside.show(&row),
        actions: actions(state(&row)),
        reaches,
        written,
    })
}

/// What it says and whom it goes to, as staff wrote it.
pub(super) async fn written<C: ConnectionTrait>(db: &C, row: &Model) -> Result<SaveAnnouncement> {
    let mut audience = audience::of(row)?;
    audience.addresses = audience::addresses(db, row.id).await?;
    let project = match row.project_id {
        Some(id) => project::Entity::find_by_id(id).one(db).await?,
        None => None,
    };
    Ok(SaveAnnouncement {
        name: row.name.clone(),
        subject: row.subject.clone(),
        html: row.html.clone(),
        text: row.text.clone(),
        template: row.template.clone(),
        context: row.context.as_object().cloned().unwrap_or_default(),
        language: Some(row.language.clone()),
        project: project.map(|project| project.slug),
        reply_to: row.reply_to.clone(),
        audience,
    })
}

/// The version of what can be edited of an announcement.
///
/// # Errors
/// Never, unless the digest keys are gone.
pub fn version(sereno: &Sereno, detail: &AnnouncementDetail) -> Result<String> {
    let row = &detail.announcement;
    sereno.version(&(&row.id, row.state, &detail.written))
}

pub(super) fn version_of(sereno: &Sereno, row: &Model, written: &SaveAnnouncement) -> Result<String> {
    sereno.version(&(&Id(row.id.to_string()), state(row), written))
}

fn actions(state: AnnouncementState) -> Vec<AnnouncementAction> {
    use AnnouncementAction::{Cancel, Delete, Edit, Pause, Resume, Schedule, Test, Unschedule};
    match state {
        AnnouncementState::Draft => vec![Edit, Test, Schedule, Delete],
        AnnouncementState::Scheduled => vec![Test, Unschedule, Cancel],
        AnnouncementState::Sending => vec![Test, Pause, Cancel],
        AnnouncementState::Paused => vec![Test, Resume, Cancel],
        AnnouncementState::Sent => vec![Test],
        AnnouncementState::Cancelled => Vec::new(),
    }
}

/// An announcement as it would leave, to nobody in particular.
///
/// # Errors
/// `permission_denied`, `not_found`; `validation_failed` on `template`: `template_not_found`, `template_syntax_error`.
pub async fn preview(sereno: &Sereno, staff: &Staff, id: &Id, command: PreviewAnnouncement) -> Result<EmailPreview> {
    staff.require(Permission::MessagesView)?;
    let found = Entity::find_by_id(parse(id)?).one(sereno.db.read()).await?;
    let row = found.ok_or(Error::NotFound)?;
    let mail = notify::announcement::sample(sereno, &row, "ana@example.org", command.look).await?;
    Ok(EmailPreview {
        subject: mail.subject,
        text: mail.text,
        html: mail.html,
    })
}

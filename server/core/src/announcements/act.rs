//! What staff does about an announcement: try it, give it a moment, take that back, stop it, let it go on, end it.

use std::time::Duration;

use sea_orm::{ActiveValue::Set, EntityTrait};
use sereno_types::{
    AnnouncementDetail, AnnouncementState, Code, EmailTestQueued, FieldError, Id, Locale, Permission,
    ScheduleAnnouncement,
};

use super::send::SendAnnouncement;
use super::{about, audience, held, parse, show, state};
use crate::access::subject;
use crate::clock::Moment;
use crate::context::limiter::{self, Limit};
use crate::context::{RequestMeta, Sereno, Staff, Tx};
use crate::entity::announcement::{ActiveModel, Entity, Model};
use crate::error::{Error, Result};
use crate::event::EventKind;
use crate::notify::{self, NewRow};

/// How many times as many test mails as mails of one kind go to one address in an hour.
const TESTS: u64 = 4;
/// How far ahead a moment may be.
const AHEAD_MAX: Duration = Duration::from_hours(24 * 366);
/// How far back a moment may lie: as long as somebody takes to press the button, and clocks differ.
const BEHIND_MAX: Duration = Duration::from_mins(5);

/// Sends an announcement to whoever asks, at their own confirmed address, with a subject that says so.
///
/// # Errors
/// `permission_denied`, `not_found`, `too_many_requests`; `validation_failed`: what it lacks, and `blank` on `to` where
/// staff has no confirmed address.
pub async fn test(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, id: &Id) -> Result<EmailTestQueued> {
    staff.require(Permission::MessagesView)?;
    staff.require(Permission::MessagesManage)?;
    let db = sereno.db.read();
    let row = Entity::find_by_id(parse(id)?).one(db).await?.ok_or(Error::NotFound)?;
    complete(sereno, &row).await?;
    let own = match staff.actor().caller() {
        Ok(caller) => subject::find(db, caller.user_id).await?,
        Err(_) => None,
    };
    let Some((user, Some(email))) =
        own.filter(|(_, email)| email.as_ref().is_some_and(|one| one.verified_at.is_some()))
    else {
        return Err(Error::field("to", Code::Blank));
    };
    let most = sereno.config.limit.mails_per_recipient * TESTS;
    let limit = Limit::new(sereno, "mail.test", &email.canonical, most, Duration::from_hours(1));
    limiter::take(sereno, &[limit]).await?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let new = NewRow {
        project_id: row.project_id,
        user_id: Some(user.id),
        address: email.address.clone(),
        locale: Locale::from_tag(&row.language).unwrap_or_default(),
        announcement_id: Some(row.id),
        ..NewRow::of(&notify::announcement::tried())
    };
    let message = notify::queue_row(sereno, &mut tx, new, Duration::ZERO).await?;
    tx.record(about(EventKind::AnnouncementTested, &row).with("message_id", message.to_string()));
    tx.commit().await?;
    Ok(EmailTestQueued { to: email.address })
}

/// Sends a draft: at once, or at a moment.
///
/// # Errors
/// `permission_denied`, `not_found`, `precondition_failed`; `state_conflict` unless it is a draft; `validation_failed`: what
/// it lacks (`template_or_html_required`, `blank` on `subject` and on `context.<name>`, `template_not_found`,
/// `template_syntax_error`, `empty_email` on `audience`), and `invalid_choice` on `send_at`.
pub async fn schedule(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    id: &Id,
    command: ScheduleAnnouncement,
) -> Result<AnnouncementDetail> {
    staff.require(Permission::MessagesView)?;
    staff.require(Permission::MessagesManage)?;
    let now = sereno.now();
    let send_at = match command
        .send_at
        .as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty())
    {
        None => now,
        Some(text) => Moment::from_rfc3339(text)
            .filter(|at| (now.minus(BEHIND_MAX)..=now.plus(AHEAD_MAX)).contains(at))
            .ok_or_else(|| {
                let wrong = FieldError::new("send_at", Code::InvalidChoice);
                Error::fields(vec![wrong.with("reason", "a moment of the next 366 days, in UTC")])
            })?,
    };
    let found = Entity::find_by_id(parse(id)?).one(sereno.db.read()).await?;
    let seen = found.ok_or(Error::NotFound)?;
    audience::may_choose(staff, &audience::of(&seen)?)?;
    complete(sereno, &seen).await?;
    if audience::count(sereno, &seen).await? == 0 {
        return Err(Error::field("audience", Code::EmptyEmail));
    }
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let row = held(&tx, id).await?;
    // what was looked through is what leaves
    if state(&row) != AnnouncementState::Draft || row.updated_at != seen.updated_at {
        return Err(Code::StateConflict.into());
    }
    if meta.if_match.is_some() {
        let written = show::written(tx.db(), &row).await?;
        meta.expects(&show::version_of(sereno, &row, &written)?)?;
    }
    let row = set_going(&mut tx, row, AnnouncementState::Scheduled, send_at).await?;
    tx.record(about(EventKind::AnnouncementScheduled, &row).with("send_at", send_at.timestamp().0));
    tx.commit().await?;
    show::detail(sereno, staff, id).await
}

/// Into a state in which a job of its own takes care of it from a moment on.
async fn set_going(tx: &mut Tx, row: Model, to: AnnouncementState, at: Moment) -> Result<Model> {
    let run = row.run + 1;
    let change = ActiveModel {
        id: Set(row.id),
        state: Set(to.as_str().to_owned()),
        send_at: Set(Some(
            row.send_at.filter(|_| to == AnnouncementState::Sending).unwrap_or(at),
        )),
        run: Set(run),
        ..Default::default()
    };
    let row = Entity::update(change).exec(tx.db()).await?;
    let job = SendAnnouncement {
        announcement_id: row.id,
        run,
    };
    tx.enqueue_in(&job, at.since(tx.now()))?;
    Ok(row)
}

/// What an announcement lacks to leave. What it says itself is no template: a placeholder would be read as it stands.
async fn complete(sereno: &Sereno, row: &Model) -> Result<()> {
    let mut faults = Vec::new();
    if row.template.is_none() {
        if row.html.trim().is_empty() && row.text.trim().is_empty() {
            faults.push(FieldError::new("html", Code::TemplateOrHtmlRequired));
        }
        if row.subject.is_empty() {
            faults.push(FieldError::new("subject", Code::Blank));
        }
    }
    let own: &[(&str, &str)] = if row.template.is_none() {
        &[("subject", &row.subject), ("html", &row.html), ("text", &row.text)]
    } else {
        &[("subject", &row.subject)]
    };
    let placed = own
        .iter()
        .filter(|(_, text)| text.contains("{{") || text.contains("{%"));
    let literal = |field: &str| {
        FieldError::new(field, Code::TemplateSyntaxError).with("reason", "only templates have placeholders")
    };
    faults.extend(placed.map(|(field, _)| literal(field)));
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    notify::announcement::check(sereno, row).await
}

/// A way to stop an announcement.
struct Stop {
    from: &'static [AnnouncementState],
    to: AnnouncementState,
    event: EventKind,
}

/// Takes back the moment of an announcement that has not begun to leave: it is a draft again.
///
/// # Errors
/// `permission_denied`, `not_found`, `state_conflict`.
pub async fn unschedule(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, id: &Id) -> Result<AnnouncementDetail> {
    let how = Stop {
        from: &[AnnouncementState::Scheduled],
        to: AnnouncementState::Draft,
        event: EventKind::AnnouncementUnscheduled,
    };
    stop(sereno, meta, staff, id, how).await
}

/// Makes an announcement stand still: no mail is queued any more, and those that are queued wait.
///
/// # Errors
/// `permission_denied`, `not_found`, `state_conflict`.
pub async fn pause(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, id: &Id) -> Result<AnnouncementDetail> {
    let how = Stop {
        from: &[AnnouncementState::Sending],
        to: AnnouncementState::Paused,
        event: EventKind::AnnouncementPaused,
    };
    stop(sereno, meta, staff, id, how).await
}

/// Ends an announcement: what has not left does not leave.
///
/// # Errors
/// `permission_denied`, `not_found`, `state_conflict`.
pub async fn cancel(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, id: &Id) -> Result<AnnouncementDetail> {
    staff.require(Permission::MessagesView)?;
    staff.require(Permission::MessagesManage)?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let row = held(&tx, id).await?;
    if !notify::announcement::OPEN.contains(&state(&row)) {
        return Err(Code::StateConflict.into());
    }
    notify::announcement::end(&mut tx, &row).await?;
    tx.commit().await?;
    show::detail(sereno, staff, id).await
}

async fn stop(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, id: &Id, how: Stop) -> Result<AnnouncementDetail> {
    staff.require(Permission::MessagesView)?;
    staff.require(Permission::MessagesManage)?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let row = held(&tx, id).await?;
    if !how.from.contains(&state(&row)) {
        return Err(Code::StateConflict.into());
    }
    let to = how.to;
    let change = ActiveModel {
        id: Set(row.id),
        state: Set(to.as_str().to_owned()),
        run: Set(row.run + 1),
        send_at: Set(row.send_at.filter(|_| to != AnnouncementState::Draft)),
        ..Default::default()
    };
    let row = Entity::update(change).exec(tx.db()).await?;
    tx.record(about(how.event, &row));
    tx.commit().await?;
    show::detail(sereno, staff, id).await
}

/// Lets an announcement go on where it stood still.
///
/// # Errors
/// `permission_denied`, `not_found`, `state_conflict`.
pub async fn resume(sereno: &Sereno, meta: &RequestMeta, staff: &Staff, id: &Id) -> Result<AnnouncementDetail> {
    staff.require(Permission::MessagesView)?;
    staff.require(Permission::MessagesManage)?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let row = held(&tx, id).await?;
    if state(&row) != AnnouncementState::Paused {
        return Err(Code::StateConflict.into());
    }
    let at = tx.now();
    let row = set_going(&mut tx, row, AnnouncementState::Sending, at).await?;
    tx.record(about(EventKind::AnnouncementResumed, &row));
    tx.commit().await?;
    show::detail(sereno, staff, id).await
}

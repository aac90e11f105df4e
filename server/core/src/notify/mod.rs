//! Mails: what they say, how they are queued in the transaction that wants them, whether they may go, and how they leave.
//! The queue holds ids; the secrets a mail carries are minted when it leaves (`mint`), and its body is not kept. What
//! another service sends is kept, sealed, until it has left. What staff wrote in the place of a shipped template stands in
//! `template`; both leave inside one `layout`.

pub mod announcement;
pub mod content;
mod deliver;
mod layout;
pub(crate) mod login_code;
mod mails;
mod masked;
mod mint;
pub mod optout;
mod outbox;
pub mod plain_text;
pub mod project;
mod render;
pub mod rules;
pub mod template;
pub mod transport;

use std::time::Duration;

use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, EntityTrait};
use sereno_types::{Locale, MessageReason, MessageState};
use uuid::Uuid;

pub use deliver::DeliverMail;
pub use mails::{MailKind, Rendered};
pub use masked::{hide, hide_html, masked};
pub use outbox::about;
pub(crate) use render::{TRIED, Tried, sampled, samples, with_subject};

use crate::clock::Moment;
use crate::context::limiter::{self, Limit};
use crate::context::{Sereno, Tx};
use crate::entity::{Hidden, email_message, user};
use crate::error::Result;

/// To whom a mail goes.
#[derive(Clone, Debug)]
pub struct Recipient {
    /// The user; nobody when the address has no account.
    pub user_id: Option<Uuid>,
    /// The user's credential epoch: a link in the mail is good for nothing once it is another.
    pub credential_epoch: i64,
    /// The address, as it was written.
    pub address: String,
    /// The language that was asked for. Else it is the user's own, else the one of the settings.
    pub locale: Option<Locale>,
}

/// Queues a mail inside the flow's transaction: a row of the history and a job that holds its id. Gives the id.
pub async fn queue(sereno: &Sereno, tx: &mut Tx, mail: MailKind, to: Recipient) -> Result<Uuid> {
    queue_about(sereno, tx, mail, to, None).await
}

/// As [`queue`], for a mail that is about one row of another table.
pub async fn queue_about(
    sereno: &Sereno,
    tx: &mut Tx,
    mail: MailKind,
    to: Recipient,
    about: Option<Uuid>,
) -> Result<Uuid> {
    let row = NewRow {
        locale: language(sereno, tx, &to).await?,
        user_id: to.user_id,
        address: to.address,
        credential_epoch: to.credential_epoch,
        about,
        ..NewRow::of(mail.as_str())
    };
    queue_row(sereno, tx, row, Duration::ZERO).await
}

/// Queues a template with samples, for staff to look at: the version that it is about, else what is shipped.
pub(crate) async fn queue_tried(
    sereno: &Sereno,
    tx: &mut Tx,
    template: &template::Template,
    to: Recipient,
    about: Option<Uuid>,
) -> Result<Uuid> {
    let row = NewRow {
        locale: language(sereno, tx, &to).await?,
        user_id: to.user_id,
        address: to.address,
        credential_epoch: to.credential_epoch,
        about,
        ..NewRow::of(&format!("{TRIED}{}", template.name()))
    };
    queue_row(sereno, tx, row, Duration::ZERO).await
}

async fn language(sereno: &Sereno, tx: &Tx, to: &Recipient) -> Result<Locale> {
    let own = match (to.locale, to.user_id) {
        (None, Some(id)) => user::Entity::find_by_id(id).one(tx.db()).await?,
        _ => None,
    };
    let own = own.and_then(|user| user.language());
    Ok(to.locale.or(own).unwrap_or_else(|| sereno.config.mail_locale()))
}

/// The detail of an `email_change_requested` event that says which request it was: its mail leaves only while there is none later.
pub const EMAIL_CHANGE: &str = "request";

/// What mails of other services are called among the kinds.
pub const CUSTOM: &str = "custom";
/// What mails of announcements are called among the kinds.
pub const ANNOUNCEMENT: &str = "announcement";

/// A row of the history that is about to be written.
#[derive(Clone, Debug)]
pub struct NewRow {
    /// The kind of mail.
    pub kind: String,
    /// The project it belongs to.
    pub project_id: Option<Uuid>,
    /// To whom.
    pub user_id: Option<Uuid>,
    /// The address, as it was written.
    pub address: String,
    /// The language.
    pub locale: Locale,
    /// The recipient's credential epoch.
    pub credential_epoch: i64,
    /// The row of another table that it is about.
    pub about: Option<Uuid>,
    /// What it says, where that is not made anew when it leaves.
    pub content_id: Option<Uuid>,
    /// The announcement that it belongs to.
    pub announcement_id: Option<Uuid>,
    /// The recipient in the form in which addresses are compared, of the one mail that an announcement sends there.
    pub canonical: Option<String>,
    /// Whether it leaves in spite of excluded addresses and of mails being held back.
    pub is_forced: bool,
    /// The mail that it repeats, and when what that one tells of happened.
    pub repeats: Option<(Uuid, Moment)>,
    /// Where it stands from the start, if it does not wait for its turn.
    pub stays: Option<(MessageState, MessageReason)>,
    /// The version of a template of staff's own that it was written by.
    pub template_version: Option<i64>,
    /// What the history tells of its subject, where that is no secret and not its kind's own.
    pub subject: Option<String>,
}

impl NewRow {
    /// A mail of this kind, to nobody yet.
    #[must_use]
    pub fn of(kind: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            project_id: None,
            user_id: None,
            address: String::new(),
            locale: Locale::default(),
            credential_epoch: 0,
            about: None,
            content_id: None,
            announcement_id: None,
            canonical: None,
            is_forced: false,
            repeats: None,
            stays: None,
            template_version: None,
            subject: None,
        }
    }
}

/// Writes a row of the history, and a job for it after so long unless the mail stays. Gives the id.
pub async fn queue_row(sereno: &Sereno, tx: &mut Tx, new: NewRow, delay: Duration) -> Result<Uuid> {
    let (id, stays) = (sereno.new_id()?, new.stays.is_some());
    let (job, kind) = (job_of(id, &new), new.kind.clone());
    let subject = match &new.subject {
        Some(subject) => Some(
            sereno
                .keys
                .seal
                .seal(subject.as_bytes(), &subject_place(id), &*sereno.entropy)?,
        ),
        None => None,
    };
    let mut row = row_of(tx, id, new);
    row.subject = Set(subject.map(Hidden));
    email_message::Entity::insert(row)
        .exec_without_returning(tx.db())
        .await?;
    match (stays, delay.is_zero()) {
        (true, _) => {}
        (false, true) => enqueue(tx, &kind, &job)?,
        (false, false) => tx.enqueue_in(&job, delay)?,
    }
    Ok(id)
}

/// What the history tells of a mail's subject.
///
/// # Errors
/// When it cannot be opened.
pub fn subject_of(sereno: &Sereno, row: &email_message::Model) -> Result<Option<String>> {
    let Some(sealed) = &row.subject else { return Ok(None) };
    let plain = sereno.keys.seal.open(&sealed.0, &subject_place(row.id))?;
    Ok(Some(String::from_utf8_lossy(&plain).into_owned()))
}

fn subject_place(id: Uuid) -> String {
    format!("email_message:{id}")
}

/// A job for a mail of this kind: mails of announcements come after every other, also those that are let go, tried again or
/// repeated.
///
/// # Errors
/// When no id can be made.
pub fn enqueue(tx: &mut Tx, kind: &str, job: &DeliverMail) -> Result<()> {
    if kind == ANNOUNCEMENT {
        tx.enqueue_last(job)
    } else {
        tx.enqueue(job)
    }
}

/// Writes rows of one announcement, with jobs that everything else goes before. Who has one already gets no second.
pub async fn queue_announced(sereno: &Sereno, tx: &mut Tx, all: Vec<NewRow>) -> Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    let mut rows = Vec::with_capacity(all.len());
    for new in all {
        let id = sereno.new_id()?;
        // of a row that is not written the job finds nothing to do
        tx.enqueue_last(&job_of(id, &new))?;
        rows.push(row_of(tx, id, new));
    }
    let there = OnConflict::columns([email_message::Column::AnnouncementId, email_message::Column::Canonical])
        .do_nothing()
        .to_owned();
    email_message::Entity::insert_many(rows)
        .on_conflict(there)
        .exec_without_returning(tx.db())
        .await?;
    Ok(())
}

fn job_of(id: Uuid, new: &NewRow) -> DeliverMail {
    DeliverMail {
        message_id: id,
        credential_epoch: new.credential_epoch,
        about: new.about,
    }
}

fn row_of(tx: &Tx, id: Uuid, new: NewRow) -> email_message::ActiveModel {
    let (state, reason) = new.stays.unzip();
    let (resent_of, told_at) = new.repeats.unzip();
    email_message::ActiveModel {
        id: Set(id),
        project_id: Set(new.project_id),
        user_id: Set(new.user_id),
        mail: Set(new.kind),
        recipient: Set(new.address),
        locale: Set(new.locale.as_str().to_owned()),
        status: Set(state.unwrap_or(MessageState::Queued).as_str().to_owned()),
        reason: Set(reason.map(|reason| reason.as_str().to_owned())),
        transport_answer: Set(None),
        attempts: Set(0),
        created_at: Set(tx.now()),
        sent_at: Set(None),
        credential_epoch: Set(Some(new.credential_epoch)),
        about: Set(new.about),
        told_at: Set(told_at),
        resent_of: Set(resent_of),
        content_id: Set(new.content_id),
        is_forced: Set(new.is_forced),
        interrupted: Set(0),
        template_version: Set(new.template_version),
        announcement_id: Set(new.announcement_id),
        canonical: Set(new.canonical),
        subject: Set(None),
    }
}

/// Sweeps away the history that is old enough.
///
/// # Errors
/// When the database is away.
pub async fn sweep(sereno: &Sereno) -> Result<()> {
    outbox::sweep(sereno).await
}

/// Counts a request for a mail of this kind to whom this names, known or not. Each kind counts apart, so that nobody can
/// keep one mail away by asking for another.
///
/// # Errors
/// `too_many_requests`.
pub async fn limit(sereno: &Sereno, mail: MailKind, canonical: &str) -> Result<()> {
    count(sereno, mail, &format!("typed\n{canonical}")).await
}

/// The same for a mail that a user asked for who is known, or staff for them. It counts apart from what is typed: anybody can type
/// an id.
///
/// # Errors
/// `too_many_requests`.
pub async fn limit_user(sereno: &Sereno, mail: MailKind, id: Uuid) -> Result<()> {
    count(sereno, mail, &format!("user\n{id}")).await
}

async fn count(sereno: &Sereno, mail: MailKind, whom: &str) -> Result<()> {
    let what = format!("mail.{}", mail.as_str());
    let most = sereno.config.limit.mails_per_recipient;
    limiter::take(
        sereno,
        &[Limit::new(sereno, &what, whom, most, Duration::from_hours(1))],
    )
    .await
}

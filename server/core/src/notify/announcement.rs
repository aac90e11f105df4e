//! The mails of an announcement: what each says to whom it goes, with the link by which they end, and whether it may leave
//! while staff makes the whole wait. What it says stands in the announcement's row; it holds no secret of ours but that link.

use std::collections::HashSet;

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::{Map, Value};
use sereno_types::{AnnouncementState, Code, EmailLook, FieldError, Locale, MessageReason, MessageState, UserState};
use uuid::Uuid;

use super::layout::Foot;
use super::mails::{Rendered, part};
use super::plain_text;
use super::render::{TRIED, declared, framed_with};
use super::template::{self, Template};
use super::{ANNOUNCEMENT, optout, outbox};
use crate::access::subject;
use crate::context::{Sereno, Tx};
use crate::entity::{announcement, announcement_address, email_message, user, user_email};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::identifier;
use crate::port::mail::OutgoingMail;

/// What stands below every mail of an announcement, under the footer of all mails.
struct AnnouncementFooter {
    /// What this server calls itself in mails.
    brand: String,
    /// Where the recipient says that they want no more of them.
    link: String,
}

impl AnnouncementFooter {
    fn shipped(&self, locale: Locale) -> Result<Foot> {
        let (text, html) = match locale {
            Locale::En => (
                part!(self: AnnouncementFooter, "email/announcement_footer/en.txt"),
                part!(self: AnnouncementFooter, "email/announcement_footer/en.html"),
            ),
            Locale::De => (
                part!(self: AnnouncementFooter, "email/announcement_footer/de.txt"),
                part!(self: AnnouncementFooter, "email/announcement_footer/de.html"),
            ),
            Locale::Es => (
                part!(self: AnnouncementFooter, "email/announcement_footer/es.txt"),
                part!(self: AnnouncementFooter, "email/announcement_footer/es.html"),
            ),
        };
        Ok(Foot { text, html })
    }
}

/// The kind of a mail that staff sends to look at an announcement.
#[must_use]
pub fn tried() -> String {
    format!("{TRIED}{ANNOUNCEMENT}")
}

/// Whether a mail of an announcement may leave now.
pub(super) enum Gate {
    /// It may; so may every mail that belongs to none.
    Open,
    /// Not while the announcement stands still.
    Closed,
    /// Not any more.
    Ended,
}

/// Asks for each of an announcement's mails. Those that try it go by themselves; so do those that repeat one of it, as long as
/// it was not ended.
pub(super) async fn gate(sereno: &Sereno, message: &email_message::Model) -> Result<Gate> {
    let Some(id) = message.announcement_id.filter(|_| message.mail == ANNOUNCEMENT) else {
        return Ok(Gate::Open);
    };
    let row = announcement::Entity::find_by_id(id).one(sereno.db.write()).await?;
    let state = row.and_then(|row| AnnouncementState::from_name(&row.state));
    let repeats = message.canonical.is_none();
    Ok(match state {
        Some(AnnouncementState::Sending | AnnouncementState::Sent) => Gate::Open,
        Some(AnnouncementState::Paused) if repeats => Gate::Open,
        Some(AnnouncementState::Paused) => Gate::Closed,
        _ => Gate::Ended,
    })
}

/// States of an announcement that may still leave, and can be ended.
pub const OPEN: [AnnouncementState; 3] = [
    AnnouncementState::Scheduled,
    AnnouncementState::Sending,
    AnnouncementState::Paused,
];

/// An event about an announcement.
#[must_use]
pub fn about(kind: EventKind, row: &announcement::Model) -> Event {
    Event::new(kind)
        .with("announcement_id", row.id.to_string())
        .with("announcement", row.name.as_str())
}

/// Ends one: what has not left does not leave, and its list is forgotten. A mail that is being handed over finds out by
/// itself, should it come back.
///
/// # Errors
/// When the database is away.
pub async fn end(tx: &mut Tx, row: &announcement::Model) -> Result<()> {
    use email_message::Column;
    let change = announcement::ActiveModel {
        id: Set(row.id),
        state: Set(AnnouncementState::Cancelled.as_str().to_owned()),
        run: Set(row.run + 1),
        finished_at: Set(Some(tx.now())),
        ..Default::default()
    };
    let row = announcement::Entity::update(change).exec(tx.db()).await?;
    announcement_address::Entity::delete_many()
        .filter(announcement_address::Column::AnnouncementId.eq(row.id))
        .exec(tx.db())
        .await?;
    outbox::take_out(
        tx,
        Condition::all()
            .add(Column::AnnouncementId.eq(row.id))
            .add(Column::Mail.eq(ANNOUNCEMENT)),
    )
    .await?;
    tx.record(about(EventKind::AnnouncementCancelled, &row));
    Ok(())
}

/// Whether a mail belongs to an announcement that was ended: then it does not leave by itself either.
///
/// # Errors
/// When the database is away.
pub async fn is_ended<C: ConnectionTrait>(db: &C, message: &email_message::Model) -> Result<bool> {
    Ok(!ended_of(db, std::iter::once(message)).await?.is_empty())
}

/// Which of the announcements that these mails belong to were ended.
///
/// # Errors
/// When the database is away.
pub async fn ended_of<C: ConnectionTrait>(
    db: &C,
    messages: impl Iterator<Item = &email_message::Model> + Send,
) -> Result<HashSet<Uuid>> {
    let ids: Vec<Uuid> = messages.filter_map(|message| message.announcement_id).collect();
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let ended: Vec<Uuid> = announcement::Entity::find()
        .select_only()
        .column(announcement::Column::Id)
        .filter(announcement::Column::Id.is_in(ids))
        .filter(announcement::Column::State.eq(AnnouncementState::Cancelled.as_str()))
        .into_tuple()
        .all(db)
        .await?;
    Ok(ended.into_iter().collect())
}

/// Deletes mails from the history. How many of an announcement's own stood where stays in its row; those that had not left
/// count as skipped.
///
/// # Errors
/// When the database is away.
pub async fn forget(tx: &Tx, which: Condition) -> Result<()> {
    use announcement::Column as Kept;
    use email_message::Column;
    let counted: Vec<(Uuid, String, i64)> = email_message::Entity::find()
        .select_only()
        .column(Column::AnnouncementId)
        .column(Column::Status)
        .column_as(Column::Id.count(), "mails")
        .filter(which.clone())
        .filter(Column::AnnouncementId.is_not_null())
        .filter(Column::Canonical.is_not_null())
        .group_by(Column::AnnouncementId)
        .group_by(Column::Status)
        .order_by_asc(Column::AnnouncementId)
        .into_tuple()
        .all(tx.db())
        .await?;
    for (id, status, mails) in counted {
        let column = match MessageState::from_name(&status) {
            Some(MessageState::Sent) => Kept::SweptSent,
            Some(MessageState::Failed) | None => Kept::SweptFailed,
            Some(MessageState::Cancelled) => Kept::SweptCancelled,
            Some(MessageState::Queued | MessageState::Sending | MessageState::Held | MessageState::Skipped) => {
                Kept::SweptSkipped
            }
        };
        announcement::Entity::update_many()
            .col_expr(column, Expr::col(column).add(mails))
            .filter(Kept::Id.eq(id))
            .exec(tx.db())
            .await?;
    }
    email_message::Entity::delete_many().filter(which).exec(tx.db()).await?;
    Ok(())
}

/// A mail of an announcement as it leaves.
pub(super) enum Written {
    /// This.
    Mail(Box<OutgoingMail>),
    /// Nothing: nobody waits for it any more.
    Nothing,
    /// Nothing: its template cannot say it, and why.
    Broken(MessageReason, String),
}

/// What a mail of an announcement says to its recipient.
pub(super) async fn written(sereno: &Sereno, message: &email_message::Model, id: Uuid) -> Result<Written> {
    let Some(row) = announcement::Entity::find_by_id(id).one(sereno.db.read()).await? else {
        return Ok(Written::Nothing);
    };
    let person = match message.user_id {
        Some(user_id) => subject::find(sereno.db.read(), user_id).await?,
        None => None,
    };
    if matches!(&person, Some((user, _)) if user.state() == UserState::Deleting) {
        return Ok(Written::Nothing);
    }
    let canonical = identifier::canonical(&message.recipient);
    let token = optout::token(sereno, &canonical, message.user_id);
    let link = sereno.link(&format!("{}?token={token}", optout::PAGE));
    let values = values(&row, Map::new(), &message.recipient, person.as_ref());
    let said = match say(sereno, &row, &values).await {
        Ok(said) => said,
        Err(Error::Refused { fields, .. }) => {
            let gone = fields.iter().any(|field| field.code == Code::TemplateNotFound);
            let reason = if gone {
                MessageReason::TemplateNotFound
            } else {
                MessageReason::TemplateSyntaxError
            };
            let why = fields.iter().map(in_words).collect::<Vec<_>>().join("; ");
            return Ok(Written::Broken(reason, why));
        }
        Err(error) => return Err(error),
    };
    // a retry may have another version than the attempt before
    if said.version != message.template_version {
        email_message::Entity::update_many()
            .col_expr(email_message::Column::TemplateVersion, Expr::value(said.version))
            .filter(email_message::Column::Id.eq(message.id))
            .exec(sereno.db.write())
            .await?;
    }
    let mail = finished(sereno, said, &message.recipient, &link, None).await?;
    let subject = if message.mail == ANNOUNCEMENT {
        mail.subject
    } else {
        format!("[Test] {}", mail.subject)
    };
    Ok(Written::Mail(Box::new(OutgoingMail {
        recipient: message.recipient.clone(),
        subject,
        text: mail.text,
        html: mail.html,
        reply_to: row.reply_to,
        unsubscribe: Some(link),
        ..OutgoingMail::default()
    })))
}

/// `html, line 3: unknown variable`, or `context.topic: blank`: what is wrong, for whoever reads the history.
fn in_words(fault: &FieldError) -> String {
    let said = |name: &str| {
        fault.params.get(name).map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
    };
    let place = said("part").unwrap_or_else(|| fault.field.clone());
    let line = said("line").map(|line| format!(", line {line}")).unwrap_or_default();
    let why = said("reason").unwrap_or_else(|| fault.code.as_str().to_owned());
    format!("{place}{line}: {why}")
}

/// Whether an announcement can be said as it will be: to somebody of whom nothing is known but the address, and without
/// samples, which would hide that a value is missing.
///
/// # Errors
/// `validation_failed` on `template`: `template_not_found`, `template_syntax_error`; on `context.<name>`: `blank`.
pub async fn check(sereno: &Sereno, row: &announcement::Model) -> Result<()> {
    let values = values(row, Map::new(), "ana@example.org", None);
    say(sereno, row, &values).await.map(|_| ())
}

/// An announcement as it looks, with samples of what its template knows of a recipient and a link that leads nowhere.
///
/// # Errors
/// `validation_failed` on `template`: `template_not_found`, `template_syntax_error`.
pub async fn sample(
    sereno: &Sereno,
    row: &announcement::Model,
    address: &str,
    look: Option<EmailLook>,
) -> Result<Rendered> {
    let mut samples = Map::new();
    if let Some(name) = &row.template {
        let template = Template::Custom(name.trim_start_matches(template::CUSTOM).to_owned());
        for variable in declared(sereno, &template).await? {
            samples.insert(variable.name, Value::String(variable.sample));
        }
    }
    let values = values(row, samples, address, None);
    let said = say(sereno, row, &values).await?;
    let link = sereno.link(&format!("{}?token=\u{2022}\u{2022}\u{2022}\u{2022}", optout::PAGE));
    finished(sereno, said, address, &link, look).await
}

/// The same for a mail of the history, while the announcement is there and can be said.
///
/// # Errors
/// When the database is away.
pub async fn masked(sereno: &Sereno, id: Uuid, address: &str) -> Result<Option<Rendered>> {
    let Some(row) = announcement::Entity::find_by_id(id).one(sereno.db.read()).await? else {
        return Ok(None);
    };
    match sample(sereno, &row, address, None).await {
        Ok(mail) => Ok(Some(mail)),
        Err(Error::Refused { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

struct Said {
    rendered: Rendered,
    locale: Locale,
    version: Option<i64>,
}

async fn say(sereno: &Sereno, row: &announcement::Model, values: &Map<String, Value>) -> Result<Said> {
    let locale = Locale::from_tag(&row.language).unwrap_or_default();
    let Some(name) = &row.template else {
        let text = if row.text.trim().is_empty() {
            plain_text::of_html(&row.html)
        } else {
            row.text.clone()
        };
        return Ok(Said {
            rendered: Rendered {
                subject: row.subject.clone(),
                text,
                html: row.html.clone(),
            },
            locale,
            version: None,
        });
    };
    let custom = template::render_custom(sereno, name, locale, values).await?;
    let mut rendered = custom.rendered;
    if !row.subject.is_empty() {
        rendered.subject.clone_from(&row.subject);
    }
    Ok(Said {
        rendered,
        locale: custom.locale,
        version: Some(custom.version),
    })
}

/// Inside the frame, above both footers. One without HTML stays without.
async fn finished(sereno: &Sereno, said: Said, address: &str, link: &str, look: Option<EmailLook>) -> Result<Rendered> {
    let foot = AnnouncementFooter {
        brand: sereno.config.brand_name(),
        link: link.to_owned(),
    };
    let foot = foot.shipped(said.locale)?;
    let is_plain = said.rendered.html.trim().is_empty();
    let mut mail = framed_with(sereno, said.locale, said.rendered, (address, &foot), look).await?;
    if is_plain {
        mail.html.clear();
    }
    Ok(mail)
}

/// What a template may name: what staff said, and what is known of the recipient before it.
fn values(
    row: &announcement::Model,
    samples: Map<String, Value>,
    address: &str,
    person: Option<&(user::Model, Option<user_email::Model>)>,
) -> Map<String, Value> {
    let mut values = samples;
    if let Value::Object(context) = &row.context {
        values.extend(context.clone());
    }
    let mut known = vec![("address", address.to_owned()), ("email", address.to_owned())];
    if let Some((user, _)) = person {
        let username = user.username.clone().unwrap_or_default();
        let whole = format!("{} {}", user.first_name, user.last_name).trim().to_owned();
        let language = user.locale.clone().unwrap_or_default();
        known.extend([
            ("name", if whole.is_empty() { username.clone() } else { whole }),
            ("first_name", user.first_name.clone()),
            ("last_name", user.last_name.clone()),
            ("username", username),
            ("locale", language.clone()),
            ("language", language),
        ]);
    }
    for (name, value) in known {
        if !value.is_empty() {
            values.insert(name.to_owned(), Value::String(value));
        }
    }
    for name in ["name", "first_name", "last_name", "username", "locale", "language"] {
        values.entry(name).or_insert_with(|| Value::String(String::new()));
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_template_lacks_is_said_with_its_place() {
        let fault = FieldError::new("template", Code::TemplateSyntaxError)
            .with("part", "html")
            .with("line", 3)
            .with("reason", "there is no variable topic");
        assert_eq!(in_words(&fault), "html, line 3: there is no variable topic");
        let missing = FieldError::new("context.topic", Code::Blank);
        assert_eq!(in_words(&missing), "context.topic: blank");
    }

    #[test]
    fn the_footer_tells_the_way_out_in_every_language() {
        for &locale in Locale::ALL {
            let foot = AnnouncementFooter {
                brand: "<Brand>".to_owned(),
                link: "https://id.example.org/account/unsubscribe?token=abc".to_owned(),
            };
            let foot = foot.shipped(locale).unwrap();
            for part in [&foot.text, &foot.html] {
                assert!(part.contains("/account/unsubscribe?token=abc"), "{part}");
            }
            assert!(!foot.html.contains("<Brand>") && foot.text.contains("<Brand>"));
        }
    }
}

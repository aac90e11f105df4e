//! The mails of an announcement: what each says to whom it goes, with the link by which they end, and whether it may leave
//! while staff makes the whole wait. What it says stands in the announcement's row; it holds no secret of ours but that link.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Map, Value};
use sereno_types::{AnnouncementState, Code, EmailLook, MessageReason, UserState};
use uuid::Uuid;

use super::layout::Foot;
use super::mails::{Rendered, part};
use super::plain_text;
use super::render::{TRIED, declared, framed_with};
use super::template::{self, Template};
use super::{ANNOUNCEMENT, optout};
use crate::access::subject;
use crate::context::{Locale, Sereno};
use crate::entity::{announcement, email_message, user, user_email};
use crate::error::{Error, Result};
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

/// Asks for each of an announcement's own mails; those that try or repeat one go by themselves.
pub(super) async fn gate(sereno: &Sereno, message: &email_message::Model) -> Result<Gate> {
    let (Some(id), Some(_)) = (message.announcement_id, &message.canonical) else {
        return Ok(Gate::Open);
    };
    let row = announcement::Entity::find_by_id(id).one(sereno.db.write()).await?;
    Ok(match row.map(|row| AnnouncementState::from_name(&row.state)) {
        Some(Some(AnnouncementState::Sending | AnnouncementState::Sent)) => Gate::Open,
        Some(Some(AnnouncementState::Paused)) => Gate::Closed,
        _ => Gate::Ended,
    })
}

/// A mail of an announcement as it leaves.
pub(super) enum Written {
    /// This.
    Mail(Box<OutgoingMail>),
    /// Nothing: nobody waits for it any more.
    Nothing,
    /// Nothing: its template cannot say it.
    Broken(MessageReason),
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
            return Ok(Written::Broken(if gone {
                MessageReason::TemplateNotFound
            } else {
                MessageReason::TemplateSyntaxError
            }));
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
    fn the_footer_tells_the_way_out_in_every_language() {
        for locale in Locale::ALL {
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

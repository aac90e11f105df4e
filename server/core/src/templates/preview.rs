//! Looking at a template before it leaves: rendered with samples or somebody's name, or sent as a mail.

use std::time::Duration;

use sereno_types::{
    Code, EmailPreview, EmailTestQueued, FieldError, Permission, PreviewEmailTemplate, TestEmailTemplate,
};

use super::versions::said;
use super::{DRAFT, Place, row, version};
use crate::access::subject;
use crate::account::{find, identifier};
use crate::context::limiter::{self, Limit};
use crate::context::{RequestMeta, Sereno, Staff};
use crate::entity::{user, user_email};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::notify::{self, Recipient, Tried};

/// How many times as many test mails as mails of one kind go to one address in an hour.
const TESTS: u64 = 4;

/// A template as it would leave. Links and codes are samples, whoever it is for.
///
/// # Errors
/// `permission_denied`, `not_found`; `validation_failed` with `template_syntax_error` and the like on a part of the text
/// (`source.html`), with `invalid_choice` on `of` or `user`.
pub async fn preview(
    sereno: &Sereno,
    staff: &Staff,
    (name, language): (&str, &str),
    command: PreviewEmailTemplate,
) -> Result<EmailPreview> {
    staff.require(Permission::EmailTemplatesView)?;
    let db = sereno.db.read();
    let place = Place::find(db, name, language).await?;
    let is_unsaved = command.source.is_some();
    let source = match (command.source, command.of.as_deref().filter(|of| !of.is_empty())) {
        (Some(mut source), _) => {
            source.subject = source.subject.trim().to_owned();
            source
        }
        (None, Some(of)) => said(db, &place, "of", of).await?,
        (None, None) => match said(db, &place, "of", "draft").await {
            Ok(source) => source,
            Err(Error::Refused { .. }) => said(db, &place, "of", "live").await?,
            Err(error) => return Err(error),
        },
    };
    let person = match command.user.as_deref().map(str::trim).filter(|user| !user.is_empty()) {
        Some(text) => Some(person(sereno, staff, text).await?),
        None => None,
    };
    let mut values = notify::samples(&place.variables);
    for (name, value) in &mut values {
        if let Some(theirs) = person.as_ref().and_then(|person| person.value(name)) {
            *value = theirs.into();
        }
    }
    let address = person
        .as_ref()
        .map_or("ana@example.org", |person| person.address.as_str());
    let tried = Tried {
        template: &place.template,
        locale: place.locale,
        source: &source,
        values,
        address,
        look: command.look,
    };
    let mail = notify::sampled(sereno, tried).await;
    let mail = if is_unsaved { mail.map_err(in_source)? } else { mail? };
    Ok(EmailPreview {
        subject: if place.template.has_subject() {
            mail.subject
        } else {
            String::new()
        },
        text: mail.text,
        html: mail.html,
    })
}

/// The faults of a text that came with the request, where they stand in it.
fn in_source(error: Error) -> Error {
    let Error::Refused { code, mut fields, .. } = error else {
        return error;
    };
    for fault in &mut fields {
        fault.field.insert_str(0, "source.");
    }
    if code == Code::ValidationFailed {
        Error::fields(fields)
    } else {
        code.into()
    }
}

/// What a mail may say of somebody.
struct Person {
    address: String,
    first_name: String,
    last_name: String,
    name: String,
    username: String,
    language: String,
}

impl Person {
    /// What a variable of this name holds for them.
    fn value(&self, variable: &str) -> Option<&str> {
        Some(match variable {
            "address" | "email" => &self.address,
            "first_name" => &self.first_name,
            "last_name" => &self.last_name,
            "name" => &self.name,
            "username" => &self.username,
            "locale" | "language" => &self.language,
            _ => return None,
        })
    }
}

/// The user whom a preview is for. Who may not look at users is told of none.
async fn person(sereno: &Sereno, staff: &Staff, text: &str) -> Result<Person> {
    staff.require(Permission::UsersView)?;
    let unknown = || Error::field("user", Code::InvalidChoice);
    let user = find::named(sereno, text).await?.ok_or_else(unknown)?;
    let found = subject::find(sereno.db.read(), user.id).await?;
    let (user, email): (user::Model, Option<user_email::Model>) = found.ok_or_else(unknown)?;
    let whole = format!("{} {}", user.first_name, user.last_name);
    let username = user.username.unwrap_or_default();
    let name = Some(whole.trim().to_owned()).filter(|name| !name.is_empty());
    Ok(Person {
        address: email.map(|email| email.address).unwrap_or_default(),
        name: name.unwrap_or_else(|| username.clone()),
        first_name: user.first_name,
        last_name: user.last_name,
        language: user.locale.unwrap_or_default(),
        username,
    })
}

/// Sends the draft, else what is in use, with samples and a subject that says so. It goes the way of all mails.
///
/// # Errors
/// `permission_denied`, `not_found`, `too_many_requests`; `validation_failed` on `to`: `invalid_email`, and `blank` where
/// nobody is said and staff has no confirmed address; `state_conflict` where there is nothing to send.
pub async fn send(
    sereno: &Sereno,
    meta: &RequestMeta,
    staff: &Staff,
    (name, language): (&str, &str),
    command: TestEmailTemplate,
) -> Result<EmailTestQueued> {
    staff.require(Permission::EmailTemplatesManage)?;
    let db = sereno.db.read();
    let place = Place::find(db, name, language).await?;
    let own = match staff.actor().caller() {
        Ok(caller) => subject::find(db, caller.user_id).await?,
        Err(_) => None,
    };
    let said = command.to.as_deref().map(str::trim).filter(|to| !to.is_empty());
    let (user_id, address) = match (said, own) {
        (Some(to), _) => {
            let mut faults = Vec::new();
            let email = identifier::email_of("to", to, &mut faults).ok_or_else(|| Error::fields(faults))?;
            (None, email.address)
        }
        (None, Some((user, Some(email)))) if email.verified_at.is_some() => (Some(user.id), email.address),
        (None, _) => return Err(Error::fields(vec![FieldError::new("to", Code::Blank)])),
    };
    let template = row(db, &place).await?;
    let about = match &template {
        None => None,
        Some(template) => match (version(db, template, DRAFT).await?, template.live_version) {
            (Some(draft), _) => Some(draft.id),
            (None, Some(live)) => version(db, template, live).await?.map(|row| row.id),
            (None, None) => None,
        },
    };
    if about.is_none() && place.template.shipped(place.locale).is_none() {
        return Err(Code::StateConflict.into());
    }
    let most = sereno.config.limit.mails_per_recipient * TESTS;
    let canonical = identifier::canonical(&address);
    let mut limits = vec![Limit::new(
        sereno,
        "mail.test",
        &canonical,
        most,
        Duration::from_hours(1),
    )];
    let caller = staff.actor().caller().ok().map(|caller| caller.user_id.to_string());
    if let Some(caller) = &caller {
        limits.push(Limit::new(sereno, "mail.test", caller, most, Duration::from_hours(1)));
    }
    limiter::take(sereno, &limits).await?;
    let mut tx = sereno.begin(meta, staff.actor()).await?;
    let recipient = Recipient {
        user_id,
        credential_epoch: 0,
        address: address.clone(),
        locale: Some(place.locale),
    };
    let id = notify::queue_tried(sereno, &mut tx, &place.template, recipient, about).await?;
    tx.record(
        Event::new(EventKind::EmailTemplateTested)
            .with("template", name)
            .with("language", language)
            .with("message_id", id.to_string()),
    );
    tx.commit().await?;
    Ok(EmailTestQueued { to: address })
}

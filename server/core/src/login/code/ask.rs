//! Asking for a code. The answer, and what is written before it, are the same whoever the identifier names, if anybody;
//! the job finds out. Nothing is written onto an account before somebody has proven to own it: the device that a client
//! describes waits in the request's own row.

use std::time::Duration;

use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use sereno_types::{AskLoginCode, Id, Locale, LoginCodeAsked};
use uuid::Uuid;

use super::super::applying;
use super::send::SendLoginCode;
use crate::account::{attempts, identifier, look_up};
use crate::context::limiter::{self, Limit};
use crate::context::{Actor, RequestMeta, Sereno, Tx};
use crate::device::Described;
use crate::entity::login_code::{ActiveModel, Column, Entity};
use crate::entity::{user, user_email};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::intent::{Intent, IntentKind};
use crate::notify::{self, MailKind};

/// Asks for a code. One that is asked for with a device is heard only together with the handle of this answer.
///
/// # Errors
/// `login_codes_off`, `validation_failed`, `invalid_client`, `unauthorized_client`, `too_many_requests`, `refused_by_hook`.
pub async fn ask(sereno: &Sereno, meta: &RequestMeta, command: AskLoginCode) -> Result<LoginCodeAsked> {
    request(sereno, meta, command, false).await
}

/// Asks for a code in a browser, which keeps the handle: without it the code is not heard, so that nobody else can use up
/// its attempts.
///
/// # Errors
/// As [`ask`].
pub async fn ask_in_browser(sereno: &Sereno, meta: &RequestMeta, identifier: String) -> Result<LoginCodeAsked> {
    let command = AskLoginCode {
        identifier,
        ..AskLoginCode::default()
    };
    request(sereno, meta, command, true).await
}

/// The handle of the latest request that still works and that was made on the device of this uuid, for clients that keep no
/// handle. Whoever calls must have made sure that the uuid is of that account: a handle lets guesses count.
///
/// # Errors
/// When the database is away.
pub async fn handle_on(sereno: &Sereno, identifier: &str, device: Uuid) -> Result<Option<Id>> {
    let subject = subject(sereno, identifier).await?;
    let asked = super::alike(sereno, &subject, Some(device)).await?;
    Ok(asked.first().map(|asked| Id(asked.id.to_string())))
}

/// The address that codes for this identifier go to.
async fn subject(sereno: &Sereno, identifier: &str) -> Result<String> {
    let user = look_up::by_identifier(sereno, identifier).await?;
    let primary = user_email::Entity::find()
        // asks the same of an account that does not exist
        .filter(user_email::Column::UserId.eq(user.map_or(Uuid::nil(), |user| user.id)))
        .filter(user_email::Column::IsPrimary.eq(true))
        .one(sereno.db.read())
        .await?;
    Ok(primary.map_or_else(|| identifier::canonical(identifier), |email| email.canonical))
}

async fn request(
    sereno: &Sereno,
    meta: &RequestMeta,
    command: AskLoginCode,
    in_browser: bool,
) -> Result<LoginCodeAsked> {
    super::must_be_on(sereno)?;
    sereno.limit_address("ask_code", meta)?;
    let mut faults = Vec::new();
    look_up::identifier_field(&command.identifier, &mut faults);
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    let described = Described::read(command.device.as_ref())?;
    let is_named = command.client_id.is_some();
    let application_id = if in_browser {
        None
    } else {
        let application = applying(sereno, meta, command.client_id, command.client_secret).await?;
        Some(application.id).filter(|_| is_named)
    };
    let user = look_up::by_identifier(sereno, &command.identifier).await?;
    let user_id = user.as_ref().map(|user| user.id);
    let intent = Intent::new(IntentKind::LoginCode).typed(&command.identifier).by("otp");
    sereno
        .intend(meta, intent.about(user_id).through(application_id))
        .await?;
    let canonical = identifier::canonical(&command.identifier);
    limit(sereno, meta, user.as_ref(), &canonical).await?;
    let id = sereno.new_id()?;
    let device = described.as_ref().and_then(|described| described.uuid);
    let asking = Asking {
        id,
        typed: &command.identifier,
        canonical,
        application_id,
        binding: device.or_else(|| (in_browser || described.is_some()).then_some(id)),
        described,
    };
    let mut tx = sereno.begin(meta, &Actor::Anonymous).await?;
    write(sereno, &mut tx, asking, user.as_ref()).await?;
    tx.commit().await?;
    Ok(LoginCodeAsked {
        device_id: Id(id.to_string()),
    })
}

/// Counts by what was typed and never by whom it names: a counter that name and address share would tell that they belong
/// together. One network cannot use up what all others share, and networks that the account was signed in from have a counter
/// of their own: a stranger who asks and asks does not keep the owner from asking.
async fn limit(sereno: &Sereno, meta: &RequestMeta, user: Option<&user::Model>, typed: &str) -> Result<()> {
    let hour = Duration::from_hours(1);
    let most = sereno.config.limit.mails_per_recipient;
    if attempts::has_signed_in_from(sereno.db.read(), user, meta.address).await? {
        let from_known = Limit::new(sereno, "mail.login_code.known", typed, most, hour);
        return limiter::take(sereno, &[from_known]).await;
    }
    let network = meta
        .address
        .map_or_else(String::new, |address| limiter::network(address).to_string());
    let whom = format!("{network} {typed}");
    let from_here = Limit::new(sereno, "mail.login_code.network", &whom, most.div_ceil(2), hour);
    limiter::take(sereno, &[from_here]).await?;
    notify::limit(sereno, MailKind::LoginCode, typed).await
}

/// What was asked for.
struct Asking<'a> {
    id: Uuid,
    typed: &'a str,
    canonical: String,
    application_id: Option<Uuid>,
    binding: Option<Uuid>,
    described: Option<Described>,
}

async fn write(sereno: &Sereno, tx: &mut Tx, asking: Asking<'_>, user: Option<&user::Model>) -> Result<()> {
    let user_id = user.map(|user| user.id);
    let primary = user_email::Entity::find()
        // asks the same of an account that does not exist
        .filter(user_email::Column::UserId.eq(user_id.unwrap_or_default()))
        .filter(user_email::Column::IsPrimary.eq(true))
        .one(tx.db())
        .await?;
    let subject = primary.map_or(asking.canonical, |email| email.canonical);
    let typed = identifier::email(asking.typed).ok().filter(|_| user.is_none());
    if sereno.config.login_code.resend == "replace" {
        end_alike(tx, &subject, asking.binding).await?;
    }
    let now = tx.now();
    let row = ActiveModel {
        id: Set(asking.id),
        subject: Set(subject),
        address: Set(typed.map(|email| email.address)),
        user_id: Set(user_id),
        credential_epoch: Set(user.map(|user| user.credential_epoch)),
        application_id: Set(asking.application_id),
        binding: Set(asking.binding),
        device: Set(asking.described.as_ref().map(Described::keep)),
        locale: Set(tx.meta().locale.map_or("", Locale::as_str).to_owned()),
        created_at: Set(now),
        expires_at: Set(now.plus(sereno.config.login_code.lifetime.span())),
        ended_at: Set(None),
    };
    Entity::insert(row).exec_without_returning(tx.db()).await?;
    let event = Event::new(EventKind::CodeRequested).about(user_id);
    tx.record(match asking.application_id {
        Some(application_id) => event.through(application_id),
        None => event,
    });
    tx.enqueue(&SendLoginCode { asked: asking.id })
}

/// Ends every request that was made in the same way.
pub(super) async fn end_alike(tx: &Tx, subject: &str, binding: Option<Uuid>) -> Result<()> {
    let bound = match binding {
        Some(binding) => Column::Binding.eq(binding),
        None => Column::Binding.is_null(),
    };
    Entity::update_many()
        .col_expr(Column::EndedAt, Expr::value(tx.now().0))
        .filter(Column::Subject.eq(subject))
        .filter(bound)
        .filter(Column::EndedAt.is_null())
        .exec(tx.db())
        .await?;
    Ok(())
}

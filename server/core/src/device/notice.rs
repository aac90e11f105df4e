//! Telling users of a sign-in: by mail where the device is new to them, and on the devices they have already.

use std::collections::BTreeMap;
use std::time::Duration;

use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use sereno_types::Locale;

use crate::context::{Sereno, Tx};
use crate::entity::{device, email_message, user, user_email};
use crate::error::Result;
use crate::event::{Event, EventKind};
use crate::notify::{self, MailKind, Recipient};
use crate::push::{self, Message, To};

/// Queues the mail that tells of a new device, to a confirmed address and not more often than other mails.
pub(super) async fn mail(sereno: &Sereno, tx: &mut Tx, user: &user::Model) -> Result<()> {
    let email = user_email::Entity::find()
        .filter(user_email::Column::UserId.eq(user.id))
        .filter(user_email::Column::IsPrimary.eq(true))
        .filter(user_email::Column::VerifiedAt.is_not_null());
    let Some(email) = email.one(tx.db()).await? else {
        return Ok(());
    };
    // not by the limiter, whose refusal would keep the owner out
    let lately = email_message::Entity::find()
        .filter(email_message::Column::UserId.eq(user.id))
        .filter(email_message::Column::Mail.eq(MailKind::NewDevice.as_str()))
        .filter(email_message::Column::CreatedAt.gt(tx.now().minus(Duration::from_hours(1))));
    let most = sereno.config.limit.mails_per_recipient;
    if most > 0 && lately.count(tx.db()).await? >= most {
        return Ok(());
    }
    let recipient = Recipient {
        user_id: Some(user.id),
        credential_epoch: user.credential_epoch,
        address: email.address,
        // the request may be somebody else's
        locale: user.language().or(tx.meta().locale),
    };
    notify::queue(sereno, tx, MailKind::NewDevice, recipient).await?;
    Ok(())
}

/// Queues the notification that tells of a sign-in on this device, for every device of the user that has a push token and that
/// they are signed in on. Only where a push service is set up.
pub(super) async fn push(sereno: &Sereno, tx: &mut Tx, user: &user::Model, on: &device::Model) -> Result<()> {
    if sereno.push.is_none() {
        return Ok(());
    }
    let to = To::Entering {
        user: user.id,
        device: on.id,
    };
    let locale = user.language().or(tx.meta().locale);
    let message = message(locale.unwrap_or_else(|| sereno.config.mail_locale()), on);
    let (batch, rows) = push::queue(sereno, tx, to, &message).await?;
    if !rows.is_empty() {
        tx.record(
            Event::new(EventKind::PushQueued)
                .about(user.id)
                .with("batch", batch.to_string())
                .with("devices", rows.len() as u64),
        );
    }
    Ok(())
}

fn message(locale: Locale, on: &device::Model) -> Message {
    let name = on.name.clone().unwrap_or_default();
    let address = on.address.clone().unwrap_or_default();
    let (title, body) = words(locale, &name, &address);
    let data = [
        ("type", "login".to_owned()),
        ("ip", address),
        ("device", name),
        ("device_id", on.id.to_string()),
    ];
    let data: BTreeMap<_, _> = data.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Message {
        title: title.to_owned(),
        body,
        data,
        channel: None,
    }
}

/// What is not known is left out.
fn words(locale: Locale, device: &str, address: &str) -> (&'static str, String) {
    let (title, sentence, on, from) = match locale {
        Locale::En => ("New sign-in", "Somebody signed in to your account", "on", "from"),
        Locale::De => (
            "Neue Anmeldung",
            "Jemand hat sich bei Ihrem Konto angemeldet",
            "auf",
            "von",
        ),
        Locale::Es => (
            "Nuevo inicio de sesión",
            "Se ha iniciado sesión en su cuenta",
            "en",
            "desde",
        ),
    };
    let mut body = sentence.to_owned();
    for (word, what) in [(on, device), (from, address)] {
        if !what.is_empty() {
            body = format!("{body} {word} {what}");
        }
    }
    (title, body + ".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_left_out() {
        for (device, address, expected) in [
            (
                "Pixel 8",
                "192.0.2.1",
                "Somebody signed in to your account on Pixel 8 from 192.0.2.1.",
            ),
            ("", "192.0.2.1", "Somebody signed in to your account from 192.0.2.1."),
            ("", "", "Somebody signed in to your account."),
        ] {
            assert_eq!(words(Locale::En, device, address), ("New sign-in", expected.to_owned()));
        }
    }
}

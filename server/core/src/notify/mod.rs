//! Mails: what they say, how they are queued in the transaction that wants them, and how they leave. The queue holds
//! ids; the secrets a mail carries are minted when it leaves (`mint`), and its body is not kept. What staff wrote in the
//! place of a shipped template stands in `template`; both leave inside one `layout`.

mod deliver;
mod layout;
pub(crate) mod login_code;
mod mails;
mod mint;
mod render;
pub mod template;
pub mod transport;

use std::time::Duration;

use sea_orm::{ActiveValue::Set, EntityTrait};
use uuid::Uuid;

pub use deliver::DeliverMail;
pub use mails::{MailKind, Rendered};
pub(crate) use render::{TRIED, Tried, sampled, with_subject};

use crate::context::limiter::{self, Limit};
use crate::context::{Locale, Sereno, Tx};
use crate::entity::email_message;
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
    /// The language.
    pub locale: Locale,
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
    queue_named(sereno, tx, mail.as_str(), to, about).await
}

/// Queues a template with samples, for staff to look at: the version that it is about, else what is shipped.
pub(crate) async fn queue_tried(
    sereno: &Sereno,
    tx: &mut Tx,
    template: &template::Template,
    to: Recipient,
    about: Option<Uuid>,
) -> Result<Uuid> {
    let name = format!("{TRIED}{}", template.name());
    queue_named(sereno, tx, &name, to, about).await
}

async fn queue_named(sereno: &Sereno, tx: &mut Tx, name: &str, to: Recipient, about: Option<Uuid>) -> Result<Uuid> {
    let id = sereno.new_id()?;
    let row = email_message::ActiveModel {
        id: Set(id),
        project_id: Set(None),
        user_id: Set(to.user_id),
        mail: Set(name.to_owned()),
        recipient: Set(to.address),
        locale: Set(to.locale.as_str().to_owned()),
        status: Set("queued".to_owned()),
        reason: Set(None),
        transport_answer: Set(None),
        attempts: Set(0),
        created_at: Set(tx.now()),
        sent_at: Set(None),
        template_version: Set(None),
    };
    email_message::Entity::insert(row)
        .exec_without_returning(tx.db())
        .await?;
    tx.enqueue(&DeliverMail {
        message_id: id,
        credential_epoch: to.credential_epoch,
        about,
    })?;
    Ok(id)
}

/// Counts a request for a mail of this kind to whom this names, known or not. Each kind counts apart, so that nobody can
/// keep one mail away by asking for another.
///
/// # Errors
/// `too_many_requests`.
pub async fn limit(sereno: &Sereno, mail: MailKind, canonical: &str) -> Result<()> {
    let (what, most) = (
        format!("mail.{}", mail.as_str()),
        sereno.config.limit.mails_per_recipient,
    );
    limiter::take(
        sereno,
        &[Limit::new(sereno, &what, canonical, most, Duration::from_hours(1))],
    )
    .await
}

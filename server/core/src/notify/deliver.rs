//! A mail leaves: it is rendered with fresh secrets, handed over, and the outcome is written into the history. Runs at
//! least once; a retry mints anew, and earlier secrets of the same mail stay good until one is used.

use sea_orm::{ActiveValue::Set, EntityTrait};
use serde::{Deserialize, Serialize};
use sereno_types::Code;
use uuid::Uuid;

use super::mails::MailKind;
use super::render::render;
use crate::context::{Actor, Failure, Job, RequestMeta, Sereno, tidy};
use crate::entity::email_message;
use crate::error::Result;
use crate::event::{Event, EventKind};
use crate::port::mail::{MailError, OutgoingMail};

/// Delivers one mail of the history.
#[derive(Debug, Serialize, Deserialize)]
pub struct DeliverMail {
    /// The mail's row.
    pub message_id: Uuid,
    /// The recipient's credential epoch when the mail was asked for.
    pub credential_epoch: i64,
    /// The row of another table that it is about.
    #[serde(default)]
    pub about: Option<Uuid>,
}

impl Job for DeliverMail {
    const NAME: &'static str = "deliver_mail";

    async fn run(self, sereno: &Sereno) -> Result<(), Failure> {
        let message = email_message::Entity::find_by_id(self.message_id)
            .one(sereno.db.read())
            .await?;
        let Some(message) = message.filter(|message| message.status == "queued") else {
            return Ok(());
        };
        let Some(mail) = render(sereno, &message, self.credential_epoch, self.about).await? else {
            let skipped = Outcome::of("skipped", Some("no_longer_wanted"), None);
            return Ok(finish(sereno, &message, skipped).await?);
        };
        let mail = OutgoingMail {
            recipient: message.recipient.clone(),
            subject: mail.subject,
            text: mail.text,
            html: mail.html,
            message_id: message.id.to_string(),
            date: message.created_at,
        };
        match sereno.mail.send(&mail).await {
            Ok(answer) => Ok(finish(sereno, &message, Outcome::tried("sent", None, answer)).await?),
            Err(MailError::Later(why)) => {
                let outcome = Outcome::tried("queued", Some("transport_away"), why.clone());
                finish(sereno, &message, outcome).await?;
                Err(Failure::Later(
                    "the mail server did not take it; its answer stands in the history".to_owned(),
                ))
            }
            Err(MailError::Never(why)) => {
                let outcome = Outcome::tried("failed", Some("transport_refused"), why.clone());
                finish(sereno, &message, outcome).await?;
                Err(Failure::Never(
                    "the mail server refused it; its answer stands in the history".to_owned(),
                ))
            }
        }
    }

    async fn given_up(self, sereno: &Sereno) -> Result<()> {
        let message = email_message::Entity::find_by_id(self.message_id)
            .one(sereno.db.read())
            .await?;
        let Some(message) = message.filter(|message| message.status == "queued") else {
            return Ok(());
        };
        let answer = message.transport_answer.clone();
        let outcome = Outcome::of("failed", Some("attempts_exhausted"), answer);
        finish(sereno, &message, outcome).await
    }
}

/// Longest answer of a mail server that is kept.
const ANSWER_MAX: usize = 500;

/// What became of a mail.
struct Outcome {
    status: &'static str,
    reason: Option<&'static str>,
    answer: Option<String>,
    tried: bool,
}

impl Outcome {
    /// Without asking the transport.
    const fn of(status: &'static str, reason: Option<&'static str>, answer: Option<String>) -> Self {
        Self {
            status,
            reason,
            answer,
            tried: false,
        }
    }

    /// By what the transport said.
    const fn tried(status: &'static str, reason: Option<&'static str>, answer: String) -> Self {
        Self {
            status,
            reason,
            answer: Some(answer),
            tried: true,
        }
    }
}

async fn finish(sereno: &Sereno, message: &email_message::Model, outcome: Outcome) -> Result<()> {
    let status = outcome.status;
    let mut tx = sereno.begin(&RequestMeta::default(), &Actor::System).await?;
    let row = email_message::ActiveModel {
        id: Set(message.id),
        status: Set(status.to_owned()),
        reason: Set(outcome.reason.map(str::to_owned)),
        transport_answer: Set(outcome.answer.map(|answer| tidy(&answer, ANSWER_MAX))),
        attempts: Set(message.attempts + i64::from(outcome.tried)),
        sent_at: Set((status == "sent").then(|| tx.now())),
        ..Default::default()
    };
    if message.mail == MailKind::DeletionDone.as_str() && status != "queued" {
        // the last thing that held the address of somebody who is gone
        email_message::Entity::delete_by_id(message.id).exec(tx.db()).await?;
    } else {
        email_message::Entity::update(row).exec(tx.db()).await?;
    }
    let event = match status {
        "sent" => Some(Event::new(EventKind::EmailSent)),
        "failed" => Some(Event::refused(EventKind::EmailFailed, Code::Unavailable)),
        _ => None,
    };
    if let Some(event) = event {
        tx.record(
            event
                .about(message.user_id)
                .with("mail", message.mail.as_str())
                .with("message_id", message.id.to_string()),
        );
    }
    tx.commit().await
}

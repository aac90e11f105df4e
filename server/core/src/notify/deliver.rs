//! A mail leaves: its secrets are minted, it is rendered, handed over, and the outcome is written into the history (by
//! `outbox`). A retry mints anew, and earlier secrets of the same mail stay good until one is used.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sereno_types::{AttemptOutcome, Locale, MessageReason, MessageState};
use uuid::Uuid;

use super::announcement::{self, Gate, Written};
use super::content;
use super::mails::Rendered;
use super::outbox::{self, Outcome, TakenUp};
use super::project;
use super::render::{framed, render};
use super::rules::{self, Verdict};
use crate::context::{Failure, Job, Sereno};
use crate::entity::email_message;
use crate::error::Result;
use crate::port::mail::{MailError, OutgoingMail};

/// How long a mail waits whose announcement stands still, before it looks again.
const STANDSTILL: Duration = Duration::from_secs(10);

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
        let mut message = match outbox::take_up(sereno, self.message_id).await? {
            TakenUp::Over => return Ok(()),
            TakenUp::Busy(span) => return Err(Failure::Wait(span)),
            TakenUp::Unknown(message) => {
                let unknown = Outcome::of(MessageState::Failed, MessageReason::OutcomeUnknown);
                outbox::finish(sereno, &message, unknown).await?;
                return Err(Failure::Never(
                    "two hand-overs were cut off; it is not sent a third time".to_owned(),
                ));
            }
            TakenUp::Ready(message) => message,
        };
        // the project that it was sent for is gone, and with it who may send it
        if message.credential_epoch.is_none() {
            let ended = Outcome::of(MessageState::Cancelled, MessageReason::CancelledByStaff);
            return Ok(outbox::finish(sereno, &message, ended).await?);
        }
        match announcement::gate(sereno, &message).await? {
            Gate::Open => {}
            Gate::Closed => return Err(Failure::Wait(STANDSTILL)),
            Gate::Ended => {
                let ended = Outcome::of(MessageState::Cancelled, MessageReason::CancelledByStaff);
                return Ok(outbox::finish(sereno, &message, ended).await?);
            }
        }
        let bounced = match rules::judge_row(sereno, &message).await? {
            Verdict::Goes { bounced } => bounced,
            Verdict::Stays(state, reason) => {
                return Ok(outbox::finish(sereno, &message, Outcome::of(state, reason)).await?);
            }
        };
        let mail = match written(sereno, &message, &self).await? {
            Written::Mail(mail) => dated(sereno, &message, *mail),
            Written::Nothing => {
                let skipped = Outcome::of(MessageState::Skipped, MessageReason::NoLongerWanted);
                return Ok(outbox::finish(sereno, &message, skipped).await?);
            }
            Written::Broken(reason, why) => {
                let failed = Outcome::of(MessageState::Failed, reason).because(why);
                return Ok(outbox::finish(sereno, &message, failed).await?);
            }
        };
        let sender = project::sender(sereno, message.project_id).await?;
        let mail = sender.sends(mail);
        if !outbox::begin(sereno, &mut message, sender.transport.name()).await? {
            return Ok(());
        }
        match sender.transport.send(&mail).await {
            Ok(answer) => {
                let sent = Outcome::tried(MessageState::Sent, None, AttemptOutcome::Sent, answer);
                outbox::finish(sereno, &message, sent).await?;
                if bounced {
                    outbox::lift_bounce(sereno, &message.recipient).await?;
                }
                Ok(())
            }
            Err(MailError::Wait(span)) => {
                outbox::step_back(sereno, &message).await?;
                Err(Failure::Wait(span))
            }
            Err(MailError::Later(why) | MailError::Away(why)) => {
                let away = Some(MessageReason::TransportAway);
                let outcome = Outcome::tried(MessageState::Queued, away, AttemptOutcome::Later, why);
                outbox::finish(sereno, &message, outcome).await?;
                Err(Failure::Later(
                    "the mail server did not take it; its answer stands in the history".to_owned(),
                ))
            }
            Err(refused @ (MailError::Never(_) | MailError::NoMailbox(_))) => {
                let reason = Some(MessageReason::TransportRefused);
                let outcome = Outcome::tried(
                    MessageState::Failed,
                    reason,
                    AttemptOutcome::Refused,
                    refused.to_string(),
                );
                let outcome = match refused {
                    MailError::NoMailbox(_) => outcome.bounced(),
                    _ => outcome,
                };
                outbox::finish(sereno, &message, outcome).await?;
                Err(Failure::Never(
                    "the mail server refused it; its answer stands in the history".to_owned(),
                ))
            }
        }
    }

    async fn given_up(self, sereno: &Sereno) -> Result<()> {
        outbox::give_up(sereno, self.message_id).await
    }
}

/// The mail as it leaves: what was kept of it, or what is made anew; nothing when nobody waits for it any more.
async fn written(sereno: &Sereno, message: &email_message::Model, job: &DeliverMail) -> Result<Written> {
    if let Some(id) = message.announcement_id {
        return announcement::written(sereno, message, id).await;
    }
    let mail = if let Some(id) = message.content_id {
        let Some(content) = content::open(sereno, id).await? else {
            return Ok(Written::Nothing);
        };
        let layout = content.layout.as_deref().and_then(Locale::from_tag);
        let mail = content.mail(message)?;
        match layout {
            Some(locale) => in_layout(sereno, locale, mail).await?,
            None => mail,
        }
    } else {
        // one that repeats another tells when that happened, not when it was repeated
        let told = email_message::Model {
            created_at: message.told_at.unwrap_or(message.created_at),
            ..message.clone()
        };
        let Some(rendered) = render(sereno, &told, job.credential_epoch, job.about).await? else {
            return Ok(Written::Nothing);
        };
        OutgoingMail {
            recipient: message.recipient.clone(),
            subject: rendered.subject,
            text: rendered.text,
            html: rendered.html,
            ..OutgoingMail::default()
        }
    };
    Ok(Written::Mail(Box::new(mail)))
}

/// With what is said of when it was asked for and leaves.
fn dated(sereno: &Sereno, message: &email_message::Model, mail: OutgoingMail) -> OutgoingMail {
    OutgoingMail {
        message_id: message.id.to_string(),
        date: message.created_at,
        leaves_at: sereno.now(),
        ..mail
    }
}

/// A mail of staff's own template, inside layout and footer.
async fn in_layout(sereno: &Sereno, locale: Locale, mail: OutgoingMail) -> Result<OutgoingMail> {
    let said = Rendered {
        subject: mail.subject,
        text: mail.text,
        html: mail.html,
    };
    let framed = framed(sereno, locale, said, &mail.recipient, None).await?;
    Ok(OutgoingMail {
        subject: framed.subject,
        text: framed.text,
        html: framed.html,
        ..mail
    })
}

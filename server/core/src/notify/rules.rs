//! Whether a mail may go: addresses that the settings exclude, those that are known to lead nowhere, and mails that are
//! held back altogether.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use sereno_types::{Code, MessageReason, MessageState, SuppressionCause};

use super::optout::{self, Whose};
use super::{ANNOUNCEMENT, MailKind};
use crate::config::Config;
use crate::context::Sereno;
use crate::entity::{email_message, email_suppression};
use crate::error::{Error, Result};
use crate::identifier;

/// Domains of throw-away addresses that are known here.
const DISPOSABLE: &str = include_str!("disposable_domains.txt");

/// How long an address that bounced is not written to, even if its owner asks for the mail.
const BOUNCE_HOLDS: std::time::Duration = std::time::Duration::from_hours(24);

/// What becomes of a mail before any transport is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may leave. `bounced` says that its address did so before, and that the mail may show whether it still does.
    Goes {
        /// Whether the address is on the list of those that bounced.
        bounced: bool,
    },
    /// It stays, in this state and for this reason.
    Stays(MessageState, MessageReason),
}

/// Whether a mail of this kind may go to an address right now.
pub async fn judge(sereno: &Sereno, kind: &str, recipient: &str, is_forced: bool) -> Result<Verdict> {
    let verdicts = judge_all(sereno, kind, &[recipient], is_forced).await?;
    verdicts.into_iter().next().ok_or(Error::NotFound)
}

/// As [`judge`], for several addresses, in their order.
pub async fn judge_all(sereno: &Sereno, kind: &str, recipients: &[&str], is_forced: bool) -> Result<Vec<Verdict>> {
    let addresses: Vec<String> = recipients
        .iter()
        .map(|recipient| identifier::canonical(recipient))
        .collect();
    let excluded = if is_forced {
        Vec::new()
    } else {
        Excluded::of(sereno).await?.among(sereno, &addresses)
    };
    let listed: HashMap<String, email_suppression::Model> = email_suppression::Entity::find()
        .filter(email_suppression::Column::Canonical.is_in(addresses.iter().map(String::as_str)))
        .all(sereno.db.read())
        .await?
        .into_iter()
        .map(|row| (row.canonical.clone(), row))
        .collect();
    let judge = |(at, address): (usize, &String)| {
        if excluded.get(at) == Some(&true) {
            return Verdict::Stays(MessageState::Skipped, MessageReason::EmailDomainExcluded);
        }
        let bounced = match listed.get(address) {
            None => false,
            // who asks for a mail of their own must not be shut out by what happened once to their mailbox
            Some(row)
                if row.cause == SuppressionCause::HardBounce.as_str()
                    && is_asked_for(kind)
                    && sereno.now() > row.created_at.plus(BOUNCE_HOLDS) =>
            {
                true
            }
            Some(_) => return Verdict::Stays(MessageState::Skipped, MessageReason::AddressSuppressed),
        };
        if sereno.config.mail.hold && !is_forced {
            return Verdict::Stays(MessageState::Held, MessageReason::EmailDisabled);
        }
        Verdict::Goes { bounced }
    };
    Ok(addresses.iter().enumerate().map(judge).collect())
}

/// As [`judge`], for a mail of the history.
pub(super) async fn judge_row(sereno: &Sereno, message: &email_message::Model) -> Result<Verdict> {
    if message.mail == ANNOUNCEMENT {
        let canonical = identifier::canonical(&message.recipient);
        let whose = Whose::of(sereno, &canonical, message.user_id);
        if optout::declined(sereno.db.read(), &whose).await? {
            return Ok(Verdict::Stays(MessageState::Skipped, MessageReason::Unsubscribed));
        }
    }
    judge(sereno, &message.mail, &message.recipient, message.is_forced).await
}

/// Whether mails of this kind are asked for by whoever owns the address, and hold a secret that is made for it: nobody
/// else may be sent one in its place.
#[must_use]
pub fn is_asked_for(kind: &str) -> bool {
    // every kind is named, so that a new one is thought about
    match MailKind::from_name(kind) {
        Some(
            MailKind::Activation
            | MailKind::AccountCreated
            | MailKind::Invitation
            | MailKind::PasswordReset
            | MailKind::LoginCode
            | MailKind::EmailChangeConfirm
            | MailKind::DeletionConfirm
            | MailKind::DeletionScheduled,
        ) => true,
        Some(
            MailKind::RegistrationRepeated
            | MailKind::PasswordChanged
            | MailKind::NewDevice
            | MailKind::IdentityLinked
            | MailKind::IdentityUnlinked
            | MailKind::UnknownAccount
            | MailKind::EmailChangeNotice
            | MailKind::DeletionDone
            | MailKind::Test,
        )
        | None => false,
    }
}

/// Whether the settings exclude an address, in the form in which addresses are compared.
///
/// # Errors
/// `unavailable` when the file of domains cannot be read.
pub async fn is_excluded(sereno: &Sereno, canonical: &str) -> Result<bool> {
    let addresses = [canonical.to_owned()];
    let found = Excluded::of(sereno).await?.among(sereno, &addresses);
    Ok(found.contains(&true))
}

/// Domains of throw-away addresses that the operator knows; nothing where they do not matter.
struct Excluded(String);

impl Excluded {
    async fn of(sereno: &Sereno) -> Result<Self> {
        let settings = &sereno.config.mail;
        if !settings.exclude_disposable || settings.disposable_domains_file.is_empty() {
            return Ok(Self(String::new()));
        }
        // read where it lies, so that it can be replaced at any time
        let text = tokio::fs::read_to_string(&settings.disposable_domains_file).await;
        text.map(Self)
            .map_err(|error| Error::Unavailable(format!("mail.disposable_domains_file: {error}")))
    }

    /// Which of these addresses are excluded, in their order.
    fn among(&self, sereno: &Sereno, addresses: &[String]) -> Vec<bool> {
        let settings = &sereno.config.mail;
        let is_excluded = |address: &String| {
            let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
            let is_disposable = || holds(DISPOSABLE, domain) || holds(&self.0, domain);
            settings.excluded.iter().any(|entry| excludes(entry, address))
                || (settings.exclude_disposable && is_disposable())
        };
        addresses.iter().map(is_excluded).collect()
    }
}

/// Why an address may not be signed up with, or taken in the place of another. It is told plainly: that the settings
/// exclude an address says nothing about accounts.
///
/// # Errors
/// As [`is_excluded`].
pub async fn refusal(sereno: &Sereno, canonical: &str) -> Result<Option<Code>> {
    let refuses = sereno.config.registration.refuse_excluded && is_excluded(sereno, canonical).await?;
    Ok(refuses.then_some(Code::EmailDomainExcluded))
}

/// What is wrong with the file of domains, to be told to the operator.
pub(crate) fn check(config: &Config) -> std::result::Result<(), String> {
    let file = &config.mail.disposable_domains_file;
    if file.is_empty() {
        return Ok(());
    }
    match std::fs::read_to_string(file) {
        Ok(_) => Ok(()),
        Err(_) => Err("cannot be read as text".to_owned()),
    }
}

/// Whether an entry of the settings means an address: the whole of it where the entry holds an `@`, else its domain. A
/// `*` stands for any characters, none too.
fn excludes(entry: &str, canonical: &str) -> bool {
    if entry.contains('@') {
        return matches(&identifier::canonical(entry), canonical);
    }
    let entry = identifier::canonical(&format!("@{entry}"));
    let domain = canonical.rsplit_once('@').map_or("", |(_, domain)| domain);
    matches(entry.trim_start_matches('@'), domain)
}

/// Whether a text is what a pattern says. Linear but for the last `*`: the longest tail is tried first.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or("")) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// Whether a domain, or one above it, stands on a line of a list.
fn holds(list: &str, domain: &str) -> bool {
    let mut lines = list.lines().map(str::trim);
    lines.any(|line| {
        !line.is_empty()
            && !line.starts_with('#')
            && domain.len() >= line.len()
            && domain
                .get(domain.len() - line.len()..)
                .is_some_and(|tail| tail.eq_ignore_ascii_case(line))
            && (domain.len() == line.len() || domain.as_bytes()[domain.len() - line.len() - 1] == b'.')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_mean_addresses_domains_and_beginnings() {
        for (entry, address) in [
            ("ana@example.org", "Ana@Example.ORG"),
            ("example.org", "ana@example.org"),
            ("EXAMPLE.org", "ana@example.org"),
            ("mailinator*", "x@mailinator.com"),
            ("mailinator*", "x@mailinator2.co.uk"),
            ("*.example.com", "ana@mail.example.com"),
            ("*.example.com", "ana@a.b.example.com"),
            ("test-*@example.org", "test-7@example.org"),
            ("*+spam@*", "ana+spam@anything.example"),
            ("a*b*c.example", "x@aXbYc.example"),
            ("bücher.example", "ana@bücher.example"),
        ] {
            assert!(excludes(entry, &identifier::canonical(address)), "{entry} {address}");
        }
        for (entry, address) in [
            ("ana@example.org", "bana@example.org"),
            ("example.org", "ana@example.org.evil.example"),
            ("example.org", "ana@notexample.org"),
            ("example.org", "example.org@other.example"),
            ("mailinator*", "mailinator@example.org"),
            ("*.example.com", "ana@example.com"),
            ("test-*@example.org", "test-7@example.com"),
            ("a*b*c.example", "x@acb.example"),
            ("ab*ba.example", "x@aba.example"),
        ] {
            assert!(!excludes(entry, &identifier::canonical(address)), "{entry} {address}");
        }
    }

    #[test]
    fn a_list_holds_domains_and_what_is_below_them() {
        let list = "# throw-away\n\nTrash.example\r\nother.example";
        for domain in ["trash.example", "x.trash.example", "other.example"] {
            assert!(holds(list, domain), "{domain}");
        }
        for domain in ["xtrash.example", "example", "trash.example.org", "", "ä.example"] {
            assert!(!holds(list, domain), "{domain}");
        }
        assert!(holds(DISPOSABLE, "mailinator.com"));
    }
}

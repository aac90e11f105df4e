//! What users are sent beside what the account needs: announcements, declined or accepted by their owner, or by whoever holds
//! the link of one. Mails about the account itself are no matter of taste.

use sereno_types::{Code, Preferences, Unsubscribe};

use crate::access::subject;
use crate::context::{Actor, RequestMeta, Sereno};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::notify::optout::{self, Whose};

/// What the user wants.
///
/// # Errors
/// `authentication_required`.
pub async fn own(sereno: &Sereno, actor: &Actor) -> Result<Preferences> {
    let whose = theirs(sereno, actor).await?;
    Ok(Preferences {
        announcements: !optout::declined(sereno.db.write(), &whose).await?,
    })
}

/// Changes what the user wants.
///
/// # Errors
/// `authentication_required`; `state_conflict` where there is no address to write to.
pub async fn set(sereno: &Sereno, meta: &RequestMeta, actor: &Actor, wanted: Preferences) -> Result<Preferences> {
    let whose = theirs(sereno, actor).await?;
    change(sereno, meta, actor, &whose, (wanted.announcements, "account")).await?;
    own(sereno, actor).await
}

async fn theirs(sereno: &Sereno, actor: &Actor) -> Result<Whose> {
    let caller = actor.caller()?;
    let found = subject::find(sereno.db.read(), caller.user_id).await?;
    let (user, email) = found.ok_or(Code::AuthenticationRequired)?;
    // whoever has no address yet is known by the account alone
    let canonical = email.map_or_else(|| user.id.to_string(), |email| email.canonical);
    Ok(Whose::of(sereno, &canonical, Some(user.id)))
}

/// What whoever holds the link of an announcement is sent: the link says that it is theirs.
///
/// # Errors
/// `unsubscribe_link_invalid`.
pub async fn of_link(sereno: &Sereno, token: &str) -> Result<Preferences> {
    let whose = optout::read(sereno, token).ok_or(Code::UnsubscribeLinkInvalid)?;
    Ok(Preferences {
        announcements: !optout::declined(sereno.db.write(), &whose).await?,
    })
}

/// Declines announcements by the link of one. Doing so again changes nothing.
///
/// # Errors
/// `too_many_requests`, `unsubscribe_link_invalid`.
pub async fn unsubscribe(sereno: &Sereno, meta: &RequestMeta, command: Unsubscribe) -> Result<()> {
    by_link(sereno, meta, &command, false).await
}

/// Accepts them again, by the same link.
///
/// # Errors
/// `too_many_requests`, `unsubscribe_link_invalid`.
pub async fn resubscribe(sereno: &Sereno, meta: &RequestMeta, command: Unsubscribe) -> Result<()> {
    by_link(sereno, meta, &command, true).await
}

async fn by_link(sereno: &Sereno, meta: &RequestMeta, command: &Unsubscribe, wanted: bool) -> Result<()> {
    sereno.limit_address("unsubscribe", meta)?;
    let whose =
        optout::read(sereno, command.token.expose()).ok_or_else(|| Error::from(Code::UnsubscribeLinkInvalid))?;
    change(sereno, meta, &Actor::Anonymous, &whose, (wanted, "link")).await
}

/// `wanted` says whether they want them, and where they said so.
async fn change(
    sereno: &Sereno,
    meta: &RequestMeta,
    actor: &Actor,
    whose: &Whose,
    (wanted, by): (bool, &'static str),
) -> Result<()> {
    let mut tx = sereno.begin(meta, actor).await?;
    let (is_news, kind) = if wanted {
        (optout::accept(&tx, whose).await?, EventKind::AnnouncementsAccepted)
    } else {
        (
            optout::decline(sereno, &tx, whose).await?,
            EventKind::AnnouncementsDeclined,
        )
    };
    if is_news {
        tx.record(Event::new(kind).about(whose.user_id).with("by", by));
    }
    tx.commit().await
}

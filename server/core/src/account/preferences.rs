//! What users are sent beside what the account needs: announcements, declined or accepted by their owner, or by whoever holds
//! the link of one. Mails about the account itself are no matter of taste.

use sereno_types::{Code, Preferences, Unsubscribe};
use uuid::Uuid;

use crate::access::subject;
use crate::context::{Actor, RequestMeta, Sereno};
use crate::entity::{user, user_email};
use crate::error::Result;
use crate::event::{Event, EventKind};
use crate::notify::optout::{self, SaidIn, Whose};

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
    change(sereno, meta, actor, &whose, (wanted.announcements, SaidIn::Account)).await?;
    own(sereno, actor).await
}

/// What this user wants.
pub(super) async fn of(sereno: &Sereno, user: &user::Model) -> Result<Preferences> {
    let found = subject::find(sereno.db.read(), user.id).await?;
    let email = found.and_then(|(_, email)| email);
    let whose = whose(sereno, user.id, email);
    Ok(Preferences {
        announcements: !optout::declined(sereno.db.read(), &whose).await?,
    })
}

async fn theirs(sereno: &Sereno, actor: &Actor) -> Result<Whose> {
    let caller = actor.caller()?;
    let found = subject::find(sereno.db.read(), caller.user_id).await?;
    let (user, email) = found.ok_or(Code::AuthenticationRequired)?;
    Ok(whose(sereno, user.id, email))
}

/// Whoever has no address yet is known by the account alone, and so is whoever only typed one.
fn whose(sereno: &Sereno, user_id: Uuid, email: Option<user_email::Model>) -> Whose {
    let email = email.filter(|email| email.verified_at.is_some());
    let canonical = email.map_or_else(|| user_id.to_string(), |email| email.canonical);
    Whose::of(sereno, &canonical, Some(user_id))
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

/// Accepts them again, by the same link. What was declined in the account is accepted there: the link is in many hands, and
/// good for ever.
///
/// # Errors
/// `too_many_requests`, `unsubscribe_link_invalid`, `declined_in_account`.
pub async fn resubscribe(sereno: &Sereno, meta: &RequestMeta, command: Unsubscribe) -> Result<()> {
    by_link(sereno, meta, &command, true).await
}

async fn by_link(sereno: &Sereno, meta: &RequestMeta, command: &Unsubscribe, wanted: bool) -> Result<()> {
    // mail programs post for many readers from few addresses, so what we wrote ourselves is not counted
    let Some(whose) = optout::read(sereno, command.token.expose()) else {
        sereno.limit_address("unsubscribe", meta)?;
        return Err(Code::UnsubscribeLinkInvalid.into());
    };
    // a link that is posted again and again writes nothing
    if optout::declined(sereno.db.write(), &whose).await? != wanted {
        return Ok(());
    }
    change(sereno, meta, &Actor::Anonymous, &whose, (wanted, SaidIn::Link)).await
}

/// `wanted` says whether they want them, and where they said so.
async fn change(
    sereno: &Sereno,
    meta: &RequestMeta,
    actor: &Actor,
    whose: &Whose,
    (wanted, said_in): (bool, SaidIn),
) -> Result<()> {
    let mut tx = sereno.begin(meta, actor).await?;
    if wanted && said_in == SaidIn::Link && optout::declined_in_account(tx.db(), whose).await? {
        return Err(Code::DeclinedInAccount.into());
    }
    let (is_news, kind) = if wanted {
        (optout::accept(&tx, whose).await?, EventKind::AnnouncementsAccepted)
    } else {
        (
            optout::decline(sereno, &tx, whose, said_in).await?,
            EventKind::AnnouncementsDeclined,
        )
    };
    if is_news {
        tx.record(Event::new(kind).about(whose.user_id).with("by", said_in.as_str()));
    }
    tx.commit().await
}

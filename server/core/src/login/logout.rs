//! Signing out: the session or the token family ends, in one transaction with its event; and the device that was named is
//! removed with all that hangs on it.

use sereno_types::{Code, Logout};
use uuid::Uuid;

use crate::account::devices;
use crate::context::{Actor, RequestMeta, Sereno, Via};
use crate::error::Result;
use crate::event::{Event, EventKind};
use crate::intent::{Intent, IntentKind};
use crate::{session, token};

/// Ends the family of the refresh token that was sent, or what the caller is signed in by where none was sent or it is not
/// ours. Ending what has ended already is no error, and neither is a token that is not ours: nothing is left to end (RFC 7009
/// §2.2). The device that
/// was named is removed too if it is the user's whom that sign-in proves; any other is passed over, and nothing said of it.
///
/// # Errors
/// `authentication_required` when there is neither a token nor a signed-in caller; `refused_by_hook`.
pub async fn logout(sereno: &Sereno, meta: &RequestMeta, actor: &Actor, command: Logout) -> Result<()> {
    end(sereno, meta, actor, command).await?;
    Ok(())
}

/// The same, and says whether anything ended.
///
/// # Errors
/// As [`logout`].
pub async fn end(sereno: &Sereno, meta: &RequestMeta, actor: &Actor, command: Logout) -> Result<bool> {
    let token = command.refresh_token.filter(|token| !token.is_empty());
    let presented = match &token {
        Some(token) => token::presented(sereno, token.expose()).await?,
        None => None,
    };
    let via = match (presented, actor.caller()) {
        (Some(presented), _) => Some(Via::Family(presented.family)),
        // who is signed in wants to be out, whatever they sent beside it
        (None, Ok(caller)) => Some(caller.via),
        (None, Err(_)) if token.is_some() => None,
        (None, Err(_)) => return Err(Code::AuthenticationRequired.into()),
    };
    let Some(via) = via else { return Ok(false) };
    if sereno.is_asked(IntentKind::Logout) {
        let owner = match via {
            Via::Session(_) => caller_id(actor),
            Via::Family(id) => token::owner_of(sereno, id).await?,
        };
        sereno
            .intend(meta, Intent::new(IntentKind::Logout).about(owner))
            .await?;
    }
    let application = match via {
        Via::Session(_) => None,
        Via::Family(id) => token::application_of(sereno, id).await?,
    };
    let mut tx = sereno.begin(meta, actor).await?;
    let device: Option<Uuid> = command.device_id.and_then(|id| id.0.parse().ok());
    // a token that has ended proves nobody: it ends its sign-in, and takes no device away
    let device = match (device, presented) {
        (Some(_), Some(presented)) if !token::is_good(sereno, &tx, presented).await? => None,
        (device, _) => device,
    };
    let ended: Option<(Option<Uuid>, Uuid)> = match via {
        Via::Session(id) => session::end(&tx, id, "logout").await?.then(|| (caller_id(actor), id)),
        Via::Family(id) => token::revoke(&mut tx, id, "logout")
            .await?
            .map(|user_id| (Some(user_id), id)),
    };
    let has_ended = ended.is_some();
    if let Some((user_id, id)) = ended {
        let event = Event::new(EventKind::LoggedOut).about(user_id).within(id);
        tx.record(match application {
            Some(application) => event.through(application),
            None => event,
        });
        if let (Some(owner), Some(device)) = (user_id, device) {
            devices::take_away(&mut tx, device, owner).await?;
        }
    }
    tx.commit().await?;
    Ok(has_ended)
}

fn caller_id(actor: &Actor) -> Option<Uuid> {
    actor.caller().ok().map(|caller| caller.user_id)
}

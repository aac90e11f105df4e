//! From an access token to the user it stands for.

use sea_orm::EntityTrait;
use sereno_types::{Code, Id, UserState, VerifyToken, VerifyTokenAnswer};
use uuid::Uuid;

use crate::access::subject;
use crate::clock::Moment;
use crate::context::{Actor, Caller, FamilySnapshot, Sereno, TokenSnapshot, Via};
use crate::crypto::jwt::{self, Expected};
use crate::entity::token_family;
use crate::error::Result;

/// The user whose application sent this bearer token (RFC 6750). Signature, type, issuer, audience and times are
/// checked, then user and family: a locked user's or signed-out family's token is refused at once. The signature of a
/// token that was good before is not computed again; its end, user and family are looked at every time.
///
/// # Errors
/// `invalid_token`.
pub async fn authenticate(sereno: &Sereno, bearer: &str) -> Result<Actor> {
    let token = check(sereno, bearer)?;
    if !is_open(sereno, &token).await? {
        return Err(Code::InvalidToken.into());
    }
    Ok(Actor::User(Caller {
        user_id: token.user_id,
        via: Via::Family(token.family),
        authenticated_at: Moment::from_unix_seconds(token.auth_time),
    }))
}

/// Whether a token is good right now, for whoever holds it.
///
/// # Errors
/// `validation_failed` when nothing was sent.
pub async fn verify(sereno: &Sereno, command: VerifyToken) -> Result<VerifyTokenAnswer> {
    if command.token.is_empty() {
        return Err(crate::Error::field("token", Code::Blank));
    }
    let inactive = VerifyTokenAnswer {
        active: false,
        code: Some(Code::InvalidToken),
        user_id: None,
        expires_at: None,
    };
    let Ok(token) = check(sereno, command.token.expose()) else {
        return Ok(inactive);
    };
    if !is_open(sereno, &token).await? {
        return Ok(inactive);
    }
    Ok(VerifyTokenAnswer {
        active: true,
        code: None,
        user_id: Some(Id(token.user_id.to_string())),
        expires_at: Some(Moment::from_unix_seconds(token.exp).timestamp()),
    })
}

/// Keys do not change while a process runs, so a signature that was right stays right.
fn check(sereno: &Sereno, token: &str) -> Result<TokenSnapshot> {
    let fingerprint = jwt::fingerprint(token);
    let known = sereno.cache.token(&fingerprint);
    if let Some(known) = known.filter(|known| !jwt::is_over(known.exp, sereno.now())) {
        return Ok(known);
    }
    let invalid = || crate::Error::from(Code::InvalidToken);
    let issuer = sereno.config.public_url();
    let expected = Expected {
        issuer: &issuer,
        audience: &issuer,
    };
    let claims = sereno
        .keys
        .signing
        .verify_access(token, &expected, sereno.now())
        .map_err(|fault| {
            tracing::debug!(%fault, "an access token was refused");
            invalid()
        })?;
    let snapshot = TokenSnapshot {
        user_id: claims.sub.parse().map_err(|_| invalid())?,
        family: claims.sid.parse().map_err(|_| invalid())?,
        epoch: claims.epoch,
        auth_time: claims.auth_time,
        exp: claims.exp,
    };
    sereno.cache.put_token(fingerprint, snapshot);
    Ok(snapshot)
}

async fn is_open(sereno: &Sereno, token: &TokenSnapshot) -> Result<bool> {
    let Some(user) = subject::subject(sereno, token.user_id).await? else {
        return Ok(false);
    };
    if user.state != UserState::Active || user.credential_epoch != token.epoch {
        return Ok(false);
    }
    Ok(!is_revoked(sereno, token.family).await?)
}

async fn is_revoked(sereno: &Sereno, id: Uuid) -> Result<bool> {
    if let Some(known) = sereno.cache.family(id) {
        return Ok(known.revoked);
    }
    let generation = sereno.cache.generation();
    let row = token_family::Entity::find_by_id(id).one(sereno.db.read()).await?;
    let revoked = row.is_none_or(|row| row.revoked_at.is_some());
    sereno.cache.put_family(id, FamilySnapshot { revoked }, generation);
    Ok(revoked)
}

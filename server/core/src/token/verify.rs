//! From an access token to the user it stands for.

use sea_orm::EntityTrait;
use sereno_types::{Code, Id, UserState, VerifyToken, VerifyTokenAnswer};
use uuid::Uuid;

use crate::access::subject;
use crate::clock::Moment;
use crate::context::{Actor, Caller, FamilySnapshot, Sereno, Via};
use crate::crypto::jwt::{AccessClaims, Expected};
use crate::entity::token_family;
use crate::error::Result;

/// The user whose application sent this bearer token (RFC 6750). Signature, type, issuer, audience and times are
/// checked, then user and family: a locked user's or signed-out family's token is refused at once.
///
/// # Errors
/// `invalid_token`.
pub async fn authenticate(sereno: &Sereno, bearer: &str) -> Result<Actor> {
    let (claims, user_id, family) = check(sereno, bearer)?;
    if !is_open(sereno, &claims, user_id, family).await? {
        return Err(Code::InvalidToken.into());
    }
    let authenticated_at = Moment::from_unix_seconds(claims.auth_time);
    Ok(Actor::User(Caller {
        user_id,
        via: Via::Family(family),
        authenticated_at,
    }))
}

/// Whether a token is good right now, for whoever holds it.
pub async fn verify(sereno: &Sereno, command: VerifyToken) -> Result<VerifyTokenAnswer> {
    let inactive = VerifyTokenAnswer {
        active: false,
        code: Some(Code::InvalidToken),
        user_id: None,
        expires_at: None,
    };
    let Ok((claims, user_id, family)) = check(sereno, command.token.expose()) else {
        return Ok(inactive);
    };
    if !is_open(sereno, &claims, user_id, family).await? {
        return Ok(inactive);
    }
    Ok(VerifyTokenAnswer {
        active: true,
        code: None,
        user_id: Some(Id(user_id.to_string())),
        expires_at: Some(Moment::from_unix_seconds(claims.exp).timestamp()),
    })
}

fn check(sereno: &Sereno, token: &str) -> Result<(AccessClaims, Uuid, Uuid)> {
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
    let user_id = claims.sub.parse().map_err(|_| invalid())?;
    let family = claims.sid.parse().map_err(|_| invalid())?;
    Ok((claims, user_id, family))
}

async fn is_open(sereno: &Sereno, claims: &AccessClaims, user_id: Uuid, family: Uuid) -> Result<bool> {
    let Some(user) = subject::subject(sereno, user_id).await? else {
        return Ok(false);
    };
    if user.state != UserState::Active || user.credential_epoch != claims.epoch {
        return Ok(false);
    }
    Ok(!is_revoked(sereno, family).await?)
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

//! Everything about one token: for introspection and revocation.

use sea_orm::{ActiveValue::Set, EntityTrait};
use sereno_types::{Introspection, TokenUse};
use uuid::Uuid;

use super::revoke::revoke;
use super::{claims, opaque, verify};
use crate::access::{application, subject};
use crate::clock::Moment;
use crate::context::{Sereno, Tx};
use crate::crypto::jwt;
use crate::entity::{revoked_token, token_family};
use crate::error::Result;

/// A token that is good right now.
pub struct Inspected {
    /// Whose it is.
    pub user_id: Uuid,
    /// Its family.
    pub family: Uuid,
    /// Through which application.
    pub application_id: Uuid,
    /// Which of the two it is; a key counts as `both`.
    pub token_use: TokenUse,
    /// Its id and its end, where it is an access token.
    pub jti: Option<(String, Moment)>,
    /// What may be told of it (RFC 7662 §2.2).
    pub answer: Introspection,
}

/// Looks at a token; nothing when it is not good, for whatever reason. An access token is judged by what is remembered, as
/// at every other door (see the handbook on freshness), and first: most are, and its signature was found right before.
pub async fn inspect(sereno: &Sereno, text: &str) -> Result<Option<Inspected>> {
    let Ok(found) = verify::look(sereno, text).await? else {
        return match super::refresh::presented(sereno, text).await? {
            Some(presented) => refresh_token(sereno, presented).await,
            None => Ok(None),
        };
    };
    let application = &found.application;
    let is_key = opaque::read_key(sereno, text).is_some();
    let said = |name: &str| found.token.claims.as_ref().and_then(|claims| claims.get(name)).cloned();
    let aud = found.audience(sereno);
    let answer = Introspection {
        active: true,
        client_id: Some(application.client_id.clone()),
        username: found.user.me.username.clone(),
        token_type: Some("Bearer".to_owned()),
        exp: Some(found.token.exp),
        iat: said("iat").and_then(|iat| iat.as_i64()),
        nbf: said("nbf").and_then(|nbf| nbf.as_i64()),
        sub: said("sub")
            .and_then(|sub| sub.as_str().map(str::to_owned))
            .or_else(|| Some(found.family.user_id.to_string())),
        aud,
        iss: Some(claims::issuer(sereno, &application.profile)),
        jti: found.token.jti.clone(),
        sid: Some(found.token.family.to_string()),
    };
    let end = Moment::from_unix_seconds(found.token.exp);
    Ok(Some(Inspected {
        user_id: found.family.user_id,
        family: found.token.family,
        application_id: application.id,
        token_use: if is_key { TokenUse::Both } else { TokenUse::Access },
        jti: found.token.jti.clone().map(|jti| (jti, end)),
        answer,
    }))
}

async fn refresh_token(sereno: &Sereno, presented: opaque::Presented) -> Result<Option<Inspected>> {
    let db = sereno.db.read();
    let Some(family) = token_family::Entity::find_by_id(presented.family).one(db).await? else {
        return Ok(None);
    };
    let Some(application) = application::by_id(sereno, family.application_id).await? else {
        return Ok(None);
    };
    let owner = subject::find(db, family.user_id).await?;
    let now = sereno.now();
    let latest = presented.generation == family.generation
        || (family.rotation == sereno_types::Rotation::Never.as_str() && presented.generation < family.generation);
    let Some((user, _)) = owner.filter(|(user, _)| {
        latest
            && family.revoked_at.is_none()
            && family.expires_at > now
            && family.idle_expires_at > now
            && user.state() == sereno_types::UserState::Active
            && user.credential_epoch == family.credential_epoch
    }) else {
        return Ok(None);
    };
    let answer = Introspection {
        active: true,
        client_id: Some(application.client_id.clone()),
        username: user.username,
        token_type: Some("refresh_token".to_owned()),
        exp: Some(family.idle_expires_at.unix_seconds()),
        iat: Some(family.rotated_at.unix_seconds()),
        sub: Some(family.user_id.to_string()),
        iss: Some(claims::issuer(sereno, &application.profile)),
        sid: Some(family.id.to_string()),
        ..Introspection::default()
    };
    Ok(Some(Inspected {
        user_id: family.user_id,
        family: family.id,
        application_id: application.id,
        token_use: TokenUse::Refresh,
        jti: None,
        answer,
    }))
}

/// Revokes what was looked at: an access token alone, anything else with its family.
pub async fn revoke_inspected(tx: &mut Tx, found: &Inspected) -> Result<()> {
    let Some((jti, end)) = found.jti.as_ref().filter(|_| found.token_use == TokenUse::Access) else {
        revoke(tx, found.family, "revoked").await?;
        return Ok(());
    };
    let row = revoked_token::ActiveModel {
        jti: Set(jti.clone()),
        family_id: Set(found.family),
        created_at: Set(tx.now()),
        // as long as a clock may be wrong
        expires_at: Set(end.plus(jwt::LEEWAY_SPAN)),
    };
    revoked_token::Entity::insert(row)
        .on_conflict(
            sea_orm::sea_query::OnConflict::columns([revoked_token::Column::FamilyId, revoked_token::Column::Jti])
                .do_nothing()
                .to_owned(),
        )
        .exec_without_returning(tx.db())
        .await?;
    tx.touch(found.family);
    Ok(())
}

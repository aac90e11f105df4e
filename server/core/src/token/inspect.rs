//! Everything about one token: for introspection and revocation.

use sea_orm::{ActiveValue::Set, EntityTrait};
use serde_json::{Map, Value};
use sereno_types::{Introspection, Rotation, TokenUse};
use uuid::Uuid;

use super::issue::{self, Line};
use super::revoke::revoke;
use super::verify::Found;
use super::{claims, opaque, verify};
use crate::access::{application, subject};
use crate::clock::Moment;
use crate::context::{Application, RequestMeta, Sereno, Tx};
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
    /// The id by which an access token can be revoked alone, and until when that matters.
    pub alone: Option<(String, Moment)>,
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
    let end = Moment::from_unix_seconds(found.token.exp);
    let claims = match &found.token.claims {
        Some(claims) => claims.clone(),
        None => match token_family::Entity::find_by_id(found.token.family)
            .one(sereno.db.read())
            .await?
        {
            Some(family) => unsaid(sereno, &found.application, &family, TokenUse::Access, end).await?,
            None => return Ok(None),
        },
    };
    let mut answer = told(claims, &found.application);
    answer.token_type = Some("Bearer".to_owned());
    answer.username.clone_from(&found.user.me.username);
    answer.aud = found.audience(sereno);
    answer.exp = found.end().map(Moment::unix_seconds);
    answer.jti.clone_from(&found.token.jti);
    answer.sid = Some(found.token.family.to_string());
    if found.token.claims.is_none() {
        // when it was issued stands nowhere
        answer.iat = None;
    }
    complete(sereno, &mut answer, &found.application, found.family.user_id);
    Ok(Some(Inspected {
        user_id: found.family.user_id,
        family: found.token.family,
        application_id: found.application.id,
        token_use: if found.family.is_key {
            TokenUse::Both
        } else {
            TokenUse::Access
        },
        alone: own_id(&found).map(|id| (id, outlived(sereno, end))),
        answer,
    }))
}

/// The id that this access token has and no later one of its sign-in will have (decision 143); nothing where there is none.
fn own_id(found: &Found) -> Option<String> {
    let is_repeated = match found.family.rotation {
        Rotation::Always => false,
        Rotation::Never => found.application.profile.shared_jti,
        Rotation::OnExtend => true,
    };
    let mut ids = verify::ids(&found.token);
    ids.next().filter(|_| !is_repeated).map(str::to_owned)
}

/// When nothing with the id of a token that ends then can be good any more: a retry of its refresh brings the same id with a
/// later end, and a clock may be wrong.
fn outlived(sereno: &Sereno, end: Moment) -> Moment {
    end.plus(sereno.config.token.retry_window.span()).plus(jwt::LEEWAY_SPAN)
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
        || (family.rotation == Rotation::Never.as_str() && presented.generation < family.generation);
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
    let end = family.idle_expires_at;
    let mut answer = told(
        unsaid(sereno, &application, &family, TokenUse::Refresh, end).await?,
        &application,
    );
    answer.token_type = Some("refresh_token".to_owned());
    answer.username = user.username;
    answer.exp = (!end.is_never()).then(|| end.unix_seconds());
    answer.iat = Some(family.rotated_at.unix_seconds());
    answer.sid = Some(family.id.to_string());
    // it is for us alone, and goes by its family
    (answer.aud, answer.jti, answer.nbf) = (None, None, None);
    complete(sereno, &mut answer, &application, family.user_id);
    Ok(Some(Inspected {
        user_id: family.user_id,
        family: family.id,
        application_id: application.id,
        token_use: TokenUse::Refresh,
        alone: None,
        answer,
    }))
}

/// Whether this is a token of the application, of this use, that is good right now: for a door that speaks another wire.
///
/// # Errors
/// `refused_by_hook`.
pub async fn verify_through(
    sereno: &Sereno,
    meta: &RequestMeta,
    application: &Application,
    text: &str,
    token: TokenUse,
) -> Result<bool> {
    let Some(user_id) = stands_for(sereno, application, text, token).await? else {
        return Ok(false);
    };
    verify::ask_to_verify(sereno, meta, user_id, application.id).await?;
    Ok(true)
}

/// The user whom a token of the application and of this use stands for right now. Nobody is told.
///
/// # Errors
/// When the database is away.
pub async fn stands_for(
    sereno: &Sereno,
    application: &Application,
    text: &str,
    token: TokenUse,
) -> Result<Option<Uuid>> {
    let found = inspect(sereno, text).await?;
    let found = found.filter(|found| found.application_id == application.id && found.token_use == token);
    Ok(found.map(|found| found.user_id))
}

/// What a token that says nothing by itself would say if it were a JWT that was issued now.
async fn unsaid(
    sereno: &Sereno,
    application: &Application,
    family: &token_family::Model,
    token: TokenUse,
    end: Moment,
) -> Result<Map<String, Value>> {
    let profile = &application.profile;
    let about = claims::about(sereno, sereno.db.read(), family.user_id, profile).await?;
    let line = Line::at(family);
    let draft = issue::drafts(&line, application, profile, about.as_ref(), sereno);
    Ok(claims::build(sereno, &draft(token, sereno.now(), end)))
}

/// Claims as an answer: those that RFC 7662 names under their names, the rest beside them.
fn told(mut claims: Map<String, Value>, application: &Application) -> Introspection {
    let mut text = |name: &str| match claims.remove(name) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    let (sub, iss) = (text("sub"), text("iss"));
    let mut number = |name: &str| claims.remove(name).and_then(|value| value.as_i64());
    let (iat, nbf) = (number("iat"), number("nbf"));
    // what the answer itself says is ours to say
    for name in [
        "active",
        "aud",
        "client_id",
        "exp",
        "jti",
        "sid",
        "token_type",
        "username",
    ] {
        claims.remove(name);
    }
    Introspection {
        active: true,
        client_id: Some(application.client_id.clone()),
        sub,
        iss,
        iat,
        nbf,
        claims,
        ..Introspection::default()
    }
}

/// What a token does not say because its profile leaves it out.
fn complete(sereno: &Sereno, answer: &mut Introspection, application: &Application, user_id: Uuid) {
    let issuer = || claims::issuer(sereno, &application.profile);
    answer.iss.get_or_insert_with(issuer);
    answer.sub.get_or_insert_with(|| user_id.to_string());
}

/// Revokes what was looked at: an access token alone where it has an id of its own, anything else with its family.
pub async fn revoke_inspected(tx: &mut Tx, found: &Inspected) -> Result<()> {
    let Some((id, until)) = &found.alone else {
        revoke(tx, found.family, "revoked").await?;
        return Ok(());
    };
    let row = revoked_token::ActiveModel {
        jti: Set(id.clone()),
        family_id: Set(found.family),
        created_at: Set(tx.now()),
        expires_at: Set(*until),
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

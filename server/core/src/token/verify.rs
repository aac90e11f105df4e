//! From a token to the user it stands for.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use serde_json::{Map, Value};
use sereno_types::{
    Code, Delivery, FieldError, Id, Rotation, StandardClaim, TokenFormat, TokenUse, UserState, VerifyToken,
    VerifyTokenAnswer,
};
use uuid::Uuid;

use super::claims::{self, issuer};
use super::issue::Lives;
use super::{issue, key, opaque};
use crate::access::{application, subject};
use crate::clock::Moment;
use crate::context::{
    Actor, Application, Caller, FamilySnapshot, RequestMeta, Sereno, TokenSnapshot, UserSnapshot, Via,
};
use crate::crypto::TokenFault;
use crate::crypto::jwt::{self, Opened};
use crate::entity::{issued_token, revoked_token, token_family};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::intent::{Intent, IntentKind};

/// How exactly it is kept when a key was last seen: writing it at every request would make every request a write.
const SEEN_EVERY: Duration = Duration::from_mins(1);

/// The user whose application sent this bearer token (RFC 6750): an access token for this server, or a key. Signature,
/// type, issuer, audience and times are checked, then user and family: a locked user's or signed-out family's token is
/// refused at once. The signature of a token that was good before is not computed again; its end, user and family are
/// looked at every time.
///
/// # Errors
/// `invalid_token`.
pub async fn authenticate(sereno: &Sereno, bearer: &str) -> Result<Actor> {
    Ok(authenticate_through(sereno, bearer).await?.0)
}

/// The same, with the application that the token was issued through.
///
/// # Errors
/// `invalid_token`.
pub async fn authenticate_through(sereno: &Sereno, bearer: &str) -> Result<(Actor, Arc<Application>)> {
    let invalid = || Error::from(Code::InvalidToken);
    let found = look(sereno, bearer).await?.map_err(|_| invalid())?;
    if !found.token.for_us {
        return Err(invalid());
    }
    Ok((Actor::User(found.caller()), found.application))
}

/// The same, for whoever lets somebody in for longer than a request: when the token ends, if ever, and why it is not good.
///
/// # Errors
/// `invalid_token`, `token_expired`, `token_revoked`.
pub async fn authenticate_until(sereno: &Sereno, bearer: &str) -> Result<(Caller, Option<Moment>)> {
    let found = look(sereno, bearer).await?.map_err(Error::from)?;
    if !found.token.for_us {
        return Err(Code::InvalidToken.into());
    }
    Ok((found.caller(), found.end()))
}

/// Whether a token is good right now, for whoever holds it.
///
/// # Errors
/// `validation_failed` when there is no token; `refused_by_hook`.
pub async fn verify(sereno: &Sereno, meta: &RequestMeta, command: VerifyToken) -> Result<VerifyTokenAnswer> {
    if command.token.is_empty() {
        return Err(Error::fields(vec![FieldError::new("token", Code::Blank)]));
    }
    let found = look(sereno, command.token.expose()).await?;
    if let Ok(found) = &found {
        ask_to_verify(sereno, meta, found.family.user_id, found.application.id).await?;
    }
    Ok(match found {
        Err(code) => VerifyTokenAnswer {
            active: false,
            code: Some(code),
            client_id: None,
            aud: None,
            user_id: None,
            expires_at: None,
        },
        Ok(found) => VerifyTokenAnswer {
            active: true,
            code: None,
            client_id: Some(found.application.client_id.clone()),
            aud: found.audience(sereno),
            user_id: Some(Id(found.family.user_id.to_string())),
            expires_at: found.end().map(Moment::timestamp),
        },
    })
}

/// Asks whether it may be told that a token is good, and tells that it was.
pub async fn ask_to_verify(sereno: &Sereno, meta: &RequestMeta, user_id: Uuid, application_id: Uuid) -> Result<()> {
    let intent = Intent::new(IntentKind::TokenVerify).about(user_id);
    sereno.intend(meta, intent.through(application_id)).await?;
    let event = Event::new(EventKind::TokenVerified).about(user_id);
    sereno.tell(&event.through(application_id));
    Ok(())
}

/// What a token says that a key of this application signed, whether or not it is still good, or why it is none. For a door
/// that explains a refusal to who holds the token; only [`super::verify_through`] says that one is good.
///
/// # Errors
/// When the database is away.
pub async fn signed_for(
    sereno: &Sereno,
    application: &Application,
    text: &str,
) -> Result<std::result::Result<Map<String, Value>, TokenFault>> {
    let signing = sereno.signing().await?;
    let opened = match jwt::open(&signing, text) {
        Ok(opened) => opened,
        Err(fault) => return Ok(Err(fault)),
    };
    let through = issued_through(sereno, &opened).await?;
    if through.is_none_or(|through| through.id != application.id) {
        return Ok(Err(TokenFault::UnknownKey));
    }
    Ok(Ok(opened.claims))
}

/// A good access token or key: what it says, its application, family and user.
pub(super) struct Found {
    pub application: Arc<Application>,
    pub token: Arc<TokenSnapshot>,
    pub family: Arc<FamilySnapshot>,
    pub user: Arc<UserSnapshot>,
}

impl Found {
    /// The user who calls with it.
    fn caller(&self) -> Caller {
        Caller {
            user_id: self.family.user_id,
            via: Via::Family(self.token.family),
            authenticated_at: self.family.authenticated_at,
        }
    }

    /// When it ends, if ever.
    pub fn end(&self) -> Option<Moment> {
        let end = Moment::from_unix_seconds(self.token.exp);
        (!end.is_never()).then_some(end)
    }

    /// For whom the token is: as it says, or as its application's profile does.
    pub fn audience(&self, sereno: &Sereno) -> Option<Vec<String>> {
        let Some(claims) = &self.token.claims else {
            return Some(claims::audience_list(sereno, &self.application.profile));
        };
        match claims.get("aud").cloned()? {
            Value::String(one) => Some(vec![one]),
            many => serde_json::from_value(many).ok(),
        }
    }
}

/// What was looked at, or why it is not good: `invalid_token`, `token_expired` or `token_revoked`. Only who holds a token
/// that we signed learns more than the first.
type Looked<T> = std::result::Result<T, Code>;

/// Looks at a token.
pub(super) async fn look(sereno: &Sereno, text: &str) -> Result<Looked<Found>> {
    let fingerprint = jwt::fingerprint(text);
    let known = sereno.cache.token(&fingerprint);
    let token = if let Some(known) = known.filter(|known| !jwt::is_over(known.exp, sereno.now())) {
        known
    } else {
        let generation = sereno.cache.generation();
        let token = match read(sereno, text).await? {
            Ok(token) => Arc::new(token),
            Err(code) => return Ok(Err(code)),
        };
        sereno.cache.put_token(fingerprint, Arc::clone(&token), generation);
        token
    };
    let Some(family) = family(sereno, token.family).await? else {
        return Ok(Err(Code::TokenRevoked));
    };
    let Some(user) = subject::subject(sereno, family.user_id).await? else {
        return Ok(Err(Code::TokenRevoked));
    };
    let denied = ids(&token).any(|id| family.denies(id, sereno.now()));
    let open = !family.revoked
        && !denied
        && family.expires_at > sereno.now()
        && user.state == UserState::Active
        && user.credential_epoch == family.credential_epoch
        && family.application_id == token.application_id;
    // an application that was switched off or deleted takes its tokens along
    let application = if open {
        application::by_id(sereno, family.application_id).await?
    } else {
        None
    };
    let Some(application) = application else {
        return Ok(Err(Code::TokenRevoked));
    };
    if family.is_key {
        seen(sereno, token.family).await;
    }
    Ok(Ok(Found {
        application,
        token,
        family,
        user,
    }))
}

/// What tells a token from others: its `jti`, and the id that only we can make.
pub(super) fn ids(token: &TokenSnapshot) -> impl Iterator<Item = &str> {
    let claims = token.claims.as_ref();
    let mark = claims.and_then(|claims| jwt::text(claims, claims::MARK).ok().flatten());
    token.jti.as_deref().into_iter().chain(mark)
}

/// Notes that a key is in use, at most once a minute. Whoever uses it must not fail with that, so a failure is told to the
/// log alone.
async fn seen(sereno: &Sereno, family: Uuid) {
    use token_family::{Column, Entity};
    let now = sereno.now();
    if !sereno.cache.is_time(family, now, SEEN_EVERY) {
        return;
    }
    let stamped = Entity::update_many()
        .col_expr(Column::LastSeenAt, Expr::value(now.0))
        .filter(Column::Id.eq(family))
        .filter(Column::RevokedAt.is_null())
        .filter(Column::LastSeenAt.lte(now.minus(SEEN_EVERY)))
        .exec(sereno.db.write())
        .await;
    if let Err(error) = stamped {
        tracing::warn!(%error, "it could not be noted that a key is in use");
    }
}

/// What a token says, if it is an access token or a key of ours whose time has come and not passed.
async fn read(sereno: &Sereno, text: &str) -> Result<Looked<TokenSnapshot>> {
    if let Some((presented, exp)) = opaque::read_access(sereno, text) {
        return read_opaque(sereno, presented, exp).await;
    }
    if let Some(presented) = opaque::read_key(sereno, text) {
        return read_key(sereno, presented).await;
    }
    let signing = sereno.signing().await?;
    let opened = match jwt::open(&signing, text) {
        Ok(opened) => opened,
        Err(fault) => return Ok(Err(refused(fault))),
    };
    let Some(application) = issued_through(sereno, &opened).await? else {
        return Ok(Err(refused(TokenFault::UnknownKey)));
    };
    match judge(sereno, &opened, &application, TokenUse::Access) {
        Err(fault) => Ok(Err(refused(fault))),
        Ok(exp) => {
            let family = if issue::names_its_family(&application.profile) {
                jwt::text(&opened.claims, "sid")
                    .ok()
                    .flatten()
                    .and_then(|id| id.parse().ok())
            } else {
                issued(sereno, text, TokenUse::Access).await?.map(|row| row.family_id)
            };
            let Some(family) = family else {
                return Ok(Err(refused(TokenFault::WrongType)));
            };
            let jti = jwt::text(&opened.claims, "jti").ok().flatten().map(str::to_owned);
            Ok(Ok(TokenSnapshot {
                family,
                jti,
                exp,
                for_us: jwt::is_for(&opened.claims, &sereno.config.public_url()),
                application_id: application.id,
                claims: Some(opened.claims),
            }))
        }
    }
}

fn refused(fault: TokenFault) -> Code {
    tracing::debug!(%fault, "a token was refused");
    if fault == TokenFault::Expired {
        Code::TokenExpired
    } else {
        Code::InvalidToken
    }
}

/// The application that a signed token was issued through: the one its key serves, else the one it names.
pub(super) async fn issued_through(sereno: &Sereno, opened: &Opened<'_>) -> Result<Option<Arc<Application>>> {
    let named = opened.claims.get("client_id").and_then(Value::as_str);
    let found = match (opened.key.application_id(), named) {
        (Some(id), _) => application::by_id(sereno, id).await?,
        (None, Some(client_id)) => application::find(sereno, Some(client_id)).await?,
        (None, None) => None,
    };
    Ok(found.filter(|application| named.is_none_or(|named| named == application.client_id)))
}

/// Whether a token looks as the application's tokens of this use do, and its time has come and not passed. Gives `exp`.
pub(super) fn judge(
    sereno: &Sereno,
    opened: &Opened<'_>,
    application: &Application,
    token: TokenUse,
) -> Result<i64, TokenFault> {
    let (profile, claims) = (&application.profile, &opened.claims);
    // a key that the application has turned away from signs nothing for it any more
    let owner = key::is_own(profile).then_some(application.id);
    if opened.key.algorithm() != profile.algorithm || opened.key.application_id() != owner {
        return Err(TokenFault::UnknownKey);
    }
    jwt::require_type(opened.typ.as_deref(), issue::form(profile, token).typ)?;
    if !opened.named && profile.header_kid {
        return Err(TokenFault::UnknownKey);
    }
    if let Some(name) = &profile.type_claim
        && jwt::text(claims, name)? != Some(token.as_str())
    {
        return Err(TokenFault::WrongType);
    }
    if profile.has(StandardClaim::Iss) && jwt::text(claims, "iss")? != Some(&issuer(sereno, profile)) {
        return Err(TokenFault::WrongIssuer);
    }
    if profile.has(StandardClaim::Aud) && !claims::audience_is(sereno, profile, claims) {
        return Err(TokenFault::WrongAudience);
    }
    for claim in [StandardClaim::Sub, StandardClaim::Jti] {
        if profile.has(claim) && jwt::text(claims, claim.as_str())?.is_none() {
            return Err(TokenFault::Malformed);
        }
    }
    if issue::is_marked(profile, token) && jwt::text(claims, claims::MARK)?.is_none() {
        return Err(TokenFault::Malformed);
    }
    if profile.has(StandardClaim::Iat) && jwt::number(claims, "iat")?.is_none() {
        return Err(TokenFault::Malformed);
    }
    match jwt::check_times(claims, sereno.now())? {
        Some(exp) => Ok(exp),
        None if Lives::of(sereno, profile).is_endless(token) => Ok(Moment::NEVER.unix_seconds()),
        None => Err(TokenFault::Malformed),
    }
}

/// The row of a token that is found by its digest.
pub(super) async fn issued(sereno: &Sereno, text: &str, token: TokenUse) -> Result<Option<issued_token::Model>> {
    let found = issued_token::Entity::find()
        .filter(issued_token::Column::Digest.is_in(sereno.keys.digest.candidates(issue::ISSUED, text)))
        .filter(issued_token::Column::TokenUse.eq(token.as_str()))
        .one(sereno.db.read())
        .await?;
    Ok(found)
}

async fn read_opaque(sereno: &Sereno, presented: opaque::Presented, exp: i64) -> Result<Looked<TokenSnapshot>> {
    if jwt::is_over(exp, sereno.now()) {
        return Ok(Err(Code::TokenExpired));
    }
    let Some(application) = application_of(sereno, presented.family).await? else {
        return Ok(Err(Code::TokenRevoked));
    };
    if application.profile.access_format != TokenFormat::Opaque {
        return Ok(Err(Code::InvalidToken));
    }
    Ok(Ok(TokenSnapshot {
        family: presented.family,
        jti: Some(opaque::access_id(sereno, presented.family, presented.generation).to_string()),
        exp,
        for_us: is_for_us(sereno, &application),
        application_id: application.id,
        claims: None,
    }))
}

/// Whether what this application gets is for this server, too.
fn is_for_us(sereno: &Sereno, application: &Application) -> bool {
    let audience = &application.profile.audience;
    audience.is_empty() || audience.contains(&sereno.config.public_url())
}

async fn read_key(sereno: &Sereno, presented: opaque::Presented) -> Result<Looked<TokenSnapshot>> {
    let Some(family) = family(sereno, presented.family).await? else {
        return Ok(Err(Code::TokenRevoked));
    };
    let Some(application) = application::by_id(sereno, family.application_id).await? else {
        return Ok(Err(Code::TokenRevoked));
    };
    Ok(Ok(TokenSnapshot {
        family: presented.family,
        jti: None,
        exp: family.expires_at.unix_seconds(),
        for_us: is_for_us(sereno, &application),
        application_id: application.id,
        claims: None,
    }))
}

async fn application_of(sereno: &Sereno, id: Uuid) -> Result<Option<Arc<Application>>> {
    match family(sereno, id).await? {
        Some(family) => application::by_id(sereno, family.application_id).await,
        None => Ok(None),
    }
}

/// A family as last seen.
pub(super) async fn family(sereno: &Sereno, id: Uuid) -> Result<Option<Arc<FamilySnapshot>>> {
    if let Some(known) = sereno.cache.family(id) {
        return Ok(Some(known));
    }
    let generation = sereno.cache.generation();
    let db = sereno.db.read();
    let Some(row) = token_family::Entity::find_by_id(id).one(db).await? else {
        return Ok(None);
    };
    let denied = revoked_token::Entity::find()
        .select_only()
        .columns([revoked_token::Column::Jti, revoked_token::Column::ExpiresAt])
        .filter(revoked_token::Column::FamilyId.eq(id))
        .filter(revoked_token::Column::ExpiresAt.gt(sereno.now()));
    let snapshot = Arc::new(FamilySnapshot {
        user_id: row.user_id,
        application_id: row.application_id,
        credential_epoch: row.credential_epoch,
        authenticated_at: row.authenticated_at,
        expires_at: row.expires_at,
        rotation: Rotation::from_name(&row.rotation).unwrap_or_default(),
        revoked: row.revoked_at.is_some(),
        is_key: row.delivery == Delivery::Key.as_str(),
        denied: denied.into_tuple().all(db).await?,
    });
    sereno.cache.put_family(id, Arc::clone(&snapshot), generation);
    Ok(Some(snapshot))
}

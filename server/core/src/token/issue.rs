//! Issuing: a new family, and the tokens of one generation.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Map, Value};
use sereno_types::{Delivery, SigningAlgorithm, StandardClaim, TokenFormat, TokenProfile, TokenUse};
use uuid::Uuid;

use super::claims::{self, Draft};
use super::{key, opaque, written};
use crate::clock::Moment;
use crate::context::{Application, Sereno, Tx};
use crate::crypto::jwt::{self, Form};
use crate::entity::{application, issued_token, token_family};
use crate::error::{Error, Result};
use crate::session::Proof;

/// `typ` of a refresh token that is a JWT, where access tokens have the one of RFC 9068.
const REFRESH_TYPE: &str = "rt+jwt";
/// `typ` of an access token (RFC 9068 §2.1).
pub const ACCESS_TYPE: &str = "at+jwt";
/// A life without end: longer than anything is counted.
const ENDLESS: Duration = Duration::from_hours(24 * 366 * 10_000);

/// To whom tokens are issued.
#[derive(Clone, Debug)]
pub struct Grantee {
    /// The application.
    pub application: Arc<Application>,
    /// The device that the client named.
    pub device_id: Option<Uuid>,
}

/// What was issued; how it reaches the client is the door's part.
pub struct Issued {
    /// Through which application: its delivery and cookies tell the door what to do.
    pub application: Arc<Application>,
    /// The family.
    pub family: Uuid,
    /// Whose it is.
    pub user_id: Uuid,
    /// The tokens.
    pub tokens: Tokens,
}

impl std::fmt::Debug for Issued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issued")
            .field("family", &self.family)
            .field("user_id", &self.user_id)
            .finish_non_exhaustive()
    }
}

/// The tokens themselves.
pub enum Tokens {
    /// An access token and the refresh token of its generation.
    Pair {
        /// The access token.
        access: String,
        /// Seconds the access token is good; nothing: without end.
        access_lifetime: Option<u64>,
        /// What the access token says, if it says anything.
        claims: Option<Map<String, Value>>,
        /// The refresh token; none where the application may not refresh.
        refresh: Option<String>,
        /// Seconds the refresh token is good if it stays unused; nothing: without end.
        refresh_lifetime: Option<u64>,
    },
    /// One opaque key.
    Key(String),
}

/// Where in its line a family stands.
pub struct Line<'a> {
    /// The row.
    pub family: &'a token_family::Model,
    /// The generation and the text of a refresh token that stays.
    pub stays: Option<(i64, &'a str)>,
}

impl<'a> Line<'a> {
    /// At the family's present generation.
    pub const fn at(family: &'a token_family::Model) -> Self {
        Self { family, stays: None }
    }
}

/// How long what is issued lasts.
#[derive(Clone, Copy)]
pub struct Lives {
    access: Duration,
    pub idle: Duration,
    absolute: Duration,
}

impl Lives {
    pub fn of(sereno: &Sereno, profile: &TokenProfile) -> Self {
        let usual = &sereno.config.token;
        let span = |own: Option<u64>, usual: Duration| match own {
            None => usual,
            Some(0) => ENDLESS,
            Some(seconds) => Duration::from_secs(seconds),
        };
        Self {
            access: span(profile.access_lifetime, usual.access_lifetime.span()),
            idle: span(profile.refresh_idle_lifetime, usual.refresh_idle_lifetime.span()),
            absolute: span(profile.refresh_lifetime, usual.refresh_lifetime.span()),
        }
    }

    /// When a family that begins now ends if it stays unused, and when at the latest.
    pub fn of_family(&self, now: Moment) -> (Moment, Moment) {
        let end = now.plus(self.absolute).min(Moment::NEVER);
        (now.plus(self.idle).min(end), end)
    }

    /// When an access token ends that is issued now. Whoever checks it alone must not take it for good when its family has
    /// ended; one that has no end of its own ends as its refresh token does.
    pub fn of_access(&self, now: Moment, family: &token_family::Model) -> Moment {
        if self.access == ENDLESS {
            family.idle_expires_at
        } else {
            now.plus(self.access).min(family.expires_at)
        }
    }

    /// Whether a token of this use may go on for ever.
    pub fn is_endless(&self, token: TokenUse) -> bool {
        let of_refresh = self.idle == ENDLESS && self.absolute == ENDLESS;
        of_refresh && (token == TokenUse::Refresh || self.access == ENDLESS)
    }
}

/// The longest time that what a key has signed is good: a key of one application, or the one of all others.
pub async fn longest_life(sereno: &Sereno, owner: Option<Uuid>) -> Result<Duration> {
    let profiles: Vec<(Uuid, Value)> = application::Entity::find()
        .select_only()
        .columns([application::Column::Id, application::Column::Profile])
        .into_tuple()
        .all(sereno.db.read())
        .await?;
    let lives = profiles.into_iter().filter_map(|(id, profile)| {
        let profile: TokenProfile = serde_json::from_value(profile).ok()?;
        let lives = Lives::of(sereno, &profile);
        let refresh = (profile.refresh_format == TokenFormat::Jwt).then_some(lives.idle);
        // without a life of its own it ends as its refresh token does
        let access = if lives.access == ENDLESS {
            lives.idle
        } else {
            lives.access
        };
        let is_signed = key::is_own(&profile).then_some(id) == owner;
        is_signed.then(|| refresh.max(Some(access)).unwrap_or_default())
    });
    Ok(lives.max().unwrap_or(sereno.config.token.access_lifetime.span()))
}

/// Begins a family inside the flow's transaction and issues its first tokens. An application whose delivery is a key has
/// one family for each user, and gives the same key again.
pub async fn issue(sereno: &Sereno, tx: &Tx, proof: &Proof, grantee: &Grantee) -> Result<Issued> {
    let (now, meta, application) = (tx.now(), tx.meta(), &grantee.application);
    let is_key = application.delivery == Delivery::Key;
    if is_key && let Some(family) = key_of(tx, proof, application.id).await? {
        return tokens(sereno, tx.db(), &Line::at(&family), application, now).await;
    }
    let lives = Lives::of(sereno, &application.profile);
    let (idle_expires_at, expires_at) = if is_key {
        let said = application.profile.refresh_lifetime.filter(|seconds| *seconds > 0);
        let end = said.map_or(Moment::NEVER, |seconds| now.plus(Duration::from_secs(seconds)));
        (end, end)
    } else {
        lives.of_family(now)
    };
    let row = token_family::Model {
        id: sereno.new_id()?,
        user_id: proof.user_id,
        application_id: application.id,
        session_id: None,
        generation: 1,
        credential_epoch: proof.credential_epoch,
        amr: serde_json::json!(proof.amr),
        authenticated_at: proof.at,
        created_at: now,
        rotated_at: now,
        idle_expires_at,
        expires_at,
        revoked_at: None,
        revoke_reason: None,
        address: meta.address.map(|address| address.to_string()),
        user_agent: meta.user_agent.clone(),
        device_name: None,
        delivery: application.delivery.as_str().to_owned(),
        rotation: application.profile.rotation.as_str().to_owned(),
        // a key is the same on every device of its user, and so hangs on none
        device_id: grantee.device_id.filter(|_| !is_key),
        last_seen_at: now,
    };
    token_family::Entity::insert(insertable(row.clone()))
        .exec_without_returning(tx.db())
        .await?;
    tokens(sereno, tx.db(), &Line::at(&row), application, now).await
}

/// The open family whose key this user has for this application.
async fn key_of(tx: &Tx, proof: &Proof, application_id: Uuid) -> Result<Option<token_family::Model>> {
    use token_family::Column;
    let found = token_family::Entity::find()
        .filter(Column::UserId.eq(proof.user_id))
        .filter(Column::ApplicationId.eq(application_id))
        .filter(Column::Delivery.eq(Delivery::Key.as_str()))
        .filter(Column::RevokedAt.is_null())
        .filter(Column::CredentialEpoch.eq(proof.credential_epoch))
        .filter(Column::ExpiresAt.gt(tx.now()))
        .order_by_asc(Column::CreatedAt)
        .one(tx.db())
        .await?;
    Ok(found)
}

/// The tokens of a family's present generation, issued at `now`.
pub(super) async fn tokens<C: ConnectionTrait>(
    sereno: &Sereno,
    db: &C,
    line: &Line<'_>,
    application: &Arc<Application>,
    now: Moment,
) -> Result<Issued> {
    let family = line.family;
    let issued = |tokens| Issued {
        application: Arc::clone(application),
        family: family.id,
        user_id: family.user_id,
        tokens,
    };
    if family.delivery == Delivery::Key.as_str() {
        return Ok(issued(Tokens::Key(opaque::write_key(
            sereno,
            family.id,
            family.generation,
        ))));
    }
    let profile = &application.profile;
    let lives = Lives::of(sereno, profile);
    let about = claims::about(sereno, db, family.user_id, profile).await?;
    let draft = drafts(line, application, profile, about.as_ref(), sereno);
    let end = lives.of_access(now, family);
    let mut found_by_digest = Vec::new();
    let (access, claims) = match profile.access_format {
        TokenFormat::Opaque => {
            let token = opaque::write_access(sereno, family.id, family.generation, end.unix_seconds());
            (token, None)
        }
        TokenFormat::Jwt => {
            let (text, claims) = signed(sereno, &draft(TokenUse::Access, now, end)).await?;
            if !names_its_family(profile) {
                found_by_digest.push((text.clone(), TokenUse::Access, end));
            }
            (text, Some(claims))
        }
    };
    let may_refresh = application.grants.contains(&sereno_types::Grant::RefreshToken);
    let refresh = match profile.refresh_format {
        _ if !may_refresh => None,
        _ if line.stays.is_some() => line.stays.map(|(_, text)| text.to_owned()),
        TokenFormat::Opaque => Some(opaque::write_refresh(sereno, family.id, family.generation)),
        TokenFormat::Jwt => {
            let end = family.idle_expires_at;
            // from when the generation began, so that a retry gets the same text where the algorithm allows it
            let (text, _) = signed(sereno, &draft(TokenUse::Refresh, family.rotated_at, end)).await?;
            found_by_digest.push((text.clone(), TokenUse::Refresh, end));
            Some(text)
        }
    };
    keep(sereno, db, family, found_by_digest).await?;
    // as the tokens say it: in whole seconds
    let left = |end: Moment| {
        let seconds = end.unix_seconds() - now.unix_seconds();
        (!end.is_never()).then(|| u64::try_from(seconds).unwrap_or(0))
    };
    Ok(issued(Tokens::Pair {
        access,
        access_lifetime: left(end),
        claims,
        refresh,
        refresh_lifetime: left(family.idle_expires_at),
    }))
}

/// Makes drafts of the two tokens.
pub(super) fn drafts<'a>(
    line: &Line<'a>,
    application: &'a Application,
    profile: &'a TokenProfile,
    about: Option<&'a claims::About>,
    sereno: &'a Sereno,
) -> impl Fn(TokenUse, Moment, Moment) -> Draft<'a> {
    let family = line.family;
    // two tokens with one id: it belongs to the one that stays
    let shared = line.stays.filter(|_| profile.shared_jti);
    let generation = shared.map_or(family.generation, |(generation, _)| generation);
    move |token, now, end| {
        let jti = match token {
            TokenUse::Refresh if !profile.shared_jti => opaque::refresh_id(sereno, family.id, generation),
            _ => opaque::access_id(sereno, family.id, generation),
        };
        let mark = is_marked(profile, token).then(|| match token {
            TokenUse::Refresh => opaque::refresh_id(sereno, family.id, generation),
            _ => opaque::access_mark(sereno, family.id, generation, now.unix_seconds()),
        });
        Draft {
            application,
            profile,
            about,
            family,
            token,
            jti,
            mark,
            now,
            end,
        }
    }
}

async fn signed(sereno: &Sereno, draft: &Draft<'_>) -> Result<(String, Map<String, Value>)> {
    let claims = claims::build(sereno, draft);
    let signing = sereno.signing().await?;
    let key = key::of(&signing, draft.application.id, draft.profile)
        .ok_or_else(|| Error::internal("the application has no key to sign with"))?;
    let written = written::InOrder::new(draft.profile, &claims);
    let text = jwt::sign(key, form(draft.profile, draft.token), &written)?;
    Ok((text, claims))
}

/// What the header of a profile's token says.
pub(super) fn form(profile: &TokenProfile, token: TokenUse) -> Form<'_> {
    let typ = match token {
        TokenUse::Refresh if profile.header_typ == ACCESS_TYPE => REFRESH_TYPE,
        _ => &profile.header_typ,
    };
    Form {
        typ,
        kid: profile.header_kid,
    }
}

/// Whether an access token says by itself that it is one, and of which family; any other is found by its digest, so that
/// nothing else we sign is ever taken for it.
pub(super) fn names_its_family(profile: &TokenProfile) -> bool {
    let says = profile.has(StandardClaim::Sid) && profile.has(StandardClaim::ClientId);
    // a shared key signs whatever the application wants: only what we issued ourselves counts
    says && profile.header_typ == ACCESS_TYPE && profile.algorithm != SigningAlgorithm::Hs256
}

/// Whether tokens of this use are found by their digest. Such a one is written down when it is issued, and must be a text that
/// stands for nothing else and that nobody else can write.
fn is_found_by_digest(profile: &TokenProfile, token: TokenUse) -> bool {
    match token {
        TokenUse::Refresh => profile.refresh_format == TokenFormat::Jwt,
        _ => profile.access_format == TokenFormat::Jwt && !names_its_family(profile),
    }
}

/// Whether anything that this profile issues is found by its digest.
pub(super) fn is_written_down(profile: &TokenProfile) -> bool {
    is_found_by_digest(profile, TokenUse::Access) || is_found_by_digest(profile, TokenUse::Refresh)
}

/// Whether a token carries [`claims::MARK`]. Without `jti`, two of one second would be one text. And with a `jti` that the other
/// token shows, whoever knows a shared key could write this one: a MAC makes of the same claims the same text.
pub(super) fn is_marked(profile: &TokenProfile, token: TokenUse) -> bool {
    let is_shown = profile.shared_jti && profile.algorithm == SigningAlgorithm::Hs256;
    is_found_by_digest(profile, token) && (is_shown || !profile.has(StandardClaim::Jti))
}

/// What the digest of an issued token is bound to.
pub(super) const ISSUED: &str = "issued_token";

async fn keep<C: ConnectionTrait>(
    sereno: &Sereno,
    db: &C,
    family: &token_family::Model,
    tokens: Vec<(String, TokenUse, Moment)>,
) -> Result<()> {
    if tokens.is_empty() {
        return Ok(());
    }
    for (text, token_use, end) in tokens {
        let row = issued_token::ActiveModel {
            digest: Set(sereno.keys.digest.digest(ISSUED, &text)),
            family_id: Set(family.id),
            token_use: Set(token_use.as_str().to_owned()),
            generation: Set(family.generation),
            expires_at: Set(end),
        };
        let digest = issued_token::Column::Digest;
        // the row as it was, if there is one
        let same = OnConflict::column(digest).update_column(digest).to_owned();
        let kept = issued_token::Entity::insert(row)
            .on_conflict(same)
            .exec_with_returning(db)
            .await?;
        // `jti` or mark are of one family and generation: were this to fail, a text would stand for two users
        let another_line = token_use == TokenUse::Refresh && kept.generation != family.generation;
        if kept.family_id != family.id || another_line {
            return Err(Error::internal("a token is the text of another one"));
        }
    }
    Ok(())
}

fn insertable(row: token_family::Model) -> token_family::ActiveModel {
    token_family::ActiveModel {
        id: Set(row.id),
        user_id: Set(row.user_id),
        application_id: Set(row.application_id),
        session_id: Set(row.session_id),
        generation: Set(row.generation),
        credential_epoch: Set(row.credential_epoch),
        amr: Set(row.amr),
        authenticated_at: Set(row.authenticated_at),
        created_at: Set(row.created_at),
        rotated_at: Set(row.rotated_at),
        idle_expires_at: Set(row.idle_expires_at),
        expires_at: Set(row.expires_at),
        revoked_at: Set(row.revoked_at),
        revoke_reason: Set(row.revoke_reason),
        address: Set(row.address),
        user_agent: Set(row.user_agent),
        device_name: Set(row.device_name),
        delivery: Set(row.delivery),
        rotation: Set(row.rotation),
        device_id: Set(row.device_id),
        last_seen_at: Set(row.last_seen_at),
    }
}

//! Exchanging a refresh token for its successor (RFC 9700 §4.14.2). One conditional update decides who rotates. The
//! token that was just used may come again within a short window and gets the same successor, because answers get lost
//! and tabs race; any older token is a replay and ends the family. An application whose profile says so keeps its refresh
//! token instead; then only the access token is new. A third kind of token stays until its life is extended, and then gives
//! way like the first.

use std::sync::Arc;

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter};
use sereno_types::{ClientCredentials, Code, Grant, Refresh, Rotation, Secret, TokenUse, UserState};

use super::issue::{self, Issued, Line, Lives};
use super::opaque::{self, Presented};
use super::rotation::{idle_end, is_through_enabled, only_open, rotate, rotate_within};
use super::{revoke, verify};
use crate::access::{application, subject};
use crate::context::{Actor, Application, RequestMeta, Sereno, Tx};
use crate::crypto::jwt;
use crate::device;
use crate::entity::token_family::{Column, Entity, Model};
use crate::entity::user;
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::intent::{Intent, IntentKind};

/// Refreshes. Reads the rows themselves, so that a locked user, a revoked family or an application that was switched off gets
/// nothing, whatever is remembered.
///
/// # Errors
/// `validation_failed`, `refresh_token_invalid`, `invalid_client`, `unauthorized_client`, `refused_by_hook`.
pub async fn refresh(sereno: &Sereno, meta: &RequestMeta, command: Refresh) -> Result<Issued> {
    let (application, token) = applying(sereno, meta, command).await?;
    renew(sereno, meta, &application, &token, Extend::No).await
}

/// The same through an application that needs no proof: one that is part of this server, such as a facade's.
///
/// # Errors
/// As [`refresh`], but for those about applications.
pub async fn refresh_through(
    sereno: &Sereno,
    meta: &RequestMeta,
    application: &Arc<Application>,
    token: &Secret,
) -> Result<Issued> {
    renew(sereno, meta, application, token, Extend::No).await
}

/// Refreshes, and extends the life of a refresh token that stays what it is. Where refresh tokens rotate, each refresh
/// does that anyway.
///
/// # Errors
/// As [`refresh`].
pub async fn extend(sereno: &Sereno, meta: &RequestMeta, command: Refresh) -> Result<Issued> {
    let (application, token) = applying(sereno, meta, command).await?;
    renew(sereno, meta, &application, &token, Extend::Yes).await
}

/// The same through an application that needs no proof.
///
/// # Errors
/// As [`refresh_through`].
pub async fn extend_through(
    sereno: &Sereno,
    meta: &RequestMeta,
    application: &Arc<Application>,
    token: &Secret,
) -> Result<Issued> {
    renew(sereno, meta, application, token, Extend::Yes).await
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Extend {
    Yes,
    No,
}

/// The application that asks, proven, and the token.
async fn applying(sereno: &Sereno, meta: &RequestMeta, command: Refresh) -> Result<(Arc<Application>, Secret)> {
    if command.refresh_token.is_empty() {
        return Err(Error::field("refresh_token", Code::Blank));
    }
    let credentials = ClientCredentials {
        client_id: command.client_id,
        client_secret: command.client_secret,
    };
    let application = application::authenticate(sereno, meta, &credentials).await?;
    Ok((application, command.refresh_token))
}

async fn renew(
    sereno: &Sereno,
    meta: &RequestMeta,
    application: &Arc<Application>,
    token: &Secret,
    extend: Extend,
) -> Result<Issued> {
    let refused = || Error::from(Code::RefreshTokenInvalid);
    if !application.grants.contains(&Grant::RefreshToken) {
        return Err(Code::UnauthorizedClient.into());
    }
    if extend == Extend::Yes && !application.profile.extendable {
        return Err(Code::UnauthorizedClient.into());
    }
    let text = token.expose();
    let presented = presented(sereno, text).await?.ok_or_else(refused)?;
    // as it was when the family began: a change of the profile revives nothing and ends nothing
    let known = verify::family(sereno, presented.family).await?;
    let kind = match extend {
        Extend::Yes => IntentKind::TokenRotate,
        Extend::No => IntentKind::TokenRefresh,
    };
    let intent = Intent::new(kind).about(known.as_ref().map(|family| family.user_id));
    sereno.intend(meta, intent.through(application.id)).await?;
    let rotation = known.map(|family| family.rotation).unwrap_or_default();
    let stays = rotation == Rotation::Never || (rotation == Rotation::OnExtend && extend == Extend::No);
    if stays {
        let stays = Stays {
            presented,
            text,
            extend,
            rotation,
        };
        if let Some(issued) = keep(sereno, meta, application, stays).await? {
            return Ok(issued);
        }
        if rotation == Rotation::Never {
            return Err(refused());
        }
    } else if let Some(issued) = succeed(sereno, meta, application, presented).await? {
        return Ok(issued);
    }
    let mut tx = sereno.begin(meta, &Actor::Anonymous).await?;
    let Some((family, Some(owner))) = Entity::find_by_id(presented.family)
        .filter(is_through_enabled())
        .find_also_related(user::Entity)
        .one(tx.db())
        .await?
    else {
        return Err(refused());
    };
    if !is_open(&family, &owner, &tx) || family.application_id != application.id {
        return Err(refused());
    }
    if presented.generation == family.generation && !stays {
        // while the statement waited for the row, a change of password carried it over to another epoch, which PostgreSQL
        // does not look up again: what is there now lets the same token through
        drop(tx);
        return succeed(sereno, meta, application, presented).await?.ok_or_else(refused);
    }
    let retry_until = family.rotated_at.plus(sereno.config.token.retry_window.span());
    if presented.generation + 1 == family.generation && tx.now() < retry_until {
        let now = tx.now();
        drop(tx);
        return issue::tokens(sereno, sereno.db.write(), &Line::at(&family), application, now).await;
    }
    if presented.generation < family.generation {
        // of replays that race, the one that ends the family tells
        if revoke(&mut tx, family.id, "replayed").await?.is_some() {
            let event = Event::refused(EventKind::RefreshReplayed, Code::RefreshTokenInvalid).about(family.user_id);
            let event = event.through(application.id).within(family.id);
            tx.record(
                event
                    .with("presented", presented.generation)
                    .with("current", family.generation),
            );
        }
        tx.commit().await?;
    }
    Err(refused())
}

/// Rotates and issues the successor; nothing where the token is not its family's latest any more.
async fn succeed(
    sereno: &Sereno,
    meta: &RequestMeta,
    application: &Arc<Application>,
    presented: Presented,
) -> Result<Option<Issued>> {
    let (family, issued) = if issue::is_written_down(&application.profile) {
        // in one transaction with the digests: of a rotation without its successor every later try would be a replay
        let mut tx = sereno.begin(meta, &Actor::Anonymous).await?;
        let idle = Lives::of(sereno, &application.profile).idle;
        let Some(family) = rotate_within(&mut tx, presented, application.id, idle).await? else {
            return Ok(None);
        };
        let issued = issue::tokens(sereno, tx.db(), &Line::at(&family), application, family.rotated_at).await?;
        tx.commit().await?;
        (family, issued)
    } else {
        let Some(family) = rotate(sereno, meta, presented, application).await? else {
            return Ok(None);
        };
        let (db, now) = (sereno.db.write(), family.rotated_at);
        let issued = issue::tokens(sereno, db, &Line::at(&family), application, now).await?;
        (family, issued)
    };
    device::seen(sereno, family.device_id, meta.address).await;
    Ok(Some(issued))
}

/// What a refresh token says, if it is one of ours.
pub(super) async fn presented(sereno: &Sereno, text: &str) -> Result<Option<Presented>> {
    if let Some(presented) = opaque::read_refresh(sereno, text) {
        return Ok(Some(presented));
    }
    let signing = sereno.signing().await?;
    let Ok(opened) = jwt::open(&signing, text) else {
        return Ok(None);
    };
    let Some(application) = verify::issued_through(sereno, &opened).await? else {
        return Ok(None);
    };
    if verify::judge(sereno, &opened, &application, TokenUse::Refresh).is_err() {
        return Ok(None);
    }
    // the envelope says nothing that counts: the row does
    let row = verify::issued(sereno, text, TokenUse::Refresh).await?;
    Ok(row.map(|row| Presented {
        family: row.family_id,
        generation: row.generation,
    }))
}

/// The state of the user whom a refresh token stands for; nothing where we did not write it, where the sign-in had ended by
/// itself (signed out, or a replay) whatever the user's state, or where the user is gone. For whoever must say more than that it
/// was refused, to who holds it.
///
/// # Errors
/// When the database is away.
pub async fn state_of_owner(sereno: &Sereno, token: &str) -> Result<Option<UserState>> {
    let Some(presented) = presented(sereno, token).await? else {
        return Ok(None);
    };
    let family = Entity::find_by_id(presented.family).one(sereno.db.read()).await?;
    let family = family.filter(|family| !matches!(family.revoke_reason.as_deref(), Some("logout" | "replayed")));
    let Some(family) = family else {
        return Ok(None);
    };
    let user = subject::subject(sereno, family.user_id).await?;
    Ok(user.map(|user| user.state))
}

/// Whether a refresh token or a key would still be good for something: it speaks for its user then.
///
/// # Errors
/// When the database is away.
pub async fn is_good(sereno: &Sereno, tx: &Tx, presented: super::Presented) -> Result<bool> {
    let Some((family, Some(owner))) = Entity::find_by_id(presented.family)
        .filter(is_through_enabled())
        .find_also_related(user::Entity)
        .one(tx.db())
        .await?
    else {
        return Ok(false);
    };
    let is_latest = presented.generation.is_none_or(|generation| {
        let retry_until = family.rotated_at.plus(sereno.config.token.retry_window.span());
        family.rotation == Rotation::Never.as_str()
            || generation == family.generation
            || (generation + 1 == family.generation && tx.now() < retry_until)
    });
    Ok(is_latest && is_open(&family, &owner, tx))
}

/// A refresh token that stays what it is.
struct Stays<'a> {
    presented: Presented,
    text: &'a str,
    extend: Extend,
    rotation: Rotation,
}

/// Issues an access token beside a refresh token that stays; nothing where it does not any more. Where it stays for ever each
/// access token has an id of its own, so the generation counts on; where it can give way, the generation says whether it did.
async fn keep(
    sereno: &Sereno,
    meta: &RequestMeta,
    application: &Arc<Application>,
    Stays {
        presented,
        text,
        extend,
        rotation,
    }: Stays<'_>,
) -> Result<Option<Issued>> {
    let mut tx = sereno.begin(meta, &Actor::Anonymous).await?;
    let now = tx.now();
    // the row is held until the tokens are written
    let renewed = Entity::update_many()
        .col_expr(Column::LastSeenAt, Expr::value(now.0))
        .filter(Column::Id.eq(presented.family))
        .filter(Column::ApplicationId.eq(application.id));
    let mut renewed = if rotation == Rotation::Never {
        renewed
            .col_expr(Column::Generation, Expr::col(Column::Generation).add(1))
            .filter(Column::Generation.gte(presented.generation))
    } else {
        renewed.filter(Column::Generation.eq(presented.generation))
    };
    if extend == Extend::Yes {
        renewed = renewed
            .col_expr(
                Column::IdleExpiresAt,
                idle_end(now.plus(Lives::of(sereno, &application.profile).idle)),
            )
            .col_expr(Column::RotatedAt, Expr::value(now.0));
    }
    let renewed = only_open(renewed, now).exec_with_returning(tx.db()).await?;
    let Some(family) = renewed.into_iter().next() else {
        return Ok(None);
    };
    let kind = match extend {
        Extend::Yes => EventKind::RefreshExtended,
        Extend::No => EventKind::TokenRefreshed,
    };
    tx.record(
        Event::new(kind)
            .about(family.user_id)
            .through(family.application_id)
            .within(family.id),
    );
    let stays = (extend == Extend::No).then_some((presented.generation, text));
    let line = Line { family: &family, stays };
    let issued = issue::tokens(sereno, tx.db(), &line, application, now).await?;
    tx.commit().await?;
    device::seen(sereno, family.device_id, meta.address).await;
    Ok(Some(issued))
}

fn is_open(family: &Model, owner: &user::Model, tx: &Tx) -> bool {
    family.revoked_at.is_none()
        && family.expires_at > tx.now()
        && family.idle_expires_at > tx.now()
        && owner.state() == UserState::Active
        && owner.credential_epoch == family.credential_epoch
}

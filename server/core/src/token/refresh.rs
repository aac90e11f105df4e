//! Exchanging a refresh token for its successor (RFC 9700 §4.14.2). One conditional update decides who rotates. The
//! token that was just used may come again within a short window and gets the same successor, because answers get lost
//! and tabs race; any older token is a replay and ends the family. An application whose profile says so keeps its refresh
//! token instead; then only the access token is new.

use std::sync::Arc;

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter};
use sereno_types::{ClientCredentials, Code, Grant, Refresh, TokenUse, UserState};

use super::issue::{self, Issued, Line, Lives};
use super::opaque::{self, Presented};
use super::rotation::{idle_end, only_open, rotate};
use super::{revoke, verify};
use crate::access::application;
use crate::context::{Actor, Application, RequestMeta, Sereno, Tx};
use crate::crypto::jwt;
use crate::device;
use crate::entity::token_family::{Column, Entity, Model};
use crate::entity::user;
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::intent::{Intent, IntentKind};

/// Refreshes. Reads the rows themselves, so that a locked user or a revoked family gets nothing, whatever is remembered.
///
/// # Errors
/// `validation_failed`, `refresh_token_invalid`, `invalid_client`, `unauthorized_client`, `refused_by_hook`.
pub async fn refresh(sereno: &Sereno, meta: &RequestMeta, command: Refresh) -> Result<Issued> {
    renew(sereno, meta, command, Extend::No).await
}

/// Refreshes, and extends the life of a refresh token that stays what it is. Where refresh tokens rotate, each refresh
/// does that anyway.
///
/// # Errors
/// As [`refresh`].
pub async fn extend(sereno: &Sereno, meta: &RequestMeta, command: Refresh) -> Result<Issued> {
    renew(sereno, meta, command, Extend::Yes).await
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Extend {
    Yes,
    No,
}

async fn renew(sereno: &Sereno, meta: &RequestMeta, command: Refresh, extend: Extend) -> Result<Issued> {
    let refused = || Error::from(Code::RefreshTokenInvalid);
    if command.refresh_token.is_empty() {
        return Err(Error::field("refresh_token", Code::Blank));
    }
    let credentials = ClientCredentials {
        client_id: command.client_id,
        client_secret: command.client_secret,
    };
    let application = application::authenticate(sereno, meta, &credentials).await?;
    if !application.grants.contains(&Grant::RefreshToken) {
        return Err(Code::UnauthorizedClient.into());
    }
    if extend == Extend::Yes && !application.profile.extendable {
        return Err(Code::UnauthorizedClient.into());
    }
    let text = command.refresh_token.expose();
    let presented = presented(sereno, text).await?.ok_or_else(refused)?;
    // as it was when the family began: a change of the profile revives nothing and ends nothing
    let known = verify::family(sereno, presented.family).await?;
    let kind = match extend {
        Extend::Yes => IntentKind::TokenRotate,
        Extend::No => IntentKind::TokenRefresh,
    };
    let intent = Intent::new(kind).about(known.as_ref().map(|family| family.user_id));
    sereno.intend(meta, intent.through(application.id)).await?;
    let stays = known.is_some_and(|family| family.stays);
    if stays {
        let stays = Stays {
            presented,
            text,
            extend,
        };
        return keep(sereno, meta, &application, stays).await;
    }
    if let Some(family) = rotate(sereno, meta, presented, &application).await? {
        device::seen(sereno, family.device_id, meta.address).await;
        return issue::tokens(
            sereno,
            sereno.db.write(),
            &Line::at(&family),
            &application,
            family.rotated_at,
        )
        .await;
    }
    let mut tx = sereno.begin(meta, &Actor::Anonymous).await?;
    let Some((family, Some(owner))) = Entity::find_by_id(presented.family)
        .find_also_related(user::Entity)
        .one(tx.db())
        .await?
    else {
        return Err(refused());
    };
    if !is_open(&family, &owner, &tx) || family.application_id != application.id {
        return Err(refused());
    }
    if presented.generation == family.generation {
        // while the statement waited for the row, a change of password carried it over to another epoch, which PostgreSQL
        // does not look up again: what is there now lets the same token through
        drop(tx);
        let family = rotate(sereno, meta, presented, &application)
            .await?
            .ok_or_else(refused)?;
        return issue::tokens(
            sereno,
            sereno.db.write(),
            &Line::at(&family),
            &application,
            family.rotated_at,
        )
        .await;
    }
    let retry_until = family.rotated_at.plus(sereno.config.token.retry_window.span());
    if presented.generation + 1 == family.generation && tx.now() < retry_until {
        let now = tx.now();
        drop(tx);
        return issue::tokens(sereno, sereno.db.write(), &Line::at(&family), &application, now).await;
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

/// A refresh token that stays what it is.
struct Stays<'a> {
    presented: Presented,
    text: &'a str,
    extend: Extend,
}

/// Issues an access token beside a refresh token that stays. Each has an id of its own, so the generation counts on.
async fn keep(
    sereno: &Sereno,
    meta: &RequestMeta,
    application: &Arc<Application>,
    Stays {
        presented,
        text,
        extend,
    }: Stays<'_>,
) -> Result<Issued> {
    let mut tx = sereno.begin(meta, &Actor::Anonymous).await?;
    let now = tx.now();
    let mut renewed = Entity::update_many()
        .col_expr(Column::Generation, Expr::col(Column::Generation).add(1))
        .filter(Column::Id.eq(presented.family))
        .filter(Column::ApplicationId.eq(application.id))
        .filter(Column::Generation.gte(presented.generation));
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
        return Err(Code::RefreshTokenInvalid.into());
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
    Ok(issued)
}

fn is_open(family: &Model, owner: &user::Model, tx: &Tx) -> bool {
    family.revoked_at.is_none()
        && family.expires_at > tx.now()
        && family.idle_expires_at > tx.now()
        && owner.state() == UserState::Active
        && owner.credential_epoch == family.credential_epoch
}

//! Exchanging a refresh token for its successor (RFC 9700 §4.14.2). One conditional update decides who rotates. The
//! token that was just used may come again within a short window and gets the same successor, because answers get lost
//! and tabs race; any older token is a replay and ends the family.

use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter};
use sereno_types::{Code, Refresh, TokenAnswer, UserState};
use uuid::Uuid;

use super::refresh_token::{self, Presented};
use super::{issue, revoke};
use crate::access::application;
use crate::context::{Actor, RequestMeta, Sereno, Tx};
use crate::entity::token_family::{Column, Entity, Model};
use crate::entity::user;
use crate::error::Result;
use crate::event::{Event, EventKind};

/// Rotates. Reads the rows themselves, so that a locked user or a revoked family gets nothing, whatever is remembered.
///
/// # Errors
/// `refresh_token_invalid`.
pub async fn refresh(sereno: &Sereno, meta: &RequestMeta, command: Refresh) -> Result<TokenAnswer> {
    let refused = || crate::Error::from(Code::RefreshTokenInvalid);
    let presented = refresh_token::read(sereno, command.refresh_token.expose()).ok_or_else(refused)?;
    let application = application::find(sereno, command.client_id.as_deref())
        .await?
        .ok_or_else(refused)?;
    let mut tx = sereno.begin(meta, &Actor::Anonymous).await?;
    if let Some(family) = rotate(sereno, &tx, presented, application.id).await? {
        let answer = issue::pair(sereno, &family, &application.client_id, tx.now())?;
        let event = Event::new(EventKind::RefreshRotated).about(family.user_id);
        tx.record(
            event
                .through(application.id)
                .within(family.id)
                .with("generation", family.generation),
        );
        tx.commit().await?;
        return Ok(answer);
    }
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
    let retry_until = family.rotated_at.plus(sereno.config.token.retry_window.span());
    if presented.generation + 1 == family.generation && tx.now() < retry_until {
        return issue::pair(sereno, &family, &application.client_id, tx.now());
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

async fn rotate(sereno: &Sereno, tx: &Tx, presented: Presented, application_id: Uuid) -> Result<Option<Model>> {
    let now = tx.now();
    let idle = now.plus(sereno.config.token.refresh_idle_lifetime.span());
    let owner_epoch = Query::select()
        .column(user::Column::CredentialEpoch)
        .from(user::Entity)
        .and_where(Expr::col((user::Entity, user::Column::Id)).equals((Entity, Column::UserId)))
        .and_where(user::Column::State.eq(UserState::Active.as_str()))
        .take();
    let rotated = Entity::update_many()
        .col_expr(Column::Generation, Expr::value(presented.generation + 1))
        .col_expr(Column::RotatedAt, Expr::value(now.0))
        .col_expr(Column::IdleExpiresAt, Expr::value(idle.0))
        .filter(Column::Id.eq(presented.family))
        .filter(Column::Generation.eq(presented.generation))
        .filter(Column::ApplicationId.eq(application_id))
        .filter(Column::RevokedAt.is_null())
        .filter(Column::ExpiresAt.gt(now))
        .filter(Column::IdleExpiresAt.gt(now))
        .filter(Column::CredentialEpoch.in_subquery(owner_epoch))
        .exec_with_returning(tx.db())
        .await?;
    Ok(rotated.into_iter().next())
}

fn is_open(family: &Model, owner: &user::Model, tx: &Tx) -> bool {
    family.revoked_at.is_none()
        && family.expires_at > tx.now()
        && family.idle_expires_at > tx.now()
        && owner.state() == UserState::Active
        && owner.credential_epoch == family.credential_epoch
}

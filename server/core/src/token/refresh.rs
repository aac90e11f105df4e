//! Exchanging a refresh token for its successor (RFC 9700 §4.14.2). One conditional update decides who rotates. The
//! token that was just used may come again within a short window and gets the same successor, because answers get lost
//! and tabs race; any older token is a replay and ends the family.

use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter};
use sereno_types::{Code, Refresh, TokenAnswer, UserState};
use tokio::sync::oneshot;
use tracing::Instrument;
use uuid::Uuid;

use super::refresh_token::{self, Presented};
use super::{issue, revoke};
use crate::access::application;
use crate::context::{Actor, Duty, RequestMeta, Rotation, Sereno, Tx};
use crate::entity::token_family::{Column, Entity, Model};
use crate::entity::user;
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};

/// Most that share a transaction.
const TOGETHER: usize = 32;

/// Rotates. Reads the rows themselves, so that a locked user or a revoked family gets nothing, whatever is remembered.
///
/// # Errors
/// `refresh_token_invalid`; `validation_failed` when nothing was sent.
pub async fn refresh(sereno: &Sereno, meta: &RequestMeta, command: Refresh) -> Result<TokenAnswer> {
    if command.refresh_token.is_empty() {
        return Err(Error::field("refresh_token", Code::Blank));
    }
    let refused = || Error::from(Code::RefreshTokenInvalid);
    let presented = refresh_token::read(sereno, command.refresh_token.expose()).ok_or_else(refused)?;
    let application = application::find(sereno, command.client_id.as_deref())
        .await?
        .ok_or_else(refused)?;
    if let Some(family) = rotate(sereno, meta, presented, application.id).await? {
        return issue::pair(sereno, &family, &application.client_id, family.rotated_at);
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

/// Waits for its turn and rotates, together with whoever waits too; the family's row afterwards.
async fn rotate(
    sereno: &Sereno,
    meta: &RequestMeta,
    presented: Presented,
    application_id: Uuid,
) -> Result<Option<Model>> {
    let (answer, answered) = oneshot::channel();
    let rotation = Rotation {
        family: presented.family,
        generation: presented.generation,
        application_id,
        meta: meta.clone(),
        answer,
    };
    if !sereno.db.is_sqlite() {
        // here every caller has a connection, and the database groups the commits
        rotate_together(sereno, vec![rotation]).await;
    } else if let Some(duty) = sereno.rotations.join(rotation) {
        tokio::spawn(serve(sereno.clone(), duty).in_current_span());
    }
    answered.await.map_err(Error::internal)?
}

/// Serves those who wait until nobody does.
async fn serve(sereno: Sereno, mut duty: Duty) {
    while let Some((still, group)) = sereno.rotations.next(duty, TOGETHER) {
        duty = still;
        // a panic costs its own group and nobody who comes later
        let working = tokio::spawn({
            let sereno = sereno.clone();
            async move { rotate_together(&sereno, group).await }
        });
        if let Err(error) = working.await {
            tracing::error!(%error, "rotating refresh tokens panicked");
        }
    }
}

async fn rotate_together(sereno: &Sereno, group: Vec<Rotation>) {
    let mut outcome = write(sereno, &group).await;
    for rotation in group {
        let answer = match &mut outcome {
            Ok(rotated) => {
                let at = rotated.iter().position(|family| rotation.is_before(family));
                Ok(at.map(|at| rotated.swap_remove(at)))
            }
            Err(error) => Err(error.clone()),
        };
        // whoever went away knows what a retry is for
        let _ = rotation.answer.send(answer);
    }
}

/// One transaction for all of them: the rows that were rotated.
async fn write(sereno: &Sereno, group: &[Rotation]) -> Result<Vec<Model>> {
    let mut tx = sereno.begin(&RequestMeta::default(), &Actor::Anonymous).await?;
    let now = tx.now();
    let idle = now.plus(sereno.config.token.refresh_idle_lifetime.span());
    let owner_epoch = Query::select()
        .column(user::Column::CredentialEpoch)
        .from(user::Entity)
        .and_where(Expr::col((user::Entity, user::Column::Id)).equals((Entity, Column::UserId)))
        .and_where(user::Column::State.eq(UserState::Active.as_str()))
        .take();
    let latest = group.iter().fold(Condition::any(), |any, rotation| {
        any.add(
            Condition::all()
                .add(Column::Id.eq(rotation.family))
                .add(Column::Generation.eq(rotation.generation))
                .add(Column::ApplicationId.eq(rotation.application_id)),
        )
    });
    let rotated = Entity::update_many()
        .col_expr(Column::Generation, Expr::col(Column::Generation).add(1))
        .col_expr(Column::RotatedAt, Expr::value(now.0))
        .col_expr(Column::IdleExpiresAt, Expr::value(idle.0))
        // said once more for the index
        .filter(Column::Id.is_in(group.iter().map(|rotation| rotation.family)))
        .filter(latest)
        .filter(Column::RevokedAt.is_null())
        .filter(Column::ExpiresAt.gt(now))
        .filter(Column::IdleExpiresAt.gt(now))
        .filter(Column::CredentialEpoch.in_subquery(owner_epoch))
        .exec_with_returning(tx.db())
        .await?;
    for family in &rotated {
        let asked = group.iter().find(|rotation| rotation.is_before(family));
        let meta = asked.map(|rotation| rotation.meta.clone()).unwrap_or_default();
        let event = Event::new(EventKind::RefreshRotated)
            .about(family.user_id)
            .through(family.application_id)
            .within(family.id)
            .with("generation", family.generation);
        tx.record_from(meta, event);
    }
    tx.commit().await?;
    Ok(rotated)
}

fn is_open(family: &Model, owner: &user::Model, tx: &Tx) -> bool {
    family.revoked_at.is_none()
        && family.expires_at > tx.now()
        && family.idle_expires_at > tx.now()
        && owner.state() == UserState::Active
        && owner.credential_epoch == family.credential_epoch
}

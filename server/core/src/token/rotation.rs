//! Rotating: the one conditional update that decides who gets the successor, and the event that tells of it. This is the
//! busiest change of all, and what it costs is mostly the ways to the database and back; so it goes there once (decision 7
//! in the handbook): on PostgreSQL as one statement, on SQLite as one script for all who come in together.

use std::time::Duration;

use sea_orm::sea_query::{CaseStatement, Expr, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, ExprTrait, FromQueryResult, QueryFilter, Statement,
    UpdateMany,
};
use serde_json::json;
use sereno_types::UserState;
use tokio::sync::oneshot;
use tracing::Instrument;
use uuid::Uuid;

use super::issue::Lives;
use super::opaque::Presented;
use crate::clock::Moment;
use crate::context::{Actor, Application, Duty, RequestMeta, Rotation, Sereno, Tx};
use crate::entity::token_family::{Column, Entity, Model};
use crate::entity::{application, user};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};

/// Most that share a transaction.
const TOGETHER: usize = 32;

/// Only families that are open, of applications that are switched on, and of users who may sign in and whose credentials are
/// still those the family began with.
pub(super) fn only_open(change: UpdateMany<Entity>, now: Moment) -> UpdateMany<Entity> {
    let owner_epoch = Query::select()
        .column(user::Column::CredentialEpoch)
        .from(user::Entity)
        .and_where(Expr::col((user::Entity, user::Column::Id)).equals((Entity, Column::UserId)))
        .and_where(user::Column::State.eq(UserState::Active.as_str()))
        .take();
    change
        .filter(Column::RevokedAt.is_null())
        .filter(Column::ExpiresAt.gt(now))
        .filter(Column::IdleExpiresAt.gt(now))
        .filter(Column::CredentialEpoch.in_subquery(owner_epoch))
        .filter(is_through_enabled())
}

/// Whether the application of a family is switched on: by its row, for what is remembered of it may be a second old.
pub(super) fn is_through_enabled() -> Expr {
    let enabled = Query::select()
        .column(application::Column::Id)
        .from(application::Entity)
        .and_where(Expr::col((application::Entity, application::Column::Id)).equals((Entity, Column::ApplicationId)))
        .and_where(application::Column::IsEnabled.eq(true))
        .take();
    Column::ApplicationId.in_subquery(enabled)
}

/// When a family ends that stays unused from now on: no later than it ends in any case.
pub(super) fn idle_end(idle: Moment) -> Expr {
    CaseStatement::new()
        .case(Column::ExpiresAt.lt(idle), Expr::col(Column::ExpiresAt))
        .finally(Expr::value(idle.0))
        .into()
}

/// Waits for its turn and rotates, together with whoever waits too; the family's row afterwards.
pub(super) async fn rotate(
    sereno: &Sereno,
    meta: &RequestMeta,
    presented: Presented,
    application: &Application,
) -> Result<Option<Model>> {
    let (answer, answered) = oneshot::channel();
    let rotation = Rotation {
        family: presented.family,
        generation: presented.generation,
        application_id: application.id,
        idle: Lives::of(sereno, &application.profile).idle,
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
    // requests that are read already come along
    tokio::task::yield_now().await;
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

/// The rows that were rotated.
async fn write(sereno: &Sereno, group: &[Rotation]) -> Result<Vec<Model>> {
    let is_delivered = sereno.delivers(EventKind::RefreshRotated);
    if sereno.db.is_sqlite() && !is_delivered {
        return write_together(sereno, group).await;
    }
    let mut rotated = Vec::with_capacity(group.len());
    for rotation in group {
        rotated.extend(if is_delivered {
            write_in_tx(sereno, rotation).await?
        } else {
            write_alone(sereno, rotation).await?
        });
    }
    Ok(rotated)
}

/// Those of the asked who get a successor. In this order, so that what was asked leads to the rows and no table is walked.
macro_rules! hits {
    () => {
        "FROM json_each(?1) AS asked CROSS JOIN token_family AS family CROSS JOIN user AS owner
         CROSS JOIN application AS through
         WHERE family.id = unhex(asked.value ->> 'family') AND family.generation = asked.value ->> 'generation'
         AND family.application_id = unhex(asked.value ->> 'application')
         AND family.revoked_at IS NULL AND family.expires_at > ?2 AND family.idle_expires_at > ?2
         AND owner.id = family.user_id AND owner.state = 'active'
         AND owner.credential_epoch = family.credential_epoch
         AND through.id = family.application_id AND through.is_enabled"
    };
}

/// On SQLite, any number in one transaction. The events come first, for afterwards nobody is hit any more; nobody can come
/// in between.
const TOGETHER_ON_SQLITE: &str = concat!(
    "BEGIN IMMEDIATE;
     INSERT INTO event (id, at, name, outcome, actor_kind, user_id, application_id, session_id, address, user_agent,
                        request_id, detail)
     SELECT unhex(asked.value ->> 'event'), ?2, 'refresh_rotated', 'success', 'anonymous',
            family.user_id, family.application_id, family.id, asked.value ->> 'address',
            asked.value ->> 'user_agent', asked.value ->> 'request_id',
            json_object('generation', family.generation + 1) ",
    hits!(),
    "; WITH hit AS MATERIALIZED (SELECT family.id, asked.value ->> 'idle' AS idle ",
    hits!(),
    ") UPDATE token_family SET generation = generation + 1, rotated_at = ?2, last_seen_at = ?2,
     idle_expires_at = min(?2 + hit.idle, expires_at)
     FROM hit WHERE token_family.id = hit.id RETURNING *;
     COMMIT"
);

async fn write_together(sereno: &Sereno, group: &[Rotation]) -> Result<Vec<Model>> {
    let mut asked = Vec::with_capacity(group.len());
    for (at, rotation) in group.iter().enumerate() {
        // the same token twice in a group: the first gets the successor, the other comes again as a retry
        if group[..at].iter().any(|earlier| earlier.is_of(rotation)) {
            continue;
        }
        asked.push(json!({
            "event": sereno.new_id()?.simple(),
            "family": rotation.family.simple(),
            "generation": rotation.generation,
            "application": rotation.application_id.simple(),
            "idle": i64::try_from(rotation.idle.as_micros()).unwrap_or(i64::MAX),
            "address": rotation.meta.address,
            "user_agent": rotation.meta.user_agent,
            "request_id": rotation.meta.request_id,
        }));
    }
    let asked = serde_json::Value::from(asked).to_string();
    let rows = sereno.db.script(TOGETHER_ON_SQLITE, asked, sereno.now()).await?;
    let rotated = rows.iter().map(|row| Model::from_query_result(row, ""));
    let rotated = rotated.collect::<std::result::Result<Vec<_>, _>>()?;
    for family in &rotated {
        sereno.tell(&rotated_event(family));
    }
    Ok(rotated)
}

/// On PostgreSQL, one in one statement: update and event commit together.
const ALONE_ON_POSTGRES: &str = "
    WITH hit AS (
        UPDATE token_family AS family SET generation = family.generation + 1, rotated_at = $4, last_seen_at = $4,
               idle_expires_at = least($5, family.expires_at)
        FROM \"user\" AS owner, application AS through
        WHERE family.id = $1 AND family.generation = $2 AND family.application_id = $3
        AND family.revoked_at IS NULL AND family.expires_at > $4 AND family.idle_expires_at > $4
        AND owner.id = family.user_id AND owner.state = 'active' AND owner.credential_epoch = family.credential_epoch
        AND through.id = family.application_id AND through.is_enabled
        RETURNING family.*
    ), told AS (
        INSERT INTO event (id, at, name, outcome, actor_kind, user_id, application_id, session_id, address, user_agent,
                           request_id, detail)
        SELECT $6, $4, 'refresh_rotated', 'success', 'anonymous', user_id, application_id, id, $7, $8, $9,
               jsonb_build_object('generation', generation)
        FROM hit
    )
    SELECT * FROM hit";

async fn write_alone(sereno: &Sereno, rotation: &Rotation) -> Result<Option<Model>> {
    let (now, meta) = (sereno.now(), &rotation.meta);
    let values: [sea_orm::Value; 9] = [
        rotation.family.into(),
        rotation.generation.into(),
        rotation.application_id.into(),
        now.0.into(),
        now.plus(rotation.idle).0.into(),
        sereno.new_id()?.into(),
        meta.address.map(|address| address.to_string()).into(),
        meta.user_agent.clone().into(),
        meta.request_id.clone().into(),
    ];
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, ALONE_ON_POSTGRES, values);
    let sereno = sereno.clone();
    // in a task of its own: a caller who goes away in the middle must not leave a change that nobody is told of
    let writing = tokio::spawn(async move {
        let row = sereno.db.write().query_one_raw(statement).await?;
        let rotated = row.map(|row| Model::from_query_result(&row, "")).transpose()?;
        if let Some(family) = &rotated {
            sereno.tell(&rotated_event(family));
        }
        Ok(rotated)
    });
    writing.await.map_err(Error::internal)?
}

/// With the job that delivers the event, which is more than the statements above write.
async fn write_in_tx(sereno: &Sereno, rotation: &Rotation) -> Result<Option<Model>> {
    let mut tx = sereno.begin(&rotation.meta, &Actor::Anonymous).await?;
    let presented = Presented {
        family: rotation.family,
        generation: rotation.generation,
    };
    let rotated = rotate_within(&mut tx, presented, rotation.application_id, rotation.idle).await?;
    tx.commit().await?;
    Ok(rotated)
}

/// Rotates in a transaction of the caller's, which has more to write than the rotation.
pub(super) async fn rotate_within(
    tx: &mut Tx,
    presented: Presented,
    application_id: Uuid,
    idle: Duration,
) -> Result<Option<Model>> {
    let now = tx.now();
    let change = Entity::update_many()
        .col_expr(Column::Generation, Expr::col(Column::Generation).add(1))
        .col_expr(Column::RotatedAt, Expr::value(now.0))
        .col_expr(Column::LastSeenAt, Expr::value(now.0))
        .col_expr(Column::IdleExpiresAt, idle_end(now.plus(idle)))
        .filter(Column::Id.eq(presented.family))
        .filter(Column::Generation.eq(presented.generation))
        .filter(Column::ApplicationId.eq(application_id));
    let rotated = only_open(change, now).exec_with_returning(tx.db()).await?.pop();
    if let Some(family) = &rotated {
        tx.record(rotated_event(family));
    }
    Ok(rotated)
}

fn rotated_event(family: &Model) -> Event {
    Event::new(EventKind::RefreshRotated)
        .about(family.user_id)
        .through(family.application_id)
        .within(family.id)
        .with("generation", family.generation)
}

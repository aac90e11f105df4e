//! The queue's worker and the list of jobs. A job is claimed with a lease, so that a worker that dies loses it to another
//! one; a job that fails comes back later and later, and is given up at last (`dead`), where the console can see it.

use std::time::Duration;

use sea_orm::sea_query::{Expr, LockBehavior, LockType};
use sea_orm::{ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::access;
use crate::account::activate::SendActivation;
use crate::account::deletion::SendDeletion;
use crate::account::email::SendEmailChange;
use crate::account::password::SendPasswordReset;
use crate::account::revocation::RevokeAtProvider;
use crate::account::{erase, sign_up};
use crate::announcements::SendAnnouncement;
use crate::clock::Moment;
use crate::context::{DeliverEvent, Failure, Job, Sereno, tidy};
use crate::entity::job::{Column, Entity, Model};
use crate::entity::{
    event, flow_state, issued_token, limit_counter, login_code, one_time, push_message, revoked_token, session,
    token_family,
};
use crate::error::Result;
use crate::idempotency;
use crate::login::SendLoginCode;
use crate::notify::{self, DeliverMail};
use crate::oauth;
use crate::push::{self, DeliverPush};
use crate::social::FetchPicture;

/// How long the worker waits when nobody rings: for jobs that come due, and for those of other processes.
const POLL: Duration = Duration::from_secs(1);
/// How often what is old is swept away.
const SWEEP_EVERY: Duration = Duration::from_mins(5);
/// The wait after the first failure; it doubles with each further one, up to an hour.
const BACK_OFF: Duration = Duration::from_secs(5);
const BACK_OFF_MOST: Duration = Duration::from_hours(1);
/// Longest account of a failure that is kept.
const ERROR_MAX: usize = 500;

/// Runs the job of this row: the one list of jobs.
async fn run(sereno: &Sereno, job: &Model) -> Result<(), Failure> {
    match job.name.as_str() {
        DeliverMail::NAME => read::<DeliverMail>(job)?.run(sereno).await,
        SendPasswordReset::NAME => read::<SendPasswordReset>(job)?.run(sereno).await,
        SendEmailChange::NAME => read::<SendEmailChange>(job)?.run(sereno).await,
        SendDeletion::NAME => read::<SendDeletion>(job)?.run(sereno).await,
        SendActivation::NAME => read::<SendActivation>(job)?.run(sereno).await,
        SendLoginCode::NAME => read::<SendLoginCode>(job)?.run(sereno).await,
        FetchPicture::NAME => read::<FetchPicture>(job)?.run(sereno).await,
        RevokeAtProvider::NAME => read::<RevokeAtProvider>(job)?.run(sereno).await,
        DeliverPush::NAME => read::<DeliverPush>(job)?.run(sereno).await,
        DeliverEvent::NAME => read::<DeliverEvent>(job)?.run(sereno).await,
        SendAnnouncement::NAME => read::<SendAnnouncement>(job)?.run(sereno).await,
        other => Err(Failure::Never(format!("no job is called {other}"))),
    }
}

/// Tells the job that it was given up.
async fn give_up(sereno: &Sereno, job: &Model) -> Result<()> {
    match job.name.as_str() {
        DeliverMail::NAME => match read::<DeliverMail>(job) {
            Ok(mail) => mail.given_up(sereno).await,
            Err(_) => Ok(()),
        },
        DeliverPush::NAME => match read::<DeliverPush>(job) {
            Ok(push) => push.given_up(sereno).await,
            Err(_) => Ok(()),
        },
        SendAnnouncement::NAME => match read::<SendAnnouncement>(job) {
            Ok(announcement) => announcement.given_up(sereno).await,
            Err(_) => Ok(()),
        },
        _ => Ok(()),
    }
}

fn read<J: Job>(job: &Model) -> Result<J, Failure> {
    serde_json::from_value(job.payload.clone()).map_err(|error| Failure::Never(format!("unreadable payload: {error}")))
}

/// Works the queue until `stop` turns true; jobs under way are finished first.
pub async fn work(sereno: Sereno, mut stop: watch::Receiver<bool>) {
    let most = usize::try_from(sereno.config.worker.concurrency).unwrap_or(1);
    let mut running = JoinSet::new();
    let mut swept: Option<Moment> = None;
    let mut stopped = false;
    while !stopped && !*stop.borrow() {
        if swept.is_none_or(|at| sereno.now().since(at) >= SWEEP_EVERY) {
            swept = Some(sereno.now());
            if let Err(error) = sweep(&sereno).await {
                tracing::warn!(%error, "what is old could not be swept away");
            }
        }
        while running.try_join_next().is_some() {}
        let rung = sereno.job_bell.notified();
        let claimed = match claim(&sereno, most.saturating_sub(running.len())).await {
            Ok(jobs) => jobs,
            Err(error) => {
                tracing::warn!(%error, "the queue could not be read");
                Vec::new()
            }
        };
        let idle = claimed.is_empty();
        for job in claimed {
            let sereno = sereno.clone();
            running.spawn(async move { attempt(&sereno, job).await });
        }
        if idle || running.len() >= most {
            tokio::select! {
                () = rung, if running.len() < most => {}
                _ = running.join_next(), if !running.is_empty() => {}
                () = tokio::time::sleep(POLL) => {}
                // nobody holds the other end any more: nobody could ever stop us
                changed = stop.changed() => stopped = changed.is_err(),
            }
        }
    }
    while running.join_next().await.is_some() {}
}

/// Runs everything that is due, one after another, and says how many jobs that were. For tests and the command line.
pub async fn run_due(sereno: &Sereno) -> Result<usize> {
    let mut count = 0;
    loop {
        let jobs = claim(sereno, 1).await?;
        if jobs.is_empty() {
            return Ok(count);
        }
        for job in jobs {
            attempt(sereno, job).await;
            count += 1;
        }
    }
}

/// Claims due jobs: whoever's update hits the row has it until the lease ends.
async fn claim(sereno: &Sereno, most: usize) -> Result<Vec<Model>> {
    if most == 0 {
        return Ok(Vec::new());
    }
    let now = sereno.now();
    let due = Condition::any()
        .add(
            Condition::all()
                .add(Column::State.eq("queued"))
                .add(Column::RunAt.lte(now)),
        )
        .add(
            Condition::all()
                .add(Column::State.eq("running"))
                .add(Column::LeaseUntil.lt(now)),
        );
    let mut ids = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(due)
        .order_by_asc(Column::Priority)
        .order_by_asc(Column::RunAt)
        .order_by_asc(Column::Id)
        .limit(most as u64)
        .into_query();
    if !sereno.db.is_sqlite() {
        ids.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    }
    // look before writing: an idle SQLite worker must not take the write lock every second
    if sereno.db.is_sqlite()
        && Entity::find()
            .filter(Column::Id.in_subquery(ids.clone()))
            .one(sereno.db.read())
            .await?
            .is_none()
    {
        return Ok(Vec::new());
    }
    let claimed = Entity::update_many()
        .col_expr(Column::State, Expr::value("running"))
        .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
        .col_expr(
            Column::LeaseUntil,
            Expr::value(now.plus(sereno.config.worker.lease.span()).0),
        )
        .filter(Column::Id.in_subquery(ids))
        .exec_with_returning(sereno.db.write())
        .await?;
    Ok(claimed)
}

async fn attempt(sereno: &Sereno, job: Model) {
    let (name, id, attempts) = (job.name.clone(), job.id, job.attempts);
    let (begun, most) = (
        u64::try_from(attempts).unwrap_or(u64::MAX),
        sereno.config.worker.max_attempts,
    );
    let outcome = if begun > most {
        // no attempt ever reached its end: the job takes its worker down with it
        Err(Failure::Never("its workers fell silent".to_owned()))
    } else {
        // a job stops before its lease ends, because after that another worker may hold the row
        let time = sereno.config.worker.lease.span() * 9 / 10;
        let outcome = tokio::time::timeout(time, run(sereno, &job)).await;
        outcome.unwrap_or_else(|_| Err(Failure::Later("took longer than its lease".to_owned())))
    };
    let last = begun >= most;
    let written = match outcome {
        Ok(()) => settle(sereno, &job, "done", None).await,
        Err(Failure::Wait(span)) => wait(sereno, &job, span).await,
        Err(Failure::Later(why)) if !last => {
            tracing::warn!(job = name, job.id = %id, attempts, error = why, "a job failed and will be tried again");
            again(sereno, &job, &why).await
        }
        Err(Failure::Later(why) | Failure::Never(why)) => {
            tracing::error!(job = name, job.id = %id, attempts, error = why, "a job failed and was given up");
            if let Err(error) = give_up(sereno, &job).await {
                tracing::error!(job = name, job.id = %id, %error, "giving up a job failed");
            }
            settle(sereno, &job, "dead", Some(&why)).await
        }
    };
    if let Err(error) = written {
        tracing::error!(job = name, job.id = %id, %error, "the outcome of a job could not be written");
    }
}

async fn settle(sereno: &Sereno, job: &Model, state: &str, why: Option<&str>) -> Result<()> {
    let update = Entity::update_many()
        .col_expr(Column::State, Expr::value(state))
        .col_expr(Column::LastError, Expr::value(why.map(|why| tidy(why, ERROR_MAX))))
        .col_expr(Column::LeaseUntil, Expr::value(None::<i64>))
        .col_expr(Column::FinishedAt, Expr::value(sereno.now().0));
    // what is done is not done again: nothing of it need be kept; and nobody is to look at what is sealed
    let update = if state == "done" || job.name == RevokeAtProvider::NAME {
        update.col_expr(Column::Payload, Expr::value(json!({})))
    } else {
        update
    };
    ours(update, job).exec(sereno.db.write()).await?;
    Ok(())
}

async fn again(sereno: &Sereno, job: &Model, why: &str) -> Result<()> {
    let update = Entity::update_many()
        .col_expr(Column::State, Expr::value("queued"))
        .col_expr(Column::LastError, Expr::value(tidy(why, ERROR_MAX)))
        .col_expr(Column::LeaseUntil, Expr::value(None::<i64>))
        .col_expr(
            Column::RunAt,
            Expr::value(sereno.now().plus(back_off(sereno, job.attempts)?).0),
        );
    ours(update, job).exec(sereno.db.write()).await?;
    Ok(())
}

/// It waits for its turn, as if it had not been begun.
async fn wait(sereno: &Sereno, job: &Model, span: Duration) -> Result<()> {
    let update = Entity::update_many()
        .col_expr(Column::State, Expr::value("queued"))
        .col_expr(Column::Attempts, Expr::col(Column::Attempts).sub(1))
        .col_expr(Column::LeaseUntil, Expr::value(None::<i64>))
        .col_expr(Column::RunAt, Expr::value(sereno.now().plus(span).0));
    ours(update, job).exec(sereno.db.write()).await?;
    Ok(())
}

/// Only while the row is still held by this attempt: a worker that outlived its lease writes nothing.
fn ours(update: sea_orm::UpdateMany<Entity>, job: &Model) -> sea_orm::UpdateMany<Entity> {
    update
        .filter(Column::Id.eq(job.id))
        .filter(Column::State.eq("running"))
        .filter(Column::Attempts.eq(job.attempts))
}

/// Doubles with each attempt, with up to a quarter more by chance, so that jobs that failed together do not come back
/// together.
fn back_off(sereno: &Sereno, attempts: i64) -> Result<Duration> {
    let doublings = u32::try_from(attempts.clamp(1, 20) - 1).unwrap_or(0);
    let wait = BACK_OFF
        .saturating_mul(2_u32.saturating_pow(doublings))
        .min(BACK_OFF_MOST);
    let [chance] = sereno.entropy.bytes::<1>()?;
    Ok(wait + wait.mul_f64(f64::from(chance) / 1_024.0))
}

/// Sweeps away what nobody can use any more.
pub async fn sweep(sereno: &Sereno) -> Result<()> {
    let (now, db) = (sereno.now(), sereno.db.write());
    let old = now.minus(Duration::from_hours(24 * sereno.config.worker.keep_days));
    flow_state::Entity::delete_many()
        .filter(flow_state::Column::ExpiresAt.lt(now))
        .exec(db)
        .await?;
    limit_counter::Entity::delete_many()
        .filter(limit_counter::Column::WindowEndsAt.lt(now))
        .exec(db)
        .await?;
    one_time::Entity::delete_many()
        .filter(one_time::Column::ExpiresAt.lt(old))
        .exec(db)
        .await?;
    // what clients said of their devices is among it; a mail that leaves late still needs its row
    login_code::Entity::delete_many()
        .filter(login_code::Column::ExpiresAt.lt(now.minus(Duration::from_hours(24))))
        .exec(db)
        .await?;
    push::forget_left(sereno, old).await?;
    session::Entity::delete_many()
        .filter(session::Column::ExpiresAt.lt(old))
        .exec(db)
        .await?;
    token_family::Entity::delete_many()
        .filter(token_family::ended_before(old))
        .exec(db)
        .await?;
    notify::sweep(sereno).await?;
    let told = now.minus(Duration::from_hours(24 * sereno.config.mail.history_days));
    push_message::Entity::delete_many()
        .filter(push_message::Column::CreatedAt.lt(told))
        .filter(push_message::Column::Status.ne("queued"))
        .exec(db)
        .await?;
    Entity::delete_many()
        .filter(Column::FinishedAt.lt(old))
        .filter(Column::State.is_in(["done", "dead"]))
        .exec(db)
        .await?;
    sweep_events(sereno).await?;
    idempotency::sweep(sereno).await?;
    issued_token::Entity::delete_many()
        .filter(issued_token::Column::ExpiresAt.lt(now))
        .exec(db)
        .await?;
    revoked_token::Entity::delete_many()
        .filter(revoked_token::Column::ExpiresAt.lt(now))
        .exec(db)
        .await?;
    access::check::sweep(sereno).await?;
    oauth::signing_keys::rotate_on_schedule(sereno).await?;
    erase::sweep(sereno).await?;
    sign_up::sweep(sereno).await
}

/// How many rows one statement takes away where there may be millions: others write between two of them.
const SWEEP_BATCH: u64 = 5_000;

async fn sweep_events(sereno: &Sereno) -> Result<()> {
    let days = sereno.config.worker.keep_events_days;
    if days == 0 {
        return Ok(());
    }
    let old = sereno.now().minus(Duration::from_hours(24 * days));
    loop {
        let oldest = event::Entity::find()
            .select_only()
            .column(event::Column::Id)
            .filter(event::Column::At.lt(old))
            .order_by_asc(event::Column::At)
            .limit(SWEEP_BATCH);
        let swept = event::Entity::delete_many()
            .filter(event::Column::Id.in_subquery(oldest.into_query()))
            .exec(sereno.db.write())
            .await?;
        if swept.rows_affected < SWEEP_BATCH {
            return Ok(());
        }
    }
}

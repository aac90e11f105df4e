//! Counters of wrong guesses that make wait instead of locking: the first few are free, then each makes the next wait
//! twice as long, up to a limit. What comes inside a wait is not heard, not counted and lengthens nothing, so that whoever
//! goes on knocking keeps nobody out for longer. After a quiet time counting begins anew.

use std::time::Duration;

use sea_orm::sea_query::{CaseStatement, Expr, OnConflict, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter};

use super::Sereno;
use crate::clock::Moment;
use crate::entity::limit_counter::{Column, Entity};
use crate::error::Result;

/// One counter of guesses.
#[derive(Clone, Debug)]
pub struct Delay {
    key: String,
    free: u64,
    window: Duration,
    longest: Duration,
}

/// How a counter makes wait.
#[derive(Clone, Copy, Debug)]
pub struct Curve {
    /// Guesses without a wait in a window; 0 switches the counter off.
    pub free: u64,
    /// How long the free ones count, and how long it must be quiet after a wait before counting begins anew.
    pub window: Duration,
    /// The longest wait.
    pub longest: Duration,
}

/// An attempt came inside a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Seconds until the next attempt is heard.
    pub retry_after: u64,
    /// Whether this refusal was the first in its window: worth writing down, unlike those that follow.
    pub is_first: bool,
}

impl Delay {
    /// `what` and `whom` together are what is counted; only their digest is stored.
    #[must_use]
    pub fn new(sereno: &Sereno, what: &str, whom: &str, curve: Curve) -> Self {
        Self {
            key: sereno.keys.digest.digest(&format!("limit.{what}"), whom),
            free: curve.free,
            window: curve.window,
            longest: curve.longest,
        }
    }

    /// Whether nothing is counted.
    #[must_use]
    pub const fn is_off(&self) -> bool {
        self.free == 0
    }

    /// The waits, from the first on, without the longest: 1, 2, 4 … seconds.
    fn waits(&self) -> impl Iterator<Item = (i64, Duration)> {
        let (free, longest) = (i64::try_from(self.free).unwrap_or(i64::MAX), self.longest);
        (0..32_u32)
            .map(move |step| (free.saturating_add(step.into()), Duration::from_secs(1 << step)))
            .take_while(move |(_, wait)| *wait < longest)
    }

    /// `restarted` where the window is over; else `free` while guesses are free; else what `waiting` makes of the wait
    /// that this guess leaves behind.
    fn by_count(&self, now: Moment, restarted: Expr, free: Expr, waiting: impl Fn(Duration) -> Expr) -> CaseStatement {
        let column = |column| Expr::col((Entity, column));
        let (count, first) = (column(Column::Count), i64::try_from(self.free).unwrap_or(i64::MAX));
        let mut cases = CaseStatement::new()
            .case(column(Column::WindowEndsAt).lte(now.0), restarted)
            .case(count.clone().lt(first - 1), free);
        for (guess, wait) in self.waits() {
            cases = cases.case(count.clone().eq(guess - 1), waiting(wait));
        }
        cases.finally(waiting(self.longest))
    }
}

/// Counts an attempt, unless the wait that earlier ones left behind is not over; whether it is heard. One statement
/// decides: of attempts at once only as many are heard as there is room for. Runs in the caller's transaction.
pub async fn count<C: ConnectionTrait>(db: &C, delay: &Delay, now: Moment) -> Result<bool> {
    if delay.is_off() {
        return Ok(true);
    }
    let column = |column| Expr::col((Entity, column));
    // the first guess of a window, where not even that one is free of a wait
    let first_wait = if delay.free == 1 {
        Duration::from_secs(1).min(delay.longest)
    } else {
        Duration::ZERO
    };
    let fresh_free_at = if delay.free == 1 {
        now.plus(first_wait)
    } else {
        Moment(0)
    };
    let fresh_end = now.plus(first_wait).plus(delay.window);
    let free_at = delay.by_count(now, fresh_free_at.0.into(), 0_i64.into(), |wait| {
        now.plus(wait).0.into()
    });
    let ends = delay.by_count(now, fresh_end.0.into(), column(Column::WindowEndsAt), |wait| {
        now.plus(wait).plus(delay.window).0.into()
    });
    let is_over = column(Column::WindowEndsAt).lte(now.0);
    let restarted = |restart: Expr, go_on: Expr| CaseStatement::new().case(is_over.clone(), restart).finally(go_on);
    let mut insert = Query::insert();
    insert
        .into_table(Entity)
        .columns([Column::Key, Column::Count, Column::WindowEndsAt, Column::FreeAt])
        .values_panic([
            delay.key.clone().into(),
            1_i64.into(),
            fresh_end.0.into(),
            fresh_free_at.0.into(),
        ])
        .on_conflict(
            OnConflict::column(Column::Key)
                .value(Column::Count, restarted(1_i64.into(), column(Column::Count).add(1)))
                .value(Column::WindowEndsAt, ends)
                .value(Column::FreeAt, free_at)
                .value(Column::IsTold, restarted(false.into(), column(Column::IsTold)))
                .action_and_where(column(Column::FreeAt).lte(now.0))
                .to_owned(),
        )
        .returning(Query::returning().columns([Column::Key]));
    Ok(!db.query_all(&insert).await?.is_empty())
}

/// How long the attempt that was not heard has to wait.
pub async fn refuse(sereno: &Sereno, delay: &Delay) -> Result<Wait> {
    let Some(row) = Entity::find_by_id(delay.key.as_str()).one(sereno.db.read()).await? else {
        // forgiven in this moment
        return Ok(Wait {
            retry_after: 1,
            is_first: false,
        });
    };
    let left = row.free_at.since(sereno.now());
    let retry_after = Ord::max(left.as_secs() + u64::from(left.subsec_nanos() > 0), 1);
    // whoever goes on asking writes nothing; of those who race to be first, the row decides
    let is_first = !row.is_told
        && Entity::update_many()
            .col_expr(Column::IsTold, Expr::value(true))
            .filter(ColumnTrait::eq(&Column::Key, delay.key.as_str()))
            .filter(ColumnTrait::eq(&Column::IsTold, false))
            .exec(sereno.db.write())
            .await?
            .rows_affected
            > 0;
    Ok(Wait { retry_after, is_first })
}

/// The attempt was honest after all: forgets the counter and its wait. Runs in the caller's transaction.
pub async fn forget<C: ConnectionTrait>(db: &C, delay: &Delay) -> Result<()> {
    if !delay.is_off() {
        Entity::delete_by_id(delay.key.as_str()).exec(db).await?;
    }
    Ok(())
}

/// The attempt was honest after all: takes it and its wait back from a counter that others' guesses share, which stay
/// counted. Runs in the caller's transaction.
pub async fn give_back<C: ConnectionTrait>(db: &C, delay: &Delay) -> Result<()> {
    if !delay.is_off() {
        Entity::update_many()
            .col_expr(Column::Count, Expr::col(Column::Count).sub(1))
            .col_expr(Column::FreeAt, Expr::value(0_i64))
            .filter(ColumnTrait::eq(&Column::Key, delay.key.as_str()))
            .filter(ColumnTrait::gt(&Column::Count, 0))
            .exec(db)
            .await?;
    }
    Ok(())
}

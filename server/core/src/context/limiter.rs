//! Counting against guessing and flooding. Counters for accounts and codes stand in the database, so that a restart or
//! a second node does not reset them, and are raised before the attempt, outside the flow's transaction, so that neither a
//! race nor a rollback refunds one. Counters per client address and per application are kept in memory for each node.
//! Counters that make wait instead of refusing are next door, in `delay`.

use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use quick_cache::sync::{Cache, EntryAction, EntryResult};
use sea_orm::sea_query::{CaseStatement, Expr, OnConflict, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter};

use super::Sereno;
use super::delay::Wait;
use crate::clock::Moment;
use crate::entity::limit_counter::{Column, Entity};
use crate::error::{Error, Result};

/// One counter to raise: so many in so long a time.
#[derive(Clone, Debug)]
pub struct Limit {
    key: String,
    most: u64,
    window: Duration,
    by: u64,
}

impl Limit {
    /// `what` and `whom` together are what is counted; only their digest is stored. `most` 0 means no limit.
    #[must_use]
    pub fn new(sereno: &Sereno, what: &str, whom: &str, most: u64, window: Duration) -> Self {
        Self {
            key: sereno.keys.digest.digest(&format!("limit.{what}"), whom),
            most,
            window,
            by: 1,
        }
    }

    /// Counts as so many at once.
    #[must_use]
    pub const fn times(mut self, by: u64) -> Self {
        self.by = by;
        self
    }

    fn by(&self) -> i64 {
        i64::try_from(self.by).unwrap_or(i64::MAX)
    }
}

/// Raises every counter and refuses when one is over its limit: `too_many_requests` with the seconds to wait.
pub async fn take(sereno: &Sereno, limits: &[Limit]) -> Result<()> {
    let mut limits: Vec<&Limit> = limits.iter().filter(|limit| limit.most > 0).collect();
    if limits.is_empty() {
        return Ok(());
    }
    // in one order everywhere, so that two requests cannot wait for each other's row
    limits.sort_by(|a, b| a.key.cmp(&b.key));
    let now = sereno.now();
    let over = Expr::col((Entity, Column::WindowEndsAt)).lte(now.0);
    let restarted = |restart: Expr, go_on: Expr| CaseStatement::new().case(over.clone(), restart).finally(go_on);
    let mut insert = Query::insert();
    insert
        .into_table(Entity)
        .columns([Column::Key, Column::Count, Column::WindowEndsAt]);
    for limit in &limits {
        insert.values_panic([
            limit.key.clone().into(),
            limit.by().into(),
            now.plus(limit.window).0.into(),
        ]);
    }
    insert
        .on_conflict(
            OnConflict::column(Column::Key)
                .value(
                    Column::Count,
                    restarted(
                        Expr::cust("excluded.count"),
                        Expr::col((Entity, Column::Count)).add(Expr::cust("excluded.count")),
                    ),
                )
                .value(
                    Column::WindowEndsAt,
                    restarted(
                        Expr::cust("excluded.window_ends_at"),
                        Expr::col((Entity, Column::WindowEndsAt)),
                    ),
                )
                .value(
                    Column::IsTold,
                    restarted(false.into(), Expr::col((Entity, Column::IsTold))),
                )
                .to_owned(),
        )
        .returning(Query::returning().columns([Column::Key, Column::Count, Column::WindowEndsAt]));
    let mut longest: Option<u64> = None;
    for row in sereno.db.write().query_all(&insert).await? {
        let key: String = row.try_get("", "key")?;
        let count: i64 = row.try_get("", "count")?;
        let ends: i64 = row.try_get("", "window_ends_at")?;
        let most = limits
            .iter()
            .find(|limit| limit.key == key)
            .map_or(0, |limit| limit.most);
        if u64::try_from(count).unwrap_or(u64::MAX) > most {
            longest = Ord::max(longest, Some(Moment(ends).since(now).as_secs() + 1));
        }
    }
    match longest {
        None => Ok(()),
        Some(seconds) => Err(Error::limited(seconds)),
    }
}

/// How long to wait where the counter is used up already, without counting: whoever goes on knocking writes nothing. Decides
/// nothing where it is not.
pub async fn spent(sereno: &Sereno, limit: &Limit) -> Result<Option<Wait>> {
    if limit.most == 0 {
        return Ok(None);
    }
    let now = sereno.now();
    let row = Entity::find_by_id(limit.key.as_str()).one(sereno.db.read()).await?;
    let spent = |count: i64| u64::try_from(count).unwrap_or(0).saturating_add(limit.by) > limit.most;
    let Some(row) = row.filter(|row| row.window_ends_at > now && spent(row.count)) else {
        return Ok(None);
    };
    // of those who race to be first, the row decides
    let is_first = !row.is_told
        && Entity::update_many()
            .col_expr(Column::IsTold, Expr::value(true))
            .filter(ColumnTrait::eq(&Column::Key, limit.key.as_str()))
            .filter(ColumnTrait::eq(&Column::IsTold, false))
            .exec(sereno.db.write())
            .await?
            .rows_affected
            > 0;
    Ok(Some(Wait {
        retry_after: row.window_ends_at.since(now).as_secs() + 1,
        is_first,
    }))
}

/// What was counted was honest after all: takes it back. Runs in the caller's transaction.
pub async fn give_back<C: ConnectionTrait>(db: &C, limit: &Limit) -> Result<()> {
    if limit.most > 0 {
        Entity::update_many()
            .col_expr(Column::Count, Expr::col(Column::Count).sub(limit.by()))
            .filter(ColumnTrait::eq(&Column::Key, limit.key.as_str()))
            .filter(ColumnTrait::gte(&Column::Count, limit.by()))
            .exec(db)
            .await?;
    }
    Ok(())
}

/// Counters of a minute: in memory, bounded, for each node.
pub struct PerMinute<K>(Cache<(K, &'static str), (u64, Moment)>);

impl<K: Clone + Eq + Hash> Default for PerMinute<K> {
    fn default() -> Self {
        Self(Cache::new(50_000))
    }
}

impl<K: Clone + Eq + Hash> PerMinute<K> {
    /// Raises the counter of `whom` for `what` and refuses when it is over `most` in a minute; `most` 0 means no limit.
    pub fn take_for(&self, what: &'static str, whom: K, most: u64, now: Moment) -> Result<()> {
        self.count_for(what, whom, most, now).map_or(Ok(()), Counted::judge)
    }

    /// Refuses where the counter of `whom` is used up, without raising it.
    fn look_for(&self, what: &'static str, whom: K, most: u64, now: Moment) -> Result<()> {
        match self.0.get(&(whom, what)) {
            Some((count, ends)) if most > 0 && ends > now && count >= most => {
                Err(Error::limited(ends.since(now).as_secs() + 1))
            }
            _ => Ok(()),
        }
    }

    fn count_for(&self, what: &'static str, whom: K, most: u64, now: Moment) -> Option<Counted> {
        if most == 0 {
            return None;
        }
        let key = (whom, what);
        let fresh = (1, now.plus(Duration::from_mins(1)));
        // in place, under the memory's own lock: two requests at once count as two
        let entry = self.0.entry(&key, None, |_, counter| {
            *counter = if counter.1 > now {
                (counter.0 + 1, counter.1)
            } else {
                fresh
            };
            EntryAction::Retain(*counter)
        });
        let (count, ends) = match entry {
            EntryResult::Retained(counter) => counter,
            EntryResult::Vacant(place) => {
                let _ = place.insert(fresh);
                fresh
            }
            EntryResult::Replaced(..) | EntryResult::Removed(..) | EntryResult::Timeout => fresh,
        };
        Some(Counted {
            count,
            most,
            reset: ends.since(now).as_secs() + 1,
        })
    }
}

/// Where a counter of a minute stands.
#[derive(Clone, Copy, Debug)]
pub struct Counted {
    count: u64,
    most: u64,
    reset: u64,
}

impl Counted {
    fn judge(self) -> Result<()> {
        if self.count > self.most {
            Err(Error::limited(self.reset))
        } else {
            Ok(())
        }
    }
}

/// What the client's address may still ask for in this minute, the tightest of several counters. Counters of accounts are
/// not told: they would say whether there is one.
#[derive(Clone, Debug, Default)]
pub struct Allowance(Arc<Mutex<Option<Left>>>);

/// How much is left of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// What is counted.
    pub what: &'static str,
    /// How much there is in a minute.
    pub most: u64,
    /// How much of it is left.
    pub left: u64,
    /// Seconds until it is as much as in the beginning.
    pub reset: u64,
}

impl Allowance {
    /// Notes where a counter stands, and refuses what is beyond it.
    pub(super) fn note(&self, what: &'static str, counted: Counted) -> Result<()> {
        let left = Left {
            what,
            most: counted.most,
            left: counted.most.saturating_sub(counted.count),
            reset: counted.reset,
        };
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.is_none_or(|before| left.left < before.left) {
            *noted = Some(left);
        }
        drop(noted);
        counted.judge()
    }

    /// How much is left, where anything was counted.
    #[must_use]
    pub fn left(&self) -> Option<Left> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counters per client address. IPv6 addresses count by their /64, which one customer usually has whole.
pub type Addresses = PerMinute<IpAddr>;

impl Addresses {
    /// Raises the address's counter for `what` and refuses when it is over `most` in a minute. Nobody knows the address
    /// of a command: it is not counted.
    pub fn take(&self, what: &'static str, address: Option<IpAddr>, most: u64, now: Moment) -> Result<()> {
        match address {
            Some(address) => self.take_for(what, network(address), most, now),
            None => Ok(()),
        }
    }

    /// Refuses where the address's counter for `what` is used up, without raising it.
    pub fn look(&self, what: &'static str, address: Option<IpAddr>, most: u64, now: Moment) -> Result<()> {
        match address {
            Some(address) => self.look_for(what, network(address), most, now),
            None => Ok(()),
        }
    }

    /// Raises the same counter and says where it stands; nothing where nobody is counted.
    pub(super) fn count(&self, what: &'static str, address: Option<IpAddr>, most: u64, now: Moment) -> Option<Counted> {
        self.count_for(what, network(address?), most, now)
    }
}

/// What one customer usually has whole: an IPv4 address, or the /64 of an IPv6 address.
#[must_use]
pub fn network(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    if let Some(v4) = v6.to_ipv4_mapped() {
        return IpAddr::V4(v4);
    }
    let [a, b, c, d, ..] = v6.segments();
    IpAddr::V6([a, b, c, d, 0, 0, 0, 0].into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_counted_by_network_and_minute() {
        let (counters, now) = (Addresses::default(), Moment(0));
        let first: IpAddr = "2001:db8::1".parse().unwrap();
        let neighbour: IpAddr = "2001:db8::2".parse().unwrap();
        assert!(counters.take("login", Some(first), 1, now).is_ok());
        assert!(counters.take("login", Some(neighbour), 1, now).is_err());
        assert!(counters.take("mail", Some(neighbour), 1, now).is_ok());
        assert!(
            counters
                .take("login", Some(first), 1, now.plus(Duration::from_secs(61)))
                .is_ok()
        );
        assert!(counters.take("login", Some(first), 0, now).is_ok());
    }

    #[test]
    fn requests_at_once_are_all_counted() {
        let (counters, address) = (Addresses::default(), "192.0.2.1".parse().ok());
        let welcome = || {
            let taken = (0..500).filter(|_| counters.take("login", address, 1_000, Moment(0)).is_ok());
            taken.count()
        };
        let all: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(welcome)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(all, 1_000);
    }
}

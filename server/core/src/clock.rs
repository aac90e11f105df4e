//! Time: the only place that may ask the system for it. Moments are UTC microseconds, on both databases and in every
//! comparison; the API shows them as RFC 3339.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use sea_orm::DeriveValueType;
use sereno_types::Timestamp;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A moment: microseconds since 1970-01-01T00:00:00Z, stored as BIGINT.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, DeriveValueType)]
pub struct Moment(pub i64);

impl Moment {
    /// The end of what has none: the last second that RFC 3339 can write.
    pub const NEVER: Self = Self(253_402_300_799_000_000);

    /// Whether this is the end of what has none.
    #[must_use]
    pub const fn is_never(self) -> bool {
        self.0 >= Self::NEVER.0
    }

    /// The moment so much later; saturates.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(micros(span)))
    }

    /// The moment so much earlier; saturates.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(micros(span)))
    }

    /// How long after `earlier` this is; zero when it is before.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Whole seconds since 1970, as JWTs count them.
    #[must_use]
    pub const fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The moment that this text says, if it says one.
    #[must_use]
    pub fn parse(text: &Timestamp) -> Option<Self> {
        let moment = OffsetDateTime::parse(&text.0, &Rfc3339).ok()?;
        i64::try_from(moment.unix_timestamp_nanos() / 1_000).ok().map(Self)
    }

    /// The moment of a JWT's `NumericDate`.
    #[must_use]
    pub const fn from_unix_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// The moment that a text in RFC 3339 means.
    #[must_use]
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        i64::try_from(moment.unix_timestamp_nanos() / 1_000).ok().map(Self)
    }

    /// RFC 3339 in UTC, whole seconds.
    #[must_use]
    pub fn timestamp(self) -> Timestamp {
        let text = OffsetDateTime::from_unix_timestamp(self.unix_seconds())
            .ok()
            .and_then(|moment| moment.format(&Rfc3339).ok())
            .unwrap_or_else(|| "1970-01-01T00:00:00Z".to_owned());
        Timestamp(text)
    }
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The moment it is.
    fn now(&self) -> Moment;
}

/// The system's clock.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that may ask")]
    fn now(&self) -> Moment {
        let now = OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000;
        Moment(i64::try_from(now).unwrap_or(i64::MAX))
    }
}

/// A clock that a test moves by hand.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// Stands still at `start`.
    #[must_use]
    pub const fn new(start: Moment) -> Self {
        Self(AtomicI64::new(start.0))
    }

    /// Moves forward.
    pub fn advance(&self, span: Duration) {
        self.0.fetch_add(micros(span), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Moment {
        Moment(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_compare_add_and_print() {
        let start = Moment(1_763_632_756_000_000);
        assert_eq!(start.timestamp().0, "2025-11-20T09:59:16Z");
        assert_eq!(start.plus(Duration::from_secs(5)).since(start), Duration::from_secs(5));
        assert_eq!(start.since(start.plus(Duration::from_secs(5))), Duration::ZERO);
        assert_eq!(Moment::NEVER.timestamp().0, "9999-12-31T23:59:59Z");
        assert_eq!(Moment::from_rfc3339("2025-11-20T10:59:16+01:00"), Some(start));
        assert_eq!(Moment::from_rfc3339("2025-11-20"), None);
        assert_eq!(Moment(-1).unix_seconds(), -1);
        assert_eq!(Moment(i64::MAX).plus(Duration::MAX), Moment(i64::MAX));
    }
}

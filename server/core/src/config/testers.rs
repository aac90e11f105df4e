//! Fixed codes in the place of mailed ones, for a developer and for the testers of an app store: how an entry is written,
//! and until when it is heard. Who may use one is decided at the sign-in (`login`).

use std::time::Duration;

use sereno_types::Secret;
use time::format_description::well_known::Iso8601;
use time::{Date, Time};
use toml::{Table, Value};

use super::Testers;
use super::setting::{Raw, Setting};
use crate::clock::Moment;

/// An address, or the beginning of several, with its code.
#[derive(Clone, Debug)]
pub struct Tester {
    /// An address, or the beginning of addresses and a `*`.
    pub who: String,
    /// The code.
    pub code: Secret,
    /// The last day (UTC) on which it is heard.
    pub until: Option<Date>,
}

impl Tester {
    /// Whether it is heard at this moment: for ever where no day was said.
    #[must_use]
    pub fn is_open(&self, now: Moment) -> bool {
        self.until.is_none_or(|day| now < end_of(day))
    }

    /// Whether it ended so long before this moment that nobody can mean it any more.
    #[must_use]
    pub fn ended(&self, now: Moment, ago: Duration) -> bool {
        self.until.is_some_and(|day| end_of(day) <= now.minus(ago))
    }
}

/// The first moment after this day, in UTC.
fn end_of(day: Date) -> Moment {
    let begins = day.with_time(Time::MIDNIGHT).assume_utc().unix_timestamp();
    Moment::from_unix_seconds(begins).plus(Duration::from_hours(24))
}

impl Testers {
    /// Whether any fixed code is heard at this moment.
    #[must_use]
    pub fn any_open(&self, now: Moment) -> bool {
        !self.development_code.is_empty() || self.entries.iter().any(|entry| entry.is_open(now))
    }
}

const HOW: &str = "a list of { who = \"…\", code = \"…\", until = \"2026-12-31\" }";

/// A list of tables; in the environment `who:code:until` or `who:code`, separated by commas.
impl Setting for Vec<Tester> {
    fn read(raw: Raw) -> Result<Self, &'static str> {
        match raw {
            Raw::File(Value::Array(entries)) => entries
                .into_iter()
                .map(|entry| match entry {
                    Value::Table(table) => of_table(table),
                    _ => Err(HOW),
                })
                .collect(),
            Raw::File(_) => Err(HOW),
            Raw::Env(text) => text
                .split(',')
                .map(str::trim)
                .filter(|entry| !entry.is_empty())
                .map(of_text)
                .collect(),
        }
    }

    fn show(&self) -> Option<Value> {
        // without their codes: the example shows an empty list
        Some(Value::Array(Vec::new()))
    }
}

fn of_table(mut table: Table) -> Result<Tester, &'static str> {
    let mut take = |key: &str| match table.remove(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(Value::Datetime(day)) => Ok(Some(day.to_string())),
        Some(_) => Err(HOW),
    };
    let (who, code, until) = (take("who")?, take("code")?, take("until")?);
    if !table.is_empty() {
        return Err(HOW);
    }
    tester(who.ok_or(HOW)?, code.ok_or(HOW)?, until.as_deref())
}

fn of_text(text: &str) -> Result<Tester, &'static str> {
    let how = "a list such as tester@example.org:123456:2026-12-31";
    let parts: Vec<&str> = text.split(':').collect();
    let (who, code, until) = match parts[..] {
        [who, code] => (who, code, None),
        [who, code, until] => (who, code, Some(until)),
        _ => return Err(how),
    };
    tester(who.to_owned(), code.to_owned(), until).map_err(|_| how)
}

fn tester(who: String, code: String, until: Option<&str>) -> Result<Tester, &'static str> {
    let until = until.map(|day| Date::parse(day, &Iso8601::DATE)).transpose();
    Ok(Tester {
        who,
        code: code.into(),
        until: until.map_err(|_| HOW)?,
    })
}

//! Lists of any size, page by page: keyset paging, whose cursor holds the order's key of one row, so that a page costs the
//! same wherever it stands and nothing is shown twice while rows come and go. Short lists that are known whole go by the
//! same cursors.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sea_orm::ExprTrait;
use sea_orm::Order as Direction;
use sea_orm::sea_query::Expr;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sereno_types::{Code, Page};
use uuid::Uuid;

use crate::error::{Error, Result, too_long};

/// Rows of a page when nothing is said.
const DEFAULT_LIMIT: u64 = 50;
/// Most rows of a page.
const MAX_LIMIT: u64 = 200;
/// Most characters of a search.
const MAX_SEARCH: usize = 200;

/// An order that a list can be in.
pub trait Order: Copy + Default + PartialEq + Serialize + DeserializeOwned {
    /// Whether it begins with the greatest key.
    fn is_descending(self) -> bool;

    /// Whether its key is text, and not a number.
    fn is_text(self) -> bool;
}

/// What a list is ordered by.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Key {
    /// A moment or a count.
    Number(i64),
    /// A text.
    Text(String),
}

/// Newest first, for lists that have no other order.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Newest {
    /// The only one.
    #[default]
    #[serde(rename = "newest")]
    First,
}

/// By name, for lists that have no other order.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ByName {
    /// The only one.
    #[default]
    #[serde(rename = "name")]
    First,
}

impl Order for ByName {
    fn is_descending(self) -> bool {
        false
    }

    fn is_text(self) -> bool {
        true
    }
}

impl Order for Newest {
    fn is_descending(self) -> bool {
        true
    }

    fn is_text(self) -> bool {
        false
    }
}

/// Where a page begins.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cursor<S> {
    /// The order it belongs to.
    sort: S,
    /// The order's key of the last row seen.
    key: Key,
    /// Its id, which breaks ties.
    id: Uuid,
    /// Whether to walk back.
    back: bool,
}

/// The way through a list: in which order, from where, how far.
pub struct Walk<S> {
    /// The order.
    pub sort: S,
    limit: u64,
    cursor: Option<Cursor<S>>,
}

impl<S: Order> Walk<S> {
    /// Reads what a request says.
    ///
    /// # Errors
    /// `validation_failed` with `invalid_choice` on `limit` or `cursor`.
    pub fn new(sort: Option<S>, limit: Option<u64>, cursor: Option<&str>) -> Result<Self> {
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(Error::field("limit", Code::InvalidChoice));
        }
        let sort = sort.unwrap_or_default();
        let cursor = cursor.filter(|text| !text.is_empty());
        let cursor = cursor.map(|text| read(text, sort)).transpose()?;
        Ok(Self { sort, limit, cursor })
    }

    /// How many rows to read: one more than asked for tells whether there is another page.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.limit + 1
    }

    fn back(&self) -> bool {
        self.cursor.as_ref().is_some_and(|cursor| cursor.back)
    }

    /// In which direction to read, by the key and then by the id.
    #[must_use]
    pub fn direction(&self) -> Direction {
        if self.sort.is_descending() == self.back() {
            Direction::Asc
        } else {
            Direction::Desc
        }
    }

    /// Only rows beyond the cursor, if there is one.
    #[must_use]
    pub fn beyond(&self, key: Expr, id: Expr) -> Option<Expr> {
        let cursor = self.cursor.as_ref()?;
        let seen = match &cursor.key {
            Key::Number(number) => Expr::val(*number),
            Key::Text(text) => Expr::val(text.as_str()),
        };
        let seen = Expr::tuple([seen, Expr::val(cursor.id)]);
        let row = Expr::tuple([key, id]);
        Some(match self.direction() {
            Direction::Asc => row.gt(seen),
            _ => row.lt(seen),
        })
    }

    /// The rows to make a page of, out of all that match.
    pub fn among<R>(&self, mut rows: Vec<R>, place: impl Fn(&R) -> (Key, Uuid)) -> Vec<R> {
        let ascending = self.direction() == Direction::Asc;
        if let Some(cursor) = &self.cursor {
            let seen = (cursor.key.clone(), cursor.id);
            rows.retain(|row| {
                if ascending {
                    place(row) > seen
                } else {
                    place(row) < seen
                }
            });
        }
        rows.sort_by_key(&place);
        if !ascending {
            rows.reverse();
        }
        rows.truncate(usize::try_from(self.rows()).unwrap_or(usize::MAX));
        rows
    }

    /// The page that these rows make.
    pub fn page<R, T>(
        self,
        mut rows: Vec<R>,
        total: u64,
        place: impl Fn(&R) -> (Key, Uuid),
        show: impl Fn(R) -> T,
    ) -> Result<Page<T>> {
        let more = rows.len() as u64 > self.limit;
        rows.truncate(usize::try_from(self.limit).unwrap_or(usize::MAX));
        if self.back() {
            rows.reverse();
        }
        let (has_next, has_prev) = if self.back() {
            (true, more)
        } else {
            (more, self.cursor.is_some())
        };
        let cursor = |row: &R, back| {
            let (key, id) = place(row);
            let sort = self.sort;
            let cursor = serde_json::to_vec(&Cursor { sort, key, id, back }).map_err(Error::internal)?;
            Ok::<_, Error>(URL_SAFE_NO_PAD.encode(cursor))
        };
        let next = rows.last().filter(|_| has_next).map(|row| cursor(row, false));
        let prev = rows.first().filter(|_| has_prev).map(|row| cursor(row, true));
        Ok(Page {
            next_cursor: next.transpose()?,
            prev_cursor: prev.transpose()?,
            items: rows.into_iter().map(show).collect(),
            total,
        })
    }
}

fn read<S: Order>(text: &str, sort: S) -> Result<Cursor<S>> {
    let invalid = || Error::field("cursor", Code::InvalidChoice);
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| invalid())?;
    let cursor: Cursor<S> = serde_json::from_slice(&bytes).map_err(|_| invalid())?;
    let has_nul = matches!(&cursor.key, Key::Text(text) if text.contains('\0'));
    if cursor.sort != sort || matches!(cursor.key, Key::Text(_)) != sort.is_text() || has_nul {
        return Err(invalid());
    }
    Ok(cursor)
}

/// What a person searches for; nothing when they search for nothing.
///
/// # Errors
/// `validation_failed` with `too_long` on `q`.
pub fn searched(q: Option<&str>) -> Result<Option<&str>> {
    let text = q.unwrap_or("").trim();
    if let Some(fault) = too_long("q", text, MAX_SEARCH) {
        return Err(Error::fields(vec![fault]));
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// The same as a pattern in which nothing is a wildcard.
///
/// # Errors
/// As [`searched`].
pub fn pattern(q: Option<&str>, prepare: impl Fn(&str) -> String) -> Result<Option<sea_orm::sea_query::LikeExpr>> {
    let Some(text) = searched(q)? else { return Ok(None) };
    let text = prepare(text)
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    Ok(Some(
        sea_orm::sea_query::LikeExpr::new(format!("%{text}%")).escape('\\'),
    ))
}

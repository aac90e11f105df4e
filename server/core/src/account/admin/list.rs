//! The list of users: search, filters, order and keyset paging, in two statements whatever the size of the page. The
//! cursor holds the order's key of one row; order and filters are enums, so that no text of the request becomes SQL.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sea_orm::sea_query::{Expr, Func, SimpleExpr};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, Order, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    Select, SelectTwo,
};
use serde::{Deserialize, Serialize};
use sereno_types::{Code, FieldError, Id, Page, Permission, UserQuery, UserRow, UserSort};
use uuid::Uuid;

use super::super::identifier;
use crate::context::{Sereno, Staff};
use crate::entity::{user, user_email};
use crate::error::{Error, Result};

const DEFAULT_LIMIT: u64 = 50;
const MAX_LIMIT: u64 = 200;
const MAX_SEARCH: usize = 200;

/// A row with its primary address.
type Row = (user::Model, Option<user_email::Model>);

/// Where a page begins.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cursor {
    /// The order it belongs to.
    sort: UserSort,
    /// The order's key of the last row seen.
    key: Key,
    /// Its id, which breaks ties.
    id: Uuid,
    /// Whether to walk back.
    back: bool,
}

/// What a list is ordered by.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Key {
    Number(i64),
    Text(String),
}

/// One page of users.
///
/// # Errors
/// `permission_denied`; `validation_failed` with `invalid_choice` on `limit` or `cursor`, `too_long` on `q`.
pub async fn list(sereno: &Sereno, staff: &Staff, query: UserQuery) -> Result<Page<UserRow>> {
    staff.require(Permission::UsersView)?;
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Error::field("limit", Code::InvalidChoice));
    }
    let sort = query.sort.unwrap_or_default();
    let cursor = query
        .cursor
        .as_deref()
        .filter(|text| !text.is_empty())
        .map(|text| read(text, sort))
        .transpose()?;
    let matching = matching(&query)?;
    let total = counted(&query).filter(matching.clone()).count(sereno.db.read()).await?;
    let back = cursor.as_ref().is_some_and(|cursor| cursor.back);
    let mut page = joined().filter(matching).select_also(user_email::Entity);
    if let Some(cursor) = &cursor {
        page = page.filter(beyond(cursor));
    }
    // one more than asked for tells whether there is another page
    let mut rows: Vec<Row> = order(page, sort, back).limit(limit + 1).all(sereno.db.read()).await?;
    let more = rows.len() as u64 > limit;
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    if back {
        rows.reverse();
    }
    let (has_next, has_prev) = if back { (true, more) } else { (more, cursor.is_some()) };
    let next = rows.last().filter(|_| has_next).map(|row| write(row, sort, false));
    let prev = rows.first().filter(|_| has_prev).map(|row| write(row, sort, true));
    let (next_cursor, prev_cursor) = (next.transpose()?, prev.transpose()?);
    Ok(Page {
        items: rows.into_iter().map(row).collect(),
        next_cursor,
        prev_cursor,
        total,
    })
}

/// What is counted. Only a search asks for addresses; the join would look one up for every user there is.
fn counted(query: &UserQuery) -> Select<user::Entity> {
    if searched(query).is_empty() {
        user::Entity::find()
    } else {
        joined()
    }
}

fn searched(query: &UserQuery) -> &str {
    query.q.as_deref().unwrap_or("").trim()
}

/// Users with their primary address, or without one.
fn joined() -> Select<user::Entity> {
    use sea_orm::{JoinType, RelationTrait};
    let primary = user::Relation::Email
        .def()
        .on_condition(|_, email| Condition::all().add(Expr::col((email, user_email::Column::IsPrimary)).eq(true)));
    user::Entity::find().join(JoinType::LeftJoin, primary)
}

fn matching(query: &UserQuery) -> Result<Condition> {
    let mut all = Condition::all();
    if let Some(state) = query.state {
        all = all.add(user::Column::State.eq(state.as_str()));
    }
    if let Some(superuser) = query.superuser {
        all = all.add(user::Column::IsSuperuser.eq(superuser));
    }
    let text = searched(query);
    if text.len() > MAX_SEARCH {
        let fault = FieldError::new("q", Code::TooLong).with("max", MAX_SEARCH as u64);
        return Err(Error::fields(vec![fault]));
    }
    if text.is_empty() {
        return Ok(all);
    }
    let pattern = format!("%{}%", escaped(&identifier::canonical(text)));
    let like = |column: SimpleExpr| column.like(sea_orm::sea_query::LikeExpr::new(pattern.clone()).escape('\\'));
    let lower = |column| SimpleExpr::from(Func::lower(Expr::col((user::Entity, column))));
    let mut any = Condition::any()
        .add(like(Expr::col((user_email::Entity, user_email::Column::Canonical))))
        .add(like(Expr::col((user::Entity, user::Column::UsernameCanonical))))
        .add(like(lower(user::Column::FirstName)))
        .add(like(lower(user::Column::LastName)));
    if let Ok(number) = text.trim_start_matches('#').parse::<i64>() {
        any = any.add(user::Column::Number.eq(number));
    }
    if let Ok(id) = text.parse::<Uuid>() {
        any = any.add(user::Column::Id.eq(id));
    }
    Ok(all.add(any))
}

/// What a person typed has no wildcards.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// What the list is ordered by; rows without a value come first when ascending.
fn key_of(sort: UserSort) -> SimpleExpr {
    match sort {
        UserSort::Newest | UserSort::Oldest => Expr::col((user::Entity, user::Column::CreatedAt)),
        UserSort::Email | UserSort::EmailDescending => Func::coalesce([
            Expr::col((user_email::Entity, user_email::Column::Canonical)),
            Expr::val(""),
        ])
        .into(),
        UserSort::LastLogin | UserSort::LastLoginAscending => {
            Func::coalesce([Expr::col((user::Entity, user::Column::LastLoginAt)), Expr::val(0_i64)]).into()
        }
    }
}

const fn is_descending(sort: UserSort) -> bool {
    matches!(sort, UserSort::Newest | UserSort::EmailDescending | UserSort::LastLogin)
}

fn order(
    page: SelectTwo<user::Entity, user_email::Entity>,
    sort: UserSort,
    back: bool,
) -> SelectTwo<user::Entity, user_email::Entity> {
    let direction = if is_descending(sort) == back {
        Order::Asc
    } else {
        Order::Desc
    };
    page.order_by(key_of(sort), direction.clone())
        .order_by(user::Column::Id, direction)
}

fn beyond(cursor: &Cursor) -> SimpleExpr {
    let key: SimpleExpr = match &cursor.key {
        Key::Number(number) => Expr::val(*number),
        Key::Text(text) => Expr::val(text.as_str()),
    };
    let seen = Expr::tuple([key, Expr::val(cursor.id)]);
    let row = Expr::tuple([key_of(cursor.sort), Expr::col((user::Entity, user::Column::Id))]);
    if is_descending(cursor.sort) == cursor.back {
        row.gt(seen)
    } else {
        row.lt(seen)
    }
}

fn write((user, email): &Row, sort: UserSort, back: bool) -> Result<String> {
    let key = match sort {
        UserSort::Newest | UserSort::Oldest => Key::Number(user.created_at.0),
        UserSort::Email | UserSort::EmailDescending => {
            Key::Text(email.as_ref().map(|email| email.canonical.clone()).unwrap_or_default())
        }
        UserSort::LastLogin | UserSort::LastLoginAscending => Key::Number(user.last_login_at.map_or(0, |at| at.0)),
    };
    let cursor = serde_json::to_vec(&Cursor {
        sort,
        key,
        id: user.id,
        back,
    })
    .map_err(Error::internal)?;
    Ok(URL_SAFE_NO_PAD.encode(cursor))
}

fn read(text: &str, sort: UserSort) -> Result<Cursor> {
    let invalid = || Error::field("cursor", Code::InvalidChoice);
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| invalid())?;
    let cursor: Cursor = serde_json::from_slice(&bytes).map_err(|_| invalid())?;
    let is_text = matches!(sort, UserSort::Email | UserSort::EmailDescending);
    let has_nul = matches!(&cursor.key, Key::Text(text) if text.contains('\0'));
    if cursor.sort != sort || matches!(cursor.key, Key::Text(_)) != is_text || has_nul {
        return Err(invalid());
    }
    Ok(cursor)
}

fn row((user, email): Row) -> UserRow {
    UserRow {
        id: Id(user.id.to_string()),
        number: user.number,
        email_verified: email.as_ref().is_some_and(|email| email.verified_at.is_some()),
        email: email.map(|email| email.address),
        state: user.state(),
        username: user.username,
        is_superuser: user.is_superuser,
        created_at: user.created_at.timestamp(),
        last_login_at: user.last_login_at.map(crate::clock::Moment::timestamp),
    }
}

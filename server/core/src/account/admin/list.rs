//! The list of users: search, filters, order and keyset paging, in two statements whatever the size of the page.
//! Order and filters are enums, so that no text of the request becomes SQL.

use sea_orm::sea_query::{Expr, Func, SimpleExpr};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};
use sereno_types::{Id, Page, Permission, UserQuery, UserRow, UserSort};
use uuid::Uuid;

use super::super::identifier;
use crate::context::{Sereno, Staff};
use crate::entity::{user, user_email};
use crate::error::Result;
use crate::paging::{self, Key, Order, Walk};

/// A row with its primary address.
type Row = (user::Model, Option<user_email::Model>);

impl Order for UserSort {
    fn is_descending(self) -> bool {
        matches!(self, Self::Newest | Self::EmailDescending | Self::LastLogin)
    }

    fn is_text(self) -> bool {
        matches!(self, Self::Email | Self::EmailDescending)
    }
}

/// One page of users.
///
/// # Errors
/// `permission_denied`; `validation_failed` with `invalid_choice` on `limit` or `cursor`, `too_long` on `q`.
pub async fn list(sereno: &Sereno, staff: &Staff, query: UserQuery) -> Result<Page<UserRow>> {
    staff.require(Permission::UsersView)?;
    let walk = Walk::new(query.sort, query.limit, query.cursor.as_deref())?;
    let matching = matching(&query)?;
    let total = counted(&query).filter(matching.clone()).count(sereno.db.read()).await?;
    let (sort, direction) = (walk.sort, walk.direction());
    let id = Expr::col((user::Entity, user::Column::Id));
    let rows: Vec<Row> = joined()
        .filter(matching.add_option(walk.beyond(key_of(sort), id)))
        .select_also(user_email::Entity)
        .order_by(key_of(sort), direction.clone())
        .order_by(user::Column::Id, direction)
        .limit(walk.rows())
        .all(sereno.db.read())
        .await?;
    walk.page(rows, total, |row| place(row, sort), row)
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
pub(crate) fn joined() -> Select<user::Entity> {
    use sea_orm::{JoinType, RelationTrait};
    let primary = user::Relation::Email
        .def()
        .on_condition(|_, email| Condition::all().add(Expr::col((email, user_email::Column::IsPrimary)).eq(true)));
    user::Entity::find().join(JoinType::LeftJoin, primary)
}

/// What the filters of the list mean.
///
/// # Errors
/// `validation_failed` with `too_long` on `q`.
pub(crate) fn matching(query: &UserQuery) -> Result<Condition> {
    let mut all = Condition::all();
    if let Some(state) = query.state {
        all = all.add(user::Column::State.eq(state.as_str()));
    }
    if let Some(superuser) = query.superuser {
        all = all.add(user::Column::IsSuperuser.eq(superuser));
    }
    let Some(pattern) = paging::pattern(query.q.as_deref(), identifier::canonical)? else {
        return Ok(all);
    };
    let text = searched(query);
    let like = |column: SimpleExpr| column.like(pattern.clone());
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

/// Where a row stands in an order.
fn place((user, email): &Row, sort: UserSort) -> (Key, Uuid) {
    let key = match sort {
        UserSort::Newest | UserSort::Oldest => Key::Number(user.created_at.0),
        UserSort::Email | UserSort::EmailDescending => {
            Key::Text(email.as_ref().map(|email| email.canonical.clone()).unwrap_or_default())
        }
        UserSort::LastLogin | UserSort::LastLoginAscending => Key::Number(user.last_login_at.map_or(0, |at| at.0)),
    };
    (key, user.id)
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

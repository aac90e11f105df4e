//! Writing a new user: the one place that inserts, and so the one place that knows what a broken constraint means.

use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, ExprTrait, QueryFilter};
use serde_json::{Map, Value};
use sereno_types::{Code, UserState};
use uuid::Uuid;

use super::identifier::{Email, Username};
use crate::context::{Sereno, Tx};
use crate::entity::{Hidden, counter, user, user_email};
use crate::error::{Error, Result, unique_violation};

/// Who makes an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Whoever signed up: nobody knows yet who that is.
    SignUp,
    /// Staff, or an operator at the command line.
    Staff,
    /// The holder of the set-up link.
    SetUp,
}

impl Origin {
    /// The name that is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignUp => user::SIGN_UP,
            Self::Staff => "staff",
            Self::SetUp => "set_up",
        }
    }
}

/// A user about to be written. The password is hashed already: hashing has no place in a transaction.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The primary address.
    pub email: Option<Email>,
    /// The user name.
    pub username: Option<Username>,
    /// The encoded hash.
    pub password_hash: Option<Hidden>,
    /// Pending or active.
    pub state: UserState,
    /// Whether the address is known to be the user's.
    pub is_confirmed: bool,
    /// Who makes it.
    pub origin: Origin,
    /// Whether the user may do everything.
    pub is_superuser: bool,
    /// The user's number, where an import keeps the original one; the next free one otherwise.
    pub number: Option<i64>,
    /// The language.
    pub locale: Option<String>,
    /// What applications remember of the user.
    pub attributes: Map<String, Value>,
}

/// Inserts the user and the address.
///
/// # Errors
/// `validation_failed` with `email_unique`, `username_unique` or (on `number`) `state_conflict`. The transaction cannot
/// be used after that.
pub async fn create(sereno: &Sereno, tx: &Tx, new: NewUser) -> Result<Uuid> {
    let (id, now) = (sereno.new_id()?, tx.now());
    let number = next_number(tx, new.number).await?;
    let (username, username_canonical) = new.username.map(|name| (name.name, name.canonical)).unzip();
    let row = user::ActiveModel {
        id: Set(id),
        number: Set(number),
        username: Set(username),
        username_canonical: Set(username_canonical),
        first_name: Set(String::new()),
        last_name: Set(String::new()),
        password_hash: Set(new.password_hash),
        state: Set(new.state.as_str().to_owned()),
        origin: Set(new.origin.as_str().to_owned()),
        is_superuser: Set(new.is_superuser),
        access_epoch: Set(0),
        credential_epoch: Set(1),
        avatar: Set(None),
        locale: Set(new.locale),
        attributes: Set(Value::Object(new.attributes)),
        created_at: Set(now),
        updated_at: Set(now),
        // setting up signs in
        last_login_at: Set((new.origin == Origin::SetUp).then_some(now)),
        delete_at: Set(None),
        closed_from: Set(None),
    };
    user::Entity::insert(row)
        .exec_without_returning(tx.db())
        .await
        .map_err(taken)?;
    if let Some(email) = new.email {
        let row = user_email::ActiveModel {
            id: Set(sereno.new_id()?),
            user_id: Set(id),
            address: Set(email.address),
            canonical: Set(email.canonical),
            is_primary: Set(true),
            verified_at: Set(new.is_confirmed.then_some(now)),
            created_at: Set(now),
        };
        user_email::Entity::insert(row)
            .exec_without_returning(tx.db())
            .await
            .map_err(taken)?;
    }
    Ok(id)
}

/// Hands out a number; a number brought along moves the counter past it, so that it is never handed out again.
async fn next_number(tx: &Tx, brought: Option<i64>) -> Result<i64> {
    let value = Expr::col(counter::Column::Value);
    let raised = counter::Entity::update_many().filter(counter::Column::Name.eq("user"));
    let raised = match brought {
        None => raised.col_expr(counter::Column::Value, value.add(1)),
        Some(number) => {
            let past = sea_orm::sea_query::CaseStatement::new()
                .case(value.clone().lt(number), number)
                .finally(value);
            raised.col_expr(counter::Column::Value, past.into())
        }
    };
    let row = raised.exec_with_returning(tx.db()).await?.into_iter().next();
    let row = row.ok_or_else(|| Error::internal("the counter of users is missing"))?;
    Ok(brought.unwrap_or(row.value))
}

/// Which field a broken constraint means. SQLite names the columns, PostgreSQL the index.
pub(super) fn taken(error: DbErr) -> Error {
    match unique_violation(&error) {
        Some(what) if what.contains("username_canonical") => Error::field("username", Code::UsernameUnique),
        Some(what) if what.contains("canonical") => Error::field("email", Code::EmailUnique),
        Some(what) if what.contains("number") => Error::field("number", Code::StateConflict),
        _ => error.into(),
    }
}

//! Things that are good for one use: minting them and consuming them. One conditional update decides, and the row it
//! gives back is the proof; there is no reading first and writing later. Whatever the use buys is written in the same
//! transaction.

use std::time::Duration;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

use crate::clock::Moment;
use crate::context::Sereno;
use crate::entity::Hidden;
use crate::entity::one_time::{self, Column, Entity};
use crate::error::Result;

/// What a one-time thing is good for. Its name is part of the digest, so that a token minted for one purpose is unknown
/// for every other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Confirms the address given at sign-up.
    Activation,
    /// Sets a new password.
    PasswordReset,
    /// Confirms the address that is to replace another.
    EmailChange,
    /// Has an account deleted.
    Deletion,
    /// Keeps an account that is about to be deleted.
    DeletionCancel,
    /// Makes the first administrator.
    SetUp,
    /// Signs in, by link or by code.
    LoginCode,
}

impl Purpose {
    /// The name that is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Activation => "activation",
            Self::PasswordReset => "password_reset",
            Self::EmailChange => "email_change",
            Self::Deletion => "deletion",
            Self::DeletionCancel => "deletion_cancel",
            Self::SetUp => "set_up",
            Self::LoginCode => "login_code",
        }
    }
}

/// What to mint.
#[derive(Clone, Debug)]
pub struct Mint {
    /// What it is good for.
    pub purpose: Purpose,
    /// Whose it is.
    pub user_id: Option<Uuid>,
    /// What else it is bound to.
    pub subject: Option<String>,
    /// The user's credential epoch, where a change of credentials must end it.
    pub credential_epoch: Option<i64>,
    /// How long it works.
    pub lifetime: Duration,
    /// Hash of the short code that does the same, and how many wrong ones are heard.
    pub code: Option<(Hidden, u64)>,
}

/// Makes a one-time token, stores its digest and gives the token back: the only moment at which it exists in clear.
pub async fn mint<C: ConnectionTrait>(sereno: &Sereno, db: &C, mint: Mint) -> Result<String> {
    let token = sereno.entropy.token()?;
    let now = sereno.now();
    let (code_hash, attempts) = mint.code.map_or((None, 0), |(hash, attempts)| (Some(hash), attempts));
    let row = one_time::ActiveModel {
        id: Set(sereno.new_id()?),
        purpose: Set(mint.purpose.as_str().to_owned()),
        user_id: Set(mint.user_id),
        subject: Set(mint.subject),
        credential_epoch: Set(mint.credential_epoch),
        digest: Set(sereno.keys.digest.digest(mint.purpose.as_str(), &token)),
        code_hash: Set(code_hash),
        attempts_left: Set(i64::try_from(attempts).unwrap_or(i64::MAX)),
        created_at: Set(now),
        expires_at: Set(now.plus(mint.lifetime)),
        consumed_at: Set(None),
    };
    Entity::insert(row).exec_without_returning(db).await?;
    Ok(token)
}

/// Whether the token could be consumed right now: spares work before it is, and decides nothing.
pub async fn is_good(sereno: &Sereno, purpose: Purpose, token: &str) -> Result<bool> {
    Ok(look(sereno, purpose, token).await?.is_some())
}

/// What the token is bound to, if it could be consumed right now. Looking consumes nothing and decides nothing.
pub async fn look(sereno: &Sereno, purpose: Purpose, token: &str) -> Result<Option<one_time::Model>> {
    let found = Entity::find()
        .filter(Column::Digest.is_in(sereno.keys.digest.candidates(purpose.as_str(), token)))
        .filter(Column::Purpose.eq(purpose.as_str()))
        .filter(Column::ConsumedAt.is_null())
        .filter(Column::ExpiresAt.gt(sereno.now()))
        .one(sereno.db.read())
        .await?;
    Ok(found)
}

/// Consumes the token: what comes back was good until now and is used from now on. Nothing comes back when it is
/// unknown, used, expired or meant for something else.
pub async fn consume<C: ConnectionTrait>(
    sereno: &Sereno,
    db: &C,
    purpose: Purpose,
    token: &str,
) -> Result<Option<one_time::Model>> {
    let digests = sereno.keys.digest.candidates(purpose.as_str(), token);
    consume_where(db, purpose, sereno.now(), Column::Digest.is_in(digests)).await
}

/// Consumes by id what was proven otherwise, for example by its code.
pub async fn consume_id<C: ConnectionTrait>(
    sereno: &Sereno,
    db: &C,
    purpose: Purpose,
    id: Uuid,
) -> Result<Option<one_time::Model>> {
    consume_where(db, purpose, sereno.now(), Column::Id.eq(id)).await
}

async fn consume_where<C: ConnectionTrait>(
    db: &C,
    purpose: Purpose,
    now: Moment,
    which: Expr,
) -> Result<Option<one_time::Model>> {
    let consumed = Entity::update_many()
        .col_expr(Column::ConsumedAt, Expr::value(now.0))
        .filter(which)
        .filter(Column::Purpose.eq(purpose.as_str()))
        .filter(Column::ConsumedAt.is_null())
        .filter(Column::ExpiresAt.gt(now))
        .exec_with_returning(db)
        .await?;
    Ok(consumed.into_iter().next())
}

/// Takes one of the attempts of the latest code for `subject`, before the code is looked at: what comes back may be
/// compared with the code once.
pub async fn attempt_code(
    sereno: &Sereno,
    purpose: Purpose,
    subject: &str,
    code_lifetime: Duration,
) -> Result<Option<one_time::Model>> {
    let now = sereno.now();
    let latest = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Purpose.eq(purpose.as_str()))
        .filter(Column::Subject.eq(subject))
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .limit(1);
    let taken = Entity::update_many()
        .col_expr(Column::AttemptsLeft, Expr::col(Column::AttemptsLeft).sub(1))
        .filter(Column::Id.in_subquery(sea_orm::QueryTrait::into_query(latest)))
        .filter(Column::AttemptsLeft.gt(0))
        .filter(Column::ConsumedAt.is_null())
        .filter(Column::CreatedAt.gt(now.minus(code_lifetime)))
        .filter(Column::ExpiresAt.gt(now))
        .exec_with_returning(sereno.db.write())
        .await?;
    Ok(taken.into_iter().next())
}

/// Consumes everything of this purpose that a user still has: whoever proved one needs no other.
pub async fn consume_rest<C: ConnectionTrait>(sereno: &Sereno, db: &C, purpose: Purpose, user_id: Uuid) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::ConsumedAt, Expr::value(sereno.now().0))
        .filter(Column::UserId.eq(user_id))
        .filter(Column::Purpose.eq(purpose.as_str()))
        .filter(Column::ConsumedAt.is_null())
        .exec(db)
        .await?;
    Ok(())
}

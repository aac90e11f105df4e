//! Using what was proven: the request ends, its code and link are consumed, and the account is found, activated or made, in
//! the transaction in which the sign-in completes.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use sereno_types::UserState;

use super::prove::{By, Proven, refuse};
use super::{ask, guesses};
use crate::account::mailbox;
use crate::context::{Actor, RequestMeta, Sereno, Tx};
use crate::entity::login_code::{Column, Entity};
use crate::entity::{user, user_email};
use crate::error::Result;
use crate::event::{Event, EventKind};
use crate::once::{self, Purpose};
use crate::session::Proof;

/// Opens the unit that completes the sign-in. The row of the user is as it was before the sign-in was stamped on it.
pub(super) async fn enter(sereno: &Sereno, meta: &RequestMeta, proven: &Proven) -> Result<(Tx, Proof, user::Model)> {
    let mut tx = sereno.begin(meta, &Actor::Anonymous).await?;
    if let Some((proof, user)) = admit(sereno, &mut tx, proven).await? {
        return Ok((tx, proof, user));
    }
    drop(tx);
    Err(refuse(sereno, meta, proven.asked.user_id).await)
}

/// Uses up what was proven: the request ends, and its code or link is consumed. Whether it was still there.
pub(super) async fn spend(sereno: &Sereno, tx: &Tx, proven: &Proven) -> Result<bool> {
    let asked = &proven.asked;
    // one statement decides: of two that are right at once only one gets in
    let ended = Entity::update_many()
        .col_expr(Column::EndedAt, Expr::value(tx.now().0))
        .filter(Column::Id.eq(asked.id))
        .filter(Column::EndedAt.is_null())
        .filter(Column::ExpiresAt.gt(tx.now()))
        .exec(tx.db())
        .await?;
    let consumed = match &proven.by {
        By::Code(id) => once::consume_id(sereno, tx.db(), Purpose::LoginCode, *id)
            .await?
            .is_some(),
        By::Link(token) => once::consume(sereno, tx.db(), Purpose::LoginCode, token.expose())
            .await?
            .is_some(),
        By::Fixed(_) => true,
    };
    Ok(ended.rows_affected > 0 && consumed)
}

/// Nothing comes back when it was used, replaced or ended meanwhile, or the account may not sign in.
async fn admit(sereno: &Sereno, tx: &mut Tx, proven: &Proven) -> Result<Option<(Proof, user::Model)>> {
    let asked = &proven.asked;
    if !spend(sereno, tx, proven).await? {
        return Ok(None);
    }
    let user = match (asked.user_id, &asked.address) {
        (Some(user_id), _) => mailbox::holder(sereno, tx, asked, user_id).await?,
        (None, Some(address)) => mailbox::open(sereno, tx, address).await?,
        (None, None) => None,
    };
    let Some(user) = user else { return Ok(None) };
    let stamped = user::Entity::update_many()
        .col_expr(user::Column::LastLoginAt, Expr::value(tx.now().0))
        .filter(user::Column::Id.eq(user.id))
        .filter(user::Column::State.eq(UserState::Active.as_str()))
        .filter(user::Column::CredentialEpoch.eq(user.credential_epoch))
        .exec(tx.db())
        .await?;
    if stamped.rows_affected == 0 || !is_still_theirs(tx, &user, &asked.subject).await? {
        return Ok(None);
    }
    ask::end_alike(tx, &asked.subject, asked.binding).await?;
    if let Some(guess) = &proven.guess {
        guesses::forgive(tx.db(), guess).await?;
    }
    if let By::Fixed(entry) = &proven.by {
        let event = Event::new(EventKind::TesterCodeUsed).about(user.id);
        tx.record(event.with("entry", entry.as_str()));
    }
    let proof = Proof {
        user_id: user.id,
        credential_epoch: user.credential_epoch,
        amr: vec!["otp"],
        at: tx.now(),
    };
    Ok(Some((proof, user)))
}

/// Whether the proven address is the user's confirmed primary one. Read after the user's row is ours: a change of the address
/// takes that row first.
async fn is_still_theirs(tx: &Tx, user: &user::Model, canonical: &str) -> Result<bool> {
    let theirs = user_email::Entity::find()
        .filter(user_email::Column::UserId.eq(user.id))
        .filter(user_email::Column::Canonical.eq(canonical))
        .filter(user_email::Column::IsPrimary.eq(true))
        .filter(user_email::Column::VerifiedAt.is_not_null());
    Ok(theirs.count(tx.db()).await? > 0)
}

//! The end of an account: everything that says who it was goes, in one transaction; what stays is that something
//! happened to an id that means nothing any more. The last mail tells the owner, and then its address is forgotten too.

use sea_orm::sea_query::{Expr, ExprTrait, Func};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use sereno_types::{SuppressionCause, UserState};
use uuid::Uuid;

use super::revocation;
use crate::access::subject;
use crate::context::{Actor, RequestMeta, Sereno, Tx};
use crate::entity::{announcement_address, email_message, email_suppression, event, login_code, user, user_email};
use crate::error::Result;
use crate::event::{Event, EventKind};
use crate::notify::{self, MailKind, Recipient};

/// How many accounts one look finds.
const BATCH: u64 = 100;

/// Deletes the accounts whose time is over.
pub(crate) async fn sweep(sereno: &Sereno) -> Result<()> {
    loop {
        let due: Vec<Uuid> = user::Entity::find()
            .select_only()
            .column(user::Column::Id)
            .filter(user::Column::State.eq(UserState::Deleting.as_str()))
            .filter(user::Column::DeleteAt.lte(sereno.now()))
            .order_by_asc(user::Column::DeleteAt)
            .limit(BATCH)
            .into_tuple()
            .all(sereno.db.write())
            .await?;
        for id in &due {
            let mut tx = sereno.begin(&RequestMeta::default(), &Actor::System).await?;
            erase(sereno, &mut tx, *id).await?;
            tx.commit().await?;
        }
        if (due.len() as u64) < BATCH {
            return Ok(());
        }
    }
}

/// Deletes an account whose time is over with all that belongs to it. What happened stays in the record, without addresses
/// and browsers. Of several who try, one does.
pub(super) async fn erase(sereno: &Sereno, tx: &mut Tx, id: Uuid) -> Result<()> {
    let held = user::Entity::update_many()
        .col_expr(user::Column::UpdatedAt, Expr::value(tx.now().0))
        .filter(user::Column::Id.eq(id))
        .filter(user::Column::State.eq(UserState::Deleting.as_str()))
        .filter(user::Column::DeleteAt.lte(tx.now()))
        .exec(tx.db())
        .await?;
    if held.rows_affected == 0 {
        return Ok(());
    }
    let Some((user, email)) = subject::find(tx.db(), id).await? else {
        return Ok(());
    };
    // before the user, because the database forgets whose they were with the user; and what went to the address before there
    // was an account, where it is known to be theirs
    let mut theirs = Condition::any().add(email_message::Column::UserId.eq(id));
    let addresses = user_email::Entity::find()
        .filter(user_email::Column::UserId.eq(id))
        .filter(user_email::Column::VerifiedAt.is_not_null())
        .all(tx.db())
        .await?;
    for email in &addresses {
        let written = Expr::expr(Func::lower(Expr::col(email_message::Column::Recipient)));
        theirs = theirs.add(written.eq(email.address.to_lowercase()));
        login_code::Entity::delete_many()
            .filter(login_code::Column::Subject.eq(email.canonical.as_str()))
            .exec(tx.db())
            .await?;
        announcement_address::Entity::delete_many()
            .filter(announcement_address::Column::Canonical.eq(email.canonical.as_str()))
            .exec(tx.db())
            .await?;
        // what staff was asked never to write to stays: that is what the entry is for
        email_suppression::Entity::delete_many()
            .filter(email_suppression::Column::Canonical.eq(email.canonical.as_str()))
            .filter(email_suppression::Column::Cause.eq(SuppressionCause::HardBounce.as_str()))
            .exec(tx.db())
            .await?;
    }
    notify::announcement::forget(tx, theirs).await?;
    revocation::ask_for_all(tx, id).await?;
    user::Entity::delete_by_id(id).exec(tx.db()).await?;
    // where staff acted from is theirs
    let own = Condition::any().add(event::Column::ActorId.eq(id)).add(
        Condition::all()
            .add(event::Column::UserId.eq(id))
            .add(event::Column::ActorId.is_null()),
    );
    event::Entity::update_many()
        .col_expr(event::Column::Address, Expr::value(None::<String>))
        .col_expr(event::Column::UserAgent, Expr::value(None::<String>))
        .filter(own)
        .exec(tx.db())
        .await?;
    let mut event = Event::new(EventKind::UserDeleted).about(id);
    if let Some(email) = email.filter(|email| email.verified_at.is_some()) {
        let recipient = Recipient {
            user_id: None,
            credential_epoch: user.credential_epoch,
            address: email.address,
            locale: user.language(),
        };
        let receipt = notify::queue(sereno, tx, MailKind::DeletionDone, recipient).await?;
        event = event.with("receipt", receipt.to_string());
    }
    let by_staff = tx.actor().caller().is_ok_and(|caller| caller.user_id != id);
    if !by_staff {
        tx.forget_client();
    }
    tx.touch(id);
    tx.record(event);
    Ok(())
}

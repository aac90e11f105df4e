//! Counting attempts at a password, wherever it is asked for: a guess is a guess, at the sign-in and elsewhere.

use std::net::IpAddr;
use std::time::Duration;

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::identifier;
use crate::context::delay::{self, Curve, Delay, Wait};
use crate::context::{Actor, RequestMeta, Sereno, limiter};
use crate::entity::{session, token_family, user};
use crate::error::Result;

/// How many of an account's latest sign-ins of each kind are asked for where they came from.
const SIGN_INS: u64 = 200;

/// An attempt that is heard, with the counters that were raised for it.
pub(crate) struct Attempt {
    from_here: Delay,
    /// Not raised for who has signed in from here before while others' guesses make wait.
    from_everywhere: Option<Delay>,
}

/// The counters of one attempt: this account from this address, and this account from everywhere. An identifier that
/// names nobody is counted like one that does. The credential epoch takes part, because it is raised with every new
/// password: what was guessed at an old one delays nobody who has proven to own the account.
fn counters(sereno: &Sereno, meta: &RequestMeta, user: Option<&user::Model>, text: &str) -> (Delay, Delay) {
    let account = user.map_or_else(
        // whatever is typed, it is never another's counter
        || format!("typed\n{}", identifier::canonical(text)),
        |user| format!("user\n{}\n{}", user.id, user.credential_epoch),
    );
    let address = meta
        .address
        .map_or_else(String::new, |address| limiter::network(address).to_string());
    let limits = &sereno.config.limit;
    let from_here = Curve {
        free: limits.login_per_account_and_address,
        window: Duration::from_mins(15),
        longest: Duration::from_mins(15),
    };
    let from_everywhere = Curve {
        free: limits.login_per_account,
        window: Duration::from_hours(1),
        longest: Duration::from_mins(1),
    };
    (
        Delay::new(
            sereno,
            "login.account_and_address",
            &format!("{account}\n{address}"),
            from_here,
        ),
        Delay::new(sereno, "login.account", &account, from_everywhere),
    )
}

/// Counts an attempt before it is looked at, with both counters or with neither; or says how long it has to wait. The
/// client's own counter comes first: a client that has to wait by its own doing must not make others wait. Others'
/// guesses make nobody wait who has signed in to the account from here before.
pub(crate) async fn begin(
    sereno: &Sereno,
    meta: &RequestMeta,
    user: Option<&user::Model>,
    text: &str,
) -> Result<Result<Attempt, Wait>> {
    let (from_here, from_everywhere) = counters(sereno, meta, user, text);
    let heard = |from_everywhere| Attempt {
        from_here: from_here.clone(),
        from_everywhere,
    };
    if from_here.is_off() && from_everywhere.is_off() {
        return Ok(Ok(heard(None)));
    }
    // a transaction of its own: what was counted stays counted, whatever becomes of the attempt
    let tx = sereno.begin(meta, &Actor::Anonymous).await?;
    if !delay::count(tx.db(), &from_here, tx.now()).await? {
        drop(tx);
        return Ok(Err(delay::refuse(sereno, &from_here).await?));
    }
    let counted = delay::count(tx.db(), &from_everywhere, tx.now()).await?;
    if !counted && !has_signed_in_from(tx.db(), user, meta.address).await? {
        drop(tx);
        return Ok(Err(delay::refuse(sereno, &from_everywhere).await?));
    }
    tx.commit().await?;
    Ok(Ok(heard(counted.then_some(from_everywhere))))
}

/// The attempt was honest: the client's own mistakes are forgotten, and what others guessed from elsewhere stays counted.
/// In the order in which the counters are raised, so that two requests cannot wait for each other's row. Runs in the
/// caller's transaction.
pub(crate) async fn forgive<C: ConnectionTrait>(db: &C, attempt: &Attempt) -> Result<()> {
    delay::forget(db, &attempt.from_here).await?;
    match &attempt.from_everywhere {
        Some(shared) => delay::give_back(db, shared).await,
        None => Ok(()),
    }
}

/// Whether one of the account's latest sign-ins came from this client's network. Asks the same of an account that does
/// not exist.
pub(crate) async fn has_signed_in_from<C: ConnectionTrait>(
    db: &C,
    user: Option<&user::Model>,
    address: Option<IpAddr>,
) -> Result<bool> {
    let (id, here) = (user.map_or(Uuid::nil(), |user| user.id), address.map(limiter::network));
    let sessions: Vec<Option<String>> = session::Entity::find()
        .select_only()
        .column(session::Column::Address)
        .filter(session::Column::UserId.eq(id))
        .order_by_desc(session::Column::Id)
        .limit(SIGN_INS)
        .into_tuple()
        .all(db)
        .await?;
    let families: Vec<Option<String>> = token_family::Entity::find()
        .select_only()
        .column(token_family::Column::Address)
        .filter(token_family::Column::UserId.eq(id))
        .order_by_desc(token_family::Column::Id)
        .limit(SIGN_INS)
        .into_tuple()
        .all(db)
        .await?;
    let network = |text: String| text.parse().ok().map(limiter::network);
    let known = sessions.into_iter().chain(families).flatten().map(network);
    Ok(here.is_some() && known.into_iter().any(|known| known == here))
}

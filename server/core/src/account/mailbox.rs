//! What it does to an account that somebody proved to read its address, by a mailed code or link: an active one is found,
//! or taken over where nobody had proven the address, one that waits for confirmation is activated, and an address without
//! an account gets one.

use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, ExprTrait, QueryFilter};
use serde_json::{Map, json};
use sereno_types::{Code, FieldError, UserState};
use uuid::Uuid;

use super::attributes::{self, By};
use super::register::is_unclaimed;
use super::{NewUser, Origin, claim, create, identifier, sign_up};
use crate::access::{address, subject};
use crate::context::{Sereno, Tx};
use crate::entity::{Hidden, login_code, user, user_email};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind};
use crate::notify;
use crate::once::{self, Purpose};

/// Whether a proven address without an account gets one.
pub(crate) fn may_sign_up(sereno: &Sereno) -> bool {
    sereno.config.login_code.sign_up && sereno.config.registration.enabled
}

/// What a sign-up must bring along and a proven address does not: declared attributes, a user name.
pub(crate) async fn missing(sereno: &Sereno) -> Result<Vec<FieldError>> {
    let mut faults = attributes::judge(sereno, &Map::new(), By::SignUp).await?;
    if sereno.config.registration.username_required {
        faults.push(FieldError::new("username", Code::Blank));
    }
    Ok(faults)
}

/// The account of a proven address as it is now, active; `None` when it may not sign in, its credentials are of another
/// epoch than that of `asked`, or the address is no longer its primary one.
pub(crate) async fn holder(
    sereno: &Sereno,
    tx: &mut Tx,
    asked: &login_code::Model,
    user_id: Uuid,
) -> Result<Option<user::Model>> {
    let Some((user, Some(email))) = subject::find(tx.db(), user_id).await? else {
        return Ok(None);
    };
    if !notify::login_code::is_for(sereno, tx.db(), asked, (&user, &email)).await? {
        return Ok(None);
    }
    match user.state() {
        UserState::Pending => activate(sereno, tx, &user, &email).await,
        _ if address::is_unproven(&user, &email) => claim::take_over(sereno, tx, &user, &email, "otp").await,
        _ => Ok(Some(user)),
    }
}

/// Activates the account, unless somebody did so meanwhile. What staff made stays as it is. What a sign-up made keeps
/// nothing of what was typed there: anybody can sign up with anybody's address, and a password or name that a stranger
/// chose must not become the owner's.
async fn activate(
    sereno: &Sereno,
    tx: &mut Tx,
    user: &user::Model,
    email: &user_email::Model,
) -> Result<Option<user::Model>> {
    let mut row = user::ActiveModel {
        state: Set(UserState::Active.as_str().to_owned()),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    if is_unclaimed(user, email) {
        row.username = Set(None);
        row.username_canonical = Set(None);
        row.password_hash = Set(None::<Hidden>);
        row.attributes = Set(json!({}));
    }
    let activated = user::Entity::update_many()
        .set(row)
        .col_expr(
            user::Column::CredentialEpoch,
            Expr::col(user::Column::CredentialEpoch).add(1),
        )
        .filter(user::Column::Id.eq(user.id))
        .filter(user::Column::State.eq(UserState::Pending.as_str()))
        .exec_with_returning(tx.db())
        .await?;
    let Some(activated) = activated.into_iter().next() else {
        return Ok(None);
    };
    user_email::Entity::update_many()
        .col_expr(user_email::Column::VerifiedAt, Expr::value(tx.now().0))
        .filter(user_email::Column::Id.eq(email.id))
        .exec(tx.db())
        .await?;
    once::consume_rest(sereno, tx.db(), Purpose::Activation, user.id).await?;
    sign_up::forget(tx, user.id).await?;
    tx.touch(user.id);
    tx.record(Event::new(EventKind::UserActivated).about(user.id));
    Ok(Some(activated))
}

/// Makes the account of a proven address: active, confirmed, without a password. `None` when somebody else came first.
pub(crate) async fn open(sereno: &Sereno, tx: &mut Tx, address: &str) -> Result<Option<user::Model>> {
    let Ok(email) = identifier::email(address) else {
        return Ok(None);
    };
    let new = NewUser {
        email: Some(email),
        username: None,
        password_hash: None,
        state: UserState::Active,
        is_confirmed: true,
        origin: Origin::SignUp,
        is_superuser: false,
        number: None,
        locale: tx.meta().locale.map(|locale| locale.as_str().to_owned()),
        attributes: Map::new(),
    };
    let id = match create(sereno, tx, new).await {
        Ok(id) => id,
        Err(Error::Refused { fields, .. }) if fields.iter().any(|field| field.code == Code::EmailUnique) => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    tx.record(Event::new(EventKind::UserRegistered).about(id));
    tx.record(Event::new(EventKind::UserActivated).about(id));
    Ok(user::Entity::find_by_id(id).one(tx.db()).await?)
}

//! The life of a password: what it must be like, how it is recovered, how it is changed.

pub mod breached;
mod change;
mod policy;
mod recovery;

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter};
use serde_json::{Map, Value};
use sereno_types::{CheckPassword, Code, FieldError, UserState};
use uuid::Uuid;

pub use change::{change, demands_old};
pub use recovery::{SendPasswordReset, forgot, reset};

use crate::context::{Sereno, Tx};
use crate::entity::{Hidden, user, user_email};
use crate::error::{Error, Result};

/// Judges a password without storing anything.
///
/// # Errors
/// `validation_failed` with the codes on `password`; `unavailable` when the file of breached passwords cannot be read.
pub async fn check(sereno: &Sereno, command: &CheckPassword) -> Result<()> {
    let names = [
        command.email.as_deref(),
        command.username.as_deref(),
        command.first_name.as_deref(),
        command.last_name.as_deref(),
    ];
    let relatives: Vec<&str> = names.into_iter().flatten().chain(texts(&command.attributes)).collect();
    let faults = judge(sereno, "password", command.password.expose(), &relatives).await?;
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Error::fields(faults))
    }
}

/// Everything that is wrong with the password in this field. `relatives` are the account's other texts.
pub(crate) async fn judge(sereno: &Sereno, field: &str, password: &str, relatives: &[&str]) -> Result<Vec<FieldError>> {
    let mut faults = policy::judge(&sereno.config.password, password, relatives.iter().copied());
    let is_text = !faults
        .iter()
        .any(|fault| matches!(fault.code, Code::Blank | Code::PasswordTooLong));
    if is_text && breached::contains(sereno, password).await? {
        faults.push(FieldError::new(field, Code::PasswordBreached));
    }
    for fault in &mut faults {
        field.clone_into(&mut fault.field);
    }
    Ok(faults)
}

/// The texts of an account that its password must not resemble.
pub(crate) fn relatives<'a>(user: &'a user::Model, email: Option<&'a user_email::Model>) -> Vec<&'a str> {
    [
        user.username.as_deref(),
        email.map(|email| email.address.as_str()),
        Some(user.first_name.as_str()),
        Some(user.last_name.as_str()),
    ]
    .into_iter()
    .flatten()
    .chain(user.attributes.as_object().into_iter().flat_map(texts))
    .filter(|text| !text.is_empty())
    .collect()
}

/// The texts among attributes.
pub(crate) fn texts(attributes: &Map<String, Value>) -> impl Iterator<Item = &str> {
    attributes.values().filter_map(Value::as_str)
}

/// Stores the hash and raises the credential epoch, while the account is active and its epoch is still this one. Gives
/// whether it was.
async fn set(tx: &mut Tx, user_id: Uuid, epoch: i64, hash: &Hidden) -> Result<bool> {
    let changed = user::Entity::update_many()
        .col_expr(user::Column::PasswordHash, Expr::value(hash.0.as_str()))
        .col_expr(
            user::Column::CredentialEpoch,
            Expr::col(user::Column::CredentialEpoch).add(1),
        )
        .col_expr(user::Column::UpdatedAt, Expr::value(tx.now().0))
        .filter(user::Column::Id.eq(user_id))
        .filter(user::Column::State.eq(UserState::Active.as_str()))
        .filter(user::Column::CredentialEpoch.eq(epoch))
        .exec(tx.db())
        .await?;
    tx.touch(user_id);
    Ok(changed.rows_affected > 0)
}

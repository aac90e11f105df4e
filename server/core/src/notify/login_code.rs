//! Code and link to sign in with: who may be mailed one, and minting both when the mail leaves.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use sereno_types::UserState;
use uuid::Uuid;

use super::mails::LoginCode;
use super::mint::readable;
use crate::access::{address, subject};
use crate::context::Sereno;
use crate::entity::login_code::{Column, Entity, Model};
use crate::entity::{Hidden, email_message, user, user_email};
use crate::error::Result;
use crate::once::{self, Mint, Purpose};

/// Whether the account still is one that was asked for: active with the primary address that the code proves, which leads
/// to it, and the credentials of then; or one that waits for that address to be confirmed.
pub(crate) async fn is_for<C: ConnectionTrait>(
    sereno: &Sereno,
    db: &C,
    asked: &Model,
    (user, email): (&user::Model, &user_email::Model),
) -> Result<bool> {
    let same = asked.user_id == Some(user.id) && email.canonical == asked.subject;
    Ok(same
        && match user.state() {
            UserState::Active => {
                asked.credential_epoch == Some(user.credential_epoch)
                    && address::leads_to(sereno, db, user, email).await?
            }
            UserState::Pending => true,
            UserState::Locked | UserState::Disabled | UserState::Deleting => false,
        })
}

/// The code in the form in which it is written: in two halves where it is long.
fn written(code: &str) -> String {
    match code.len() {
        0..=7 => code.to_owned(),
        length => {
            let (left, right) = code.split_at(length / 2);
            format!("{left}-{right}")
        }
    }
}

/// Code and link, unless nobody waits for them any more. A mail that leaves late works as long as any other.
pub(super) async fn mint(
    sereno: &Sereno,
    message: &email_message::Model,
    asked: Option<Uuid>,
) -> Result<Option<LoginCode>> {
    let Some(id) = asked else { return Ok(None) };
    let Some(asked) = Entity::find_by_id(id).one(sereno.db.read()).await? else {
        return Ok(None);
    };
    let wanted = match asked.user_id {
        None => asked.address.as_deref() == Some(message.recipient.as_str()),
        Some(user_id) => match subject::find(sereno.db.read(), user_id).await? {
            Some((user, Some(email))) => {
                email.address == message.recipient && is_for(sereno, sereno.db.read(), &asked, (&user, &email)).await?
            }
            _ => false,
        },
    };
    if !wanted {
        return Ok(None);
    }
    let settings = &sereno.config.login_code;
    let length = usize::try_from(settings.length).unwrap_or(usize::MAX);
    let code = sereno.entropy.code(&settings.alphabet, length)?;
    let hash = sereno
        .hasher
        .hash_code(&code, &sereno.keys.pepper, &*sereno.entropy)
        .await?;
    let db = sereno.db.write();
    let lives_on = Entity::update_many()
        .col_expr(
            Column::ExpiresAt,
            Expr::value(sereno.now().plus(settings.lifetime.span()).0),
        )
        .filter(Column::Id.eq(id))
        .filter(Column::EndedAt.is_null())
        .exec(db)
        .await?;
    if lives_on.rows_affected == 0 {
        return Ok(None);
    }
    let what = Mint {
        purpose: Purpose::LoginCode,
        user_id: asked.user_id,
        subject: Some(id.to_string()),
        credential_epoch: asked.credential_epoch,
        lifetime: settings.lifetime.span(),
        code: Some((Hidden(hash), settings.attempts)),
    };
    let token = once::mint(sereno, db, what).await?;
    Ok(Some(LoginCode {
        link: sereno.link(&format!("/account/sign-in/link?token={token}")),
        code: written(&code),
        minutes: settings.lifetime.0.div_ceil(60).to_string(),
        asked: readable(asked.created_at),
    }))
}

#[cfg(test)]
mod tests {
    use super::written;

    #[test]
    fn long_codes_are_written_in_halves() {
        for (code, as_written) in [
            ("123456", "123456"),
            ("ABCD1234", "ABCD-1234"),
            ("123456789", "1234-56789"),
        ] {
            assert_eq!(written(code), as_written);
        }
    }
}

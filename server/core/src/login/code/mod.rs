//! Signing in by a mailed code, or by the link in the same mail. Asking makes a row whose id is the handle of the request;
//! code and link are minted when the mail leaves, and using one ends the other.
//!
//! What is proven is a mailbox, once: `amr` is `otp`, and a mailed code is never a second factor, because whoever reads the
//! mail can set the password, too.

mod ask;
mod enter;
mod fixed;
mod guesses;
mod leave;
mod prove;
mod send;
mod whom;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use sereno_types::{Code, VerifyLoginCode};
use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

pub use ask::{ask as ask_code, ask_in_browser as ask_code_in_browser, handle_on as code_handle_on};
pub use leave::leave as leave_by_code;
pub use send::SendLoginCode;

use super::{Entering, LoggedIn, applying, conclude, conclude_session, intend_tokens};
use crate::context::{RequestMeta, Sereno};
use crate::entity::login_code::{Column, Entity, Model};
use crate::error::Result;
use crate::session::NewSession;

/// Signs in for an application, by code or link: to tokens, a key or a session, as its delivery says.
///
/// # Errors
/// `login_codes_off`, `invalid_client`, `unauthorized_client`, `validation_failed` (also for what a sign-up must bring along
/// and a code does not), `too_many_requests`, `login_code_invalid`, `overloaded`, `refused_by_hook`.
pub async fn by_code_for_application(
    sereno: &Sereno,
    meta: &RequestMeta,
    mut command: VerifyLoginCode,
) -> Result<LoggedIn> {
    let (client_id, client_secret) = (command.client_id.take(), command.client_secret.take());
    let application = applying(sereno, meta, client_id, client_secret).await?;
    let proven = prove::prove(sereno, meta, command, Some(application.id)).await?;
    intend_tokens(sereno, meta, proven.asked.user_id, &application).await?;
    let (tx, proof, user) = enter::enter(sereno, meta, &proven).await?;
    let entering = Entering {
        proof: &proof,
        user: &user,
        device: proven.device(),
    };
    conclude(sereno, tx, entering, application).await
}

/// Signs a browser in, by code or link.
///
/// # Errors
/// As [`by_code_for_application`].
pub async fn by_code_with_session(sereno: &Sereno, meta: &RequestMeta, command: VerifyLoginCode) -> Result<NewSession> {
    let proven = prove::prove(sereno, meta, command, None).await?;
    let (tx, proof, _) = enter::enter(sereno, meta, &proven).await?;
    conclude_session(sereno, tx, &proof).await
}

fn must_be_on(sereno: &Sereno) -> Result<()> {
    if sereno.config.login_code.enabled {
        Ok(())
    } else {
        Err(Code::LoginCodesOff.into())
    }
}

/// Requests that still work, newest first.
fn open(sereno: &Sereno) -> Select<Entity> {
    Entity::find()
        .filter(Column::EndedAt.is_null())
        .filter(Column::ExpiresAt.gt(sereno.now()))
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
}

/// Most codes that one guess is held against: those of the latest requests that were made in the same way.
const KEPT: u64 = 3;

/// Requests that still work and were made in the same way: for the same address, and on the same device or on none.
async fn alike(sereno: &Sereno, subject: &str, binding: Option<Uuid>) -> Result<Vec<Model>> {
    let bound = match binding {
        Some(binding) => Column::Binding.eq(binding),
        None => Column::Binding.is_null(),
    };
    let found = open(sereno).filter(Column::Subject.eq(subject)).filter(bound);
    Ok(found.limit(KEPT).all(sereno.db.read()).await?)
}

/// A code however it was typed: without blanks and dashes, in capital letters, in plain ASCII where somebody's keyboard
/// writes wide digits.
fn plain(typed: &str) -> String {
    typed
        .nfkc()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}'))
        .flat_map(char::to_uppercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_code_is_heard_however_it_is_typed() {
        for typed in [
            "123456",
            " 123 456\t",
            "123-456",
            "12\u{2013}34\u{2212}56",
            "１２３４５６",
            "1\u{a0}23456",
        ] {
            assert_eq!(plain(typed), "123456", "{typed:?}");
        }
        assert_eq!(plain("ab-cd 12"), "ABCD12");
        assert_eq!(plain(" - "), "");
    }
}

//! What a user sees of themselves.

use sereno_types::{Code, Me};

use crate::access::subject;
use crate::context::{Actor, Sereno};
use crate::error::Result;

/// The signed-in user.
///
/// # Errors
/// `authentication_required`.
pub async fn me(sereno: &Sereno, actor: &Actor) -> Result<Me> {
    let user = subject::subject(sereno, actor.caller()?.user_id)
        .await?
        .ok_or(Code::AuthenticationRequired)?;
    Ok(user.me.clone())
}

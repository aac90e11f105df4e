//! Whom an access token lets listen, and until when.

use sereno_types::Code;
use uuid::Uuid;

use crate::clock::Moment;
use crate::context::Sereno;
use crate::error::Result;
use crate::token;

/// Whoever may listen.
#[derive(Clone, Copy, Debug)]
pub struct Admitted {
    /// Whose notifications.
    pub user_id: Uuid,
    /// When the token ends, if ever.
    pub ends_at: Option<Moment>,
}

/// Looks at a token, as at every other door. To be asked again and again while a connection is open: what ended the token
/// meanwhile, on whatever node, is seen then.
///
/// # Errors
/// `token_expired`, `token_revoked`, `invalid_token`.
pub async fn admit(sereno: &Sereno, bearer: &str) -> Result<Admitted> {
    let (caller, ends_at) = token::authenticate_until(sereno, bearer).await?;
    // the leeway is for clocks of others; an open connection would live on it
    if ends_at.is_some_and(|end| end <= sereno.now()) {
        return Err(Code::TokenExpired.into());
    }
    Ok(Admitted {
        user_id: caller.user_id,
        ends_at,
    })
}

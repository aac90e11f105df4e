//! What other programs look for at fixed addresses.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Redirect};

use crate::http::problem::Refusal;
use crate::router::App;
use sereno_types::KeySet;

/// Public keys
///
/// The key set (RFC 7517) against which access tokens are verified.
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "tokens", operation_id = "jwks",
    responses((status = 200, description = "The key set", body = KeySet)))]
pub async fn jwks(State(app): State<App>) -> Result<impl IntoResponse, Refusal> {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "public, max-age=300"),
    ];
    Ok((headers, app.sereno.signing().await?.jwks_text().to_owned()))
}

/// Where a password manager sends people to change their password (W3C, "A Well-Known URL for Changing Passwords").
pub async fn change_password() -> Redirect {
    Redirect::to("/account#change-password")
}

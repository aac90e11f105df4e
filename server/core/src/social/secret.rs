//! What Sereno proves itself with to a provider: the stored secret; to Apple a JWT that is made when it is used.

use serde_json::json;
use sereno_types::{Code, Secret, SocialKind};

use super::http::refused;
use super::provider::Provider;
use crate::clock::Moment;
use crate::crypto::jwt;
use crate::error::Result;

/// Seconds that a JWT of ours is good for; Apple takes up to six months.
const LIFETIME: i64 = 300;

/// The secret to present now, if there is one.
///
/// # Errors
/// `social_misconfigured` where Apple's key or its ids are missing or unusable.
pub(super) fn of(provider: &Provider, issuer: &str, now: Moment) -> Result<Option<String>> {
    if provider.kind != SocialKind::Apple {
        return Ok(provider.secret.as_ref().map(|secret| secret.expose().to_owned()));
    }
    let missing = || refused(Code::SocialMisconfigured, &"team, key or private key are missing");
    let settings = &provider.settings;
    let team = settings.team_id.as_deref().ok_or_else(missing)?;
    let key_id = settings.key_id.as_deref().ok_or_else(missing)?;
    let key = provider.secret.as_ref().ok_or_else(missing)?;
    let now = now.unix_seconds();
    let claims = json!({
        "iss": team,
        "iat": now,
        "exp": now + LIFETIME,
        "aud": issuer,
        "sub": provider.client_id,
    });
    let signed = jwt::sign_with_pem(key.expose(), key_id, &claims);
    signed
        .map(Some)
        .ok_or_else(|| refused(Code::SocialMisconfigured, &"the private key cannot sign"))
}

/// Whether this is a key that could sign for us.
pub(super) fn can_sign(key: &Secret) -> bool {
    jwt::sign_with_pem(key.expose(), "test", &json!({})).is_some()
}

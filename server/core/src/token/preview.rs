//! What somebody's tokens would say, for whoever writes a profile.

use serde_json::{Value, json};
use sereno_types::{ClaimsPreview, TokenFormat, TokenProfile, TokenUse};
use uuid::Uuid;

use super::issue::{self, Line, Lives};
use super::{claims, key};
use crate::context::{Application, Sereno};
use crate::entity::{token_family, user};
use crate::error::Result;

/// The claims of both tokens. Nothing is issued, and no row is written.
pub async fn preview(
    sereno: &Sereno,
    application: &Application,
    profile: &TokenProfile,
    user: &user::Model,
) -> Result<ClaimsPreview> {
    let now = sereno.now();
    let lives = Lives::of(sereno, profile);
    let (idle_expires_at, expires_at) = lives.of_family(now);
    let family = token_family::Model {
        id: Uuid::nil(),
        user_id: user.id,
        application_id: application.id,
        session_id: None,
        generation: 1,
        credential_epoch: user.credential_epoch,
        amr: json!(["pwd"]),
        authenticated_at: now,
        created_at: now,
        rotated_at: now,
        idle_expires_at,
        expires_at,
        revoked_at: None,
        revoke_reason: None,
        address: None,
        user_agent: None,
        device_name: None,
        delivery: application.delivery.as_str().to_owned(),
        rotation: profile.rotation.as_str().to_owned(),
        device_id: None,
        last_seen_at: now,
    };
    let about = claims::about(sereno, sereno.db.read(), user.id, profile).await?;
    let line = Line::at(&family);
    let draft = issue::drafts(&line, application, profile, about.as_ref(), sereno);
    let end = lives.of_access(now, &family);
    let access = Value::Object(claims::build(sereno, &draft(TokenUse::Access, now, end)));
    let refresh = match profile.refresh_format {
        TokenFormat::Opaque => None,
        TokenFormat::Jwt => Some(Value::Object(claims::build(
            sereno,
            &draft(TokenUse::Refresh, now, family.idle_expires_at),
        ))),
    };
    let form = issue::form(profile, TokenUse::Access);
    let signing = sereno.signing().await?;
    let header = key::of(&signing, application.id, profile)
        .map_or_else(|| json!({ "alg": profile.algorithm.as_str() }), |key| form.header(key));
    // base64 makes four characters of three bytes; a signature has some 86 to 342
    let bytes = (header.to_string().len() + access.to_string().len()).div_ceil(3) * 4 + 88;
    Ok(ClaimsPreview {
        header,
        access,
        refresh,
        bytes: bytes as u64,
    })
}

//! Issuing: a new family, and the pair of tokens of one generation.

use sea_orm::{ActiveValue::Set, EntityTrait};
use sereno_types::TokenAnswer;
use uuid::Uuid;

use super::refresh_token;
use crate::clock::Moment;
use crate::context::{Sereno, Tx};
use crate::crypto::jwt::AccessClaims;
use crate::entity::token_family;
use crate::error::Result;
use crate::session::Proof;

/// To whom tokens are issued.
#[derive(Clone, Debug)]
pub struct Grantee {
    /// The application's row.
    pub application_id: Uuid,
    /// The application's `client_id`.
    pub client_id: String,
    /// What the client calls its device.
    pub device_name: Option<String>,
}

/// What was issued.
pub struct TokenPair {
    /// The family.
    pub family: Uuid,
    /// The tokens.
    pub answer: TokenAnswer,
}

/// Begins a family inside the flow's transaction and issues its first pair.
pub async fn issue(sereno: &Sereno, tx: &Tx, proof: &Proof, grantee: &Grantee) -> Result<TokenPair> {
    let (now, meta, lives) = (tx.now(), tx.meta(), &sereno.config.token);
    let expires_at = now.plus(lives.refresh_lifetime.span());
    let row = token_family::Model {
        id: sereno.new_id()?,
        user_id: proof.user_id,
        application_id: grantee.application_id,
        session_id: None,
        generation: 1,
        credential_epoch: proof.credential_epoch,
        amr: serde_json::json!(proof.amr),
        authenticated_at: proof.at,
        created_at: now,
        rotated_at: now,
        idle_expires_at: now.plus(lives.refresh_idle_lifetime.span()).min(expires_at),
        expires_at,
        revoked_at: None,
        revoke_reason: None,
        address: meta.address.map(|address| address.to_string()),
        user_agent: meta.user_agent.clone(),
        device_name: grantee.device_name.clone(),
    };
    let answer = pair(sereno, &row, &grantee.client_id, now)?;
    let family = row.id;
    token_family::Entity::insert(insertable(row))
        .exec_without_returning(tx.db())
        .await?;
    Ok(TokenPair { family, answer })
}

/// The pair of a family's present generation.
pub(super) fn pair(sereno: &Sereno, family: &token_family::Model, client_id: &str, now: Moment) -> Result<TokenAnswer> {
    let issuer = sereno.config.public_url();
    let iat = now.unix_seconds();
    let lifetime = sereno.config.token.access_lifetime;
    let claims = AccessClaims {
        aud: issuer.clone(),
        iss: issuer,
        sub: family.user_id.to_string(),
        exp: iat.saturating_add_unsigned(lifetime.0),
        iat,
        nbf: None,
        jti: refresh_token::access_id(sereno, family.id, family.generation).to_string(),
        client_id: client_id.to_owned(),
        sid: family.id.to_string(),
        auth_time: family.authenticated_at.unix_seconds(),
        epoch: family.credential_epoch,
        amr: serde_json::from_value(family.amr.clone()).ok(),
        scope: None,
    };
    Ok(TokenAnswer {
        access_token: sereno.keys.signing.sign_access(&claims)?,
        refresh_token: refresh_token::write(sereno, family.id, family.generation),
        token_type: "Bearer".to_owned(),
        expires_in: lifetime.0,
    })
}

fn insertable(row: token_family::Model) -> token_family::ActiveModel {
    token_family::ActiveModel {
        id: Set(row.id),
        user_id: Set(row.user_id),
        application_id: Set(row.application_id),
        session_id: Set(row.session_id),
        generation: Set(row.generation),
        credential_epoch: Set(row.credential_epoch),
        amr: Set(row.amr),
        authenticated_at: Set(row.authenticated_at),
        created_at: Set(row.created_at),
        rotated_at: Set(row.rotated_at),
        idle_expires_at: Set(row.idle_expires_at),
        expires_at: Set(row.expires_at),
        revoked_at: Set(row.revoked_at),
        revoke_reason: Set(row.revoke_reason),
        address: Set(row.address),
        user_agent: Set(row.user_agent),
        device_name: Set(row.device_name),
    }
}

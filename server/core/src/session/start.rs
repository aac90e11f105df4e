//! Beginning a session.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sea_orm::{ActiveValue::Set, EntityTrait};
use uuid::Uuid;

use super::PURPOSE;
use crate::clock::Moment;
use crate::context::{Actor, Caller, Sereno, Tx, Via};
use crate::entity::session;
use crate::error::Result;

/// Who was proven, by what, when (`amr` and `auth_time` of OpenID Connect).
#[derive(Clone, Debug)]
pub struct Proof {
    /// Who.
    pub user_id: Uuid,
    /// The user's credential epoch at that moment.
    pub credential_epoch: i64,
    /// By what (RFC 8176).
    pub amr: Vec<&'static str>,
    /// When.
    pub at: Moment,
}

/// A session that has just begun.
pub struct NewSession {
    /// The row.
    pub id: Uuid,
    /// The cookie's value: 128 random bits as base64url. Exists here and in the browser only.
    pub secret: String,
    /// Who is signed in by it.
    pub actor: Actor,
}

/// Where a session belongs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place {
    /// The application whose delivery it is; none: Sereno's own pages.
    pub application: Option<Uuid>,
    /// The device it hangs on.
    pub device: Option<Uuid>,
}

/// Begins a session inside the flow's transaction, of Sereno's own pages or of an application whose delivery is one. A new
/// sign-in always gets a new value (no fixation).
pub async fn start(sereno: &Sereno, tx: &Tx, proof: &Proof, place: Place) -> Result<NewSession> {
    let id = sereno.new_id()?;
    let secret = URL_SAFE_NO_PAD.encode(sereno.entropy.bytes::<16>()?);
    let now = tx.now();
    let meta = tx.meta();
    let row = session::ActiveModel {
        id: Set(id),
        user_id: Set(proof.user_id),
        digest: Set(sereno.keys.digest.digest(PURPOSE, &secret)),
        credential_epoch: Set(proof.credential_epoch),
        amr: Set(serde_json::json!(proof.amr)),
        authenticated_at: Set(proof.at),
        created_at: Set(now),
        last_seen_at: Set(now),
        expires_at: Set(now.plus(sereno.config.session.lifetime.span())),
        ended_at: Set(None),
        end_reason: Set(None),
        address: Set(meta.address.map(|address| address.to_string())),
        user_agent: Set(meta.user_agent.clone()),
        data: Set(serde_json::json!({})),
        application_id: Set(place.application),
        device_id: Set(place.device),
    };
    session::Entity::insert(row).exec_without_returning(tx.db()).await?;
    let actor = Actor::User(Caller {
        user_id: proof.user_id,
        via: Via::Session(id),
        authenticated_at: proof.at,
    });
    Ok(NewSession { id, secret, actor })
}

//! The adapter between tower-sessions and the core's own rows. A session is begun and ended by a flow, in its
//! transaction; what happens here is that the cookie gets the value the flow minted. `create` takes that value and
//! inserts nothing, `save` updates and never inserts, so that a session that ended while a request was under way stays
//! ended. A visitor who is not signed in gets a row of flow state that lasts minutes.

use std::collections::HashMap;
use std::time::Duration;

use axum::http::HeaderValue;
use serde_json::Value;
use sereno_core::session::{self, NewSession, STAGED};
use sereno_core::{Error, Sereno};
use sereno_types::Code;
use tower_sessions::cookie::SameSite;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error as StoreError, Result};
use tower_sessions::{Expiry, Session, SessionManagerLayer, SessionStore};

use super::problem::Refusal;

/// How long a visitor's flow state lasts.
const FLOW_STATE: Duration = Duration::from_mins(5);

/// The layer with our cookie: `__Host-sid` where the world reaches us by https, `sid` on a developer's machine.
#[must_use]
pub fn layer(sereno: &Sereno) -> SessionManagerLayer<Store> {
    let secure = sereno.config.is_https();
    let lifetime = i64::try_from(sereno.config.session.lifetime.0).unwrap_or(i64::MAX);
    SessionManagerLayer::new(Store(sereno.clone()))
        .with_name(name(sereno))
        .with_secure(secure)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(time::Duration::seconds(lifetime)))
}

fn name(sereno: &Sereno) -> &'static str {
    if sereno.config.is_https() { "__Host-sid" } else { "sid" }
}

/// The header that takes the cookie away; the session itself stays as it is.
#[must_use]
pub fn cleared(sereno: &Sereno) -> HeaderValue {
    HeaderValue::from_static(if sereno.config.is_https() {
        "__Host-sid=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
    } else {
        "sid=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
    })
}

/// Hands the session that a flow began to the cookie: under a new id, so that nobody who knew the old one is signed in
/// with it.
///
/// # Errors
/// `unavailable`.
pub async fn stage(session: &Session, new: NewSession) -> std::result::Result<(), Refusal> {
    let away = |_| Refusal::from(Code::Unavailable);
    session.cycle_id().await.map_err(away)?;
    session.insert(STAGED, new.secret).await.map_err(away)
}

/// Takes away the cookie of a session that has ended.
///
/// # Errors
/// `unavailable`.
pub async fn forget(session: &Session) -> std::result::Result<(), Refusal> {
    session.flush().await.map_err(|_| Code::Unavailable.into())
}

/// The rows of sessions and flow states.
#[derive(Clone)]
pub struct Store(Sereno);

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

fn failed(error: &Error) -> StoreError {
    StoreError::Backend(error.to_string())
}

fn object(record: &Record) -> Value {
    Value::Object(record.data.clone().into_iter().collect())
}

#[async_trait::async_trait]
impl SessionStore for Store {
    async fn create(&self, record: &mut Record) -> Result<()> {
        if let Some(staged) = record.data.remove(STAGED) {
            let secret = staged.as_str().unwrap_or_default();
            record.id = secret
                .parse()
                .map_err(|_| StoreError::Encode("the staged session is none".to_owned()))?;
            return Ok(());
        }
        let state = session::create_flow_state(&self.0, object(record), FLOW_STATE)
            .await
            .map_err(|error| failed(&error))?;
        record.id = state
            .secret
            .parse()
            .map_err(|_| StoreError::Encode("the flow state is none".to_owned()))?;
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let secret = record.id.to_string();
        if !session::save_data(&self.0, &secret, object(record))
            .await
            .map_err(|error| failed(&error))?
        {
            session::save_flow_state(&self.0, &secret, object(record))
                .await
                .map_err(|error| failed(&error))?;
        }
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let secret = id.to_string();
        let data = match session::load_data(&self.0, &secret)
            .await
            .map_err(|error| failed(&error))?
        {
            Some(data) => Some(data),
            None => session::load_flow_state(&self.0, &secret)
                .await
                .map_err(|error| failed(&error))?,
        };
        let Some(Value::Object(data)) = data else {
            return Ok(None);
        };
        let data: HashMap<String, Value> = data.into_iter().collect();
        // our rows know when they expire; the library's own date only has to lie ahead
        let expiry_date = time::OffsetDateTime::from_unix_timestamp(self.0.now().unix_seconds())
            .unwrap_or(time::OffsetDateTime::UNIX_EPOCH)
            .saturating_add(time::Duration::days(1));
        Ok(Some(Record {
            id: *id,
            data,
            expiry_date,
        }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        session::replace(&self.0, &id.to_string())
            .await
            .map_err(|error| failed(&error))
    }
}

//! The built-in HTTP hook: asks an operator's own server before something happens, and tells it afterwards. Every
//! message is signed as Standard Webhooks says. Whom to ask, and about what, stands in the settings.

mod message;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::Value;
use url::Url;
use uuid::Uuid;

use crate::clock::Moment;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::event::{EventKind, Subscriber};
use crate::intent::{Intent, IntentKind};
use crate::net::{Answer, Outbound, OutboundError, OutboundPolicy};

/// Longest code that a hook may give as its reason.
const REASON_MAX: usize = 64;
/// The reason of a hook that refuses without one that can be passed on.
const NO_REASON: &str = "refused";
/// Longest answer of a hook that is read, in bytes.
const ANSWER_MAX: usize = 16 * 1024;

/// An operator's server that is asked and told.
pub struct HttpHook {
    url: Url,
    key: message::Key,
    before: Vec<IntentKind>,
    after: Vec<EventKind>,
    /// Whether what it cannot be asked about happens nevertheless.
    allows_on_failure: bool,
    outbound: Outbound,
}

/// What a hook says when it refuses.
#[derive(Deserialize)]
struct Refusal {
    code: String,
}

impl HttpHook {
    /// The hook of the settings, if there is one.
    ///
    /// # Errors
    /// When URL or secret cannot be used; loading the settings has refused them before.
    pub fn from_config(config: &Config) -> Result<Option<Self>> {
        let hooks = &config.hooks;
        if hooks.url.is_empty() {
            return Ok(None);
        }
        let url = Url::parse(&hooks.url).map_err(Error::internal)?;
        let policy = OutboundPolicy {
            // the operator names this server, nobody else's word does: it may stand next door
            allow_http: url.scheme() == "http",
            allow_private: true,
            timeout: hooks.timeout.span(),
            max_bytes: ANSWER_MAX,
        };
        Ok(Some(Self {
            key: message::Key::of(hooks.secret.expose()).ok_or_else(|| Error::internal("hooks.secret"))?,
            before: hooks
                .before
                .iter()
                .filter_map(|name| IntentKind::from_name(name))
                .collect(),
            after: hooks
                .after
                .iter()
                .filter_map(|name| EventKind::from_name(name))
                .collect(),
            allows_on_failure: hooks.on_failure == "allow",
            outbound: Outbound::new(policy),
            url,
        }))
    }

    /// Whether it wants to be told of events of this kind.
    #[must_use]
    pub fn is_told_of(&self, kind: EventKind) -> bool {
        self.after.contains(&kind)
    }

    /// Tells what happened, under an id that stays the same when it is told again.
    ///
    /// # Errors
    /// When it did not answer in time, or with anything but success. The text holds no secret.
    pub async fn tell(&self, id: Uuid, now: Moment, body: &Value) -> Result<(), String> {
        match self.send(id, now, body).await {
            Ok(answer) if answer.is_success() => Ok(()),
            Ok(answer) => Err(format!("the hook answered {}", answer.status)),
            Err(error) => Err(format!("the hook did not answer: {error}")),
        }
    }

    async fn send(&self, id: Uuid, at: Moment, body: &Value) -> Result<Answer, OutboundError> {
        let request = message::sign(&self.url, &self.key, &id.to_string(), at.unix_seconds(), body)?;
        self.outbound.send(request).await
    }

    /// What an answer to a question means; nothing when it means nothing.
    fn verdict(answer: &Answer) -> Option<Result<()>> {
        if answer.is_success() {
            return Some(Ok(()));
        }
        if answer.status != 403 {
            return None;
        }
        // a clear no, whatever is wrong with its reason
        let reason = answer.json::<Refusal>().map(|said| said.code).unwrap_or_default();
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let good = (1..=REASON_MAX).contains(&reason.len()) && reason.bytes().all(plain);
        let reason = if good { reason } else { NO_REASON.to_owned() };
        Some(Err(Error::by_hook(reason)))
    }
}

#[async_trait]
impl Subscriber for HttpHook {
    fn wants(&self, kind: IntentKind) -> bool {
        self.before.contains(&kind)
    }

    async fn before(&self, intent: &Intent) -> Result<()> {
        let failure = match self.send(intent.id, intent.at, &intent.to_json()).await {
            Ok(answer) => match Self::verdict(&answer) {
                Some(verdict) => return verdict,
                None => format!("the hook's answer {} means nothing", answer.status),
            },
            Err(error) => format!("the hook did not answer: {error}"),
        };
        if self.allows_on_failure {
            tracing::warn!(
                intent = intent.kind.as_str(),
                failure,
                "a hook could not be asked; it happens nevertheless"
            );
            return Ok(());
        }
        Err(Error::Unavailable(failure))
    }
}

/// Whether a secret can sign: long enough, and base64 after `whsec_`.
#[must_use]
pub fn is_secret(text: &str) -> bool {
    message::Key::of(text).is_some()
}

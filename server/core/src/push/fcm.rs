//! Firebase Cloud Messaging, HTTP v1: one request for each notification, under an access token that a signed assertion of
//! the service account buys (RFC 7523 §2.1) and that is kept until shortly before it ends.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Request};
use serde::Deserialize;
use serde_json::{Value, json};
use sereno_types::Secret;
use std::sync::Arc;
use tokio::sync::Mutex;
use url::Url;

use crate::clock::{Clock, Moment};
use crate::config::Config;
use crate::context::tidy;
use crate::crypto::jwt;
use crate::net::{Answer, Outbound, OutboundError, OutboundPolicy};
use crate::port::push::{OutgoingPush, PushError, PushSender};

/// What we ask to be allowed.
const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// Seconds that an assertion is good for; Google takes no more.
const ASSERTION_LIFETIME: i64 = 3_600;
/// An access token is renewed so long before it ends.
const EARLY: Duration = Duration::from_mins(2);
/// Longest answer that is read, in bytes.
const ANSWER_MAX: usize = 64 * 1024;
/// Longest words of the service that are told.
const WORDS_MAX: usize = 300;

/// The key file of a service account, as Google's console gives it out.
#[derive(Deserialize)]
struct ServiceAccount {
    project_id: String,
    private_key_id: String,
    private_key: Secret,
    client_email: String,
    token_uri: String,
}

/// An access token and its end.
struct Access {
    token: Secret,
    ends: Moment,
}

/// The sender.
pub struct Fcm {
    account: ServiceAccount,
    token_url: Url,
    send_url: Url,
    clock: Arc<dyn Clock>,
    outbound: Outbound,
    /// Held while it is renewed, so that many who need one ask once.
    access: Mutex<Option<Access>>,
}

impl Fcm {
    /// The sender of the settings, if there is one.
    ///
    /// # Errors
    /// What is wrong with the key file, to be told to the operator.
    pub fn from_config(config: &Config, clock: Arc<dyn Clock>) -> Result<Option<Self>, &'static str> {
        let settings = &config.push;
        if settings.service_account_file.is_empty() {
            return Ok(None);
        }
        let text = std::fs::read_to_string(&settings.service_account_file).map_err(|_| "cannot be read as text")?;
        let account: ServiceAccount =
            serde_json::from_str(&text).map_err(|_| "is not the key file of a service account, in JSON")?;
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if account.project_id.is_empty() || !account.project_id.bytes().all(is_word) {
            return Err("names no project");
        }
        if jwt::sign_with_rsa_pem(account.private_key.expose(), "test", &json!({})).is_none() {
            return Err("holds no private key that can sign");
        }
        let token_url = Url::parse(&account.token_uri).map_err(|_| "has no `token_uri`")?;
        let base = settings.url.trim_end_matches('/');
        let send_url = Url::parse(&format!("{base}/v1/projects/{}/messages:send", account.project_id));
        let send_url = send_url.map_err(|_| "cannot be used with push.url")?;
        let is_plain = |url: &Url| url.scheme() == "http";
        if !config.is_dev() && (is_plain(&token_url) || is_plain(&send_url)) {
            return Err("leads to an address without TLS, in prod mode");
        }
        let policy = OutboundPolicy {
            // the operator names these servers, nobody else's word does: they may stand next door
            allow_http: config.is_dev(),
            allow_private: true,
            timeout: settings.timeout.span(),
            max_bytes: ANSWER_MAX,
        };
        Ok(Some(Self {
            account,
            token_url,
            send_url,
            clock,
            outbound: Outbound::new(policy),
            access: Mutex::new(None),
        }))
    }

    /// An access token: the one that is kept, or a new one.
    async fn access(&self) -> Result<Secret, PushError> {
        let mut kept = self.access.lock().await;
        let now = self.clock.now();
        if let Some(access) = kept.as_ref().filter(|access| access.ends > now) {
            return Ok(access.token.clone());
        }
        let access = self.buy(now).await?;
        let token = access.token.clone();
        *kept = Some(access);
        Ok(token)
    }

    async fn buy(&self, now: Moment) -> Result<Access, PushError> {
        #[derive(Deserialize)]
        struct Bought {
            access_token: Secret,
            expires_in: u64,
        }
        let begins = now.unix_seconds();
        let claims = json!({
            "iss": self.account.client_email,
            "scope": SCOPE,
            "aud": self.account.token_uri,
            "iat": begins,
            "exp": begins + ASSERTION_LIFETIME,
        });
        let signed = jwt::sign_with_rsa_pem(self.account.private_key.expose(), &self.account.private_key_id, &claims);
        let assertion = signed.ok_or_else(|| PushError::Never("the service account's key cannot sign".to_owned()))?;
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", GRANT)
            .append_pair("assertion", &assertion)
            .finish();
        let mut request = Request::new(Method::POST, self.token_url.clone());
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(CONTENT_TYPE, kind);
        *request.body_mut() = Some(form.into());
        let answer = self.outbound.send(request).await.map_err(|error| away(&error))?;
        if !answer.is_success() {
            // whatever is wrong with our account is put right by the operator, and no notification is lost meanwhile
            let error = answer.json::<Value>().unwrap_or_default();
            let said = ["error", "error_description"].map(|name| error[name].as_str().unwrap_or_default());
            return Err(PushError::Later(words(
                answer.status,
                "no access token",
                &said.join(" "),
            )));
        }
        let bought: Bought = answer.json().map_err(|error| away(&error))?;
        let lifetime = Duration::from_secs(bought.expires_in).saturating_sub(EARLY);
        Ok(Access {
            token: bought.access_token,
            ends: now.plus(lifetime),
        })
    }

    /// The message as FCM wants it.
    fn message(push: &OutgoingPush) -> Value {
        let mut message = json!({
            "token": push.token.expose(),
            "data": push.data,
            "android": { "priority": "HIGH" },
            "apns": { "headers": { "apns-priority": "10" } },
        });
        if !push.title.is_empty() || !push.body.is_empty() {
            message["notification"] = json!({ "title": push.title, "body": push.body });
            if let Some(channel) = &push.channel {
                message["android"]["notification"] = json!({ "channel_id": channel });
            }
        }
        message
    }

    async fn post(&self, body: &Value) -> Result<String, PushError> {
        let access = self.access().await?;
        let mut request = Request::new(Method::POST, self.send_url.clone());
        let bearer = HeaderValue::from_str(&format!("Bearer {}", access.expose()));
        let mut bearer = bearer.map_err(|_| PushError::Later("the access token cannot be sent".to_owned()))?;
        bearer.set_sensitive(true);
        request.headers_mut().insert(AUTHORIZATION, bearer);
        let kind = HeaderValue::from_static("application/json");
        request.headers_mut().insert(CONTENT_TYPE, kind);
        *request.body_mut() = Some(body.to_string().into());
        let answer = self.outbound.send(request).await.map_err(|error| away(&error))?;
        if answer.is_success() {
            let said = answer.json::<Value>().unwrap_or_default();
            return Ok(said["name"].as_str().unwrap_or_default().to_owned());
        }
        if answer.status == 401 {
            // it may have been taken back before its end
            *self.access.lock().await = None;
        }
        Err(refusal(&answer))
    }
}

#[async_trait::async_trait]
impl PushSender for Fcm {
    async fn send(&self, push: &OutgoingPush) -> Result<String, PushError> {
        let answer = self.post(&json!({ "message": Self::message(push) })).await;
        answer.map_err(|error| error.without(&push.token))
    }

    async fn check(&self) -> Result<(), PushError> {
        self.access().await.map(drop)
    }
}

fn away(error: &OutboundError) -> PushError {
    PushError::Later(format!("the push service did not answer: {error}"))
}

fn words(status: u16, code: &str, said: &str) -> String {
    tidy(format!("{status} {code} {said}").trim(), WORDS_MAX)
}

/// What a refusal means (`ErrorCode` of FCM's reference, in the details of a `google.rpc.Status`).
fn refusal(answer: &Answer) -> PushError {
    let said = answer.json::<Value>().unwrap_or_default();
    let error = &said["error"];
    let details = error["details"].as_array().cloned().unwrap_or_default();
    let code = details.iter().find_map(|detail| detail["errorCode"].as_str());
    let code = code.or_else(|| error["status"].as_str()).unwrap_or_default();
    let why = words(answer.status, code, error["message"].as_str().unwrap_or_default());
    // which part of the message it did not like: a token that was never one is as dead as one that was
    let of_token = details
        .iter()
        .filter_map(|detail| detail["fieldViolations"].as_array())
        .flatten()
        .any(|violation| violation["field"].as_str() == Some("message.token"));
    match (answer.status, code) {
        (404, "UNREGISTERED") => PushError::Unregistered(why),
        (400, "INVALID_ARGUMENT") if of_token => PushError::Unregistered(why),
        (403, "SENDER_ID_MISMATCH") => PushError::SenderMismatch(why),
        // a key that was taken back, a project that is not there, too many at once, a service that is ill
        (401 | 403 | 404 | 408 | 429 | 500.., _) => PushError::Later(why),
        _ => PushError::Never(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, body: &Value) -> PushError {
        refusal(&Answer {
            status,
            content_type: Some("application/json; charset=UTF-8".to_owned()),
            body: body.to_string().into_bytes(),
        })
    }

    fn status(code: u16, status: &str, message: &str, fcm: Option<&str>) -> Value {
        let details = fcm.map(
            |error| json!([{ "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": error }]),
        );
        json!({ "error": { "code": code, "message": message, "status": status, "details": details } })
    }

    /// As FCM's reference shows them.
    #[test]
    fn refusals_are_read() {
        let gone = status(
            404,
            "NOT_FOUND",
            "Requested entity was not found.",
            Some("UNREGISTERED"),
        );
        assert!(matches!(refused(404, &gone), PushError::Unregistered(why) if why.contains("UNREGISTERED")));
        let mismatch = status(
            403,
            "PERMISSION_DENIED",
            "SenderId mismatch",
            Some("SENDER_ID_MISMATCH"),
        );
        assert!(matches!(refused(403, &mismatch), PushError::SenderMismatch(_)));
        let invalid = json!({ "error": { "code": 400, "status": "INVALID_ARGUMENT",
        "message": "The registration token is not a valid FCM registration token",
        "details": [
            { "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": "INVALID_ARGUMENT" },
            { "@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [
                { "field": "message.token", "description": "The registration token is not a valid FCM registration token" }
            ]}
        ]}});
        assert!(matches!(refused(400, &invalid), PushError::Unregistered(_)));
        let other = status(
            400,
            "INVALID_ARGUMENT",
            "Invalid data payload key: from",
            Some("INVALID_ARGUMENT"),
        );
        assert!(matches!(refused(400, &other), PushError::Never(_)));
        for (code, name, fcm) in [
            (429, "RESOURCE_EXHAUSTED", Some("QUOTA_EXCEEDED")),
            (503, "UNAVAILABLE", Some("UNAVAILABLE")),
            (500, "INTERNAL", Some("INTERNAL")),
            (401, "UNAUTHENTICATED", Some("THIRD_PARTY_AUTH_ERROR")),
            (401, "UNAUTHENTICATED", None),
            // the project itself, not the device
            (404, "NOT_FOUND", None),
            (403, "PERMISSION_DENIED", None),
        ] {
            assert!(
                matches!(refused(code, &status(code, name, "", fcm)), PushError::Later(_)),
                "{name}"
            );
        }
        assert!(matches!(refused(502, &json!("<html>")), PushError::Later(_)));
        assert!(matches!(refused(413, &Value::Null), PushError::Never(_)));
    }

    #[test]
    fn a_message_is_written_as_fcm_wants_it() {
        let push = OutgoingPush {
            token: "device".into(),
            title: "New login".to_owned(),
            body: "From Lisbon".to_owned(),
            data: [("type".to_owned(), "login".to_owned())].into(),
            channel: Some("security".to_owned()),
        };
        assert_eq!(
            Fcm::message(&push),
            json!({
                "token": "device",
                "notification": { "title": "New login", "body": "From Lisbon" },
                "data": { "type": "login" },
                "android": { "priority": "HIGH", "notification": { "channel_id": "security" } },
                "apns": { "headers": { "apns-priority": "10" } },
            })
        );
        let silent = OutgoingPush {
            title: String::new(),
            body: String::new(),
            ..push
        };
        assert!(Fcm::message(&silent).get("notification").is_none());
    }
}

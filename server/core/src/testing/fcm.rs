//! Firebase Cloud Messaging on this machine, as its reference describes it: it sells access tokens for assertions that the
//! service account signed, and takes messages under them. It takes them all until it is told otherwise.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use uuid::Uuid;

use super::fail;
use super::provider::{query, read};
use crate::crypto::jwt;
use crate::crypto::signing::{KeyState, SigningAlgorithm, SigningKey, SigningKeys, generate};
use crate::entropy::SystemEntropy;

/// The project that the service account is of.
const PROJECT: &str = "demo-project";
/// What the service account is called.
const ACCOUNT: &str = "sereno@demo-project.iam.gserviceaccount.com";

struct Inner {
    keys: SigningKeys,
    sold: u32,
    /// What is answered to messages for a push token, in the place of taking them.
    says: HashMap<String, (u16, Value)>,
    taken: Vec<Value>,
    held: Option<HeldMessage>,
    folder: PathBuf,
}

/// A message that is not answered until the test says so.
#[derive(Clone, Default)]
pub struct HeldMessage {
    came: Arc<Notify>,
    goes: Arc<Notify>,
}

impl HeldMessage {
    /// Waits until it has come.
    pub async fn asked(&self) {
        self.came.notified().await;
    }

    /// Lets it be answered.
    pub fn answer(&self) {
        self.goes.notify_one();
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

/// The stand-in.
#[derive(Clone)]
pub struct FakeFcm {
    /// Where it is.
    pub url: String,
    /// The key file of the service account.
    pub account_file: PathBuf,
    inner: Arc<Mutex<Inner>>,
}

impl FakeFcm {
    /// Starts it, and writes the key file.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.unwrap_or_else(|error| fail(&error));
        let port = listener.local_addr().unwrap_or_else(|error| fail(&error)).port();
        let url = format!("http://127.0.0.1:{port}");
        let made = generate(SigningAlgorithm::Rs256, &SystemEntropy).and_then(|secret| {
            let key = SigningKey::open(Uuid::nil(), SigningAlgorithm::Rs256, None, KeyState::Active, &secret)?;
            Ok((secret, key))
        });
        let (secret, key) = made.unwrap_or_else(|error| fail(&error));
        let account = json!({
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": key.kid(),
            "private_key": format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(&*secret)),
            "client_email": ACCOUNT,
            "client_id": "113595000000000000000",
            "token_uri": format!("{url}/token"),
        });
        let folder = std::env::temp_dir().join(format!("sereno-fcm-{}-{port}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap_or_else(|error| fail(&error));
        let account_file = folder.join("service-account.json");
        std::fs::write(&account_file, account.to_string()).unwrap_or_else(|error| fail(&error));
        let inner = Inner {
            keys: SigningKeys::new(vec![key]),
            sold: 0,
            says: HashMap::new(),
            taken: Vec::new(),
            held: None,
            folder,
        };
        let fcm = Self {
            url,
            account_file,
            inner: Arc::new(Mutex::new(inner)),
        };
        let serving = fcm.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                tokio::spawn(async move { serving.serve(stream).await });
            }
        });
        fcm
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers messages for this push token so, with this error code of FCM.
    pub fn refuse(&self, token: &str, status: u16, code: &str) {
        let name = match status {
            400 => "INVALID_ARGUMENT",
            403 => "PERMISSION_DENIED",
            404 => "NOT_FOUND",
            429 => "RESOURCE_EXHAUSTED",
            _ => "UNAVAILABLE",
        };
        let details = json!([{ "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code }]);
        let error = json!({ "code": status, "message": "refused by the test", "status": name, "details": details });
        self.inner()
            .says
            .insert(token.to_owned(), (status, json!({ "error": error })));
    }

    /// Takes messages for this push token again.
    pub fn take(&self, token: &str) {
        self.inner().says.remove(token);
    }

    /// Lets the next message wait for its answer.
    #[must_use]
    pub fn hold(&self) -> HeldMessage {
        let held = HeldMessage::default();
        self.inner().held = Some(held.clone());
        held
    }

    /// What was taken so far: the messages as they came.
    #[must_use]
    pub fn taken(&self) -> Vec<Value> {
        self.inner().taken.clone()
    }

    /// How many access tokens were sold.
    #[must_use]
    pub fn sold(&self) -> u32 {
        self.inner().sold
    }

    /// The access tokens that were sold are good for nothing any more.
    pub fn forget(&self) {
        self.inner().sold += 1_000;
    }

    async fn serve(&self, mut stream: TcpStream) {
        let Some(request) = read(&mut stream).await else { return };
        let held = if request.target.ends_with("messages:send") {
            self.inner().held.take()
        } else {
            None
        };
        if let Some(held) = held {
            held.came.notify_one();
            held.goes.notified().await;
        }
        let (status, body) = match request.target.as_str() {
            "/token" => self.sell(&request.body),
            target if target == format!("/v1/projects/{PROJECT}/messages:send") => {
                self.message(request.bearer.as_deref(), &request.body)
            }
            _ => (
                404,
                json!({ "error": { "code": 404, "status": "NOT_FOUND", "message": "no such door" } }),
            ),
        };
        let body = body.to_string();
        let answer = format!(
            "HTTP/1.1 {status} -\r\ncontent-type: application/json; charset=UTF-8\r\nconnection: close\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        drop(stream.write_all(answer.as_bytes()).await);
    }

    fn sell(&self, body: &str) -> (u16, Value) {
        let form = query(body);
        let of = |name: &str| form.get(name).map_or("", String::as_str);
        let mut inner = self.inner();
        let claims = jwt::open(&inner.keys, of("assertion")).map(|opened| opened.claims);
        let is_right = of("grant_type") == "urn:ietf:params:oauth:grant-type:jwt-bearer"
            && claims.is_ok_and(|claims| {
                let number = |name: &str| claims.get(name).and_then(Value::as_i64).unwrap_or(0);
                claims.get("iss") == Some(&json!(ACCOUNT))
                    && claims.get("aud") == Some(&json!(format!("{}/token", self.url)))
                    && claims.get("scope") == Some(&json!("https://www.googleapis.com/auth/firebase.messaging"))
                    && number("exp") - number("iat") == 3_600
            });
        if !is_right {
            return (
                400,
                json!({ "error": "invalid_grant", "error_description": "Invalid JWT Signature." }),
            );
        }
        inner.sold += 1;
        let token = format!("ya29.{}", inner.sold);
        (
            200,
            json!({ "access_token": token, "expires_in": 3_599, "token_type": "Bearer" }),
        )
    }

    fn message(&self, bearer: Option<&str>, body: &str) -> (u16, Value) {
        let mut inner = self.inner();
        if bearer != Some(format!("ya29.{}", inner.sold).as_str()) {
            let error =
                json!({ "code": 401, "status": "UNAUTHENTICATED", "message": "Request had invalid credentials." });
            return (401, json!({ "error": error }));
        }
        let message = serde_json::from_str::<Value>(body).unwrap_or_default()["message"].take();
        let token = message["token"].as_str().unwrap_or_default();
        if let Some(said) = inner.says.get(token) {
            return said.clone();
        }
        inner.taken.push(message);
        let name = format!("projects/{PROJECT}/messages/0:{}", inner.taken.len());
        (200, json!({ "name": name }))
    }
}

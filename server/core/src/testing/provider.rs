//! A provider on this machine that people sign in through: an OpenID Connect issuer with real keys, and whatever API a test
//! gives it. It is honest until it is told to be something else.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sereno_types::{CreateSocialProvider, SocialKind, SocialProviderDetail, SocialSettings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

use super::{TestSereno, fail};
use crate::clock::{Clock, ManualClock};
use crate::crypto::signing::{KeyState, SigningAlgorithm, SigningKey, SigningKeys, generate};
use crate::entropy::{Entropy, SystemEntropy};
use crate::social;

/// How the provider calls us, and by what we prove ourselves.
pub const CLIENT: (&str, &str) = ("sereno-client", "sereno-secret");

/// How ID tokens are signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Signing {
    /// As they should be.
    #[default]
    Right,
    /// Not at all: `alg` is `none`.
    Unsigned,
    /// By a key that is not published, under the name of one that is.
    Forged,
    /// With the published key as a shared secret (HS256).
    Confused,
}

/// What a provider answers at one path.
#[derive(Clone, Debug)]
pub enum Says {
    /// This status and document.
    Json(u16, Value),
    /// This status, and not a word.
    Empty(u16),
    /// A picture.
    Picture(Vec<u8>),
    /// The way to somewhere else.
    Redirect(String),
    /// More than anybody reads.
    Huge,
    /// Nothing, for longer than anybody waits.
    Nothing,
}

struct Inner {
    keys: SigningKeys,
    stranger: SigningKey,
    says: HashMap<String, Says>,
    claims: Value,
    signing: Signing,
    codes: HashMap<String, (Option<String>, Option<String>)>,
    asked: Vec<String>,
    revoked: Vec<String>,
}

/// The provider.
#[derive(Clone)]
pub struct FakeProvider {
    /// Its issuer, and where all its doors are.
    pub url: String,
    clock: Arc<ManualClock>,
    inner: Arc<Mutex<Inner>>,
}

fn air() -> &'static dyn Entropy {
    &SystemEntropy
}

fn key() -> SigningKey {
    let made = generate(SigningAlgorithm::Es256, &SystemEntropy).and_then(|secret| {
        let id = Uuid::from_bytes(air().bytes()?);
        SigningKey::open(id, SigningAlgorithm::Es256, None, KeyState::Active, &secret)
    });
    made.unwrap_or_else(|error| fail(&error))
}

impl FakeProvider {
    /// An honest provider that knows Ana.
    pub async fn start(test: &TestSereno) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .unwrap_or_else(|error| fail(&error));
        let port = listener.local_addr().unwrap_or_else(|error| fail(&error)).port();
        let inner = Inner {
            keys: SigningKeys::new(vec![key()]),
            stranger: key(),
            says: HashMap::new(),
            claims: json!({
                "sub": "ana-at-the-provider", "email": "ana@example.org", "email_verified": true, "name": "Ana García",
                "given_name": "Ana", "family_name": "García",
            }),
            signing: Signing::Right,
            codes: HashMap::new(),
            asked: Vec::new(),
            revoked: Vec::new(),
        };
        let provider = Self {
            url: format!("http://127.0.0.1:{port}"),
            clock: Arc::clone(&test.clock),
            inner: Arc::new(Mutex::new(inner)),
        };
        let serving = provider.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                tokio::spawn(async move { serving.serve(stream).await });
            }
        });
        provider
    }

    /// What somebody sends to set this provider up as this kind.
    #[must_use]
    pub fn settings(&self, kind: SocialKind) -> CreateSocialProvider {
        let url = Some(self.url.clone());
        let settings = match kind {
            SocialKind::Oidc | SocialKind::Cognito | SocialKind::Apple => SocialSettings {
                issuer: url,
                ..SocialSettings::default()
            },
            SocialKind::Google => SocialSettings {
                issuer: url.clone(),
                api_url: url,
                ..SocialSettings::default()
            },
            SocialKind::Facebook | SocialKind::Github | SocialKind::Microsoft | SocialKind::Twitter => SocialSettings {
                base_url: url.clone(),
                api_url: url,
                ..SocialSettings::default()
            },
        };
        CreateSocialProvider {
            slug: kind.as_str().to_owned(),
            kind,
            client_id: CLIENT.0.to_owned(),
            client_secret: Some(CLIENT.1.into()),
            redirect_uris: vec!["org.example.app:/back".to_owned()],
            settings,
            sign_up: true,
            is_enabled: true,
            ..CreateSocialProvider::default()
        }
    }

    /// Sets it up.
    pub async fn set_up(&self, test: &TestSereno, command: CreateSocialProvider) -> SocialProviderDetail {
        let staff = test.system().await;
        let made = social::admin::create(&test.sereno, &test.meta(), &staff, command).await;
        made.unwrap_or_else(|error| fail(&error))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says something else in its ID tokens and at `userinfo`.
    pub fn claim(&self, name: &str, value: Value) {
        self.inner().claims[name] = value;
    }

    /// Signs its ID tokens in another way.
    pub fn sign(&self, signing: Signing) {
        self.inner().signing = signing;
    }

    /// Publishes and uses another key.
    pub fn turn_keys(&self) {
        self.inner().keys = SigningKeys::new(vec![key()]);
    }

    /// Answers something else at a path.
    pub fn say(&self, path: &str, says: Says) {
        self.inner().says.insert(path.to_owned(), says);
    }

    /// Answers as it would by itself again.
    pub fn recover(&self, path: &str) {
        self.inner().says.remove(path);
    }

    /// How often it was asked at a path.
    #[must_use]
    pub fn asked(&self, path: &str) -> usize {
        self.inner().asked.iter().filter(|asked| *asked == path).count()
    }

    /// The tokens that were revoked.
    #[must_use]
    pub fn revoked(&self) -> Vec<String> {
        self.inner().revoked.clone()
    }

    /// A code that it would send back, bound to what it was asked with.
    #[must_use]
    pub fn code(&self, nonce: Option<&str>, challenge: Option<&str>) -> String {
        let code = air().token().unwrap_or_else(|error| fail(&error));
        let kept = (nonce.map(str::to_owned), challenge.map(str::to_owned));
        self.inner().codes.insert(code.clone(), kept);
        code
    }

    /// What it sends back when somebody who was sent to this address agrees.
    #[must_use]
    pub fn agree(&self, location: &str) -> social::Answer {
        let asked: HashMap<String, String> = query(location.split_once('?').map_or("", |(_, query)| query));
        let of = |name: &str| asked.get(name).map(String::as_str);
        social::Answer {
            state: of("state").unwrap_or_default().to_owned(),
            code: Some(self.code(of("nonce"), of("code_challenge"))),
            ..social::Answer::default()
        }
    }

    /// An ID token about whom it knows, with these claims changed; `(absent)` takes one away.
    #[must_use]
    pub fn id_token(&self, changed: &Value) -> String {
        let inner = self.inner();
        let now = self.clock.now().unix_seconds();
        let mut claims = json!({ "iss": self.url, "aud": CLIENT.0, "iat": now, "exp": now + 600 });
        for more in [&inner.claims, changed] {
            for (name, value) in more.as_object().into_iter().flatten() {
                claims[name] = value.clone();
            }
        }
        if let (Some(changed), Some(claims)) = (changed.as_object(), claims.as_object_mut()) {
            claims.retain(|name, _| changed.get(name) != Some(&json!("(absent)")));
        }
        sign(&inner, &claims)
    }

    async fn serve(&self, mut stream: TcpStream) {
        let Some(request) = read(&mut stream).await else { return };
        let path = request.target.split('?').next().unwrap_or("").to_owned();
        let said = {
            let mut inner = self.inner();
            inner.asked.push(path.clone());
            inner.says.get(&path).cloned()
        };
        let answer = match said {
            Some(says) => says,
            None => self.answer(&path, &request),
        };
        let (head, body) = match answer {
            Says::Json(status, body) => (
                format!("{status} -\r\ncontent-type: application/json"),
                body.to_string().into_bytes(),
            ),
            Says::Empty(status) => (format!("{status} -"), Vec::new()),
            Says::Picture(bytes) => ("200 OK\r\ncontent-type: image/png".to_owned(), bytes),
            Says::Redirect(to) => (format!("302 Found\r\nlocation: {to}"), Vec::new()),
            Says::Huge => (
                "200 OK\r\ncontent-type: application/json".to_owned(),
                vec![b' '; 2 * 1024 * 1024],
            ),
            Says::Nothing => {
                tokio::time::sleep(Duration::from_mins(1)).await;
                return;
            }
        };
        let head = format!(
            "HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        // whoever has heard enough hangs up
        drop(stream.write_all(&[head.into_bytes(), body].concat()).await);
    }

    fn answer(&self, path: &str, request: &Request) -> Says {
        match path {
            "/.well-known/openid-configuration" => Says::Json(
                200,
                json!({
                    "issuer": self.url,
                    "authorization_endpoint": format!("{}/authorize", self.url),
                    "token_endpoint": format!("{}/token", self.url),
                    "userinfo_endpoint": format!("{}/userinfo", self.url),
                    "jwks_uri": format!("{}/keys", self.url),
                    "response_types_supported": ["code"], "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["ES256"],
                    "token_endpoint_auth_methods_supported": ["client_secret_post"],
                }),
            ),
            "/keys" | "/common/discovery/v2.0/keys" | "/.well-known/oauth/openid/jwks/" => {
                Says::Json(200, self.inner().keys.jwks())
            }
            "/userinfo" => Says::Json(200, self.inner().claims.clone()),
            "/auth/revoke" => self.revoke(&request.body),
            _ if path.ends_with("/token") || path.ends_with("/access_token") => {
                self.exchange(&request.body, request.basic.as_ref())
            }
            _ => Says::Json(404, json!({ "error": "not_found" })),
        }
    }

    fn revoke(&self, body: &str) -> Says {
        let form = query(body);
        if !is_us(&form, None) {
            return Says::Json(400, json!({ "error": "invalid_client" }));
        }
        let token = form.get("token").cloned().unwrap_or_default();
        self.inner().revoked.push(token);
        Says::Json(200, json!({}))
    }

    fn exchange(&self, body: &str, basic: Option<&(String, String)>) -> Says {
        let form = query(body);
        let of = |name: &str| form.get(name).map(String::as_str);
        let refused = |error: &str| Says::Json(400, json!({ "error": error }));
        if !is_us(&form, basic) {
            return Says::Json(401, json!({ "error": "invalid_client" }));
        }
        let kept = of("code").and_then(|code| self.inner().codes.remove(code));
        let Some((nonce, challenge)) = kept else {
            return refused("invalid_grant");
        };
        let proven = challenge.is_none_or(|challenge| {
            let verifier = of("code_verifier").unwrap_or_default();
            URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()).as_ref()) == challenge
        });
        if !proven {
            return refused("invalid_grant");
        }
        let changed = nonce.map_or_else(|| json!({}), |nonce| json!({ "nonce": nonce }));
        let changed = match self.inner().claims.get("nonce") {
            Some(_) => json!({}),
            None => changed,
        };
        Says::Json(
            200,
            json!({ "access_token": "provider-access", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "provider-refresh", "id_token": self.id_token(&changed) }),
        )
    }
}

/// Whether we have proven ourselves.
fn is_us(form: &HashMap<String, String>, basic: Option<&(String, String)>) -> bool {
    let client = form.get("client_id").zip(form.get("client_secret"));
    let client = client.or_else(|| basic.map(|(id, secret)| (id, secret)));
    // Apple's secret is a token of ours
    client.is_some_and(|(id, secret)| id == CLIENT.0 && (secret == CLIENT.1 || secret.split('.').count() == 3))
}

fn sign(inner: &Inner, claims: &Value) -> String {
    let Some(key) = inner.keys.active(SigningAlgorithm::Es256, None) else {
        return fail(&"no key");
    };
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = |alg: &str| {
        format!(
            "{}.{}",
            part(&json!({ "alg": alg, "typ": "JWT", "kid": key.kid() })),
            part(claims)
        )
    };
    match inner.signing {
        Signing::Right => key.sign(message("ES256")),
        Signing::Forged => inner.stranger.sign(message("ES256")),
        Signing::Unsigned => return format!("{}.", message("none")),
        Signing::Confused => {
            let secret = inner.keys.jwks().to_string();
            let message = message("HS256");
            let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret.as_bytes());
            let mac = aws_lc_rs::hmac::sign(&key, message.as_bytes());
            return format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac.as_ref()));
        }
    }
    .unwrap_or_else(|error| fail(&error))
}

pub(super) struct Request {
    pub target: String,
    pub basic: Option<(String, String)>,
    pub bearer: Option<String>,
    pub body: String,
}

pub(super) async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    let (head, body) = loop {
        let read = stream.read(&mut chunk).await.ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = header(head, "content-length")
            .and_then(|length| length.parse().ok())
            .unwrap_or(0);
        if body.len() >= length {
            break (head.to_owned(), body.to_owned());
        }
    };
    let basic = header(&head, "authorization").and_then(|value| {
        let plain = STANDARD.decode(value.strip_prefix("Basic ")?).ok()?;
        let plain = String::from_utf8(plain).ok()?;
        let (id, secret) = plain.split_once(':')?;
        Some((id.to_owned(), secret.to_owned()))
    });
    let bearer = header(&head, "authorization").and_then(|value| Some(value.strip_prefix("Bearer ")?.to_owned()));
    Some(Request {
        bearer,
        target: head.split_whitespace().nth(1).unwrap_or("/").to_owned(),
        basic,
        body,
    })
}

fn header(head: &str, name: &str) -> Option<String> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    })
}

pub(super) fn query(text: &str) -> HashMap<String, String> {
    url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

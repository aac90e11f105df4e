//! The server that exchanges were recorded from, its people, and what placeholders stand for.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sereno_core::account::admin::{self, CreateUser};
use sereno_core::config::{Config, Seconds};
use sereno_core::testing::{FakeProvider, called, login_code_of, profile_of, register};
use sereno_types::CreateApplication;

use super::{demo, notices, providers, rights};
use crate::place::{Answer, Place};
use crate::replay::Fixture;

/// The application of the recordings.
pub const CLIENT: &str = "client-plain";
/// The one whose secret the package kept as a digest, which never worked.
const HASHED: &str = "client-hashed";
const JSON: (&str, &str) = ("content-type", "application/json");

/// A server of django-nets-core's.
pub struct NetsCore {
    pub place: Place,
    secret: String,
    hashed: String,
    /// By address: the code that was mailed, and the device that it was asked for with.
    asked: HashMap<String, (String, String)>,
    /// Who hands out tokens to sign in with, if anybody does.
    provider: Option<FakeProvider>,
    /// By address: access and refresh token.
    pairs: HashMap<String, (String, String)>,
}

impl Fixture for NetsCore {
    const ADDED_CLAIMS: &[&str] = &[];

    async fn start(server: &str) -> Self {
        let mut facade = Self::with(|config| configure(server, config)).await;
        if server.starts_with("demo") {
            facade.place = facade.place.with_views(demo::views);
            rights::set_up(&facade.place.test, server).await;
        }
        if server == "custom-template" {
            notices::rewrite(&facade.place.test).await;
        }
        if server == "providers" {
            facade.provider = Some(providers::start(&facade.place.test, "").await);
        }
        if server == "production-named" {
            let access = facade.sign_in("otp@example.com").await.0;
            let names = json!({"first_name": "Otto", "last_name": "Csrf", "full_name": ""});
            let answer = facade.json("/update/", &names, Some(&access)).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
        }
        facade
    }

    fn place(&self) -> &Place {
        &self.place
    }

    async fn fill(&mut self, placeholder: &str) -> String {
        let (what, whose) = placeholder.split_once(" of ").unwrap_or((placeholder, ""));
        match what {
            "token" => providers::token(self.provider.as_ref().unwrap(), whose),
            "secret" if whose == HASHED => self.hashed.clone(),
            "secret" => self.secret.clone(),
            // what a copy of the database would show
            "digest" => "pbkdf2_sha256$1000000$salt$digest".to_owned(),
            "datetime" => "2024-02-29T10:11:12Z".to_owned(),
            "code" => self.asked(whose).await.0,
            "device" => self.asked(whose).await.1,
            "access" => self.pair(whose).await.0,
            "refresh" => self.pair(whose).await.1,
            "ended access" => self.ended(whose).await.0,
            "ended refresh" => self.ended(whose).await.1,
            other => panic!("nobody knows what {other} stands for"),
        }
    }
}

fn configure(server: &str, config: &mut Config) {
    match server {
        "production"
        | "production-named"
        | "custom-template"
        | "social"
        | "social-unconfigured"
        | "providers"
        | "testers-fixed" => {}
        demo if demo.starts_with("demo") => {}
        "debug" | "debug-mail-enabled" => config.testers.development_code = "123456".into(),
        "debug-code" => config.testers.development_code = "654321".into(),
        other => panic!("nobody knows the server {other}"),
    }
}

impl NetsCore {
    /// At the root, with the application and the people of the recordings.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let place = Place::with(|config| {
            let settings = &mut config.compat.nets_core;
            settings.enabled = true;
            settings.prefix = "/".into();
            config.deletion.grace_period = Seconds(0);
            change(config);
        })
        .await;
        let mut secrets = Vec::new();
        for client_id in [CLIENT, HASHED] {
            let command = CreateApplication {
                profile: profile_of(json!({"access_lifetime": 2_592_000})),
                ..called(client_id)
            };
            let created = register(&place.test, command).await.unwrap();
            secrets.push(created.secret.unwrap().client_secret);
        }
        let (hashed, secret) = (secrets.pop().unwrap(), secrets.pop().unwrap());
        for (number, name) in [(4, "u1"), (5, "u2"), (6, "otp")] {
            let command = CreateUser {
                email: format!("{name}@example.com"),
                password: Some("pass-Word1".into()),
                number: Some(number),
                ..CreateUser::default()
            };
            let staff = place.test.system().await;
            admin::create_user(&place.test.sereno, &place.test.meta(), &staff, command)
                .await
                .unwrap();
        }
        // what making them sent
        place.test.mails().await;
        Self {
            place,
            secret,
            hashed,
            asked: HashMap::new(),
            provider: None,
            pairs: HashMap::new(),
        }
    }

    /// What stands before every path.
    pub fn prefix(&self) -> &str {
        let settings = &self.place.test.sereno.config.compat.nets_core;
        settings.prefix.trim_end_matches('/')
    }

    /// The application's secret.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// Posts JSON to a door.
    pub async fn json(&self, door: &str, body: &Value, bearer: Option<&str>) -> Answer {
        let path = format!("{}{door}", self.prefix());
        let bearer = bearer.map(|token| format!("Bearer {token}"));
        let mut headers = vec![JSON];
        if let Some(bearer) = &bearer {
            headers.push(("authorization", bearer.as_str()));
        }
        self.place.send("POST", &path, &headers, body.to_string()).await
    }

    /// Posts a form to a door.
    pub async fn form(&self, door: &str, fields: &[(&str, &str)]) -> Answer {
        let path = format!("{}{door}", self.prefix());
        self.place.form(&path, fields, &[]).await
    }

    /// Asks for a code on a new device: the code, and the device's uuid.
    pub async fn ask(&self, email: &str) -> (String, String) {
        let body = json!({"email": email, "device": {"name": "Pixel 8", "os": "Android"}});
        let answer = self.json("/login/", &body, None).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let mail = self.place.test.mails().await.pop();
        // nobody mails to what is no address
        let code = mail.map_or_else(|| "000000".to_owned(), |mail| login_code_of(&mail));
        let device = answer.json()["extra"]["device_uuid"].as_str().unwrap().to_owned();
        (code, device)
    }

    /// What a client sends to sign in.
    pub fn credentials(&self, email: &str, code: &str, device: &str) -> Value {
        json!({
            "email": email, "code": code, "device_uuid": device, "client_id": CLIENT, "client_secret": self.secret,
        })
    }

    /// Signs in: access and refresh token.
    pub async fn sign_in(&self, email: &str) -> (String, String) {
        let (code, device) = self.ask(email).await;
        self.enter(email, &code, &device).await
    }

    /// Signs in by a code.
    pub async fn enter(&self, email: &str, code: &str, device: &str) -> (String, String) {
        let body = self.credentials(email, code, device);
        pair_of(&self.json("/authenticate/", &body, None).await)
    }

    async fn asked(&mut self, email: &str) -> (String, String) {
        if let Some(asked) = self.asked.get(email) {
            return asked.clone();
        }
        let asked = self.ask(email).await;
        self.asked.insert(email.to_owned(), asked.clone());
        asked
    }

    async fn pair(&mut self, email: &str) -> (String, String) {
        if let Some(pair) = self.pairs.get(email) {
            return pair.clone();
        }
        let pair = self.sign_in(email).await;
        self.pairs.insert(email.to_owned(), pair.clone());
        pair
    }

    async fn ended(&mut self, email: &str) -> (String, String) {
        let pair = self.pair(email).await;
        let answer = self.json("/logout/", &json!({}), Some(&pair.0)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        pair
    }
}

/// A picture of one point, made as large as this by what stands behind it.
pub fn png(size: usize) -> Vec<u8> {
    const POINT: &str =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    let mut png = STANDARD.decode(POINT).unwrap();
    png.resize(png.len().max(size), 0);
    png
}

/// The tokens of an answer.
pub fn pair_of(answer: &Answer) -> (String, String) {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let data = &answer.json()["data"];
    let text = |name: &str| data[name].as_str().unwrap().to_owned();
    (text("access_token"), text("refresh_token"))
}

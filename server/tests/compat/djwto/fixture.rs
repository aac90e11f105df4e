//! The servers that exchanges were recorded from, their people, and what placeholders stand for.

use std::collections::HashMap;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sereno_core::account::admin::{self, CreateUser};
use sereno_core::config::{Config, Seconds};
use sereno_core::roles::{assignments, permissions, roles};
use sereno_types::{AssignRole, CreatePermission, CreateRole, Id};

use crate::place::{Answer, Place};
use crate::replay::Fixture;

/// Everybody's password.
pub const PASSWORD: &str = "pass-Word1";
/// The key that tokens are signed with.
pub const KEY: &str = "a demo key that has 32 bytes or more";
/// What clients keep in their cookie against cross-site requests.
pub const CSRF: &str = "yICJAAllvL4NQt1hNng9MiKVKlKiGXQt";

/// A server of djwto's.
pub struct Djwto {
    pub place: Place,
    ids: HashMap<&'static str, Id>,
    pairs: HashMap<String, (String, String)>,
}

impl Fixture for Djwto {
    const ADDED_CLAIMS: &[&str] = &["uti"];

    async fn start(server: &str) -> Self {
        let mut djwto = Self::with(|config| configure(server, config)).await;
        // both have signed in before
        for name in ["bob", "gone"] {
            let pair = pair_of(&djwto.log_in(name).await);
            djwto.pairs.insert(name.to_owned(), pair);
        }
        djwto.disable("bob").await;
        djwto.delete("gone").await;
        djwto
    }

    fn place(&self) -> &Place {
        &self.place
    }

    async fn fill(&mut self, placeholder: &str) -> String {
        let (what, whose) = placeholder.split_once(" of ").unwrap_or((placeholder, "alice"));
        match what {
            "csrf" => CSRF.to_owned(),
            "other csrf" => CSRF.to_lowercase().replace('y', "Y"),
            "origin" => self.place.test.sereno.config.public_origin(),
            "access" => self.pair(whose).await.1,
            "refresh" => self.pair(whose).await.0,
            "unsigned" => unsigned(&self.claims().await),
            other => {
                let changes: Value = serde_json::from_str(other.strip_prefix("signed ").unwrap()).unwrap();
                signed(&changed(self.claims().await, &changes))
            }
        }
    }
}

fn configure(server: &str, config: &mut Config) {
    let settings = &mut config.compat.djwto;
    settings.mode = match server {
        "one-cookie" | "one-cookie-nocsrf" => "ONE-COOKIE",
        "two-cookies" | "two-cookies-nocsrf" | "two-cookies-debug-https" | "domain-samesite-path" => "TWO-COOKIES",
        "json-default" | "claims-all" | "no-iat-no-jti" => "JSON",
        other => panic!("nobody knows the server {other}"),
    }
    .into();
    settings.csrf = !server.ends_with("-nocsrf");
    match server {
        "claims-all" => {
            settings.issuer = "iss".into();
            settings.subject = "sub".into();
            settings.audience = vec!["aud1".to_owned(), "aud2".to_owned()];
            settings.not_before = Seconds(3);
            settings.access_lifetime = Seconds(30_000);
        }
        "no-iat-no-jti" => (settings.iat, settings.jti) = (false, false),
        "domain-samesite-path" => {
            settings.domain = "example.com".into();
            settings.same_site = "None".into();
            settings.refresh_path = "r/t".into();
        }
        _ => {}
    }
}

impl Djwto {
    /// At the root, with the key of the recordings and their four people.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let place = Place::with(|config| {
            let settings = &mut config.compat.djwto;
            settings.enabled = true;
            settings.prefix = "/".into();
            settings.signing_key = KEY.into();
            config.deletion.grace_period = Seconds(0);
            change(config);
        })
        .await;
        let mut djwto = Self {
            place,
            ids: HashMap::new(),
            pairs: HashMap::new(),
        };
        djwto.people().await;
        djwto
    }

    async fn people(&mut self) {
        for (number, name) in (1..).zip(["alice", "bob", "carol", "dave", "gone"]) {
            let command = CreateUser {
                email: format!("{name}@example.org"),
                username: Some(name.to_owned()),
                password: Some(PASSWORD.into()),
                number: Some(number),
                ..CreateUser::default()
            };
            let (test, staff) = (&self.place.test, self.place.test.system().await);
            let id = admin::create_user(&test.sereno, &test.meta(), &staff, command)
                .await
                .unwrap();
            self.ids.insert(name, id);
        }
        for codename in ["auth.add_user", "auth.view_user"] {
            let command = CreatePermission {
                codename: codename.to_owned(),
                ..CreatePermission::default()
            };
            let (test, staff) = (&self.place.test, self.place.test.system().await);
            permissions::create(&test.sereno, &test.meta(), &staff, command)
                .await
                .unwrap();
        }
        self.give("carol", &["auth.add_user", "auth.view_user"]).await;
        self.give("dave", &["auth.view_user"]).await;
    }

    /// Gives somebody permissions, by a role of their own.
    pub async fn give(&self, name: &str, codenames: &[&str]) {
        let (test, staff) = (&self.place.test, self.place.test.system().await);
        let command = CreateRole {
            codename: format!("of-{name}-{}", codenames.len()),
            permissions: codenames.iter().map(|name| (*name).to_owned()).collect(),
            ..CreateRole::default()
        };
        let role = roles::create(&test.sereno, &test.meta(), &staff, command)
            .await
            .unwrap();
        let command = AssignRole {
            role: role.row.role.id,
            users: vec![self.ids[name].0.clone()],
            project: None,
            expires_at: None,
        };
        assignments::assign(&test.sereno, &test.meta(), &staff, command)
            .await
            .unwrap();
    }

    /// Switches an account off.
    pub async fn disable(&self, name: &str) {
        let (test, staff) = (&self.place.test, self.place.test.system().await);
        admin::disable(&test.sereno, &test.meta(), &staff, &self.ids[name])
            .await
            .unwrap();
    }

    /// Deletes an account, for good.
    pub async fn delete(&self, name: &str) {
        let (test, staff) = (&self.place.test, self.place.test.system().await);
        let left = admin::delete(&test.sereno, &test.meta(), &staff, &self.ids[name]).await;
        assert!(left.unwrap().is_none(), "it should be gone at once");
    }

    /// Signs in, whatever the mode.
    pub async fn log_in(&self, name: &str) -> Answer {
        let whom = if self.place.test.sereno.config.compat.djwto.username_field == "email" {
            format!("{name}@example.org")
        } else {
            name.to_owned()
        };
        let fields = [("username", whom.as_str()), ("password", PASSWORD)];
        let path = format!("{}/login/", self.prefix());
        let answer = self.place.form(&path, &fields, &[]).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer
    }

    /// Posts to a door below the prefix with a token in the header.
    pub async fn bring(&self, door: &str, token: &str) -> Answer {
        let (path, bearer) = (format!("{}{door}", self.prefix()), format!("Bearer {token}"));
        let headers = [("authorization", bearer.as_str())];
        self.place.send("POST", &path, &headers, "").await
    }

    /// What stands before every path.
    pub fn prefix(&self) -> &str {
        self.place.test.sereno.config.compat.djwto.prefix.trim_end_matches('/')
    }

    /// Somebody's refresh and access token, from the first sign-in on this server.
    pub async fn pair(&mut self, name: &str) -> (String, String) {
        if let Some(pair) = self.pairs.get(name) {
            return pair.clone();
        }
        let pair = pair_of(&self.log_in(name).await);
        self.pairs.insert(name.to_owned(), pair.clone());
        pair
    }

    async fn claims(&mut self) -> Value {
        let access = self.pair("alice").await.1;
        crate::place::part_of(&access, 1)
    }
}

/// The refresh and the access token of an answer, in its body or its cookies.
pub fn pair_of(answer: &Answer) -> (String, String) {
    let said = answer.json();
    let text = |name: &str| said[name].as_str().map(str::to_owned);
    let refresh = text("refresh").or_else(|| answer.cookie("jwt_refresh"));
    let access = text("access").or_else(|| answer.cookie("jwt_access"));
    let access = access.or_else(|| answer.cookie("jwt_access_token"));
    (refresh.unwrap(), access.unwrap())
}

fn changed(mut claims: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        let later = value.as_str().and_then(|text| text.strip_prefix('+'));
        match later {
            Some(seconds) => claims[name] = json!(claims[name].as_i64().unwrap() + seconds.parse::<i64>().unwrap()),
            None if value.is_null() => {
                claims.as_object_mut().unwrap().remove(name);
            }
            None => claims[name] = value.clone(),
        }
    }
    claims
}

/// A token that whoever has the key may have written.
pub fn signed(claims: &Value) -> String {
    sealed(&unsigned_part("HS256", claims))
}

/// One whose payload is exactly this text.
pub fn signed_text(payload: &str) -> String {
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    sealed(&format!("{header}.{}", URL_SAFE_NO_PAD.encode(payload)))
}

fn sealed(message: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, KEY.as_bytes());
    let tag = hmac::sign(&key, message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag))
}

fn unsigned(claims: &Value) -> String {
    format!("{}.", unsigned_part("none", claims))
}

fn unsigned_part(alg: &str, claims: &Value) -> String {
    let header = json!({"alg": alg, "typ": "JWT"}).to_string();
    format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(claims.to_string())
    )
}

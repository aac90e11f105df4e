//! The fixture: a router over `TestSereno`, callers, and the check against the contract.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use sereno_core::config::Config;
use sereno_core::oauth::admin;
use sereno_core::testing::TestSereno;
use sereno_server::api;
use sereno_server::router::{self, App};
use sereno_types::{ApplicationCreated, CreateApplication};
use tower::ServiceExt;

pub const PASSWORD: &str = "wheelbarrow at dawn";

/// Headers that the contract names wherever they are answered.
const DECLARED: &[&str] = &[
    "set-cookie",
    "retry-after",
    "www-authenticate",
    "content-disposition",
    "x-csrf-token",
    "etag",
    "ratelimit",
    "ratelimit-policy",
];

/// A server in process.
pub struct Door {
    pub test: TestSereno,
    router: Router,
    contract: Value,
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// The problem's code.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The refused fields with their codes, in order.
    pub fn faults(&self) -> Vec<(String, String)> {
        let faults = self.json()["errors"].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        faults
            .iter()
            .map(|fault| (text(&fault["field"]), text(&fault["code"])))
            .collect()
    }

    /// A header as text.
    pub fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The cookie pairs that were set, as a browser sends them back.
    pub fn cookies(&self) -> String {
        let pairs = self
            .headers
            .get_all(header::SET_COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok());
        pairs
            .filter_map(|pair| pair.split(';').next())
            .collect::<Vec<_>>()
            .join("; ")
    }
}

impl Door {
    pub async fn new() -> Self {
        Self::with(|_| ()).await
    }

    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let test = TestSereno::with(change).await;
        let router = router::router(&App::new(test.sereno.clone(), std::sync::Arc::default()));
        let contract = serde_json::to_value(api::document()).unwrap();
        Self { test, router, contract }
    }

    /// Sends a request as it is, and holds the answer against the contract if it is one of the API.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let answer = Answer {
            status: parts.status,
            headers: parts.headers,
            text,
        };
        assert!(
            !answer.header("x-request-id").is_empty(),
            "{method} {path} has no request id"
        );
        assert!(answer.status != 500, "{method} {path}: {}", answer.text);
        self.check(&method, &path, &answer);
        answer
    }

    pub async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(request("GET", path, headers, Body::empty())).await
    }

    pub async fn post(&self, path: &str, body: &Value, headers: &[(&str, &str)]) -> Answer {
        let mut all = vec![("content-type", "application/json")];
        all.extend_from_slice(headers);
        self.send(request("POST", path, &all, Body::from(body.to_string())))
            .await
    }

    /// A form posted by a browser without JavaScript, from a page.
    pub async fn form(&self, path: &str, fields: &[(&str, &str)], from: &str, cookies: &str) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let referer = format!("http://127.0.0.1:3000{from}");
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("accept", "text/html,application/xhtml+xml"),
            ("origin", "http://127.0.0.1:3000"),
            ("sec-fetch-site", "same-origin"),
            ("referer", &referer),
            ("cookie", cookies),
        ];
        self.send(request("POST", path, &headers, Body::from(body))).await
    }

    /// A page as a browser asks for it.
    pub async fn page(&self, path: &str, cookies: &str) -> Answer {
        self.get(path, &[("accept", "text/html"), ("cookie", cookies)]).await
    }

    /// An account that may sign in.
    pub async fn user(&self, email: &str, username: Option<&str>) {
        let mut body = json!({"email": email, "password": PASSWORD});
        if let Some(username) = username {
            body["username"] = username.into();
        }
        let answer = self.post("/api/v1/registrations", &body, &[]).await;
        assert_eq!(answer.status, 202, "{}", answer.text);
        let mail = self.test.mails().await.pop().expect("an activation mail");
        let answer = self
            .post(
                "/api/v1/registrations/activate",
                &json!({"token": token_of(&mail.text)}),
                &[],
            )
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    /// Tokens of an account.
    pub async fn login(&self, identifier: &str) -> Value {
        let body = json!({"identifier": identifier, "password": PASSWORD});
        let answer = self.post("/api/v1/login", &body, &[]).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    /// The first administrator's cookies, through the set-up page.
    pub async fn administrator(&self) -> String {
        let link = sereno_core::account::setup::link(&self.test.sereno).await.unwrap();
        let token = token_of(&link);
        let fields = [
            ("token", token.as_str()),
            ("email", "admin@example.org"),
            ("password", PASSWORD),
        ];
        let answer = self
            .form("/account/fn/set_up", &fields, &format!("/setup?token={token}"), "")
            .await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        answer.cookies()
    }

    /// Registers an application, through the core.
    pub async fn application(&self, command: Value) -> ApplicationCreated {
        let command: CreateApplication = serde_json::from_value(command).unwrap();
        let (sereno, staff) = (&self.test.sereno, self.test.system().await);
        admin::create(sereno, &self.test.meta(), &staff, command, None)
            .await
            .unwrap()
    }

    /// The id of an application, and what a superuser's program sends.
    pub async fn staff(&self, client_id: &str) -> (String, Vec<(&'static str, String)>) {
        let headers = self.superuser().await;
        let sent: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let found = self
            .get(&format!("/api/v1/admin/applications?q={client_id}"), &sent)
            .await;
        (found.json()["items"][0]["id"].as_str().unwrap().to_owned(), headers)
    }

    /// What a superuser's program sends.
    pub async fn superuser(&self) -> Vec<(&'static str, String)> {
        self.test.superuser("root").await;
        let tokens = self.login("root").await;
        vec![(
            "authorization",
            format!("Bearer {}", tokens["access_token"].as_str().unwrap()),
        )]
    }

    pub async fn patch(&self, path: &str, body: &Value, headers: &[(&str, &str)]) -> Answer {
        let mut all = vec![("content-type", "application/json")];
        all.extend_from_slice(headers);
        self.send(request("PATCH", path, &all, Body::from(body.to_string())))
            .await
    }

    pub async fn delete(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(request("DELETE", path, headers, Body::empty())).await
    }

    /// Holds an answer against the contract: known status, known content type, a body of the said shape.
    fn check(&self, method: &Method, path: &str, answer: &Answer) {
        let Some((template, operation)) = self.operation(method, path) else {
            return;
        };
        let said = &operation["responses"][answer.status.as_str()];
        assert!(
            said.is_object(),
            "{method} {template} may not answer {}: {}",
            answer.status,
            answer.text
        );
        let kind = answer.header("content-type").split(';').next().unwrap_or("").to_owned();
        for name in DECLARED {
            let declared = said["headers"]
                .as_object()
                .is_some_and(|headers| headers.keys().any(|header| header.eq_ignore_ascii_case(name)));
            assert!(
                declared || !answer.headers.contains_key(*name),
                "{method} {template} {} does not say that it answers {name}",
                answer.status
            );
        }
        let Some(content) = said["content"].as_object() else {
            assert!(
                answer.text.is_empty(),
                "{method} {template} {} should have no body",
                answer.status
            );
            return;
        };
        let content = content.get(&kind);
        let content = content.unwrap_or_else(|| panic!("{method} {template} {} answers {kind}", answer.status));
        if kind.ends_with("json") {
            let schema =
                json!({"$ref": "#/schema", "schema": content["schema"], "components": self.contract["components"]});
            let validator = jsonschema::draft202012::new(&schema).unwrap();
            let faults: Vec<String> = validator
                .iter_errors(&answer.json())
                .map(|error| error.to_string())
                .collect();
            assert!(
                faults.is_empty(),
                "{method} {template} {}: {faults:?}\n{}",
                answer.status,
                answer.text
            );
        }
    }

    fn operation(&self, method: &Method, path: &str) -> Option<(&str, &Value)> {
        let paths = self.contract["paths"].as_object()?;
        let (template, item) = paths.iter().find(|(template, _)| fits(template, path))?;
        let operation = &item[method.as_str().to_lowercase()];
        operation.is_object().then_some((template.as_str(), operation))
    }
}

fn fits(template: &str, path: &str) -> bool {
    let (template, path): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template
            .iter()
            .zip(path)
            .all(|(part, given)| part.starts_with('{') || *part == given)
}

pub fn request(method: &str, path: &str, headers: &[(&str, &str)], body: Body) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
        request = request.header(*name, *value);
    }
    request.body(body).unwrap()
}

/// The token of a link in a text.
pub fn token_of(text: &str) -> String {
    text.split("token=")
        .nth(1)
        .expect("a link")
        .split_whitespace()
        .next()
        .unwrap()
        .to_owned()
}

/// The code in an activation mail.
pub fn code_of(text: &str) -> String {
    let is_code =
        |word: &&str| word.len() == 9 && word.as_bytes()[4] == b'-' && word[..4].bytes().all(|b| b.is_ascii_digit());
    text.split_whitespace().find(is_code).expect("a code").to_owned()
}

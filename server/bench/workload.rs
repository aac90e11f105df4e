//! What is asked, how often it may cost how much, and what a right answer looks like. The floor answers to the same
//! addresses in the same shapes, so that one driver does for both.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::client::{self, Answer, Connection};
use crate::{CONNECTIONS, Outcome, PASSWORD, USERS, seed};

/// What a server is asked to do over and over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    /// The public keys.
    Jwks,
    /// The signed-in user, by access token.
    Me,
    /// The verdict on an access token.
    Verify,
    /// The same, for the application that it was issued to (RFC 7662).
    Introspect,
    /// Whether a user may do something in a project; another user and another permission each time.
    Check,
    /// The same, a hundred questions at once.
    CheckMany,
    /// The next pair of tokens; each connection has a family of its own.
    Refresh,
    /// Password to tokens.
    Login,
    /// The same where tokens are as those of djwto.
    LoginAsDjwto,
    /// The same on the wire of djwto.
    DjwtoLogin,
    /// A fresh access token where tokens are as those of djwto; each connection has a refresh token of its own.
    RefreshAsDjwto,
    /// A fresh access token on the wire of djwto; each connection has a refresh token of its own.
    DjwtoRefresh,
    /// Signing in by a code: asking and proving in turns. The code is a fixed one.
    CodeLogin,
    /// The same on the wire of `nets_core`.
    NetsCoreLogin,
    /// The next pair of tokens on the wire of `nets_core`.
    NetsCoreRefresh,
    /// The signed-in user on the wire of `nets_core`.
    NetsCoreProfile,
    /// Sign-up to its mail in the mail folder: the answer, and the work behind it.
    Register,
    /// Sign-up alone; the queue is another process's.
    RegisterAlone,
    /// The console's list of users, by session.
    Page,
    /// The same, at one connection.
    PageAlone,
}

impl Workload {
    /// In the order of the table.
    pub const ALL: [Self; 20] = [
        Self::Jwks,
        Self::Me,
        Self::Verify,
        Self::Introspect,
        Self::Check,
        Self::CheckMany,
        Self::Refresh,
        Self::Login,
        Self::CodeLogin,
        Self::LoginAsDjwto,
        Self::DjwtoLogin,
        Self::RefreshAsDjwto,
        Self::DjwtoRefresh,
        Self::NetsCoreLogin,
        Self::NetsCoreRefresh,
        Self::NetsCoreProfile,
        Self::Page,
        Self::PageAlone,
        Self::Register,
        Self::RegisterAlone,
    ];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jwks => "jwks",
            Self::Me => "me",
            Self::Verify => "verify",
            Self::Introspect => "introspect",
            Self::Check => "check",
            Self::CheckMany => "check-many",
            Self::Refresh => "refresh",
            Self::Login => "login",
            Self::LoginAsDjwto => "login-as-djwto",
            Self::DjwtoLogin => "djwto-login",
            Self::RefreshAsDjwto => "refresh-as-djwto",
            Self::DjwtoRefresh => "djwto-refresh",
            Self::CodeLogin => "code-login",
            Self::NetsCoreLogin => "nets-core-login",
            Self::NetsCoreRefresh => "nets-core-refresh",
            Self::NetsCoreProfile => "nets-core-profile",
            Self::Register => "registration",
            Self::RegisterAlone => "registration-alone",
            Self::Page => "page",
            Self::PageAlone => "page-alone",
        }
    }

    /// The name in the table.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Jwks => "JWKS",
            Self::Me => "me",
            Self::Verify => "verify",
            Self::Introspect => "introspect",
            Self::Check => "check",
            Self::CheckMany => "check, 100 questions",
            Self::Refresh => "refresh",
            Self::Login => "login",
            Self::LoginAsDjwto => "login, tokens as djwto's",
            Self::DjwtoLogin => "djwto: login",
            Self::RefreshAsDjwto => "refresh, tokens as djwto's",
            Self::DjwtoRefresh => "djwto: refresh",
            Self::CodeLogin => "login by code, half of it",
            Self::NetsCoreLogin => "nets_core: login, half of it",
            Self::NetsCoreRefresh => "nets_core: refresh",
            Self::NetsCoreProfile => "nets_core: profile",
            Self::Register => "registration, its mail included",
            Self::RegisterAlone => "registration, mails elsewhere",
            Self::Page => "console users page",
            Self::PageAlone => "console users page, 1 connection",
        }
    }

    /// Most times the floor's processor time, and a goal on the way there.
    pub const fn goal(self) -> Option<(f64, Option<f64>)> {
        match self {
            Self::Jwks => Some((1.3, None)),
            Self::Me => Some((1.5, Some(2.0))),
            Self::Refresh => Some((2.0, Some(4.0))),
            Self::Login | Self::Register | Self::RegisterAlone => Some((1.15, None)),
            Self::Verify
            | Self::Introspect
            | Self::Check
            | Self::CheckMany
            | Self::CodeLogin
            | Self::LoginAsDjwto
            | Self::DjwtoLogin
            | Self::RefreshAsDjwto
            | Self::DjwtoRefresh
            | Self::NetsCoreLogin
            | Self::NetsCoreRefresh
            | Self::NetsCoreProfile
            | Self::Page
            | Self::PageAlone => None,
        }
    }

    /// Of a facade: what does the same at Sereno's own door.
    pub const fn native(self) -> Option<Self> {
        match self {
            Self::DjwtoLogin => Some(Self::LoginAsDjwto),
            Self::DjwtoRefresh => Some(Self::RefreshAsDjwto),
            Self::NetsCoreRefresh => Some(Self::Refresh),
            Self::NetsCoreLogin => Some(Self::CodeLogin),
            Self::NetsCoreProfile => Some(Self::Me),
            _ => None,
        }
    }

    /// Fewest answers in a second.
    pub const fn least(self) -> Option<f64> {
        match self {
            Self::Verify | Self::Introspect | Self::Check => Some(5_000.0),
            Self::Refresh => Some(2_000.0),
            _ => None,
        }
    }

    /// Most milliseconds that 99 of 100 answers take.
    pub const fn slowest(self) -> Option<f64> {
        match self {
            Self::Check => Some(5.0),
            Self::CheckMany => Some(20.0),
            _ => None,
        }
    }

    /// Whether it says something about a database: what is left out asks none, or measures pages and mails.
    pub const fn is_about_rows(self) -> bool {
        matches!(
            self,
            Self::Me
                | Self::Verify
                | Self::Introspect
                | Self::Check
                | Self::CheckMany
                | Self::Refresh
                | Self::Login
                | Self::CodeLogin
                | Self::LoginAsDjwto
                | Self::DjwtoLogin
                | Self::RefreshAsDjwto
                | Self::DjwtoRefresh
                | Self::NetsCoreLogin
                | Self::NetsCoreRefresh
                | Self::NetsCoreProfile
        )
    }

    /// Whether the floor can do it.
    pub const fn is_on_the_floor(self) -> bool {
        self.goal().is_some()
    }

    /// Whether the server must not work its queue meanwhile.
    pub const fn is_without_worker(self) -> bool {
        matches!(self, Self::RegisterAlone)
    }

    /// How many connections ask at once.
    pub const fn connections(self) -> usize {
        match self {
            Self::PageAlone => 1,
            _ => CONNECTIONS,
        }
    }
}

/// One connection's part in a workload.
pub struct Driver {
    workload: Workload,
    /// What makes this connection's users and addresses its own.
    number: usize,
    round: usize,
    asked: u64,
    /// The device that a code was asked for with.
    device: String,
    request: String,
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

impl Driver {
    /// Signs in, or whatever else the workload needs first. Not measured.
    pub async fn prepare(workload: Workload, round: usize, number: usize, address: SocketAddr) -> Outcome<Self> {
        let mut connection = Connection::open(address).await?;
        let request = match workload {
            Workload::Jwks => client::get("/.well-known/jwks.json", ""),
            Workload::Me => {
                let tokens = login(&mut connection, number).await?;
                let bearer = format!("authorization: Bearer {}\r\n", field(&tokens, "access_token")?);
                client::get("/api/v1/me", &bearer)
            }
            Workload::Verify => {
                let tokens = login(&mut connection, number).await?;
                let body = json!({ "token": field(&tokens, "access_token")? }).to_string();
                client::post("/api/v1/token/verify", JSON, &body)
            }
            Workload::Introspect => {
                let tokens = login_through(&mut connection, number, &of_application()).await?;
                let (id, secret, token) = (seed::CLIENT_ID, seed::CLIENT_SECRET, field(&tokens, "access_token")?);
                let body = format!("client_id={id}&client_secret={secret}&token={token}");
                client::post("/oauth/introspect", FORM, &body)
            }
            Workload::Refresh => {
                let tokens = login(&mut connection, number).await?;
                refresh(field(&tokens, "refresh_token")?)
            }
            Workload::RefreshAsDjwto => {
                let mut application = as_djwto();
                let tokens = login_through(&mut connection, number, &application).await?;
                application["refresh_token"] = field(&tokens, "refresh_token")?.into();
                client::post("/api/v1/token/refresh", JSON, &application.to_string())
            }
            Workload::DjwtoRefresh => {
                let user = seed::address(number as u64 + 2);
                let form = djwto_form(&user);
                let answer = connection.post("/compat/djwto/login/", FORM, &form).await?;
                let tokens: Value = serde_json::from_slice(answer.body)?;
                let bearer = format!("authorization: Bearer {}\r\n", field(&tokens, "refresh")?);
                client::post_with("/compat/djwto/api/token/refresh/refresh_access/", &bearer, FORM, "")
            }
            Workload::NetsCoreRefresh => {
                let tokens = login_through(&mut connection, number, &of_application()).await?;
                nets_core_refresh(field(&tokens, "refresh_token")?)
            }
            Workload::NetsCoreProfile => {
                let tokens = login(&mut connection, number).await?;
                let bearer = format!("authorization: Bearer {}\r\n", field(&tokens, "access_token")?);
                client::get("/compat/nets-core/getProfile/", &bearer)
            }
            Workload::Page | Workload::PageAlone => {
                let cookie = sign_in(&mut connection).await?;
                client::get("/console/users", &format!("cookie: {cookie}\r\naccept: text/html\r\n"))
            }
            Workload::Check
            | Workload::CheckMany
            | Workload::Login
            | Workload::CodeLogin
            | Workload::LoginAsDjwto
            | Workload::DjwtoLogin
            | Workload::NetsCoreLogin
            | Workload::Register
            | Workload::RegisterAlone => String::new(),
        };
        Ok(Self {
            workload,
            number,
            round,
            asked: 0,
            device: String::new(),
            request,
        })
    }

    /// The next request.
    pub fn request(&mut self) -> &[u8] {
        self.asked += 1;
        match self.workload {
            Workload::Login => {
                let body = json!({ "identifier": self.another_user(), "password": PASSWORD }).to_string();
                self.request = client::post("/api/v1/login", JSON, &body);
            }
            Workload::LoginAsDjwto => {
                let mut body = as_djwto();
                body["identifier"] = self.another_user().into();
                body["password"] = PASSWORD.into();
                self.request = client::post("/api/v1/login", JSON, &body.to_string());
            }
            Workload::DjwtoLogin => {
                self.request = client::post("/compat/djwto/login/", FORM, &djwto_form(&self.another_user()));
            }
            Workload::CodeLogin => self.request = self.code_login(),
            Workload::NetsCoreLogin => self.request = self.nets_core_login(),
            Workload::Check | Workload::CheckMany => self.request = self.check(),
            Workload::Register | Workload::RegisterAlone => {
                let (name, round, number, asked) = (self.workload.name(), self.round, self.number, self.asked);
                let email = format!("{name}-{round}-{number}-{asked}@bench.example");
                let body = json!({ "email": email, "password": PASSWORD }).to_string();
                self.request = client::post("/api/v1/registrations", JSON, &body);
            }
            _ => {}
        }
        self.request.as_bytes()
    }

    /// Whether a code is asked for; otherwise it is proven.
    const fn asks_for_code(&self) -> bool {
        self.asked % 2 == 1
    }

    /// One user for both halves of a sign-in by code, and another each time.
    fn code_user(&self) -> String {
        let at = self.asked.div_ceil(2);
        seed::address((at * 7_919 + self.number as u64 * 613) % (USERS as u64 - 2) + 2)
    }

    fn code_login(&self) -> String {
        let user = self.code_user();
        if self.asks_for_code() {
            let body = json!({ "identifier": user, "device": {"name": "bench"} }).to_string();
            return client::post("/api/v1/otp", JSON, &body);
        }
        let body = json!({ "identifier": user, "code": seed::CODE, "device_id": self.device }).to_string();
        client::post("/api/v1/otp/verify", JSON, &body)
    }

    fn nets_core_login(&self) -> String {
        let user = self.code_user();
        if self.asks_for_code() {
            let body = json!({ "email": user, "device": {"name": "bench"} }).to_string();
            return client::post("/compat/nets-core/login/", JSON, &body);
        }
        let mut body = of_application();
        body["email"] = user.into();
        body["code"] = seed::CODE.into();
        body["device_uuid"] = self.device.as_str().into();
        client::post("/compat/nets-core/authenticate/", JSON, &body.to_string())
    }

    /// Another one each time, spread over all of them.
    fn another_user(&self) -> String {
        seed::address((self.asked * 7_919 + self.number as u64 * 613) % (USERS as u64 - 2) + 2)
    }

    /// One question, or a hundred, about other users each time, in projects that they are members of.
    fn check(&self) -> String {
        let question = |of: u64| {
            let user = (self.asked * 7_919 + self.number as u64 * 613 + of * 31) % (USERS as u64 - 2) + 2;
            let (project, permission) = (user % seed::PROJECTS, (user * 3 + of) % seed::PERMISSIONS);
            json!({
                "user": user.to_string(),
                "permission": format!("bench.permission-{permission}"),
                "project": format!("project-{project}"),
            })
        };
        let mut body = of_application();
        if self.workload == Workload::CheckMany {
            body["checks"] = (0..100).map(question).collect();
        } else if let (Some(body), Value::Object(question)) = (body.as_object_mut(), question(0)) {
            body.extend(question);
        }
        client::post("/api/v1/check", JSON, &body.to_string())
    }

    /// Mails that the requests so far ask for.
    pub const fn mails_owed(&self) -> u64 {
        match self.workload {
            Workload::Register => self.asked,
            _ => 0,
        }
    }

    const fn right_status(&self) -> u16 {
        match self.workload {
            Workload::Register | Workload::RegisterAlone => 202,
            Workload::CodeLogin if self.asks_for_code() => 202,
            _ => 200,
        }
    }

    /// Looks at the answer; what is wrong with it, if anything is.
    pub fn answered(&mut self, answer: &Answer<'_>) -> Result<(), String> {
        if answer.status != self.right_status() {
            let begin = &answer.body[..answer.body.len().min(200)];
            return Err(format!("{}: {}", answer.status, String::from_utf8_lossy(begin)));
        }
        match self.workload {
            Workload::Refresh => {
                let next = text_after(answer.body, "\"refresh_token\":\"")?;
                self.request = refresh(&next);
                Ok(())
            }
            Workload::CodeLogin | Workload::NetsCoreLogin => {
                let name = match (self.workload, self.asks_for_code()) {
                    (Workload::CodeLogin, true) => "\"device_id\":\"",
                    (Workload::CodeLogin, false) => "\"access_token\":\"",
                    (_, true) => "\"device_uuid\": \"",
                    (_, false) => "\"access_token\": \"",
                };
                let said = text_after(answer.body, name)?;
                self.device = said;
                Ok(())
            }
            Workload::NetsCoreRefresh => {
                let next = text_after(answer.body, "\"refresh_token\": \"")?;
                self.request = nets_core_refresh(&next);
                Ok(())
            }
            Workload::NetsCoreProfile if !holds(answer.body, seed::DOMAIN) => Err("nobody's profile".to_owned()),
            Workload::DjwtoLogin | Workload::DjwtoRefresh if !holds(answer.body, "\"access\": \"") => {
                Err("no access token in the answer".to_owned())
            }
            Workload::LoginAsDjwto | Workload::RefreshAsDjwto if !holds(answer.body, "\"access_token\":\"") => {
                Err("no access token in the answer".to_owned())
            }
            Workload::Verify | Workload::Introspect if !holds(answer.body, "\"active\":true") => {
                Err("the token is not good".to_owned())
            }
            Workload::Check | Workload::CheckMany if !holds(answer.body, "\"allowed\":") => Err("no answer".to_owned()),
            Workload::Check | Workload::CheckMany
                if holds(answer.body, "user_unknown") || holds(answer.body, "permission_unknown") =>
            {
                Err("the question makes no sense".to_owned())
            }
            Workload::Page | Workload::PageAlone if !holds(answer.body, seed::DOMAIN) => {
                Err("the page shows no users".to_owned())
            }
            _ => Ok(()),
        }
    }
}

/// The text that stands behind this in an answer.
fn text_after(body: &[u8], name: &str) -> Result<String, String> {
    let text = std::str::from_utf8(body).map_err(|error| error.to_string())?;
    let found = text.split_once(name).and_then(|(_, rest)| rest.split_once('"'));
    found.map_or_else(
        || Err(format!("no {name} in the answer")),
        |(text, _)| Ok(text.to_owned()),
    )
}

fn nets_core_refresh(token: &str) -> String {
    let (id, secret) = (seed::CLIENT_ID, seed::CLIENT_SECRET);
    let form = format!("grant_type=refresh_token&client_id={id}&client_secret={secret}&refresh_token={token}");
    client::post("/compat/nets-core/o/token/", FORM, &form)
}

fn refresh(token: &str) -> String {
    client::post(
        "/api/v1/token/refresh",
        JSON,
        &format!("{{\"refresh_token\":\"{token}\"}}"),
    )
}

/// What djwto's clients send to sign in.
fn djwto_form(user: &str) -> String {
    format!(
        "username={}&password={}",
        user.replace('@', "%40"),
        PASSWORD.replace(' ', "+")
    )
}

/// Signs a user in for tokens.
async fn login(connection: &mut Connection, number: usize) -> Outcome<Value> {
    login_through(connection, number, &json!({})).await
}

/// How the application says who it is.
fn of_application() -> Value {
    json!({ "client_id": seed::CLIENT_ID, "client_secret": seed::CLIENT_SECRET })
}

/// The same of the one with djwto's kind of tokens.
fn as_djwto() -> Value {
    json!({ "client_id": seed::AS_DJWTO, "client_secret": seed::CLIENT_SECRET })
}

async fn login_through(connection: &mut Connection, number: usize, application: &Value) -> Outcome<Value> {
    let mut body = application.clone();
    body["identifier"] = seed::address(number as u64 + 2).into();
    body["password"] = PASSWORD.into();
    let answer = connection.post("/api/v1/login", JSON, &body.to_string()).await?;
    if answer.status != 200 {
        return Err(format!("a login was answered {}", answer.status).into());
    }
    Ok(serde_json::from_slice(answer.body)?)
}

/// Signs the administrator in as a form without scripts does; the cookie.
async fn sign_in(connection: &mut Connection) -> Outcome<String> {
    let form = format!(
        "identifier={}&password={}&next=",
        seed::ADMINISTRATOR.replace('@', "%40"),
        PASSWORD.replace(' ', "+")
    );
    let answer = connection.post("/account/fn/sign_in", FORM, &form).await?;
    let cookie = client::header(answer.head, "set-cookie").and_then(|value| value.split(';').next());
    let cookie = cookie.ok_or_else(|| format!("the administrator could not sign in: {}", answer.status))?;
    Ok(cookie.to_owned())
}

fn field<'a>(value: &'a Value, name: &str) -> Outcome<&'a str> {
    Ok(value[name].as_str().ok_or_else(|| format!("no {name} in the answer"))?)
}

fn holds(body: &[u8], text: &str) -> bool {
    body.windows(text.len()).any(|window| window == text.as_bytes())
}

//! Signing in by a mailed code, and out.

use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};
use sereno_core::Error;
use sereno_core::access::application;
use sereno_core::account::{device_uuid, devices};
use sereno_core::context::Actor;
use sereno_core::login::{self, Brought, LoggedIn};
use sereno_types::{AskLoginCode, Code, DeviceHint, Id, Logout, Secret, VerifyLoginCode};
use uuid::Uuid;

use super::params::{Kind, Param};
use super::request::{Answered, Call, Door, Refused, handle};
use super::{caller, python, user, wire};
use crate::http::cookies::cookie_of;
use crate::http::origin;
use crate::router::App;

/// The one method of most doors.
pub const POST: &[Method] = &[Method::POST];

static LOGIN: Door = Door::new(
    POST,
    true,
    &[
        Param::required("email", Kind::Str),
        Param::optional("device", Kind::Dict),
    ],
);

static AUTHENTICATE: Door = Door::new(
    POST,
    true,
    &[
        Param::required("email", Kind::Str),
        Param::required("code", Kind::Int),
        Param::required("client_id", Kind::Str),
        Param::required("client_secret", Kind::Str),
    ],
);

static LOGOUT: Door = Door::new(POST, false, &[]);

/// What is said of a wrong code, and of every other reason that would tell of an account, or of who is just signing in to one.
const WRONG: &str = "Invalid code for this user and device";
/// What is said of a uuid that is none of the account's devices'.
const NO_DEVICE: &str = "Invalid device uuid";

/// `POST /login/`: asks for a code.
pub async fn login(State(app): State<App>, request: Request) -> Response {
    handle(app, request, &LOGIN, ask).await
}

async fn ask(call: Call) -> Answered {
    #[derive(Serialize)]
    struct Extra {
        device_uuid: Option<String>,
    }
    let identifier = call.params.text("email");
    let device = described(&call, &identifier).await?;
    if is_zero(&call) {
        return Err(wire::error("'int' object has no attribute 'startswith'").into());
    }
    let extra = Extra {
        device_uuid: device.as_ref().and_then(|device| device.uuid.clone()),
    };
    let command = AskLoginCode {
        identifier,
        device,
        client_id: None,
        client_secret: None,
    };
    login::ask_code(&call.app.sereno, &call.meta, command)
        .await
        .map_err(said)?;
    Ok(wire::success_with("CODE SENT", &extra))
}

/// The device as it was described, with the uuid that it has or gets.
async fn described(call: &Call, identifier: &str) -> Answered<Option<DeviceHint>> {
    let sereno = &call.app.sereno;
    let said = call.params.json("device").and_then(Value::as_object);
    let Some(said) = said.filter(|said| !said.is_empty()) else {
        if sereno.config.compat.nets_core.device_required {
            return Err(wire::error("Request must have a device object").into());
        }
        return Ok(None);
    };
    let text = |name: &str| {
        let value = said.get(name).filter(|value| !value.is_null());
        value.map(python::text).filter(|text| !text.is_empty())
    };
    let firebase_token = text("firebase_token");
    let uuid = match said.get("uuid").filter(|uuid| !python::is_falsy(uuid)) {
        Some(uuid) => {
            let uuid = parsed(uuid)?;
            // one that another server gave: whoever has a device of that uuid keeps theirs
            let is_taken = sereno.config.compat.nets_core.adopt_devices;
            if !is_taken && !device_uuid::is_of(sereno, identifier, uuid).await? {
                return Err(wire::error(NO_DEVICE).into());
            }
            uuid
        }
        None => device_uuid::draw(sereno, identifier, firebase_token.as_deref())?,
    };
    Ok(Some(DeviceHint {
        uuid: Some(uuid.to_string()),
        name: text("name"),
        device_type: text("device_type"),
        os: text("os"),
        os_version: text("os_version"),
        app_version: text("app_version"),
        device_id: text("device_id"),
        device_token: text("device_token").map(Secret::from),
        firebase_token: firebase_token.map(Secret::from),
    }))
}

/// Whether the number 0 stands in the place of an address. The package takes it, and `"0"` and `false`, for a number whatever it
/// was to be, and then finds nobody by it.
fn is_zero(call: &Call) -> bool {
    call.params.json("email").is_some_and(|email| email.as_i64() == Some(0))
}

fn parsed(said: &Value) -> Answered<Uuid> {
    python::uuid(said).ok_or_else(|| {
        let sentence = format!("“{}” is not a valid UUID.", python::text(said));
        wire::error(&python::shown(&json!([sentence]))).into()
    })
}

/// The uuid in `device_uuid`, if there is any.
fn device_uuid(call: &Call) -> Answered<Option<Uuid>> {
    let said = call.params.json("device_uuid").filter(|said| !python::is_falsy(said));
    said.map(parsed).transpose()
}

/// The request for a code on the device that is named, if one is.
async fn handle_on(call: &Call, identifier: &str) -> Answered<Option<Id>> {
    let sereno = &call.app.sereno;
    let Some(device) = device_uuid(call)? else {
        return Ok(None);
    };
    // with uuids of other servers any may be right: which of them is known, and to whom, is not told before the code
    let is_any_taken = sereno.config.compat.nets_core.adopt_devices;
    if !is_any_taken && !device_uuid::is_of(sereno, identifier, device).await? {
        return Err(wire::error(NO_DEVICE).into());
    }
    let handle = login::code_handle_on(sereno, identifier, device).await?;
    // of a device on which nobody asked: a handle of nothing
    Ok(Some(handle.unwrap_or_else(|| Id(device.to_string()))))
}

/// `POST /authenticate/`: signs in by the code.
pub async fn authenticate(State(app): State<App>, request: Request) -> Response {
    handle(app, request, &AUTHENTICATE, enter).await
}

async fn enter(call: Call) -> Answered {
    let sereno = &call.app.sereno;
    let identifier = call.params.text("email");
    if identifier.is_empty() || is_zero(&call) {
        let text = "index_field doesn't sent a valid value";
        return Err(wire::refusal(StatusCode::OK, text).into());
    }
    let handle = handle_on(&call, &identifier).await?;
    if !is_application(&call).await? {
        return Err(wire::error("Invalid client_id").into());
    }
    let command = VerifyLoginCode {
        identifier: Some(identifier),
        code: Some(code(&call)),
        device_id: handle,
        token: None,
        client_id: Some(call.params.text("client_id")),
        client_secret: Some(call.params.text("client_secret").into()),
    };
    match login::by_code_for_application(sereno, &call.meta, command).await {
        Ok(logged_in) => present(&call, logged_in),
        Err(error) => Err(match error.code() {
            Code::InvalidClient => wire::error(no_secret(&call)).into(),
            Code::LoginCodeInvalid => wire::error(WRONG).into(),
            // clients know no other refusal of this view
            code @ (Code::TooManyDevices | Code::UnauthorizedClient) => wire::error(code.title()).into(),
            _ => said(error),
        }),
    }
}

/// What is said of a secret that is none: the package compares by a function that takes plain ASCII alone.
fn no_secret(call: &Call) -> &'static str {
    match call.params.json("client_secret") {
        Some(Value::String(text)) if text.is_ascii() => "Invalid client_secret",
        Some(Value::String(_)) => "comparing strings with non-ASCII characters is not supported",
        _ => "unsupported operand types(s) or combination of types: 'str' and 'int'",
    }
}

/// Whether there is an application of this `client_id`. Whether the secret is right, the core says.
pub async fn is_application(call: &Call) -> Answered<bool> {
    let client_id = call.params.text("client_id");
    let found = application::find(&call.app.sereno, Some(&client_id)).await?;
    Ok(found.is_some())
}

/// The code; a number has lost the zeros before it. Digits that are as many as a code has, or more, are one as they stand: codes of
/// testers may be longer, and begin with zeros.
pub fn code(call: &Call) -> Secret {
    let length = usize::try_from(call.app.sereno.config.login_code.length).unwrap_or_default();
    let typed = call.input.get("code").and_then(Value::as_str).map(str::trim);
    let is_code = |typed: &&str| typed.len() >= length && typed.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(typed) = typed.filter(is_code) {
        return Secret::from(typed);
    }
    Secret::from(format!("{:0>length$}", call.params.text("code")))
}

/// What a sign-in brought.
pub fn present(call: &Call, logged_in: LoggedIn) -> Answered {
    let sereno = &call.app.sereno;
    let Brought::Tokens(issued) = logged_in.brought else {
        // the package knows no other delivery
        return Err(Code::UnauthorizedClient.into());
    };
    let shown = user::shown(&sereno.config.compat.nets_core, None, &logged_in.user);
    let is_own_page = origin::foreign(&call.app, &call.headers).is_none();
    Ok(wire::signed_in(sereno, issued, shown, is_own_page)?)
}

/// A refusal of the core as a view says it: fields with their sentences.
pub fn said(error: Error) -> Refused {
    if error.code() == Code::ValidationFailed {
        return wire::error(&wire::faults(&error.problem())).into();
    }
    error.into()
}

/// `POST /logout/`: ends what the caller is signed in by, and removes the device that is named.
pub async fn logout(State(app): State<App>, request: Request) -> Response {
    handle(app, request, &LOGOUT, leave).await
}

async fn leave(call: Call) -> Answered {
    let sereno = &call.app.sereno;
    let device_id = match device_uuid(&call)? {
        Some(uuid) => devices::mine_called(sereno, &call.actor, uuid).await?,
        None => None,
    };
    // beside a cookie a bearer token ends, too, whoever's it is
    let beside = if call.is_by_cookie {
        caller::by_bearer(&call.app, &call.headers).await?
    } else {
        Actor::Anonymous
    };
    let command = Logout {
        device_id,
        ..Logout::default()
    };
    login::logout(sereno, &call.meta, &call.actor, command).await?;
    if beside != Actor::Anonymous {
        login::logout(sereno, &call.meta, &beside, Logout::default()).await?;
    }
    let mut response = wire::success(&"Logged out successfully");
    forget_browser(&call, &mut response);
    Ok(response)
}

/// Takes the cookie from a browser that brought it.
pub fn forget_browser(call: &Call, response: &mut Response) {
    if cookie_of(&call.headers, wire::SESSION).is_some() {
        wire::forget_session(&call.app.sereno, response);
    }
}

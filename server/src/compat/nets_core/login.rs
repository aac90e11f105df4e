//! Signing in by a mailed code, and out.

use axum::extract::{Request, State};
use axum::http::Method;
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;
use sereno_core::Error;
use sereno_core::access::application;
use sereno_core::account::{device_uuid, devices};
use sereno_core::login::{self, Brought, LoggedIn};
use sereno_types::{AskLoginCode, Code, DeviceHint, Id, Logout, Secret, VerifyLoginCode};
use uuid::Uuid;

use super::params::{Kind, Param};
use super::request::{Answered, Call, Door, Presented, Refused, handle};
use super::{python, user, wire};
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

/// What is said of a wrong code, and of every other reason that would tell of an account.
const WRONG: &str = "Invalid code for this user and device";

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
    let Some(said) = call.params.json("device").and_then(Value::as_object) else {
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
    let uuid = match text("uuid") {
        Some(uuid) => known(call, identifier, &uuid).await?,
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

/// The uuid of a device of whom is named.
async fn known(call: &Call, identifier: &str, text: &str) -> Answered<Uuid> {
    let uuid = parsed(text)?;
    if device_uuid::is_of(&call.app.sereno, identifier, uuid).await? {
        Ok(uuid)
    } else {
        Err(wire::error("Invalid device uuid").into())
    }
}

fn parsed(text: &str) -> Answered<Uuid> {
    text.trim()
        .parse()
        .map_err(|_| wire::error(&format!("['“{text}” is not a valid UUID.']")).into())
}

/// The text of `device_uuid`, if there is any.
fn device_uuid(call: &Call) -> Option<String> {
    let said = call.params.json("device_uuid").filter(|said| !python::is_falsy(said));
    said.map(python::text)
}

/// `POST /authenticate/`: signs in by the code.
pub async fn authenticate(State(app): State<App>, request: Request) -> Response {
    handle(app, request, &AUTHENTICATE, enter).await
}

async fn enter(call: Call) -> Answered {
    let sereno = &call.app.sereno;
    let identifier = call.params.text("email");
    let handle = match device_uuid(&call) {
        Some(text) => {
            let device = known(&call, &identifier, &text).await?;
            let handle = login::code_handle_on(sereno, &identifier, device).await?;
            // of a device on which nobody asked: a handle of nothing
            Some(handle.unwrap_or_else(|| Id(device.to_string())))
        }
        None => None,
    };
    must_be_an_application(&call).await?;
    let command = VerifyLoginCode {
        identifier: Some(identifier.clone()),
        code: Some(code(&call)),
        device_id: handle,
        token: None,
        client_id: Some(call.params.text("client_id")),
        client_secret: Some(call.params.text("client_secret").into()),
    };
    match login::by_code_for_application(sereno, &call.meta, command).await {
        Ok(logged_in) => present(&call, logged_in),
        Err(error) => Err(match error.code() {
            Code::InvalidClient => wire::error("Invalid client_secret").into(),
            Code::LoginCodeInvalid if login::was_code_asked(sereno, &identifier).await? => wire::error(WRONG).into(),
            Code::LoginCodeInvalid => wire::error("User has not requested verification code").into(),
            _ => said(error),
        }),
    }
}

/// Refuses a `client_id` that is none. Whether the secret is right, the core says.
pub async fn must_be_an_application(call: &Call) -> Answered<()> {
    let client_id = call.params.text("client_id");
    let found = application::find(&call.app.sereno, Some(&client_id)).await?;
    match found {
        Some(_) => Ok(()),
        None => Err(wire::error("Invalid client_id").into()),
    }
}

/// The code as it was typed; a number has lost the zeros before it.
pub fn code(call: &Call) -> Secret {
    let length = usize::try_from(call.app.sereno.config.login_code.length).unwrap_or_default();
    match call.input.get("code") {
        Some(Value::String(text)) => Secret::from(text.clone()),
        _ => Secret::from(format!("{:0>length$}", call.params.text("code"))),
    }
}

/// What a sign-in brought.
pub fn present(call: &Call, logged_in: LoggedIn) -> Answered {
    let sereno = &call.app.sereno;
    let Brought::Tokens(issued) = logged_in.brought else {
        // the package knows no other delivery
        return Err(Code::UnauthorizedClient.into());
    };
    let fields = user::fields(&sereno.config.compat.nets_core, None, &logged_in.user);
    let shown = user::object(&logged_in.user, &fields);
    let is_own_page = origin::foreign(&call.app, &call.headers).is_none();
    Ok(wire::signed_in(sereno, issued, (&shown, &fields), is_own_page)?)
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
    let device_id = match device_uuid(&call) {
        Some(text) => devices::mine_called(sereno, &call.actor, parsed(&text)?).await?,
        None => None,
    };
    let command = Logout {
        device_id,
        ..Logout::default()
    };
    login::logout(sereno, &call.meta, &call.actor, command).await?;
    let mut response = wire::success(&"Logged out successfully");
    forget_browser(&call, &mut response);
    Ok(response)
}

/// Takes the cookie from a browser that brought it.
pub fn forget_browser(call: &Call, response: &mut Response) {
    if call.token == Some(Presented::Cookie) || cookie_of(&call.headers, wire::SESSION).is_some() {
        wire::forget_session(&call.app.sereno, response);
    }
}

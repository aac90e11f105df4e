//! What somebody who is signed in sees of themselves, changes in it, and how they leave.

use axum::extract::{Request, State};
use axum::http::Method;
use axum::response::Response;
use serde_json::{Map, Value};
use sereno_core::account::avatar;
use sereno_core::account::profile::{self, WholeProfile};
use sereno_core::{identifier, login};
use sereno_types::{AttributeKind, ChangeEmail, Code, Me, UpdateProfile};

use super::login::{POST, code, forget_browser, said};
use super::params::{Given, Kind, Param};
use super::request::{Answered, Call, Door, handle};
use super::{python, user, wire};
use crate::router::App;

/// Fields that are no attributes, and are set elsewhere.
const OWN: [&str; 3] = ["id", "email", "avatar"];

static GET_PROFILE: Door = Door::new(
    &[Method::GET, Method::POST],
    false,
    &[Param::optional("fields", Kind::List)],
);

static UPDATE: Door = Door::new(POST, false, &[]);

static DELETE: Door = Door::new(
    POST,
    false,
    &[Param::required("sure", Kind::Bool), Param::required("code", Kind::Str)],
);

/// `GET` and `POST /getProfile/`
pub async fn get_profile(State(app): State<App>, request: Request) -> Response {
    handle(app, request, &GET_PROFILE, show).await
}

async fn show(call: Call) -> Answered {
    let me = profile::me(&call.app.sereno, &call.actor).await?;
    let asked = call.params.json("fields").cloned();
    Ok(shown(&call, asked.as_ref(), &me))
}

fn shown(call: &Call, asked: Option<&Value>, me: &Me) -> Response {
    wire::success(&user::shown(&call.app.sereno.config.compat.nets_core, asked, me))
}

/// `POST /update/`: every field that there is and that nobody else sets; others are passed over.
pub async fn update(State(app): State<App>, request: Request) -> Response {
    handle(app, request, &UPDATE, change).await
}

async fn change(call: Call) -> Answered {
    let sereno = &call.app.sereno;
    let may_change = !user::is_prohibited(&sereno.config.compat.nets_core, avatar::FIELD);
    let picture = call
        .input
        .files
        .iter()
        .rfind(|(name, _)| may_change && name == avatar::FIELD);
    let whole = WholeProfile {
        profile: command(&call).await?,
        avatar: picture.map(|(_, picture)| picture.bytes.to_vec()),
        email: other_email(&call).await?,
    };
    let me = profile::update_whole(sereno, &call.meta, &call.actor, whole)
        .await
        .map_err(said)?;
    Ok(shown(&call, None, &me))
}

/// Another address than the caller has. It counts when the mail to it was answered; until then the old one is shown.
async fn other_email(call: &Call) -> Answered<Option<ChangeEmail>> {
    let sereno = &call.app.sereno;
    let asked = call.params.text("email");
    if asked.is_empty() || user::is_prohibited(&sereno.config.compat.nets_core, "email") {
        return Ok(None);
    }
    let me = profile::me(sereno, &call.actor).await?;
    let is_theirs = |email: String| identifier::canonical(&email) == identifier::canonical(&asked);
    if me.email.is_some_and(is_theirs) {
        return Ok(None);
    }
    Ok(Some(ChangeEmail {
        email: asked,
        password: None,
    }))
}

/// What of the request is a field of the caller's that they may set.
async fn command(call: &Call) -> Answered<UpdateProfile> {
    let sereno = &call.app.sereno;
    let settings = &sereno.config.compat.nets_core;
    let known = profile::fields(sereno, &call.actor).await?;
    let mut command = UpdateProfile::default();
    let mut attributes = Map::new();
    for (key, given) in &call.params.0 {
        let Given::Json(value) = given else { continue };
        if user::is_prohibited(settings, key) {
            continue;
        }
        let text = || (!value.is_null()).then(|| python::text(value));
        let field = known
            .iter()
            .find(|field| field.field == *key || field.field.strip_prefix("attributes.") == Some(key.as_str()));
        match (key.as_str(), field) {
            (_, Some(field)) if field.is_protected => {}
            ("username", _) => command.username = Some(text().filter(|name| !name.is_empty())),
            ("first_name", _) => command.first_name = Some(text()),
            ("last_name", _) => command.last_name = Some(text()),
            ("locale", _) => command.locale = Some(text().filter(|tag| !tag.is_empty())),
            (_, Some(field)) => {
                attributes.insert(
                    key.clone(),
                    fitting(field.kind, value).map_err(|said| wire::error(&said))?,
                );
            }
            // one that nobody declared, but that the settings show
            (name, None) if settings.fields.contains(key) && !OWN.contains(&name) => {
                attributes.insert(key.clone(), value.clone());
            }
            _ => {}
        }
    }
    command.attributes = attributes;
    Ok(command)
}

/// The value as its field has it: forms send texts.
fn fitting(kind: AttributeKind, value: &Value) -> Result<Value, String> {
    let Value::String(text) = value else {
        return Ok(match kind {
            AttributeKind::String if !value.is_null() => Value::String(python::text(value)),
            _ => value.clone(),
        });
    };
    Ok(match kind {
        AttributeKind::Boolean => match text.as_str() {
            "t" | "True" | "1" | "true" => Value::Bool(true),
            "f" | "False" | "0" | "false" => Value::Bool(false),
            _ => return Err(format!("['“{text}” value must be either True or False.']")),
        },
        AttributeKind::Integer => python::int(value).map_or_else(|| value.clone(), Value::from),
        AttributeKind::Number => python::float(value).map_or_else(|| value.clone(), Value::from),
        AttributeKind::List | AttributeKind::Object => serde_json::from_str(text).unwrap_or_else(|_| value.clone()),
        AttributeKind::String | AttributeKind::Date => value.clone(),
    })
}

/// `POST /delete/`: closes the caller's account, by a code that `login/` sent.
pub async fn delete(State(app): State<App>, request: Request) -> Response {
    handle(app, request, &DELETE, leave).await
}

async fn leave(call: Call) -> Answered {
    if call.params.json("sure") != Some(&Value::Bool(true)) {
        return Err(wire::error("Are you sure?").into());
    }
    let (sereno, code) = (&call.app.sereno, code(&call));
    match login::leave_by_code(sereno, &call.meta, &call.actor, code).await {
        Ok(_) => {}
        Err(error) if matches!(error.code(), Code::LoginCodeInvalid | Code::ValidationFailed) => {
            return Err(wire::error("Invalid code").into());
        }
        Err(error) => return Err(error.into()),
    }
    let mut response = wire::success(&"Account deleted successfully");
    forget_browser(&call, &mut response);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_of_forms_become_what_their_field_is() {
        for (kind, value, expected) in [
            (AttributeKind::Boolean, json!("true"), Ok(json!(true))),
            (
                AttributeKind::Boolean,
                json!("maybe"),
                Err("['“maybe” value must be either True or False.']"),
            ),
            (AttributeKind::Integer, json!("12"), Ok(json!(12))),
            (AttributeKind::Integer, json!("x"), Ok(json!("x"))),
            (AttributeKind::Number, json!("1.5"), Ok(json!(1.5))),
            (AttributeKind::List, json!("[1]"), Ok(json!([1]))),
            (AttributeKind::String, json!(5), Ok(json!("5"))),
            (AttributeKind::String, Value::Null, Ok(Value::Null)),
            (AttributeKind::Boolean, json!(true), Ok(json!(true))),
        ] {
            assert_eq!(
                fitting(kind, &value),
                expected.map_err(str::to_owned),
                "{kind:?} {value}"
            );
        }
    }
}

//! What stands before every view (`request_handler`), in the package's order: method, who calls, project, parameters,
//! permissions. A view is called only when all of it is well.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};
use sereno_core::access::check;
use sereno_core::context::{Actor, RequestMeta};
use sereno_core::rights::Who;
use sereno_core::{Error, token};
use sereno_types::Code;

use super::params::{self, Input, Param, Params, Upload};
use super::{python, wire};
use crate::http::cookies::cookie_of;
use crate::http::problem::Refusal;
use crate::http::{caller, origin};
use crate::router::App;

/// Most fields of a form (`DATA_UPLOAD_MAX_NUMBER_FIELDS`).
const FIELDS_MAX: usize = 1_000;

/// What answers hang on.
const VARY: &str = "Authorization, Cookie";

/// What a view asks of every request.
pub struct Door {
    /// Methods that it has; no other, not even `HEAD` and `OPTIONS`.
    pub methods: &'static [Method],
    /// Whether nobody needs to be signed in.
    pub is_public: bool,
    /// Its parameters.
    pub params: &'static [Param],
    /// What the caller is asked for: codenames, or `role:` and a role's name. All must be held.
    pub can_do: &'static [&'static str],
    /// Whether who does not hold them is refused. Otherwise the view is told.
    pub perm_required: bool,
    /// Whether a project must be named.
    pub project_required: bool,
}

impl Door {
    /// One that asks for nothing but these parameters.
    #[must_use]
    pub const fn new(methods: &'static [Method], is_public: bool, params: &'static [Param]) -> Self {
        Self {
            methods,
            is_public,
            params,
            can_do: &[],
            perm_required: false,
            project_required: false,
        }
    }
}

/// A request that was let in.
pub struct Call {
    /// The server.
    pub app: App,
    /// From where.
    pub meta: RequestMeta,
    /// Who.
    pub actor: Actor,
    /// By which token, if any.
    pub token: Option<Presented>,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its parameters.
    pub params: Params,
    /// The same as they came.
    pub input: Input,
    /// The project that it names, if there is such a one.
    pub project: Option<String>,
    /// Whether the caller holds what the view asks for; at one that asks for nothing, whether it is public.
    pub perm: bool,
}

/// How somebody said who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presented {
    /// In the header.
    Bearer,
    /// In the cookie.
    Cookie,
}

/// Either end of a view: an answer, or one that came sooner.
pub type Answered<T = Response> = Result<T, Refused>;

/// An answer that ends a request before its time.
pub enum Refused {
    /// In the package's own words.
    Said(Box<Response>),
    /// By Sereno; the dialect finds the words.
    Native(Refusal),
}

impl From<Response> for Refused {
    fn from(response: Response) -> Self {
        Self::Said(Box::new(response))
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::Native(refusal)
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Native(error.into())
    }
}

impl From<Code> for Refused {
    fn from(code: Code) -> Self {
        Self::Native(code.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Said(response) => *response,
            Self::Native(refusal) => refusal.into_response(),
        }
    }
}

/// Lets a request in and calls its view, or says why not.
pub async fn handle<F, V>(app: App, request: Request, door: &'static Door, view: V) -> Response
where
    F: Future<Output = Answered>,
    V: FnOnce(Call) -> F,
{
    if !door.methods.contains(request.method()) {
        let mut response = wire::not_allowed(door.methods);
        // as there: the session is looked at only where a bearer was
        let has_bearer = caller::bearer(request.headers()).is_some();
        let on = if has_bearer { VARY } else { "Authorization" };
        wire::vary(&mut response, on);
        return response;
    }
    let answered = match admit(app, request, door).await {
        Ok(call) => view(call).await,
        Err(refused) => Err(refused),
    };
    let mut response = answered.into_response();
    wire::vary(&mut response, VARY);
    response
}

async fn admit(app: App, request: Request, door: &Door) -> Answered<Call> {
    let (parts, body) = request.into_parts();
    let meta = parts.extensions.get::<RequestMeta>().cloned().ok_or(Code::Internal)?;
    let (actor, token) = who(&app, &parts).await?;
    if !door.is_public && actor.caller().is_err() {
        return Err(wire::denied().into());
    }
    let headers = parts.headers.clone();
    let input = input(parts, body).await?;
    let project = project(&app, &input).await?;
    if door.project_required && project.is_none() {
        let text = "project_id is required";
        return Err(wire::refusal(StatusCode::BAD_REQUEST, text).into());
    }
    let params = params::read(door.params, &input).map_err(|said| wire::refusal(StatusCode::BAD_REQUEST, &said))?;
    let perm = may(&app, &actor, door, project.as_deref()).await?;
    if door.perm_required && !perm {
        return Err(wire::denied().into());
    }
    Ok(Call {
        app,
        meta,
        actor,
        token,
        headers,
        params,
        input,
        project,
        perm,
    })
}

/// Who calls: the bearer of an access token, or else the browser that keeps one in its cookie, unless a page of another site
/// sent it. A token that is not good is nobody's.
async fn who(app: &App, parts: &Parts) -> Answered<(Actor, Option<Presented>)> {
    let by_cookie = || {
        let own = app.sereno.config.compat.nets_core.session_cookie && origin::foreign(app, &parts.headers).is_none();
        own.then(|| cookie_of(&parts.headers, wire::SESSION)).flatten()
    };
    let (text, presented) = match caller::bearer(&parts.headers) {
        Some(Ok(text)) => (text, Presented::Bearer),
        Some(Err(_)) => return Ok((Actor::Anonymous, None)),
        None => match by_cookie() {
            Some(text) => (text, Presented::Cookie),
            None => return Ok((Actor::Anonymous, None)),
        },
    };
    match token::authenticate(&app.sereno, &text).await {
        Ok(actor) => Ok((actor, Some(presented))),
        Err(error) if error.code() == Code::InvalidToken => Ok((Actor::Anonymous, None)),
        Err(error) => Err(error.into()),
    }
}

/// The project that `project_id` names: by its id or its name in addresses.
async fn project(app: &App, input: &Input) -> Answered<Option<String>> {
    let Some(said) = input.get("project_id").filter(|said| !python::is_falsy(said)) else {
        return Ok(None);
    };
    let name = python::text(said);
    let is_there = check::is_project(&app.sereno, &name).await?;
    Ok(is_there.then_some(name))
}

/// Whether the caller holds all that the view asks for.
async fn may(app: &App, actor: &Actor, door: &Door, project: Option<&str>) -> Answered<bool> {
    if door.can_do.is_empty() {
        return Ok(door.is_public);
    }
    let Ok(caller) = actor.caller() else {
        return Ok(false);
    };
    for action in door.can_do {
        let decision = check::decide(&app.sereno, Who::Id(caller.user_id), action, project).await?;
        if !decision.allowed {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What the request brings: the query of a `GET`; JSON, where it says so; else the form of a `POST`.
async fn input(parts: Parts, body: Body) -> Answered<Input> {
    if parts.method == Method::GET {
        return Ok(urlencoded(parts.uri.query().unwrap_or_default().as_bytes())?);
    }
    let kind = parts.headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.trim().to_ascii_lowercase();
    let is_post = parts.method == Method::POST;
    let request = Request::from_parts(parts, body);
    if kind.starts_with("application/json") {
        let bytes = whole(request).await?;
        return json(&bytes).ok_or_else(|| {
            let text = "The body must be a JSON object";
            wire::refusal(StatusCode::BAD_REQUEST, text).into()
        });
    }
    if is_post && kind.starts_with("application/x-www-form-urlencoded") {
        return Ok(urlencoded(&whole(request).await?)?);
    }
    if is_post && kind.starts_with("multipart/form-data") {
        let form = Multipart::from_request(request, &()).await;
        return multipart(form.map_err(|_| Code::MalformedBody)?).await;
    }
    Ok(Input::default())
}

async fn whole(request: Request) -> Answered<Bytes> {
    let bytes = Bytes::from_request(request, &()).await;
    Ok(bytes.map_err(|_| Code::MalformedBody)?)
}

fn urlencoded(bytes: &[u8]) -> Result<Input, Code> {
    let mut input = Input::default();
    for (at, (name, value)) in url::form_urlencoded::parse(bytes).enumerate() {
        if at >= FIELDS_MAX {
            return Err(Code::MalformedBody);
        }
        input.put(name.into_owned(), Value::String(value.into_owned()));
    }
    Ok(input)
}

async fn multipart(mut form: Multipart) -> Answered<Input> {
    let mut input = Input::default();
    let mut count = 0_usize;
    while let Some(field) = form.next_field().await.map_err(|_| Code::MalformedBody)? {
        count = count.saturating_add(1);
        if count > FIELDS_MAX {
            return Err(Code::MalformedBody.into());
        }
        let Some(name) = field.name().map(str::to_owned) else {
            continue;
        };
        let file_name = field.file_name().map(str::to_owned);
        let bytes = field.bytes().await.map_err(|_| Code::MalformedBody)?;
        match file_name {
            // where no file was chosen
            Some(file_name) if file_name.is_empty() => {}
            Some(file_name) => {
                input.files.retain(|(known, _)| *known != name);
                input.files.push((name, Upload { name: file_name, bytes }));
            }
            None => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                input.put(name, Value::String(text));
            }
        }
    }
    Ok(input)
}

/// An object with its members in the order in which they came; nothing for what is none.
fn json(bytes: &[u8]) -> Option<Input> {
    struct Members;

    impl<'de> Visitor<'de> for Members {
        type Value = Input;

        fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Input, A::Error> {
            let mut input = Input::default();
            while let Some((name, value)) = map.next_entry::<String, Value>()? {
                input.put(name, value);
                // as many as of a form: each is looked for among those before it
                if input.values.len() > FIELDS_MAX {
                    return Err(serde::de::Error::custom("too many members"));
                }
            }
            Ok(input)
        }
    }

    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let input = deserializer.deserialize_map(Members).ok()?;
    deserializer.end().ok()?;
    // what no database of ours can keep, wherever it stands
    (!holds_nul(&input)).then_some(input)
}

fn holds_nul(input: &Input) -> bool {
    fn value(of: &Value) -> bool {
        match of {
            Value::String(text) => text.contains('\0'),
            Value::Array(items) => items.iter().any(value),
            Value::Object(members) => object(members),
            _ => false,
        }
    }
    fn object(members: &Map<String, Value>) -> bool {
        members.iter().any(|(name, of)| name.contains('\0') || value(of))
    }
    input.values.iter().any(|(name, of)| name.contains('\0') || value(of))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_their_order_and_the_last_of_two_wins() {
        let input = json(br#"{"b": 1, "a": 2, "b": 3}"#).unwrap();
        assert_eq!(
            input.values,
            [("b".to_owned(), Value::from(3)), ("a".to_owned(), Value::from(2))]
        );
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for body in [
            "",
            "[1]",
            "5",
            "null",
            "{",
            "{} x",
            r#"{"a": "\u0000"}"#,
            r#"{"a": [{"\u0000": 1}]}"#,
        ] {
            assert!(json(body.as_bytes()).is_none(), "{body}");
        }
        assert!(json(b" {} ").is_some());
        // each member is looked for among those before it: no more of them than a form may have
        let object = |count: usize| {
            let members: Vec<String> = (0..count).map(|at| format!("\"a{at}\": 1")).collect();
            json(format!("{{{}}}", members.join(",")).as_bytes())
        };
        assert!(object(FIELDS_MAX).is_some());
        assert!(object(FIELDS_MAX + 1).is_none());
    }

    #[test]
    fn of_a_field_that_stands_twice_the_last_one_counts() {
        let input = urlencoded(b"l=a&l=b&s=1&s=2").unwrap();
        assert_eq!(input.get("l"), Some(&Value::from("b")));
        assert_eq!(input.get("s"), Some(&Value::from("2")));
    }
}

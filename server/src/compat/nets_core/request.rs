//! What stands before every view (`request_handler`), in the package's order: method, who calls, project, parameters,
//! permissions. A view is called only when all of it is well.

use axum::body::Body;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use sereno_core::Error;
use sereno_core::access::check;
use sereno_core::context::{Actor, RequestMeta};
use sereno_core::rights::Who;
use sereno_types::Code;

use super::input::{self, Input};
use super::params::{self, Param, Params};
use super::{caller, python, wire};
use crate::http::problem::Refusal;
use crate::router::App;

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
    /// Whether a cookie says so.
    pub is_by_cookie: bool,
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
        wire::vary(&mut response, wire::vary_by_bearer(request.headers()));
        return response;
    }
    let (parts, body) = request.into_parts();
    let who = match caller::who(&app, &parts.headers).await {
        Ok(who) => who,
        Err(refused) => return refused.into_response(),
    };
    let answered = match admit(app.clone(), parts, body, door, who).await {
        Ok(call) => view(call).await,
        Err(refused) => Err(refused),
    };
    let mut response = answered.into_response();
    // a cookie of nobody's is taken away, unless the answer brings another
    if who.is_stale && !wire::sets_session(&response) {
        wire::forget_session(&app.sereno, &mut response);
    }
    wire::vary(&mut response, wire::VARY);
    response
}

async fn admit(app: App, mut parts: Parts, body: Body, door: &Door, who: caller::Who) -> Answered<Call> {
    let meta = parts.extensions.remove::<RequestMeta>().ok_or(Code::Internal)?;
    let actor = who.actor;
    if !door.is_public && actor.caller().is_err() {
        return Err(wire::denied().into());
    }
    let input = input::read(&parts, body).await?;
    let project = project(&app, &input).await?;
    if door.project_required && project.is_none() {
        let text = "project_id is required";
        return Err(wire::refusal(StatusCode::BAD_REQUEST, text).into());
    }
    let params = params::read(door.params, &input).map_err(|said| wire::refusal(StatusCode::BAD_REQUEST, &said))?;
    // after the sentences about parameters, which repeat what came; in Django's words
    if input.holds_nul() {
        return Err(wire::refusal(StatusCode::BAD_REQUEST, "Null characters are not allowed.").into());
    }
    let perm = may(&app, &actor, door, project.as_deref()).await?;
    if door.perm_required && !perm {
        return Err(wire::denied().into());
    }
    Ok(Call {
        app,
        meta,
        actor,
        is_by_cookie: who.is_by_cookie,
        headers: parts.headers,
        params,
        input,
        project,
        perm,
    })
}

/// The project that `project_id` names: by its id or its name in addresses. One that is none is nobody's; what cannot be one is not
/// told from it, because that would tell anybody which projects there are.
async fn project(app: &App, input: &Input) -> Answered<Option<String>> {
    let Some(said) = input.get("project_id").filter(|said| !python::is_falsy(said)) else {
        return Ok(None);
    };
    let name = python::text(said);
    // PostgreSQL cannot be asked for a NUL
    if !name.contains('\0') && check::is_project(&app.sereno, &name).await? {
        return Ok(Some(name));
    }
    Ok(None)
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

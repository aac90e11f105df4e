//! Holds every request against the policy table before its handler runs. A route without a row is refused. What was
//! decided stays on the request, for handlers that say in their signature what their caller holds ([`Require`]).

use std::marker::PhantomData;

use axum::extract::{FromRequestParts, MatchedPath, Request};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use sereno_core::access::policy::{self, Welcome};
use sereno_core::context::{Actor, RequestMeta, Staff};
use sereno_types::{Code, Held};

use super::caller::BadToken;
use super::problem::Refusal;
use crate::router::App;

/// Whether the request may enter, or the refusal; needs to know the caller. Where only staff may, the proof is left on it.
pub async fn enforce(app: &App, request: &mut Request) -> Result<(), Response> {
    // what matches no route, or a route but not its method, is answered by a fallback that tells nothing
    let Some(path) = request.extensions().get::<MatchedPath>() else {
        return Ok(());
    };
    let Some(rule) = policy::find(request.method().as_str(), path.as_str()) else {
        return Err(unlisted(path.as_str()));
    };
    let proof = check(app, request.extensions(), rule.welcome).await;
    if let Some(proof) = proof.map_err(IntoResponse::into_response)? {
        request.extensions_mut().insert(proof);
    }
    Ok(())
}

/// A path without a row is refused; a path with rows for other methods says which.
fn unlisted(path: &str) -> Response {
    let mut methods: Vec<&str> = policy::TABLE
        .iter()
        .filter(|rule| rule.path == path)
        .map(|rule| rule.method)
        .collect();
    if methods.is_empty() {
        return Refusal::from(policy::unlisted()).into_response();
    }
    if methods.contains(&"GET") {
        methods.push("HEAD");
    }
    let mut response = Refusal::from(Code::MethodNotAllowed).into_response();
    if let Ok(allow) = HeaderValue::from_str(&methods.join(", ")) {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}

async fn check(app: &App, on: &Extensions, welcome: Welcome) -> Result<Option<Staff>, Refusal> {
    if matches!(welcome, Welcome::Everyone | Welcome::Page) {
        return Ok(None);
    }
    if let Some(BadToken(Some(problem))) = on.get() {
        return Err(Refusal(problem.clone()));
    }
    let actor = on.get::<Actor>().copied().ok_or(Code::Internal)?;
    Ok(policy::check(&app.sereno, &actor, welcome).await?)
}

/// The caller at a door of staff, with the permission that the row of the door demands. Nothing is decided here: the proof is
/// the one that the table's check made, and the type says which permission it was made for. The house test holds the two
/// against each other; a door whose row proves no staff, or less, lets nobody in.
pub struct Require<P> {
    /// The proof.
    pub staff: Staff,
    /// From where.
    pub meta: RequestMeta,
    held: PhantomData<P>,
}

impl<S: Send + Sync, P: Held> FromRequestParts<S> for Require<P> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Refusal> {
        let staff = parts.extensions.get::<Staff>().cloned().ok_or(Code::PermissionDenied)?;
        staff.require(P::PERMISSION)?;
        let meta = parts.extensions.get::<RequestMeta>().cloned().ok_or(Code::Internal)?;
        Ok(Self {
            staff,
            meta,
            held: PhantomData,
        })
    }
}

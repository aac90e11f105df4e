//! Holds every request against the policy table before its handler runs. A route without a row is refused.

use axum::extract::MatchedPath;
use axum::http::{Extensions, HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use sereno_core::access::policy::{self, Welcome};
use sereno_core::context::Actor;
use sereno_types::Code;

use super::caller::BadToken;
use super::problem::Refusal;
use crate::router::App;

/// Whether the request may enter, or the refusal; needs to know the caller.
pub async fn enforce(app: &App, method: &Method, on: &Extensions) -> Result<(), Response> {
    // what matches no route, or a route but not its method, is answered by a fallback that tells nothing
    let Some(path) = on.get::<MatchedPath>() else {
        return Ok(());
    };
    match policy::find(method.as_str(), path.as_str()) {
        Some(rule) => check(app, on, rule.welcome).await.map_err(IntoResponse::into_response),
        None => Err(unlisted(path.as_str())),
    }
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

async fn check(app: &App, on: &Extensions, welcome: Welcome) -> Result<(), Refusal> {
    if matches!(welcome, Welcome::Everyone | Welcome::Page) {
        return Ok(());
    }
    if let Some(BadToken(Some(problem))) = on.get() {
        return Err(Refusal(problem.clone()));
    }
    let actor = on.get::<Actor>().copied().ok_or(Code::Internal)?;
    Ok(policy::check(&app.sereno, &actor, welcome).await?)
}

//! Holds every request against the policy table before its handler runs. A route without a row is refused.

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Extensions, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sereno_core::access::policy::{self, Welcome};
use sereno_core::context::Actor;
use sereno_types::Code;

use super::caller::BadToken;
use super::problem::Refusal;
use crate::router::App;

/// The layer; stands inside the one that resolves the caller.
pub async fn enforce(State(app): State<App>, request: Request, next: Next) -> Response {
    // what matches no route, or a route but not its method, is answered by a fallback that tells nothing
    let Some(path) = request.extensions().get::<MatchedPath>() else {
        return next.run(request).await;
    };
    let Some(rule) = policy::find(request.method().as_str(), path.as_str()) else {
        return unlisted(path.as_str());
    };
    if let Err(refusal) = check(&app, request.extensions().clone(), rule.welcome).await {
        return refusal.into_response();
    }
    next.run(request).await
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

async fn check(app: &App, on: Extensions, welcome: Welcome) -> Result<(), Refusal> {
    if matches!(welcome, Welcome::Everyone | Welcome::Page) {
        return Ok(());
    }
    if let Some(BadToken(Some(problem))) = on.get() {
        return Err(Refusal(problem.clone()));
    }
    let actor = on.get::<Actor>().copied().ok_or(Code::Internal)?;
    Ok(policy::check(&app.sereno, &actor, welcome).await?)
}

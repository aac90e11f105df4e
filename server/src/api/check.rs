//! "May they?", asked by users, staff, applications and reverse proxies; and what applications declare.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use percent_encoding::{AsciiSet, CONTROLS};
use sereno_core::access::check;
use sereno_core::roles::catalogue;
use sereno_types::{
    Catalogue, CatalogueChange, Check, Checked, ClientCredentials, Code, ForwardAuthQuery, Problem, Secret,
};

use crate::http::basic;
use crate::http::caller::Caller;
use crate::http::json::{Json, Query};
use crate::http::problem::Refusal;
use crate::router::App;

/// What is escaped in a header, besides what is not ASCII.
const ESCAPED: AsciiSet = CONTROLS.add(b'%');

/// Whether they may
///
/// One question, or up to 1,000 in `checks`. Users ask about themselves; staff with `roles.view` about everybody (with
/// `projects.view` where a project is named);
/// an application with the scope `access:check` about everybody, by HTTP Basic or with `client_id` and `client_secret`.
///
/// A permission that nobody has declared is denied. Where the application that asks has the scope `access:declare`, it is
/// counted, for staff to see; it is never granted by being asked for.
#[utoipa::path(post, path = "/api/v1/check", tag = "authorization", operation_id = "check", request_body = Check,
    security((), ("bearer" = []), ("session" = []), ("basic" = [])),
    responses(
        (status = 200, description = "The answer, or one for each of `checks` in their order", body = Checked),
        (status = 401, description = "`authentication_required`, `invalid_token`, `invalid_client`", body = Problem,
            content_type = "application/problem+json"),
        (status = 403, description = "`permission_denied`: about somebody else; `unauthorized_client`: without the scope",
            body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn check(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Json(mut command): Json<Check>,
) -> Result<Json<Checked>, Refusal> {
    let said = (command.client_id.take(), command.client_secret.take());
    let credentials = credentials(&headers, said)?;
    if credentials.is_none() {
        caller.presented_nothing_bad()?;
    }
    let answer = check::check(&app.sereno, &caller.meta, &caller.actor, credentials.as_ref(), command).await?;
    Ok(Json(answer))
}

/// What an application proves itself with: in the header or in the body, not both (RFC 6749 §2.3); nothing where a user asks.
fn credentials(
    headers: &HeaderMap,
    (client_id, client_secret): (Option<String>, Option<Secret>),
) -> Result<Option<ClientCredentials>, Refusal> {
    let is_basic = |value: &HeaderValue| {
        value
            .as_bytes()
            .get(..6)
            .is_some_and(|it| it.eq_ignore_ascii_case(b"basic "))
    };
    let in_header = match headers.get(header::AUTHORIZATION).filter(|value| is_basic(value)) {
        // whatever is wrong with it, it does not prove anything
        Some(_) => basic::credentials(headers).map_err(|_| Code::InvalidClient)?,
        None => None,
    };
    let in_body = client_id.is_some() || client_secret.is_some();
    match in_header {
        Some(_) if in_body => Err(Code::InvalidClient.into()),
        Some(credentials) => Ok(Some(credentials)),
        None => Ok(in_body.then_some(ClientCredentials {
            client_id,
            client_secret,
        })),
    }
}

/// Whether a request may pass a reverse proxy
///
/// For nginx (`auth_request`), Traefik (`forwardAuth`) and Caddy (`forward_auth`): they send the headers of the request
/// that came in, with its bearer token or cookie, and let it through on 200. Who calls stands in the answer's headers:
/// `Remote-User` (the id), `Remote-Name`, `Remote-Email` (only a confirmed one) and `Remote-Groups` (the roles that hold
/// there, by codename, with commas). What is not ASCII is percent-encoded.
#[utoipa::path(get, path = "/api/v1/forward-auth", tag = "authorization", operation_id = "forwardAuth",
    params(ForwardAuthQuery), security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "It may pass", headers(
            ("Remote-User" = String, description = "The user's id"),
            ("Remote-Name" = String, description = "The user name, or nothing"),
            ("Remote-Email" = String, description = "The confirmed address, or nothing"),
            ("Remote-Groups" = String, description = "Codenames of roles, with commas"),
        )),
        (status = 403, description = "`permission_denied`", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn forward_auth(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ForwardAuthQuery>,
) -> Result<(StatusCode, HeaderMap), Refusal> {
    let admitted = check::admit(&app.sereno, &caller.actor, &query).await?;
    let mut headers = HeaderMap::new();
    let mut say = |name: &'static str, text: &str| {
        let plain = percent_encoding::utf8_percent_encode(text, &ESCAPED).to_string();
        if let Ok(value) = HeaderValue::from_str(&plain) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    say("remote-user", &admitted.id);
    // said even where there is none: a proxy copies what is there, and would let the client's own through else
    say("remote-name", admitted.name.as_deref().unwrap_or_default());
    say("remote-email", admitted.email.as_deref().unwrap_or_default());
    say("remote-groups", &admitted.roles.join(","));
    Ok((StatusCode::OK, headers))
}

/// Declare permissions and roles
///
/// By an application with the scope `access:declare`: what it knows, and the roles it brings along. Declaring the same
/// again changes nothing. It can neither take what is another's nor grant more than its own permissions. With `dry_run`
/// only the difference is told; with `prune` what is declared no more is removed.
#[utoipa::path(put, path = "/api/v1/catalogue", tag = "authorization", operation_id = "declareCatalogue",
    request_body = Catalogue, security((), ("basic" = [])),
    responses(
        (status = 200, description = "What changed, or would change", body = CatalogueChange),
        (status = 401, description = "`invalid_client`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`unauthorized_client`: without the scope", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn declare(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Json(mut command): Json<Catalogue>,
) -> Result<Json<CatalogueChange>, Refusal> {
    let said = (command.client_id.take(), command.client_secret.take());
    let credentials = credentials(&headers, said)?.ok_or(Code::InvalidClient)?;
    let change = catalogue::declare(&app.sereno, &caller.meta, &credentials, command).await?;
    Ok(Json(change))
}

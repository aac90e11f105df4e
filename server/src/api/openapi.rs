//! The contract: made from the handlers, completed with what all of them share.

mod headers;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use sereno_core::access::policy;
use sereno_core::event::EventKind;
use sereno_types::{AccessClaims, LiveMessage, Notification, OriginFilter, Problem, UsageFilter};
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{Schema, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    Components, Content, InfoBuilder, License, ObjectBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Required,
    ResponseBuilder, Server, Tag,
};

use crate::http::oauth_form::OAuthProblem;
use crate::router::App;

/// The routes that serve the contract. It is always at the second address; a facade may claim the first one.
pub(super) fn routes(app: &App) -> Router<App> {
    let routes = Router::new().route("/api/v1/openapi.json", get(serve));
    // the short address gives way to a facade that has one of its own there
    if app.facades.claims(SHORT) {
        return routes;
    }
    routes.route(SHORT, get(serve))
}

/// Where the contract stands, too.
pub const SHORT: &str = "/openapi.json";

async fn serve(State(app): State<App>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "public, max-age=300"),
    ];
    let text = app.contract.get_or_init(|| text(app.sereno.config.public_url()));
    (headers, text.clone()).into_response()
}

/// The contract of the server at this address.
fn text(url: String) -> Bytes {
    let mut document = document();
    document.servers = Some(vec![Server::new(url)]);
    document.to_json().unwrap_or_default().into()
}

/// What no single operation can say.
const INTRODUCTION: &str = "\
Accounts, sign-in and tokens. Errors are RFC 9457 problems; branch on `code`, never on prose. Requests are closed: \
unknown fields are refused.

Programs and applications use tokens: `POST /api/v1/login` answers an access token, which goes into `Authorization: \
Bearer …`, and a refresh token, which `POST /api/v1/token/refresh` exchanges for a fresh pair. An access token is a \
JWT whose claims are the schema `AccessClaims`; check signature, `typ` (`at+jwt`), `iss`, `aud` and `exp` against \
`GET /.well-known/jwks.json`, or ask `POST /api/v1/token/verify` or `POST /oauth/introspect`.

A session is a browser's: it begins when somebody signs in on the page `/account/sign-in`, and is kept in the cookie \
`__Host-sid` (`sid` where the address is http). A script of our own pages then calls this API with that cookie. A call \
that changes something must come from our own origin, or from one that the session's application was registered with, \
and bring the session's CSRF token in the header `X-CSRF-Token`; \
`GET /api/v1/me` answers it in the header of the same name. Without it the answer is 403 `cross_site_request`. A \
request with an `Authorization` header does not use the cookie and needs no CSRF token.

An application's delivery says how a sign-in reaches it: `json` (both tokens in the body), `refresh_cookie` (the refresh \
token in a cookie), `cookie` (both in cookies), `split_cookie` (the claims in a readable cookie too), `session` (a session \
as above) or `key` (one key, sent like an access token). Where cookies speak for the user, `csrf_token` of the answer goes \
into `X-CSRF-Token` with every change, and `client_id` says whose cookies are meant when refreshing and signing out.

A method that a path does not take is answered with 405 (`MethodNotAllowed` among the responses).";

/// What stands before the routes.
pub(super) fn head() -> OpenApi {
    let tag = |name: &str, description: &str| {
        let mut tag = Tag::new(name);
        tag.description = Some(description.to_owned());
        tag
    };
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Sereno")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(INTRODUCTION))
                .license(Some(License::new("MIT OR Apache-2.0")))
                .build(),
        )
        .tags(Some([
            tag("sign-up", "Accounts begin: sign-up, activation, password policy."),
            tag("sign-in", "Signing in and out."),
            tag("tokens", "Refreshing and checking tokens, public keys."),
            tag(
                "oauth",
                "OAuth's own endpoints, for applications that prove themselves.",
            ),
            tag("password", "Recovering and changing a password."),
            tag("me", "The signed-in user."),
            tag(
                "authorization",
                "Who may do what: the check, reverse proxies, what applications declare.",
            ),
            tag("admin", "What staff sees and does."),
            tag(
                "applications",
                "Registering applications, their secrets, and the keys that sign tokens.",
            ),
            tag("e-mail templates", "Writing mails in words of your own."),
            tag("providers", "Setting up the providers that people sign in through."),
            tag(
                "messages",
                "Mails: their history, repairing it, sending one, addresses that are not written to.",
            ),
            tag(
                "announcements",
                "Mails to many: written, tried, scheduled, sent in the background, paused.",
            ),
            tag("health", "For whoever watches over the process."),
        ]))
        .build()
}

/// The whole contract.
#[must_use]
pub fn document() -> OpenApi {
    let (_, mut document) = super::described().split_for_parts();
    let components = document.components.get_or_insert_with(Components::new);
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some(
            "An access token, from `POST /api/v1/login` or `POST /api/v1/token/refresh`; its claims are `AccessClaims`.",
        ))
        .build();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    let cookie = ApiKeyValue::with_description(
        "__Host-sid",
        "The session of a browser that signed in on the page `/account/sign-in` (`sid` where the public URL is http). \
         Changes also need the header `X-CSRF-Token`, whose value `GET /api/v1/me` answers.",
    );
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    let basic = HttpBuilder::new()
        .scheme(HttpAuthScheme::Basic)
        .description(Some(
            "An application: `client_id` and `client_secret` (RFC 6749 §2.3.1).",
        ))
        .build();
    components.add_security_scheme("basic", SecurityScheme::Http(basic));
    let problem = <Problem as utoipa::PartialSchema>::schema();
    components.schemas.entry("Problem".to_owned()).or_insert(problem);
    let claims = <AccessClaims as utoipa::PartialSchema>::schema();
    components.schemas.entry("AccessClaims".to_owned()).or_insert(claims);
    let message = <LiveMessage as utoipa::PartialSchema>::schema();
    components.schemas.entry("LiveMessage".to_owned()).or_insert(message);
    components
        .schemas
        .entry("Notification".to_owned())
        .or_insert_with(notification);
    let of_oauth = <OAuthProblem as utoipa::PartialSchema>::schema();
    components.schemas.insert("OAuthError".to_owned(), of_oauth);
    // named in queries alone
    for (name, schema) in [
        ("OriginFilter", <OriginFilter as utoipa::PartialSchema>::schema()),
        ("UsageFilter", <UsageFilter as utoipa::PartialSchema>::schema()),
    ] {
        components.schemas.insert(name.to_owned(), schema);
    }
    components
        .responses
        .insert("MethodNotAllowed".to_owned(), wrong_method());
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            complete(method, path, operation);
        }
    }
    document
}

/// A notification, with the closed list of its kinds.
fn notification() -> RefOr<Schema> {
    let mut schema = <Notification as utoipa::PartialSchema>::schema();
    let kinds = EventKind::ALL.iter().filter(|kind| kind.notifies());
    if let RefOr::T(Schema::Object(object)) = &mut schema
        && let Some(RefOr::T(Schema::Object(kind))) = object.properties.get_mut("kind")
    {
        kind.enum_values = Some(kinds.map(|kind| kind.as_str().into()).collect());
    }
    schema
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    [
        ("GET", item.get.as_mut()),
        ("POST", item.post.as_mut()),
        ("PUT", item.put.as_mut()),
        ("PATCH", item.patch.as_mut()),
        ("DELETE", item.delete.as_mut()),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation?)))
}

/// Adds who is welcome, from the policy table, and the refusals that every operation of its kind shares.
fn complete(method: &str, path: &str, operation: &mut Operation) {
    let Some(rule) = policy::find(method, path) else { return };
    let said = operation.description.take().unwrap_or_default();
    operation.description = Some(format!("{said}\n\n{}", rule.welcome.sentence()).trim().to_owned());
    // OAuth's own endpoints have errors of their own
    let of_oauth = path.starts_with("/oauth/");
    let mut add = |status: &str, codes: &str| {
        operation
            .responses
            .responses
            .entry(status.to_owned())
            .or_insert_with(|| if of_oauth { oauth_error(status) } else { problem(codes) });
    };
    if headers::has_key(method, path) {
        add("409", "`request_in_progress`: the same request is being carried out");
    }
    if headers::has_versions(method, path) {
        add(
            "412",
            "`precondition_failed`: it is another version by now; `current` is what it is",
        );
    }
    add("429", "`too_many_requests`; `Retry-After` says when to come back");
    add("503", "`unavailable` or `overloaded`: nothing was done");
    if !matches!(rule.welcome, policy::Welcome::Everyone | policy::Welcome::Page) {
        add("401", "`authentication_required`, `invalid_token`");
        add("403", "`permission_denied`, `cross_site_request`");
    }
    if path.contains('{') {
        add("404", "`not_found`");
    }
    let changes = method != "GET" && !of_oauth;
    if changes {
        add("400", "`malformed_body`, and what the operation says");
        add(
            "403",
            "`cross_site_request`; `refused_by_hook` where a hook of the operator refuses",
        );
        add("408", "`request_timeout`");
        add("413", "`body_too_large`");
        add("415", "`unsupported_media_type`");
        add("422", "`validation_failed`; `errors` names the fields");
    }
    if method == "POST" && !changes {
        add("403", "`cross_site_request`");
        add("408", "`request_timeout`");
        add("413", "`body_too_large`");
    }
    if operation.parameters.is_some() && method == "GET" {
        add("400", "`malformed_query`");
        add("422", "`validation_failed`; `errors` names the parameters");
    }
    add("414", "`uri_too_long`");
    operation
        .responses
        .responses
        .entry("431".to_owned())
        .or_insert_with(|| RefOr::T(ResponseBuilder::new().description(HEADERS_TOO_LARGE).build()));
    if changes && takes_sessions(operation) {
        let token = ParameterBuilder::new()
            .name("X-CSRF-Token")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(
                "The session's CSRF token; needed where the call rests on the session's cookie.",
            ))
            .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
            .build();
        operation.parameters.get_or_insert_default().push(token.into());
    }
    headers::describe(method, path, operation);
}

/// Refused while the headers are read, before there is a request that could be answered in any form.
const HEADERS_TOO_LARGE: &str = "The headers are larger than the server reads; no body";

fn takes_sessions(operation: &Operation) -> bool {
    let requirements = serde_json::to_value(&operation.security).unwrap_or_default();
    let mut requirements = requirements.as_array().into_iter().flatten();
    requirements.any(|requirement| requirement.get("session").is_some())
}

/// What every path answers to methods that it does not take.
fn wrong_method() -> RefOr<utoipa::openapi::Response> {
    let mut response = problem("`method_not_allowed`: `Allow` names the methods that the path takes");
    if let RefOr::T(response) = &mut response {
        let allow = utoipa::openapi::header::HeaderBuilder::new()
            .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
            .description(Some("The methods, with commas in between"))
            .build();
        response.headers.insert("Allow".to_owned(), allow.into());
    }
    response
}

/// RFC 6749 §5.2.
fn oauth_error(status: &str) -> RefOr<utoipa::openapi::Response> {
    let said = match status {
        "429" | "503" => "`temporarily_unavailable`; `Retry-After` says when to come back",
        "403" => "`invalid_request` from another site, `access_denied` where a hook of the operator refuses",
        _ => "`invalid_request`",
    };
    let content = Content::new(Some(Ref::from_schema_name("OAuthError")));
    RefOr::T(
        ResponseBuilder::new()
            .description(said)
            .content("application/json", content)
            .build(),
    )
}

fn problem(description: &str) -> RefOr<utoipa::openapi::Response> {
    let content = Content::new(Some(Ref::from_schema_name("Problem")));
    RefOr::T(
        ResponseBuilder::new()
            .description(description)
            .content("application/problem+json", content)
            .build(),
    )
}

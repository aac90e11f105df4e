//! The headers of answers and requests that the contract describes, operation by operation.

use axum::http::StatusCode;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{ObjectBuilder, RefOr, Required, Response};

use crate::http::idempotency;

/// Operations that set or take away cookies as a delivery says.
const DELIVER: [&str; 7] = [
    "/api/v1/login",
    "/api/v1/logout",
    "/api/v1/otp/verify",
    "/api/v1/social/{slug}",
    "/api/v1/token/refresh",
    "/api/v1/token/rotate",
    "/api/v1/token/cookies",
];

/// Operations that take a refresh token out of a cookie.
const TAKE_COOKIES: [&str; 2] = ["/api/v1/token/refresh", "/api/v1/token/rotate"];

/// Operations that count the client's address.
const LIMITED: [(&str, &str); 21] = [
    ("POST", "/api/v1/registrations"),
    ("POST", "/api/v1/registrations/activate"),
    ("POST", "/api/v1/registrations/resend"),
    ("POST", "/api/v1/password/forgot"),
    ("POST", "/api/v1/password/reset"),
    ("POST", "/api/v1/password/change"),
    ("POST", "/api/v1/login"),
    ("POST", "/api/v1/otp"),
    ("POST", "/api/v1/otp/verify"),
    ("POST", "/api/v1/social/{slug}"),
    ("POST", "/api/v1/me/identities/{id}"),
    ("POST", "/api/v1/me/identities/{slug}"),
    ("POST", "/api/v1/me/email"),
    ("POST", "/api/v1/me/email/confirm"),
    ("POST", "/api/v1/me/deletion"),
    ("POST", "/api/v1/me/deletion/confirm"),
    ("POST", "/api/v1/me/deletion/cancel"),
    ("GET", "/api/v1/me/export"),
    ("GET", "/api/v1/admin/users/{id}/export"),
    ("DELETE", "/api/v1/me/identities/{id}"),
    ("DELETE", "/api/v1/admin/users/{id}"),
];

/// What staff edits and has versions.
const VERSIONED: [&str; 20] = [
    "/api/v1/admin/users/{id}",
    "/api/v1/admin/users/{id}/lock",
    "/api/v1/admin/users/{id}/unlock",
    "/api/v1/admin/users/{id}/disable",
    "/api/v1/admin/users/{id}/enable",
    "/api/v1/admin/users/{id}/restore",
    "/api/v1/admin/users/{id}/superuser",
    "/api/v1/admin/applications/{id}",
    "/api/v1/admin/attributes/{name}",
    "/api/v1/admin/roles/{id}",
    "/api/v1/admin/projects/{project}",
    "/api/v1/admin/projects/{project}/mail",
    "/api/v1/admin/social-providers/{id}",
    "/api/v1/admin/email-templates/{name}",
    "/api/v1/admin/email-templates/{name}/{language}",
    "/api/v1/admin/email-templates/{name}/{language}/draft",
    "/api/v1/admin/email-templates/{name}/{language}/publish",
    "/api/v1/admin/email-templates/{name}/{language}/rollback",
    "/api/v1/admin/announcements/{id}",
    "/api/v1/admin/announcements/{id}/schedule",
];

/// Whether a change of this resource can name the version that it means.
pub(super) fn has_versions(method: &str, path: &str) -> bool {
    let changes = matches!(method, "PATCH" | "PUT" | "POST" | "DELETE");
    changes && VERSIONED.contains(&path)
}

/// Whether a request may name itself, to be sent twice.
pub(super) fn has_key(method: &str, path: &str) -> bool {
    method == "POST" && idempotency::DOORS.contains(&path)
}

/// Adds what an operation's answers carry in their headers, and what requests may.
pub(super) fn describe(method: &str, path: &str, operation: &mut Operation) {
    let of_oauth = path.starts_with("/oauth/");
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        let code = status.parse().ok().and_then(|code| StatusCode::from_u16(code).ok());
        let Some(code) = code else { continue };
        answers(method, path, code, of_oauth, response);
    }
    let mut may_send = |name: &str, said: &str| {
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(said))
            .schema(Some(ObjectBuilder::new().schema_type(Type::String)));
        operation
            .parameters
            .get_or_insert_default()
            .push(parameter.build().into());
    };
    if TAKE_COOKIES.contains(&path) {
        may_send(
            "X-CSRF-Token",
            "The family's CSRF token; needed where the refresh token comes in a cookie.",
        );
    }
    if has_key(method, path) {
        may_send(
            "Idempotency-Key",
            "What the client calls this request, 1 to 255 visible characters, at best a UUID. Sent again within 24 hours by \
             the same caller it is not carried out again, and gets the same answer.",
        );
    }
    if has_versions(method, path) {
        may_send(
            "If-Match",
            "The `ETag` of the version that is meant to be changed; another one is refused with 412.",
        );
    }
}

fn answers(method: &str, path: &str, code: StatusCode, of_oauth: bool, response: &mut Response) {
    let mut add = |name: &str, header: Header| {
        response.headers.insert(name.to_owned(), header.into());
    };
    match code {
        StatusCode::UNAUTHORIZED if of_oauth => add("WWW-Authenticate", text("`Basic`")),
        StatusCode::UNAUTHORIZED => {
            add(
                "WWW-Authenticate",
                text("`Bearer`; with `error=\"invalid_token\"` where a token was sent (RFC 6750 §3)"),
            );
            add(
                "Set-Cookie",
                text("A session's cookie that is good for nothing is taken away"),
            );
        }
        StatusCode::TOO_MANY_REQUESTS => {
            add("Retry-After", number("Seconds to wait"));
            add("RateLimit", text("`\"<policy>\";r=0;t=<seconds>`"));
            add(
                "RateLimit-Policy",
                text("`\"<policy>\";q=<requests>;w=60`, where the address is counted"),
            );
        }
        StatusCode::SERVICE_UNAVAILABLE => add("Retry-After", number("Seconds to wait")),
        _ => {}
    }
    if LIMITED.contains(&(method, path)) {
        add(
            "RateLimit",
            text("How much of the limit is left: `\"<policy>\";r=<requests>;t=<seconds>`"),
        );
        add(
            "RateLimit-Policy",
            text("How much there is: `\"<policy>\";q=<requests>;w=60`"),
        );
    }
    if !code.is_success() {
        return;
    }
    if DELIVER.contains(&path) {
        add(
            "Set-Cookie",
            text("The cookies of the application's delivery, where it has any; one header each"),
        );
    }
    if path.ends_with("/export") {
        add("Content-Disposition", text("`attachment`, with the name of the file"));
    }
    if (method, path) == ("GET", "/api/v1/me") {
        add(
            "X-CSRF-Token",
            text("What changes that rest on the caller's cookie must bring along"),
        );
    }
    let tells = VERSIONED.contains(&path)
        && code == StatusCode::OK
        && matches!(method, "GET" | "PATCH" | "PUT" | "POST" | "DELETE");
    let begins = ["/api/v1/admin/announcements", "/api/v1/admin/email-templates"].contains(&path);
    if tells || (method == "POST" && begins) {
        add("ETag", text("The version, for `If-Match`"));
    }
}

fn text(said: &str) -> Header {
    header(Type::String, said)
}

fn number(said: &str) -> Header {
    header(Type::Integer, said)
}

fn header(kind: Type, said: &str) -> Header {
    HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(kind)))
        .description(Some(said))
        .build()
}

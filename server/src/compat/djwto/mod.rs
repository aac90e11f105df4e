//! The facade djwto: a Django package that hands out JWTs, in the body or in cookies. Its table of routes, its switches, and the
//! application whose tokens it hands out. Deviations from the package stand in README.md.

mod handlers;
mod read;
mod wire;

use axum::routing::{any, post};
use serde_json::Value;
use sereno_core::config::{Config, Djwto};
use sereno_core::oauth::managed::Managed;
use sereno_types::{
    ClaimRule, ClaimSource, Rotation, SigningAlgorithm, StandardClaim, TokenFormat, TokenProfile, TokenUse,
};

use super::{Facade, Mount, Route, nothing};
use crate::http::django::view::{append_slash, view};

/// The facade.
pub const FACADE: Facade = Facade {
    name: "djwto",
    doors: &[
        ("POST", "/compat/djwto/login/"),
        ("POST", "/compat/djwto/validate_access/"),
        ("POST", "/compat/djwto/{refresh_path}/validate_refresh/"),
        ("POST", "/compat/djwto/{refresh_path}/refresh_access/"),
        ("POST", "/compat/djwto/{refresh_path}/update_refresh/"),
        ("POST", "/compat/djwto/{refresh_path}/logout/"),
        ("DELETE", "/compat/djwto/{refresh_path}/logout/"),
    ],
    mount,
};

/// The `client_id` of its application.
pub const CLIENT_ID: &str = "compat-djwto";

/// How tokens travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// In the body, and back in `Authorization`.
    Json,
    /// Each in a cookie.
    OneCookie,
    /// As before, and the access token's claims in a cookie that scripts can read.
    TwoCookies,
}

impl Mode {
    fn of(settings: &Djwto) -> Self {
        match settings.mode.as_str() {
            "ONE-COOKIE" => Self::OneCookie,
            "TWO-COOKIES" => Self::TwoCookies,
            // the configuration knows no other
            _ => Self::Json,
        }
    }
}

fn mount(config: &Config) -> Option<Mount> {
    let settings = &config.compat.djwto;
    settings.enabled.then(|| Mount {
        prefix: settings.prefix.clone(),
        routes: routes(settings),
        uploads: Vec::new(),
        dialect: wire::refused,
        application: Some(application(settings)),
    })
}

fn routes(settings: &Djwto) -> Vec<Route> {
    let below = |name: &str| format!("/{}/{name}/", settings.refresh_path);
    let only_post = "POST, OPTIONS";
    let mut routes = vec![
        ("/login/".to_owned(), view(only_post, post(handlers::login))),
        (
            "/validate_access/".to_owned(),
            view(only_post, post(handlers::validate_access)),
        ),
        (
            below("validate_refresh"),
            view(only_post, post(handlers::validate_refresh)),
        ),
        (below("refresh_access"), view(only_post, post(handlers::refresh_access))),
        (
            below("logout"),
            view(
                "POST, DELETE, OPTIONS",
                post(handlers::logout).delete(handlers::delete_cookies),
            ),
        ),
    ];
    let update = below("update_refresh");
    if settings.allow_refresh_update {
        routes.push((update, view(only_post, post(handlers::update_refresh))));
        return append_slash(routes);
    }
    // nothing stands there, with a slash or without; at the root, too, that is said in the package's words
    let mut routes = append_slash(routes);
    let bare = update.trim_end_matches('/').to_owned();
    routes.extend([update, bare].map(|path| (path, any(nothing))));
    routes
}

/// Tokens as the package writes them.
fn application(settings: &Djwto) -> Managed {
    let mut leave_out = vec![
        StandardClaim::Sub,
        StandardClaim::ClientId,
        StandardClaim::Sid,
        StandardClaim::AuthTime,
        StandardClaim::Amr,
        StandardClaim::Epoch,
    ];
    for (claim, is_on) in [
        (StandardClaim::Iss, !settings.issuer.is_empty()),
        (StandardClaim::Aud, !settings.audience.is_empty()),
        (StandardClaim::Iat, settings.iat),
        (StandardClaim::Jti, settings.jti),
    ] {
        if !is_on {
            leave_out.push(claim);
        }
    }
    Managed {
        client_id: CLIENT_ID.to_owned(),
        name: "djwto".to_owned(),
        origins: settings.trusted_origins.clone(),
        signing_key: settings.signing_key.clone(),
        profile: TokenProfile {
            algorithm: settings.signing_algorithm().unwrap_or(SigningAlgorithm::Hs256),
            own_key: true,
            refresh_format: TokenFormat::Jwt,
            access_lifetime: Some(settings.access_lifetime.0),
            refresh_idle_lifetime: Some(settings.refresh_lifetime.0),
            refresh_lifetime: Some(settings.longest_sign_in().0),
            rotation: Rotation::OnExtend,
            extendable: settings.allow_refresh_update,
            shared_jti: true,
            header_typ: "JWT".to_owned(),
            header_kid: false,
            issuer: Some(settings.issuer.clone()).filter(|issuer| !issuer.is_empty()),
            audience: settings.audience.clone(),
            not_before: i64::try_from(settings.not_before.0).ok().filter(|offset| *offset > 0),
            type_claim: Some("type".to_owned()),
            claims: claims(settings),
            leave_out,
            ..TokenProfile::default()
        },
    }
}

fn claims(settings: &Djwto) -> Vec<ClaimRule> {
    let rule = |name: &str, source| ClaimRule {
        name: name.to_owned(),
        source,
        token: TokenUse::Both,
    };
    let mut claims = Vec::new();
    if !settings.subject.is_empty() {
        claims.push(rule("sub", ClaimSource::Constant(settings.subject.clone().into())));
    }
    let field = settings.username_field.as_str();
    claims.push(rule(&format!("user.{field}"), ClaimSource::User(field.to_owned())));
    claims.push(rule("user.id", ClaimSource::User("number".to_owned())));
    let perms = match settings.permissions.as_str() {
        "none" => ClaimSource::Constant(Value::Array(Vec::new())),
        // the configuration knows no other
        _ => ClaimSource::Permissions,
    };
    claims.push(rule("user.perms", perms));
    claims.extend(settings.user_claims.iter().map(|claim| {
        let name = format!("user.{}", Djwto::name_in_user(claim));
        rule(&name, ClaimSource::User(claim.clone()))
    }));
    if settings.iat {
        claims.push(ClaimRule {
            token: TokenUse::Access,
            ..rule("refresh_iat", ClaimSource::RefreshIssuedAt)
        });
    }
    claims
}

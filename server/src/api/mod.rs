//! The native JSON API: one file per subject, one short function per route. A handler parses, calls one flow of the core
//! and renders its answer; `/openapi.json` is made from these functions.

mod admin_users;
mod docs;
mod health;
mod login;
mod me;
mod openapi;
mod password_policy;
mod registrations;
mod tokens;
mod well_known;

pub use openapi::document;

use axum::Router;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::router::App;

/// The routes that the contract describes.
pub(crate) fn described() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(openapi::head())
        .routes(routes!(registrations::register))
        .routes(routes!(registrations::activate))
        .routes(routes!(registrations::resend))
        .routes(routes!(password_policy::check))
        .routes(routes!(login::login))
        .routes(routes!(login::logout))
        .routes(routes!(tokens::refresh))
        .routes(routes!(tokens::verify))
        .routes(routes!(me::me))
        .routes(routes!(admin_users::overview))
        .routes(routes!(admin_users::list))
        .routes(routes!(admin_users::detail))
        .routes(routes!(admin_users::lock))
        .routes(routes!(admin_users::unlock))
        .routes(routes!(admin_users::send_activation))
        .routes(routes!(well_known::jwks))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
}

/// Every route of the API.
pub fn routes() -> Router<App> {
    let (router, _) = described().split_for_parts();
    router.merge(openapi::routes()).merge(docs::routes())
}

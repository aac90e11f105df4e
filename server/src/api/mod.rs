//! The native JSON API: one file per subject, one short function per route. A handler parses, calls one flow of the core
//! and renders its answer; `/openapi.json` is made from these functions.

mod admin_applications;
mod admin_projects;
mod admin_push;
mod admin_roles;
mod admin_social;
mod admin_users;
mod announcements;
mod avatar;
mod brand;
mod check;
mod deletion;
mod devices;
mod docs;
mod email_templates;
mod events;
mod health;
mod invitations;
mod live;
mod login;
mod login_codes;
mod me;
mod messages;
mod oauth;
mod openapi;
mod passwords;
mod profile;
mod registrations;
mod sessions;
mod social;
mod tokens;
mod well_known;

pub use openapi::{SHORT, document};

use axum::Router;
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::router::App;

/// Doors for reading that the contract does not describe.
pub const UNDESCRIBED: [&str; 8] = [
    "/openapi.json",
    "/api/v1/openapi.json",
    "/docs",
    "/media/{*path}",
    "/brand/{file}",
    "/.well-known/change-password",
    "/console/messages/{id}/preview",
    "/console/announcements/{id}/preview",
];

/// The routes that the contract describes.
pub(crate) fn described() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(openapi::head())
        .merge(asking())
        .merge(open())
}

/// Routes whose answer does not depend on whom the session or a cookie names. They stand outside the session; each has `Everyone` in the policy
/// table, which a test checks.
fn open() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(well_known::jwks))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        // no cookie may speak at this door, so that no other site can open it in somebody's name
        .routes(routes!(live::listen))
}

/// All others.
fn asking() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(registrations::register))
        .routes(routes!(registrations::fields))
        .routes(routes!(registrations::activate))
        .routes(routes!(registrations::resend))
        .routes(routes!(passwords::check))
        .routes(routes!(passwords::forgot))
        .routes(routes!(passwords::reset))
        .routes(routes!(passwords::change))
        .routes(routes!(login::login))
        .routes(routes!(login::logout))
        .routes(routes!(login_codes::ask))
        .routes(routes!(login_codes::verify))
        .routes(routes!(social::buttons))
        .routes(routes!(social::sign_in))
        .routes(routes!(tokens::refresh))
        .routes(routes!(tokens::rotate))
        .routes(routes!(tokens::verify))
        .routes(routes!(tokens::clear_cookies))
        .routes(routes!(oauth::introspect))
        .routes(routes!(oauth::revoke))
        .routes(routes!(me::preferences, me::set_preferences))
        .routes(routes!(me::me, profile::update_me))
        .routes(routes!(me::factors))
        .routes(routes!(avatar::set, avatar::remove))
        .routes(routes!(avatar::remove_theirs))
        .routes(routes!(profile::my_fields))
        .routes(routes!(sessions::mine))
        .routes(routes!(sessions::end_mine))
        .routes(routes!(sessions::end_several))
        .routes(routes!(sessions::list))
        .routes(routes!(sessions::end))
        .routes(routes!(sessions::end_all_of))
        .routes(routes!(social::mine))
        .routes(routes!(social::link, social::unlink))
        .routes(routes!(social::list))
        .routes(routes!(social::unlink_theirs))
        .routes(routes!(devices::mine))
        .routes(routes!(devices::update_mine, devices::remove_mine))
        .routes(routes!(devices::list))
        .routes(routes!(devices::detail, devices::rename, devices::remove))
        .routes(routes!(me::change_email))
        .routes(routes!(me::confirm_email))
        .routes(routes!(deletion::request))
        .routes(routes!(deletion::confirm))
        .routes(routes!(deletion::cancel))
        .routes(routes!(deletion::export_mine))
        .routes(routes!(check::check))
        .routes(routes!(check::forward_auth))
        .routes(routes!(check::declare))
        .routes(routes!(admin_roles::list_permissions, admin_roles::create_permission))
        .routes(routes!(admin_roles::update_permission, admin_roles::delete_permission))
        .routes(routes!(admin_roles::list_asked))
        .routes(routes!(admin_roles::list, admin_roles::create))
        .routes(routes!(admin_roles::detail, admin_roles::update, admin_roles::delete))
        .routes(routes!(admin_roles::ensure_permission))
        .routes(routes!(admin_roles::list_assignments, admin_roles::assign))
        .routes(routes!(admin_roles::revoke))
        .routes(routes!(admin_roles::effective))
        .routes(routes!(admin_roles::mine))
        .routes(routes!(admin_roles::make_superuser, admin_roles::end_superuser))
        .routes(routes!(admin_push::list, admin_push::send))
        .routes(routes!(admin_push::detail))
        .routes(routes!(admin_push::retry))
        .routes(routes!(admin_push::cancel))
        .routes(routes!(admin_push::resend))
        .routes(routes!(admin_projects::list, admin_projects::create))
        .routes(routes!(
            admin_projects::detail,
            admin_projects::update,
            admin_projects::delete
        ))
        .routes(routes!(admin_projects::ensure_role))
        .routes(routes!(admin_projects::mail, admin_projects::update_mail))
        .routes(routes!(admin_projects::test_mail))
        .routes(routes!(admin_projects::list_members))
        .routes(routes!(admin_projects::put_member, admin_projects::remove_member))
        .routes(routes!(events::list))
        .routes(routes!(events::detail))
        .routes(routes!(admin_users::overview))
        .routes(routes!(admin_users::list))
        .routes(routes!(admin_users::detail, profile::update_user, deletion::delete))
        .routes(routes!(deletion::disable))
        .routes(routes!(deletion::enable))
        .routes(routes!(deletion::restore))
        .routes(routes!(deletion::export_theirs))
        .routes(routes!(profile::changes))
        .routes(routes!(profile::list_attributes))
        .routes(routes!(
            profile::attribute,
            profile::declare_attribute,
            profile::withdraw_attribute
        ))
        .routes(routes!(invitations::invite))
        .routes(routes!(admin_users::lock))
        .routes(routes!(admin_users::unlock))
        .routes(routes!(admin_users::send_activation))
        .routes(routes!(admin_users::send_password_reset))
        .routes(routes!(messages::list, messages::send))
        .routes(routes!(messages::release_all))
        .routes(routes!(messages::retry_failed))
        .routes(routes!(messages::detail))
        .routes(routes!(messages::retry))
        .routes(routes!(messages::cancel))
        .routes(routes!(messages::resend))
        .routes(routes!(messages::release))
        .routes(routes!(messages::suppressions, messages::suppress))
        .routes(routes!(messages::unsuppress))
        .routes(routes!(messages::timeline))
        .routes(routes!(announcements::list, announcements::create))
        .routes(routes!(
            announcements::detail,
            announcements::save,
            announcements::delete
        ))
        .routes(routes!(announcements::preview))
        .routes(routes!(announcements::test))
        .routes(routes!(announcements::schedule))
        .routes(routes!(announcements::unschedule))
        .routes(routes!(announcements::pause))
        .routes(routes!(announcements::resume))
        .routes(routes!(announcements::cancel))
        .routes(routes!(admin_social::list, admin_social::create))
        .routes(routes!(
            admin_social::detail,
            admin_social::update,
            admin_social::delete
        ))
        .routes(routes!(admin_social::test))
        .routes(routes!(email_templates::list, email_templates::create))
        .routes(routes!(email_templates::update, email_templates::delete))
        .routes(routes!(email_templates::export))
        .routes(routes!(email_templates::import))
        .routes(routes!(email_templates::detail, email_templates::retire))
        .routes(routes!(email_templates::save, email_templates::discard))
        .routes(routes!(email_templates::publish))
        .routes(routes!(email_templates::roll_back))
        .routes(routes!(email_templates::list_versions))
        .routes(routes!(email_templates::get_version))
        .routes(routes!(email_templates::compare))
        .routes(routes!(email_templates::preview))
        .routes(routes!(email_templates::test))
        .routes(routes!(admin_applications::list, admin_applications::create))
        .routes(routes!(
            admin_applications::detail,
            admin_applications::update,
            admin_applications::delete
        ))
        .routes(routes!(admin_applications::preview))
        .routes(routes!(admin_applications::create_secret))
        .routes(routes!(admin_applications::delete_secret))
        .routes(routes!(admin_applications::list_keys, admin_applications::create_key))
        .routes(routes!(admin_applications::activate_key))
        .routes(routes!(admin_applications::delete_key))
}

/// Every route of the API but the open ones.
pub fn routes(app: &App) -> Router<App> {
    let (router, _) = asking().split_for_parts();
    router
        .merge(openapi::routes(app))
        .merge(docs::routes())
        .route("/console/messages/{id}/preview", get(messages::preview))
        .route("/console/announcements/{id}/preview", get(announcements::frame))
}

/// The routes that ask nobody who they are.
pub fn open_routes() -> Router<App> {
    let (router, _) = open().split_for_parts();
    router
        .route("/media/{*path}", get(avatar::serve))
        .route("/brand/{file}", get(brand::style_sheet))
        .route("/.well-known/change-password", get(well_known::change_password))
}

#[cfg(test)]
mod tests {
    use sereno_core::access::policy::{TABLE, Welcome};

    #[test]
    fn open_routes_are_for_everyone() {
        let (_, document) = super::open().split_for_parts();
        for path in document.paths.paths.keys() {
            let mut rules = TABLE.iter().filter(|rule| rule.path == path).peekable();
            assert!(rules.peek().is_some(), "{path} has no row");
            assert!(
                rules.all(|rule| rule.welcome == Welcome::Everyone),
                "{path} is not for everyone"
            );
        }
    }
}

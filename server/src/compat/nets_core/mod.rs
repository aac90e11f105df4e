//! The facade `nets_core`: django-nets-core, a Django package whose people sign in by mailed codes, on devices, to tokens of an
//! OAuth application whose id and secret its clients send along. Its table of routes. Deviations from the package stand in
//! README.md.

mod account;
mod caller;
mod dates;
mod input;
mod login;
mod oauth;
mod openapi;
mod page;
pub mod params;
mod python;
pub mod request;
mod social;
mod user;
mod values;
pub mod wire;

use axum::routing::{MethodRouter, any, post};
use sereno_core::config::Config;

use super::{Facade, Mount, Route};
use crate::http::django::view::append_slash;
use crate::router::App;

/// The door that takes a picture.
const UPDATE: &str = "/update/";

/// The facade.
pub const FACADE: Facade = Facade {
    name: "nets_core",
    doors: &[
        ("POST", "/compat/nets-core/login/"),
        ("POST", "/compat/nets-core/authenticate/"),
        ("POST", "/compat/nets-core/logout/"),
        ("GET", "/compat/nets-core/getProfile/"),
        ("POST", "/compat/nets-core/getProfile/"),
        ("POST", "/compat/nets-core/update/"),
        ("GET", "/compat/nets-core/requestDelete/"),
        ("POST", "/compat/nets-core/requestDelete/"),
        ("POST", "/compat/nets-core/delete/"),
        ("GET", "/compat/nets-core/openapi.json"),
        ("POST", "/compat/nets-core/loginWithGoogle/"),
        ("POST", "/compat/nets-core/loginWithGoogleSocial/"),
        ("POST", "/compat/nets-core/loginWithApple/"),
        ("POST", "/compat/nets-core/loginWithFacebook/"),
        ("POST", "/compat/nets-core/loginWithMicrosoft/"),
        ("POST", "/compat/nets-core/loginWithGithub/"),
        ("POST", "/compat/nets-core/{token_path}/token/"),
        ("POST", "/compat/nets-core/{token_path}/revoke_token/"),
    ],
    mount,
};

fn mount(config: &Config) -> Option<Mount> {
    let settings = &config.compat.nets_core;
    settings.enabled.then(|| Mount {
        prefix: settings.prefix.clone(),
        routes: routes(&settings.token_path),
        // a picture, and beside it what every request may have
        uploads: vec![(
            UPDATE.to_owned(),
            config.profile.avatar_max_bytes.saturating_add(config.server.max_body),
        )],
        dialect: wire::refused,
        // its clients name applications that staff registered
        application: None,
    })
}

fn routes(token_path: &str) -> Vec<Route> {
    // every method: a view says itself which it has
    let door = |path: &str, handler: MethodRouter<App>| (path.to_owned(), handler);
    let below = |name: &str| format!("/{token_path}/{name}/");
    append_slash(vec![
        door("/login/", any(login::login)),
        door("/authenticate/", any(login::authenticate)),
        door("/logout/", any(login::logout)),
        door("/getProfile/", any(account::get_profile)),
        door(UPDATE, any(account::update)),
        door("/delete/", any(account::delete)),
        door("/requestDelete/", any(page::request_delete)),
        door("/openapi.json", any(openapi::openapi)),
        door("/loginWithGoogle/", any(social::google_legacy)),
        door("/loginWithGoogleSocial/", any(social::google)),
        door("/loginWithApple/", any(social::apple)),
        door("/loginWithFacebook/", any(social::facebook)),
        door("/loginWithMicrosoft/", any(social::microsoft)),
        door("/loginWithGithub/", any(social::github)),
        door(&below("token"), oauth::door(post(oauth::token))),
        door(&below("revoke_token"), oauth::door(post(oauth::revoke))),
    ])
}

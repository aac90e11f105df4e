//! The description that the package makes of its own routes.

use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};
use sereno_core::config::NetsCore;

use super::request::{Answered, Call, Door, handle};
use super::wire::Members;
use crate::http::django::json::Json;
use crate::router::App;

static OPENAPI: Door = Door::new(&[Method::GET], true, &[]);

/// What is described: name, methods, and what the view was called. Paths are those of the package, wherever it is mounted.
const ROUTES: [(&str, &[&str], &str); 13] = [
    ("loginWithGoogle", &["post"], "google_auth.login_with_google"),
    ("loginWithApple", &["post"], "social_auth.login_with_apple"),
    ("loginWithFacebook", &["post"], "social_auth.login_with_facebook"),
    ("loginWithMicrosoft", &["post"], "social_auth.login_with_microsoft"),
    ("loginWithGithub", &["post"], "social_auth.login_with_github"),
    (
        "loginWithGoogleSocial",
        &["post"],
        "social_auth.login_with_google_social",
    ),
    ("login", &["post"], "views.auth_login"),
    ("authenticate", &["post"], "views.auth"),
    ("logout", &["post"], "views.auth_logout"),
    ("getProfile", &["get", "post"], "views.auth_get_profile"),
    ("update", &["post"], "views.update_user"),
    ("requestDelete", &["get", "post"], "views.request_delete_user_account"),
    ("delete", &["post"], "views.delete_user_account"),
];

/// `GET /openapi.json`
pub async fn openapi(State(app): State<App>, request: Request) -> Response {
    handle(app, request, &OPENAPI, describe).await
}

async fn describe(call: Call) -> Answered {
    #[derive(Serialize)]
    struct Info<'a> {
        title: &'a str,
        version: &'a str,
        description: &'a str,
    }
    #[derive(Serialize)]
    struct Contract<'a> {
        openapi: &'a str,
        info: Info<'a>,
        paths: Members<'a>,
    }
    let settings = &call.app.sereno.config.compat.nets_core;
    let paths = ROUTES
        .iter()
        .map(|(name, methods, view)| (format!("/{name}/").into(), operations(settings, name, methods, view)));
    let contract = Contract {
        openapi: "3.0.3",
        info: Info {
            title: &settings.openapi_title,
            version: &settings.openapi_version,
            description: &settings.openapi_description,
        },
        paths: Members(paths.collect()),
    };
    Ok(Json(StatusCode::OK, contract).into_response())
}

fn operations(settings: &NetsCore, name: &str, methods: &[&str], view: &str) -> Value {
    let operations = methods.iter().map(|method| {
        let operation = json!({
            "operationId": format!("{name}_{method}"),
            "tags": settings.openapi_tags,
            "responses": {"200": {"description": "OK"}, "405": {"description": "Method Not Allowed"}},
            "x-nets-core-route-name": name,
            "x-nets-core-view": format!("nets_core.{view}"),
        });
        ((*method).to_owned(), operation)
    });
    Value::Object(operations.collect())
}

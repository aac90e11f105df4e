//! The two doors of the OAuth toolkit that the package's clients call: refreshing, and revoking.

use std::sync::Arc;

use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use serde::Serialize;
use sereno_core::access::application;
use sereno_core::context::{Application, RequestMeta};
use sereno_core::token::{self, Tokens};
use sereno_core::{Error, oauth};
use sereno_types::{ClientCredentials, Code, Secret, TokenUse};

use super::request::{Answered, Refused};
use super::wire;
use crate::http::basic;
use crate::http::django::form::Form;
use crate::http::django::json::Json;
use crate::http::django::view::view;
use crate::router::App;

const TEXT: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

/// One of the two, as Django's class-based views are.
pub fn door(post: MethodRouter<App>) -> MethodRouter<App> {
    view("POST, OPTIONS", post).layer(middleware::from_fn(vary))
}

/// The toolkit's middleware looks at the header of every request, and at the session only where a bearer token came.
async fn vary(request: Request, next: Next) -> Response {
    let on = wire::vary_by_bearer(request.headers());
    let mut response = next.run(request).await;
    wire::vary(&mut response, on);
    response
}

/// A request to one of them, read.
struct Asked {
    meta: RequestMeta,
    form: Form,
    /// In the header, and in the form.
    credentials: Vec<ClientCredentials>,
}

impl Asked {
    async fn read(app: &App, request: Request) -> Answered<Self> {
        let meta = request
            .extensions()
            .get::<RequestMeta>()
            .cloned()
            .ok_or(Code::Internal)?;
        if request.uri().query().is_some_and(|query| !query.is_empty()) {
            let why = Some("URL query parameters are not allowed");
            return Err(error(StatusCode::BAD_REQUEST, "invalid_request", why).into());
        }
        // another scheme proves nothing, and hinders nobody
        let basic = basic::credentials(request.headers()).ok().flatten();
        let form = Form::from_request(request, app).await?;
        let posted = form.get("client_id").map(|client_id| ClientCredentials {
            client_id: Some(client_id.to_owned()),
            client_secret: form.get("client_secret").map(Secret::new),
        });
        Ok(Self {
            meta,
            form,
            credentials: basic.into_iter().chain(posted).collect(),
        })
    }

    /// The application that one of the two proves.
    async fn application(&self, app: &App) -> Answered<Arc<Application>> {
        for credentials in &self.credentials {
            match application::authenticate(&app.sereno, &self.meta, credentials).await {
                Ok(application) => return Ok(application),
                Err(error) if error.code() == Code::InvalidClient => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(invalid_client().into())
    }
}

/// `POST /o/token/`: refreshes.
pub async fn token(State(app): State<App>, request: Request) -> Response {
    let has_query = request.uri().query().is_some_and(|query| !query.is_empty());
    let mut response = finished(app, request, refresh).await;
    if has_query {
        // refused before the toolkit has said that it answers in JSON
        response.headers_mut().insert(header::CONTENT_TYPE, TEXT);
    }
    response
}

async fn refresh(app: App, request: Request) -> Answered {
    #[derive(Serialize)]
    struct Answer<'a> {
        access_token: &'a str,
        expires_in: Option<u64>,
        token_type: &'a str,
        scope: &'a str,
        refresh_token: Option<&'a str>,
    }
    let asked = Asked::read(&app, request).await?;
    if asked.form.get("grant_type") != Some("refresh_token") {
        return Err(error(StatusCode::BAD_REQUEST, "unsupported_grant_type", None).into());
    }
    let Some(refresh_token) = asked.form.get("refresh_token") else {
        let why = Some("Missing refresh token parameter.");
        return Err(error(StatusCode::BAD_REQUEST, "invalid_request", why).into());
    };
    let application = asked.application(&app).await?;
    let named = asked.form.get("client_id").filter(|name| !name.is_empty());
    if named.is_some_and(|name| name != application.client_id) {
        let why = Some("Discrepency found between client identifier");
        return Err(error(StatusCode::BAD_REQUEST, "server_error", why).into());
    }
    let scope = asked.form.get("scope").unwrap_or_default();
    if !scope.trim().is_empty() {
        // no token has a scope that another could be asked with
        let good = token::stands_for(&app.sereno, &application, refresh_token, TokenUse::Refresh).await?;
        let code = if good.is_some() {
            "invalid_scope"
        } else {
            "invalid_grant"
        };
        return Err(error(StatusCode::BAD_REQUEST, code, None).into());
    }
    let refresh_token = Secret::new(refresh_token);
    let issued = token::refresh_through(&app.sereno, &asked.meta, &application, &refresh_token)
        .await
        .map_err(said)?;
    let Tokens::Pair {
        access,
        access_lifetime,
        refresh,
        ..
    } = issued.tokens
    else {
        return Err(Code::UnauthorizedClient.into());
    };
    let answer = Answer {
        access_token: &access,
        expires_in: access_lifetime,
        token_type: "Bearer",
        scope: "",
        refresh_token: refresh.as_deref(),
    };
    Ok(Json(StatusCode::OK, answer).into_response())
}

/// `POST /o/revoke_token/`: ends the sign-in of a token of the application's; one that is not is no error.
pub async fn revoke(State(app): State<App>, request: Request) -> Response {
    finished(app, request, end).await
}

async fn end(app: App, request: Request) -> Answered {
    let asked = Asked::read(&app, request).await?;
    let Some(token) = asked.form.get("token").filter(|token| !token.is_empty()) else {
        let why = Some("Missing token parameter.");
        return Err(error(StatusCode::BAD_REQUEST, "invalid_request", why).into());
    };
    let application = asked.application(&app).await?;
    oauth::revoke_sign_in(&app.sereno, &asked.meta, &application, &Secret::new(token))
        .await
        .map_err(said)?;
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, TEXT)]).into_response())
}

async fn finished<F: Future<Output = Answered>>(
    app: App,
    request: Request,
    door: impl FnOnce(App, Request) -> F,
) -> Response {
    let mut response = door(app, request).await.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

/// A refusal as RFC 6749 §5.2 says it.
fn error(status: StatusCode, error: &str, why: Option<&str>) -> Response {
    #[derive(Serialize)]
    struct Said<'a> {
        error: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        error_description: Option<&'a str>,
    }
    let said = Said {
        error,
        error_description: why,
    };
    Json(status, said).into_response()
}

fn invalid_client() -> Response {
    let mut response = error(StatusCode::UNAUTHORIZED, "invalid_client", None);
    let challenge = HeaderValue::from_static("Bearer error=\"invalid_client\"");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    response
}

fn said(fault: Error) -> Refused {
    match fault.code() {
        Code::RefreshTokenInvalid => error(StatusCode::BAD_REQUEST, "invalid_grant", None).into(),
        Code::UnauthorizedClient => error(StatusCode::BAD_REQUEST, "unauthorized_client", None).into(),
        _ => fault.into(),
    }
}

//! The two doors of the OAuth toolkit that the package's clients call: refreshing, and revoking.

use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sereno_core::context::RequestMeta;
use sereno_core::token::{self, Tokens};
use sereno_core::{Error, oauth};
use sereno_types::{ClientCredentials, Code, Refresh, RevokeToken, Secret};

use super::request::{Answered, Refused};
use crate::http::basic;
use crate::http::django::form::Form;
use crate::http::django::json::Json;
use crate::router::App;

/// A request to one of them, read.
struct Asked {
    meta: RequestMeta,
    form: Form,
    credentials: Option<ClientCredentials>,
}

impl Asked {
    async fn read(app: &App, request: Request) -> Answered<Self> {
        let meta = request
            .extensions()
            .get::<RequestMeta>()
            .cloned()
            .ok_or(Code::Internal)?;
        let basic = basic::credentials(request.headers());
        let form = Form::from_request(request, app).await?;
        let credentials = match basic {
            Ok(Some(credentials)) => Some(credentials),
            // another scheme proves nothing, and hinders nobody
            _ => form.get("client_id").map(|client_id| ClientCredentials {
                client_id: Some(client_id.to_owned()),
                client_secret: form.get("client_secret").map(Secret::new),
            }),
        };
        Ok(Self {
            meta,
            form,
            credentials,
        })
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.form.get(name).filter(|text| !text.is_empty())
    }
}

/// `POST /o/token/`: refreshes.
pub async fn token(State(app): State<App>, request: Request) -> Response {
    finished(refresh(app, request).await)
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
    if asked.text("grant_type") != Some("refresh_token") {
        return Err(error(StatusCode::BAD_REQUEST, "unsupported_grant_type", None).into());
    }
    let Some(refresh_token) = asked.text("refresh_token") else {
        let why = Some("Missing refresh token parameter.");
        return Err(error(StatusCode::BAD_REQUEST, "invalid_request", why).into());
    };
    let refresh_token = Secret::new(refresh_token);
    let Some(credentials) = asked.credentials else {
        return Err(invalid_client().into());
    };
    let command = Refresh {
        refresh_token,
        client_id: credentials.client_id,
        client_secret: credentials.client_secret,
    };
    let issued = token::refresh(&app.sereno, &asked.meta, command).await.map_err(said)?;
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

/// `POST /o/revoke_token/`: ends a token of the application's; one that is not is no error.
pub async fn revoke(State(app): State<App>, request: Request) -> Response {
    finished(end(app, request).await)
}

async fn end(app: App, request: Request) -> Answered {
    let asked = Asked::read(&app, request).await?;
    let Some(token) = asked.text("token") else {
        let why = Some("Missing token parameter.");
        return Err(error(StatusCode::BAD_REQUEST, "invalid_request", why).into());
    };
    let command = RevokeToken {
        token: Secret::new(token),
        token_type_hint: asked.text("token_type_hint").map(str::to_owned),
        client_id: None,
        client_secret: None,
    };
    let Some(credentials) = &asked.credentials else {
        return Err(invalid_client().into());
    };
    oauth::revoke(&app.sereno, &asked.meta, credentials, command)
        .await
        .map_err(said)?;
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, kind)]).into_response())
}

fn finished(answered: Answered) -> Response {
    let mut response = answered.into_response();
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, no_store);
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
        Code::InvalidClient => invalid_client().into(),
        Code::RefreshTokenInvalid => error(StatusCode::BAD_REQUEST, "invalid_grant", None).into(),
        Code::UnauthorizedClient => error(StatusCode::BAD_REQUEST, "unauthorized_client", None).into(),
        _ => fault.into(),
    }
}

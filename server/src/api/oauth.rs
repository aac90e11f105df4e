//! OAuth's own endpoints for applications: what a token is good for, and ending one.

use axum::extract::State;
use axum::http::StatusCode;
use sereno_core::oauth;
use sereno_types::{Introspect, Introspection, RevokeToken, Secret};

use crate::http::caller::Caller;
use crate::http::json::Json;
use crate::http::oauth_form::{OAuthError, OAuthForm, OAuthProblem};
use crate::router::App;

/// Introspect a token
///
/// RFC 7662. The application proves itself by HTTP Basic or by `client_id` and `client_secret` in the body. It learns of its
/// own tokens, of tokens whose `aud` names it, and of all with the scope `introspect`; any other is `active: false`.
/// Errors are those of RFC 6749 §5.2.
#[utoipa::path(post, path = "/oauth/introspect", tag = "oauth", operation_id = "introspect",
    request_body(content = Introspect, content_type = "application/x-www-form-urlencoded"),
    security((), ("basic" = [])),
    responses(
        (status = 200, description = "What the token is good for", body = Introspection),
        (status = 400, description = "`invalid_request`", body = OAuthProblem),
        (status = 401, description = "`invalid_client`", body = OAuthProblem),
        (status = 415, description = "`invalid_request`: not a form", body = OAuthProblem),
    ))]
pub async fn introspect(
    State(app): State<App>,
    caller: Caller,
    form: OAuthForm,
) -> Result<Json<Introspection>, OAuthError> {
    let command = Introspect {
        token: token(&form)?,
        ..Introspect::default()
    };
    let answer = oauth::introspect(&app.sereno, &caller.meta, &form.credentials, command).await?;
    Ok(Json(answer))
}

/// Revoke a token
///
/// RFC 7009. A refresh token or a key ends its whole family, an access token itself; one that no id tells from later ones of
/// its sign-in (the profile leaves `jti` out, or both tokens have the same and the refresh token stays) ends the family, too. A
/// token that is unknown, or not the application's own, is no error.
#[utoipa::path(post, path = "/oauth/revoke", tag = "oauth", operation_id = "revoke",
    request_body(content = RevokeToken, content_type = "application/x-www-form-urlencoded"),
    security((), ("basic" = [])),
    responses(
        (status = 200, description = "The token is good for nothing now"),
        (status = 400, description = "`invalid_request`", body = OAuthProblem),
        (status = 401, description = "`invalid_client`", body = OAuthProblem),
        (status = 415, description = "`invalid_request`: not a form", body = OAuthProblem),
    ))]
pub async fn revoke(State(app): State<App>, caller: Caller, form: OAuthForm) -> Result<StatusCode, OAuthError> {
    let command = RevokeToken {
        token: token(&form)?,
        ..RevokeToken::default()
    };
    oauth::revoke(&app.sereno, &caller.meta, &form.credentials, command).await?;
    Ok(StatusCode::OK)
}

fn token(form: &OAuthForm) -> Result<Secret, OAuthError> {
    form.get("token").map(Secret::from).ok_or(OAuthError::INVALID_REQUEST)
}

//! Signing in with what a provider handed out. Who it speaks of, and whether it is good, the core says; here are the words in
//! which the package and the libraries beneath it refuse.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sereno_core::Error;
use sereno_core::social::{self, UntoldNonce};
use sereno_types::{Code, Secret, SocialLogin};

use super::login::{POST, is_application, present};
use super::params::{Kind, Param};
use super::request::{Answered, Call, Door, Refused, handle};
use super::{python, wire};
use crate::router::App;

static SOCIAL: Door = Door::new(
    POST,
    true,
    &[
        Param::required("token", Kind::Str),
        Param::required("client_id", Kind::Str),
        Param::required("client_secret", Kind::Str),
    ],
);

/// Whose words are spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Provider {
    Google,
    Apple,
    Facebook,
    Microsoft,
    GitHub,
}

impl Provider {
    const fn name(self) -> &'static str {
        match self {
            Self::Google => "Google",
            Self::Apple => "Apple",
            Self::Facebook => "Facebook",
            Self::Microsoft => "Microsoft",
            Self::GitHub => "GitHub",
        }
    }

    fn slug(self, call: &Call) -> &str {
        let settings = &call.app.sereno.config.compat.nets_core;
        match self {
            Self::Google => &settings.google,
            Self::Apple => &settings.apple,
            Self::Facebook => &settings.facebook,
            Self::Microsoft => &settings.microsoft,
            Self::GitHub => &settings.github,
        }
    }

    /// Whether its clients hand over an ID token; others an access token.
    const fn has_id_tokens(self) -> bool {
        matches!(self, Self::Google | Self::Apple)
    }
}

/// `POST /loginWithGoogleSocial/`
pub async fn google(State(app): State<App>, request: Request) -> Response {
    handle(app, request, &SOCIAL, |call| enter(call, Provider::Google)).await
}

/// `POST /loginWithApple/`
pub async fn apple(State(app): State<App>, request: Request) -> Response {
    handle(app, request, &SOCIAL, |call| enter(call, Provider::Apple)).await
}

/// `POST /loginWithFacebook/`
pub async fn facebook(State(app): State<App>, request: Request) -> Response {
    handle(app, request, &SOCIAL, |call| enter(call, Provider::Facebook)).await
}

/// `POST /loginWithMicrosoft/`
pub async fn microsoft(State(app): State<App>, request: Request) -> Response {
    handle(app, request, &SOCIAL, |call| enter(call, Provider::Microsoft)).await
}

/// `POST /loginWithGithub/`
pub async fn github(State(app): State<App>, request: Request) -> Response {
    handle(app, request, &SOCIAL, |call| enter(call, Provider::GitHub)).await
}

async fn enter(call: Call, provider: Provider) -> Answered {
    match sign_in(&call, provider).await {
        Ok(logged_in) => present(&call, logged_in),
        Err(error) if error.code() == Code::InvalidClient => {
            let is_known = is_application(&call).await?;
            let what = if is_known { "client_secret" } else { "client_id" };
            Err(wire::error(&format!("Invalid {what}")).into())
        }
        Err(error) => {
            let token = call.params.text("token");
            let expected = social::client_ids(&call.app.sereno, provider.slug(&call)).await?;
            let now = call.app.sereno.now().unix_seconds();
            Err(match refusal(provider, &error, (&token, &expected, now)) {
                Some(text) => wire::error(&text).into(),
                None => error.into(),
            })
        }
    }
}

async fn sign_in(call: &Call, provider: Provider) -> Result<sereno_core::login::LoggedIn, Error> {
    let token = Some(Secret::from(call.params.text("token")));
    let nonce = call.params.json("nonce").filter(|said| !python::is_falsy(said));
    let mut command = SocialLogin {
        client_id: Some(call.params.text("client_id")),
        client_secret: Some(call.params.text("client_secret").into()),
        ..SocialLogin::default()
    };
    if provider.has_id_tokens() {
        command.id_token = token;
        command.nonce = nonce.map(python::text).map(Secret::from);
    } else {
        command.access_token = token;
    }
    let (sereno, meta, slug) = (&call.app.sereno, &call.meta, provider.slug(call));
    // the package looks at no nonce, and the SDKs of its apps ask with one that nobody tells; who tells it has it checked
    let untold = UntoldNonce::NotLookedAt;
    match social::sign_in_posted(sereno, meta, slug, command.clone(), untold).await {
        // the package looks at the token first, and of two faults it names that of the token
        Err(error) if error.code() == Code::InvalidClient => {
            social::look_at_posted(sereno, meta, slug, command, untold).await?;
            Err(error)
        }
        came => came,
    }
}

/// What the package says; nothing where it has no words: limits, and what is away.
fn refusal(provider: Provider, error: &Error, (token, expected, now): (&str, &[String], i64)) -> Option<String> {
    let code = error.code();
    Some(match code {
        Code::NotFound => format!("{} client id not set", provider.name()),
        Code::TooManyRequests | Code::Overloaded | Code::Unavailable | Code::Internal | Code::SocialUnavailable => {
            return None;
        }
        // its keys could not be had
        Code::SocialMisconfigured | Code::SocialAnswerInvalid if provider == Provider::Apple => {
            "Unable to validate Apple token".to_owned()
        }
        Code::SocialSubjectMissing if !provider.has_id_tokens() => "Provider did not return user email".to_owned(),
        code if !is_of_token(code) => code.title().to_owned(),
        code => match provider {
            Provider::Google => of_google(code, token, expected, now),
            Provider::Apple => of_apple(code, token).to_owned(),
            _ => format!("Invalid {} token", provider.name()),
        },
    })
}

/// Whether the token itself is refused.
const fn is_of_token(code: Code) -> bool {
    matches!(
        code,
        Code::SocialTokenInvalid
            | Code::SocialAlgorithmRefused
            | Code::SocialSignatureInvalid
            | Code::SocialIssuerMismatch
            | Code::SocialAudienceMismatch
            | Code::SocialNonceMismatch
            | Code::SocialTokenExpired
            | Code::SocialSubjectMissing
            | Code::SocialAccessTokenMismatch
            | Code::SocialAccessTokenUnverifiable
            | Code::SocialExchangeRefused
            | Code::ValidationFailed
    )
}

/// As Google's library says it.
fn of_google(code: Code, token: &str, expected: &[String], now: i64) -> String {
    let claims = claims(token);
    match code {
        Code::SocialAudienceMismatch => {
            let expected: Value = expected.iter().cloned().collect();
            format!(
                "Token has wrong audience {}, expected one of {}",
                python::text(&claims["aud"]),
                python::text(&expected)
            )
        }
        Code::SocialTokenExpired => format!("Token expired, {} < {now}", python::text(&claims["exp"])),
        Code::SocialIssuerMismatch => {
            "Wrong issuer. 'iss' should be one of the following: ['accounts.google.com', 'https://accounts.google.com']"
                .to_owned()
        }
        _ if token.split('.').count() != 3 => {
            let token = Value::String(token.to_owned());
            format!("Wrong number of segments in token: b{}", python::shown(&token))
        }
        _ => "Could not verify token signature.".to_owned(),
    }
}

/// As the library for JWTs says it.
fn of_apple(code: Code, token: &str) -> &'static str {
    match code {
        Code::SocialAudienceMismatch => "Audience doesn't match",
        Code::SocialTokenExpired => "Signature has expired",
        Code::SocialIssuerMismatch => "Invalid issuer",
        _ if token.split('.').count() != 3 => "Not enough segments",
        _ => "Signature verification failed",
    }
}

/// What a token says that was refused; nothing of it lets anybody in.
fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap_or_default();
    let bytes = URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// `POST /loginWithGoogle/`, the older door, which refuses with status 200.
pub async fn google_legacy(State(app): State<App>, request: Request) -> Response {
    handle(app, request, &SOCIAL, enter_legacy).await
}

async fn enter_legacy(call: Call) -> Answered {
    match sign_in(&call, Provider::Google).await {
        Ok(logged_in) => present(&call, logged_in),
        Err(error) if error.code() == Code::InvalidClient && !is_application(&call).await? => {
            Err(wire::refusal(StatusCode::BAD_REQUEST, "Invalid arkadu client id").into())
        }
        Err(error) => Err(refused_legacy(error)),
    }
}

fn refused_legacy(error: Error) -> Refused {
    let said = |text: &str| wire::refusal(StatusCode::OK, text).into();
    match error.code() {
        Code::NotFound => wire::refusal(StatusCode::INTERNAL_SERVER_ERROR, "Google client id not set").into(),
        Code::InvalidClient => said("Invalid client_secret"),
        Code::SocialIssuerMismatch => said(&of_google(Code::SocialIssuerMismatch, "", &[], 0)),
        Code::TooManyRequests | Code::Overloaded | Code::Unavailable | Code::Internal | Code::SocialUnavailable => {
            error.into()
        }
        code if is_of_token(code) => said("Invalid token"),
        code => said(code.title()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn refusals_are_those_of_the_libraries() {
        let ours = ["google-client".to_owned()];
        for (provider, code, token, expected) in [
            (
                Provider::Google,
                Code::SocialTokenInvalid,
                "bad".to_owned(),
                "Wrong number of segments in token: b'bad'",
            ),
            (
                Provider::Google,
                Code::SocialAudienceMismatch,
                token(r#"{"aud": "x"}"#),
                "Token has wrong audience x, expected one of ['google-client']",
            ),
            (
                Provider::Google,
                Code::SocialTokenExpired,
                token(r#"{"exp": 5}"#),
                "Token expired, 5 < 65",
            ),
            (
                Provider::Google,
                Code::SocialSignatureInvalid,
                token("{}"),
                "Could not verify token signature.",
            ),
            (
                Provider::Google,
                Code::NotFound,
                token("{}"),
                "Google client id not set",
            ),
            (
                Provider::Apple,
                Code::SocialTokenInvalid,
                "bad".to_owned(),
                "Not enough segments",
            ),
            (
                Provider::Apple,
                Code::SocialTokenExpired,
                token("{}"),
                "Signature has expired",
            ),
            (
                Provider::Microsoft,
                Code::SocialTokenInvalid,
                "bad".to_owned(),
                "Invalid Microsoft token",
            ),
            (
                Provider::GitHub,
                Code::SocialAccessTokenUnverifiable,
                "bad".to_owned(),
                "Invalid GitHub token",
            ),
        ] {
            let error = Error::from(code);
            let said = refusal(provider, &error, (&token, &ours, 65));
            assert_eq!(said.as_deref(), Some(expected), "{provider:?} {code}");
        }
        let limited = Error::from(Code::TooManyRequests);
        assert_eq!(refusal(Provider::Google, &limited, ("", &ours, 0)), None);
    }
}

//! Exchanging an authorization code for tokens (RFC 6749 §4.1.3) with the crate `oauth2`.

use oauth2::basic::{
    BasicErrorResponse, BasicErrorResponseType, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse,
    BasicTokenType,
};
use oauth2::{
    AuthType, AuthorizationCode, Client, ClientId, ClientSecret, ExtraTokenFields, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, StandardRevocableToken, StandardTokenResponse, TokenResponse, TokenUrl,
};
use serde::{Deserialize, Serialize};
use sereno_types::{Code, Secret};

use super::endpoints::Endpoints;
use super::http::{Http, failing, refused};
use super::provider::Provider;
use super::secret;
use crate::clock::Moment;
use crate::error::{Error, Result};
use crate::net::OutboundError;

/// What came for a code.
#[expect(clippy::struct_field_names, reason = "as RFC 6749 and OpenID Connect call them")]
pub(super) struct Tokens {
    pub access_token: String,
    pub id_token: Option<String>,
    pub refresh_token: Option<Secret>,
}

/// A code, and what belongs to it.
pub(super) struct Presented<'a> {
    pub code: &'a str,
    pub redirect_uri: &'a str,
    pub verifier: Option<&'a str>,
}

/// The ID token beside the access token.
#[derive(Deserialize, Serialize)]
struct Extra {
    #[serde(default)]
    id_token: Option<String>,
}

impl std::fmt::Debug for Extra {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Extra")
    }
}

impl ExtraTokenFields for Extra {}

type Failure = RequestTokenError<OutboundError, BasicErrorResponse>;
type TokenClient = Client<
    BasicErrorResponse,
    StandardTokenResponse<Extra, BasicTokenType>,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
>;

/// Exchanges a code.
///
/// # Errors
/// `social_exchange_refused`, `social_misconfigured` when the provider does not accept ourselves, `social_unavailable`,
/// `social_answer_invalid`.
pub(super) async fn exchange(
    http: &Http,
    provider: &Provider,
    endpoints: &Endpoints,
    presented: Presented<'_>,
    now: Moment,
) -> Result<Tokens> {
    let misconfigured = |error: &dyn std::fmt::Display| refused(Code::SocialMisconfigured, error);
    let mut client = TokenClient::new(ClientId::new(provider.client_id.clone()));
    if let Some(secret) = secret::of(provider, &endpoints.issuer, now)? {
        client = client.set_client_secret(ClientSecret::new(secret));
    }
    let client = client
        .set_auth_type(if endpoints.basic {
            AuthType::BasicAuth
        } else {
            AuthType::RequestBody
        })
        .set_token_uri(TokenUrl::new(endpoints.token.clone()).map_err(|error| misconfigured(&error))?)
        .set_redirect_uri(
            RedirectUrl::new(presented.redirect_uri.to_owned())
                .map_err(|error| refused(Code::SocialExchangeRefused, &error))?,
        );
    let mut request = client.exchange_code(AuthorizationCode::new(presented.code.to_owned()));
    if let Some(verifier) = presented.verifier {
        request = request.set_pkce_verifier(PkceCodeVerifier::new(verifier.to_owned()));
    }
    let tokens = request.request_async(http).await.map_err(|error| translate(&error))?;
    Ok(Tokens {
        access_token: tokens.access_token().secret().clone(),
        id_token: tokens.extra_fields().id_token.clone(),
        refresh_token: tokens.refresh_token().map(|token| Secret::new(token.secret().as_str())),
    })
}

/// Bodies are not logged: they may hold tokens.
fn translate(error: &Failure) -> Error {
    match error {
        RequestTokenError::Request(error) => failing(error),
        RequestTokenError::ServerResponse(answer) => {
            let ours = match answer.error() {
                BasicErrorResponseType::InvalidClient | BasicErrorResponseType::UnauthorizedClient => true,
                BasicErrorResponseType::Extension(name) => name == "incorrect_client_credentials",
                _ => false,
            };
            let code = if ours {
                Code::SocialMisconfigured
            } else {
                Code::SocialExchangeRefused
            };
            refused(code, &answer.error().as_ref())
        }
        // GitHub refuses with status 200, Facebook with an object
        RequestTokenError::Parse(_, body) => match serde_json::from_slice::<serde_json::Value>(body) {
            Ok(body) if body.get("error").is_some() => {
                let name = body["error"].as_str().unwrap_or("");
                let about_us = body["error"]["message"]
                    .as_str()
                    .unwrap_or("")
                    .contains("client secret");
                if name == "incorrect_client_credentials" || about_us {
                    refused(Code::SocialMisconfigured, &"the provider refused our credentials")
                } else {
                    refused(Code::SocialExchangeRefused, &"the provider refused the code")
                }
            }
            _ => refused(Code::SocialAnswerInvalid, &"the answer to the code cannot be read"),
        },
        RequestTokenError::Other(why) => refused(Code::SocialAnswerInvalid, why),
    }
}

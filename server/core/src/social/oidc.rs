//! Any OpenID Connect issuer, by discovery (OpenID Connect Discovery 1.0 §4); the other kinds that publish a discovery
//! document stand on this one.

use openidconnect::core::{
    CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType,
    CoreSubjectIdentifierType,
};
use openidconnect::{AdditionalProviderMetadata, DiscoveryError, IssuerUrl, ProviderMetadata};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sereno_types::Code;

use super::endpoints::Endpoints;
use super::http::{Http, bearing, failing, get, refused};
use super::person::{ProviderUser, text, yes};
use super::provider::Provider;
use crate::error::{Error, Result};
use crate::net::OutboundError;

/// What is asked for unless something else is said.
pub(super) const SCOPES: &[&str] = &["openid", "email", "profile"];

/// What we read of a discovery document beside what everybody does (RFC 9207 §3).
#[derive(Clone, Debug, Deserialize, Serialize)]
struct More {
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for More {}

type Metadata = ProviderMetadata<
    More,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// The endpoints of the issuer in the settings.
pub(super) async fn endpoints(http: &Http, provider: &Provider) -> Result<Endpoints> {
    let issuer = provider.settings.issuer.as_deref();
    let issuer = issuer.ok_or_else(|| refused(Code::SocialMisconfigured, &"no issuer"))?;
    discover(http, issuer).await
}

/// The endpoints and keys of an issuer.
///
/// # Errors
/// `social_issuer_mismatch` when the document speaks for another one; `social_misconfigured` when there is none;
/// `social_answer_invalid`, `social_unavailable`.
pub(super) async fn discover(http: &Http, issuer: &str) -> Result<Endpoints> {
    let url = IssuerUrl::new(issuer.to_owned()).map_err(|error| refused(Code::SocialMisconfigured, &error))?;
    let found = Metadata::discover_async(url, http)
        .await
        .map_err(|error| translate(&error))?;
    let token = found
        .token_endpoint()
        .ok_or_else(|| refused(Code::SocialAnswerInvalid, &"no token endpoint"))?;
    // nothing announced means HTTP Basic (Discovery §3)
    let basic = found
        .token_endpoint_auth_methods_supported()
        .is_none_or(|methods| !methods.contains(&CoreClientAuthMethod::ClientSecretPost));
    Ok(Endpoints {
        issuer: issuer.to_owned(),
        authorization: found.authorization_endpoint().to_string(),
        token: token.to_string(),
        userinfo: found.userinfo_endpoint().map(ToString::to_string),
        keys: Some(found.jwks().clone()),
        names_issuer: found
            .additional_metadata()
            .authorization_response_iss_parameter_supported,
        basic,
        posts: false,
    })
}

/// What a failure to find out means.
pub(super) fn translate(error: &DiscoveryError<OutboundError>) -> Error {
    match error {
        DiscoveryError::Request(error) => failing(error),
        DiscoveryError::Validation(_) => refused(Code::SocialIssuerMismatch, error),
        DiscoveryError::Response(status, ..) if status.is_client_error() || status.is_redirection() => {
            refused(Code::SocialMisconfigured, error)
        }
        DiscoveryError::UrlParse(_) => refused(Code::SocialMisconfigured, error),
        _ => refused(Code::SocialAnswerInvalid, error),
    }
}

/// Who the standard claims speak of (OpenID Connect Core §5.1).
pub(super) fn person(issuer: &str, claims: &Value) -> Result<ProviderUser> {
    let person = ProviderUser::new(issuer, text(claims, "sub").unwrap_or_default())?
        .with_email(text(claims, "email"), yes(claims.get("email_verified")))
        .with_names(
            text(claims, "name"),
            text(claims, "given_name"),
            text(claims, "family_name"),
        )
        .with_picture(text(claims, "picture"));
    Ok(person)
}

/// Completes what an ID token left out by what the issuer tells of the same subject (OpenID Connect Core §5.3).
///
/// # Errors
/// `social_subject_missing` when it speaks of somebody else.
pub(super) async fn completed(
    http: &Http,
    endpoints: &Endpoints,
    person: ProviderUser,
    access_token: Option<&str>,
) -> Result<ProviderUser> {
    let (Some(userinfo), Some(access_token), None) = (&endpoints.userinfo, access_token, &person.email) else {
        return Ok(person);
    };
    let told = http.ask_for(bearing(get(userinfo, "", &[])?, access_token)?).await?;
    if text(&told, "sub") != Some(person.subject.as_str()) {
        return Err(refused(
            Code::SocialSubjectMissing,
            &"the issuer tells of another subject",
        ));
    }
    self::person(&endpoints.issuer, &told)
}

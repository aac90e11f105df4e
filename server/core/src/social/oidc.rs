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
    read(issuer, &found)
}

/// What a discovery document says.
fn read(issuer: &str, found: &Metadata) -> Result<Endpoints> {
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

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;

    /// What a discovery document says.
    pub(in crate::social) fn discovered(document: &Value) -> Endpoints {
        let found: Metadata = serde_json::from_value(document.clone()).unwrap();
        read(document["issuer"].as_str().unwrap(), &found).unwrap()
    }

    /// As Keycloak publishes it, shortened where a list goes on.
    fn document() -> Value {
        let realm = "https://id.example.org/realms/staff";
        let at = |path: &str| format!("{realm}/protocol/openid-connect/{path}");
        json!({
            "issuer": realm, "authorization_endpoint": at("auth"), "token_endpoint": at("token"),
            "introspection_endpoint": at("token/introspect"), "userinfo_endpoint": at("userinfo"),
            "end_session_endpoint": at("logout"), "frontchannel_logout_session_supported": true,
            "jwks_uri": at("certs"), "check_session_iframe": at("login-status-iframe.html"),
            "grant_types_supported": ["authorization_code", "client_credentials", "implicit", "password", "refresh_token",
                "urn:ietf:params:oauth:grant-type:device_code", "urn:openid:params:grant-type:ciba"],
            "acr_values_supported": ["0", "1"], "response_types_supported": ["code", "none", "id_token", "code id_token token"],
            "subject_types_supported": ["public", "pairwise"], "prompt_values_supported": ["none", "login", "consent"],
            "id_token_signing_alg_values_supported": ["PS384", "RS384", "EdDSA", "ES384", "HS256", "ES256", "RS256"],
            "userinfo_signing_alg_values_supported": ["RS256", "none"], "response_modes_supported": ["query", "fragment",
                "form_post", "query.jwt", "form_post.jwt", "jwt"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_basic", "client_secret_post",
                "tls_client_auth", "client_secret_jwt"],
            "claims_supported": ["aud", "sub", "iss", "auth_time", "name", "given_name", "family_name", "email", "acr"],
            "claim_types_supported": ["normal"], "claims_parameter_supported": true,
            "scopes_supported": ["openid", "email", "profile", "offline_access"],
            "request_parameter_supported": true, "require_request_uri_registration": true,
            "code_challenge_methods_supported": ["plain", "S256"], "tls_client_certificate_bound_access_tokens": true,
            "pushed_authorization_request_endpoint": at("ext/par/request"), "backchannel_logout_supported": true,
            "authorization_response_iss_parameter_supported": true
        })
    }

    #[test]
    fn a_document_is_read() {
        let found = discovered(&document());
        assert_eq!(found.issuer, "https://id.example.org/realms/staff");
        assert!(found.authorization.ends_with("/auth") && found.token.ends_with("/token"));
        assert!(found.userinfo.unwrap().ends_with("/userinfo"));
        assert!(found.names_issuer && !found.basic && !found.posts);
        // who announces no way to prove oneself means HTTP Basic
        let mut silent = document();
        silent["token_endpoint_auth_methods_supported"] = json!(null);
        assert!(discovered(&silent).basic);
    }

    #[test]
    fn an_answer_is_read() {
        let claims = json!({
            "exp": 1_767_226_200, "iat": 1_767_225_900, "auth_time": 1_767_225_899, "jti": "9ab0c7a4-2f0e-4d37-8c0e-0d4e",
            "iss": "https://id.example.org/realms/staff", "aud": "sereno", "sub": "f8d0a7c1-6a3b-4f0e-9a55-1d2e3f405162",
            "typ": "ID", "azp": "sereno", "sid": "0e6c9f0b", "at_hash": "xGk0", "acr": "1", "email_verified": true,
            "name": "Ana García", "preferred_username": "ana", "given_name": "Ana", "family_name": "García",
            "email": "ana@example.org", "picture": "https://id.example.org/ana.png"
        });
        let person = person("https://id.example.org/realms/staff", &claims).unwrap();
        assert_eq!(person.subject, "f8d0a7c1-6a3b-4f0e-9a55-1d2e3f405162");
        assert_eq!(person.email.as_ref().unwrap().address, "ana@example.org");
        assert!(person.email_verified);
        assert_eq!(person.names(), ("Ana".to_owned(), "García".to_owned()));
        assert_eq!(person.picture.as_deref(), Some("https://id.example.org/ana.png"));
    }
}

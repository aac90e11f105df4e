//! Apple: OpenID Connect by discovery. The answer comes as a form that is posted, the name only in the first one; the
//! client secret is a JWT that is signed when it is used (`secret.rs`).

use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Request};
use serde_json::Value;
use sereno_types::Secret;

use super::endpoints::{Endpoints, base};
use super::http::{self, Http};
use super::person::{ProviderUser, text};
use super::provider::Provider;
use super::{oidc, secret};
use crate::context::{Failure, Sereno, tidy};
use crate::error::Result;

const ISSUER: &str = "https://appleid.apple.com";
/// Names and address come for these.
pub(super) const SCOPES: &[&str] = &["openid", "name", "email"];

pub(super) async fn endpoints(http: &Http, provider: &Provider) -> Result<Endpoints> {
    let found = oidc::discover(http, &base(provider.settings.issuer.as_deref(), ISSUER)).await?;
    Ok(Endpoints {
        // asked for a name, Apple answers in no other way
        posts: true,
        basic: false,
        ..found
    })
}

/// Revokes a refresh token, and with it everything that the person allowed us at Apple (RFC 7009, and Apple's "Revoke
/// tokens"): demanded of apps whose accounts can be deleted.
pub(super) async fn revoke(sereno: &Sereno, provider: &Provider, token: &Secret) -> std::result::Result<(), Failure> {
    let issuer = base(provider.settings.issuer.as_deref(), ISSUER);
    let secret = secret::of(provider, &issuer, sereno.now())?.unwrap_or_default();
    let url = http::parse(&format!("{issuer}/auth/revoke"))?;
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", &provider.client_id)
        .append_pair("client_secret", &secret)
        .append_pair("token", token.expose())
        .append_pair("token_type_hint", "refresh_token")
        .finish();
    let mut request = Request::new(Method::POST, url);
    let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
    request.headers_mut().insert(CONTENT_TYPE, kind);
    *request.body_mut() = Some(form.into());
    let answer = sereno.outbound.send(request).await;
    let answer = answer.map_err(|error| Failure::Later(error.to_string()))?;
    if answer.is_success() {
        return Ok(());
    }
    let error = answer.json::<Value>().unwrap_or_default();
    let error = text(&error, "error").unwrap_or_default();
    let why = format!("Apple answered {} {}", answer.status, tidy(error, 40));
    // a token that it does not know any more is as good as revoked; our own key may be put right meanwhile
    if answer.status == 400 && error != "invalid_client" {
        Err(Failure::Never(why))
    } else {
        Err(Failure::Later(why))
    }
}

/// The person, with the name of the posted form: `{"name": {"firstName": …, "lastName": …}, "email": …}`. The address in
/// it is not signed, and is not read.
pub(super) fn with_posted(person: ProviderUser, posted: Option<&str>) -> ProviderUser {
    let Some(posted) = posted.and_then(|posted| serde_json::from_str::<Value>(posted).ok()) else {
        return person;
    };
    let name = &posted["name"];
    person.with_names(None, text(name, "firstName"), text(name, "lastName"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// As Apple's documentation shows an ID token's claims.
    fn claims() -> Value {
        json!({
            "iss": "https://appleid.apple.com", "aud": "org.example.app", "exp": 1_800_000_600, "iat": 1_800_000_000,
            "sub": "001234.0123456789abcdef0123456789abcdef.1234", "nonce_supported": true,
            "email": "abcdefghij@privaterelay.appleid.com", "email_verified": "true", "is_private_email": "true",
            "auth_time": 1_800_000_000
        })
    }

    /// As Apple publishes it.
    #[test]
    fn the_document_is_read() {
        let found = oidc::tests::discovered(&json!({
            "issuer": "https://appleid.apple.com", "authorization_endpoint": "https://appleid.apple.com/auth/authorize",
            "token_endpoint": "https://appleid.apple.com/auth/token",
            "revocation_endpoint": "https://appleid.apple.com/auth/revoke",
            "jwks_uri": "https://appleid.apple.com/auth/keys", "response_types_supported": ["code"],
            "response_modes_supported": ["query", "fragment", "form_post"], "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"], "scopes_supported": ["openid", "email", "name"],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "claims_supported": ["aud", "email", "email_verified", "exp", "iat", "is_private_email", "iss", "nonce",
                "nonce_supported", "real_user_status", "sub", "transfer_sub"]
        }));
        assert_eq!((found.issuer.as_str(), found.userinfo), (ISSUER, None));
        assert!(!found.basic);
    }

    #[test]
    fn an_answer_is_read() {
        let person = oidc::person(ISSUER, &claims()).unwrap();
        assert_eq!(person.subject, "001234.0123456789abcdef0123456789abcdef.1234");
        assert!(person.email_verified);
        assert_eq!(
            person.email.as_ref().unwrap().address,
            "abcdefghij@privaterelay.appleid.com"
        );
        let posted = r#"{"name":{"firstName":"Ana","lastName":"García"},"email":"evil@example.org"}"#;
        let named = with_posted(person.clone(), Some(posted));
        assert_eq!(named.names(), ("Ana".to_owned(), "García".to_owned()));
        assert_eq!(named.email, person.email);
        for nonsense in ["", "[]", "{\"name\":7}", "not json"] {
            assert_eq!(with_posted(person.clone(), Some(nonsense)).names().0, "");
        }
    }
}

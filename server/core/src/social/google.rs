//! Google: OpenID Connect by discovery. Of an access token `tokeninfo` tells to whom it was issued.

use serde_json::Value;
use sereno_types::Code;

use super::endpoints::{Endpoints, base};
use super::http::{Http, bearing, get, refused};
use super::oidc;
use super::person::{ProviderUser, text};
use super::provider::Provider;
use crate::error::Result;

const ISSUER: &str = "https://accounts.google.com";
const API: &str = "https://oauth2.googleapis.com";

pub(super) async fn endpoints(http: &Http, provider: &Provider) -> Result<Endpoints> {
    oidc::discover(http, &base(provider.settings.issuer.as_deref(), ISSUER)).await
}

/// How the issuer is called in ID tokens, too: without `https://`. Google's documentation says that both are its name.
pub(super) fn also_called(issuer: &str) -> Option<&str> {
    issuer.split_once("://").map(|(_, name)| name)
}

/// Who an access token belongs to, if it was issued to us.
pub(super) async fn by_access_token(
    http: &Http,
    provider: &Provider,
    endpoints: &Endpoints,
    token: &str,
) -> Result<ProviderUser> {
    let api = base(provider.settings.api_url.as_deref(), API);
    let told = http
        .ask_for(get(&api, "/tokeninfo", &[("access_token", token)])?)
        .await?;
    issued_to_us(provider, &told)?;
    let person = oidc::person(&endpoints.issuer, &told)?;
    let userinfo = endpoints.userinfo.as_deref();
    let userinfo = userinfo.ok_or_else(|| refused(Code::SocialAnswerInvalid, &"no userinfo endpoint"))?;
    let more = http.ask_for(bearing(get(userinfo, "", &[])?, token)?).await?;
    let more = oidc::person(&endpoints.issuer, &more)?;
    if more.subject == person.subject {
        Ok(more)
    } else {
        Err(refused(Code::SocialSubjectMissing, &"two answers about two people"))
    }
}

fn issued_to_us(provider: &Provider, told: &Value) -> Result<()> {
    let parties: Vec<&str> = ["aud", "azp"].iter().filter_map(|name| text(told, name)).collect();
    let ours = |party: &&str| provider.client_ids().any(|ours| ours == *party);
    if parties.is_empty() || !parties.iter().all(ours) {
        return Err(refused(
            Code::SocialAudienceMismatch,
            &"the token was issued to another application",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::social::oidc::tests::discovered;
    use crate::social::settings::tests::provider;

    /// As Google publishes it.
    fn document() -> Value {
        json!({
            "issuer": "https://accounts.google.com",
            "authorization_endpoint": "https://accounts.google.com/o/oauth2/v2/auth",
            "device_authorization_endpoint": "https://oauth2.googleapis.com/device/code",
            "token_endpoint": "https://oauth2.googleapis.com/token",
            "userinfo_endpoint": "https://openidconnect.googleapis.com/v1/userinfo",
            "revocation_endpoint": "https://oauth2.googleapis.com/revoke",
            "jwks_uri": "https://www.googleapis.com/oauth2/v3/certs",
            "response_types_supported": ["code", "token", "id_token", "code token", "code id_token", "none"],
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "email", "profile"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "claims_supported": ["aud", "email", "email_verified", "exp", "family_name", "given_name", "iat", "iss", "name",
                "picture", "sub"],
            "code_challenge_methods_supported": ["plain", "S256"],
            "grant_types_supported": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:jwt-bearer"]
        })
    }

    #[test]
    fn the_document_is_read() {
        let found = discovered(&document());
        assert_eq!(found.issuer, ISSUER);
        assert_eq!(found.token, "https://oauth2.googleapis.com/token");
        assert_eq!(
            found.userinfo.as_deref(),
            Some("https://openidconnect.googleapis.com/v1/userinfo")
        );
        assert!(!found.basic && !found.names_issuer);
    }

    /// As Google's documentation shows an ID token's claims, for an account of an organisation.
    #[test]
    fn an_answer_is_read() {
        let claims = json!({
            "iss": "https://accounts.google.com", "azp": "1234987819200.apps.googleusercontent.com",
            "aud": "1234987819200.apps.googleusercontent.com", "sub": "10769150350006150715113082367",
            "at_hash": "HK6E_P6Dh8Y93mRNtsDB1Q", "hd": "example.com", "email": "jsmith@example.com",
            "email_verified": true, "iat": 1_353_601_026, "exp": 1_353_604_926, "nonce": "0394852-3190485-2490358",
            "name": "Jan Smith", "given_name": "Jan", "picture": "https://lh3.googleusercontent.com/a/x=s96-c"
        });
        let person = oidc::person(ISSUER, &claims).unwrap();
        assert_eq!(person.subject, "10769150350006150715113082367");
        assert!(person.email_verified);
        assert_eq!(person.names(), ("Jan".to_owned(), String::new()));
    }

    /// `tokeninfo` writes everything as text.
    #[test]
    fn an_access_token_says_to_whom_it_was_issued() {
        let mut provider = provider(sereno_types::SocialKind::Google);
        provider.client_id = "1234987819200.apps.googleusercontent.com".to_owned();
        let told = json!({
            "azp": "1234987819200.apps.googleusercontent.com", "aud": "1234987819200.apps.googleusercontent.com",
            "sub": "10769150350006150715113082367", "scope": "https://www.googleapis.com/auth/userinfo.email openid",
            "exp": "1767229500", "expires_in": "3599", "email": "jsmith@example.com", "email_verified": "true",
            "access_type": "online"
        });
        assert!(issued_to_us(&provider, &told).is_ok());
        assert!(oidc::person(ISSUER, &told).unwrap().email_verified);
        for changed in ["aud", "azp"] {
            let mut other = told.clone();
            other[changed] = json!("4321.apps.googleusercontent.com");
            assert!(issued_to_us(&provider, &other).is_err(), "{changed}");
        }
        assert!(issued_to_us(&provider, &json!({"sub": "1"})).is_err());
        assert!(
            issued_to_us(
                &provider,
                &json!({"error": "invalid_token", "error_description": "Invalid Value"})
            )
            .is_err()
        );
    }
}

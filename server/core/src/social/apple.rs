//! Apple: OpenID Connect by discovery. The answer comes as a form that is posted, the name only in the first one; the
//! client secret is a JWT that is signed when it is used (`secret.rs`).

use serde_json::Value;

use super::endpoints::{Endpoints, base};
use super::http::Http;
use super::oidc;
use super::person::{ProviderUser, text};
use super::provider::Provider;
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

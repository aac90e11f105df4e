//! AWS Cognito: a user pool is an OpenID Connect issuer; its name is made of region and pool.

use sereno_types::Code;

use super::endpoints::{Endpoints, base};
use super::http::{Http, refused};
use super::oidc;
use super::provider::Provider;
use crate::error::Result;

pub(super) async fn endpoints(http: &Http, provider: &Provider) -> Result<Endpoints> {
    let settings = &provider.settings;
    let usual = match (&settings.region, &settings.user_pool_id) {
        (Some(region), Some(pool)) => format!("https://cognito-idp.{region}.amazonaws.com/{pool}"),
        _ if settings.issuer.is_some() => String::new(),
        _ => return Err(refused(Code::SocialMisconfigured, &"no region and user pool")),
    };
    oidc::discover(http, &base(settings.issuer.as_deref(), &usual)).await
}

/// Whether what claims to be an ID token is one, and not the access token that the same keys have signed.
pub(super) fn is_id_token(claims: &serde_json::Value) -> bool {
    claims.get("token_use").is_none_or(|token_use| token_use == "id")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::social::oidc::tests::discovered;

    const POOL: &str = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI";

    /// As Cognito publishes it: the pool is the issuer, its domain answers.
    fn document() -> Value {
        let at = |path: &str| format!("https://example.auth.eu-west-1.amazoncognito.com/{path}");
        json!({
            "authorization_endpoint": at("oauth2/authorize"), "end_session_endpoint": at("logout"),
            "id_token_signing_alg_values_supported": ["RS256"], "issuer": POOL,
            "jwks_uri": format!("{POOL}/.well-known/jwks.json"), "response_types_supported": ["code", "token"],
            "revocation_endpoint": at("oauth2/revoke"), "scopes_supported": ["openid", "email", "phone", "profile"],
            "subject_types_supported": ["public"], "token_endpoint": at("oauth2/token"),
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "userinfo_endpoint": at("oauth2/userInfo")
        })
    }

    #[test]
    fn the_document_is_read() {
        let found = discovered(&document());
        assert_eq!(found.issuer, POOL);
        assert_eq!(
            found.token,
            "https://example.auth.eu-west-1.amazoncognito.com/oauth2/token"
        );
        assert!(!found.basic && !found.names_issuer);
    }

    /// As AWS's documentation shows an ID token's claims; at `userInfo` the flag is a text.
    #[test]
    fn an_answer_is_read() {
        let mut claims = json!({
            "sub": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "cognito:groups": ["test-group-a"], "email_verified": true,
            "cognito:preferred_role": "arn:aws:iam::111122223333:role/my-test-role", "iss": POOL,
            "cognito:username": "my-test-user", "middle_name": "Jane", "nonce": "abcdefg",
            "origin_jti": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "aud": "xxxxxxxxxxxxexample",
            "identities": [{"userId": "amzn1.account.EXAMPLE", "providerName": "LoginWithAmazon", "primary": "true"}],
            "event_id": "64f513be-32db-42b0-b78e-b02127b4f463", "token_use": "id", "auth_time": 1_676_312_777,
            "exp": 1_676_316_377, "iat": 1_676_312_777, "jti": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
            "email": "my-test-user@example.com"
        });
        assert!(is_id_token(&claims));
        claims["email_verified"] = json!("true");
        let person = oidc::person(POOL, &claims).unwrap();
        assert_eq!(person.subject, "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee");
        assert!(person.email_verified);
    }

    /// The same keys sign access tokens, which name the client elsewhere and speak for whoever is called with them.
    #[test]
    fn an_access_token_is_no_id_token() {
        let claims = json!({
            "sub": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "iss": POOL, "version": 2, "client_id": "xxxxxxxxxxxxexample",
            "token_use": "access", "scope": "phone openid profile email", "auth_time": 1_676_313_851,
            "exp": 1_676_317_451, "iat": 1_676_313_851, "username": "my-test-user"
        });
        assert!(!is_id_token(&claims));
    }
}

//! Facebook: OAuth 2 with an API of its own. Of an access token `debug_token` tells to which app it was issued; the ID
//! tokens of Limited Login are signed with published keys. It tells addresses and never says that they are verified.

use aws_lc_rs::hmac;
use openidconnect::JsonWebKeySetUrl;
use openidconnect::core::CoreJsonWebKeySet;
use serde_json::Value;
use sereno_types::Code;

use super::endpoints::{Endpoints, base};
use super::http::{Http, bearing, get, refused};
use super::oidc;
use super::person::{ProviderUser, text, yes};
use super::provider::Provider;
use crate::crypto::keys::encode_hex;
use crate::error::Result;

const SITE: &str = "https://www.facebook.com";
const API: &str = "https://graph.facebook.com";
/// What is asked for unless something else is said.
pub(super) const SCOPES: &[&str] = &["email", "public_profile"];
const FIELDS: &str = "id,name,first_name,last_name,email,picture.type(large)";

pub(super) async fn endpoints(http: &Http, provider: &Provider) -> Result<Endpoints> {
    let site = base(provider.settings.base_url.as_deref(), SITE);
    let keys = format!("{site}/.well-known/oauth/openid/jwks/");
    let keys = JsonWebKeySetUrl::new(keys).map_err(|error| refused(Code::SocialMisconfigured, &error))?;
    let keys = CoreJsonWebKeySet::fetch_async(&keys, http)
        .await
        .map_err(|error| oidc::translate(&error))?;
    let token = format!("{}/oauth/access_token", api(provider));
    let mut endpoints = Endpoints::oauth(site.clone(), format!("{site}/dialog/oauth"), token);
    endpoints.keys = Some(keys);
    Ok(endpoints)
}

fn api(provider: &Provider) -> String {
    base(provider.settings.api_url.as_deref(), API)
}

/// Who an access token belongs to, if it was issued to us.
pub(super) async fn by_access_token(
    http: &Http,
    provider: &Provider,
    endpoints: &Endpoints,
    token: &str,
) -> Result<ProviderUser> {
    let secret = provider.secret.as_ref();
    let secret = secret
        .ok_or_else(|| refused(Code::SocialMisconfigured, &"no app secret"))?
        .expose();
    let ourselves = format!("{}|{secret}", provider.client_id);
    let question = get(&api(provider), "/debug_token", &[("input_token", token)])?;
    let told = http.ask_for(bearing(question, &ourselves)?).await?;
    let subject = issued_to(provider, &told["data"])?;
    let proof = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), token.as_bytes());
    let proof = encode_hex(proof.as_ref());
    let question = get(
        &api(provider),
        "/me",
        &[("fields", FIELDS), ("appsecret_proof", &proof)],
    )?;
    let me = http.ask_for(bearing(question, token)?).await?;
    if text(&me, "id") != Some(subject.as_str()) {
        return Err(refused(Code::SocialSubjectMissing, &"two answers about two people"));
    }
    person(&endpoints.issuer, &me)
}

/// The subject of a good token of ours.
fn issued_to(provider: &Provider, told: &Value) -> Result<String> {
    if !yes(told.get("is_valid")) {
        return Err(refused(Code::SocialTokenInvalid, &"the token is not valid"));
    }
    if !text(told, "app_id").is_some_and(|app| provider.client_ids().any(|ours| ours == app)) {
        return Err(refused(
            Code::SocialAudienceMismatch,
            &"the token was issued to another app",
        ));
    }
    let subject = text(told, "user_id").filter(|subject| !subject.is_empty());
    let subject = subject.ok_or_else(|| refused(Code::SocialSubjectMissing, &"the token is nobody's"))?;
    Ok(subject.to_owned())
}

fn person(issuer: &str, me: &Value) -> Result<ProviderUser> {
    let person = ProviderUser::new(issuer, text(me, "id").unwrap_or_default())?
        .with_email(text(me, "email"), false)
        .with_names(text(me, "name"), text(me, "first_name"), text(me, "last_name"))
        .with_picture(text(&me["picture"]["data"], "url"));
    Ok(person)
}

/// Who an ID token of Limited Login speaks of.
pub(super) fn by_claims(issuer: &str, claims: &Value) -> Result<ProviderUser> {
    Ok(oidc::person(issuer, claims)?.with_email(text(claims, "email"), false))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::social::settings::tests::{provider, refused_with};

    #[test]
    fn the_app_of_a_token_is_checked() {
        let provider = provider(sereno_types::SocialKind::Facebook);
        let good = json!({
            "app_id": "client", "type": "USER", "application": "Example", "data_access_expires_at": 1_808_000_000,
            "expires_at": 1_805_000_000, "is_valid": true, "scopes": ["email", "public_profile"],
            "user_id": "10158000000000000"
        });
        assert_eq!(issued_to(&provider, &good).unwrap(), "10158000000000000");
        for (field, value, code) in [
            ("app_id", json!("another"), Code::SocialAudienceMismatch),
            ("app_id", json!(null), Code::SocialAudienceMismatch),
            ("is_valid", json!(false), Code::SocialTokenInvalid),
            ("user_id", json!(""), Code::SocialSubjectMissing),
            ("user_id", json!(null), Code::SocialSubjectMissing),
        ] {
            let mut told = good.clone();
            told[field] = value;
            assert_eq!(refused_with(issued_to(&provider, &told)), code);
        }
    }

    #[test]
    fn an_answer_is_read() {
        let me = json!({
            "id": "10158000000000000", "name": "Ana García", "first_name": "Ana", "last_name": "García",
            "email": "ana@example.org",
            "picture": {"data": {"height": 200, "is_silhouette": false, "url": "https://platform-lookaside.fbsbx.com/x", "width": 200}}
        });
        let person = person(SITE, &me).unwrap();
        assert_eq!(person.names(), ("Ana".to_owned(), "García".to_owned()));
        assert!(!person.email_verified);
        assert_eq!(
            person.picture.as_deref(),
            Some("https://platform-lookaside.fbsbx.com/x")
        );
    }
}

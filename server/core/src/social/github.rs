//! GitHub and GitHub Enterprise: OAuth 2 with an API of its own. Of an access token the API tells whether it was issued to
//! our application; of addresses, which ones are verified.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use serde_json::{Value, json};
use sereno_types::Code;

use super::endpoints::{Endpoints, base};
use super::http::{Http, bearing, get, refused};
use super::person::{ProviderUser, text};
use super::provider::Provider;
use crate::error::{Error, Result};

const SITE: &str = "https://github.com";
const API: &str = "https://api.github.com";
/// What is asked for unless something else is said.
pub(super) const SCOPES: &[&str] = &["read:user", "user:email"];

pub(super) fn endpoints(provider: &Provider) -> Endpoints {
    let site = base(provider.settings.base_url.as_deref(), SITE);
    Endpoints::oauth(
        site.clone(),
        format!("{site}/login/oauth/authorize"),
        format!("{site}/login/oauth/access_token"),
    )
}

/// Whether an access token was issued to us.
///
/// # Errors
/// `social_audience_mismatch`.
pub(super) async fn check_access_token(http: &Http, provider: &Provider, token: &str) -> Result<()> {
    let secret = provider.secret.as_ref();
    let secret = secret.ok_or_else(|| refused(Code::SocialMisconfigured, &"no client secret"))?;
    let api = base(provider.settings.api_url.as_deref(), API);
    let mut request = get(&api, &format!("/applications/{}/token", provider.client_id), &[])?;
    *request.method_mut() = Method::POST;
    let ourselves = STANDARD.encode(format!("{}:{}", provider.client_id, secret.expose()));
    let mut ourselves = HeaderValue::from_str(&format!("Basic {ourselves}")).map_err(Error::internal)?;
    ourselves.set_sensitive(true);
    request.headers_mut().insert(AUTHORIZATION, ourselves);
    request
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    *request.body_mut() = Some(json!({ "access_token": token }).to_string().into());
    match http.ask(request).await? {
        (200, told) if text(&told["app"], "client_id") == Some(provider.client_id.as_str()) => Ok(()),
        (401, _) => Err(refused(Code::SocialMisconfigured, &"GitHub refused our credentials")),
        _ => Err(refused(
            Code::SocialAudienceMismatch,
            &"the token is none of our application's",
        )),
    }
}

/// Who a good access token belongs to.
pub(super) async fn person(
    http: &Http,
    provider: &Provider,
    endpoints: &Endpoints,
    token: &str,
) -> Result<ProviderUser> {
    let api = base(provider.settings.api_url.as_deref(), API);
    let user = http.ask_for(bearing(get(&api, "/user", &[])?, token)?).await?;
    // without the scope for addresses there is no list; that is no fault
    let emails = match http.ask(bearing(get(&api, "/user/emails", &[])?, token)?).await? {
        (200, emails) => emails,
        _ => Value::Null,
    };
    read(&endpoints.issuer, &user, &emails)
}

fn read(issuer: &str, user: &Value, emails: &Value) -> Result<ProviderUser> {
    // never `login`: a name that was let go of is another person's tomorrow
    let subject = user.get("id").and_then(Value::as_u64).filter(|id| *id > 0);
    let subject = subject.ok_or_else(|| refused(Code::SocialSubjectMissing, &"no numeric id"))?;
    let emails = emails.as_array().map(Vec::as_slice).unwrap_or_default();
    let primary = emails.iter().find(|email| email["primary"] == true);
    let verified = primary.is_some_and(|email| email["verified"] == true);
    // the address of the public profile is whatever its owner wrote
    let email = primary.map_or_else(|| text(user, "email"), |email| text(email, "email"));
    let person = ProviderUser::new(issuer, &subject.to_string())?
        .with_email(email, verified)
        .with_names(text(user, "name").or_else(|| text(user, "login")), None, None)
        .with_picture(text(user, "avatar_url"));
    Ok(person)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::social::settings::tests::refused_with;

    fn user() -> Value {
        json!({
            "login": "octocat", "id": 583_231, "node_id": "MDQ6VXNlcjE=", "avatar_url": "https://avatars.githubusercontent.com/u/583231?v=4",
            "gravatar_id": "", "type": "User", "site_admin": false, "name": "Ana García", "company": null,
            "email": "public@example.org", "bio": null, "two_factor_authentication": true
        })
    }

    #[test]
    fn only_the_primary_address_counts_and_only_if_it_is_verified() {
        let emails = json!([
            {"email": "other@example.org", "verified": true, "primary": false, "visibility": null},
            {"email": "ana@example.org", "verified": true, "primary": true, "visibility": "private"}
        ]);
        let person = read(SITE, &user(), &emails).unwrap();
        assert_eq!(person.subject, "583231");
        assert_eq!(person.email.as_ref().unwrap().address, "ana@example.org");
        assert!(person.email_verified);
        assert_eq!(person.names(), ("Ana García".to_owned(), String::new()));
        let unverified = json!([{"email": "ana@example.org", "verified": false, "primary": true}]);
        assert!(!read(SITE, &user(), &unverified).unwrap().email_verified);
        let public = read(SITE, &user(), &Value::Null).unwrap();
        assert_eq!(public.email.as_ref().unwrap().address, "public@example.org");
        assert!(!public.email_verified);
    }

    #[test]
    fn who_has_no_id_is_nobody() {
        for id in [json!(null), json!(0), json!("583231"), json!(-1), json!(1.5)] {
            let mut user = user();
            user["id"] = id;
            assert_eq!(
                refused_with(read(SITE, &user, &Value::Null)),
                Code::SocialSubjectMissing
            );
        }
    }
}

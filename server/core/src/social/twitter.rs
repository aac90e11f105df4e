//! X, once Twitter: OAuth 2 with PKCE and an API of its own. It does not tell to which application an access token was
//! issued, so that only codes are taken.

use serde_json::Value;

use super::endpoints::{Endpoints, base};
use super::http::{Http, bearing, get};
use super::person::{ProviderUser, text};
use super::provider::Provider;
use crate::error::Result;

const SITE: &str = "https://x.com";
const API: &str = "https://api.x.com";
/// What is asked for unless something else is said.
pub(super) const SCOPES: &[&str] = &["users.read", "tweet.read", "users.email"];
const FIELDS: &str = "id,name,username,profile_image_url,confirmed_email";

pub(super) fn endpoints(provider: &Provider) -> Endpoints {
    let site = base(provider.settings.base_url.as_deref(), SITE);
    let api = base(provider.settings.api_url.as_deref(), API);
    Endpoints {
        basic: true,
        ..Endpoints::oauth(
            site.clone(),
            format!("{site}/i/oauth2/authorize"),
            format!("{api}/2/oauth2/token"),
        )
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
    let told = http
        .ask_for(bearing(get(&api, "/2/users/me", &[("user.fields", FIELDS)])?, token)?)
        .await?;
    read(&endpoints.issuer, &told["data"])
}

fn read(issuer: &str, user: &Value) -> Result<ProviderUser> {
    let email = text(user, "confirmed_email");
    let person = ProviderUser::new(issuer, text(user, "id").unwrap_or_default())?
        .with_email(email, email.is_some())
        .with_names(text(user, "name"), None, None)
        .with_picture(text(user, "profile_image_url"));
    Ok(person)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sereno_types::Code;

    use super::*;
    use crate::social::settings::tests::refused_with;

    #[test]
    fn an_answer_is_read() {
        let told = json!({"data": {
            "id": "2244994945", "name": "Ana", "username": "ana",
            "profile_image_url": "https://pbs.twimg.com/profile_images/1/x_normal.jpg", "confirmed_email": "ana@example.org"
        }});
        let person = read(SITE, &told["data"]).unwrap();
        assert_eq!(person.subject, "2244994945");
        assert!(person.email_verified);
        let none = json!({"data": {"id": "2244994945", "name": "Ana", "username": "ana"}});
        assert_eq!(read(SITE, &none["data"]).unwrap().email, None);
        for errors in [
            json!({"errors": []}),
            json!({"data": {"id": null}}),
            json!({"data": {"id": 7}}),
        ] {
            assert_eq!(refused_with(read(SITE, &errors["data"])), Code::SocialSubjectMissing);
        }
    }
}

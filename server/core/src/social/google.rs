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

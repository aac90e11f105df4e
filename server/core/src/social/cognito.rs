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

//! Microsoft: Entra ID and personal accounts (identity platform v2.0). The issuer names the tenant of each person, so that
//! one issuer in a discovery document cannot be compared with it: the tenant in the settings says whose tokens are taken.

use openidconnect::JsonWebKeySetUrl;
use openidconnect::core::CoreJsonWebKeySet;
use serde_json::Value;
use sereno_types::Code;

use super::endpoints::{Endpoints, base};
use super::http::{Http, bearing, get, refused};
use super::person::{ProviderUser, text, yes};
use super::provider::Provider;
use super::{id_token, oidc};
use crate::error::Result;

const AUTHORITY: &str = "https://login.microsoftonline.com";
/// Microsoft Graph, the API that access tokens are for.
const API: &str = "https://graph.microsoft.com";
/// The tenant of personal accounts.
const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

pub(super) async fn endpoints(http: &Http, provider: &Provider) -> Result<Endpoints> {
    let authority = base(provider.settings.base_url.as_deref(), AUTHORITY);
    let tenant = tenant(provider);
    let at = |path: &str| format!("{authority}/{tenant}/{path}");
    let keys =
        JsonWebKeySetUrl::new(at("discovery/v2.0/keys")).map_err(|error| refused(Code::SocialMisconfigured, &error))?;
    let keys = CoreJsonWebKeySet::fetch_async(&keys, http)
        .await
        .map_err(|error| oidc::translate(&error))?;
    let mut endpoints = Endpoints::oauth(authority.clone(), at("oauth2/v2.0/authorize"), at("oauth2/v2.0/token"));
    endpoints.keys = Some(keys);
    Ok(endpoints)
}

fn tenant(provider: &Provider) -> &str {
    provider.settings.tenant.as_deref().unwrap_or("common")
}

/// The issuer that a token must have: that of its own tenant, if the settings take it.
///
/// # Errors
/// `social_issuer_mismatch`.
pub(super) fn issuer(provider: &Provider, endpoints: &Endpoints, claims: &Value) -> Result<String> {
    let other = |why: &str| refused(Code::SocialIssuerMismatch, &why);
    let theirs = text(claims, "tid").ok_or_else(|| other("no tenant"))?;
    if theirs.parse::<uuid::Uuid>().is_err() {
        return Err(other("the tenant is no id"));
    }
    let taken = match tenant(provider) {
        "common" => true,
        "organizations" => theirs != PERSONAL,
        "consumers" => theirs == PERSONAL,
        one => one == theirs,
    };
    if taken {
        Ok(format!("{}/{theirs}/v2.0", endpoints.issuer))
    } else {
        Err(other("another tenant"))
    }
}

/// Who a token speaks of. Anybody who runs a tenant writes what stands in `email`; only `xms_edov` says that the domain's
/// owner is proven.
pub(super) fn person(issuer: &str, claims: &Value) -> Result<ProviderUser> {
    let verified = yes(claims.get("xms_edov"));
    Ok(oidc::person(issuer, claims)?.with_email(text(claims, "email"), verified))
}

/// Who an access token belongs to, if it was issued to us. Its signature is checked by Graph alone, which answers for no token
/// that is not genuine; what such a token says of its application, tenant and user is then Microsoft's word. Those of personal
/// accounts say nothing that could be read.
pub(super) async fn by_access_token(
    http: &Http,
    provider: &Provider,
    endpoints: &Endpoints,
    token: &str,
) -> Result<ProviderUser> {
    let closed = || refused(Code::SocialAccessTokenUnverifiable, &"the token says nothing of itself");
    let claims = id_token::unchecked(token).map_err(|_| closed())?;
    let app = text(&claims, "appid").or_else(|| text(&claims, "azp"));
    if !app.is_some_and(|app| provider.client_ids().any(|ours| ours == app)) {
        return Err(refused(
            Code::SocialAudienceMismatch,
            &"the token was issued to another application",
        ));
    }
    let issuer = issuer(provider, endpoints, &claims)?;
    let api = base(provider.settings.api_url.as_deref(), API);
    let fields = "id,displayName,givenName,surname,mail,userPrincipalName";
    let question = get(&api, "/v1.0/me", &[("$select", fields)])?;
    let me = http.ask_for(bearing(question, token)?).await?;
    let id = text(&me, "id").filter(|id| text(&claims, "oid") == Some(id));
    let id = id.ok_or_else(|| refused(Code::SocialSubjectMissing, &"two answers about two people"))?;
    // the `sub` of ID tokens is another name for the same person
    let person = ProviderUser::new(&issuer, &format!("oid:{id}"))?
        .with_email(text(&me, "mail").or_else(|| text(&me, "userPrincipalName")), false)
        .with_names(text(&me, "displayName"), text(&me, "givenName"), text(&me, "surname"));
    Ok(person)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::social::settings::tests::provider;

    const TENANT: &str = "aaaabbbb-0000-cccc-1111-dddd2222eeee";

    /// As Microsoft's documentation shows an ID token's claims.
    fn claims() -> Value {
        json!({
            "ver": "2.0", "iss": format!("{AUTHORITY}/{TENANT}/v2.0"),
            "sub": "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ", "aud": "00001111-aaaa-2222-bbbb-3333cccc4444",
            "exp": 1_536_361_411, "iat": 1_536_274_711, "nbf": 1_536_274_711, "name": "Ana García",
            "preferred_username": "ana@contoso.example", "email": "ana@contoso.example",
            "oid": "00000000-0000-0000-66f3-3332eca7ea81", "tid": TENANT, "nonce": "123523"
        })
    }

    #[test]
    fn an_address_counts_only_where_its_domain_is_proven() {
        let person = |claims: &Value| person("https://issuer", claims).unwrap();
        assert!(!person(&claims()).email_verified);
        let mut claims = claims();
        claims["email_verified"] = json!(true);
        assert!(!person(&claims).email_verified);
        for yes in [json!(true), json!("1"), json!(1)] {
            claims["xms_edov"] = yes;
            assert!(person(&claims).email_verified);
        }
        assert_eq!(person(&claims).name.as_deref(), Some("Ana García"));
    }

    #[test]
    fn the_tenant_decides_whose_tokens_are_taken() {
        let mut provider = provider(sereno_types::SocialKind::Microsoft);
        let endpoints = Endpoints::oauth(AUTHORITY.to_owned(), String::new(), String::new());
        let mut personal = claims();
        personal["tid"] = json!(PERSONAL);
        for (tenant, work, own) in [
            (None, true, true),
            (Some("organizations"), true, false),
            (Some("consumers"), false, true),
            (Some(TENANT), true, false),
            (Some("bbbbbbbb-0000-cccc-1111-dddd2222eeee"), false, false),
        ] {
            provider.settings.tenant = tenant.map(str::to_owned);
            assert_eq!(issuer(&provider, &endpoints, &claims()).is_ok(), work, "{tenant:?}");
            assert_eq!(issuer(&provider, &endpoints, &personal).is_ok(), own, "{tenant:?}");
        }
        for tid in [json!(null), json!("../evil"), json!("")] {
            let mut claims = claims();
            claims["tid"] = tid;
            provider.settings.tenant = None;
            assert!(issuer(&provider, &endpoints, &claims).is_err());
        }
    }
}

//! From what a provider handed out (a code, an ID token, an access token) to the person that it speaks of.

use serde_json::Value;
use sereno_types::{Code, SocialKind};

use super::endpoints::{self, Endpoints};
use super::exchange::{self, Presented};
use super::http::{Asking, Http, refused};
use super::id_token::{self, Expectation, Expected, Fault};
use super::person::ProviderUser;
use super::provider::Provider;
use super::{apple, cognito, facebook, github, google, microsoft, oidc, twitter};
use crate::context::Sereno;
use crate::error::{Error, Result};

/// What a provider handed out.
pub(super) enum Evidence<'a> {
    /// An authorization code, and the nonce that its ID token must have.
    Code(Presented<'a>, Expected<'a>),
    /// An ID token that a client brings.
    IdToken(&'a str, Expected<'a>),
    /// An access token that a client brings.
    AccessToken(&'a str),
}

/// Who it speaks of.
///
/// # Errors
/// The codes that begin with `social_`, each of which names what was not as it must be.
pub(super) fn person<'a>(
    sereno: &'a Sereno,
    provider: &'a Provider,
    evidence: Evidence<'a>,
) -> Asking<'a, ProviderUser> {
    Box::pin(look(sereno, provider, evidence))
}

async fn look(sereno: &Sereno, provider: &Provider, evidence: Evidence<'_>) -> Result<ProviderUser> {
    let http = Http::new(sereno);
    let endpoints = endpoints::of(&http, provider).await?;
    match evidence {
        Evidence::Code(presented, nonce) => {
            let tokens = exchange::exchange(&http, provider, &endpoints, presented, sereno.now()).await?;
            match (provider.kind, tokens.id_token) {
                (SocialKind::Github, _) => github::person(&http, provider, &endpoints, &tokens.access_token).await,
                (SocialKind::Twitter, _) => twitter::person(&http, provider, &endpoints, &tokens.access_token).await,
                (SocialKind::Facebook, _) => {
                    facebook::by_access_token(&http, provider, &endpoints, &tokens.access_token).await
                }
                (kind, Some(token)) => {
                    let access_token = Some(tokens.access_token.as_str());
                    let person = by_id_token(sereno, provider, &endpoints, (&token, access_token), nonce).await?;
                    // nobody else asks for it back, and what is not needed is not kept
                    let refresh_token = tokens.refresh_token.filter(|_| kind == SocialKind::Apple);
                    Ok(ProviderUser {
                        refresh_token,
                        ..person
                    })
                }
                (_, None) => Err(refused(Code::SocialAnswerInvalid, &"no ID token came for the code")),
            }
        }
        Evidence::IdToken(token, nonce) => by_id_token(sereno, provider, &endpoints, (token, None), nonce).await,
        Evidence::AccessToken(token) => match provider.kind {
            SocialKind::Google => google::by_access_token(&http, provider, &endpoints, token).await,
            SocialKind::Facebook => facebook::by_access_token(&http, provider, &endpoints, token).await,
            SocialKind::Github => {
                github::check_access_token(&http, provider, token).await?;
                github::person(&http, provider, &endpoints, token).await
            }
            SocialKind::Microsoft => microsoft::by_access_token(&http, provider, &endpoints, token).await,
            SocialKind::Oidc | SocialKind::Apple | SocialKind::Twitter | SocialKind::Cognito => {
                Err(Code::SocialAccessTokenUnverifiable.into())
            }
        },
    }
}

async fn by_id_token(
    sereno: &Sereno,
    provider: &Provider,
    endpoints: &Endpoints,
    (token, access_token): (&str, Option<&str>),
    nonce: Expected<'_>,
) -> Result<ProviderUser> {
    let issuer = match provider.kind {
        SocialKind::Microsoft => microsoft::issuer(provider, endpoints, &id_token::unchecked(token)?)?,
        _ => endpoints.issuer.clone(),
    };
    let claims = checked(sereno, provider, (endpoints, &issuer), (token, access_token), nonce).await?;
    match provider.kind {
        SocialKind::Microsoft => microsoft::person(&issuer, &claims),
        SocialKind::Facebook => facebook::by_claims(&issuer, &claims),
        SocialKind::Cognito if !cognito::is_id_token(&claims) => Err(refused(
            Code::SocialTokenInvalid,
            &"an access token in the place of an ID token",
        )),
        _ => {
            let person = oidc::person(&issuer, &claims)?;
            oidc::completed(&Http::new(sereno), endpoints, person, access_token).await
        }
    }
}

/// The claims of a good token. One that names a key which is not known may be signed by a key that is new.
async fn checked(
    sereno: &Sereno,
    provider: &Provider,
    (endpoints, issuer): (&Endpoints, &str),
    (token, access_token): (&str, Option<&str>),
    nonce: Expected<'_>,
) -> Result<Value> {
    let no_keys = || refused(Code::SocialTokenInvalid, &"this provider writes no ID tokens");
    let expected = |endpoints: &Endpoints| {
        let keys = endpoints.keys.as_ref().ok_or_else(no_keys)?;
        let also_called = match provider.kind {
            SocialKind::Google => google::also_called(issuer),
            _ => None,
        };
        let expectation = Expectation {
            provider,
            issuer,
            also_called,
            keys,
            nonce,
            access_token,
            now: sereno.now(),
        };
        Ok::<_, Error>(id_token::check(token, &expectation))
    };
    match expected(endpoints)? {
        Ok(claims) => return Ok(claims),
        Err(Fault::Refused(error)) => return Err(error),
        Err(Fault::UnknownKey) => {}
    }
    let renewed = endpoints::of(&Http::new(sereno).doubting(), provider).await?;
    match expected(&renewed)? {
        Ok(claims) => Ok(claims),
        Err(Fault::Refused(error)) => Err(error),
        Err(Fault::UnknownKey) => Err(refused(
            Code::SocialSignatureInvalid,
            &"the key is none of the issuer's",
        )),
    }
}

/// The names of a posted form, where a kind has one.
pub(super) fn with_posted(provider: &Provider, person: ProviderUser, posted: Option<&str>) -> ProviderUser {
    match provider.kind {
        SocialKind::Apple => apple::with_posted(person, posted),
        _ => person,
    }
}

//! Where a provider is, whatever kind it is.

use openidconnect::core::CoreJsonWebKeySet;
use sereno_types::{Code, SocialKind};

use super::http::{Asking, Http};
use super::provider::Provider;
use super::{apple, cognito, facebook, github, google, microsoft, oidc, twitter};
use crate::error::Result;

/// Where a provider is, and how it answers.
pub(super) struct Endpoints {
    /// Who vouches for the subjects.
    pub issuer: String,
    /// Where people sign in.
    pub authorization: String,
    /// Where codes are exchanged.
    pub token: String,
    /// Where more is told of a person (OpenID Connect Core §5.3).
    pub userinfo: Option<String>,
    /// The keys of its ID tokens; none where it writes none.
    pub keys: Option<CoreJsonWebKeySet>,
    /// Whether its answers name the issuer (RFC 9207).
    pub names_issuer: bool,
    /// Whether we prove ourselves by HTTP Basic, and not in the form.
    pub basic: bool,
    /// Whether the answer comes as a form that is posted.
    pub posts: bool,
}

impl Endpoints {
    /// Those of a provider that speaks OAuth 2 alone.
    pub fn oauth(issuer: String, authorization: String, token: String) -> Self {
        Self {
            issuer,
            authorization,
            token,
            userinfo: None,
            keys: None,
            names_issuer: false,
            basic: false,
            posts: false,
        }
    }
}

/// The endpoints of this provider, by discovery where there is any.
///
/// # Errors
/// `social_unavailable`, `social_misconfigured`, `social_answer_invalid`, `social_issuer_mismatch`.
pub(super) fn of<'a>(http: &'a Http, provider: &'a Provider) -> Asking<'a, Endpoints> {
    Box::pin(async move {
        match look(http, provider).await {
            // what is remembered makes no sense: perhaps what is there now does
            Err(error) if matches!(error.code(), Code::SocialAnswerInvalid | Code::SocialIssuerMismatch) => {
                look(&http.doubting(), provider).await
            }
            found => found,
        }
    })
}

async fn look(http: &Http, provider: &Provider) -> Result<Endpoints> {
    match provider.kind {
        SocialKind::Oidc => oidc::endpoints(http, provider).await,
        SocialKind::Google => google::endpoints(http, provider).await,
        SocialKind::Apple => apple::endpoints(http, provider).await,
        SocialKind::Cognito => cognito::endpoints(http, provider).await,
        SocialKind::Microsoft => microsoft::endpoints(http, provider).await,
        SocialKind::Facebook => facebook::endpoints(http, provider).await,
        SocialKind::Github => Ok(github::endpoints(provider)),
        SocialKind::Twitter => Ok(twitter::endpoints(provider)),
    }
}

/// The address in the settings, or the usual one; without a slash at the end.
pub(super) fn base(set: Option<&str>, usual: &str) -> String {
    set.unwrap_or(usual).trim_end_matches('/').to_owned()
}

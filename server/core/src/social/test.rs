//! Testing a provider's settings: whether it says where it is, has keys, and accepts our credentials.

use sereno_types::{Code, Id, Permission, SocialCheck, SocialCheckName, SocialTest};

use super::admin;
use super::endpoints;
use super::exchange::{self, Presented};
use super::http::Http;
use super::provider::Provider;
use crate::context::{Sereno, Staff};
use crate::error::{Error, Result};

/// A code that no provider has given out: whoever refuses it, and not us, has accepted our credentials.
const MADE_UP: &str = "sereno-test-of-credentials";

/// Tests a provider, switched on or not. What fails is part of the answer; nothing that is remembered counts.
///
/// # Errors
/// `permission_denied`, `not_found`.
pub async fn test(sereno: &Sereno, staff: &Staff, id: &Id) -> Result<SocialTest> {
    staff.require(Permission::ProvidersManage)?;
    let provider = Provider::open(sereno, admin::find(sereno.db.read(), id).await?)?;
    let mut checks = Vec::new();
    let failed = look(sereno, &provider, &mut checks).await.err();
    if let Some((name, code)) = failed {
        checks.push(SocialCheck {
            name,
            passed: false,
            code: Some(code),
        });
    }
    Ok(SocialTest {
        passed: failed.is_none(),
        checks,
    })
}

async fn look(
    sereno: &Sereno,
    provider: &Provider,
    checks: &mut Vec<SocialCheck>,
) -> Result<(), (SocialCheckName, Code)> {
    let mut passed = |name| {
        checks.push(SocialCheck {
            name,
            passed: true,
            code: None,
        });
    };
    let at = |name| move |error: Error| (name, error.code());
    let http = Http::fresh(sereno);
    let found = endpoints::of(&http, provider).await;
    let endpoints = found.map_err(at(SocialCheckName::Discovery))?;
    passed(SocialCheckName::Discovery);
    if let Some(keys) = &endpoints.keys {
        if keys.keys().is_empty() {
            return Err((SocialCheckName::Keys, Code::SocialAnswerInvalid));
        }
        passed(SocialCheckName::Keys);
    }
    let presented = Presented {
        code: MADE_UP,
        redirect_uri: &provider.callback(sereno),
        verifier: Some(MADE_UP_VERIFIER),
    };
    match exchange::exchange(&http, provider, &endpoints, presented, sereno.now()).await {
        // a provider that takes any code is none
        Ok(_) => Err((SocialCheckName::Credentials, Code::SocialAnswerInvalid)),
        Err(error) if error.code() == Code::SocialExchangeRefused => {
            passed(SocialCheckName::Credentials);
            Ok(())
        }
        Err(error) => Err((SocialCheckName::Credentials, error.code())),
    }
}

/// As long as RFC 7636 §4.1 wants one.
const MADE_UP_VERIFIER: &str = "sereno-test-of-credentials-sereno-test-of-credentials";

//! Applications of a test, and what they do with tokens.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sereno_types::{
    ApplicationCreated, ApplicationKind, ClientCredentials, CreateApplication, Id, Introspect, Refresh, RevokeToken,
    TokenProfile, VerifyToken,
};

use super::{PASSWORD, TestSereno, fail};
use crate::error::Result;
use crate::login::{self, Brought};
use crate::oauth::{admin, introspect, revoke};
use crate::token::{self, Tokens};

/// A registered application and what it proves itself with.
pub struct Client {
    /// Its id.
    pub id: Id,
    /// What it proves itself with.
    pub credentials: ClientCredentials,
}

impl Client {
    /// A confidential application with this profile, as JSON.
    pub async fn with(test: &TestSereno, client_id: &str, profile: Value) -> Self {
        Self::of(
            test,
            CreateApplication {
                profile: profile_of(profile),
                ..called(client_id)
            },
        )
        .await
    }

    /// An application as a test wants it.
    pub async fn of(test: &TestSereno, command: CreateApplication) -> Self {
        let created = register(test, command).await.unwrap_or_else(|error| fail(&error));
        Self {
            id: created.application.id,
            credentials: ClientCredentials {
                client_id: Some(created.application.client_id),
                client_secret: created.secret.map(|secret| secret.client_secret.into()),
            },
        }
    }

    /// Signs Ana in.
    ///
    /// # Errors
    /// As signing in refuses.
    pub async fn log_in(&self, test: &TestSereno) -> Result<Tokens> {
        let mut command = test.credentials("ana", PASSWORD);
        command.client_id.clone_from(&self.credentials.client_id);
        command.client_secret.clone_from(&self.credentials.client_secret);
        let logged_in = login::for_application(&test.sereno, &test.meta(), command).await?;
        match logged_in.brought {
            Brought::Tokens(issued) => Ok(issued.tokens),
            Brought::Session(_) => fail(&"a session, not tokens"),
        }
    }

    /// Access and refresh token of Ana's.
    pub async fn pair(&self, test: &TestSereno) -> (String, String) {
        pair_of(self.log_in(test).await.unwrap_or_else(|error| fail(&error)))
    }

    /// Refreshes; access and refresh token.
    ///
    /// # Errors
    /// As refreshing refuses.
    pub async fn refresh(&self, test: &TestSereno, token: &str) -> Result<(String, String)> {
        let issued = token::refresh(&test.sereno, &test.meta(), self.refreshing(token)).await?;
        Ok(pair_of(issued.tokens))
    }

    /// What it sends to refresh.
    #[must_use]
    pub fn refreshing(&self, token: &str) -> Refresh {
        Refresh {
            refresh_token: token.into(),
            client_id: self.credentials.client_id.clone(),
            client_secret: self.credentials.client_secret.clone(),
        }
    }

    /// What it learns of a token.
    pub async fn ask(&self, test: &TestSereno, token: &str) -> Value {
        let command = Introspect {
            token: token.into(),
            ..Introspect::default()
        };
        let answer = introspect(&test.sereno, &test.meta(), &self.credentials, command).await;
        let answer = answer.unwrap_or_else(|error| fail(&error));
        serde_json::to_value(answer).unwrap_or_else(|error| fail(&error))
    }

    /// Revokes a token.
    pub async fn revoke(&self, test: &TestSereno, token: &str) {
        let command = RevokeToken {
            token: token.into(),
            ..RevokeToken::default()
        };
        let done = revoke(&test.sereno, &test.meta(), &self.credentials, command).await;
        done.unwrap_or_else(|error| fail(&error));
    }
}

/// Registers an application.
///
/// # Errors
/// As registering refuses.
pub async fn register(test: &TestSereno, command: CreateApplication) -> Result<ApplicationCreated> {
    admin::create(&test.sereno, &test.meta(), &test.system().await, command, None).await
}

/// A confidential application with everything as it comes.
#[must_use]
pub fn called(client_id: &str) -> CreateApplication {
    CreateApplication {
        name: client_id.to_owned(),
        client_id: Some(client_id.to_owned()),
        kind: ApplicationKind::Confidential,
        ..CreateApplication::default()
    }
}

/// A token profile out of JSON.
#[must_use]
pub fn profile_of(said: Value) -> TokenProfile {
    serde_json::from_value(said).unwrap_or_else(|error| fail(&error))
}

/// Access and refresh token; the latter is empty where there is none.
#[must_use]
pub fn pair_of(tokens: Tokens) -> (String, String) {
    match tokens {
        Tokens::Pair { access, refresh, .. } => (access, refresh.unwrap_or_default()),
        Tokens::Key(_) => fail(&"a key, not a pair"),
    }
}

/// A part of a JWT: 0 its header, 1 its claims.
#[must_use]
pub fn part_of(token: &str, at: usize) -> Value {
    let text = token.split('.').nth(at).unwrap_or_default();
    let bytes = URL_SAFE_NO_PAD.decode(text).unwrap_or_else(|error| fail(&error));
    serde_json::from_slice(&bytes).unwrap_or_else(|error| fail(&error))
}

/// What a JWT says.
#[must_use]
pub fn claims_of(token: &str) -> Value {
    part_of(token, 1)
}

impl TestSereno {
    /// Sereno with Ana, who may sign in.
    pub async fn with_ana() -> Self {
        let test = Self::new().await;
        test.user("ana").await;
        test
    }

    /// Whether an access token or key is good right now.
    pub async fn is_good(&self, token: &str) -> bool {
        let command = VerifyToken { token: token.into() };
        let answer = token::verify(&self.sereno, &self.meta(), command).await;
        answer.unwrap_or_else(|error| fail(&error)).active
    }
}

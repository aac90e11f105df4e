//! Signing in through others: what a provider says is checked, who is let in, which account they get to, and what is left of
//! it. The provider stands on this machine, honest and hostile.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "builders and checks outside of the test functions"
)]

mod accounts;
mod apple;
mod browser;
mod checks;
mod connections;
mod hooks;
mod hostile;
mod kinds;
mod providers;

use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::Value;
use sereno_core::Result;
use sereno_core::entity::user;
use sereno_core::login::{Brought, LoggedIn};
use sereno_core::social::{self, UntoldNonce, identities};
use sereno_core::testing::{FakeProvider, Pair, TestSereno};
use sereno_types::{CreateSocialProvider, Id, Identity, PageQuery, SocialKind, SocialLogin};
use uuid::Uuid;

const SUBJECT: &str = "ana-at-the-provider";

const PHONE: &str = "6f1b1c9e-3c66-4b6e-9d5c-0a1b2c3d4e5f";

const TABLET: &str = "6f1b1c9e-3c66-4b6e-9d5c-0a1b2c3d4e60";

/// Sereno with an honest issuer under the name `oidc`.
async fn with_issuer(change: impl FnOnce(&mut CreateSocialProvider)) -> (TestSereno, FakeProvider) {
    with_kind(SocialKind::Oidc, change).await
}

async fn with_kind(kind: SocialKind, change: impl FnOnce(&mut CreateSocialProvider)) -> (TestSereno, FakeProvider) {
    let test = TestSereno::with(|config| config.social.timeout.0 = 1).await;
    let provider = FakeProvider::start(&test).await;
    let mut command = provider.settings(kind);
    change(&mut command);
    provider.set_up(&test, command).await;
    (test, provider)
}

async fn post(test: &TestSereno, slug: &str, command: SocialLogin) -> Result<LoggedIn> {
    social::sign_in_posted(&test.sereno, &test.meta(), slug, command, UntoldNonce::Refused).await
}

fn id_token(token: String) -> SocialLogin {
    SocialLogin {
        id_token: Some(token.into()),
        ..SocialLogin::default()
    }
}

/// Posts an ID token whose claims are these.
async fn claims(test: &TestSereno, provider: &FakeProvider, changed: Value) -> Result<LoggedIn> {
    post(test, "oidc", id_token(provider.id_token(&changed))).await
}

fn pair(logged_in: LoggedIn) -> Pair {
    match logged_in.brought {
        Brought::Tokens(issued) => Pair::of(issued),
        Brought::Session(_) => panic!("a session, not tokens"),
    }
}

async fn identities_of(test: &TestSereno, id: Uuid) -> Vec<Identity> {
    let staff = test.system().await;
    let query = PageQuery::default();
    identities::list(&test.sereno, &staff, &Id(id.to_string()), query)
        .await
        .unwrap()
        .items
}

async fn users(test: &TestSereno) -> u64 {
    user::Entity::find().count(test.sereno.db.write()).await.unwrap()
}

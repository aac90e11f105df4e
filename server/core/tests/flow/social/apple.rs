//! Apple: the posted answer, and giving the token back.

use std::time::Duration;

use serde_json::json;
use sereno_core::account::admin;
use sereno_core::social::{self, identities};
use sereno_core::testing::{FakeProvider, Pair, Says, TestSereno, refused};
use sereno_core::{jobs, token};
use sereno_types::{Code, Id, LinkIdentity, SocialKind, SocialLogin};
use uuid::Uuid;

use super::{identities_of, pair, post, users, with_kind};

/// A key for ES256 in PEM, made for this test.
pub const KEY: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgah//OwuHrLmQeFpD
clYqZFbCiTblgvJPQG+nloTHtoKhRANCAATqqRaCiQTpPZQqZ/ugBAwoOPnMsOWZ
qFeAKFnLb1WYE4EvPsBSB1X6nrXiA7at6J1jZBu+D1g000TUKYQLSLXX
-----END PRIVATE KEY-----";

#[tokio::test]
async fn apple_posts_its_answer_and_the_browser_comes_for_it() {
    let (test, provider) = with_apple().await;
    let (sereno, meta) = (&test.sereno, test.meta());
    let started = social::start(sereno, &meta, "apple", "/", None).await.unwrap();
    assert!(started.location.contains("response_mode=form_post"));
    let mut posted = provider.agree(&started.location);
    posted.user = Some(r#"{"name":{"firstName":"Beatriz","lastName":"Sol"},"email":"evil@example.org"}"#.to_owned());
    let state = posted.state.clone();
    social::attach(sereno, &meta, "apple", posted.clone()).await.unwrap();
    // whoever posts again changes nothing
    assert_eq!(
        refused(social::attach(sereno, &meta, "apple", posted).await),
        Code::SocialStateInvalid
    );
    let own = social::Answer {
        state,
        ..social::Answer::default()
    };
    let finished = social::finish(sereno, &meta, "apple", own, Some(&started.browser)).await;
    let session = finished.outcome.unwrap().unwrap();
    let row = test.row(session.actor.caller().unwrap().user_id).await;
    assert_eq!((row.first_name.as_str(), row.last_name.as_str()), ("Beatriz", "Sol"));
    let stranger = social::Answer {
        state: "made-up".to_owned(),
        ..social::Answer::default()
    };
    assert_eq!(
        refused(social::attach(sereno, &meta, "apple", stranger).await),
        Code::SocialStateInvalid
    );
}

async fn with_apple() -> (TestSereno, FakeProvider) {
    with_kind(SocialKind::Apple, |command| {
        command.client_secret = Some(KEY.into());
        command.settings.team_id = Some("TEAM123456".to_owned());
        command.settings.key_id = Some("KEY1234567".to_owned());
    })
    .await
}

fn code(provider: &FakeProvider) -> SocialLogin {
    SocialLogin {
        code: Some(provider.code(None, None).into()),
        redirect_uri: Some("org.example.app:/back".to_owned()),
        ..SocialLogin::default()
    }
}

/// Signs in by a code, which brings a refresh token along, and gives who that is.
async fn by_code(test: &TestSereno, provider: &FakeProvider) -> Pair {
    pair(post(test, "apple", code(provider)).await.unwrap())
}

/// A user who is signed in connects by a code.
async fn connect(test: &TestSereno, provider: &FakeProvider, name: &str) {
    let pair = test.log_in(name).await;
    let actor = token::authenticate(&test.sereno, &pair.access_token).await.unwrap();
    let posted = code(provider);
    let command = LinkIdentity {
        code: posted.code,
        redirect_uri: posted.redirect_uri,
        ..LinkIdentity::default()
    };
    social::link_posted(&test.sereno, &test.meta(), &actor, "apple", command)
        .await
        .unwrap();
}

/// Whether the queue or any identity holds something to revoke.
async fn held(test: &TestSereno) -> bool {
    let rows = [test.dump("identity").await, test.dump("job").await].concat();
    assert!(
        !rows.iter().any(|row| row.contains("provider-refresh")),
        "the token is not sealed"
    );
    let queued = test
        .count("job WHERE name = 'revoke_at_provider' AND state = 'queued'")
        .await;
    queued + test.count("identity WHERE refresh_token IS NOT NULL").await > 0
}

async fn disconnect(test: &TestSereno, user_id: Uuid) {
    let identity = identities_of(test, user_id).await.remove(0);
    let (staff, user) = (test.system().await, Id(user_id.to_string()));
    identities::unlink(&test.sereno, &test.meta(), &staff, &user, &identity.id)
        .await
        .unwrap();
}

#[tokio::test]
async fn disconnecting_revokes_at_apple() {
    let (test, provider) = with_apple().await;
    let user_id = by_code(&test, &provider).await.user_id;
    assert!(held(&test).await);
    disconnect(&test, user_id).await;
    assert_eq!(
        provider.revoked(),
        Vec::<String>::new(),
        "nothing remote in a transaction"
    );
    test.mails().await;
    assert_eq!(provider.revoked(), ["provider-refresh"]);
    assert!(!held(&test).await);
    assert_eq!(
        test.dump("job")
            .await
            .iter()
            .filter(|row| row.contains("token"))
            .count(),
        0
    );
}

#[tokio::test]
async fn the_end_of_an_account_revokes_at_apple() {
    let (test, provider) = with_apple().await;
    let user_id = by_code(&test, &provider).await.user_id;
    let staff = test.system().await;
    admin::delete(&test.sereno, &test.meta(), &staff, &Id(user_id.to_string()))
        .await
        .unwrap();
    test.mails().await;
    assert_eq!(provider.revoked(), Vec::<String>::new(), "it can still be kept");
    test.advance(Duration::from_hours(24 * 15));
    // Apple is away, and the account goes all the same
    provider.say("/auth/revoke", Says::Json(503, json!({})));
    jobs::sweep(&test.sereno).await.unwrap();
    assert_eq!(users(&test).await, 0);
    test.mails().await;
    assert!(held(&test).await, "it is tried again");
    provider.recover("/auth/revoke");
    test.advance(Duration::from_mins(1));
    test.mails().await;
    assert_eq!(provider.revoked(), ["provider-refresh"]);
    assert!(!held(&test).await);
}

/// With a provider the key goes that proves us there: what it still holds is given back all the same, and what waited for
/// that already.
#[tokio::test]
async fn the_end_of_a_provider_revokes_at_apple() {
    let (test, provider) = with_apple().await;
    let user_id = by_code(&test, &provider).await.user_id;
    provider.say("/auth/revoke", Says::Json(503, json!({})));
    disconnect(&test, user_id).await;
    test.mails().await;
    test.user("eve").await;
    connect(&test, &provider, "eve").await;
    let staff = test.system().await;
    let query = sereno_types::SocialProviderQuery::default();
    let listed = social::admin::list(&test.sereno, &staff, query).await.unwrap();
    social::admin::delete(&test.sereno, &test.meta(), &staff, &listed.items[0].id)
        .await
        .unwrap();
    assert_eq!(test.count("identity").await, 0);
    let sealed = test.dump("job").await.concat();
    assert!(!sealed.contains("PRIVATE KEY"), "the key is not sealed");
    provider.recover("/auth/revoke");
    test.advance(Duration::from_hours(1));
    test.mails().await;
    assert_eq!(provider.revoked(), ["provider-refresh", "provider-refresh"]);
    let payloads = test
        .column("SELECT CAST(payload AS TEXT) FROM job WHERE name = 'revoke_at_provider'")
        .await;
    assert_eq!(payloads, ["{}", "{}"], "neither token nor key is kept");
}

#[tokio::test]
async fn what_apple_refuses_is_not_kept() {
    for (says, attempts) in [
        (Says::Json(400, json!({"error": "invalid_grant"})), 1),
        // our own key may be put right
        (Says::Json(400, json!({"error": "invalid_client"})), 16),
        (Says::Nothing, 16),
        (Says::Huge, 16),
        (Says::Redirect("https://evil.example/".to_owned()), 16),
    ] {
        let (test, provider) = with_apple().await;
        let user_id = by_code(&test, &provider).await.user_id;
        provider.say("/auth/revoke", says.clone());
        disconnect(&test, user_id).await;
        for _ in 0..18 {
            test.mails().await;
            test.advance(Duration::from_hours(2));
        }
        assert_eq!(provider.asked("/auth/revoke"), attempts, "{says:?}");
        assert_eq!(
            test.count("job WHERE name = 'revoke_at_provider' AND state = 'dead'")
                .await,
            1
        );
        assert!(!held(&test).await);
        let payload = test
            .column("SELECT CAST(payload AS TEXT) FROM job WHERE name = 'revoke_at_provider'")
            .await;
        assert_eq!(payload, ["{}"], "{says:?}");
    }
}

/// The newest token counts; an ID token alone brings none and takes none away.
#[tokio::test]
async fn tokens_are_kept_of_codes_and_of_apple_alone() {
    let (test, provider) = with_apple().await;
    let token = SocialLogin {
        id_token: Some(provider.id_token(&json!({})).into()),
        ..SocialLogin::default()
    };
    post(&test, "apple", token.clone()).await.unwrap();
    assert!(!held(&test).await, "nothing came that could be revoked");
    by_code(&test, &provider).await;
    assert!(held(&test).await);
    let kept = test.column("SELECT refresh_token FROM identity").await;
    post(&test, "apple", token).await.unwrap();
    assert_eq!(test.column("SELECT refresh_token FROM identity").await, kept);
    by_code(&test, &provider).await;
    assert_ne!(test.column("SELECT refresh_token FROM identity").await, kept);

    let (test, provider) = with_kind(SocialKind::Oidc, |_| ()).await;
    post(&test, "oidc", code(&provider)).await.unwrap();
    assert!(!held(&test).await, "nobody else asks for it back");
}

/// Connecting again brings the newest token along.
#[tokio::test]
async fn connecting_keeps_the_token_too() {
    let (test, provider) = with_apple().await;
    test.user("eve").await;
    for _ in 0..2 {
        connect(&test, &provider, "eve").await;
        assert!(held(&test).await);
        test.execute("UPDATE identity SET refresh_token = NULL").await;
    }
}

//! Connecting and disconnecting.

use serde_json::json;
use sereno_core::account::factors;
use sereno_core::context::Actor;
use sereno_core::event::EventKind;
use sereno_core::social::{self, identities};
use sereno_core::testing::{TestSereno, refused};
use sereno_core::token;
use sereno_types::{Code, Factor, FactorKind, Id, LinkIdentity};
use std::time::Duration;
use uuid::Uuid;

use super::{browser::there_and_back, claims, identities_of, with_issuer};

#[tokio::test]
async fn a_signed_in_user_links_with_a_fresh_sign_in() {
    let (test, provider) = with_issuer(|command| command.sign_up = false).await;
    let (sereno, meta) = (&test.sereno, test.meta());
    let ana = test.user("ana").await;
    let session = test.sign_in("ana").await;
    let link = |token: String| LinkIdentity {
        id_token: Some(token.into()),
        ..LinkIdentity::default()
    };
    // another address than the account's: linking is the user's own word
    let token = provider.id_token(&json!({"email": "other@example.org"}));
    social::link_posted(sereno, &meta, &session.actor, "oidc", link(token.clone()))
        .await
        .unwrap();
    social::link_posted(sereno, &meta, &session.actor, "oidc", link(token.clone()))
        .await
        .unwrap();
    assert_eq!(identities_of(&test, ana).await.len(), 1);
    let mails = test.mails().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].recipient, "ana@example.org");
    // it signs in from now on
    assert_eq!(
        claims(&test, &provider, json!({})).await.unwrap().user.id.0,
        ana.to_string()
    );
    let bea = {
        test.user("bea").await;
        test.sign_in("bea").await
    };
    let refusal = social::link_posted(sereno, &meta, &bea.actor, "oidc", link(token.clone())).await;
    assert_eq!(refused(refusal), Code::SocialIdentityTaken);
    test.advance(Duration::from_secs(301));
    let late = social::link_posted(sereno, &meta, &session.actor, "oidc", link(token)).await;
    assert_eq!(refused(late), Code::ReauthenticationRequired);
    let late = social::connect(sereno, &meta, &session.actor, "oidc", None).await;
    assert_eq!(refused(late), Code::ReauthenticationRequired);
}

#[tokio::test]
async fn a_browser_links_while_its_session_is_open() {
    let (test, provider) = with_issuer(|_| ()).await;
    let (sereno, meta) = (&test.sereno, test.meta());
    let ana = test.user("ana").await;
    let session = test.sign_in("ana").await;
    let started = social::connect(sereno, &meta, &session.actor, "oidc", None)
        .await
        .unwrap();
    let answer = provider.agree(&started.location);
    let finished = social::finish(sereno, &meta, "oidc", answer, Some(&started.browser)).await;
    assert!(finished.linking && finished.outcome.unwrap().is_none());
    assert_eq!(identities_of(&test, ana).await.len(), 1);
    let started = social::connect(sereno, &meta, &session.actor, "oidc", None)
        .await
        .unwrap();
    let command = sereno_types::Logout::default();
    sereno_core::login::logout(sereno, &meta, &session.actor, command)
        .await
        .unwrap();
    let answer = provider.agree(&started.location);
    let finished = social::finish(sereno, &meta, "oidc", answer, Some(&started.browser)).await;
    assert_eq!(refused(finished.outcome.map(drop)), Code::AuthenticationRequired);
}

#[tokio::test]
async fn the_last_way_in_stays() {
    let (test, provider) = with_issuer(|_| ()).await;
    let (sereno, meta) = (&test.sereno, test.meta());
    let id: Uuid = claims(&test, &provider, json!({}))
        .await
        .unwrap()
        .user
        .id
        .0
        .parse()
        .unwrap();
    let session = there_and_back(&test, &provider).await.outcome.unwrap().unwrap();
    let only = identities_of(&test, id).await[0].id.clone();
    let refusal = identities::unlink_mine(sereno, &meta, &session.actor, &only).await;
    assert_eq!(refused(refusal), Code::LastSignInMethod);
    let second = LinkIdentity {
        id_token: Some(provider.id_token(&json!({"sub": "second"})).into()),
        ..LinkIdentity::default()
    };
    social::link_posted(sereno, &meta, &session.actor, "oidc", second)
        .await
        .unwrap();
    test.mails().await;
    // of two that go at once, one stays
    let all = identities_of(&test, id).await;
    let (one, two) = tokio::join!(
        identities::unlink_mine(sereno, &meta, &session.actor, &all[0].id),
        identities::unlink_mine(sereno, &meta, &session.actor, &all[1].id),
    );
    assert_eq!(u8::from(one.is_ok()) + u8::from(two.is_ok()), 1);
    assert_eq!(identities_of(&test, id).await.len(), 1);
    assert_eq!(test.mails().await.len(), 1);
    assert_eq!(test.events.count(EventKind::IdentityUnlinked), 1);
    // nobody else's
    test.user("bea").await;
    let bea = test.sign_in("bea").await;
    let left = identities_of(&test, id).await[0].id.clone();
    assert_eq!(
        refused(identities::unlink_mine(sereno, &meta, &bea.actor, &left).await),
        Code::NotFound
    );
    // staff may, and whoever came in by it is out
    let staff = test.system().await;
    identities::unlink(sereno, &meta, &staff, &Id(id.to_string()), &left)
        .await
        .unwrap();
    assert!(identities_of(&test, id).await.is_empty());
    assert_eq!(
        test.count("session WHERE ended_at IS NULL AND end_reason IS NULL")
            .await,
        1,
        "bea's alone"
    );
}

/// As every change of what signs in.
#[tokio::test]
async fn disconnecting_wants_a_fresh_sign_in() {
    let (test, provider) = with_issuer(|_| ()).await;
    let (sereno, meta) = (&test.sereno, test.meta());
    let session = there_and_back(&test, &provider).await.outcome.unwrap().unwrap();
    let id = session.actor.caller().unwrap().user_id;
    let identity = identities_of(&test, id).await.remove(0).id;
    test.advance(Duration::from_mins(6));
    let refusal = identities::unlink_mine(sereno, &meta, &session.actor, &identity).await;
    assert_eq!(refused(refusal), Code::ReauthenticationRequired);
    // and says so before it says whose it is
    let unknown = Id(Uuid::nil().to_string());
    let refusal = identities::unlink_mine(sereno, &meta, &session.actor, &unknown).await;
    assert_eq!(refused(refusal), Code::ReauthenticationRequired);
    assert_eq!(identities_of(&test, id).await.len(), 1);
}

/// What an account has to sign in with, and what of it works right now.
#[tokio::test]
async fn the_ways_to_sign_in_are_told_as_they_are() {
    let (test, provider) = with_issuer(|_| ()).await;
    let new = super::pair(
        super::post(&test, "oidc", super::id_token(provider.id_token(&json!({}))))
            .await
            .unwrap(),
    );
    let actor = token::authenticate(&test.sereno, &new.access_token).await.unwrap();
    let told = async |actor: &Actor| {
        let factors = factors::own(&test.sereno, actor).await.unwrap().factors;
        let show = |factor: Factor| (factor.kind, factor.name, factor.is_usable);
        factors.into_iter().map(show).collect::<Vec<_>>()
    };
    let mailed = |works| (FactorKind::MailedCode, Some("ana@example.org".to_owned()), works);
    let identity = |works| (FactorKind::Identity, Some("OpenID Connect".to_owned()), works);
    // somebody who came through a provider has no password
    assert_eq!(told(&actor).await, [mailed(true), identity(true)]);
    test.execute("UPDATE social_provider SET is_enabled = FALSE").await;
    assert_eq!(told(&actor).await, [mailed(true), identity(false)]);
    test.execute("UPDATE user_email SET verified_at = NULL").await;
    assert_eq!(told(&actor).await, [identity(false)]);
    assert_eq!(
        refused(factors::own(&test.sereno, &Actor::Anonymous).await),
        Code::AuthenticationRequired
    );
    let off = TestSereno::with(|config| config.login_code.enabled = false).await;
    off.user("bea").await;
    let factors = factors::own(&off.sereno, &off.actor("bea").await)
        .await
        .unwrap()
        .factors;
    let kinds: Vec<_> = factors.iter().map(|factor| (factor.kind, factor.is_usable)).collect();
    assert_eq!(kinds, [(FactorKind::Password, true), (FactorKind::MailedCode, false)]);
}

//! What is asked before somebody comes in through a provider, and what is told afterwards.

use serde_json::json;
use sereno_core::event::EventKind;
use sereno_core::intent::{Intent, IntentKind};
use sereno_core::testing::refused;
use sereno_types::Code;

use super::browser::there_and_back;
use super::{claims, pair, users, with_issuer};

fn kinds(intents: &[Intent]) -> Vec<IntentKind> {
    intents.iter().map(|intent| intent.kind).collect()
}

#[tokio::test]
async fn whoever_comes_through_a_provider_is_asked_about_as_everybody() {
    let (test, provider) = with_issuer(|_| ()).await;
    test.events.refuse(&[]);
    let first = pair(claims(&test, &provider, json!({})).await.unwrap());
    let asked = test.events.intents();
    assert_eq!(
        kinds(&asked),
        [IntentKind::Registration, IntentKind::Login, IntentKind::TokenIssue]
    );
    assert_eq!(asked[0].identifier.as_deref(), Some("ana@example.org"));
    assert_eq!(asked[1].method, Some("fed"));
    assert!(
        asked.iter().all(|intent| intent.user_id.is_none()),
        "nobody is there yet"
    );
    let told = [
        EventKind::UserRegistered,
        EventKind::UserActivated,
        EventKind::IdentityLinked,
        EventKind::LoggedIn,
        EventKind::TokenIssued,
    ];
    for kind in told {
        assert_eq!(test.events.count(kind), 1, "{kind:?}");
    }
    // the same one again: nobody signs up
    claims(&test, &provider, json!({})).await.unwrap();
    let asked = test.events.intents();
    assert_eq!(kinds(&asked), [IntentKind::Login, IntentKind::TokenIssue]);
    assert!(asked.iter().all(|intent| intent.user_id == Some(first.user_id)));
    // and in a browser, where no token is issued
    there_and_back(&test, &provider).await.outcome.unwrap();
    assert_eq!(kinds(&test.events.intents()), [IntentKind::Login]);
    assert_eq!(test.events.count(EventKind::LoggedIn), 3);
}

#[tokio::test]
async fn a_refusal_leaves_nothing_behind_and_is_told() {
    for kind in [IntentKind::Registration, IntentKind::Login, IntentKind::TokenIssue] {
        let (test, provider) = with_issuer(|_| ()).await;
        test.events.refuse(&[kind]);
        let refusal = claims(&test, &provider, json!({})).await;
        assert_eq!(refused(refusal), Code::RefusedByHook, "{kind:?}");
        assert_eq!(users(&test).await, 0, "{kind:?}");
        assert_eq!(test.count("identity").await, 0, "{kind:?}");
        assert_eq!(
            test.events.kinds(),
            [EventKind::ProviderCreated, EventKind::LoginFailed],
            "{kind:?}"
        );
    }
}

#[tokio::test]
async fn a_failing_check_is_told_and_nobody_asked() {
    let (test, provider) = with_issuer(|_| ()).await;
    test.events.refuse(&[]);
    let refusal = claims(&test, &provider, json!({"aud": "another"})).await;
    assert_eq!(refused(refusal), Code::SocialAudienceMismatch);
    assert_eq!(kinds(&test.events.intents()), []);
    assert_eq!(
        test.events.kinds(),
        [EventKind::ProviderCreated, EventKind::LoginFailed]
    );
    let written = test.column("SELECT code FROM event WHERE name = 'login_failed'").await;
    assert_eq!(written, ["social_audience_mismatch"]);
}

//! There and back in a browser: what belongs together, and is good once.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sea_orm::EntityTrait;
use serde_json::json;
use sereno_core::entity::flow_state;
use sereno_core::event::EventKind;
use sereno_core::session;
use sereno_core::social;
use sereno_core::testing::{FakeProvider, Says, TestSereno, refused};
use sereno_types::Code;
use std::time::Duration;

use super::with_issuer;

/// To the provider and back in one browser.
pub async fn there_and_back(test: &TestSereno, provider: &FakeProvider) -> social::Finished {
    let meta = test.meta();
    let started = social::start(&test.sereno, &meta, "oidc", "/somewhere", None)
        .await
        .unwrap();
    let answer = provider.agree(&started.location);
    social::finish(&test.sereno, &meta, "oidc", answer, Some(&started.browser)).await
}

#[tokio::test]
async fn a_browser_goes_there_and_back() {
    let (test, provider) = with_issuer(|_| ()).await;
    let finished = there_and_back(&test, &provider).await;
    assert_eq!((finished.next.as_str(), finished.linking), ("/somewhere", false));
    let session = finished.outcome.unwrap().unwrap();
    assert_eq!(
        session::resolve(&test.sereno, &session.secret).await.unwrap(),
        session.actor
    );
    assert_eq!(test.events.count(EventKind::LoggedIn), 1);
    assert_eq!(provider.asked("/token"), 1);
    // what never changes is not asked for twice
    there_and_back(&test, &provider).await.outcome.unwrap();
    assert_eq!(
        (
            provider.asked("/keys"),
            provider.asked("/.well-known/openid-configuration")
        ),
        (1, 1)
    );
}

#[tokio::test]
async fn a_flow_is_good_once_in_its_own_browser_and_for_minutes() {
    let (test, provider) = with_issuer(|_| ()).await;
    let (sereno, meta) = (&test.sereno, test.meta());
    let started = social::start(sereno, &meta, "oidc", "/", None).await.unwrap();
    assert!(started.location.starts_with(&format!("{}/authorize?", provider.url)));
    assert!(started.location.contains("code_challenge_method=S256"));
    let answer = provider.agree(&started.location);
    // nothing that could be presented is stored
    let kept = flow_state::Entity::find()
        .one(test.sereno.db.write())
        .await
        .unwrap()
        .unwrap();
    let kept = format!("{} {}", kept.digest, kept.data);
    assert!(
        !kept.contains(&answer.state) && !kept.contains(&started.browser),
        "{kept}"
    );
    let finish = async |answer: social::Answer, browser: Option<&str>| {
        social::finish(sereno, &meta, "oidc", answer, browser).await.outcome
    };
    for browser in [None, Some(""), Some("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")] {
        assert_eq!(refused(finish(answer.clone(), browser).await), Code::SocialStateInvalid);
    }
    // a stranger's attempts have not used it up
    finish(answer.clone(), Some(&started.browser)).await.unwrap();
    let again = finish(answer, Some(&started.browser)).await;
    assert_eq!(refused(again), Code::SocialStateInvalid);
    // two tabs share the browser's cookie
    let one = social::start(sereno, &meta, "oidc", "/", Some(&started.browser))
        .await
        .unwrap();
    let two = social::start(sereno, &meta, "oidc", "/", Some(&one.browser))
        .await
        .unwrap();
    assert_eq!(one.browser, started.browser);
    finish(provider.agree(&one.location), Some(&two.browser)).await.unwrap();
    test.advance(Duration::from_secs(601));
    let late = finish(provider.agree(&two.location), Some(&two.browser)).await;
    assert_eq!(refused(late), Code::SocialStateInvalid);
}

#[tokio::test]
async fn of_two_answers_at_once_one_signs_in() {
    let (test, provider) = with_issuer(|_| ()).await;
    let (sereno, meta) = (&test.sereno, test.meta());
    let started = social::start(sereno, &meta, "oidc", "/", None).await.unwrap();
    let answer = provider.agree(&started.location);
    let finish = || social::finish(sereno, &meta, "oidc", answer.clone(), Some(&started.browser));
    let (one, two) = tokio::join!(finish(), finish());
    assert_eq!(u8::from(one.outcome.is_ok()) + u8::from(two.outcome.is_ok()), 1);
}

#[tokio::test]
async fn an_answer_of_another_issuer_is_a_mix_up() {
    let (test, provider) = with_issuer(|_| ()).await;
    let (sereno, meta) = (&test.sereno, test.meta());
    for (change, code) in [
        (
            Box::new(|answer: &mut social::Answer| answer.iss = Some("https://evil.example".to_owned()))
                as Box<dyn Fn(&mut social::Answer)>,
            Code::SocialIssuerMismatch,
        ),
        (
            Box::new(|answer| answer.error = Some("access_denied".to_owned())),
            Code::SocialDenied,
        ),
        (
            Box::new(|answer| answer.error = Some("server_error".to_owned())),
            Code::SocialUnavailable,
        ),
        (Box::new(|answer| answer.code = None), Code::SocialAnswerInvalid),
        (
            Box::new(|answer| answer.code = Some("of somebody else".to_owned())),
            Code::SocialExchangeRefused,
        ),
    ] {
        let started = social::start(sereno, &meta, "oidc", "/", None).await.unwrap();
        let mut answer = provider.agree(&started.location);
        change(&mut answer);
        let finished = social::finish(sereno, &meta, "oidc", answer, Some(&started.browser)).await;
        assert_eq!(refused(finished.outcome.map(drop)), code);
        assert_eq!(finished.next, "/");
    }
    // a code that was issued for another browser's flow does not fit the verifier
    let (mine, theirs) = (
        social::start(sereno, &meta, "oidc", "/", None).await.unwrap(),
        social::start(sereno, &meta, "oidc", "/", None).await.unwrap(),
    );
    let mut answer = provider.agree(&mine.location);
    answer.code = provider.agree(&theirs.location).code;
    let finished = social::finish(sereno, &meta, "oidc", answer, Some(&mine.browser)).await;
    assert_eq!(refused(finished.outcome.map(drop)), Code::SocialExchangeRefused);
}

#[tokio::test]
async fn what_a_browser_brings_back_belongs_together() {
    let (test, provider) = with_issuer(|_| ()).await;
    provider.claim("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA"));
    let finished = there_and_back(&test, &provider).await;
    assert_eq!(refused(finished.outcome.map(drop)), Code::SocialAccessTokenMismatch);
    // that of `provider-access`
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"provider-access");
    provider.claim("at_hash", json!(URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16])));
    there_and_back(&test, &provider).await.outcome.unwrap();
    provider.claim("nonce", json!("of another request"));
    let finished = there_and_back(&test, &provider).await;
    assert_eq!(refused(finished.outcome.map(drop)), Code::SocialNonceMismatch);
}

#[tokio::test]
async fn who_announces_to_name_the_issuer_must_do_so() {
    let (test, provider) = with_issuer(|_| ()).await;
    let (sereno, meta, url) = (&test.sereno, test.meta(), provider.url.clone());
    let announced = json!({
        "issuer": url, "authorization_endpoint": format!("{url}/authorize"), "token_endpoint": format!("{url}/token"),
        "jwks_uri": format!("{url}/keys"), "response_types_supported": ["code"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"], "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "authorization_response_iss_parameter_supported": true,
    });
    provider.say("/.well-known/openid-configuration", Says::Json(200, announced));
    let finished = there_and_back(&test, &provider).await;
    assert_eq!(refused(finished.outcome.map(drop)), Code::SocialIssuerMismatch);
    let started = social::start(sereno, &meta, "oidc", "/", None).await.unwrap();
    let mut answer = provider.agree(&started.location);
    answer.iss = Some(url);
    let finished = social::finish(sereno, &meta, "oidc", answer, Some(&started.browser)).await;
    finished.outcome.unwrap();
}

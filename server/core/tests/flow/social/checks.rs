//! What of a token or a code is checked, each with its own refusal.

use serde_json::{Value, json};
use sereno_core::event::EventKind;
use sereno_core::social::{self, UntoldNonce};
use sereno_core::testing::{Says, Signing, refused, refused_fields};
use sereno_types::{Code, SocialLogin};
use std::time::Duration;

use super::{SUBJECT, browser::there_and_back, claims, id_token, post, users, with_issuer};

#[tokio::test]
async fn every_failing_check_has_its_code() {
    let (test, provider) = with_issuer(|_| ()).await;
    let now = 1_767_225_600;
    for (changed, code) in [
        (json!({"aud": "another"}), Code::SocialAudienceMismatch),
        (
            json!({"aud": ["sereno-client", "another"], "azp": "sereno-client"}),
            Code::SocialAudienceMismatch,
        ),
        (json!({"aud": []}), Code::SocialAudienceMismatch),
        (json!({"aud": "(absent)"}), Code::SocialAudienceMismatch),
        (json!({"iss": "https://evil.example"}), Code::SocialIssuerMismatch),
        (json!({"exp": now - 60}), Code::SocialTokenExpired),
        (json!({"iat": now + 3_600}), Code::SocialTokenExpired),
        (json!({"exp": "(absent)"}), Code::SocialTokenInvalid),
        (json!({"exp": "never"}), Code::SocialTokenInvalid),
        (json!({"sub": null}), Code::SocialSubjectMissing),
        (json!({"sub": ""}), Code::SocialSubjectMissing),
        (json!({"sub": "  "}), Code::SocialSubjectMissing),
        (json!({"sub": 7}), Code::SocialSubjectMissing),
        (json!({"sub": "(absent)"}), Code::SocialSubjectMissing),
        (json!({"sub": "a\u{0}b"}), Code::SocialSubjectMissing),
        (json!({"sub": "a".repeat(256)}), Code::SocialSubjectMissing),
        (json!({"nonce": "of somebody else"}), Code::SocialNonceMismatch),
    ] {
        let answer = claims(&test, &provider, changed.clone()).await;
        let found = match answer {
            Err(error) => error.code(),
            Ok(_) => panic!("{changed} was let in"),
        };
        assert_eq!(found, code, "{changed}");
    }
    for (signing, code) in [
        (Signing::Unsigned, Code::SocialAlgorithmRefused),
        (Signing::Confused, Code::SocialAlgorithmRefused),
        (Signing::Forged, Code::SocialSignatureInvalid),
    ] {
        provider.sign(signing);
        assert_eq!(refused(claims(&test, &provider, json!({})).await), code, "{signing:?}");
    }
    provider.sign(Signing::Right);
    for nonsense in ["", "x", "a.b.c", "e30.e30.e30", &"a".repeat(20_000)] {
        let answer = post(&test, "oidc", id_token(nonsense.to_owned())).await;
        let found = answer.err().unwrap();
        assert!(found.code().status() < 500, "{nonsense}: {found}");
    }
    assert_eq!(users(&test).await, 0);
    assert!(test.events.count(EventKind::LoginFailed) > 20);
}

#[tokio::test]
async fn an_address_that_the_token_lacks_is_asked_for_of_the_same_subject() {
    let (test, provider) = with_issuer(|_| ()).await;
    provider.claim("email", Value::Null);
    let told = |sub: &str| {
        Says::Json(
            200,
            json!({"sub": sub, "email": "ana@example.org", "email_verified": true}),
        )
    };
    provider.say("/userinfo", told("somebody else"));
    let finished = there_and_back(&test, &provider).await;
    assert_eq!(refused(finished.outcome.map(drop)), Code::SocialSubjectMissing);
    provider.say("/userinfo", told(SUBJECT));
    there_and_back(&test, &provider).await.outcome.unwrap();
    assert_eq!(test.events.count(EventKind::UserActivated), 1);
    test.holder_of("ana@example.org").await;
}

#[tokio::test]
async fn keys_that_turn_are_found_and_strange_ones_are_not_asked_for_without_end() {
    let (test, provider) = with_issuer(|_| ()).await;
    claims(&test, &provider, json!({})).await.unwrap();
    let old = provider.id_token(&json!({}));
    test.advance(Duration::from_mins(2));
    provider.turn_keys();
    claims(&test, &provider, json!({})).await.unwrap();
    assert_eq!(provider.asked("/keys"), 2);
    for _ in 0..5 {
        let refusal = post(&test, "oidc", id_token(old.clone())).await;
        assert_eq!(refused(refusal), Code::SocialSignatureInvalid);
    }
    assert_eq!(provider.asked("/keys"), 2);
}

#[tokio::test]
async fn a_posted_nonce_is_checked_plain_or_hashed() {
    let (test, provider) = with_issuer(|_| ()).await;
    let hashed = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    for (claimed, posted, good) in [
        ("test", Some("test"), true),
        (hashed, Some("test"), true),
        ("test", Some("other"), false),
        ("test", Some(hashed), false),
        ("test", None, false),
        ("(absent)", Some("test"), false),
        ("(absent)", None, true),
    ] {
        let command = SocialLogin {
            nonce: posted.map(Into::into),
            ..id_token(provider.id_token(&json!({ "nonce": claimed })))
        };
        let answer = post(&test, "oidc", command).await;
        match answer {
            Ok(_) => assert!(good, "{claimed} {posted:?}"),
            Err(error) => assert!(
                !good && error.code() == Code::SocialNonceMismatch,
                "{claimed} {posted:?}: {error}"
            ),
        }
    }
}

/// For a door whose clients tell none. Who tells one has it checked there, too.
#[tokio::test]
async fn a_nonce_that_is_not_looked_at_may_be_any() {
    let (test, provider) = with_issuer(|_| ()).await;
    for (claimed, posted, good) in [
        ("test", None, true),
        ("test", Some(""), true),
        ("(absent)", None, true),
        ("test", Some("test"), true),
        ("test", Some("other"), false),
        ("(absent)", Some("test"), false),
    ] {
        let command = SocialLogin {
            nonce: posted.map(Into::into),
            ..id_token(provider.id_token(&json!({ "nonce": claimed })))
        };
        let (sereno, meta) = (&test.sereno, test.meta());
        let looked = social::look_at_posted(sereno, &meta, "oidc", command.clone(), UntoldNonce::NotLookedAt).await;
        let answer = social::sign_in_posted(sereno, &meta, "oidc", command, UntoldNonce::NotLookedAt).await;
        assert_eq!((looked.is_ok(), answer.is_ok()), (good, good), "{claimed} {posted:?}");
    }
}

#[tokio::test]
async fn tokens_for_an_app_on_a_phone_are_taken_if_its_client_id_is_listed() {
    let (test, provider) = with_issuer(|command| command.audiences = vec!["ios".to_owned()]).await;
    claims(&test, &provider, json!({"aud": "ios"})).await.unwrap();
    let both = json!({"aud": ["ios", "sereno-client"], "azp": "ios"});
    claims(&test, &provider, both).await.unwrap();
    for party in [json!("(absent)"), json!("another")] {
        let several = json!({"aud": ["ios", "sereno-client"], "azp": party});
        assert_eq!(
            refused(claims(&test, &provider, several).await),
            Code::SocialAudienceMismatch,
            "{party}"
        );
    }
}

/// An app on a phone asks for the token of its server: the server is the audience, and the app the party (`azp`).
#[tokio::test]
async fn of_one_audience_the_party_is_not_asked() {
    let (test, provider) = with_issuer(|_| ()).await;
    for audience in [json!("sereno-client"), json!(["sereno-client"])] {
        claims(&test, &provider, json!({"aud": audience, "azp": "android"}))
            .await
            .unwrap();
    }
    let theirs = claims(&test, &provider, json!({"aud": "android", "azp": "sereno-client"})).await;
    assert_eq!(refused(theirs), Code::SocialAudienceMismatch);
}

#[tokio::test]
async fn a_code_is_taken_from_a_registered_address_once() {
    let (test, provider) = with_issuer(|_| ()).await;
    let with = |code: String, uri: &str| SocialLogin {
        code: Some(code.into()),
        redirect_uri: Some(uri.to_owned()),
        ..SocialLogin::default()
    };
    let code = provider.code(None, None);
    let elsewhere = post(&test, "oidc", with(code.clone(), "org.evil.app:/back")).await;
    assert_eq!(
        refused_fields(elsewhere),
        [("redirect_uri".to_owned(), Code::InvalidChoice)]
    );
    assert_eq!(provider.asked("/token"), 0);
    post(&test, "oidc", with(code.clone(), "org.example.app:/back"))
        .await
        .unwrap();
    let again = post(&test, "oidc", with(code, "org.example.app:/back")).await;
    assert_eq!(refused(again), Code::SocialExchangeRefused);
}

#[tokio::test]
async fn exactly_one_thing_is_posted() {
    let (test, provider) = with_issuer(|_| ()).await;
    let nothing = post(&test, "oidc", SocialLogin::default()).await;
    assert_eq!(refused_fields(nothing), [("id_token".to_owned(), Code::Blank)]);
    let both = SocialLogin {
        access_token: Some("x".into()),
        ..id_token(provider.id_token(&json!({})))
    };
    assert_eq!(
        refused_fields(post(&test, "oidc", both).await),
        [("access_token".to_owned(), Code::UnknownField)]
    );
    let unknown = post(&test, "nobody", id_token("x".to_owned())).await;
    assert_eq!(refused(unknown), Code::NotFound);
    let token = SocialLogin {
        access_token: Some("x".into()),
        ..SocialLogin::default()
    };
    assert_eq!(
        refused(post(&test, "oidc", token).await),
        Code::SocialAccessTokenUnverifiable
    );
}

#[tokio::test]
async fn a_token_whose_time_has_not_come_is_refused() {
    let (test, provider) = with_issuer(|_| ()).await;
    let now = test.sereno.now().unix_seconds();
    let early = claims(&test, &provider, json!({"nbf": now + 3_600})).await;
    assert_eq!(refused(early), Code::SocialTokenExpired);
    for nbf in [json!("soon"), json!(null)] {
        assert!(claims(&test, &provider, json!({"nbf": nbf})).await.is_err());
    }
    claims(&test, &provider, json!({"nbf": now})).await.unwrap();
}

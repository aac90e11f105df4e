//! Providers that are away, lie, answer without end or send us elsewhere.

use serde_json::json;
use sereno_core::social;
use sereno_core::testing::{Says, refused};
use sereno_types::{Code, SocialKind, SocialLogin};
use std::time::Duration;

use super::{browser::there_and_back, claims, post, with_issuer, with_kind};

#[tokio::test]
async fn a_provider_that_is_away_or_talks_nonsense_is_no_fault_of_ours() {
    let (test, provider) = with_issuer(|_| ()).await;
    let (sereno, meta) = (&test.sereno, test.meta());
    let discovery = "/.well-known/openid-configuration";
    for (says, code) in [
        (Says::Nothing, Code::SocialUnavailable),
        (Says::Json(503, json!({})), Code::SocialUnavailable),
        (Says::Json(404, json!({})), Code::SocialMisconfigured),
        (
            Says::Redirect("http://127.0.0.1:1/".to_owned()),
            Code::SocialMisconfigured,
        ),
        (Says::Huge, Code::SocialAnswerInvalid),
        (Says::Json(200, json!([])), Code::SocialAnswerInvalid),
    ] {
        provider.say(discovery, says.clone());
        let start = social::start(sereno, &meta, "oidc", "/", None).await;
        assert_eq!(refused(start), code, "{says:?}");
    }
    let lying = json!({
        "issuer": "https://evil.example", "authorization_endpoint": "https://evil.example/a",
        "token_endpoint": "https://evil.example/t", "jwks_uri": "https://evil.example/k",
        "response_types_supported": ["code"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    });
    // nonsense is not remembered for as long as what makes sense
    test.advance(Duration::from_secs(61));
    provider.say(discovery, Says::Json(200, lying));
    let start = social::start(sereno, &meta, "oidc", "/", None).await;
    assert_eq!(refused(start), Code::SocialIssuerMismatch);
    test.advance(Duration::from_secs(61));
    provider.recover(discovery);
    there_and_back(&test, &provider).await.outcome.unwrap();
    for (says, code) in [
        (
            Says::Json(400, json!({"error": "invalid_grant"})),
            Code::SocialExchangeRefused,
        ),
        (
            Says::Json(401, json!({"error": "invalid_client"})),
            Code::SocialMisconfigured,
        ),
        (Says::Json(500, json!({"error": "x"})), Code::SocialUnavailable),
        (Says::Json(200, json!({"access_token": 7})), Code::SocialAnswerInvalid),
        (
            Says::Json(200, json!({"access_token": "x", "token_type": "bearer"})),
            Code::SocialAnswerInvalid,
        ),
        (Says::Huge, Code::SocialAnswerInvalid),
        (
            Says::Redirect("https://evil.example".to_owned()),
            Code::SocialAnswerInvalid,
        ),
    ] {
        provider.say("/token", says.clone());
        let finished = there_and_back(&test, &provider).await;
        assert_eq!(refused(finished.outcome.map(drop)), code, "{says:?}");
    }
}

/// What a hostile server does to whoever waits, reads and follows.
fn hostile() -> [(Says, Code); 3] {
    [
        (Says::Nothing, Code::SocialUnavailable),
        (Says::Huge, Code::SocialAnswerInvalid),
        (
            Says::Redirect("http://127.0.0.1:1/".to_owned()),
            Code::SocialAnswerInvalid,
        ),
    ]
}

#[tokio::test]
async fn keys_that_do_not_come_let_nobody_in() {
    for (says, code) in hostile() {
        let (test, provider) = with_issuer(|_| ()).await;
        provider.say("/keys", says.clone());
        // the way to the keys is part of the settings' word: who redirects is set up wrong
        let code = match says {
            Says::Redirect(_) => Code::SocialMisconfigured,
            _ => code,
        };
        assert_eq!(refused(claims(&test, &provider, json!({})).await), code, "{says:?}");
    }
}

#[tokio::test]
async fn a_userinfo_that_does_not_answer_lets_nobody_in() {
    let (test, provider) = with_issuer(|_| ()).await;
    // an address that the token lacks is asked for
    provider.claim("email", json!(null));
    for (says, code) in hostile() {
        provider.say("/userinfo", says.clone());
        let finished = there_and_back(&test, &provider).await;
        assert_eq!(refused(finished.outcome.map(drop)), code, "{says:?}");
    }
}

#[tokio::test]
async fn interfaces_that_do_not_answer_let_nobody_in() {
    let good = |value: serde_json::Value| Says::Json(200, value);
    let debug = json!({"data": {"app_id": "sereno-client", "is_valid": true, "user_id": "10158", "type": "USER"}});
    let told = json!({"azp": "sereno-client", "aud": "sereno-client", "sub": "1", "exp": "1767229200"});
    let check = json!({"id": 1, "app": {"client_id": "sereno-client"}, "user": {"id": 583_231}});
    let cases = [
        (SocialKind::Google, vec![], "/tokeninfo"),
        (SocialKind::Google, vec![("/tokeninfo", told)], "/userinfo"),
        (SocialKind::Facebook, vec![], "/debug_token"),
        (SocialKind::Facebook, vec![("/debug_token", debug)], "/me"),
        (SocialKind::Github, vec![], "/applications/sereno-client/token"),
        (
            SocialKind::Github,
            vec![("/applications/sereno-client/token", check.clone())],
            "/user",
        ),
        (
            SocialKind::Github,
            vec![
                ("/applications/sereno-client/token", check),
                ("/user", json!({"id": 583_231, "login": "ana"})),
            ],
            "/user/emails",
        ),
        (SocialKind::Twitter, vec![], "/2/users/me"),
    ];
    for (kind, answers, path) in cases {
        let (test, provider) = with_kind(kind, |_| ()).await;
        for (path, value) in answers {
            provider.say(path, good(value));
        }
        for (says, code) in hostile() {
            provider.say(path, says.clone());
            let command = match kind {
                SocialKind::Twitter => SocialLogin {
                    code: Some(provider.code(None, None).into()),
                    redirect_uri: Some("org.example.app:/back".to_owned()),
                    ..SocialLogin::default()
                },
                _ => SocialLogin {
                    access_token: Some("a-token".into()),
                    ..SocialLogin::default()
                },
            };
            let refusal = post(&test, kind.as_str(), command).await;
            assert_eq!(refused(refusal), code, "{path} {says:?}");
        }
        assert_eq!(test.count("identity").await, 0);
    }
}

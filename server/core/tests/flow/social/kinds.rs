//! The kinds that speak OAuth 2 alone or in a dialect, with answers as they give them.

use std::time::Duration;

use serde_json::{Value, json};
use sereno_core::social;
use sereno_core::testing::{FakeProvider, Says, Signing, refused};
use sereno_types::{Code, SocialKind, SocialLogin};

use super::{SUBJECT, id_token, post, users, with_kind};

fn access_token() -> SocialLogin {
    SocialLogin {
        access_token: Some("a-token".into()),
        ..SocialLogin::default()
    }
}

#[tokio::test]
async fn google_access_tokens_count_only_if_they_were_issued_to_us() {
    let (test, provider) = with_kind(SocialKind::Google, |_| ()).await;
    let mut told = json!({
        "azp": "sereno-client", "aud": "sereno-client", "sub": SUBJECT, "scope": "openid email", "exp": "1767229200",
        "expires_in": "3599", "email": "ana@example.org", "email_verified": "true", "access_type": "online"
    });
    provider.say("/tokeninfo", Says::Json(200, told.clone()));
    let me = post(&test, "google", access_token()).await.unwrap().user;
    assert_eq!(me.email.as_deref(), Some("ana@example.org"));
    told["aud"] = json!("another");
    provider.say("/tokeninfo", Says::Json(200, told));
    assert_eq!(
        refused(post(&test, "google", access_token()).await),
        Code::SocialAudienceMismatch
    );
    provider.say("/tokeninfo", Says::Json(400, json!({"error": "invalid_token"})));
    assert_eq!(
        refused(post(&test, "google", access_token()).await),
        Code::SocialTokenInvalid
    );
    post(&test, "google", id_token(provider.id_token(&json!({}))))
        .await
        .unwrap();
}

/// Its name stands in ID tokens with `https://` or without it, and everything else is checked all the same.
#[tokio::test]
async fn google_goes_by_two_names() {
    let (test, provider) = with_kind(SocialKind::Google, |_| ()).await;
    let short = provider.url.split_once("://").unwrap().1.to_owned();
    let with = |changed: Value| {
        let mut claims = json!({"iss": short});
        claims
            .as_object_mut()
            .unwrap()
            .extend(changed.as_object().cloned().unwrap());
        id_token(provider.id_token(&claims))
    };
    post(&test, "google", with(json!({}))).await.unwrap();
    for (changed, code) in [
        (json!({"iss": "evil.example"}), Code::SocialIssuerMismatch),
        (json!({"iss": "https://evil.example"}), Code::SocialIssuerMismatch),
        (json!({"aud": "another"}), Code::SocialAudienceMismatch),
        (json!({"exp": 1_767_225_000}), Code::SocialTokenExpired),
        (json!({"nonce": "x"}), Code::SocialNonceMismatch),
    ] {
        let answer = post(&test, "google", with(changed.clone())).await;
        assert_eq!(refused(answer), code, "{changed}");
    }
    for (signing, code) in [
        (Signing::Unsigned, Code::SocialAlgorithmRefused),
        (Signing::Confused, Code::SocialAlgorithmRefused),
        (Signing::Forged, Code::SocialSignatureInvalid),
    ] {
        provider.sign(signing);
        let answer = post(&test, "google", with(json!({}))).await;
        assert_eq!(refused(answer), code, "{signing:?}");
    }
    provider.sign(Signing::Right);
    // claims under the signature of others
    let (good, evil) = (
        provider.id_token(&json!({"iss": short})),
        provider.id_token(&json!({"iss": short, "sub": "evil"})),
    );
    let (signed, _) = evil.rsplit_once('.').unwrap();
    let (_, signature) = good.rsplit_once('.').unwrap();
    for forged in [
        format!("{signed}.{signature}"),
        format!("{signed}."),
        format!("{signed}.!"),
    ] {
        assert!(post(&test, "google", id_token(forged)).await.is_err());
    }
    // keys that turn are found here, too
    test.advance(Duration::from_mins(2));
    provider.turn_keys();
    post(&test, "google", with(json!({}))).await.unwrap();
    // nobody else has two names
    let (test, provider) = with_kind(SocialKind::Oidc, |_| ()).await;
    let short = provider.url.split_once("://").unwrap().1.to_owned();
    let token = provider.id_token(&json!({"iss": short}));
    assert_eq!(
        refused(post(&test, "oidc", id_token(token)).await),
        Code::SocialIssuerMismatch
    );
}

/// Whatever a refusal looks like.
#[tokio::test]
async fn a_token_that_the_provider_refuses_is_none() {
    let (test, provider) = with_kind(SocialKind::Google, |_| ()).await;
    for says in [Says::Empty(401), Says::Json(403, json!({})), Says::Empty(404)] {
        provider.say("/tokeninfo", says);
        assert_eq!(
            refused(post(&test, "google", access_token()).await),
            Code::SocialTokenInvalid
        );
    }
    provider.say("/tokeninfo", Says::Empty(500));
    assert_eq!(
        refused(post(&test, "google", access_token()).await),
        Code::SocialUnavailable
    );
}

#[tokio::test]
async fn facebook_access_tokens_count_only_if_they_were_issued_to_us() {
    let (test, provider) = with_kind(SocialKind::Facebook, |_| ()).await;
    let me = json!({"id": "10158", "name": "Ana García", "first_name": "Ana", "last_name": "García", "email": "ana@example.org"});
    provider.say("/me", Says::Json(200, me));
    let debug = |app: &str| {
        Says::Json(
            200,
            json!({"data": {"app_id": app, "is_valid": true, "user_id": "10158", "type": "USER"}}),
        )
    };
    provider.say("/debug_token", debug("another"));
    assert_eq!(
        refused(post(&test, "facebook", access_token()).await),
        Code::SocialAudienceMismatch
    );
    provider.say("/debug_token", debug("sereno-client"));
    let me = post(&test, "facebook", access_token()).await.unwrap().user;
    // Facebook never says that an address is verified
    assert_eq!((me.first_name.as_str(), me.email), ("Ana", None));
    let refusal =
        json!({"error": {"message": "This authorization code has been used.", "type": "OAuthException", "code": 100}});
    provider.say("/oauth/access_token", Says::Json(400, refusal));
    let code = SocialLogin {
        code: Some("x".into()),
        redirect_uri: Some("org.example.app:/back".to_owned()),
        ..SocialLogin::default()
    };
    assert_eq!(
        refused(post(&test, "facebook", code).await),
        Code::SocialExchangeRefused
    );
}

#[tokio::test]
async fn github_access_tokens_count_only_if_they_were_issued_to_us() {
    let (test, provider) = with_kind(SocialKind::Github, |_| ()).await;
    provider.say(
        "/user",
        Says::Json(200, json!({"id": 583_231, "login": "ana", "name": "Ana García"})),
    );
    provider.say(
        "/user/emails",
        Says::Json(
            200,
            json!([{"email": "ana@example.org", "primary": true, "verified": true}]),
        ),
    );
    let check = "/applications/sereno-client/token";
    provider.say(check, Says::Json(404, json!({"message": "Not Found"})));
    assert_eq!(
        refused(post(&test, "github", access_token()).await),
        Code::SocialAudienceMismatch
    );
    provider.say(
        check,
        Says::Json(
            200,
            json!({"id": 1, "app": {"client_id": "sereno-client"}, "user": {"id": 583_231}}),
        ),
    );
    let me = post(&test, "github", access_token()).await.unwrap().user;
    assert_eq!(me.email.as_deref(), Some("ana@example.org"));
    // what GitHub answers to a bad code has status 200
    let refusal =
        json!({"error": "bad_verification_code", "error_description": "The code passed is incorrect or expired."});
    provider.say("/login/oauth/access_token", Says::Json(200, refusal));
    let code = SocialLogin {
        code: Some("x".into()),
        redirect_uri: Some("org.example.app:/back".to_owned()),
        ..SocialLogin::default()
    };
    assert_eq!(refused(post(&test, "github", code).await), Code::SocialExchangeRefused);
}

#[tokio::test]
async fn microsoft_access_tokens_count_only_if_they_were_issued_to_us() {
    const TENANT: &str = "aaaabbbb-0000-cccc-1111-dddd2222eeee";
    let (test, provider) = with_kind(SocialKind::Microsoft, |_| ()).await;
    let mine = json!({"id": "an-oid", "displayName": "Ana García", "givenName": "Ana", "surname": "García", "mail": "ana@example.org"});
    provider.say("/v1.0/me", Says::Json(200, mine.clone()));
    let token = |changed: Value| {
        let mut claims = json!({"appid": "sereno-client", "tid": TENANT, "oid": "an-oid", "aud": "graph"});
        for (name, value) in changed.as_object().unwrap() {
            claims[name] = value.clone();
        }
        SocialLogin {
            access_token: Some(provider.id_token(&claims).into()),
            ..SocialLogin::default()
        }
    };
    let me = post(&test, "microsoft", token(json!({}))).await.unwrap().user;
    // anybody who runs a tenant writes what addresses stand there
    assert_eq!((me.first_name.as_str(), me.email), ("Ana", None));
    let again = post(
        &test,
        "microsoft",
        token(json!({"appid": null, "azp": "sereno-client"})),
    )
    .await;
    assert_eq!(again.unwrap().user.id, me.id);
    for (changed, code) in [
        (json!({"appid": "another"}), Code::SocialAudienceMismatch),
        (json!({"appid": null}), Code::SocialAudienceMismatch),
        (json!({"tid": "../x"}), Code::SocialIssuerMismatch),
        (json!({"oid": "somebody else"}), Code::SocialSubjectMissing),
    ] {
        assert_eq!(
            refused(post(&test, "microsoft", token(changed.clone())).await),
            code,
            "{changed}"
        );
    }
    assert_eq!(
        refused(post(&test, "microsoft", access_token()).await),
        Code::SocialAccessTokenUnverifiable,
        "one of a personal account"
    );
    provider.say(
        "/v1.0/me",
        Says::Json(401, json!({"error": {"code": "InvalidAuthenticationToken"}})),
    );
    assert_eq!(
        refused(post(&test, "microsoft", token(json!({}))).await),
        Code::SocialTokenInvalid,
        "forged"
    );
}

#[tokio::test]
async fn x_takes_codes_alone() {
    let (test, provider) = with_kind(SocialKind::Twitter, |_| ()).await;
    let me =
        json!({"data": {"id": "2244994945", "name": "Ana", "username": "ana", "confirmed_email": "ana@example.org"}});
    provider.say("/2/users/me", Says::Json(200, me));
    assert_eq!(
        refused(post(&test, "twitter", access_token()).await),
        Code::SocialAccessTokenUnverifiable
    );
    let code = SocialLogin {
        code: Some(provider.code(None, None).into()),
        redirect_uri: Some("org.example.app:/back".to_owned()),
        ..SocialLogin::default()
    };
    let me = post(&test, "twitter", code).await.unwrap().user;
    assert_eq!(me.email.as_deref(), Some("ana@example.org"));
}

#[tokio::test]
async fn microsoft_says_whose_tenant_it_is() {
    let (test, provider) = with_kind(SocialKind::Microsoft, |_| ()).await;
    let tenant = "aaaabbbb-0000-cccc-1111-dddd2222eeee";
    let issuer = format!("{}/{tenant}/v2.0", provider.url);
    let of = |changed: Value| post(&test, "microsoft", id_token(provider.id_token(&changed)));
    let me = of(json!({"iss": issuer, "tid": tenant})).await.unwrap().user;
    // anybody's tenant writes what it likes into `email`
    assert_eq!(me.email, None);
    let me = of(json!({"iss": issuer, "tid": tenant, "sub": "bea", "xms_edov": true}))
        .await
        .unwrap()
        .user;
    assert_eq!(me.email.as_deref(), Some("ana@example.org"));
    for changed in [
        json!({"iss": issuer}),
        json!({"iss": issuer, "tid": "9188040d-6c67-4c5b-b112-36a304b66dad"}),
        json!({"tid": tenant}),
    ] {
        assert_eq!(refused(of(changed).await), Code::SocialIssuerMismatch);
    }
}

#[tokio::test]
async fn cognito_signs_two_kinds_of_token_and_one_counts() {
    let (test, provider) = with_kind(SocialKind::Cognito, |_| ()).await;
    let of = |changed: Value| post(&test, "cognito", id_token(provider.id_token(&changed)));
    let me = of(json!({"token_use": "id", "cognito:username": "ana"}))
        .await
        .unwrap()
        .user;
    assert_eq!(me.email.as_deref(), Some("ana@example.org"));
    // the same keys, issuer and subject
    let access = json!({"token_use": "access", "client_id": "sereno-client", "scope": "openid"});
    assert_eq!(refused(of(access).await), Code::SocialTokenInvalid);
    assert_eq!(
        refused(post(&test, "cognito", access_token()).await),
        Code::SocialAccessTokenUnverifiable
    );
}

/// What each kind answers about Ana beside its tokens.
fn about_ana(provider: &FakeProvider, kind: SocialKind) {
    let says = |path: &str, document: Value| provider.say(path, Says::Json(200, document));
    match kind {
        SocialKind::Facebook => {
            let me = json!({"id": "10158", "name": "Ana García", "email": "ana@example.org"});
            says("/me", me);
            let issued = json!({"app_id": "sereno-client", "is_valid": true, "user_id": "10158", "type": "USER"});
            says("/debug_token", json!({ "data": issued }));
        }
        SocialKind::Github => {
            says("/user", json!({"id": 583_231, "login": "ana", "name": "Ana García"}));
            let emails = json!([{"email": "ana@example.org", "primary": true, "verified": true}]);
            says("/user/emails", emails);
        }
        SocialKind::Twitter => says(
            "/2/users/me",
            json!({"data": {"id": "2244994945", "name": "Ana", "username": "ana"}}),
        ),
        SocialKind::Microsoft => {
            let tenant = "aaaabbbb-0000-cccc-1111-dddd2222eeee";
            provider.claim("iss", json!(format!("{}/{tenant}/v2.0", provider.url)));
            provider.claim("tid", json!(tenant));
        }
        SocialKind::Cognito => provider.claim("token_use", json!("id")),
        SocialKind::Google | SocialKind::Oidc | SocialKind::Apple => {}
    }
}

#[tokio::test]
async fn every_kind_is_gone_to_and_come_back_from() {
    let kinds = [
        SocialKind::Google,
        SocialKind::Facebook,
        SocialKind::Microsoft,
        SocialKind::Github,
        SocialKind::Twitter,
        SocialKind::Cognito,
        SocialKind::Oidc,
    ];
    for kind in kinds {
        let (test, provider) = with_kind(kind, |_| ()).await;
        about_ana(&provider, kind);
        let (slug, meta) = (kind.as_str(), test.meta());
        let started = social::start(&test.sereno, &meta, slug, "/somewhere", None)
            .await
            .unwrap();
        assert!(
            started.location.starts_with(&provider.url),
            "{slug}: {}",
            started.location
        );
        let answer = provider.agree(&started.location);
        let finished = social::finish(&test.sereno, &meta, slug, answer, Some(&started.browser)).await;
        let entered = finished.outcome.unwrap_or_else(|error| panic!("{slug}: {error}"));
        assert!(entered.is_some(), "{slug}");
        // whose client holds the code itself is the same person
        let command = SocialLogin {
            code: Some(provider.code(None, None).into()),
            redirect_uri: Some("org.example.app:/back".to_owned()),
            ..SocialLogin::default()
        };
        let posted = post(&test, slug, command.clone()).await;
        posted.unwrap_or_else(|error| panic!("{slug}: {error}"));
        assert_eq!(users(&test).await, 1, "{slug}");
        // a code is the provider's to take back
        assert_eq!(
            refused(post(&test, slug, command).await),
            Code::SocialExchangeRefused,
            "{slug}"
        );
    }
}

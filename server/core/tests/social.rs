//! Signing in through others: what a provider says is checked, who is let in, which account they get to, and what is left of
//! it. The provider stands on this machine, honest and hostile.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "builders and checks outside of the test functions"
)]

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use sereno_core::context::Actor;
use sereno_core::entity::{file, flow_state, identity, user, user_email};
use sereno_core::event::EventKind;
use sereno_core::login::{Brought, LoggedIn};
use sereno_core::social::{self, identities};
use sereno_core::testing::{FakeProvider, PASSWORD, Pair, Says, Signing, TestSereno, refused, refused_fields};
use sereno_core::{Result, session, token};
use sereno_types::{
    Code, CreateSocialProvider, DeviceHint, Id, Identity, LinkIdentity, PageQuery, SocialCheckName, SocialKind,
    SocialLinking, SocialLogin, SocialSettings, UpdateSocialProvider, UserState,
};
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
    social::sign_in_posted(&test.sereno, &test.meta(), slug, command).await
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

/// To the provider and back in one browser.
async fn there_and_back(test: &TestSereno, provider: &FakeProvider) -> social::Finished {
    let meta = test.meta();
    let started = social::start(&test.sereno, &meta, "oidc", "/somewhere", None)
        .await
        .unwrap();
    let answer = provider.agree(&started.location);
    social::finish(&test.sereno, &meta, "oidc", answer, Some(&started.browser)).await
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

#[tokio::test]
async fn somebody_new_gets_an_account_and_the_same_one_the_next_time() {
    let (test, provider) = with_issuer(|_| ()).await;
    let first = claims(&test, &provider, json!({})).await.unwrap();
    let me = first.user.clone();
    assert_eq!(
        (me.email.as_deref(), me.email_verified),
        (Some("ana@example.org"), true)
    );
    assert_eq!((me.first_name.as_str(), me.last_name.as_str()), ("Ana", "García"));
    let verified = token::authenticate(&test.sereno, &pair(first).access_token)
        .await
        .unwrap();
    assert!(matches!(verified, Actor::User(_)));
    assert_eq!(test.events.count(EventKind::UserActivated), 1);
    assert_eq!(test.events.count(EventKind::IdentityLinked), 1);
    // another address, another name: the same person
    provider.claim("email", json!("elsewhere@example.org"));
    let again = claims(&test, &provider, json!({})).await.unwrap();
    assert_eq!(again.user.id, me.id);
    assert_eq!(again.user.email.as_deref(), Some("ana@example.org"));
    assert_eq!(users(&test).await, 1);
    assert_eq!(test.events.count(EventKind::LoggedIn), 2);
    let linked = identities_of(&test, me.id.0.parse().unwrap()).await;
    assert_eq!(linked[0].email.as_deref(), Some("elsewhere@example.org"));
    // another subject with the same address as before is somebody else
    let other = claims(&test, &provider, json!({"sub": "eve"})).await;
    assert_eq!(other.unwrap().user.email.as_deref(), Some("elsewhere@example.org"));
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
        (json!({"azp": "another"}), Code::SocialAudienceMismatch),
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
async fn an_address_is_nobodys_proof_unless_the_provider_verified_it() {
    let (test, provider) = with_issuer(|command| command.linking = SocialLinking::Verified).await;
    let ana = test.user("ana").await;
    for unverified in [json!(false), json!("false"), json!("(absent)")] {
        let me = claims(&test, &provider, json!({"email_verified": unverified})).await;
        let me = me.unwrap().user;
        assert_ne!(me.id.0, ana.to_string());
        // and it does not occupy the address
        assert_eq!(me.email, None);
    }
    assert_eq!(users(&test).await, 2);
}

#[tokio::test]
async fn a_verified_address_leads_to_its_account_only_if_the_settings_say_so() {
    let (test, provider) = with_issuer(|_| ()).await;
    let ana = test.user("ana").await;
    let refusal = claims(&test, &provider, json!({})).await;
    assert_eq!(refused(refusal), Code::SocialAccountExists);
    let (staff, meta) = (test.system().await, test.meta());
    let row = social::admin::list(&test.sereno, &staff, sereno_types::SocialProviderQuery::default())
        .await
        .unwrap();
    let change = UpdateSocialProvider {
        linking: Some(SocialLinking::Verified),
        ..UpdateSocialProvider::default()
    };
    social::admin::update(&test.sereno, &meta, &staff, &row.items[0].id, change)
        .await
        .unwrap();
    let me = claims(&test, &provider, json!({})).await.unwrap().user;
    assert_eq!(me.id.0, ana.to_string());
    let mails = test.mails().await;
    assert_eq!(mails.len(), 1);
    assert!(mails[0].text.contains("OpenID Connect"), "{}", mails[0].text);
    // the password still works
    test.log_in("ana").await;
}

#[tokio::test]
async fn whoever_has_rights_is_never_linked_by_an_address() {
    let (test, provider) = with_issuer(|command| command.linking = SocialLinking::Verified).await;
    test.superuser("ana").await;
    assert_eq!(
        refused(claims(&test, &provider, json!({})).await),
        Code::SocialAccountExists
    );
    let bea = test.viewer("bea").await;
    let changed = json!({"email": "bea@example.org", "sub": "bea"});
    assert_eq!(
        refused(claims(&test, &provider, changed).await),
        Code::SocialAccountExists
    );
    assert!(identities_of(&test, bea).await.is_empty());
}

/// Whoever signs up with another's address waits for them to come, password in hand.
#[tokio::test]
async fn an_account_that_nobody_confirmed_loses_everything_that_was_typed() {
    let (test, provider) = with_issuer(|command| command.linking = SocialLinking::Verified).await;
    let mail = test.sign_up("ana@example.org").await;
    let id = test.holder_of("ana@example.org").await;
    let me = claims(&test, &provider, json!({})).await.unwrap().user;
    assert_eq!(me.id.0, id.to_string());
    let row = test.row(id).await;
    assert_eq!(
        (row.state(), row.password_hash, row.credential_epoch),
        (UserState::Active, None, 2)
    );
    assert_eq!((me.username, me.email_verified), (None, true));
    assert_eq!(test.events.count(EventKind::UserClaimed), 1);
    // neither the stranger's password nor the mail of their sign-up opens anything
    let command = test.credentials("ana@example.org", PASSWORD);
    let guess = sereno_core::login::for_application(&test.sereno, &test.meta(), command).await;
    assert_eq!(refused(guess), Code::InvalidCredentials);
    let late =
        sereno_core::account::activate::activate(&test.sereno, &test.meta(), sereno_core::testing::by_link(&mail))
            .await;
    assert_eq!(refused(late), Code::ActivationLinkInvalid);
}

#[tokio::test]
async fn without_linking_an_unconfirmed_sign_up_gives_way() {
    let (test, provider) = with_issuer(|_| ()).await;
    test.sign_up("ana@example.org").await;
    let squatter = test.holder_of("ana@example.org").await;
    let me = claims(&test, &provider, json!({})).await.unwrap().user;
    assert_ne!(me.id.0, squatter.to_string());
    assert_eq!(users(&test).await, 1);
}

/// The very first sign-in is noticed by nobody; a later one with another device is.
#[tokio::test]
async fn devices_are_remembered_and_new_ones_noticed() {
    let (test, provider) = with_issuer(|_| ()).await;
    for (name, mails) in [("phone", 0), ("phone", 0), ("tablet", 1)] {
        let command = SocialLogin {
            device: Some(DeviceHint {
                uuid: Some(if name == "phone" { PHONE } else { TABLET }.to_owned()),
                name: Some(name.to_owned()),
                ..DeviceHint::default()
            }),
            ..id_token(provider.id_token(&json!({})))
        };
        let logged_in = post(&test, "oidc", command).await.unwrap();
        assert_eq!(logged_in.device.unwrap().name.as_deref(), Some(name));
        assert_eq!(test.mails().await.len(), mails, "{name}");
    }
}

#[tokio::test]
async fn closed_is_closed() {
    let (test, provider) = with_issuer(|command| command.sign_up = false).await;
    assert_eq!(
        refused(claims(&test, &provider, json!({})).await),
        Code::SocialSignUpClosed
    );
    assert_eq!(users(&test).await, 0);
}

#[tokio::test]
async fn who_may_not_sign_in_is_told_no_more_than_at_the_password() {
    let (test, provider) = with_issuer(|_| ()).await;
    let id: Uuid = claims(&test, &provider, json!({}))
        .await
        .unwrap()
        .user
        .id
        .0
        .parse()
        .unwrap();
    for state in [UserState::Locked, UserState::Disabled, UserState::Deleting] {
        test.put_into(id, state).await;
        assert_eq!(
            refused(claims(&test, &provider, json!({})).await),
            Code::InvalidCredentials
        );
        let finished = there_and_back(&test, &provider).await;
        assert_eq!(refused(finished.outcome.map(drop)), Code::InvalidCredentials);
    }
}

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

#[tokio::test]
async fn tokens_for_an_app_on_a_phone_are_taken_if_its_client_id_is_listed() {
    let (test, provider) = with_issuer(|command| command.audiences = vec!["ios".to_owned()]).await;
    claims(&test, &provider, json!({"aud": "ios"})).await.unwrap();
    let both = json!({"aud": ["ios", "sereno-client"], "azp": "ios"});
    claims(&test, &provider, both).await.unwrap();
    let nobody = json!({"aud": ["ios", "sereno-client"]});
    assert_eq!(
        refused(claims(&test, &provider, nobody).await),
        Code::SocialAudienceMismatch
    );
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

/// A key for ES256 in PEM, made for this test.
const KEY: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgah//OwuHrLmQeFpD
clYqZFbCiTblgvJPQG+nloTHtoKhRANCAATqqRaCiQTpPZQqZ/ugBAwoOPnMsOWZ
qFeAKFnLb1WYE4EvPsBSB1X6nrXiA7at6J1jZBu+D1g000TUKYQLSLXX
-----END PRIVATE KEY-----";

#[tokio::test]
async fn apple_posts_its_answer_and_the_browser_comes_for_it() {
    let (test, provider) = with_kind(SocialKind::Apple, |command| {
        command.client_secret = Some(KEY.into());
        command.settings.team_id = Some("TEAM123456".to_owned());
        command.settings.key_id = Some("KEY1234567".to_owned());
    })
    .await;
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

/// Whoever decides whose word counts decides who somebody is: for superusers that is for superusers to say.
#[tokio::test]
async fn staff_does_not_come_by_a_superuser_through_a_provider() {
    let (test, provider) = with_issuer(|_| ()).await;
    let meta = test.meta();
    test.with_role("rita", "administrator").await;
    let rita = test.staff(&test.sign_in("rita").await.actor).await;
    let row = sereno_core::entity::social_provider::Entity::find()
        .one(test.sereno.db.write())
        .await
        .unwrap()
        .unwrap();
    let id = Id(row.id.to_string());
    let change = |audiences: &[&str]| UpdateSocialProvider {
        audiences: Some(audiences.iter().map(|text| (*text).to_owned()).collect()),
        ..UpdateSocialProvider::default()
    };
    social::admin::update(&test.sereno, &meta, &rita, &id, change(&["mobile"]))
        .await
        .unwrap();
    test.superuser("root").await;
    let root = test.sign_in("root").await.actor;
    let own = LinkIdentity {
        id_token: Some(provider.id_token(&json!({"sub": "root-elsewhere"})).into()),
        ..LinkIdentity::default()
    };
    social::link_posted(&test.sereno, &meta, &root, "oidc", own)
        .await
        .unwrap();
    let refusal = social::admin::update(&test.sereno, &meta, &rita, &id, change(&["mobile", "evil-shop"])).await;
    assert_eq!(refused(refusal), Code::PermissionDenied);
    let renamed = UpdateSocialProvider {
        name: Some("Our place".to_owned()),
        ..UpdateSocialProvider::default()
    };
    social::admin::update(&test.sereno, &meta, &rita, &id, renamed)
        .await
        .unwrap();
    let staff = test.staff(&root).await;
    social::admin::update(&test.sereno, &meta, &staff, &id, change(&["mobile", "tablet"]))
        .await
        .unwrap();
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

#[tokio::test]
async fn a_picture_is_fetched_in_the_background_for_who_has_none() {
    let (test, provider) = with_issuer(|_| ()).await;
    provider.say("/picture", Says::Picture(include_bytes!("fixtures/dot.png").to_vec()));
    provider.claim("picture", json!(format!("{}/picture", provider.url)));
    let id: Uuid = claims(&test, &provider, json!({}))
        .await
        .unwrap()
        .user
        .id
        .0
        .parse()
        .unwrap();
    assert_eq!(provider.asked("/picture"), 0);
    test.mails().await;
    assert!(test.row(id).await.avatar.is_some());
    assert_eq!(file::Entity::find().count(test.sereno.db.write()).await.unwrap(), 1);
    // no picture, no harm
    provider.say("/picture", Says::Huge);
    claims(&test, &provider, json!({"sub": "bea", "email": "bea@example.org"}))
        .await
        .unwrap();
    test.mails().await;
    assert_eq!(file::Entity::find().count(test.sereno.db.write()).await.unwrap(), 1);
}

#[tokio::test]
async fn a_test_says_what_is_wrong() {
    let (test, provider) = with_issuer(|_| ()).await;
    let staff = test.system().await;
    let sereno = &test.sereno;
    let all = social::admin::list(sereno, &staff, sereno_types::SocialProviderQuery::default())
        .await
        .unwrap();
    let id = all.items[0].id.clone();
    let look = || social::admin::test(sereno, &staff, &id);
    assert!(look().await.unwrap().passed);
    for (path, says, name, code) in [
        (
            "/.well-known/openid-configuration",
            Says::Json(500, json!({})),
            SocialCheckName::Discovery,
            Code::SocialUnavailable,
        ),
        (
            "/keys",
            Says::Json(200, json!({"keys": []})),
            SocialCheckName::Keys,
            Code::SocialAnswerInvalid,
        ),
        (
            "/token",
            Says::Json(401, json!({"error": "invalid_client"})),
            SocialCheckName::Credentials,
            Code::SocialMisconfigured,
        ),
    ] {
        // a document is good in its own moment
        test.advance(Duration::from_secs(1));
        provider.say(path, says);
        let found = look().await.unwrap();
        let last = found.checks.last().unwrap();
        assert!(!found.passed);
        assert_eq!((last.name, last.code), (name, Some(code)));
        provider.recover(path);
    }
}

#[tokio::test]
async fn secrets_are_sealed_and_must_come_again_when_they_would_go_elsewhere() {
    let (test, provider) = with_issuer(|_| ()).await;
    let (staff, meta) = (test.system().await, test.meta());
    let row = sereno_core::entity::social_provider::Entity::find()
        .one(test.sereno.db.write())
        .await
        .unwrap()
        .unwrap();
    assert!(!row.secret.as_ref().unwrap().0.contains("sereno-secret"));
    let id = Id(row.id.to_string());
    let elsewhere = UpdateSocialProvider {
        settings: Some(SocialSettings {
            issuer: Some("https://evil.example".to_owned()),
            ..SocialSettings::default()
        }),
        ..UpdateSocialProvider::default()
    };
    let refusal = social::admin::update(&test.sereno, &meta, &staff, &id, elsewhere.clone()).await;
    assert_eq!(
        refused_fields(refusal),
        [("client_secret".to_owned(), Code::SecretRequired)]
    );
    let with_secret = UpdateSocialProvider {
        client_secret: Some("another".into()),
        ..elsewhere
    };
    social::admin::update(&test.sereno, &meta, &staff, &id, with_secret)
        .await
        .unwrap();
    let mut again = provider.settings(SocialKind::Oidc);
    let refusal = social::admin::create(&test.sereno, &meta, &staff, again.clone()).await;
    assert_eq!(refused_fields(refusal), [("slug".to_owned(), Code::SlugUnique)]);
    again.slug = "other".to_owned();
    for (change, field) in [
        (
            Box::new(|c: &mut CreateSocialProvider| c.settings.issuer = None) as Box<dyn Fn(&mut CreateSocialProvider)>,
            "settings.issuer",
        ),
        (
            Box::new(|c| c.settings.issuer = Some("ftp://x".to_owned())),
            "settings.issuer",
        ),
        (
            Box::new(|c| c.settings.issuer = Some("https://u:p@x".to_owned())),
            "settings.issuer",
        ),
        (
            Box::new(|c| c.settings.tenant = Some("common".to_owned())),
            "settings.tenant",
        ),
        (Box::new(|c| c.client_id = String::new()), "client_id"),
        (Box::new(|c| c.slug = "No Slug".to_owned()), "slug"),
        (
            Box::new(|c| c.redirect_uris = vec!["not a url".to_owned()]),
            "redirect_uris",
        ),
        (Box::new(|c| c.audiences = vec![String::new()]), "audiences"),
    ] {
        let mut command = again.clone();
        change(&mut command);
        let faults = refused_fields(social::admin::create(&test.sereno, &meta, &staff, command).await);
        assert_eq!(faults[0].0, field);
    }
    let mut apple = provider.settings(SocialKind::Apple);
    apple.settings.team_id = Some("T".to_owned());
    apple.settings.key_id = Some("K".to_owned());
    let faults = refused_fields(social::admin::create(&test.sereno, &meta, &staff, apple).await);
    assert_eq!(faults, [("client_secret".to_owned(), Code::PrivateKeyInvalid)]);
}

#[tokio::test]
async fn a_provider_that_is_switched_off_or_gone_lets_nobody_in() {
    let (test, provider) = with_issuer(|_| ()).await;
    let (staff, meta) = (test.system().await, test.meta());
    let id: Uuid = claims(&test, &provider, json!({}))
        .await
        .unwrap()
        .user
        .id
        .0
        .parse()
        .unwrap();
    let row = social::admin::list(&test.sereno, &staff, sereno_types::SocialProviderQuery::default())
        .await
        .unwrap();
    let off = UpdateSocialProvider {
        is_enabled: Some(false),
        ..UpdateSocialProvider::default()
    };
    social::admin::update(&test.sereno, &meta, &staff, &row.items[0].id, off)
        .await
        .unwrap();
    assert_eq!(refused(claims(&test, &provider, json!({})).await), Code::NotFound);
    assert!(social::buttons(&test.sereno).await.unwrap().is_empty());
    social::admin::delete(&test.sereno, &meta, &staff, &row.items[0].id)
        .await
        .unwrap();
    assert!(identities_of(&test, id).await.is_empty());
    let left = identity::Entity::find()
        .filter(identity::Column::UserId.eq(id))
        .count(test.sereno.db.write())
        .await
        .unwrap();
    assert_eq!(left, 0);
    assert_eq!(
        user_email::Entity::find().count(test.sereno.db.write()).await.unwrap(),
        1
    );
}

//! Applications that the configuration describes.

#![expect(clippy::unwrap_used, reason = "builders outside of the test functions")]

use sereno_core::event::EventKind;
use sereno_core::login::{self, Brought, LoggedIn};
use sereno_core::oauth::managed::{self, Managed};
use sereno_core::oauth::{admin, signing_keys};
use sereno_core::testing::{Client, TestSereno, called, claims_of, pair_of, part_of, profile_of, refused, register};
use sereno_core::token::{self, Issued};
use sereno_core::{Result, access};
use sereno_types::{
    ApplicationDetail, ApplicationQuery, ClientCredentials, Code, CreateApplication, CreateSigningKey, Id, Login,
    SigningAlgorithm, SigningKeyQuery, SigningKeyState, TokenUse, UpdateApplication, UserState,
};

const KEY: &str = "a key that somebody brought along from elsewhere";

fn described() -> Managed {
    Managed {
        client_id: "compat-shop".to_owned(),
        name: "Shop".to_owned(),
        origins: vec!["https://shop.example.org".to_owned()],
        profile: profile_of(serde_json::json!({
            "algorithm": "HS256", "own_key": true, "header_kid": false, "refresh_format": "jwt", "access_lifetime": 60,
        })),
        signing_key: KEY.into(),
    }
}

async fn kept(test: &TestSereno) -> ApplicationDetail {
    let staff = test.system().await;
    let page = admin::list(&test.sereno, &staff, ApplicationQuery::default()).await;
    let row = page
        .unwrap()
        .items
        .into_iter()
        .find(|row| row.client_id == "compat-shop");
    admin::detail(&test.sereno, &staff, &row.unwrap().id).await.unwrap()
}

async fn log_in(test: &TestSereno) -> Result<LoggedIn> {
    let application = access::application::find(&test.sereno, Some("compat-shop")).await?;
    let command = Login {
        // what a command says of an application counts for nothing here
        client_id: Some("nobody".to_owned()),
        ..test.credentials("ana", sereno_core::testing::PASSWORD)
    };
    login::through(&test.sereno, &test.meta(), application.unwrap(), command).await
}

async fn issued(test: &TestSereno) -> Issued {
    match log_in(test).await.unwrap().brought {
        Brought::Tokens(issued) => issued,
        Brought::Session(_) => unreachable!("it delivers tokens"),
    }
}

#[tokio::test]
async fn it_is_made_kept_and_switched_off() {
    let test = TestSereno::new().await;
    managed::keep(&test.sereno, &[described()]).await.unwrap();
    let first = kept(&test).await;
    assert!(first.is_managed && first.is_enabled && !first.is_builtin);
    assert_eq!((first.name.as_str(), first.secrets.len()), ("Shop", 0));
    assert_eq!(test.events.count(EventKind::ApplicationCreated), 1);
    managed::keep(&test.sereno, &[described()]).await.unwrap();
    assert_eq!(
        test.events.count(EventKind::ApplicationUpdated),
        0,
        "what is the same is not written"
    );

    let changed = Managed {
        name: "The shop".to_owned(),
        ..described()
    };
    managed::keep(&test.sereno, &[changed]).await.unwrap();
    assert_eq!(
        (kept(&test).await.name.as_str(), kept(&test).await.id),
        ("The shop", first.id.clone())
    );
    managed::keep(&test.sereno, &[]).await.unwrap();
    assert!(!kept(&test).await.is_enabled);
    managed::keep(&test.sereno, &[]).await.unwrap();
    assert_eq!(test.events.count(EventKind::ApplicationUpdated), 2);
    managed::keep(&test.sereno, &[described()]).await.unwrap();
    assert!(kept(&test).await.is_enabled);
    assert_eq!(kept(&test).await.id, first.id, "what events name is the same row");
}

#[tokio::test]
async fn it_is_changed_in_the_configuration_alone() {
    let test = TestSereno::new().await;
    managed::keep(&test.sereno, &[described()]).await.unwrap();
    let (staff, meta, id) = (test.system().await, test.meta(), kept(&test).await.id);
    let change = UpdateApplication {
        is_enabled: Some(false),
        ..UpdateApplication::default()
    };
    let no = Code::ManagedByConfiguration;
    assert_eq!(
        refused(admin::update(&test.sereno, &meta, &staff, &id, change).await),
        no
    );
    assert_eq!(
        refused(admin::create_secret(&test.sereno, &meta, &staff, &id).await),
        no
    );
    assert_eq!(refused(admin::delete(&test.sereno, &meta, &staff, &id).await), no);
    let key = CreateSigningKey {
        algorithm: SigningAlgorithm::Hs256,
        client_id: Some("compat-shop".to_owned()),
        ..CreateSigningKey::default()
    };
    assert_eq!(
        refused(signing_keys::create(&test.sereno, &meta, &staff, key).await),
        no
    );
    assert_eq!(kept(&test).await.name, "Shop");
}

#[tokio::test]
async fn what_staff_registered_is_not_taken_over() {
    let test = TestSereno::new().await;
    let command = CreateApplication {
        client_id: Some("compat-shop".to_owned()),
        ..called("compat-shop")
    };
    register(&test, command).await.unwrap();
    let error = managed::keep(&test.sereno, &[described()]).await.unwrap_err();
    assert!(
        error.to_string().contains("compat-shop was registered by staff"),
        "{error}"
    );
    assert!(!kept(&test).await.is_managed);
}

#[tokio::test]
async fn its_key_is_the_one_of_the_configuration() {
    let test = TestSereno::with_ana().await;
    managed::keep(&test.sereno, &[described()]).await.unwrap();
    let (before, refresh) = pair_of(issued(&test).await.tokens);
    let another = Managed {
        signing_key: "another key that somebody brought along".into(),
        ..described()
    };
    managed::keep(&test.sereno, &[another]).await.unwrap();
    assert!(test.is_good(&before).await, "the key before goes on verifying");
    let staff = test.system().await;
    let keys = signing_keys::list(&test.sereno, &staff, SigningKeyQuery::default())
        .await
        .unwrap();
    let states: Vec<_> = keys
        .items
        .iter()
        .filter(|key| key.algorithm == SigningAlgorithm::Hs256)
        .map(|key| key.state)
        .collect();
    assert_eq!(states.len(), 2);
    assert!(
        states.contains(&SigningKeyState::Active) && states.contains(&SigningKeyState::Retired),
        "{states:?}"
    );

    let application = access::application::find(&test.sereno, Some("compat-shop"))
        .await
        .unwrap()
        .unwrap();
    let renewed = token::refresh_through(&test.sereno, &test.meta(), &application, &refresh.into()).await;
    let (after, _) = pair_of(renewed.unwrap().tokens);
    assert!(test.is_good(&after).await);
    // back again, to a key that is known but does not sign any more
    managed::keep(&test.sereno, &[described()]).await.unwrap();
    let (access, _) = pair_of(issued(&test).await.tokens);
    assert!(test.is_good(&access).await);
    assert_eq!(part_of(&access, 0)["kid"], serde_json::Value::Null);
}

#[tokio::test]
async fn it_signs_in_without_a_secret_and_only_from_within() {
    let test = TestSereno::with_ana().await;
    managed::keep(&test.sereno, &[described()]).await.unwrap();
    let (access, refresh) = pair_of(issued(&test).await.tokens);
    let claims = claims_of(&access);
    assert_eq!(
        claims["exp"]
            .as_i64()
            .zip(claims["iat"].as_i64())
            .map(|(exp, iat)| exp - iat),
        Some(60)
    );

    // nobody can be it from outside
    let from_outside = Client {
        id: Id(String::new()),
        credentials: ClientCredentials {
            client_id: Some("compat-shop".to_owned()),
            client_secret: None,
        },
    };
    assert_eq!(
        refused(from_outside.refresh(&test, &refresh).await),
        Code::InvalidClient
    );
    assert_eq!(refused(from_outside.log_in(&test).await), Code::InvalidClient);

    let application = access::application::find(&test.sereno, Some("compat-shop"))
        .await
        .unwrap()
        .unwrap();
    let first_party = access::application::find(&test.sereno, None).await.unwrap().unwrap();
    for (through, token, token_use, expected) in [
        (&application, &access, TokenUse::Access, true),
        (&application, &refresh, TokenUse::Refresh, true),
        (&application, &refresh, TokenUse::Access, false),
        (&application, &access, TokenUse::Refresh, false),
        (&first_party, &access, TokenUse::Access, false),
    ] {
        let good = token::verify_through(&test.sereno, &test.meta(), through, token, token_use).await;
        assert_eq!(good.unwrap(), expected, "{token_use:?}");
    }
    assert_eq!(test.events.count(EventKind::TokenVerified), 2);
    assert_eq!(
        token::state_of_owner(&test.sereno, &refresh).await.unwrap(),
        Some(UserState::Active)
    );
    assert_eq!(token::state_of_owner(&test.sereno, "garbage").await.unwrap(), None);
}

#[tokio::test]
async fn what_cannot_work_is_no_start() {
    let test = TestSereno::new().await;
    let of = |algorithm: &str, key: &str| {
        let profile = serde_json::json!({"algorithm": algorithm, "own_key": true, "header_kid": false});
        Managed {
            profile: profile_of(profile),
            signing_key: key.into(),
            ..described()
        }
    };
    for (managed, expected) in [
        (of("HS256", ""), None),
        (of("HS256", "short"), Some("has a signing key that is none for HS256")),
        (of("ES256", KEY), Some("has a signing key that is none for ES256")),
        (
            of("EdDSA", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"),
            Some("has a signing key that is none for EdDSA"),
        ),
    ] {
        assert_eq!(managed::fault(&test.sereno.config, &managed).as_deref(), expected);
        assert_eq!(
            managed::keep(&test.sereno, &[managed]).await.is_ok(),
            expected.is_none()
        );
    }
    let managed = Managed {
        profile: profile_of(serde_json::json!({"rotation": "on_extend"})),
        ..described()
    };
    let fault = managed::fault(&test.sereno.config, &managed).unwrap();
    assert!(
        fault.starts_with("asks for tokens that cannot be: profile.rotation"),
        "{fault}"
    );
}

#[tokio::test]
async fn nodes_that_start_at_once_agree() {
    let test = TestSereno::new().await;
    let other = test.another().await;
    let described = [described()];
    let (one, two) = tokio::join!(
        managed::keep(&test.sereno, &described),
        managed::keep(&other.sereno, &described)
    );
    one.unwrap();
    two.unwrap();
    assert_eq!(test.count("application WHERE client_id = 'compat-shop'").await, 1);
    assert_eq!(test.count("crypto_key WHERE algorithm = 'HS256'").await, 1);
}

//! Applications: registering them, their secrets and the form of their tokens.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "builders outside of the test functions"
)]

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sereno_core::context::Actor;
use sereno_core::event::EventKind;
use sereno_core::login::{self, Brought};
use sereno_core::oauth::{admin, introspect, revoke, signing_keys};
use sereno_core::testing::{PASSWORD, TestSereno, refused, refused_fields};
use sereno_core::token::{self, Tokens};
use sereno_core::{Result, jobs, session};
use sereno_types::{
    ApplicationCreated, ApplicationKind, ApplicationQuery, ApplicationSort, ClientCredentials, Code, CreateApplication,
    CreateSigningKey, Delivery, Grant, Id, Introspect, PreviewClaims, Refresh, RevokeToken, Secret, SigningKeyState,
    TokenProfile, UpdateApplication, VerifyToken,
};

/// An application as a test wants it.
async fn register(test: &TestSereno, command: CreateApplication) -> Result<ApplicationCreated> {
    admin::create(&test.sereno, &test.meta(), &test.system().await, command, None).await
}

fn called(client_id: &str) -> CreateApplication {
    CreateApplication {
        name: client_id.to_owned(),
        client_id: Some(client_id.to_owned()),
        kind: ApplicationKind::Confidential,
        ..CreateApplication::default()
    }
}

fn profile(said: Value) -> TokenProfile {
    serde_json::from_value(said).unwrap()
}

/// A registered application and what it proves itself with.
struct Client {
    id: Id,
    credentials: ClientCredentials,
}

impl Client {
    async fn with(test: &TestSereno, client_id: &str, said: Value) -> Self {
        Self::of(
            test,
            CreateApplication {
                profile: profile(said),
                ..called(client_id)
            },
        )
        .await
    }

    async fn of(test: &TestSereno, command: CreateApplication) -> Self {
        let created = register(test, command).await.unwrap();
        Self {
            id: created.application.id,
            credentials: ClientCredentials {
                client_id: Some(created.application.client_id),
                client_secret: created.secret.map(|secret| secret.client_secret.into()),
            },
        }
    }

    async fn log_in(&self, test: &TestSereno) -> Result<Tokens> {
        let mut command = test.credentials("ana", PASSWORD);
        command.client_id.clone_from(&self.credentials.client_id);
        command.client_secret.clone_from(&self.credentials.client_secret);
        let logged_in = login::for_application(&test.sereno, &test.meta(), command).await?;
        match logged_in.brought {
            Brought::Tokens(issued) => Ok(issued.tokens),
            Brought::Session(_) => panic!("a session"),
        }
    }

    async fn pair(&self, test: &TestSereno) -> (String, String) {
        pair(self.log_in(test).await.unwrap())
    }

    async fn refresh(&self, test: &TestSereno, token: &str) -> Result<(String, String)> {
        let command = self.refreshing(token);
        let issued = token::refresh(&test.sereno, &test.meta(), command).await?;
        Ok(pair(issued.tokens))
    }

    fn refreshing(&self, token: &str) -> Refresh {
        Refresh {
            refresh_token: token.into(),
            client_id: self.credentials.client_id.clone(),
            client_secret: self.credentials.client_secret.clone(),
        }
    }

    async fn ask(&self, test: &TestSereno, token: &str) -> Value {
        let command = Introspect {
            token: token.into(),
            ..Introspect::default()
        };
        let answer = introspect(&test.sereno, &test.meta(), &self.credentials, command).await;
        serde_json::to_value(answer.unwrap()).unwrap()
    }

    async fn revoke(&self, test: &TestSereno, token: &str) {
        let command = RevokeToken {
            token: token.into(),
            ..RevokeToken::default()
        };
        revoke(&test.sereno, &test.meta(), &self.credentials, command)
            .await
            .unwrap();
    }
}

fn pair(tokens: Tokens) -> (String, String) {
    match tokens {
        Tokens::Pair { access, refresh, .. } => (access, refresh.unwrap_or_default()),
        Tokens::Key(_) => panic!("a key"),
    }
}

fn part(token: &str, at: usize) -> Value {
    let text = URL_SAFE_NO_PAD.decode(token.split('.').nth(at).unwrap()).unwrap();
    serde_json::from_slice(&text).unwrap()
}

fn claims(token: &str) -> Value {
    part(token, 1)
}

async fn is_good(test: &TestSereno, token: &str) -> bool {
    let command = VerifyToken { token: token.into() };
    token::verify(&test.sereno, &test.meta(), command).await.unwrap().active
}

async fn with_ana() -> TestSereno {
    let test = TestSereno::new().await;
    test.user("ana").await;
    test
}

#[tokio::test]
async fn a_confidential_application_proves_itself() {
    let test = with_ana().await;
    let created = register(&test, called("shop")).await.unwrap();
    let secret = created.secret.unwrap().client_secret;
    assert!(secret.starts_with("cs_") && secret.len() == 46);
    assert_eq!(created.application.secrets.len(), 1);
    let stored = test.column("SELECT digest FROM application_secret").await;
    assert!(!stored[0].contains(&secret));
    for (client_secret, expected) in [
        (Some(secret.as_str()), None),
        (Some("wrong"), Some(Code::InvalidClient)),
        (Some(""), Some(Code::InvalidClient)),
        (None, Some(Code::InvalidClient)),
    ] {
        let mut command = test.credentials("ana", PASSWORD);
        command.client_id = Some("shop".to_owned());
        command.client_secret = client_secret.map(Secret::new);
        let outcome = login::for_application(&test.sereno, &test.meta(), command).await;
        assert_eq!(outcome.err().map(|error| error.code()), expected, "{client_secret:?}");
    }
    assert_eq!(test.count("application_secret WHERE last_used_at IS NOT NULL").await, 1);
    // a public one has nothing to prove, and nothing to pretend
    let mut command = test.credentials("ana", PASSWORD);
    command.client_secret = Some(secret.as_str().into());
    let outcome = login::for_application(&test.sereno, &test.meta(), command).await;
    assert_eq!(refused(outcome), Code::InvalidClient);
}

#[tokio::test]
async fn two_secrets_work_while_one_takes_the_others_place() {
    let test = with_ana().await;
    let (sereno, meta, staff) = (&test.sereno, test.meta(), test.system().await);
    let mut shop = Client::of(&test, called("shop")).await;
    let second = admin::create_secret(sereno, &meta, &staff, &shop.id).await.unwrap();
    shop.log_in(&test).await.unwrap();
    let third = admin::create_secret(sereno, &meta, &staff, &shop.id).await;
    assert_eq!(refused(third), Code::StateConflict, "two at a time");
    let detail = admin::detail(sereno, &staff, &shop.id).await.unwrap();
    let first = detail.secrets.iter().find(|secret| secret.id != second.id).unwrap();
    admin::delete_secret(sereno, &meta, &staff, &shop.id, &first.id)
        .await
        .unwrap();
    assert_eq!(refused(shop.log_in(&test).await), Code::InvalidClient);
    shop.credentials.client_secret = Some(second.client_secret.into());
    shop.log_in(&test).await.unwrap();
    let again = admin::delete_secret(sereno, &meta, &staff, &shop.id, &first.id).await;
    assert_eq!(refused(again), Code::NotFound);
    assert_eq!(test.events.count(EventKind::ClientSecretDeleted), 1);
}

#[tokio::test]
async fn what_cannot_work_or_is_not_safe_is_refused_by_field() {
    let test = TestSereno::new().await;
    let with = |change: fn(&mut CreateApplication)| {
        let mut command = called("shop");
        change(&mut command);
        command
    };
    for (command, field, code) in [
        (with(|app| app.name = "  ".to_owned()), "name", Code::Blank),
        (with(|app| app.name = "x".repeat(151)), "name", Code::TooLong),
        (
            with(|app| app.client_id = Some("a b".to_owned())),
            "client_id",
            Code::InvalidCharacters,
        ),
        (
            with(|app| app.client_id = Some("sereno".to_owned())),
            "client_id",
            Code::ClientIdUnique,
        ),
        (
            with(|app| {
                app.kind = ApplicationKind::Public;
                app.grants = Some(vec![Grant::ClientCredentials]);
            }),
            "grants",
            Code::InvalidChoice,
        ),
        (
            with(|app| {
                app.kind = ApplicationKind::Public;
                app.profile = profile(json!({"algorithm": "HS256"}));
            }),
            "profile.algorithm",
            Code::InvalidChoice,
        ),
        (
            with(|app| app.profile = profile(json!({"header_kid": false}))),
            "profile.header_kid",
            Code::InvalidChoice,
        ),
        (
            with(|app| app.profile = profile(json!({"leave_out": ["client_id"]}))),
            "profile.leave_out",
            Code::InvalidChoice,
        ),
        (
            with(|app| app.profile = profile(json!({"access_lifetime": 0}))),
            "profile.access_lifetime",
            Code::InvalidChoice,
        ),
        (
            with(|app| app.profile = profile(json!({"refresh_format": "jwt", "header_typ": "JWT"}))),
            "profile.type_claim",
            Code::Blank,
        ),
        (
            with(|app| app.profile = profile(json!({"claims": [{"name": "sub", "source": "roles"}]}))),
            "profile.claims.0.name",
            Code::InvalidChoice,
        ),
        (
            with(|app| app.profile = profile(json!({"claims": [{"name": "exp.deep", "source": "roles"}]}))),
            "profile.claims.0.name",
            Code::InvalidChoice,
        ),
        (
            with(|app| {
                app.profile = profile(json!({"claims": [{"name": "x", "source": {"template": "{{ user. }}"}}]}));
            }),
            "profile.claims.0.source",
            Code::TemplateInvalid,
        ),
        (
            with(|app| app.profile = profile(json!({"claims": [{"name": "x", "source": {"user": "password_hash"}}]}))),
            "profile.claims.0.source",
            Code::InvalidChoice,
        ),
        (
            with(|app| {
                app.delivery = Delivery::Cookie;
                app.cookies.access = "sid".to_owned();
            }),
            "cookies.access",
            Code::InvalidChoice,
        ),
        (
            with(|app| {
                app.delivery = Delivery::Cookie;
                app.cookies.path = "/; Domain=evil".to_owned();
            }),
            "cookies.path",
            Code::InvalidCharacters,
        ),
        (
            with(|app| {
                app.delivery = Delivery::Cookie;
                app.cookies.refresh = app.cookies.access.clone();
            }),
            "cookies",
            Code::InvalidChoice,
        ),
        (
            with(|app| {
                app.delivery = Delivery::SplitCookie;
                app.profile = profile(json!({"access_format": "opaque"}));
            }),
            "delivery",
            Code::InvalidChoice,
        ),
    ] {
        assert_eq!(
            refused_fields(register(&test, command).await),
            [(field.to_owned(), code)]
        );
    }
    for uri in [
        "http://example.org/cb",
        "https://example.org/cb#x",
        "javascript:alert(1)",
        "data:text/html,x",
        "/relative",
        "https://*.example.org/",
        "https://user@example.org/",
        "myapp:/cb",
        "",
    ] {
        let command = with(|_| ());
        let command = CreateApplication {
            redirect_uris: vec![uri.to_owned()],
            ..command
        };
        let expected = [("redirect_uris.0".to_owned(), Code::InvalidUrl)];
        assert_eq!(refused_fields(register(&test, command).await), expected, "{uri}");
    }
    for origin in ["https://example.org/", "example.org", "*", "null", "ftp://example.org"] {
        let command = CreateApplication {
            origins: vec![origin.to_owned()],
            ..called("shop")
        };
        let expected = [("origins.0".to_owned(), Code::InvalidUrl)];
        assert_eq!(refused_fields(register(&test, command).await), expected, "{origin}");
    }
    assert_eq!(test.count("application").await, 1);
    let fine = CreateApplication {
        redirect_uris: [
            "https://example.org/cb",
            "http://127.0.0.1:7000/cb",
            "org.example.app:/cb",
        ]
        .map(str::to_owned)
        .to_vec(),
        origins: vec!["https://app.example.org:8443".to_owned()],
        scopes: vec!["introspect".to_owned()],
        ..called("shop")
    };
    register(&test, fine).await.unwrap();
}

#[tokio::test]
async fn tokens_are_signed_in_every_algorithm() {
    let test = with_ana().await;
    for algorithm in ["EdDSA", "ES256", "RS256", "HS256"] {
        let client = Client::with(&test, algorithm, json!({ "algorithm": algorithm })).await;
        let (access, refresh) = client.pair(&test).await;
        assert_eq!(part(&access, 0)["alg"], algorithm);
        let actor = token::authenticate(&test.sereno, &access).await.unwrap();
        assert!(actor.caller().is_ok());
        let (next, _) = client.refresh(&test, &refresh).await.unwrap();
        assert!(is_good(&test, &next).await, "{algorithm}");
    }
    let published = test.sereno.signing().await.unwrap().jwks();
    let algorithms: Vec<_> = published["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| &key["alg"])
        .collect();
    assert_eq!(algorithms, ["RS256", "ES256", "EdDSA"], "a shared key is not published");
}

#[tokio::test]
async fn a_profile_shapes_the_claims() {
    let test = with_ana().await;
    let client = Client::with(
        &test,
        "shop",
        json!({
            "issuer": "https://issuer.example.org",
            "audience": ["https://api.example.org", "http://127.0.0.1:3000"],
            "subject": "username",
            "not_before": -5,
            "access_lifetime": 60,
            "type_claim": "token_type",
            "leave_out": ["epoch", "auth_time"],
            "claims": [
                {"name": "mail", "source": {"user": "email"}},
                {"name": "user.id", "source": {"user": "number"}},
                {"name": "user.roles", "source": "roles"},
                {"name": "perms", "source": "permissions"},
                {"name": "by_project", "source": "project_permissions"},
                {"name": "plan", "source": {"user": "attributes.plan"}},
                {"name": "tier", "source": {"constant": {"gold": true}}},
                {"name": "label", "source": {"template": "{{ user.username | upper }} #{{ user.number }}"}},
                {"name": "next", "source": {"template": "{{ user.number + 1 }}"}},
                {"name": "only_refresh", "source": {"constant": 1}, "token": "refresh"},
            ],
        }),
    )
    .await;
    let (access, _) = client.pair(&test).await;
    let said = claims(&access);
    let iat = said["iat"].as_i64().unwrap();
    for (name, expected) in [
        ("iss", json!("https://issuer.example.org")),
        ("aud", json!(["https://api.example.org", "http://127.0.0.1:3000"])),
        ("sub", json!("ana")),
        ("nbf", json!(iat - 5)),
        ("exp", json!(iat + 60)),
        ("token_type", json!("access")),
        ("epoch", json!(null)),
        ("mail", json!("ana@example.org")),
        ("user", json!({"id": 1, "roles": []})),
        ("perms", json!([])),
        ("by_project", json!({})),
        ("plan", json!(null)),
        ("tier", json!({"gold": true})),
        ("label", json!("ANA #1")),
        ("next", json!(2)),
        ("only_refresh", json!(null)),
    ] {
        assert_eq!(said[name], expected, "{name}");
    }
    assert!(said.get("epoch").is_none() && said.get("plan").is_some());
    token::authenticate(&test.sereno, &access).await.unwrap();
    // not for this server: good, but no way in
    let other = Client::with(&test, "other", json!({"audience": ["https://api.example.org"]})).await;
    let (foreign, _) = other.pair(&test).await;
    assert!(is_good(&test, &foreign).await);
    assert_eq!(
        refused(token::authenticate(&test.sereno, &foreign).await),
        Code::InvalidToken
    );
    let preview = PreviewClaims {
        user: "ana@example.org".to_owned(),
        profile: None,
    };
    let staff = test.system().await;
    let shown = admin::preview(&test.sereno, &staff, &client.id, preview).await.unwrap();
    assert_eq!(shown.access["label"], "ANA #1");
    assert_eq!(shown.header["typ"], "at+jwt");
    assert!(shown.bytes > 400 && shown.refresh.is_none());
}

/// The form of django's JWT packages: no `kid`, `typ` `JWT`, no family, one `jti`, a refresh token that is a JWT and stays.
#[tokio::test]
async fn the_wire_of_older_packages_can_be_expressed() {
    let test = with_ana().await;
    let said = json!({
        "algorithm": "HS256", "header_typ": "JWT", "header_kid": false, "refresh_format": "jwt", "rotation": "never",
        "shared_jti": true, "type_claim": "type",
        "leave_out": ["iss", "sub", "aud", "client_id", "sid", "auth_time", "amr", "epoch"],
        "claims": [{"name": "user.id", "source": {"user": "number"}}, {"name": "user.perms", "source": "permissions"}],
    });
    let client = Client::with(&test, "old", said.clone()).await;
    let other = Client::with(&test, "other", said).await;
    let (access, refresh) = client.pair(&test).await;
    assert_eq!(part(&access, 0), json!({"alg": "HS256", "typ": "JWT"}));
    let (first, second) = (claims(&access), claims(&refresh));
    assert_eq!(first.as_object().unwrap().len(), 5, "{first}");
    assert_eq!((&first["type"], &second["type"]), (&json!("access"), &json!("refresh")));
    assert_eq!(first["jti"], second["jti"]);
    assert!(is_good(&test, &access).await);
    // neither is ever taken for the other
    assert!(!is_good(&test, &refresh).await);
    assert_eq!(refused(client.refresh(&test, &access).await), Code::RefreshTokenInvalid);
    assert_eq!(refused(other.refresh(&test, &refresh).await), Code::RefreshTokenInvalid);
    for _ in 0..3 {
        test.advance(Duration::from_mins(1));
        let (next, same) = client.refresh(&test, &refresh).await.unwrap();
        assert_eq!(same, refresh, "it stays");
        assert_eq!(claims(&next)["jti"], first["jti"]);
        assert!(is_good(&test, &next).await);
    }
    let issued = token::extend(&test.sereno, &test.meta(), client.refreshing(&refresh))
        .await
        .unwrap();
    let (_, longer) = pair(issued.tokens);
    assert!(claims(&longer)["exp"].as_i64() > second["exp"].as_i64());
    client.refresh(&test, &longer).await.unwrap();
    client.revoke(&test, &longer).await;
    assert_eq!(
        refused(client.refresh(&test, &refresh).await),
        Code::RefreshTokenInvalid,
        "the family ended"
    );
    assert!(!is_good(&test, &access).await);
}

#[tokio::test]
async fn an_opaque_access_token_says_nothing_and_ends_in_its_time() {
    let test = with_ana().await;
    let client = Client::with(&test, "shop", json!({"access_format": "opaque"})).await;
    let (access, refresh) = client.pair(&test).await;
    assert!(access.starts_with("sa_"));
    token::authenticate(&test.sereno, &access).await.unwrap();
    assert_eq!(
        refused(token::authenticate(&test.sereno, &refresh).await),
        Code::InvalidToken
    );
    let forged = access.replacen("sa_", "sr_", 1);
    assert_eq!(refused(client.refresh(&test, &forged).await), Code::RefreshTokenInvalid);
    test.advance(Duration::from_secs(306));
    assert!(!is_good(&test, &access).await);
    let (next, _) = client.refresh(&test, &refresh).await.unwrap();
    assert!(is_good(&test, &next).await);
}

#[tokio::test]
async fn a_key_is_the_same_at_every_sign_in_until_it_is_revoked() {
    let test = with_ana().await;
    let command = CreateApplication {
        delivery: Delivery::Key,
        ..called("shop")
    };
    let client = Client::of(&test, command).await;
    let key = async || match client.log_in(&test).await.unwrap() {
        Tokens::Key(key) => key,
        Tokens::Pair { .. } => panic!("a pair"),
    };
    let first = key().await;
    test.advance(Duration::from_hours(24 * 365));
    assert_eq!(key().await, first);
    assert!(first.starts_with("sk_"));
    token::authenticate(&test.sereno, &first).await.unwrap();
    client.revoke(&test, &first).await;
    assert_eq!(
        refused(token::authenticate(&test.sereno, &first).await),
        Code::InvalidToken
    );
    assert_ne!(key().await, first);
}

#[tokio::test]
async fn an_application_gets_only_what_it_was_granted() {
    let test = with_ana().await;
    let only_password = Client::of(
        &test,
        CreateApplication {
            grants: Some(vec![Grant::Password]),
            ..called("one")
        },
    )
    .await;
    let (_, refresh) = only_password.pair(&test).await;
    assert_eq!(refresh, "", "no refresh token");
    let only_refresh = Client::of(
        &test,
        CreateApplication {
            grants: Some(vec![Grant::RefreshToken]),
            ..called("two")
        },
    )
    .await;
    assert_eq!(refused(only_refresh.log_in(&test).await), Code::UnauthorizedClient);
    // a refresh token belongs to its application
    let mine = test.log_in("ana").await.refresh_token;
    assert_eq!(
        refused(only_refresh.refresh(&test, &mine).await),
        Code::RefreshTokenInvalid
    );
    assert_eq!(
        refused(only_password.refresh(&test, &mine).await),
        Code::UnauthorizedClient
    );
}

#[tokio::test]
async fn switching_off_and_deleting_end_every_sign_in() {
    let test = with_ana().await;
    let (sereno, meta, staff) = (&test.sereno, test.meta(), test.system().await);
    let client = Client::of(&test, called("shop")).await;
    let (access, refresh) = client.pair(&test).await;
    let switch = |is_enabled| UpdateApplication {
        is_enabled: Some(is_enabled),
        ..UpdateApplication::default()
    };
    let off = admin::update(sereno, &meta, &staff, &client.id, switch(false))
        .await
        .unwrap();
    assert!(!off.is_enabled && off.open_grants == 1);
    assert!(!is_good(&test, &access).await);
    assert_eq!(refused(client.refresh(&test, &refresh).await), Code::InvalidClient);
    assert_eq!(refused(client.log_in(&test).await), Code::InvalidClient);
    admin::update(sereno, &meta, &staff, &client.id, switch(true))
        .await
        .unwrap();
    assert!(is_good(&test, &access).await);
    client.refresh(&test, &refresh).await.unwrap();
    admin::delete(sereno, &meta, &staff, &client.id).await.unwrap();
    assert!(!is_good(&test, &access).await);
    assert_eq!(test.count("application_secret").await, 0);
    let left = admin::list(sereno, &staff, ApplicationQuery::default()).await.unwrap();
    let builtin = left.items[0].id.clone();
    let outcome = admin::delete(sereno, &meta, &staff, &builtin).await;
    assert_eq!(refused(outcome), Code::StateConflict);
    let outcome = admin::update(sereno, &meta, &staff, &builtin, switch(false)).await;
    assert_eq!(
        refused_fields(outcome),
        [("is_enabled".to_owned(), Code::InvalidChoice)]
    );
}

#[tokio::test]
async fn introspection_tells_an_application_of_its_own_tokens_alone() {
    let test = with_ana().await;
    let shop = Client::of(&test, called("shop")).await;
    let other = Client::of(&test, called("other")).await;
    let gateway = Client::of(
        &test,
        CreateApplication {
            scopes: vec!["introspect".to_owned()],
            ..called("gateway")
        },
    )
    .await;
    let (access, refresh) = shop.pair(&test).await;
    let said = shop.ask(&test, &access).await;
    assert_eq!((&said["active"], &said["client_id"]), (&json!(true), &json!("shop")));
    assert_eq!(
        (&said["username"], &said["sub"]),
        (&json!("ana"), &claims(&access)["sub"])
    );
    assert_eq!(
        (&said["exp"], &said["jti"]),
        (&claims(&access)["exp"], &claims(&access)["jti"])
    );
    assert_eq!(shop.ask(&test, &refresh).await["token_type"], "refresh_token");
    assert_eq!(gateway.ask(&test, &access).await["active"], true);
    for token in [access.as_str(), refresh.as_str(), "", "x", "\0"] {
        assert_eq!(other.ask(&test, token).await, json!({"active": false}));
    }
    let public = ClientCredentials::default();
    let command = Introspect::default();
    let outcome = introspect(&test.sereno, &test.meta(), &public, command).await;
    assert_eq!(refused(outcome), Code::InvalidClient, "only who proves itself may ask");
    // a locked user's tokens are good for nothing
    let ana = Id(test.holder_of("ana@example.org").await.to_string());
    let staff = test.system().await;
    sereno_core::account::admin::lock(&test.sereno, &test.meta(), &staff, &ana)
        .await
        .unwrap();
    for token in [&access, &refresh] {
        assert_eq!(shop.ask(&test, token).await, json!({"active": false}));
    }
}

/// Asked for in the same moment, through the right application and another: the other gets nothing and takes nothing.
#[tokio::test]
async fn another_application_gets_nothing_beside_the_right_one() {
    let test = with_ana().await;
    let shop = Client::of(&test, called("shop")).await;
    let other = Client::of(&test, called("other")).await;
    for _ in 0..4 {
        let (_, refresh) = shop.pair(&test).await;
        let (stolen, own, stolen_too) = tokio::join!(
            other.refresh(&test, &refresh),
            shop.refresh(&test, &refresh),
            other.refresh(&test, &refresh)
        );
        let (access, _) = own.unwrap();
        assert_eq!(claims(&access)["client_id"], "shop");
        for outcome in [stolen, stolen_too] {
            assert_eq!(refused(outcome), Code::RefreshTokenInvalid);
        }
    }
}

#[tokio::test]
async fn access_tokens_end_with_their_family() {
    let test = with_ana().await;
    let short = Client::with(&test, "short", json!({"access_lifetime": 600, "refresh_lifetime": 100})).await;
    let (access, _) = short.pair(&test).await;
    let claims = claims(&access);
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 100);
}

#[tokio::test]
async fn an_access_token_is_revoked_alone_and_forgotten_when_it_would_have_ended() {
    let test = with_ana().await;
    let shop = Client::of(&test, called("shop")).await;
    let other = Client::of(&test, called("other")).await;
    let (access, refresh) = shop.pair(&test).await;
    other.revoke(&test, &access).await;
    assert!(is_good(&test, &access).await, "only its own application may");
    shop.revoke(&test, &access).await;
    shop.revoke(&test, &access).await;
    assert!(!is_good(&test, &access).await);
    let (next, _) = shop.refresh(&test, &refresh).await.unwrap();
    assert!(is_good(&test, &next).await, "the family goes on");
    assert_eq!(test.count("revoked_token").await, 1);
    test.advance(Duration::from_secs(310));
    jobs::sweep(&test.sereno).await.unwrap();
    assert_eq!(test.count("revoked_token").await, 0);
    assert!(!is_good(&test, &access).await);
}

#[tokio::test]
async fn keys_rotate_on_schedule_with_an_overlap() {
    use SigningKeyState::{Active, Retired, Waiting};
    let test = with_ana().await;
    let staff = test.system().await;
    let states = async || {
        let keys = signing_keys::list(&test.sereno, &staff).await.unwrap();
        keys.iter().map(|key| key.state).collect::<Vec<_>>()
    };
    let day = Duration::from_hours(24);
    jobs::sweep(&test.sereno).await.unwrap();
    assert_eq!(states().await, [Active]);
    test.advance(88 * day);
    jobs::sweep(&test.sereno).await.unwrap();
    assert_eq!(states().await, [Waiting, Active]);
    assert_eq!(
        test.sereno.signing().await.unwrap().jwks()["keys"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let before = test.log_in("ana").await;
    test.advance(2 * day);
    let old = test.refresh(&before.refresh_token).await.unwrap().access_token;
    jobs::sweep(&test.sereno).await.unwrap();
    assert_eq!(states().await, [Active, Retired]);
    assert!(is_good(&test, &old).await, "what the old key signed stays good");
    let new = test.log_in("ana").await.access_token;
    assert_ne!(part(&new, 0)["kid"], part(&old, 0)["kid"]);
    test.advance(2 * day);
    jobs::sweep(&test.sereno).await.unwrap();
    assert_eq!(states().await, [Active]);
}

#[tokio::test]
async fn staff_turns_the_ring_by_hand() {
    let test = with_ana().await;
    let (sereno, meta, staff) = (&test.sereno, test.meta(), test.system().await);
    let made = signing_keys::create(sereno, &meta, &staff, CreateSigningKey::default())
        .await
        .unwrap();
    assert_eq!((made.key.state, made.secret), (SigningKeyState::Waiting, None));
    let old = test.log_in("ana").await.access_token;
    let active = signing_keys::activate(sereno, &meta, &staff, &made.key.id)
        .await
        .unwrap();
    assert_eq!(active.state, SigningKeyState::Active);
    let new = test.log_in("ana").await.access_token;
    assert_eq!(part(&new, 0)["kid"], active.kid.as_str());
    let again = signing_keys::activate(sereno, &meta, &staff, &made.key.id).await;
    assert_eq!(refused(again), Code::StateConflict);
    let in_use = signing_keys::delete(sereno, &meta, &staff, &made.key.id).await;
    assert_eq!(refused(in_use), Code::StateConflict);
    let retired = signing_keys::list(sereno, &staff).await.unwrap().remove(1);
    assert!(is_good(&test, &old).await);
    signing_keys::delete(sereno, &meta, &staff, &retired.id).await.unwrap();
    assert!(!is_good(&test, &old).await, "an emergency: what it signed is unknown");
    // a shared key, brought along
    let shop = Client::with(&test, "shop", json!({"algorithm": "HS256"})).await;
    let shared = "0123456789abcdef0123456789abcdef";
    let command = CreateSigningKey {
        algorithm: sereno_types::SigningAlgorithm::Hs256,
        client_id: Some("shop".to_owned()),
        secret: Some(shared.into()),
    };
    let brought = signing_keys::create(sereno, &meta, &staff, command.clone())
        .await
        .unwrap();
    assert_eq!(brought.secret, None, "who brought it knows it");
    signing_keys::activate(sereno, &meta, &staff, &brought.key.id)
        .await
        .unwrap();
    let (access, _) = shop.pair(&test).await;
    let key = jsonwebtoken::DecodingKey::from_secret(shared.as_bytes());
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::HS256);
    validation.validate_exp = false;
    validation.validate_aud = false;
    jsonwebtoken::decode::<Value>(&access, &key, &validation).unwrap();
    let short = CreateSigningKey {
        secret: Some("short".into()),
        ..command
    };
    let outcome = signing_keys::create(sereno, &meta, &staff, short).await;
    assert_eq!(refused_fields(outcome), [("secret".to_owned(), Code::TooShort)]);
}

#[tokio::test]
async fn the_list_is_searched_ordered_and_paged() {
    let test = TestSereno::new().await;
    let staff = test.system().await;
    for name in ["beta", "alpha", "delta", "gamma"] {
        register(&test, called(name)).await.unwrap();
        test.advance(Duration::from_secs(1));
    }
    let page = async |query: ApplicationQuery| admin::list(&test.sereno, &staff, query).await.unwrap();
    let names = |page: &sereno_types::Page<sereno_types::ApplicationRow>| {
        page.items.iter().map(|row| row.client_id.clone()).collect::<Vec<_>>()
    };
    let first = page(ApplicationQuery {
        limit: Some(2),
        ..ApplicationQuery::default()
    })
    .await;
    assert_eq!(
        (names(&first), first.total),
        (vec!["alpha".to_owned(), "beta".to_owned()], 5)
    );
    let second = page(ApplicationQuery {
        limit: Some(2),
        cursor: first.next_cursor,
        ..ApplicationQuery::default()
    })
    .await;
    assert_eq!(names(&second), ["delta", "gamma"]);
    let back = page(ApplicationQuery {
        limit: Some(2),
        cursor: second.prev_cursor,
        ..ApplicationQuery::default()
    })
    .await;
    assert_eq!(names(&back), ["alpha", "beta"]);
    let newest = page(ApplicationQuery {
        sort: Some(ApplicationSort::Newest),
        q: Some("TA".to_owned()),
        ..ApplicationQuery::default()
    })
    .await;
    assert_eq!(names(&newest), ["delta", "beta"]);
}

/// Whoever holds a shared key can sign what it wants; only what Sereno issued itself counts, so nobody gets more than they
/// were given.
#[tokio::test]
async fn a_shared_key_forges_nothing() {
    let test = with_ana().await;
    let (sereno, meta, staff) = (&test.sereno, test.meta(), test.system().await);
    let client = Client::with(&test, "shop", json!({"algorithm": "HS256", "audience": ["my-api"]})).await;
    let shared = "0123456789abcdef0123456789abcdef";
    let command = CreateSigningKey {
        algorithm: sereno_types::SigningAlgorithm::Hs256,
        client_id: Some("shop".to_owned()),
        secret: Some(shared.into()),
    };
    let key = signing_keys::create(sereno, &meta, &staff, command).await.unwrap().key;
    signing_keys::activate(sereno, &meta, &staff, &key.id).await.unwrap();
    let (genuine, _) = client.pair(&test).await;
    assert!(is_good(&test, &genuine).await);
    let forge = |change: fn(&mut Value)| {
        let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
        header.typ = Some("at+jwt".to_owned());
        header.kid = part(&genuine, 0)["kid"].as_str().map(str::to_owned);
        let mut said = claims(&genuine);
        change(&mut said);
        jsonwebtoken::encode(
            &header,
            &said,
            &jsonwebtoken::EncodingKey::from_secret(shared.as_bytes()),
        )
        .unwrap()
    };
    let forgeries = [
        forge(|said| said["aud"] = json!(["my-api", "http://127.0.0.1:3000"])),
        forge(|said| said["exp"] = json!(said["exp"].as_i64().unwrap() + 1)),
        forge(|said| said["sub"] = json!("somebody-else")),
        forge(|said| said["jti"] = json!("another")),
        forge(|said| said["client_id"] = json!("sereno")),
    ];
    for forged in &forgeries {
        assert!(!is_good(&test, forged).await, "{}", claims(forged));
        assert_eq!(refused(token::authenticate(sereno, forged).await), Code::InvalidToken);
    }
    // an application that turned away from its key is not spoken for by it
    let command = UpdateApplication {
        profile: Some(profile(json!({}))),
        ..UpdateApplication::default()
    };
    admin::update(sereno, &meta, &staff, &client.id, command).await.unwrap();
    assert!(!is_good(&test, &genuine).await);
    signing_keys::delete(sereno, &meta, &staff, &key.id).await.unwrap();
    let everybodys = CreateSigningKey {
        algorithm: sereno_types::SigningAlgorithm::Hs256,
        client_id: Some(String::new()),
        secret: Some(shared.into()),
    };
    let outcome = signing_keys::create(sereno, &meta, &staff, everybodys).await;
    assert_eq!(refused_fields(outcome), [("client_id".to_owned(), Code::Blank)]);
}

/// Two users whose tokens would be one text must not get each other's.
#[tokio::test]
async fn one_text_never_stands_for_two_users() {
    let test = with_ana().await;
    test.user("bea").await;
    let said = json!({"algorithm": "HS256", "leave_out": ["sub", "sid", "jti"]});
    let client = Client::with(&test, "bare", said).await;
    let (anas, _) = client.pair(&test).await;
    let mut command = test.credentials("bea", PASSWORD);
    command.client_id.clone_from(&client.credentials.client_id);
    command.client_secret.clone_from(&client.credentials.client_secret);
    let outcome = login::for_application(&test.sereno, &test.meta(), command.clone()).await;
    assert_eq!(refused(outcome), Code::Overloaded, "come back in a second");
    let ana = token::authenticate(&test.sereno, &anas).await.unwrap();
    assert_eq!(ana.caller().unwrap().user_id, test.holder_of("ana@example.org").await);
    test.advance(Duration::from_secs(1));
    let outcome = login::for_application(&test.sereno, &test.meta(), command).await;
    assert!(outcome.is_ok());
    let neither = json!({"leave_out": ["jti", "iat"]});
    let refusal = register(
        &test,
        CreateApplication {
            profile: profile(neither),
            ..called("neither")
        },
    )
    .await;
    assert_eq!(
        refused_fields(refusal),
        [("profile.leave_out".to_owned(), Code::InvalidChoice)]
    );
}

/// What happens to a refresh token was settled when its family began.
#[tokio::test]
async fn a_change_of_the_profile_revives_and_ends_nothing() {
    let test = with_ana().await;
    let (sereno, meta, staff) = (&test.sereno, test.meta(), test.system().await);
    let client = Client::with(&test, "shop", json!({"access_format": "opaque", "access_lifetime": 60})).await;
    let (access, first) = client.pair(&test).await;
    let (_, second) = client.refresh(&test, &first).await.unwrap();
    test.advance(Duration::from_secs(70));
    let command = UpdateApplication {
        profile: Some(profile(
            json!({"access_format": "opaque", "access_lifetime": 6_000, "rotation": "never"}),
        )),
        ..UpdateApplication::default()
    };
    admin::update(sereno, &meta, &staff, &client.id, command).await.unwrap();
    assert!(!is_good(&test, &access).await, "it ended in its own time");
    assert_eq!(
        refused(client.refresh(&test, &first).await),
        Code::RefreshTokenInvalid,
        "it was used before"
    );
    assert_eq!(
        refused(client.refresh(&test, &second).await),
        Code::RefreshTokenInvalid,
        "a replay ends the family"
    );
}

/// Staff signs in over the API by Sereno's own application, which must go on opening this server.
#[tokio::test]
async fn the_first_party_application_keeps_its_form() {
    let test = TestSereno::new().await;
    let (sereno, meta, staff) = (&test.sereno, test.meta(), test.system().await);
    let own = admin::list(sereno, &staff, ApplicationQuery::default())
        .await
        .unwrap()
        .items[0]
        .id
        .clone();
    let change = async |said: Value| {
        let command = UpdateApplication {
            profile: Some(profile(said)),
            ..UpdateApplication::default()
        };
        admin::update(sereno, &meta, &staff, &own, command).await.map(drop)
    };
    for said in [
        json!({"audience": ["https://elsewhere.example.org"]}),
        json!({"issuer": "https://elsewhere.example.org"}),
        json!({"access_lifetime": 315_360_000}),
        json!({"leave_out": ["sid"]}),
        json!({"header_typ": "JWT"}),
    ] {
        let expected = [("profile".to_owned(), Code::InvalidChoice)];
        assert_eq!(refused_fields(change(said.clone()).await), expected, "{said}");
    }
    change(json!({"access_lifetime": 600, "claims": [{"name": "roles", "source": "roles"}]}))
        .await
        .unwrap();
}

/// An application that was switched off takes its sessions along.
#[tokio::test]
async fn a_session_of_an_application_ends_with_it() {
    let test = with_ana().await;
    let (sereno, meta, staff) = (&test.sereno, test.meta(), test.system().await);
    let command = CreateApplication {
        delivery: Delivery::Session,
        origins: vec!["https://shop.example.org".to_owned()],
        ..called("shop")
    };
    let client = Client::of(&test, command).await;
    let mut command = test.credentials("ana", PASSWORD);
    command.client_id.clone_from(&client.credentials.client_id);
    command.client_secret.clone_from(&client.credentials.client_secret);
    let brought = login::for_application(sereno, &meta, command).await.unwrap().brought;
    let Brought::Session(new) = brought else {
        panic!("tokens")
    };
    let works = async || session::resolve(sereno, &new.secret).await.unwrap() != Actor::Anonymous;
    assert!(works().await);
    let from = async |origin| session::resolve_for(sereno, &new.secret, origin).await.unwrap() != Actor::Anonymous;
    assert!(from("https://shop.example.org").await);
    assert!(!from("https://other.example.org").await);
    let pages = test.sign_in("ana").await;
    let borrowed = session::resolve_for(sereno, &pages.secret, "https://shop.example.org")
        .await
        .unwrap();
    assert_eq!(borrowed, Actor::Anonymous, "the console's session is for the console");
    admin::delete(sereno, &meta, &staff, &client.id).await.unwrap();
    assert!(!works().await);
}

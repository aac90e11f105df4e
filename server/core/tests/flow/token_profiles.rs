//! The form of an application's tokens: what a profile can say, and what it must not.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use sereno_core::event::EventKind;
use sereno_core::login;
use sereno_core::oauth::admin;
use sereno_core::testing::{
    Client, PASSWORD, TestSereno, called, claims_of, pair_of, part_of, profile_of, refused, refused_fields, register,
};
use sereno_core::token::{self, Tokens};
use sereno_types::{Code, CreateApplication, Delivery, PreviewClaims, UpdateApplication, VerifyToken};

#[tokio::test]
async fn tokens_are_signed_in_every_algorithm() {
    let test = TestSereno::with_ana().await;
    for algorithm in ["EdDSA", "ES256", "RS256", "HS256"] {
        let client = Client::with(&test, algorithm, json!({ "algorithm": algorithm })).await;
        let (access, refresh) = client.pair(&test).await;
        assert_eq!(part_of(&access, 0)["alg"], algorithm);
        let actor = token::authenticate(&test.sereno, &access).await.unwrap();
        assert!(actor.caller().is_ok());
        let (next, _) = client.refresh(&test, &refresh).await.unwrap();
        assert!(test.is_good(&next).await, "{algorithm}");
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
    let test = TestSereno::with_ana().await;
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
    let said = claims_of(&access);
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
    assert!(test.is_good(&foreign).await);
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
    let test = TestSereno::with_ana().await;
    let said = json!({
        "algorithm": "HS256", "header_typ": "JWT", "header_kid": false, "refresh_format": "jwt", "rotation": "never",
        "shared_jti": true, "type_claim": "type",
        "leave_out": ["iss", "sub", "aud", "client_id", "sid", "auth_time", "amr", "epoch"],
        "claims": [{"name": "user.id", "source": {"user": "number"}}, {"name": "user.perms", "source": "permissions"}],
    });
    let client = Client::with(&test, "old", said.clone()).await;
    let other = Client::with(&test, "other", said).await;
    let (access, refresh) = client.pair(&test).await;
    assert_eq!(part_of(&access, 0), json!({"alg": "HS256", "typ": "JWT"}));
    let (first, second) = (claims_of(&access), claims_of(&refresh));
    assert_eq!(first.as_object().unwrap().len(), 6, "{first}");
    assert_eq!((&first["type"], &second["type"]), (&json!("access"), &json!("refresh")));
    assert_eq!(first["jti"], second["jti"]);
    assert!(test.is_good(&access).await);
    // neither is ever taken for the other
    assert!(!test.is_good(&refresh).await);
    assert_eq!(refused(client.refresh(&test, &access).await), Code::RefreshTokenInvalid);
    assert_eq!(refused(other.refresh(&test, &refresh).await), Code::RefreshTokenInvalid);
    for _ in 0..3 {
        test.advance(Duration::from_mins(1));
        let (next, same) = client.refresh(&test, &refresh).await.unwrap();
        assert_eq!(same, refresh, "it stays");
        assert_eq!(claims_of(&next)["jti"], first["jti"]);
        assert!(test.is_good(&next).await);
    }
    let issued = token::extend(&test.sereno, &test.meta(), client.refreshing(&refresh))
        .await
        .unwrap();
    let (_, longer) = pair_of(issued.tokens);
    assert!(claims_of(&longer)["exp"].as_i64() > second["exp"].as_i64());
    client.refresh(&test, &longer).await.unwrap();
    client.revoke(&test, &longer).await;
    assert_eq!(
        refused(client.refresh(&test, &refresh).await),
        Code::RefreshTokenInvalid,
        "the family ended"
    );
    assert!(!test.is_good(&access).await);
}

#[tokio::test]
async fn an_opaque_access_token_says_nothing_and_ends_in_its_time() {
    let test = TestSereno::with_ana().await;
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
    assert!(!test.is_good(&access).await);
    let (next, _) = client.refresh(&test, &refresh).await.unwrap();
    assert!(test.is_good(&next).await);
}

#[tokio::test]
async fn a_key_is_the_same_at_every_sign_in_until_it_is_revoked() {
    let test = TestSereno::with_ana().await;
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
async fn access_tokens_end_with_their_family() {
    let test = TestSereno::with_ana().await;
    let short = Client::with(&test, "short", json!({"access_lifetime": 600, "refresh_lifetime": 100})).await;
    let (access, _) = short.pair(&test).await;
    let claims = claims_of(&access);
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 100);
}

/// Two users, two sign-ins of one, and a sign-in and its successor: whatever a profile leaves out, and however its algorithm
/// repeats itself, no two of one second are one text.
#[tokio::test]
async fn tokens_of_one_second_are_told_apart() {
    let test = TestSereno::with_ana().await;
    test.user("bea").await;
    for algorithm in ["HS256", "EdDSA"] {
        let said = json!({
            "algorithm": algorithm, "own_key": true, "refresh_format": "jwt",
            "leave_out": ["sub", "sid", "jti", "iat", "auth_time"],
        });
        let client = Client::with(&test, algorithm, said).await;
        let (first, second) = (client.pair(&test).await, client.pair(&test).await);
        let mut command = test.credentials("bea", PASSWORD);
        command.client_id.clone_from(&client.credentials.client_id);
        command.client_secret.clone_from(&client.credentials.client_secret);
        let bea = login::for_application(&test.sereno, &test.meta(), command)
            .await
            .unwrap();
        let login::Brought::Tokens(bea) = bea.brought else {
            panic!("a session")
        };
        let beas = pair_of(bea.tokens);
        let next = client.refresh(&test, &first.1).await.unwrap();
        let retried = client.refresh(&test, &first.1).await.unwrap();
        assert_eq!(retried.1, next.1, "a retry brings nothing new");
        let pairs = [&first, &second, &beas, &next];
        let texts: BTreeSet<&String> = pairs.iter().flat_map(|(access, refresh)| [access, refresh]).collect();
        assert_eq!(texts.len(), 8, "{algorithm}");
        for ((access, _), whose) in [(&first, "ana"), (&second, "ana"), (&beas, "bea"), (&next, "ana")] {
            let actor = token::authenticate(&test.sereno, access).await.unwrap();
            let holder = test.holder_of(&format!("{whose}@example.org")).await;
            assert_eq!(actor.caller().unwrap().user_id, holder);
        }
    }
}

/// What a shared key signs can be written by all who know it, so that a token must hold something that they do not.
#[tokio::test]
async fn tokens_of_a_shared_key_hold_what_the_other_does_not_show() {
    let test = TestSereno::with_ana().await;
    let profile = |more: Value| {
        let mut profile = json!({"algorithm": "HS256", "refresh_format": "jwt"});
        profile
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        profile
    };
    for (name, more, marked) in [
        ("plain", json!({}), false),
        ("shared", json!({"shared_jti": true}), true),
        ("bare", json!({"leave_out": ["jti"]}), true),
        ("public", json!({"shared_jti": true, "algorithm": "EdDSA"}), false),
    ] {
        let client = Client::with(&test, name, profile(more)).await;
        let (access, refresh) = client.pair(&test).await;
        let (access, refresh) = (claims_of(&access), claims_of(&refresh));
        for claims in [&access, &refresh] {
            assert_eq!(claims["uti"].is_string(), marked, "{name} {claims}");
        }
        assert!(!marked || access["uti"] != refresh["uti"], "{name}");
    }
    // an access token of another second is another one, although its jti is the same
    let client = Client::with(
        &test,
        "stays",
        profile(json!({"shared_jti": true, "rotation": "never"})),
    )
    .await;
    let (first, refresh) = client.pair(&test).await;
    test.advance(Duration::from_secs(1));
    let (second, _) = client.refresh(&test, &refresh).await.unwrap();
    let (first, second) = (claims_of(&first), claims_of(&second));
    assert_eq!(first["jti"], second["jti"]);
    assert_ne!(first["uti"], second["uti"]);
    let taken = CreateApplication {
        profile: profile_of(json!({"claims": [{"name": "uti", "source": "roles"}]})),
        ..called("taken")
    };
    assert_eq!(
        refused_fields(register(&test, taken).await),
        [("profile.claims.0.name".to_owned(), Code::InvalidChoice)]
    );
}

/// Whoever is in already need not wait again.
#[tokio::test]
async fn not_before_counts_from_the_sign_in() {
    let test = TestSereno::with_ana().await;
    let client = Client::with(&test, "shop", json!({"refresh_format": "jwt", "not_before": 60})).await;
    let (access, refresh) = client.pair(&test).await;
    let nbf = claims_of(&access)["nbf"].clone();
    assert_eq!(nbf.as_i64(), claims_of(&access)["iat"].as_i64().map(|iat| iat + 60));
    assert!(!test.is_good(&access).await);
    test.advance(Duration::from_mins(1));
    let (access, refresh) = client.refresh(&test, &refresh).await.unwrap();
    assert_eq!((&claims_of(&access)["nbf"], &claims_of(&refresh)["nbf"]), (&nbf, &nbf));
    assert!(test.is_good(&access).await);
    client.refresh(&test, &refresh).await.unwrap();
}

/// A rotation whose successor cannot be written down has not been: or every later try would be a replay.
#[tokio::test]
async fn what_cannot_be_issued_is_not_rotated() {
    let test = TestSereno::with_ana().await;
    let client = Client::with(&test, "shop", json!({"algorithm": "HS256"})).await;
    let (_, refresh) = client.pair(&test).await;
    test.execute("ALTER TABLE issued_token RENAME TO put_away").await;
    assert!(client.refresh(&test, &refresh).await.is_err());
    test.execute("ALTER TABLE put_away RENAME TO issued_token").await;
    test.advance(Duration::from_secs(11));
    let (access, _) = client.refresh(&test, &refresh).await.unwrap();
    assert!(test.is_good(&access).await);
    assert_eq!(test.events.count(EventKind::RefreshRotated), 1);
    assert_eq!(test.events.count(EventKind::RefreshReplayed), 0);
}

/// What happens to a refresh token was settled when its family began.
#[tokio::test]
async fn a_change_of_the_profile_revives_and_ends_nothing() {
    let test = TestSereno::with_ana().await;
    let (sereno, meta, staff) = (&test.sereno, test.meta(), test.system().await);
    let client = Client::with(&test, "shop", json!({"access_format": "opaque", "access_lifetime": 60})).await;
    let (access, first) = client.pair(&test).await;
    let (_, second) = client.refresh(&test, &first).await.unwrap();
    test.advance(Duration::from_secs(70));
    let command = UpdateApplication {
        profile: Some(profile_of(
            json!({"access_format": "opaque", "access_lifetime": 6_000, "rotation": "never"}),
        )),
        ..UpdateApplication::default()
    };
    admin::update(sereno, &meta, &staff, &client.id, command).await.unwrap();
    assert!(!test.is_good(&access).await, "it ended in its own time");
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

/// Tokens without end have no `exp`, and are told to have none; only a key of the application's own may sign them.
#[tokio::test]
async fn what_has_no_end_says_none() {
    let test = TestSereno::with_ana().await;
    let endless = json!({
        "own_key": true, "refresh_format": "jwt", "rotation": "never",
        "access_lifetime": 0, "refresh_idle_lifetime": 0, "refresh_lifetime": 0,
    });
    let mut shared = endless.clone();
    shared["own_key"] = json!(false);
    let outcome = register(
        &test,
        CreateApplication {
            profile: profile_of(shared),
            ..called("shared")
        },
    );
    assert_eq!(
        refused_fields(outcome.await),
        [("profile.refresh_lifetime".to_owned(), Code::InvalidChoice)]
    );
    let client = Client::with(&test, "endless", endless).await;
    let Tokens::Pair {
        access,
        access_lifetime,
        refresh,
        refresh_lifetime,
        ..
    } = client.log_in(&test).await.unwrap()
    else {
        panic!("a key")
    };
    let refresh = refresh.unwrap();
    assert_eq!((access_lifetime, refresh_lifetime), (None, None));
    assert!(claims_of(&access).get("exp").is_none() && claims_of(&refresh).get("exp").is_none());
    test.advance(Duration::from_hours(24 * 365 * 50));
    let command = VerifyToken {
        token: access.as_str().into(),
    };
    let answer = token::verify(&test.sereno, &test.meta(), command).await.unwrap();
    assert!(answer.active && answer.expires_at.is_none());
    assert!(client.ask(&test, &access).await.get("exp").is_none());
    assert!(client.ask(&test, &refresh).await.get("exp").is_none());
    client.refresh(&test, &refresh).await.unwrap();
    token::extend(&test.sereno, &test.meta(), client.refreshing(&refresh))
        .await
        .unwrap();
    // a profile that gives them an end takes the endless ones back
    let staff = test.system().await;
    let command = UpdateApplication {
        profile: Some(profile_of(
            json!({"own_key": true, "refresh_format": "jwt", "rotation": "never"}),
        )),
        ..UpdateApplication::default()
    };
    admin::update(&test.sereno, &test.meta(), &staff, &client.id, command)
        .await
        .unwrap();
    assert!(!test.is_good(&access).await);
    assert_eq!(
        refused(client.refresh(&test, &refresh).await),
        Code::RefreshTokenInvalid
    );
}

/// An access token without a life of its own ends as its refresh token does, also when that one rotates.
#[tokio::test]
async fn an_access_token_may_last_as_long_as_its_refresh_token() {
    let test = TestSereno::with_ana().await;
    let profile = json!({"access_lifetime": 0, "refresh_idle_lifetime": 600, "refresh_lifetime": 900});
    let client = Client::with(&test, "shop", profile).await;
    let life = |token: &str| {
        let claims = claims_of(token);
        claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap()
    };
    let (access, refresh) = client.pair(&test).await;
    assert_eq!(life(&access), 600);
    test.advance(Duration::from_mins(8));
    let (access, _) = client.refresh(&test, &refresh).await.unwrap();
    assert_eq!(life(&access), 420, "no longer than the sign-in at all");
    let endless = json!({"refresh_idle_lifetime": 0, "refresh_lifetime": 0});
    let client = Client::with(&test, "opaque", endless).await;
    let (access, refresh) = client.pair(&test).await;
    assert_eq!(life(&access), 300);
    test.advance(Duration::from_hours(24 * 365 * 50));
    let (access, next) = client.refresh(&test, &refresh).await.unwrap();
    assert_eq!(life(&access), 300);
    test.advance(Duration::from_hours(24 * 365 * 50));
    client.refresh(&test, &next).await.unwrap();
}

#[tokio::test]
async fn access_tokens_can_say_when_their_refresh_token_was_issued() {
    let test = TestSereno::with_ana().await;
    let profile = json!({
        "refresh_format": "jwt", "rotation": "never",
        "claims": [{"name": "refresh_iat", "source": "refresh_issued_at", "token": "access"}],
    });
    let client = Client::with(&test, "shop", profile).await;
    let (access, refresh) = client.pair(&test).await;
    let issued = claims_of(&refresh)["iat"].clone();
    assert_eq!(claims_of(&access)["refresh_iat"], issued);
    test.advance(Duration::from_mins(1));
    let (access, _) = client.refresh(&test, &refresh).await.unwrap();
    assert_eq!(claims_of(&access)["refresh_iat"], issued);
    assert_ne!(claims_of(&access)["iat"], issued);
    assert!(claims_of(&refresh).get("refresh_iat").is_none());
}

#[tokio::test]
async fn a_profile_may_forbid_to_extend() {
    let test = TestSereno::with_ana().await;
    let client = Client::with(&test, "shop", json!({"rotation": "never", "extendable": false})).await;
    let (_, refresh) = client.pair(&test).await;
    let outcome = token::extend(&test.sereno, &test.meta(), client.refreshing(&refresh)).await;
    assert_eq!(refused(outcome), Code::UnauthorizedClient);
    client.refresh(&test, &refresh).await.unwrap();
    assert_eq!(test.events.count(EventKind::TokenRefreshed), 1);
    let client = Client::with(&test, "other", json!({"rotation": "never"})).await;
    let (_, refresh) = client.pair(&test).await;
    token::extend(&test.sereno, &test.meta(), client.refreshing(&refresh))
        .await
        .unwrap();
    assert_eq!(test.events.count(EventKind::RefreshExtended), 1);
}

#[tokio::test]
async fn a_refresh_token_can_stay_until_its_life_is_extended() {
    let test = TestSereno::with_ana().await;
    let profile = json!({
        "own_key": true, "refresh_format": "jwt", "shared_jti": true, "rotation": "on_extend",
        "refresh_idle_lifetime": 600,
    });
    let client = Client::with(&test, "shop", profile).await;
    let (_, first) = client.pair(&test).await;
    test.advance(Duration::from_mins(1));
    for _ in 0..2 {
        let (access, same) = client.refresh(&test, &first).await.unwrap();
        assert_eq!(same, first);
        assert!(test.is_good(&access).await);
    }
    assert_eq!(test.events.count(EventKind::TokenRefreshed), 2);

    let extend = async |refresh: &str| {
        let issued = token::extend(&test.sereno, &test.meta(), client.refreshing(refresh)).await;
        pair_of(issued.unwrap().tokens)
    };
    let (access, second) = extend(&first).await;
    let (before, after) = (claims_of(&first), claims_of(&second));
    assert_ne!(before["jti"], after["jti"]);
    assert_eq!(after["exp"].as_i64(), before["exp"].as_i64().map(|exp| exp + 60));
    assert_eq!(test.events.count(EventKind::RefreshRotated), 1);

    // whoever lost the answer asks again, and gets the same, whichever way
    let (_, again) = extend(&first).await;
    assert_eq!(claims_of(&again)["jti"], after["jti"]);
    let (_, again) = client.refresh(&test, &first).await.unwrap();
    assert_eq!(claims_of(&again)["jti"], after["jti"]);
    assert_eq!(test.events.count(EventKind::RefreshRotated), 1);
    test.advance(Duration::from_secs(11));
    let (_, same) = client.refresh(&test, &second).await.unwrap();
    assert_eq!(same, second);

    // later it is a replay, and the end
    assert_eq!(refused(client.refresh(&test, &first).await), Code::RefreshTokenInvalid);
    assert_eq!(test.events.count(EventKind::RefreshReplayed), 1);
    assert!(!test.is_good(&access).await);
    assert_eq!(refused(client.refresh(&test, &second).await), Code::RefreshTokenInvalid);
}

#[tokio::test]
async fn what_stays_until_it_is_extended_must_say_which_it_is() {
    let test = TestSereno::with_ana().await;
    for profile in [
        json!({"rotation": "on_extend"}),
        json!({"rotation": "on_extend", "refresh_format": "jwt"}),
    ] {
        let command = CreateApplication {
            profile: profile_of(profile),
            ..called("shop")
        };
        let faults = refused_fields(register(&test, command).await);
        assert_eq!(faults, [("profile.rotation".to_owned(), Code::InvalidChoice)]);
    }
}

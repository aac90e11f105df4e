//! What applications ask and say about tokens (RFC 7662, RFC 7009).

use std::time::Duration;

use serde_json::json;
use sereno_core::jobs;
use sereno_core::oauth::introspect;
use sereno_core::testing::{Client, TestSereno, called, claims_of, refused};
use sereno_types::{ClientCredentials, Code, CreateApplication, Id, Introspect};

#[tokio::test]
async fn introspection_tells_an_application_of_its_own_tokens_alone() {
    let test = TestSereno::with_ana().await;
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
        (&json!("ana"), &claims_of(&access)["sub"])
    );
    assert_eq!(
        (&said["exp"], &said["jti"]),
        (&claims_of(&access)["exp"], &claims_of(&access)["jti"])
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

#[tokio::test]
async fn an_access_token_is_revoked_alone_and_forgotten_when_it_would_have_ended() {
    let test = TestSereno::with_ana().await;
    let shop = Client::of(&test, called("shop")).await;
    let other = Client::of(&test, called("other")).await;
    let (access, refresh) = shop.pair(&test).await;
    other.revoke(&test, &access).await;
    assert!(test.is_good(&access).await, "only its own application may");
    shop.revoke(&test, &access).await;
    shop.revoke(&test, &access).await;
    assert!(!test.is_good(&access).await);
    let (next, _) = shop.refresh(&test, &refresh).await.unwrap();
    assert!(test.is_good(&next).await, "the family goes on");
    assert_eq!(test.count("revoked_token").await, 1);
    // its life, and what a retry and a wrong clock may add
    test.advance(Duration::from_secs(315));
    jobs::sweep(&test.sereno).await.unwrap();
    assert_eq!(test.count("revoked_token").await, 1);
    test.advance(Duration::from_secs(1));
    jobs::sweep(&test.sereno).await.unwrap();
    assert_eq!(test.count("revoked_token").await, 0);
    assert!(!test.is_good(&access).await);
}

/// Without `jti` an access token goes alone by the id that only we can make.
#[tokio::test]
async fn an_access_token_without_jti_is_revoked_alone_by_its_other_id() {
    let test = TestSereno::with_ana().await;
    for (name, profile) in [
        ("shared-key", json!({"algorithm": "HS256", "leave_out": ["jti"]})),
        (
            "stays",
            json!({"own_key": true, "rotation": "never", "leave_out": ["jti", "sid"]}),
        ),
    ] {
        let shop = Client::with(&test, name, profile).await;
        let (access, refresh) = shop.pair(&test).await;
        let (earlier, refresh) = shop.refresh(&test, &refresh).await.unwrap();
        shop.revoke(&test, &access).await;
        assert!(!test.is_good(&access).await, "{name}");
        let (later, _) = shop.refresh(&test, &refresh).await.unwrap();
        for token in [&earlier, &later] {
            assert!(test.is_good(token).await, "{name}: the family goes on");
        }
    }
    assert_eq!(test.count("revoked_token").await, 2);
}

/// Where later access tokens show the same id, revoking by it would revoke them from the start: the sign-in ends.
#[tokio::test]
async fn what_no_id_tells_apart_is_revoked_with_its_sign_in() {
    let test = TestSereno::with_ana().await;
    let stays = |rotation: &str, algorithm: &str| {
        json!({
            "algorithm": algorithm, "own_key": true, "refresh_format": "jwt", "shared_jti": true, "rotation": rotation,
        })
    };
    for (name, profile) in [
        ("never", stays("never", "EdDSA")),
        ("on-extend", stays("on_extend", "EdDSA")),
        ("shared-key", stays("on_extend", "HS256")),
        ("bare", json!({"leave_out": ["jti"]})),
    ] {
        let shop = Client::with(&test, name, profile).await;
        let (bystander, _) = shop.pair(&test).await;
        let (access, refresh) = shop.pair(&test).await;
        let (later, refresh) = shop.refresh(&test, &refresh).await.unwrap();
        shop.revoke(&test, &access).await;
        for token in [&access, &later] {
            assert!(!test.is_good(token).await, "{name}");
        }
        let outcome = shop.refresh(&test, &refresh).await;
        assert_eq!(refused(outcome), Code::RefreshTokenInvalid, "{name}");
        assert!(test.is_good(&bystander).await, "{name}: another sign-in");
    }
    assert_eq!(test.count("revoked_token").await, 0);
}

/// A retry brings the same id with a later end: what was revoked stays so until then, wherever it is asked.
#[tokio::test]
async fn a_retry_does_not_outlive_what_was_revoked() {
    let test = TestSereno::with_ana().await;
    let shop = Client::of(&test, called("shop")).await;
    let (_, first) = shop.pair(&test).await;
    let (access, _) = shop.refresh(&test, &first).await.unwrap();
    test.advance(Duration::from_secs(9));
    let (again, _) = shop.refresh(&test, &first).await.unwrap();
    assert_eq!(claims_of(&again)["jti"], claims_of(&access)["jti"]);
    shop.revoke(&test, &access).await;
    assert!(!test.is_good(&again).await);
    // the token that was revoked is over; the one of the retry would be good for four seconds more
    test.advance(Duration::from_secs(301));
    jobs::sweep(&test.sereno).await.unwrap();
    assert!(!test.another().await.is_good(&again).await);
}

/// Who it is about and what the application's own claims say does not hang on the token's form.
#[tokio::test]
async fn an_opaque_token_tells_what_a_jwt_would() {
    let test = TestSereno::with_ana().await;
    let profile = |format: &str| {
        json!({
            "access_format": format, "subject": "number", "audience": ["https://api.example.org"],
            "claims": [
                {"name": "mail", "source": {"user": "email"}},
                {"name": "only_refresh", "source": {"constant": 1}, "token": "refresh"},
                {"name": "username", "source": {"constant": "somebody else"}},
            ],
        })
    };
    let signed = Client::with(&test, "signed", profile("jwt")).await;
    let opaque = Client::with(&test, "opaque", profile("opaque")).await;
    let (by_jwt, _) = signed.pair(&test).await;
    let (by_row, refresh) = opaque.pair(&test).await;
    for said in [signed.ask(&test, &by_jwt).await, opaque.ask(&test, &by_row).await] {
        assert_eq!((&said["sub"], &said["mail"]), (&json!("1"), &json!("ana@example.org")));
        assert_eq!(
            (&said["username"], &said["token_type"]),
            (&json!("ana"), &json!("Bearer"))
        );
        assert_eq!(said["aud"], json!(["https://api.example.org"]));
        assert_eq!(said["amr"], json!(["pwd"]));
        assert!(said.get("only_refresh").is_none() && said["exp"].is_i64() && said["jti"].is_string());
    }
    let said = opaque.ask(&test, &refresh).await;
    assert_eq!((&said["sub"], &said["only_refresh"]), (&json!("1"), &json!(1)));
    assert_eq!(said["token_type"], "refresh_token");
    assert!(said.get("aud").is_none() && said.get("jti").is_none());
}

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
    test.advance(Duration::from_secs(310));
    jobs::sweep(&test.sereno).await.unwrap();
    assert_eq!(test.count("revoked_token").await, 0);
    assert!(!test.is_good(&access).await);
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

//! The two doors of the OAuth toolkit: what is expected here is what its release 3.4.1 answered when it was asked.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::fixture::{CLIENT, NetsCore};
use crate::place::Answer;

fn missing(what: &str) -> Value {
    json!({"error": "invalid_request", "error_description": format!("Missing {what} parameter.")})
}

fn just(error: &str) -> Value {
    json!({"error": error})
}

/// Of a request with several faults the first of them is named, in the order of the toolkit.
#[tokio::test]
async fn a_refresh_is_refused_in_the_order_of_the_toolkit() {
    let facade = NetsCore::with(|_| ()).await;
    let (_, refresh) = facade.sign_in("otp@example.com").await;
    let secret = facade.secret().to_owned();
    let good = [("client_id", CLIENT), ("client_secret", secret.as_str())];
    let wrong = [("client_id", "nope"), ("client_secret", "x")];
    let grant = ("grant_type", "refresh_token");
    for (fields, client, status, said) in [
        (vec![], &wrong[..], 400, just("unsupported_grant_type")),
        (vec![("grant_type", "")], &wrong, 400, just("unsupported_grant_type")),
        (vec![grant], &wrong, 400, missing("refresh token")),
        (vec![grant, ("refresh_token", "")], &wrong, 401, just("invalid_client")),
        (vec![grant, ("refresh_token", "")], &good, 400, just("invalid_grant")),
        (
            vec![grant, ("refresh_token", "a\u{0}b")],
            &good,
            400,
            just("invalid_grant"),
        ),
        (
            vec![grant, ("refresh_token", &refresh)],
            &[],
            401,
            just("invalid_client"),
        ),
        (
            vec![grant, ("refresh_token", &refresh)],
            &good[..1],
            401,
            just("invalid_client"),
        ),
        (
            vec![grant, ("refresh_token", "x"), ("scope", "read")],
            &good,
            400,
            just("invalid_grant"),
        ),
        (
            vec![grant, ("refresh_token", &refresh), ("scope", "read")],
            &good,
            400,
            just("invalid_scope"),
        ),
    ] {
        let fields: Vec<_> = fields.into_iter().chain(client.iter().copied()).collect();
        let answer = facade.form("/o/token/", &fields).await;
        assert_eq!((answer.status, answer.json()), (status, said), "{fields:?}");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("pragma"), "no-cache");
        assert_eq!(answer.header("vary"), "Authorization");
        let challenge = if status == 401 {
            "Bearer error=\"invalid_client\""
        } else {
            ""
        };
        assert_eq!(answer.header("www-authenticate"), challenge);
    }
    // none of that has used the token up
    let fields = [grant, ("refresh_token", &refresh), ("scope", " "), good[0], good[1]];
    let answer = facade.form("/o/token/", &fields).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json()["scope"], "");
}

#[tokio::test]
async fn a_revocation_is_refused_in_the_order_of_the_toolkit() {
    let facade = NetsCore::with(|_| ()).await;
    for (fields, status, said) in [
        (vec![], 400, missing("token")),
        (vec![("token", ""), ("client_id", "nope")], 400, missing("token")),
        (vec![("token", "x")], 401, just("invalid_client")),
        (vec![("token", "x"), ("client_id", CLIENT)], 401, just("invalid_client")),
        (
            vec![("token", "x"), ("client_id", CLIENT), ("client_secret", "é")],
            401,
            just("invalid_client"),
        ),
        (
            vec![
                ("token", "x"),
                ("client_id", CLIENT),
                ("client_secret", facade.secret()),
            ],
            200,
            Value::Null,
        ),
    ] {
        let answer = facade.form("/o/revoke_token/", &fields).await;
        assert_eq!((answer.status, answer.json()), (status, said), "{fields:?}");
    }
}

#[tokio::test]
async fn a_query_is_refused() {
    let facade = NetsCore::with(|_| ()).await;
    let said = json!({"error": "invalid_request", "error_description": "URL query parameters are not allowed"});
    for (path, kind) in [
        ("/o/token/?a=b", "text/html; charset=utf-8"),
        ("/o/revoke_token/?a", "application/json"),
    ] {
        let answer = facade.form(path, &[("grant_type", "refresh_token")]).await;
        assert_eq!((answer.status, answer.json()), (400, said.clone()), "{path}");
        assert_eq!(answer.header("content-type"), kind, "{path}");
    }
}

/// An application may say who it is twice; one of the two must be right.
#[tokio::test]
async fn a_header_that_proves_nothing_leaves_the_form_to_prove_it() {
    let facade = NetsCore::with(|_| ()).await;
    let secret = facade.secret().to_owned();
    let basic = |secret: &str| format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{secret}")));
    let ask = async |header: &str, posted: &[(&str, &str)]| {
        let fields = [&[("grant_type", "refresh_token"), ("refresh_token", "x")], posted].concat();
        let answer = facade
            .place
            .form("/o/token/", &fields, &[("authorization", header)])
            .await;
        answer.json()["error"].as_str().unwrap().to_owned()
    };
    let posted = [("client_id", CLIENT), ("client_secret", secret.as_str())];
    let two = [
        ("client_id", "other"),
        ("grant_type", "refresh_token"),
        ("refresh_token", "x"),
    ];
    let header = basic(&secret);
    let answer = facade
        .place
        .form("/o/token/", &two, &[("authorization", header.as_str())])
        .await;
    let said = json!({"error": "server_error", "error_description": "Discrepency found between client identifier"});
    assert_eq!((answer.status, answer.json()), (400, said));
    for (header, posted, said) in [
        (basic(&secret), &[][..], "invalid_grant"),
        (basic("nope"), &[], "invalid_client"),
        (basic("nope"), &posted, "invalid_grant"),
        ("Basic !!!".to_owned(), &posted, "invalid_grant"),
        ("Bearer zzz".to_owned(), &posted, "invalid_grant"),
        (basic(&secret), &[("client_id", "other")], "server_error"),
        (basic(&secret), &[("client_id", "")], "invalid_grant"),
        (basic(&secret).replacen("Basic", "basic", 1), &[], "invalid_grant"),
    ] {
        assert_eq!(ask(&header, posted).await, said, "{header}");
    }
}

/// Whichever token is revoked, nothing of its sign-in is good any more.
#[tokio::test]
async fn revoking_either_token_ends_the_sign_in() {
    let facade = NetsCore::with(|_| ()).await;
    let secret = facade.secret().to_owned();
    let client = [("client_id", CLIENT), ("client_secret", secret.as_str())];
    for (at, hint) in [(0, ""), (0, "refresh_token"), (1, "access_token"), (1, "zzz")] {
        let (access, refresh) = facade.sign_in("otp@example.com").await;
        let token = [&access, &refresh][at];
        let fields = [
            ("token", token.as_str()),
            ("token_type_hint", hint),
            client[0],
            client[1],
        ];
        let answer = facade.form("/o/revoke_token/", &fields).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, ""));
        assert_eq!(facade.json("/getProfile/", &json!({}), Some(&access)).await.status, 403);
        let fields = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh.as_str()),
            client[0],
            client[1],
        ];
        let answer = facade.form("/o/token/", &fields).await;
        assert_eq!(
            (answer.status, answer.json()),
            (400, just("invalid_grant")),
            "{at} {hint}"
        );
        facade.place.test.advance(std::time::Duration::from_hours(1));
    }
}

/// As every view of Django's classes: what is there is said, and nothing else.
#[tokio::test]
async fn other_methods_are_told_what_is_there() {
    let facade = NetsCore::with(|_| ()).await;
    let said = |answer: &Answer| {
        let header = |name| answer.header(name).to_owned();
        (
            answer.status,
            header("allow"),
            header("content-type"),
            answer.text.clone(),
        )
    };
    for path in ["/o/token/", "/o/revoke_token/"] {
        for (method, status) in [
            ("OPTIONS", 200),
            ("GET", 405),
            ("HEAD", 405),
            ("PUT", 405),
            ("PATCH", 405),
            ("DELETE", 405),
        ] {
            let answer = facade.place.send(method, path, &[], "").await;
            let expected = (
                status,
                "POST, OPTIONS".to_owned(),
                "text/html; charset=utf-8".to_owned(),
                String::new(),
            );
            assert_eq!(said(&answer), expected, "{method} {path}");
            assert_eq!(answer.header("vary"), "Authorization", "{method} {path}");
        }
    }
}

/// Here tokens are only refreshed; and they last as long as the application's profile says, which the answer repeats.
#[tokio::test]
async fn tokens_are_refreshed_and_nothing_else() {
    let facade = NetsCore::with(|_| ()).await;
    let (_, refresh) = facade.sign_in("otp@example.com").await;
    let secret = facade.secret().to_owned();
    let client = [("client_id", CLIENT), ("client_secret", secret.as_str())];
    for grant in ["password", "authorization_code", "client_credentials"] {
        let answer = facade
            .form("/o/token/", &[("grant_type", grant), client[0], client[1]])
            .await;
        assert_eq!(
            (answer.status, answer.json()),
            (400, just("unsupported_grant_type")),
            "{grant}"
        );
    }
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh.as_str()),
        client[0],
        client[1],
    ];
    let answer = facade.form("/o/token/", &fields).await;
    assert_eq!(answer.json()["expires_in"], 2_592_000, "{}", answer.text);
}

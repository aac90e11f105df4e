//! Headers and cookies of pages.

use crate::door::{Door, PASSWORD};

#[tokio::test]
async fn pages_carry_a_strict_policy_with_a_fresh_nonce() {
    let door = Door::new().await;
    let (one, other) = (
        door.page("/account/sign-in", "").await,
        door.page("/account/sign-in", "").await,
    );
    let policy = one.header("content-security-policy").to_owned();
    for wanted in [
        "'strict-dynamic'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
    ] {
        assert!(policy.contains(wanted), "{policy}");
    }
    assert!(!policy.contains("unsafe-inline"), "{policy}");
    assert_ne!(policy, other.header("content-security-policy"), "the nonce repeats");
    let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
    assert!(one.text.contains(nonce));
    assert_eq!(one.header("cache-control"), "no-store");
    assert_eq!(one.header("x-content-type-options"), "nosniff");
    assert!(
        !one.text.contains(" style=\""),
        "an inline style would be refused by the policy"
    );
}

#[tokio::test]
async fn behind_https_the_cookie_is_host_bound_and_secure() {
    let door = Door::with(|config| config.server.public_url = "https://id.example.org".to_owned()).await;
    door.user("ana@example.org", None).await;
    let body = format!("identifier=ana%40example.org&password={}", PASSWORD.replace(' ', "+"));
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("accept", "text/html"),
        ("origin", "https://id.example.org"),
    ];
    let answer = door
        .send(crate::door::request(
            "POST",
            "/account/fn/sign_in",
            &headers,
            body.into(),
        ))
        .await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-sid="), "{cookie}");
    for wanted in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(wanted), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    assert_eq!(
        answer.header("strict-transport-security"),
        "max-age=31536000; includeSubDomains"
    );
}

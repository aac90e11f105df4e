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

/// A cookie that is set again by whatever still loads would come back after it was cleared, and one that rides on a file
/// of the site would lie in every cache on the way.
#[tokio::test]
async fn only_what_changes_the_session_sets_its_cookie() {
    let door = Door::new().await;
    let cookies = door.administrator().await;
    let file = door.get("/favicon.svg", &[("cookie", &cookies)]).await;
    // whoever runs the tests before the site was built has no files
    if file.status == 200 {
        assert_eq!(file.header("cache-control"), "no-cache");
    }
    assert_eq!(file.cookies(), "");
    for path in ["/account", "/console/users", "/account/nowhere"] {
        assert_eq!(door.page(path, &cookies).await.cookies(), "", "{path}");
    }

    let refused = door
        .form(
            "/account/fn/update_profile",
            &[("first_name", &"a".repeat(500))],
            "/account/profile",
            &cookies,
        )
        .await;
    assert_eq!(refused.status, 303, "{}", refused.text);
    // what is no page does not take the flash
    let other = door
        .get("/account/profile", &[("accept", "*/*"), ("cookie", &cookies)])
        .await;
    assert_eq!(other.cookies(), "");
    let page = door.page("/account/profile", &cookies).await;
    assert!(page.text.contains("role=\"alert\""), "{}", page.text);
    assert!(!page.cookies().is_empty(), "the flash was taken");
    let again = door.page("/account/profile", &cookies).await;
    assert!(!again.text.contains("role=\"alert\""), "{}", again.text);
    assert_eq!(again.cookies(), "");
}

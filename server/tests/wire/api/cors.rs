//! Calls of scripts from other origins.

use axum::body::Body;
use serde_json::json;

use crate::door::{Answer, Door, PASSWORD, request};

const SHOP: &str = "https://shop.example.org";

async fn with_shop() -> Door {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    door.application(json!({"name": "Shop", "client_id": "shop", "origins": [SHOP]}))
        .await;
    door
}

fn may_read(answer: &Answer) -> bool {
    assert_ne!(answer.header("access-control-allow-origin"), "*");
    assert!(
        answer.header("vary").to_lowercase().contains("origin")
            || answer.headers.get_all("vary").iter().any(|value| value == "Origin"),
        "memories on the way would mix origins up"
    );
    let allowed = answer.header("access-control-allow-origin") == SHOP;
    assert_eq!(allowed, answer.header("access-control-allow-credentials") == "true");
    allowed
}

#[tokio::test]
async fn a_preflight_is_answered_to_registered_origins_alone() {
    let door = with_shop().await;
    let ask = async |origin: &str, path: &str| {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "content-type,x-csrf-token"),
        ];
        door.send(request("OPTIONS", path, &headers, Body::empty())).await
    };
    for path in [
        "/api/v1/login",
        "/api/v1/token/refresh",
        "/oauth/revoke",
        "/.well-known/jwks.json",
    ] {
        let answer = ask(SHOP, path).await;
        assert_eq!(answer.status, 204, "{path}");
        assert!(may_read(&answer));
        assert!(answer.header("access-control-allow-methods").contains("DELETE"));
        let headers = answer.header("access-control-allow-headers");
        for header in ["authorization", "content-type", "x-csrf-token"] {
            assert!(headers.contains(header), "{headers}");
        }
        for origin in [
            "https://evil.example",
            "https://shop.example.org.evil.example",
            "https://shop.example.org:444",
            "http://shop.example.org",
            "null",
            "*",
        ] {
            let answer = ask(origin, path).await;
            assert!(!may_read(&answer), "{origin} {path}");
            assert!(answer.header("access-control-allow-methods").is_empty());
        }
    }
    for page in ["/account/sign-in", "/console", "/account/fn/sign_in"] {
        let answer = ask(SHOP, page).await;
        assert!(answer.header("access-control-allow-origin").is_empty(), "{page}");
    }
}

#[tokio::test]
async fn answers_and_refusals_can_be_read_by_whom_they_are_for() {
    let door = with_shop().await;
    let login = json!({"client_id": "shop", "identifier": "ana", "password": PASSWORD});
    let good = door.post("/api/v1/login", &login, &[("origin", SHOP)]).await;
    assert_eq!(good.status, 200);
    assert!(may_read(&good));
    assert!(good.header("access-control-expose-headers").contains("x-csrf-token"));
    assert_eq!(good.header("cross-origin-resource-policy"), "cross-origin");
    let bearer = format!("Bearer {}", good.json()["access_token"].as_str().unwrap());
    let me = door
        .get("/api/v1/me", &[("origin", SHOP), ("authorization", &bearer)])
        .await;
    assert!(me.status == 200 && may_read(&me));
    let large = json!({"identifier": "a".repeat(70_000), "password": "x"});
    for answer in [
        door.get("/api/v1/me", &[("origin", SHOP)]).await,
        door.get("/api/v1/nothing", &[("origin", SHOP)]).await,
        door.get("/api/v1/login", &[("origin", SHOP)]).await,
        door.post("/api/v1/login", &json!({"identifier": 1}), &[("origin", SHOP)])
            .await,
        door.post("/api/v1/login", &large, &[("origin", SHOP)]).await,
        door.get("/.well-known/jwks.json", &[("origin", SHOP)]).await,
    ] {
        assert!(may_read(&answer), "{}: {}", answer.status, answer.text);
    }
    for origin in ["https://evil.example", "null", ""] {
        let answer = door
            .post("/api/v1/token/verify", &json!({"token": "x"}), &[("origin", origin)])
            .await;
        assert!(!may_read(&answer), "{origin}");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
        let expected = if origin.is_empty() { 200 } else { 403 };
        assert_eq!(answer.status, expected, "{origin}");
        assert!(!may_read(
            &door.get("/.well-known/jwks.json", &[("origin", origin)]).await
        ));
    }
}

/// Apps around a web view have origins of schemes of their own.
#[tokio::test]
async fn apps_around_a_web_view_are_origins_like_others() {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    let origins = ["capacitor://localhost", "app://x", "ionic://localhost"];
    door.application(json!({"name": "Phone", "client_id": "phone", "delivery": "refresh_cookie", "origins": origins}))
        .await;
    let reads = |answer: &Answer, origin: &str| {
        let named = answer.header("access-control-allow-origin") == origin;
        assert_eq!(
            named,
            answer.header("access-control-allow-credentials") == "true",
            "{origin}"
        );
        named
    };
    for origin in origins {
        let preflight = [("origin", origin), ("access-control-request-method", "POST")];
        let asked = door
            .send(request("OPTIONS", "/api/v1/login", &preflight, Body::empty()))
            .await;
        assert!(asked.status == 204 && reads(&asked, origin), "{origin}");
        // as a web view says it
        let sent = [("origin", origin), ("sec-fetch-site", "cross-site")];
        let login = json!({"client_id": "phone", "identifier": "ana", "password": PASSWORD});
        let answer = door.post("/api/v1/login", &login, &sent).await;
        assert!(
            answer.status == 200 && reads(&answer, origin),
            "{origin}: {}",
            answer.text
        );
        let bearer = format!("Bearer {}", answer.json()["access_token"].as_str().unwrap());
        let me = door
            .get("/api/v1/me", &[sent[0], sent[1], ("authorization", &bearer)])
            .await;
        assert!(me.status == 200 && reads(&me, origin), "{origin}");
        // its cookie speaks for it, with the token that belongs to it
        let (cookies, csrf) = (
            answer.cookies(),
            answer.json()["csrf_token"].as_str().unwrap().to_owned(),
        );
        let body = json!({"client_id": "phone"});
        let without = [sent[0], sent[1], ("cookie", cookies.as_str())];
        let refused = door.post("/api/v1/token/refresh", &body, &without).await;
        assert_eq!(refused.status, 403, "{origin}: {}", refused.text);
        let with = [
            sent[0],
            sent[1],
            ("cookie", cookies.as_str()),
            ("x-csrf-token", csrf.as_str()),
        ];
        let fresh = door.post("/api/v1/token/refresh", &body, &with).await;
        assert!(fresh.status == 200 && reads(&fresh, origin), "{origin}: {}", fresh.text);
    }
    for other in [
        "capacitor://evil",
        "capacitor://localhost:1",
        "capacitor://localhost.evil",
        "app://y",
        "http://localhost",
        "https://x",
        "null",
    ] {
        let login = json!({"client_id": "phone", "identifier": "ana", "password": PASSWORD});
        let answer = door.post("/api/v1/login", &login, &[("origin", other)]).await;
        assert!(answer.status == 403 && !reads(&answer, other), "{other}");
    }
}

#[tokio::test]
async fn an_origin_goes_with_its_application() {
    let door = with_shop().await;
    let preflight = [("origin", SHOP), ("access-control-request-method", "POST")];
    let ask = async || {
        may_read(
            &door
                .send(request("OPTIONS", "/api/v1/login", &preflight, Body::empty()))
                .await,
        )
    };
    assert!(ask().await);
    let (id, headers) = door.staff("shop").await;
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let path = format!("/api/v1/admin/applications/{id}");
    door.patch(&path, &json!({"is_enabled": false}), &headers).await;
    assert!(!ask().await, "switched off");
    door.patch(&path, &json!({"is_enabled": true}), &headers).await;
    assert!(ask().await);
    door.patch(&path, &json!({"origins": []}), &headers).await;
    assert!(!ask().await, "taken away");
}

#[tokio::test]
async fn the_console_s_session_is_not_lent_to_other_origins() {
    let door = with_shop().await;
    let admin = door.administrator().await;
    let csrf = door.get("/api/v1/me", &[("cookie", &admin)]).await;
    let csrf = csrf.header("x-csrf-token");
    assert!(!csrf.is_empty());
    // a page next door, whose requests bring the cookie
    let next_door = [
        ("cookie", admin.as_str()),
        ("origin", SHOP),
        ("sec-fetch-site", "same-site"),
    ];
    for path in ["/api/v1/me", "/api/v1/admin/users", "/api/v1/admin/applications"] {
        let answer = door.get(path, &next_door).await;
        assert_eq!(answer.code(), "authentication_required", "{path}");
        assert!(answer.header("x-csrf-token").is_empty());
    }
    let mut change = next_door.to_vec();
    change.push(("x-csrf-token", csrf));
    let answer = door
        .post("/api/v1/admin/applications", &json!({"name": "x"}), &change)
        .await;
    assert_eq!(answer.code(), "authentication_required", "{}", answer.text);
    // where an application signs people in by session, that is what its origin is for
    let body =
        json!({"name": "Desk", "client_id": "desk", "delivery": "session", "origins": ["https://desk.example.org"]});
    door.application(body).await;
    let login = json!({"client_id": "desk", "identifier": "ana", "password": PASSWORD});
    let desk = [("origin", "https://desk.example.org")];
    let answer = door.post("/api/v1/login", &login, &desk).await;
    let cookies = answer.cookies();
    let me = door.get("/api/v1/me", &[desk[0], ("cookie", &cookies)]).await;
    assert_eq!(me.json()["username"], "ana");
}

//! The six ways in which a sign-in reaches the client, end to end: bodies, cookies with all their attributes, and what
//! rests on them afterwards.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Body;
use axum::http::header;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::door::{Answer, Door, PASSWORD, request};

const HERE: &str = "http://127.0.0.1:3000";
const SHOP: &str = "https://shop.example.org";
const EVIL: &str = "https://evil.example";

/// A browser's cookies, kept by name as a browser keeps them.
#[derive(Clone, Default)]
struct Jar(BTreeMap<String, String>);

impl Jar {
    fn take(&mut self, answer: &Answer) {
        for (name, cookie) in set(answer) {
            if cookie.has("Max-Age=0") {
                self.0.remove(&name);
            } else {
                self.0.insert(name, cookie.value);
            }
        }
    }

    fn header(&self) -> String {
        let pairs: Vec<String> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
}

/// A cookie as it was set.
struct Cookie {
    value: String,
    attributes: Vec<String>,
}

impl Cookie {
    fn has(&self, attribute: &str) -> bool {
        self.attributes.iter().any(|known| known == attribute)
    }
}

fn set(answer: &Answer) -> BTreeMap<String, Cookie> {
    let headers = answer.headers.get_all(header::SET_COOKIE).iter();
    let cookies = headers.map(|value| {
        let mut parts = value.to_str().unwrap().split("; ");
        let (name, value) = parts.next().unwrap().split_once('=').unwrap();
        let cookie = Cookie {
            value: value.to_owned(),
            attributes: parts.map(str::to_owned).collect(),
        };
        (name.to_owned(), cookie)
    });
    cookies.collect()
}

/// A server with ana and an application `shop` of this delivery.
async fn with(delivery: &str, more: Value) -> Door {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    add(&door, "shop", delivery, more).await;
    door
}

async fn add(door: &Door, client_id: &str, delivery: &str, more: Value) {
    let mut command = json!({"name": client_id, "client_id": client_id, "delivery": delivery, "origins": [SHOP]});
    for (name, value) in more.as_object().into_iter().flatten() {
        command[name] = value.clone();
    }
    door.application(command).await;
}

async fn log_in(door: &Door, cookies: &str) -> Answer {
    let body = json!({"client_id": "shop", "identifier": "ana", "password": PASSWORD});
    let answer = door
        .post("/api/v1/login", &body, &[("cookie", cookies), ("origin", HERE)])
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json()["user"]["username"], "ana");
    answer
}

/// The members of an answer, without the user.
fn members(answer: &Answer) -> Vec<String> {
    let json = answer.json();
    let names = json.as_object().unwrap().keys().filter(|name| *name != "user");
    names.cloned().collect()
}

async fn call(door: &Door, method: &str, path: &str, body: &Value, headers: &[(&str, &str)]) -> Answer {
    let mut all = vec![("content-type", "application/json")];
    all.extend_from_slice(headers);
    door.send(request(method, path, &all, Body::from(body.to_string())))
        .await
}

async fn refresh(door: &Door, jar: &Jar, headers: &[(&str, &str)]) -> Answer {
    let cookies = jar.header();
    let mut all = vec![("cookie", cookies.as_str())];
    all.extend_from_slice(headers);
    door.post("/api/v1/token/refresh", &json!({"client_id": "shop"}), &all)
        .await
}

fn is(answer: &Answer, status: u16, code: &str) {
    let got = (answer.status.as_u16(), answer.code());
    assert_eq!((got.0, got.1.as_str()), (status, code), "{}", answer.text);
}

#[tokio::test]
async fn json_puts_both_tokens_into_the_body() {
    let door = with("json", json!({})).await;
    let answer = log_in(&door, "").await;
    assert_eq!(
        members(&answer),
        ["access_token", "expires_in", "refresh_token", "token_type"]
    );
    assert!(set(&answer).is_empty(), "a cookie nobody asked for");
    let body = json!({"client_id": "shop", "refresh_token": answer.json()["refresh_token"]});
    let fresh = door.post("/api/v1/token/refresh", &body, &[]).await;
    assert_eq!(
        members(&fresh),
        ["access_token", "expires_in", "refresh_token", "token_type"]
    );
    // a cookie is no way in where the delivery has none
    let cookie = format!("refresh_token={}", fresh.json()["refresh_token"].as_str().unwrap());
    let answer = door
        .post(
            "/api/v1/token/refresh",
            &json!({"client_id": "shop"}),
            &[("cookie", &cookie)],
        )
        .await;
    is(&answer, 422, "validation_failed");
    let gone = call(&door, "DELETE", "/api/v1/token/cookies?client_id=shop", &json!({}), &[]).await;
    assert_eq!((gone.status.as_u16(), set(&gone).len()), (204, 0));
}

#[tokio::test]
async fn refresh_cookie_keeps_the_refresh_token_from_scripts() {
    let door = with("refresh_cookie", json!({})).await;
    let answer = log_in(&door, "").await;
    assert_eq!(
        members(&answer),
        ["access_token", "csrf_token", "expires_in", "token_type"]
    );
    let cookies = set(&answer);
    assert_eq!(cookies.keys().collect::<Vec<_>>(), ["csrf_token", "refresh_token"]);
    let refresh_cookie = &cookies["refresh_token"];
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=1209600"] {
        assert!(
            refresh_cookie.has(attribute),
            "{attribute}: {:?}",
            refresh_cookie.attributes
        );
    }
    assert!(!refresh_cookie.has("Secure"), "this server is on http");
    let csrf_cookie = &cookies["csrf_token"];
    assert!(!csrf_cookie.has("HttpOnly"), "a script must read it");
    assert_eq!(answer.json()["csrf_token"], csrf_cookie.value);

    let mut jar = Jar::default();
    jar.take(&answer);
    let csrf = jar.get("csrf_token").to_owned();
    is(&refresh(&door, &jar, &[]).await, 403, "cross_site_request");
    is(
        &refresh(&door, &jar, &[("x-csrf-token", "bm9uc2Vuc2U")]).await,
        403,
        "cross_site_request",
    );
    let from_evil = [("x-csrf-token", csrf.as_str()), ("origin", EVIL)];
    is(&refresh(&door, &jar, &from_evil).await, 403, "cross_site_request");
    let old = jar.clone();
    let fresh = refresh(&door, &jar, &[("x-csrf-token", &csrf), ("origin", SHOP)]).await;
    assert_eq!(
        members(&fresh),
        ["access_token", "csrf_token", "expires_in", "token_type"]
    );
    jar.take(&fresh);
    assert_ne!(jar.get("refresh_token"), old.get("refresh_token"));
    // the answer got lost: the same again
    let again = refresh(&door, &old, &[("x-csrf-token", &csrf)]).await;
    assert_eq!(set(&again)["refresh_token"].value, jar.get("refresh_token"));
    // a replay ends the family
    door.test.advance(Duration::from_mins(1));
    is(
        &refresh(&door, &old, &[("x-csrf-token", &csrf)]).await,
        401,
        "refresh_token_invalid",
    );
    is(
        &refresh(&door, &jar, &[("x-csrf-token", &csrf)]).await,
        401,
        "refresh_token_invalid",
    );
}

#[tokio::test]
async fn cookie_speaks_for_the_user_and_changes_need_the_csrf_token() {
    let door = with("cookie", json!({})).await;
    let answer = log_in(&door, "").await;
    assert_eq!(members(&answer), ["csrf_token", "expires_in", "token_type"]);
    let cookies = set(&answer);
    assert_eq!(
        cookies.keys().collect::<Vec<_>>(),
        ["access_token", "csrf_token", "refresh_token"]
    );
    for (name, life) in [("access_token", "Max-Age=300"), ("refresh_token", "Max-Age=1209600")] {
        assert!(cookies[name].has("HttpOnly") && cookies[name].has(life), "{name}");
    }
    let mut jar = Jar::default();
    jar.take(&answer);
    let cookies = jar.header();
    let me = door.get("/api/v1/me", &[("cookie", &cookies)]).await;
    assert_eq!(me.json()["username"], "ana");
    assert_eq!(
        me.header("x-csrf-token"),
        jar.get("csrf_token"),
        "a page that was loaded anew has no other way to it"
    );
    let csrf = jar.get("csrf_token");
    let logout = json!({"client_id": "shop"});
    for headers in [
        vec![],
        vec![("origin", HERE)],
        vec![("x-csrf-token", "AAAA")],
        vec![("x-csrf-token", csrf), ("origin", EVIL)],
        vec![("x-csrf-token", csrf), ("origin", "null")],
        vec![("x-csrf-token", csrf), ("sec-fetch-site", "cross-site")],
    ] {
        let mut headers = headers;
        headers.push(("cookie", &cookies));
        is(
            &door.post("/api/v1/logout", &logout, &headers).await,
            403,
            "cross_site_request",
        );
    }
    for origin in [HERE, SHOP] {
        let mut jar = Jar::default();
        jar.take(&log_in(&door, "").await);
        let cookies = jar.header();
        let headers = [
            ("cookie", cookies.as_str()),
            ("x-csrf-token", jar.get("csrf_token")),
            ("origin", origin),
        ];
        let out = door.post("/api/v1/logout", &logout, &headers).await;
        assert_eq!(out.status, 204, "{}", out.text);
        let gone = set(&out);
        assert_eq!(
            gone.keys().collect::<Vec<_>>(),
            ["access_token", "csrf_token", "refresh_token"]
        );
        assert!(
            gone.values()
                .all(|cookie| cookie.value.is_empty() && cookie.has("Max-Age=0"))
        );
        is(
            &door.get("/api/v1/me", &[("cookie", &cookies)]).await,
            401,
            "authentication_required",
        );
    }
}

#[tokio::test]
async fn whose_cookie_it_is_says_which_cookies_a_logout_takes() {
    let door = with("cookie", json!({})).await;
    let mut jar = Jar::default();
    jar.take(&log_in(&door, "").await);
    let cookies = jar.header();
    let headers = [("cookie", cookies.as_str()), ("x-csrf-token", jar.get("csrf_token"))];
    let out = door.post("/api/v1/logout", &json!({}), &headers).await;
    assert_eq!((out.status.as_u16(), set(&out).len()), (204, 3));
    is(
        &refresh(&door, &jar, &[("x-csrf-token", jar.get("csrf_token"))]).await,
        401,
        "refresh_token_invalid",
    );
}

#[tokio::test]
async fn split_cookie_lets_scripts_read_what_the_token_says() {
    let door = with("split_cookie", json!({})).await;
    let answer = log_in(&door, "").await;
    assert_eq!(members(&answer), ["csrf_token", "expires_in", "token_type"]);
    let cookies = set(&answer);
    assert_eq!(
        cookies.keys().collect::<Vec<_>>(),
        ["access_payload", "access_token", "csrf_token", "refresh_token"]
    );
    let payload = &cookies["access_payload"];
    assert!(!payload.has("HttpOnly") && cookies["access_token"].has("HttpOnly"));
    let claims: Value = serde_json::from_slice(&STANDARD.decode(&payload.value).unwrap()).unwrap();
    assert_eq!(claims["sub"], answer.json()["user"]["id"]);
    assert_eq!(claims["client_id"], "shop");
    let mut jar = Jar::default();
    jar.take(&answer);
    let csrf = jar.get("csrf_token").to_owned();
    let fresh = refresh(&door, &jar, &[("x-csrf-token", &csrf)]).await;
    assert_eq!(set(&fresh).len(), 4, "a refresh renews every cookie");
    let gone = call(&door, "DELETE", "/api/v1/token/cookies?client_id=shop", &json!({}), &[]).await;
    assert_eq!((gone.status.as_u16(), set(&gone).len()), (204, 4));
}

#[tokio::test]
async fn session_brings_a_session_and_no_token() {
    let door = with("session", json!({})).await;
    let answer = log_in(&door, "").await;
    assert_eq!(members(&answer), ["csrf_token"]);
    let cookies = set(&answer);
    assert_eq!(cookies.keys().collect::<Vec<_>>(), ["sid"]);
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(
            cookies["sid"].has(attribute),
            "{attribute}: {:?}",
            cookies["sid"].attributes
        );
    }
    let mut jar = Jar::default();
    jar.take(&answer);
    let cookies = jar.header();
    let me = door.get("/api/v1/me", &[("cookie", &cookies)]).await;
    assert_eq!(me.json()["username"], "ana");
    assert_eq!(answer.json()["csrf_token"], me.header("x-csrf-token"));
    // signing in again gives another session and ends this one
    let again = log_in(&door, &cookies).await;
    assert_ne!(set(&again)["sid"].value, jar.get("sid"));
    is(
        &door.get("/api/v1/me", &[("cookie", &cookies)]).await,
        401,
        "authentication_required",
    );
    jar.take(&again);
    let cookies = jar.header();
    let token = again.json()["csrf_token"].as_str().unwrap().to_owned();
    let body = json!({"client_id": "shop"});
    is(
        &door.post("/api/v1/logout", &body, &[("cookie", &cookies)]).await,
        403,
        "cross_site_request",
    );
    let out = door
        .post(
            "/api/v1/logout",
            &body,
            &[("cookie", &cookies), ("x-csrf-token", &token)],
        )
        .await;
    assert_eq!(out.status, 204);
    assert!(set(&out)["sid"].has("Max-Age=0") || set(&out)["sid"].value.is_empty());
    is(
        &door.get("/api/v1/me", &[("cookie", &cookies)]).await,
        401,
        "authentication_required",
    );
    let gone = call(&door, "DELETE", "/api/v1/token/cookies?client_id=shop", &json!({}), &[]).await;
    assert!(set(&gone)["sid"].has("Max-Age=0") && set(&gone)["sid"].has("Path=/"));
}

#[tokio::test]
async fn a_key_is_sent_like_an_access_token() {
    let door = with("key", json!({})).await;
    let answer = log_in(&door, "").await;
    assert_eq!(members(&answer), ["key"]);
    assert!(set(&answer).is_empty());
    let key = answer.json()["key"].as_str().unwrap().to_owned();
    assert_eq!(
        log_in(&door, "").await.json()["key"],
        key.as_str(),
        "one key for each user"
    );
    let bearer = format!("Bearer {key}");
    let me = door.get("/api/v1/me", &[("authorization", &bearer)]).await;
    assert_eq!(me.json()["username"], "ana");
    let out = door
        .post("/api/v1/logout", &json!({}), &[("authorization", &bearer)])
        .await;
    assert_eq!(out.status, 204);
    is(
        &door.get("/api/v1/me", &[("authorization", &bearer)]).await,
        401,
        "invalid_token",
    );
}

#[tokio::test]
async fn names_paths_domain_and_same_site_are_the_applications_own() {
    let door = Door::with(|config| config.server.public_url = "https://id.example.org".to_owned()).await;
    door.user("ana@example.org", Some("ana")).await;
    let cookies = json!({
        "access": "at", "refresh": "rt", "csrf": "xsrf", "payload": "pl", "path": "/app", "domain": "example.org",
        "refresh_path": "/api/v1/token", "same_site": "None",
    });
    add(&door, "shop", "split_cookie", json!({ "cookies": cookies })).await;
    let body = json!({"client_id": "shop", "identifier": "ana", "password": PASSWORD});
    let answer = door.post("/api/v1/login", &body, &[("origin", SHOP)]).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let gone = call(
        &door,
        "DELETE",
        "/api/v1/token/cookies?client_id=shop",
        &json!({}),
        &[("origin", SHOP)],
    )
    .await;
    for (what, cookies) in [("set", set(&answer)), ("cleared", set(&gone))] {
        assert_eq!(cookies.keys().collect::<Vec<_>>(), ["at", "pl", "rt", "xsrf"], "{what}");
        for (name, cookie) in &cookies {
            let path = if name == "rt" {
                "Path=/api/v1/token"
            } else {
                "Path=/app"
            };
            for attribute in [path, "Domain=example.org", "SameSite=None", "Secure"] {
                assert!(
                    cookie.has(attribute),
                    "{what} {name} {attribute}: {:?}",
                    cookie.attributes
                );
            }
        }
    }
    let mut jar = Jar::default();
    jar.take(&answer);
    let headers = [("x-csrf-token", jar.get("xsrf")), ("origin", SHOP)];
    assert_eq!(refresh(&door, &jar, &headers).await.status, 200);
    let me = door
        .get("/api/v1/me", &[("cookie", &jar.header()), ("origin", SHOP)])
        .await;
    assert_eq!(me.json()["username"], "ana");
}

#[tokio::test]
async fn an_application_may_do_without_the_csrf_token() {
    let door = with(
        "cookie",
        json!({"cookies": {"csrf_required": false, "same_site": "Strict"}}),
    )
    .await;
    let mut jar = Jar::default();
    let answer = log_in(&door, "").await;
    assert!(set(&answer)["access_token"].has("SameSite=Strict"));
    jar.take(&answer);
    let fresh = refresh(&door, &jar, &[]).await;
    assert_eq!(fresh.status, 200, "{}", fresh.text);
    jar.take(&fresh);
    is(
        &refresh(&door, &jar, &[("origin", EVIL)]).await,
        403,
        "cross_site_request",
    );
    let cookies = jar.header();
    let out = door.post("/api/v1/logout", &json!({}), &[("cookie", &cookies)]).await;
    assert_eq!(out.status, 204, "{}", out.text);
}

#[tokio::test]
async fn one_application_without_csrf_does_not_open_another_with_the_same_cookie() {
    let door = with("cookie", json!({})).await;
    // same names; whichever comes first must not decide for the other
    add(&door, "a-lax", "cookie", json!({"cookies": {"csrf_required": false}})).await;
    add(&door, "z-lax", "cookie", json!({"cookies": {"csrf_required": false}})).await;
    let mut jar = Jar::default();
    jar.take(&log_in(&door, "").await);
    let cookies = jar.header();
    is(
        &door.post("/api/v1/logout", &json!({}), &[("cookie", &cookies)]).await,
        403,
        "cross_site_request",
    );
}

#[tokio::test]
async fn a_refresh_token_that_is_a_jwt_needs_the_csrf_token_and_ends_with_a_logout() {
    let door = with("cookie", json!({"profile": {"refresh_format": "jwt"}})).await;
    let mut jar = Jar::default();
    jar.take(&log_in(&door, "").await);
    assert_eq!(jar.get("refresh_token").split('.').count(), 3);
    is(&refresh(&door, &jar, &[]).await, 403, "cross_site_request");
    let csrf = jar.get("csrf_token").to_owned();
    let fresh = refresh(&door, &jar, &[("x-csrf-token", &csrf)]).await;
    assert_eq!(fresh.status, 200, "{}", fresh.text);
    jar.take(&fresh);
    // without an access token any more, only the refresh cookie says whose family it is
    let cookies = format!("refresh_token={}", jar.get("refresh_token"));
    let body = json!({"client_id": "shop"});
    is(
        &door.post("/api/v1/logout", &body, &[("cookie", &cookies)]).await,
        403,
        "cross_site_request",
    );
    let out = door
        .post(
            "/api/v1/logout",
            &body,
            &[("cookie", &cookies), ("x-csrf-token", &csrf)],
        )
        .await;
    assert_eq!(out.status, 204);
    is(
        &refresh(&door, &jar, &[("x-csrf-token", &csrf)]).await,
        401,
        "refresh_token_invalid",
    );
    is(
        &door.get("/api/v1/me", &[("cookie", &jar.header())]).await,
        401,
        "authentication_required",
    );
}

#[tokio::test]
async fn no_cookie_keeps_anybody_from_signing_in() {
    let door = with("cookie", json!({})).await;
    let mut jar = Jar::default();
    jar.take(&log_in(&door, "").await);
    let mut stale = jar.header();
    // signed in, and no CSRF token at hand
    log_in(&door, &stale).await;
    door.test.advance(Duration::from_hours(24 * 30));
    log_in(&door, &stale).await;
    stale = stale.replace('e', "f");
    for forged in [
        stale.as_str(),
        "access_token=; refresh_token=\"\"",
        "access_token=a.b.c; refresh_token=sr_x; csrf_token=x",
        "access_token=eyJhbGciOiJub25lIn0.e30.; sid=nonsense",
        "sid=AAAAAAAAAAAAAAAAAAAAAA",
        ";;; =; access_token",
    ] {
        log_in(&door, forged).await;
        let gone = call(
            &door,
            "DELETE",
            "/api/v1/token/cookies?client_id=shop",
            &json!({}),
            &[("cookie", forged)],
        )
        .await;
        let mut cleared = set(&gone);
        // one that is no session's is taken away wherever it turns up
        cleared.remove("sid");
        assert_eq!((gone.status.as_u16(), cleared.len()), (204, 3), "{forged}");
        is(
            &door.get("/api/v1/me", &[("cookie", forged)]).await,
            401,
            "authentication_required",
        );
    }
    // a browser that is signed in at the console signs in to the shop, and refreshes there
    let admin = door.administrator().await;
    let mut jar = Jar::default();
    jar.take(&log_in(&door, &admin).await);
    let both = format!("{admin}; {}", jar.header());
    let answer = door
        .post(
            "/api/v1/token/refresh",
            &json!({"client_id": "shop"}),
            &[("cookie", &both), ("x-csrf-token", jar.get("csrf_token"))],
        )
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

#[tokio::test]
async fn a_header_beats_every_cookie() {
    let door = with("cookie", json!({})).await;
    door.user("bob@example.org", Some("bob")).await;
    let bob = door.login("bob").await;
    let bearer = format!("Bearer {}", bob["access_token"].as_str().unwrap());
    let mut jar = Jar::default();
    jar.take(&log_in(&door, "").await);
    let cookies = jar.header();
    let me = door
        .get("/api/v1/me", &[("cookie", &cookies), ("authorization", &bearer)])
        .await;
    assert_eq!(me.json()["username"], "bob");
    assert!(me.header("x-csrf-token").is_empty());
    for bad in ["Bearer nonsense", "Bearer", "Basic YTpi"] {
        is(
            &door
                .get("/api/v1/me", &[("cookie", &cookies), ("authorization", bad)])
                .await,
            401,
            "invalid_token",
        );
    }
    let out = door
        .post(
            "/api/v1/logout",
            &json!({}),
            &[("cookie", &cookies), ("authorization", &bearer)],
        )
        .await;
    assert_eq!(out.status, 204, "a bearer needs no CSRF token");
    let me = door.get("/api/v1/me", &[("cookie", &cookies)]).await;
    assert_eq!(
        me.json()["username"],
        "ana",
        "the bearer's family ended, not the cookie's"
    );
}

#[tokio::test]
async fn a_token_in_a_cookie_is_for_its_own_application_only() {
    let door = with("cookie", json!({})).await;
    add(
        &door,
        "other",
        "cookie",
        json!({"cookies": {"access": "other_at"}, "origins": ["https://other.example"]}),
    )
    .await;
    add(&door, "plain", "json", json!({})).await;
    let mut jar = Jar::default();
    jar.take(&log_in(&door, "").await);
    let token = jar.get("access_token");
    let wrong = format!("other_at={token}");
    is(
        &door.get("/api/v1/me", &[("cookie", &wrong)]).await,
        401,
        "authentication_required",
    );
    let body = json!({"client_id": "plain", "identifier": "ana", "password": PASSWORD});
    let plain = door.post("/api/v1/login", &body, &[]).await.json();
    let wrong = format!("access_token={}", plain["access_token"].as_str().unwrap());
    is(
        &door.get("/api/v1/me", &[("cookie", &wrong)]).await,
        401,
        "authentication_required",
    );
    // the script of another application's origin gets nothing out of the shop's cookies
    let cookies = jar.header();
    let theirs = [("cookie", cookies.as_str()), ("origin", "https://other.example")];
    is(&door.get("/api/v1/me", &theirs).await, 401, "authentication_required");
    let csrf = jar.get("csrf_token");
    let theirs = [("x-csrf-token", csrf), ("origin", "https://other.example")];
    is(&refresh(&door, &jar, &theirs).await, 403, "cross_site_request");
}

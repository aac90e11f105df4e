//! Whole ways of a client, in each mode: in, through a door, on with a fresh token, out, and what is left then. The events that
//! stand for the package's six signals are counted on the way.

use std::time::Duration;

use serde_json::json;
use sereno_core::event::EventKind;
use sereno_core::intent::IntentKind;

use super::browser::Browser;
use super::fixture::{Djwto, PASSWORD, pair_of};
use crate::place::{Answer, part_of};

const P: &str = "/api/token/refresh";

fn said(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.text.as_str())
}

fn told(djwto: &Djwto) -> Vec<(EventKind, usize)> {
    [
        EventKind::LoggedIn,
        EventKind::TokenIssued,
        EventKind::LoginFailed,
        EventKind::TokenVerified,
        EventKind::TokenRefreshed,
        EventKind::RefreshRotated,
        EventKind::LoggedOut,
    ]
    .map(|kind| (kind, djwto.place.test.events.count(kind)))
    .into()
}

/// What a whole journey tells, each once, and two good answers about a token.
fn everything() -> Vec<(EventKind, usize)> {
    vec![
        (EventKind::LoggedIn, 1),
        (EventKind::TokenIssued, 1),
        (EventKind::LoginFailed, 1),
        (EventKind::TokenVerified, 2),
        (EventKind::TokenRefreshed, 1),
        (EventKind::RefreshRotated, 1),
        (EventKind::LoggedOut, 1),
    ]
}

#[tokio::test]
async fn with_tokens_in_the_body() {
    let djwto = Djwto::with(|config| config.compat.djwto.prefix = "/compat/djwto".into()).await;
    let wrong = [("username", "alice"), ("password", "wrong")];
    let answer = djwto.place.form("/compat/djwto/login/", &wrong, &[]).await;
    assert_eq!(answer.status, 401);
    assert_eq!(
        answer.text,
        r#"{"error": "{\"__all__\": [\"Please enter a correct username and password. Note that both fields may be case-sensitive.\"]}"}"#
    );
    assert_eq!(answer.header("www-authenticate"), "Bearer realm=api");

    let (refresh, access) = pair_of(&djwto.log_in("alice").await);
    assert_eq!(part_of(&access, 0).to_string(), r#"{"alg":"HS256","typ":"JWT"}"#);
    assert_eq!(
        said(&djwto.bring("/validate_access/", &access).await),
        (200, r#"{"msg": "Token is valid"}"#)
    );

    djwto.place.test.advance(Duration::from_secs(301));
    let answer = djwto.bring("/validate_access/", &access).await;
    assert_eq!(said(&answer), (403, r#"{"error": "Signature has expired"}"#));
    let (same, access) = pair_of(&djwto.bring(&format!("{P}/refresh_access/"), &refresh).await);
    assert_eq!(same, refresh, "it stays what it is");
    assert_eq!(djwto.bring("/validate_access/", &access).await.status, 200);

    let (next, access) = pair_of(&djwto.bring(&format!("{P}/update_refresh/"), &refresh).await);
    assert_ne!(next, refresh);
    let answer = djwto.bring(&format!("{P}/logout/"), &next).await;
    assert_eq!(said(&answer), (200, r#"{"msg": "Token successfully blacklisted."}"#));
    assert_eq!(told(&djwto), everything());
    let of_the_facade = "event JOIN application ON application.id = event.application_id \
                         WHERE event.name = 'logged_out' AND application.client_id = 'compat-djwto'";
    assert_eq!(djwto.place.test.count(of_the_facade).await, 1);

    let answer = djwto.bring(&format!("{P}/logout/"), &next).await;
    assert_eq!(
        said(&answer),
        (409, r#"{"error": "Input jti token is already blacklisted."}"#)
    );
    let answer = djwto.bring(&format!("{P}/refresh_access/"), &next).await;
    assert_eq!(said(&answer), (500, r#"{"error": "Can't update access token."}"#));
    let answer = djwto.bring(&format!("{P}/update_refresh/"), &next).await;
    assert_eq!(said(&answer), (500, r#"{"error": "Can't update refresh token."}"#));
    let answer = djwto.bring("/validate_access/", &access).await;
    assert_eq!(said(&answer), (403, r#"{"error": "Failed to validate token."}"#));
    assert_eq!(told(&djwto), everything(), "what was refused tells nothing");
    assert_eq!(djwto.log_in("alice").await.status, 200, "and in again");
}

#[tokio::test]
async fn with_each_token_in_a_cookie() {
    in_a_browser("ONE-COOKIE", "jwt_access").await;
}

#[tokio::test]
async fn with_the_claims_in_a_cookie_of_their_own() {
    in_a_browser("TWO-COOKIES", "jwt_access_token").await;
}

async fn in_a_browser(mode: &str, access_cookie: &str) {
    let djwto = Djwto::with(|config| {
        config.compat.djwto.mode = mode.into();
        config.compat.djwto.prefix = "/compat/djwto".into();
    })
    .await;
    let mut browser = Browser::new(&djwto);
    let credentials = [("username", "alice"), ("password", PASSWORD)];
    let answer = browser
        .post("/login/", &[("username", "alice"), ("password", "wrong")])
        .await;
    assert_eq!(answer.status, 401);
    let before = browser.cookie("csrftoken").unwrap().to_owned();
    let answer = browser.post("/login/", &credentials).await;
    assert_eq!(said(&answer), (200, r#"{"msg": "Tokens successfully created."}"#));
    assert_ne!(
        browser.cookie("csrftoken"),
        Some(before.as_str()),
        "a sign-in renews it"
    );
    assert_eq!(
        said(&browser.post("/login/", &credentials).await),
        (200, r#"{"msg": "User already authenticated."}"#)
    );
    let refresh = [("jwt_type", "refresh")];
    assert_eq!(browser.post("/validate_access/", &[]).await.status, 200);
    assert_eq!(
        browser.post(&format!("{P}/validate_refresh/"), &refresh).await.status,
        200
    );

    let kept = browser.cookie("jwt_refresh").unwrap().to_owned();
    let answer = browser.post(&format!("{P}/refresh_access/"), &refresh).await;
    assert_eq!(
        said(&answer),
        (200, r#"{"msg": "Access token successfully refreshed."}"#)
    );
    assert_eq!(browser.cookie("jwt_refresh"), Some(kept.as_str()));
    let answer = browser.post(&format!("{P}/update_refresh/"), &refresh).await;
    assert_eq!(
        said(&answer),
        (200, r#"{"msg": "Refresh token successfully updated."}"#)
    );
    assert_ne!(browser.cookie("jwt_refresh"), Some(kept.as_str()));
    let answer = browser.post(&format!("{P}/logout/"), &refresh).await;
    assert_eq!(said(&answer), (200, r#"{"msg": "Token successfully blacklisted."}"#));
    assert!(
        browser.cookie("jwt_refresh").is_some(),
        "they stay until they are deleted"
    );
    assert_eq!(told(&djwto), everything());

    assert_eq!(browser.post("/validate_access/", &[]).await.status, 403);
    let answer = browser.post(&format!("{P}/refresh_access/"), &refresh).await;
    assert_eq!(answer.status, 500);
    let answer = browser.send("DELETE", &format!("{P}/logout/"), &[]).await;
    assert_eq!(said(&answer), (200, r#"{"msg": "Tokens successfully deleted."}"#));
    for name in ["jwt_refresh", access_cookie, "jwt_access_payload"] {
        assert_eq!(browser.cookie(name), None, "{name}");
    }
    let answer = browser.post("/validate_access/", &[]).await;
    let expected = format!(r#"{{"error": "Cookie \"{access_cookie}\" cannot be empty."}}"#);
    assert_eq!(said(&answer), (403, expected.as_str()));
    assert_eq!(browser.post("/login/", &credentials).await.status, 200, "and in again");
}

#[tokio::test]
async fn whatever_was_tried_in_vain_is_told() {
    let djwto = Djwto::with(|_| ()).await;
    let (long, longer) = ("a".repeat(151), "a".repeat(10_000));
    let wrong = "Please enter a correct username and password. Note that both fields may be case-sensitive.";
    let nul = "Null characters are not allowed.";
    for (username, password, field, sentence) in [
        (long.as_str(), "x", "__all__", wrong),
        (&longer, "x", "__all__", wrong),
        ("alice", &longer, "__all__", wrong),
        ("a\0b", "x", "username", nul),
        ("alice", "x\0", "password", nul),
    ] {
        let before = djwto.place.test.events.count(EventKind::LoginFailed);
        let fields = [("username", username), ("password", password)];
        let answer = djwto.place.form("/login/", &fields, &[]).await;
        let expected = format!("{{\"{field}\": [\"{sentence}\"]}}");
        assert_eq!(
            (answer.status, answer.json()["error"].as_str()),
            (401, Some(expected.as_str()))
        );
        assert_eq!(djwto.place.test.events.count(EventKind::LoginFailed), before + 1);
    }
    let before = djwto.place.test.events.count(EventKind::LoginFailed);
    let answer = djwto.place.form("/login/", &[("username", "alice")], &[]).await;
    assert_eq!(answer.status, 401);
    assert_eq!(
        djwto.place.test.events.count(EventKind::LoginFailed),
        before,
        "a slip is no attempt"
    );
}

#[tokio::test]
async fn every_answer_to_a_sign_in_brings_the_csrf_cookie() {
    let djwto = Djwto::with(|config| {
        config.compat.djwto.mode = "ONE-COOKIE".into();
        config.limit.login_per_account_and_address = 1;
    })
    .await;
    let form = "application/x-www-form-urlencoded";
    for (kind, expected) in [
        (form.to_owned(), 401),
        (form.to_owned(), 429),
        (format!("{form}; charset=latin-1"), 400),
    ] {
        let headers = [("content-type", kind.as_str())];
        let body = "username=alice&password=wrong";
        let answer = djwto.place.send("POST", "/login/", &headers, body).await;
        assert_eq!(answer.status, expected);
        assert!(answer.cookie("csrftoken").is_some(), "{expected}");
        assert_eq!(answer.header("vary"), "Cookie", "{expected}");
    }
}

#[tokio::test]
async fn an_empty_cookie_is_none() {
    for (mode, name) in [("ONE-COOKIE", "jwt_access"), ("TWO-COOKIES", "jwt_access_token")] {
        let djwto = Djwto::with(|config| {
            config.compat.djwto.mode = mode.into();
            config.compat.djwto.csrf = false;
        })
        .await;
        for value in ["", "\"\""] {
            let cookie = format!("{name}={value}");
            let headers = [("cookie", cookie.as_str())];
            let answer = djwto.place.send("POST", "/validate_access/", &headers, "").await;
            let expected = format!(r#"{{"error": "Cookie \"{name}\" cannot be empty."}}"#);
            assert_eq!(said(&answer), (403, expected.as_str()));
        }
    }
}

#[tokio::test]
async fn other_cookies_hide_none() {
    let djwto = Djwto::with(|config| config.compat.djwto.mode = "ONE-COOKIE".into()).await;
    let answer = djwto.log_in("alice").await;
    let (access, csrf) = (
        answer.cookie("jwt_access").unwrap(),
        answer.cookie("csrftoken").unwrap(),
    );
    let cookies = format!("name=José; csrftoken={csrf}; jwt_access={access}");
    let headers = [("cookie", cookies.as_str()), ("x-csrftoken", csrf.as_str())];
    let answer = djwto.place.send("POST", "/validate_access/", &headers, "").await;
    assert_eq!(said(&answer), (200, r#"{"msg": "Token is valid"}"#));
}

#[tokio::test]
async fn padding_behind_a_signature_is_passed_over() {
    let djwto = Djwto::with(|_| ()).await;
    let (refresh, access) = pair_of(&djwto.log_in("alice").await);
    assert_eq!(
        djwto.bring("/validate_access/", &format!("{access}=")).await.status,
        200
    );
    let padded = format!("{refresh}=");
    let answer = djwto.bring(&format!("{P}/refresh_access/"), &padded).await;
    assert_eq!(answer.json()["refresh"], json!(refresh));
    let answer = djwto.bring(&format!("{P}/logout/"), &padded).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

#[tokio::test]
async fn hooks_are_asked_and_their_no_is_said_in_its_words() {
    let mut djwto = Djwto::with(|_| ()).await;
    let (refresh, access) = djwto.pair("alice").await;
    djwto.place.test.events.refuse(&[
        IntentKind::TokenIssue,
        IntentKind::TokenVerify,
        IntentKind::TokenRefresh,
        IntentKind::TokenRotate,
        IntentKind::Logout,
    ]);
    let credentials = [("username", "alice"), ("password", PASSWORD)];
    let answer = djwto.place.form("/login/", &credentials, &[]).await;
    assert_eq!(answer.status, 403);
    for (door, token) in [
        ("/validate_access/".to_owned(), &access),
        (format!("{P}/refresh_access/"), &refresh),
        (format!("{P}/update_refresh/"), &refresh),
        (format!("{P}/logout/"), &refresh),
    ] {
        let answer = djwto.bring(&door, token).await;
        assert_eq!(answer.status, 403, "{door}");
        assert!(answer.json()["error"].is_string(), "{door} {}", answer.text);
    }
}

#[tokio::test]
async fn its_tokens_open_no_native_door() {
    let mut djwto = Djwto::with(|_| ()).await;
    let (refresh, access) = djwto.pair("alice").await;
    let bearer = format!("Bearer {access}");
    let headers = [("authorization", bearer.as_str())];
    let answer = djwto.place.send("GET", "/api/v1/me", &headers, "").await;
    assert_eq!(answer.status, 401, "{}", answer.text);
    let headers = [("content-type", "application/json")];
    let body = json!({"refresh_token": refresh, "client_id": "compat-djwto"}).to_string();
    let answer = djwto.place.send("POST", "/api/v1/token/refresh", &headers, body).await;
    assert_eq!(answer.status, 401, "{}", answer.text);
}

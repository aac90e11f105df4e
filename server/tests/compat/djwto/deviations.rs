//! What the facade answers otherwise than the package, on purpose. The README's table of deviations names each of these tests;
//! what a recorded exchange shows already stands in `recorded.rs`.

use std::time::Duration;

use serde_json::{Value, json};
use sereno_core::config::Seconds;
use sereno_core::event::EventKind;

use super::browser::Browser;
use super::fixture::{Djwto, PASSWORD, pair_of, signed};
use crate::place::{Answer, part_of};

const P: &str = "/api/token/refresh";
const ALICE: [(&str, &str); 2] = [("username", "alice"), ("password", PASSWORD)];

fn error_of(answer: &Answer) -> (u16, String) {
    let text = answer.json()["error"].as_str().unwrap_or_default().to_owned();
    (answer.status, text)
}

fn not_valid() -> (u16, String) {
    (403, "Failed to validate token.".to_owned())
}

#[tokio::test]
async fn each_token_is_good_for_its_own_use() {
    let mut djwto = Djwto::with(|_| ()).await;
    let (refresh, access) = djwto.pair("alice").await;
    let answer = djwto.bring("/validate_access/", &refresh).await;
    assert_eq!(error_of(&answer), not_valid());
    assert_eq!(djwto.bring("/validate_access/", &access).await.status, 200);
    let answer = djwto.bring(&format!("{P}/validate_refresh/"), &refresh).await;
    assert_eq!(answer.status, 200);
    for door in ["validate_refresh", "refresh_access", "update_refresh", "logout"] {
        let answer = djwto.bring(&format!("{P}/{door}/"), &access).await;
        let text = "Refresh token was not sent in authorization header.";
        assert_eq!(error_of(&answer), (403, text.to_owned()), "{door}");
    }

    let djwto = Djwto::with(|config| config.compat.djwto.mode = "ONE-COOKIE".into()).await;
    let mut browser = Browser::new(&djwto);
    browser.post("/login/", &ALICE).await;
    let (refresh, access) = (
        browser.cookie("jwt_refresh").unwrap().to_owned(),
        browser.cookie("jwt_access").unwrap().to_owned(),
    );
    browser.put("jwt_refresh", &access);
    browser.put("jwt_access", &refresh);
    for door in ["validate_refresh", "refresh_access", "update_refresh", "logout"] {
        let answer = browser.post(&format!("{P}/{door}/"), &[("jwt_type", "refresh")]).await;
        assert_eq!(error_of(&answer), not_valid(), "{door}");
    }
    assert_eq!(error_of(&browser.post("/validate_access/", &[]).await), not_valid());
    let answer = browser.send("DELETE", &format!("{P}/logout/"), &[]).await;
    assert_eq!(error_of(&answer), not_valid());
}

#[tokio::test]
async fn only_a_good_token_stands_for_a_sign_in() {
    let mut djwto = Djwto::with(|_| ()).await;
    let (refresh, access) = djwto.pair("alice").await;
    let log_in = async |token: &str| {
        let bearer = format!("Bearer {token}");
        let answer = djwto.place.form("/login/", &ALICE, &[("authorization", &bearer)]).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()["msg"].as_str().map(str::to_owned)
    };
    let known = Some("User already authenticated.".to_owned());
    assert_eq!(log_in(&access).await, known);
    assert_eq!(log_in("garbage").await, None);
    assert_eq!(log_in(&refresh).await, None, "it is for something else");
    assert_eq!(
        log_in(&signed(&part_of(&access, 1))).await,
        None,
        "written by somebody else"
    );
    djwto.bring(&format!("{P}/logout/"), &refresh).await;
    assert_eq!(log_in(&access).await, None, "signed out");
    let (_, access) = pair_of(&djwto.log_in("alice").await);
    djwto.place.test.advance(Duration::from_secs(301));
    assert_eq!(log_in(&access).await, None, "over");
}

#[tokio::test]
async fn who_has_the_key_cannot_write_tokens() {
    let mut djwto = Djwto::with(|_| ()).await;
    let (refresh, access) = djwto.pair("alice").await;
    for (token, changes) in [
        (&access, json!({"exp": 4_000_000_000_u64})),
        (
            &access,
            json!({"user": {"username": "carol", "id": 3, "perms": ["auth.add_user"]}}),
        ),
        (&access, json!({"jti": "0190a0a0-0000-4000-8000-000000000000"})),
        (&refresh, json!({"type": "access"})),
    ] {
        let mut claims = part_of(token, 1);
        claims
            .as_object_mut()
            .unwrap()
            .extend(changes.as_object().unwrap().clone());
        let answer = djwto.bring("/validate_access/", &signed(&claims)).await;
        assert_eq!(error_of(&answer), not_valid(), "{changes}");
    }
    let mut claims = part_of(&access, 1);
    claims["type"] = "refresh".into();
    claims["jti"] = "0190a0a0-0000-4000-8000-000000000000".into();
    let forged = signed(&claims);
    let answer = djwto.bring(&format!("{P}/refresh_access/"), &forged).await;
    assert_eq!(error_of(&answer), (500, "Can't update access token.".to_owned()));
    let answer = djwto.bring(&format!("{P}/update_refresh/"), &forged).await;
    assert_eq!(error_of(&answer), (500, "Can't update refresh token.".to_owned()));
}

#[tokio::test]
async fn a_refresh_token_gives_way_when_it_is_prolonged() {
    let mut djwto = Djwto::with(|config| config.compat.djwto.session_lifetime = Seconds(100_000)).await;
    let (first, _) = djwto.pair("alice").await;
    let update = format!("{P}/update_refresh/");
    djwto.place.test.advance(Duration::from_mins(1));
    let (second, _) = pair_of(&djwto.bring(&update, &first).await);
    let (before, after) = (part_of(&first, 1), part_of(&second, 1));
    assert_ne!(before["jti"], after["jti"]);
    assert_eq!(after["exp"].as_i64(), before["exp"].as_i64().map(|exp| exp + 60));
    assert_eq!(after["iat"].as_i64(), before["iat"].as_i64().map(|iat| iat + 60));

    // the answer may have been lost: for ten seconds the one before brings the same successor
    djwto.place.test.advance(Duration::from_secs(9));
    let (again, access) = pair_of(&djwto.bring(&update, &first).await);
    assert_eq!(part_of(&again, 1)["jti"], after["jti"]);
    assert_eq!(djwto.bring("/validate_access/", &access).await.status, 200);
    djwto.place.test.advance(Duration::from_secs(2));
    let answer = djwto.bring(&format!("{P}/refresh_access/"), &first).await;
    assert_eq!(error_of(&answer), (500, "Can't update access token.".to_owned()));
    assert_eq!(djwto.place.test.events.count(EventKind::RefreshReplayed), 1);
    let answer = djwto.bring(&update, &second).await;
    assert_eq!(answer.status, 500, "whoever stole either is out");
    assert_eq!(djwto.bring("/validate_access/", &access).await.status, 403);

    // and nothing is prolonged beyond the end of the sign-in
    let (refresh, _) = pair_of(&djwto.log_in("alice").await);
    djwto.place.test.advance(Duration::from_mins(1_000));
    let (refresh, _) = pair_of(&djwto.bring(&update, &refresh).await);
    let claims = part_of(&refresh, 1);
    assert_eq!(
        claims["exp"]
            .as_i64()
            .zip(claims["iat"].as_i64())
            .map(|(exp, iat)| exp - iat),
        Some(40_000)
    );
    djwto.place.test.advance(Duration::from_secs(40_000));
    let answer = djwto.bring(&update, &refresh).await;
    assert_eq!(error_of(&answer), (403, "Signature has expired".to_owned()));
}

#[tokio::test]
async fn permissions_are_read_anew_at_each_refresh() {
    let djwto = Djwto::with(|_| ()).await;
    let (refresh, access) = pair_of(&djwto.log_in("dave").await);
    assert_eq!(part_of(&access, 1)["user"]["perms"], json!(["auth.view_user"]));
    djwto.give("dave", &["auth.add_user", "auth.view_user"]).await;
    let (_, access) = pair_of(&djwto.bring(&format!("{P}/refresh_access/"), &refresh).await);
    let perms = part_of(&access, 1)["user"]["perms"].clone();
    assert_eq!(perms, json!(["auth.add_user", "auth.view_user"]));
}

#[tokio::test]
async fn who_was_switched_off_or_deleted_is_out() {
    let djwto = Djwto::with(|_| ()).await;
    let tokens = [
        pair_of(&djwto.log_in("bob").await),
        pair_of(&djwto.log_in("gone").await),
    ];
    djwto.disable("bob").await;
    djwto.delete("gone").await;
    let [(inactive, of_inactive), (deleted, of_deleted)] = &tokens;
    for door in ["refresh_access", "update_refresh"] {
        let answer = djwto.bring(&format!("{P}/{door}/"), inactive).await;
        assert_eq!(error_of(&answer), (403, "User is inactive.".to_owned()), "{door}");
        let answer = djwto.bring(&format!("{P}/{door}/"), deleted).await;
        assert_eq!(answer.status, 500, "{door}");
    }
    for access in [of_inactive, of_deleted] {
        assert_eq!(error_of(&djwto.bring("/validate_access/", access).await), not_valid());
    }
}

#[tokio::test]
async fn without_end_nothing_crashes() {
    let mut djwto = Djwto::with(|config| {
        let settings = &mut config.compat.djwto;
        (settings.refresh_lifetime, settings.access_lifetime) = (Seconds(0), Seconds(0));
        settings.session_lifetime = Seconds(0);
    })
    .await;
    let (refresh, access) = djwto.pair("alice").await;
    for token in [&refresh, &access] {
        assert_eq!(part_of(token, 1)["exp"], Value::Null);
    }
    djwto.place.test.advance(Duration::from_hours(24 * 400));
    assert_eq!(djwto.bring("/validate_access/", &access).await.status, 200);
    let answer = djwto.bring(&format!("{P}/update_refresh/"), &refresh).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(part_of(&pair_of(&answer).0, 1)["exp"], Value::Null);
}

#[tokio::test]
async fn guessing_is_limited() {
    let djwto = Djwto::with(|config| config.limit.login_per_account_and_address = 2).await;
    let wrong = [("username", "alice"), ("password", "wrong")];
    for _ in 0..2 {
        assert_eq!(djwto.place.form("/login/", &wrong, &[]).await.status, 401);
    }
    let answer = djwto.place.form("/login/", &wrong, &[]).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, "1"));
    assert!(answer.json()["error"].is_string(), "{}", answer.text);
    // the right password must wait, too
    assert_eq!(djwto.place.form("/login/", &ALICE, &[]).await.status, 429);
}

#[tokio::test]
async fn no_token_is_stored() {
    let mut djwto = Djwto::with(|_| ()).await;
    let (refresh, _) = djwto.pair("alice").await;
    let (next, access) = pair_of(&djwto.bring(&format!("{P}/update_refresh/"), &refresh).await);
    djwto.bring(&format!("{P}/logout/"), &next).await;
    let test = &djwto.place.test;
    let tables = test.tables().await;
    assert!(tables.iter().any(|table| table == "token_family"));
    for table in tables {
        for row in test.dump(&table).await {
            for token in [&refresh, &next, &access] {
                let signature = token.rsplit('.').next().unwrap();
                assert!(!row.contains(signature), "{table} holds a token");
            }
        }
    }
}

#[tokio::test]
async fn tokens_can_always_be_told_apart() {
    let djwto = Djwto::with(|config| {
        (config.compat.djwto.iat, config.compat.djwto.jti) = (false, false);
    })
    .await;
    let (refresh, _) = pair_of(&djwto.log_in("alice").await);
    let claims = part_of(&refresh, 1);
    assert!(claims["iat"].is_i64(), "{claims}");
    assert_eq!(claims["jti"], Value::Null);
    let answer = djwto.bring(&format!("{P}/logout/"), &refresh).await;
    let text =
        "No jti claim was available in the input token. The value is mandatory in order to use the Blacklist API.";
    assert_eq!(error_of(&answer), (403, text.to_owned()));
}

#[tokio::test]
async fn the_refresh_cookie_goes_where_its_doors_are() {
    for (prefix, said, expected) in [
        ("/", "", "/api/token/refresh"),
        ("/compat/djwto", "", "/compat/djwto/api/token/refresh"),
        ("/compat/djwto", "/elsewhere", "/elsewhere"),
    ] {
        let djwto = Djwto::with(|config| {
            let settings = &mut config.compat.djwto;
            settings.mode = "ONE-COOKIE".into();
            settings.prefix = prefix.into();
            settings.refresh_cookie_path = said.into();
        })
        .await;
        let set = djwto.log_in("alice").await.set_cookies();
        let refresh = set.iter().find(|cookie| cookie.starts_with("jwt_refresh=")).unwrap();
        assert!(refresh.contains(&format!("; Path={expected};")), "{refresh}");
    }
}

#[tokio::test]
async fn either_name_signs_in() {
    let djwto = Djwto::with(|_| ()).await;
    for name in ["alice", "ALICE", " alice ", "alice@example.org"] {
        let fields = [("username", name), ("password", PASSWORD)];
        let answer = djwto.place.form("/login/", &fields, &[]).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.text);
    }
}

#[tokio::test]
async fn who_has_no_user_name_signs_in_by_address() {
    for (field, expected) in [("username", Value::Null), ("email", json!("ana@example.org"))] {
        let djwto = Djwto::with(|config| config.compat.djwto.username_field = field.into()).await;
        djwto.place.test.signed_up("ana").await;
        let fields = [(field, "ana@example.org"), ("password", sereno_core::testing::PASSWORD)];
        let answer = djwto.place.form("/login/", &fields, &[]).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(part_of(&pair_of(&answer).1, 1)["user"][field], expected);
    }
}

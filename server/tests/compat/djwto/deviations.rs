//! What the facade answers otherwise than the package, on purpose. The README's table of deviations names each of these tests;
//! what a recorded exchange shows already stands in `recorded.rs`.

use std::time::Duration;

use serde_json::{Value, json};
use sereno_core::config::Seconds;
use sereno_core::event::EventKind;

use super::browser::Browser;
use super::fixture::{Djwto, PASSWORD, pair_of, signed, signed_text};
use crate::place::{Answer, form, part_of};

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
    let answer = djwto.bring(&format!("{P}/logout/"), &forged).await;
    let text = "Input jti token is already blacklisted.";
    assert_eq!(error_of(&answer), (409, text.to_owned()));

    for jti in [true, false] {
        let djwto = Djwto::with(|config| config.compat.djwto.jti = jti).await;
        let (refresh, access) = pair_of(&djwto.log_in("alice").await);
        let (shown, hidden) = (part_of(&access, 1), part_of(&refresh, 1));
        assert_eq!(
            derived(&shown, "refresh", 0, &hidden["uti"]),
            refresh,
            "but for one claim, everything is known"
        );
        for mark in [&Value::Null, &shown["uti"]] {
            let forged = derived(&shown, "refresh", 0, mark);
            let answer = djwto.bring(&format!("{P}/refresh_access/"), &forged).await;
            assert_eq!(
                error_of(&answer),
                (500, "Can't update access token.".to_owned()),
                "{mark}"
            );
            let answer = djwto.bring(&format!("{P}/validate_refresh/"), &forged).await;
            assert_eq!(error_of(&answer), not_valid(), "{mark}");
        }
        // nor the access token of a later refresh
        djwto.place.test.advance(Duration::from_mins(1));
        let (_, later) = pair_of(&djwto.bring(&format!("{P}/refresh_access/"), &refresh).await);
        assert_eq!(derived(&shown, "access", 60, &part_of(&later, 1)["uti"]), later);
        let forged = derived(&shown, "access", 60, &shown["uti"]);
        assert_eq!(error_of(&djwto.bring("/validate_access/", &forged).await), not_valid());
    }
}

/// What whoever has the key makes of alice's first access token: another token of the same sign-in, to the letter.
fn derived(shown: &Value, kind: &str, later: i64, mark: &Value) -> String {
    let began = shown["refresh_iat"].as_i64().unwrap();
    let (lasts, more) = match kind {
        "refresh" => (86_400, String::new()),
        _ => (300, format!(r#","refresh_iat":{began}"#)),
    };
    let claim = |name: &str, value: &Value| match value {
        Value::Null => String::new(),
        value => format!(r#","{name}":{value}"#),
    };
    let (iat, exp) = (began + later, began + later + lasts);
    let (jti, mark) = (claim("jti", &shown["jti"]), claim("uti", mark));
    signed_text(&format!(
        r#"{{"iat":{iat},"exp":{exp}{jti}{mark},"type":"{kind}","user":{{"username":"alice","id":1,"perms":[]}}{more}}}"#
    ))
}

#[tokio::test]
async fn a_refresh_token_gives_way_when_it_is_prolonged() {
    let mut djwto = Djwto::with(|config| config.compat.djwto.session_lifetime = Some(Seconds(100_000))).await;
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
    // who had signed out before is out for that, as in the package, which asks its blacklist first
    let (refresh, _) = pair_of(&djwto.log_in("carol").await);
    djwto.bring(&format!("{P}/logout/"), &refresh).await;
    djwto.disable("carol").await;
    for door in ["refresh_access", "update_refresh"] {
        let answer = djwto.bring(&format!("{P}/{door}/"), &refresh).await;
        assert_eq!(answer.status, 500, "{door}");
    }
}

#[tokio::test]
async fn without_end_nothing_crashes() {
    let mut djwto = Djwto::with(|config| {
        let settings = &mut config.compat.djwto;
        (settings.refresh_lifetime, settings.access_lifetime) = (Seconds(0), Seconds(0));
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
    for (iat, jti) in [(true, true), (true, false), (false, true), (false, false)] {
        let djwto = Djwto::with(|config| {
            (config.compat.djwto.iat, config.compat.djwto.jti) = (iat, jti);
        })
        .await;
        // all within one second
        let (first, access) = pair_of(&djwto.log_in("alice").await);
        let (second, _) = pair_of(&djwto.log_in("alice").await);
        let update = format!("{P}/update_refresh/");
        let (next, _) = pair_of(&djwto.bring(&update, &first).await);
        let (again, _) = pair_of(&djwto.bring(&update, &first).await);
        assert!(first != second && first != next && second != next && next == again);
        for token in [&first, &access] {
            let claims = part_of(token, 1);
            assert!(claims["uti"].is_string(), "{claims}");
            assert_eq!(
                (claims["iat"].is_i64(), claims["jti"].is_string()),
                (iat, jti),
                "{claims}"
            );
        }
        djwto.place.test.advance(Duration::from_secs(11));
        for token in [&next, &second] {
            let answer = djwto.bring(&format!("{P}/refresh_access/"), token).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
        }
    }
    // another algorithm needs it only where there is no jti
    for (jti, marked) in [(true, false), (false, true)] {
        let djwto = Djwto::with(|config| {
            let settings = &mut config.compat.djwto;
            settings.algorithm = "EdDSA".into();
            settings.signing_key = "".into();
            settings.jti = jti;
        })
        .await;
        let (refresh, _) = pair_of(&djwto.log_in("alice").await);
        assert_eq!(part_of(&refresh, 1)["uti"].is_string(), marked);
    }
}

#[tokio::test]
async fn without_jti_nobody_signs_out() {
    let djwto = Djwto::with(|config| config.compat.djwto.jti = false).await;
    let (refresh, _) = pair_of(&djwto.log_in("alice").await);
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
        let password = sereno_core::testing::PASSWORD;
        let fields = [("username", "ana@example.org"), ("password", password)];
        let answer = djwto.place.form("/login/", &fields, &[]).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(part_of(&pair_of(&answer).1, 1)["user"][field], expected);
    }
}

#[tokio::test]
async fn what_is_too_large_is_asked_for() {
    let djwto = Djwto::with(|config| config.token.access_claim_max = 20).await;
    let (_, access) = pair_of(&djwto.log_in("carol").await);
    let claims = part_of(&access, 1);
    assert_eq!(claims["user"]["perms"], Value::Null);
    assert_eq!(claims["_claim_names"], json!({"user.perms": "sereno"}));
    let (_, access) = pair_of(&djwto.log_in("dave").await);
    assert_eq!(part_of(&access, 1)["user"]["perms"], json!(["auth.view_user"]));
}

#[tokio::test]
async fn the_csrf_cookie_is_secure_over_https() {
    for (url, secure) in [("https://id.example.org", true), ("http://127.0.0.1:3000", false)] {
        let djwto = Djwto::with(|config| config.server.public_url = url.into()).await;
        let set = djwto.log_in("alice").await.set_cookies();
        let csrf = set.iter().find(|cookie| cookie.starts_with("csrftoken=")).unwrap();
        assert_eq!(csrf.contains("; Secure"), secure, "{csrf}");
    }
}

#[tokio::test]
async fn django_reads_referers_and_csrf_cookies_more_strictly() {
    let djwto = Djwto::with(|config| config.compat.djwto.mode = "ONE-COOKIE".into()).await;
    let answer = djwto.log_in("alice").await;
    let access = answer.cookie("jwt_access").unwrap();
    let csrf = answer.cookie("csrftoken").unwrap();
    let cookie = format!("jwt_access={access}; csrftoken={csrf}");
    for referer in [
        "https://api.example.com:443/x",
        "https://API.example.com/",
        "https://u@api.example.com/",
    ] {
        let headers = [
            ("cookie", cookie.as_str()),
            ("x-csrftoken", &csrf),
            ("x-forwarded-proto", "https"),
            ("host", "api.example.com"),
            ("referer", referer),
        ];
        let answer = djwto.place.send("POST", "/validate_access/", &headers, "").await;
        assert_eq!(answer.status, 200, "{referer}");
    }
    for (kept, reason) in [
        ("", "CSRF cookie not set."),
        ("bad", "CSRF cookie has incorrect length."),
    ] {
        let cookie = format!("jwt_access={access}; csrftoken={kept}");
        let headers = [("cookie", cookie.as_str()), ("x-csrftoken", &csrf)];
        let answer = djwto.place.send("POST", "/validate_access/", &headers, "").await;
        assert_eq!(
            (answer.status, answer.text.contains(reason)),
            (403, true),
            "{}",
            answer.text
        );
        assert_eq!(answer.set_cookies(), Vec::<String>::new(), "no new one");
    }
}

#[tokio::test]
async fn where_json_breaks_is_not_said() {
    let djwto = Djwto::with(|_| ()).await;
    // of the last two the package said "Expecting ',' delimiter: line 1 column 7 (char 6)" and "Extra data: line 1 column 4 (char 3)"
    for payload in ["hello", r#"{"a":1"#, "{} x"] {
        let answer = djwto.bring("/validate_access/", &signed_text(payload)).await;
        let text = "Invalid payload string: Expecting value: line 1 column 1 (char 0)";
        assert_eq!(error_of(&answer), (403, text.to_owned()), "{payload}");
    }
    // a claim that stands twice, of which the package took the last
    let answer = djwto.bring("/validate_access/", &signed_text(r#"{"a":1,"a":2}"#)).await;
    assert_eq!(error_of(&answer), not_valid());
}

#[tokio::test]
async fn parts_of_a_form_are_read_as_they_are() {
    let djwto = Djwto::with(|_| ()).await;
    let part = |head: &str, text: &str| format!("--x\r\nContent-Disposition: form-data; {head}\r\n\r\n{text}\r\n");
    let password = part("name=\"password\"", PASSWORD);
    for (name, expected) in [
        (part("name=\"username\"", "alice"), 200),
        (part("name=\"username\"; filename=\"\"", "alice"), 200),
        (
            part("name=\"username\"\r\nContent-Transfer-Encoding: base64", "YWxpY2U="),
            401,
        ),
    ] {
        let kind = [("content-type", "multipart/form-data; boundary=x")];
        let body = format!("{name}{password}--x--\r\n");
        let answer = djwto.place.send("POST", "/login/", &kind, body).await;
        assert_eq!(answer.status, expected, "{name}");
    }
    let kind = [("content-type", "multipart/form-data; boundary=x")];
    let body = format!("{}{password}", part("name=\"username\"", "alice"));
    let answer = djwto.place.send("POST", "/login/", &kind, body).await;
    let text = r#"{"password": ["This field is required."]}"#;
    assert_eq!(error_of(&answer), (401, text.to_owned()));
    for (charset, expected) in [("UTF-8", 200), ("latin-1", 400), ("nonsense", 400)] {
        let kind = format!("application/x-www-form-urlencoded; charset={charset}");
        let kind = [("content-type", kind.as_str())];
        let answer = djwto.place.send("POST", "/login/", &kind, form(&ALICE)).await;
        assert_eq!(answer.status, expected, "{charset}");
    }
}

#[tokio::test]
async fn of_two_cookies_the_nearer_one_counts() {
    let djwto = Djwto::with(|config| {
        config.compat.djwto.mode = "ONE-COOKIE".into();
        config.compat.djwto.csrf = false;
    })
    .await;
    let access = djwto.log_in("alice").await.cookie("jwt_access").unwrap();
    for (cookies, expected) in [
        (format!("jwt_access={access}; jwt_access=x"), 200),
        (format!("jwt_access=; jwt_access={access}"), 200),
        (format!("jwt_access=x; jwt_access={access}"), 403),
    ] {
        let headers = [("cookie", cookies.as_str())];
        let answer = djwto.place.send("POST", "/validate_access/", &headers, "").await;
        assert_eq!(answer.status, expected, "{cookies}");
    }
}

#[tokio::test]
async fn a_path_is_taken_as_it_is_written() {
    let djwto = Djwto::with(|config| config.compat.djwto.prefix = "/compat/djwto".into()).await;
    for (path, expected) in [("login/", 405), ("%6cogin/", 404), ("login%2F", 404), ("login//", 404)] {
        let answer = djwto.place.send("GET", &format!("/compat/djwto/{path}"), &[], "").await;
        assert_eq!(answer.status, expected, "{path}");
    }
}

//! Every setting, and what keeps the server from starting. Modes, claims, lifetimes and cookies stand in `recorded.rs`, too, as the
//! package has them.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, UnparsedPublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sereno_core::config::{Config, Seconds};
use sereno_core::oauth::admin;
use sereno_core::testing::{called, refused, register};
use sereno_server::compat;
use sereno_types::{ApplicationQuery, Code, CreateApplication, UpdateApplication};

use super::browser::Browser;
use super::fixture::{Djwto, PASSWORD, pair_of};
use crate::place::{Place, part_of};

const P: &str = "/api/token/refresh";

/// What `config check` would name.
fn faults(text: &str) -> Vec<String> {
    let text = format!("[compat.djwto]\nenabled = true\n{text}\n");
    let (config, faults) = Config::read(Some(("sereno.toml", &text)), [], Vec::new());
    let faults = if faults.0.is_empty() {
        compat::faults(&config)
    } else {
        faults.0
    };
    faults.iter().map(|fault| fault.setting.clone()).collect()
}

#[test]
fn settings_that_cannot_work_are_refused() {
    assert_eq!(faults(""), Vec::<String>::new());
    for (setting, key) in [
        ("mode = \"BOGUS\"", "mode"),
        ("algorithm = \"none\"", "algorithm"),
        ("algorithm = \"HS384\"", "algorithm"),
        ("algorithm = \"HS512\"", "algorithm"),
        ("algorithm = \"RS512\"", "algorithm"),
        ("algorithm = \"PS256\"", "algorithm"),
        ("signing_key = \"too short\"", "signing_key"),
        ("issuer = 7", "issuer"),
        ("subject = []", "subject"),
        ("audience = [7]", "audience"),
        ("audience = \"one\"", "audience"),
        ("access_lifetime = -1", "access_lifetime"),
        ("access_lifetime = 400000000", "access_lifetime"),
        ("refresh_lifetime = \"a day\"", "refresh_lifetime"),
        ("session_lifetime = 60", "session_lifetime"),
        ("session_lifetime = 400000000", "session_lifetime"),
        ("session_lifetime = \"long\"", "session_lifetime"),
        ("refresh_lifetime = 400000000", "refresh_lifetime"),
        ("not_before = 3601", "not_before"),
        ("refresh_path = \"/api/\"", "refresh_path"),
        ("refresh_path = \"{id}\"", "refresh_path"),
        ("refresh_cookie_path = \"api\"", "refresh_cookie_path"),
        ("refresh_cookie_path = \"/; Domain=example.org\"", "refresh_cookie_path"),
        ("same_site = \"lax\"", "same_site"),
        ("same_site = \"None\"\nsecure = false", "secure"),
        ("domain = \"example.org; Secure\"", "domain"),
        ("username_field = \"phone\"", "username_field"),
        ("trusted_origins = [\"example.org\"]", "trusted_origins"),
        ("trusted_origins = [\"https://example.org/\"]", "trusted_origins"),
        ("trusted_origins = [\"https://*\"]", "trusted_origins"),
        ("prefix = \"compat\"", "prefix"),
        ("prefix = \"/compat/\"", "prefix"),
        ("prefix = \"/{id}\"", "prefix"),
        ("prefix = \"/media\"", "prefix"),
        ("signing_keys = \"\"", "signing_keys"),
        ("user_claims = [\"id\"]", "user_claims"),
        ("user_claims = [\"username\"]", "user_claims"),
        ("user_claims = [\"email\", \"attributes.email\"]", "user_claims"),
        ("permissions = \"some\"", "permissions"),
    ] {
        assert_eq!(faults(setting), [format!("compat.djwto.{key}")], "{setting}");
    }
    // what there is of users the core knows
    for claim in ["phone", "attributes.", "password_hash"] {
        let setting = format!("user_claims = [\"{claim}\"]");
        assert_eq!(faults(&setting), ["compat.djwto"], "{setting}");
    }
    let (_, faults) = Config::read(
        Some((
            "sereno.toml",
            "[compat.djwto]\nenabled = true\nsecure = false\n[server]\npublic_url = \"https://id.example.org\"\n",
        )),
        [],
        Vec::new(),
    );
    assert_eq!(
        faults.0.first().map(|fault| fault.setting.as_str()),
        Some("compat.djwto.secure")
    );
}

#[test]
fn what_is_switched_off_is_not_judged() {
    let (_, faults) = Config::read(
        Some(("sereno.toml", "[compat.djwto]\nmode = \"BOGUS\"\n")),
        [],
        Vec::new(),
    );
    assert_eq!(faults.0, Vec::new());
}

#[test]
fn the_environment_sets_them_too() {
    let env = [("ENABLED", "true"), ("REFRESH_PATH", "r/t"), ("AUDIENCE", "one,two")];
    let env = env.map(|(key, value)| (format!("SERENO__COMPAT__DJWTO__{key}"), value.to_owned()));
    let (config, faults) = Config::read(None, env, Vec::new());
    assert_eq!(faults.0, Vec::new());
    let settings = config.compat.djwto;
    assert_eq!(
        (
            settings.enabled,
            settings.refresh_path.as_str(),
            settings.audience.len()
        ),
        (true, "r/t", 2)
    );
}

#[tokio::test]
async fn it_is_off_until_it_is_switched_on() {
    let place = Place::with(|_| ()).await;
    let answer = place
        .form("/compat/djwto/login/", &[("username", "a"), ("password", "b")], &[])
        .await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let kept = place.test.count("application WHERE origin = 'config'").await;
    assert_eq!(kept, 0);
}

#[tokio::test]
async fn it_stands_wherever_it_is_put() {
    for (prefix, path) in [
        ("/", "r/t"),
        ("/compat/djwto", "api/token/refresh"),
        ("/api", "token"),
        ("/a/b/c", "x"),
    ] {
        let djwto = Djwto::with(|config| {
            config.compat.djwto.prefix = prefix.into();
            config.compat.djwto.refresh_path = path.into();
        })
        .await;
        let (refresh, access) = pair_of(&djwto.log_in("alice").await);
        assert_eq!(djwto.bring("/validate_access/", &access).await.status, 200, "{prefix}");
        let answer = djwto.bring(&format!("/{path}/refresh_access/"), &refresh).await;
        assert_eq!(answer.status, 200, "{prefix}");
        // what is Sereno's own goes on
        let answer = djwto.place.send("GET", "/openapi.json", &[], "").await;
        assert_eq!(answer.header("content-type"), "application/json", "{prefix}");
        let answer = djwto.place.send("GET", "/api/v1/nothing", &[], "").await;
        assert_eq!(answer.header("content-type"), "application/problem+json", "{prefix}");
    }
}

#[tokio::test]
async fn what_the_layers_refuse_is_said_in_its_words() {
    let djwto = Djwto::with(|config| {
        config.compat.djwto.prefix = "/compat/djwto".into();
        config.server.max_body = 4_096;
    })
    .await;
    let large = "a".repeat(5_000);
    let answer = djwto
        .place
        .form("/compat/djwto/login/", &[("username", &large)], &[])
        .await;
    assert_eq!(answer.status, 413);
    assert!(answer.json()["error"].is_string(), "{}", answer.text);
    let (_, access) = pair_of(&djwto.log_in("alice").await);
    let bearer = format!("Bearer {access}");
    for (kind, body) in [
        ("multipart/form-data", "x".to_owned()),
        ("application/x-www-form-urlencoded", "a=1&".repeat(1_001)),
    ] {
        let headers = [("content-type", kind), ("authorization", "Bearer garbage")];
        let answer = djwto
            .place
            .send("POST", "/compat/djwto/login/", &headers, body.clone())
            .await;
        assert_eq!(answer.status, 400, "{kind}");
        assert!(answer.text.contains("<h1>Bad Request (400)</h1>"), "{}", answer.text);
        // who does not need the form does not read it
        let headers = [("content-type", kind), ("authorization", bearer.as_str())];
        for door in ["login", "validate_access"] {
            let path = format!("/compat/djwto/{door}/");
            let answer = djwto.place.send("POST", &path, &headers, body.clone()).await;
            assert_eq!(answer.status, 200, "{door} {kind}");
        }
    }
    let answer = djwto.place.send("GET", "/compat/djwto/nothing/", &[], "").await;
    assert_eq!(answer.status, 404);
    assert!(answer.text.contains("<h1>Not Found</h1>"), "{}", answer.text);
    let answer = djwto.place.send("PUT", "/compat/djwto/login/", &[], "").await;
    assert_eq!(
        (answer.status, answer.header("allow"), answer.text.as_str()),
        (405, "POST, OPTIONS", "")
    );
    let answer = djwto.place.send("OPTIONS", "/compat/djwto/login/", &[], "").await;
    assert_eq!(
        (answer.status, answer.header("allow"), answer.text.as_str()),
        (200, "POST, OPTIONS", "")
    );
    let answer = djwto.place.send("POST", "/compat/djwto/login?a=1", &[], "").await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (301, "/compat/djwto/login/?a=1")
    );
}

#[tokio::test]
async fn its_keys_sign_in_every_algorithm() {
    for algorithm in ["HS256", "RS256", "ES256", "EdDSA"] {
        let djwto = Djwto::with(|config| {
            config.compat.djwto.algorithm = algorithm.into();
            // one is drawn
            config.compat.djwto.signing_key = "".into();
        })
        .await;
        let (refresh, access) = pair_of(&djwto.log_in("alice").await);
        assert_eq!(part_of(&access, 0), json!({"alg": algorithm, "typ": "JWT"}));
        assert_eq!(djwto.bring("/validate_access/", &access).await.status, 200);
        let answer = djwto.bring(&format!("{P}/refresh_access/"), &refresh).await;
        assert_eq!(answer.status, 200, "{algorithm}");
    }
}

#[tokio::test]
async fn the_old_key_goes_on_signing() {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let text = STANDARD.encode(pair.to_pkcs8v1().unwrap());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n");
    let djwto = Djwto::with(|config| {
        config.compat.djwto.algorithm = "ES256".into();
        config.compat.djwto.signing_key = pem.as_str().into();
    })
    .await;
    let (_, access) = pair_of(&djwto.log_in("alice").await);
    let (message, signature) = access.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pair.public_key().as_ref());
    public.verify(message.as_bytes(), &signature).unwrap();

    // a key that is none, or one of another kind, is no start
    for (algorithm, key) in [("ES256", "secret"), ("EdDSA", pem.as_str()), ("RS256", pem.as_str())] {
        let mut config = Config::default();
        let settings = &mut config.compat.djwto;
        settings.enabled = true;
        settings.algorithm = algorithm.into();
        settings.signing_key = key.into();
        let faults: Vec<String> = compat::faults(&config).iter().map(ToString::to_string).collect();
        let expected = format!("compat.djwto has a signing key that is none for {algorithm}");
        assert_eq!(faults, [expected]);
    }
}

#[tokio::test]
async fn claims_are_as_they_are_set() {
    let djwto = Djwto::with(|config| {
        let settings = &mut config.compat.djwto;
        settings.issuer = "us".into();
        settings.subject = "people".into();
        settings.audience = vec!["one".to_owned()];
        settings.not_before = Seconds(2);
        settings.access_lifetime = Seconds(60);
        settings.refresh_lifetime = Seconds(600);
    })
    .await;
    let (first, access) = pair_of(&djwto.log_in("alice").await);
    let (refresh, access) = (part_of(&first, 1), part_of(&access, 1));
    let iat = refresh["iat"].as_i64().unwrap();
    for (claims, kind, lasts) in [(&refresh, "refresh", 600), (&access, "access", 60)] {
        assert_eq!(
            (&claims["iss"], &claims["sub"], &claims["aud"]),
            (&json!("us"), &json!("people"), &json!("one"))
        );
        assert_eq!(
            (&claims["nbf"], &claims["exp"], &claims["type"]),
            (&json!(iat + 2), &json!(iat + lasts), &json!(kind))
        );
    }
    assert_eq!(refresh["jti"], access["jti"]);
    assert_eq!(
        (&refresh["refresh_iat"], &access["refresh_iat"]),
        (&Value::Null, &json!(iat))
    );

    // whoever waited once does not wait again
    djwto.place.test.advance(std::time::Duration::from_secs(2));
    let (next, access) = pair_of(&djwto.bring(&format!("{P}/update_refresh/"), &first).await);
    for token in [&next, &access] {
        assert_eq!(part_of(token, 1)["nbf"], json!(iat + 2));
    }
    assert_eq!(djwto.bring("/validate_access/", &access).await.status, 200);
    let answer = djwto.bring(&format!("{P}/refresh_access/"), &next).await;
    assert_eq!(answer.status, 200, "{}", answer.text);

    let djwto = Djwto::with(|config| config.compat.djwto.iat = false).await;
    let (_, access) = pair_of(&djwto.log_in("alice").await);
    let claims = part_of(&access, 1);
    assert_eq!((&claims["iat"], &claims["refresh_iat"]), (&Value::Null, &Value::Null));
    assert_eq!(djwto.bring("/validate_access/", &access).await.status, 200);
}

/// What `process_user` and `process_perms` were replaced for.
#[tokio::test]
async fn the_user_in_the_tokens_is_as_it_is_set() {
    let djwto = Djwto::with(|config| {
        let settings = &mut config.compat.djwto;
        settings.user_claims = ["email", "attributes.city"].map(str::to_owned).to_vec();
        settings.permissions = "none".into();
    })
    .await;
    let (refresh, access) = pair_of(&djwto.log_in("carol").await);
    let (again, renewed) = pair_of(&djwto.bring(&format!("{P}/refresh_access/"), &refresh).await);
    let expected = json!({"username": "carol", "id": 3, "perms": [], "email": "carol@example.org", "city": null});
    for token in [&refresh, &access, &again, &renewed] {
        assert_eq!(part_of(token, 1)["user"], expected);
    }
}

#[tokio::test]
async fn a_sign_in_lasts_as_long_as_the_settings_say() {
    const DAY: u64 = 86_400;
    for (refresh, session, expected) in [
        (DAY, None, 90 * DAY),
        (DAY, Some(7 * DAY), 7 * DAY),
        (DAY, Some(0), 0),
        (100 * DAY, None, 100 * DAY),
        (0, None, 0),
        (0, Some(7 * DAY), 7 * DAY),
    ] {
        let mut config = Config::default();
        let settings = &mut config.compat.djwto;
        settings.refresh_lifetime = Seconds(refresh);
        settings.session_lifetime = session.map(Seconds);
        assert_eq!(settings.longest_sign_in(), Seconds(expected), "{refresh} {session:?}");
    }
    for (text, expected) in [("", Vec::new()), ("60", vec!["compat.djwto.session_lifetime"])] {
        let env = [("ENABLED", "true"), ("SESSION_LIFETIME", text)];
        let env = env.map(|(key, value)| (format!("SERENO__COMPAT__DJWTO__{key}"), value.to_owned()));
        let (_, faults) = Config::read(None, env, Vec::new());
        let faults: Vec<&str> = faults.0.iter().map(|fault| fault.setting.as_str()).collect();
        assert_eq!(faults, expected);
    }
    // without end means no `exp`, in either token's own way
    for (access, refresh, ends) in [(0, 0, (false, false)), (300, 0, (true, false)), (0, 600, (true, true))] {
        let djwto = Djwto::with(|config| {
            let settings = &mut config.compat.djwto;
            (settings.access_lifetime, settings.refresh_lifetime) = (Seconds(access), Seconds(refresh));
        })
        .await;
        let (refresh, access) = pair_of(&djwto.log_in("alice").await);
        let has_end = |token: &str| part_of(token, 1)["exp"].is_i64();
        assert_eq!((has_end(&access), has_end(&refresh)), ends);
    }
}

#[tokio::test]
async fn people_sign_in_with_what_is_set() {
    for (field, whom) in [("username", "alice"), ("email", "alice@example.org")] {
        let djwto = Djwto::with(|config| config.compat.djwto.username_field = field.into()).await;
        let log_in = async |fields: &[(&str, &str)]| {
            let answer = djwto.place.form("/login/", fields, &[]).await;
            (
                answer.status,
                answer.json()["error"].as_str().unwrap_or_default().to_owned(),
            )
        };
        let required = r#"{"username": ["This field is required."], "password": ["This field is required."]}"#;
        assert_eq!(log_in(&[]).await, (401, required.to_owned()));
        let (status, said) = log_in(&[("username", whom), ("password", "wrong")]).await;
        assert_eq!(
            (status, said),
            (
                401,
                format!(
                    "{{\"__all__\": [\"Please enter a correct {field} and password. Note that both fields may be case-sensitive.\"]}}"
                )
            )
        );
        // the form's field is always called the same
        let (status, said) = log_in(&[("email", whom), ("password", PASSWORD)]).await;
        assert_eq!(
            (status, said.as_str()),
            (401, r#"{"username": ["This field is required."]}"#)
        );
        let (_, access) = pair_of(&djwto.log_in("alice").await);
        let mut user = json!({"id": 1, "perms": []});
        user[field] = json!(whom);
        assert_eq!(part_of(&access, 1)["user"], user);
    }
}

#[tokio::test]
async fn cookies_are_as_they_are_set() {
    let djwto = Djwto::with(|config| {
        let settings = &mut config.compat.djwto;
        settings.mode = "TWO-COOKIES".into();
        settings.domain = "example.org".into();
        settings.same_site = "Strict".into();
        settings.secure = false;
        settings.refresh_lifetime = Seconds(0);
        settings.access_lifetime = Seconds(0);
    })
    .await;
    let set = djwto.log_in("alice").await.set_cookies();
    let cookies: Vec<_> = set.iter().filter(|cookie| cookie.starts_with("jwt_")).collect();
    assert_eq!(cookies.len(), 3);
    for cookie in cookies {
        assert!(
            cookie.contains("SameSite=Strict") && cookie.contains("Domain=example.org"),
            "{cookie}"
        );
        for absent in ["Secure", "Max-Age", "Expires"] {
            assert!(!cookie.contains(absent), "{cookie}");
        }
    }
}

#[tokio::test]
async fn csrf_can_be_switched_off_and_origins_trusted() {
    let djwto = Djwto::with(|config| {
        config.compat.djwto.mode = "ONE-COOKIE".into();
        config.compat.djwto.csrf = false;
    })
    .await;
    let mut browser = Browser::new(&djwto);
    browser
        .post("/login/", &[("username", "alice"), ("password", PASSWORD)])
        .await;
    browser.put("csrftoken", "wrong");
    assert_eq!(browser.post("/validate_access/", &[]).await.status, 200);

    let djwto = Djwto::with(|config| {
        config.compat.djwto.mode = "ONE-COOKIE".into();
        config.compat.djwto.trusted_origins = vec!["https://app.example.org".to_owned()];
    })
    .await;
    let next_door = CreateApplication {
        origins: vec!["https://next.example.org".to_owned()],
        ..called("next-door")
    };
    register(&djwto.place.test, next_door).await.unwrap();
    let answer = djwto.log_in("alice").await;
    let (access, csrf) = (
        answer.cookie("jwt_access").unwrap(),
        answer.cookie("csrftoken").unwrap(),
    );
    let cookie = format!("jwt_access={access}; csrftoken={csrf}");
    for (origin, status, readable) in [
        ("https://app.example.org", 200, "https://app.example.org"),
        ("https://evil.example.org", 403, ""),
        // of another application
        ("https://next.example.org", 403, ""),
    ] {
        let headers = [("cookie", cookie.as_str()), ("x-csrftoken", &csrf), ("origin", origin)];
        let answer = djwto.place.send("POST", "/validate_access/", &headers, "").await;
        assert_eq!(
            (answer.status, answer.header("access-control-allow-origin")),
            (status, readable),
            "{origin}"
        );
    }
    let asks = [
        ("origin", "https://app.example.org"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "x-csrftoken"),
    ];
    let answer = djwto.place.send("OPTIONS", "/validate_access/", &asks, "").await;
    assert!(answer.header("access-control-allow-headers").contains("x-csrftoken"));
    assert_eq!(answer.header("access-control-allow-origin"), "https://app.example.org");
}

#[tokio::test]
async fn prolonging_can_be_switched_off() {
    let djwto = Djwto::with(|config| config.compat.djwto.allow_refresh_update = false).await;
    let (refresh, _) = pair_of(&djwto.log_in("alice").await);
    for method in ["POST", "GET", "OPTIONS"] {
        for path in [format!("{P}/update_refresh/"), format!("{P}/update_refresh")] {
            let bearer = format!("Bearer {refresh}");
            let headers = [("authorization", bearer.as_str())];
            let answer = djwto.place.send(method, &path, &headers, "").await;
            assert_eq!(answer.status, 404, "{method} {path}");
            assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
            assert!(answer.text.contains("<title>Not Found</title>"), "{}", answer.text);
        }
    }
    let answer = djwto.bring(&format!("{P}/refresh_access/"), &refresh).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn its_application_is_shown_and_kept_by_the_configuration() {
    let djwto = Djwto::with(|_| ()).await;
    let test = &djwto.place.test;
    let staff = test.system().await;
    let page = admin::list(&test.sereno, &staff, ApplicationQuery::default())
        .await
        .unwrap();
    let row = page.items.iter().find(|row| row.client_id == "compat-djwto").unwrap();
    assert!(row.is_managed && row.is_enabled && !row.is_builtin);
    let change = UpdateApplication {
        name: Some("Mine".to_owned()),
        ..UpdateApplication::default()
    };
    let outcome = admin::update(&test.sereno, &test.meta(), &staff, &row.id, change).await;
    assert_eq!(refused(outcome), Code::ManagedByConfiguration);
    let outcome = admin::delete(&test.sereno, &test.meta(), &staff, &row.id).await;
    assert_eq!(refused(outcome), Code::ManagedByConfiguration);
    let outcome = admin::create_secret(&test.sereno, &test.meta(), &staff, &row.id).await;
    assert_eq!(refused(outcome), Code::ManagedByConfiguration);
}

#[tokio::test]
async fn another_start_changes_what_the_settings_change() {
    let djwto = Djwto::with(|_| ()).await;
    let (refresh, access) = pair_of(&djwto.log_in("alice").await);
    let key = "another key of more than thirty-two bytes";
    let other = djwto
        .place
        .restarted(|config| {
            config.compat.djwto.signing_key = key.into();
            config.compat.djwto.access_lifetime = Seconds(60);
        })
        .await;
    // the key before goes on verifying, so that nobody is thrown out
    let bearer = format!("Bearer {access}");
    let headers = [("authorization", bearer.as_str())];
    assert_eq!(other.send("POST", "/validate_access/", &headers, "").await.status, 200);
    let bearer = format!("Bearer {refresh}");
    let headers = [("authorization", bearer.as_str())];
    let answer = other.send("POST", &format!("{P}/refresh_access/"), &headers, "").await;
    let claims = part_of(&pair_of(&answer).1, 1);
    assert_eq!(
        claims["exp"]
            .as_i64()
            .zip(claims["iat"].as_i64())
            .map(|(exp, iat)| exp - iat),
        Some(60)
    );

    let off = djwto
        .place
        .restarted(|config| config.compat.djwto.enabled = false)
        .await;
    let enabled = "application WHERE client_id = 'compat-djwto' AND is_enabled";
    assert_eq!(off.test.count(enabled).await, 0, "its row stays, switched off");
    let again = djwto.place.restarted(|_| ()).await;
    assert_eq!(again.test.count(enabled).await, 1);
}

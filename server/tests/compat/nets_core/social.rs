//! Signing in with what a provider handed out.

use serde_json::{Value, json};
use sereno_core::testing::{FakeProvider, Says, Signing};
use sereno_types::SocialKind;

use super::fixture::{CLIENT, NetsCore, pair_of};
use super::providers;

async fn with_google() -> (NetsCore, FakeProvider) {
    let facade = NetsCore::with(|_| ()).await;
    let google = FakeProvider::start(&facade.place.test).await;
    google
        .set_up(&facade.place.test, google.settings(SocialKind::Google))
        .await;
    (facade, google)
}

fn body(facade: &NetsCore, token: &str) -> Value {
    json!({"token": token, "client_id": CLIENT, "client_secret": facade.secret()})
}

#[tokio::test]
async fn a_token_of_googles_signs_in_at_both_doors() {
    let (facade, google) = with_google().await;
    for door in ["/loginWithGoogleSocial/", "/loginWithGoogle/"] {
        let token = google.id_token(&json!({}));
        let answer = facade.json(door, &body(&facade, &token), None).await;
        let (access, _) = pair_of(&answer);
        let user = &answer.json()["data"]["user"];
        assert_eq!(user["email"], "ana@example.org", "{door}");
        assert_eq!(user["full_name"], "Ana García");
        let shown = facade.json("/getProfile/", &json!({}), Some(&access)).await;
        assert_eq!(shown.status, 200, "{}", shown.text);
        assert_eq!(answer.set_cookies().len(), 2);
    }
}

#[tokio::test]
async fn each_door_refuses_in_its_own_words() {
    let (facade, google) = with_google().await;
    let said = async |door: &str, token: &str| {
        let answer = facade.json(door, &body(&facade, token), None).await;
        assert_eq!(answer.set_cookies(), Vec::<String>::new());
        (answer.status, answer.json()["message"].as_str().unwrap().to_owned())
    };
    let other = google.id_token(&json!({"aud": "x"}));
    let (status, text) = said("/loginWithGoogleSocial/", &other).await;
    assert_eq!(status, 400);
    assert!(
        text.starts_with("Token has wrong audience x, expected one of ['"),
        "{text}"
    );
    assert_eq!(
        said("/loginWithGoogle/", &other).await,
        (200, "Invalid token".to_owned())
    );
    let (_, text) = said("/loginWithGoogleSocial/", "bad").await;
    assert_eq!(text, "Wrong number of segments in token: b'bad'");
    google.sign(Signing::Forged);
    let forged = google.id_token(&json!({}));
    let (_, text) = said("/loginWithGoogleSocial/", &forged).await;
    assert_eq!(text, "Could not verify token signature.");
}

#[tokio::test]
async fn without_a_provider_each_says_so() {
    let facade = NetsCore::with(|_| ()).await;
    for (door, status, said) in [
        ("/loginWithGoogle/", 500, "Google client id not set"),
        ("/loginWithGoogleSocial/", 400, "Google client id not set"),
        ("/loginWithApple/", 400, "Apple client id not set"),
        ("/loginWithMicrosoft/", 400, "Microsoft client id not set"),
    ] {
        let answer = facade.json(door, &body(&facade, "x"), None).await;
        assert_eq!(answer.status, status, "{door}");
        assert_eq!(answer.json()["message"], said, "{door}");
    }
}

/// Of a request whose token and whose application are both wrong, the package names the token.
#[tokio::test]
async fn a_token_is_looked_at_before_the_application() {
    let (facade, google) = with_google().await;
    let said = async |door: &str, token: &str, client_id: &str, secret: &str| {
        let body = json!({"token": token, "client_id": client_id, "client_secret": secret});
        let answer = facade.json(door, &body, None).await;
        assert_eq!(answer.set_cookies(), Vec::<String>::new());
        (answer.status, answer.json()["message"].as_str().unwrap().to_owned())
    };
    let (newer, older) = ("/loginWithGoogleSocial/", "/loginWithGoogle/");
    let segments = "Wrong number of segments in token: b'bad'";
    for (client_id, of_client, of_older) in [
        ("nope", "Invalid client_id", (400, "Invalid arkadu client id")),
        (CLIENT, "Invalid client_secret", (200, "Invalid client_secret")),
    ] {
        assert_eq!(said(newer, "bad", client_id, "x").await, (400, segments.to_owned()));
        assert_eq!(
            said(older, "bad", client_id, "x").await,
            (200, "Invalid token".to_owned())
        );
        let token = google.id_token(&json!({}));
        assert_eq!(said(newer, &token, client_id, "é").await, (400, of_client.to_owned()));
        assert_eq!(
            said(older, &token, client_id, "x").await,
            (of_older.0, of_older.1.to_owned())
        );
    }
    assert_eq!(
        said("/loginWithApple/", "bad", "nope", "x").await.1,
        "Apple client id not set"
    );
    // and nobody has got an account by any of it
    let query = sereno_types::UserQuery {
        q: Some("ana@example.org".to_owned()),
        ..sereno_types::UserQuery::default()
    };
    let test = &facade.place.test;
    let found = sereno_core::account::admin::list(&test.sereno, &test.system().await, query).await;
    assert_eq!(found.unwrap().total, 0);
}

/// The SDKs of Google and Apple put nonces in by themselves, and apps never told them.
#[tokio::test]
async fn a_nonce_counts_where_the_client_tells_it() {
    let facade = NetsCore::with(|_| ()).await;
    let provider = providers::start(&facade.place.test, "").await;
    for (door, audience) in [
        ("/loginWithGoogleSocial/", "google-client"),
        ("/loginWithGoogle/", "google-client"),
        ("/loginWithApple/", "apple-client"),
    ] {
        for (claimed, told, is_good) in [
            ("n-1", Value::Null, true),
            ("n-1", json!(""), true),
            ("n-1", json!("n-1"), true),
            ("(absent)", Value::Null, true),
            ("n-1", json!("n-2"), false),
            ("(absent)", json!("n-1"), false),
        ] {
            let email = format!("{audience}@example.org");
            let claims = json!({"aud": audience, "nonce": claimed, "sub": audience, "email": email});
            let mut body = body(&facade, &provider.id_token(&claims));
            body["nonce"] = told.clone();
            let answer = facade.json(door, &body, None).await;
            assert_eq!(
                answer.json()["res"],
                json!(u8::from(is_good)),
                "{door} {claimed} {told}"
            );
        }
    }
    let token = provider.id_token(&json!({"aud": "google-client", "nonce": "n-1"}));
    let answer = facade
        .json("/loginWithGoogleSocial/", &body(&facade, &token), None)
        .await;
    pair_of(&answer);
}

/// Apps on phones ask Google for the token of their server (`azp` is the app), and Google goes by two names.
#[tokio::test]
async fn a_token_of_googles_is_for_its_audience_by_either_name() {
    let (facade, google) = with_google().await;
    let short = google.url.split_once("://").unwrap().1;
    for door in ["/loginWithGoogleSocial/", "/loginWithGoogle/"] {
        for claims in [json!({"azp": "android-client"}), json!({"iss": short})] {
            let answer = facade.json(door, &body(&facade, &google.id_token(&claims)), None).await;
            pair_of(&answer);
        }
    }
    let other = google.id_token(&json!({"iss": "evil.example"}));
    let answer = facade
        .json("/loginWithGoogleSocial/", &body(&facade, &other), None)
        .await;
    assert_eq!(answer.status, 400, "{}", answer.text);
    let said = answer.json()["message"].as_str().unwrap().to_owned();
    assert!(said.starts_with("Wrong issuer."), "{said}");
}

#[tokio::test]
async fn an_address_is_no_name() {
    let facade = NetsCore::with(|_| ()).await;
    let provider = providers::start(&facade.place.test, "").await;
    let none = "(absent)";
    let token = provider.id_token(&json!({
        "aud": "apple-client", "email": "ana@example.com", "name": none, "given_name": none, "family_name": none,
    }));
    let answer = facade.json("/loginWithApple/", &body(&facade, &token), None).await;
    pair_of(&answer);
    let user = &answer.json()["data"]["user"];
    assert_eq!(
        (&user["email"], &user["first_name"], &user["full_name"]),
        (&json!("ana@example.com"), &json!(""), &json!(""))
    );
}

#[tokio::test]
async fn who_has_no_address_signs_in_at_both_doors_of_googles() {
    let (facade, google) = with_google().await;
    for door in ["/loginWithGoogleSocial/", "/loginWithGoogle/"] {
        let token = google.id_token(&json!({"email": "(absent)"}));
        let answer = facade.json(door, &body(&facade, &token), None).await;
        pair_of(&answer);
        assert_eq!(answer.json()["data"]["user"]["email"], "", "{door}");
    }
}

/// A token that its provider refuses is a bad one; a provider that does not answer says nothing of it.
#[tokio::test]
async fn a_provider_that_is_away_is_no_bad_token() {
    let doors = [
        (
            "/loginWithFacebook/",
            "facebook.ok.form",
            "/me",
            "Invalid Facebook token",
        ),
        (
            "/loginWithMicrosoft/",
            "microsoft.ok.new_user",
            "/v1.0/me",
            "Invalid Microsoft token",
        ),
        (
            "/loginWithGithub/",
            "github.public_email",
            "/user",
            "Invalid GitHub token",
        ),
    ];
    let facade = NetsCore::with(|_| ()).await;
    let provider = providers::start(&facade.place.test, "").await;
    for (door, exchange, path, said) in doors {
        let token = providers::token(&provider, exchange);
        for (says, status) in [
            (Says::Empty(401), 400),
            (Says::Json(403, json!({"error": {"code": 190}})), 400),
            (Says::Empty(500), 503),
            (Says::Empty(429), 503),
        ] {
            provider.say(path, says.clone());
            let answer = facade.json(door, &body(&facade, &token), None).await;
            assert_eq!(answer.status, status, "{door} {says:?} {}", answer.text);
            assert_eq!(answer.json()["res"], 0);
            assert_eq!(
                answer.json()["message"] == said,
                status == 400,
                "{door} {}",
                answer.text
            );
        }
    }
    for (status, expected) in [(404, 400), (503, 503)] {
        let facade = NetsCore::with(|_| ()).await;
        let provider = providers::start(&facade.place.test, "").await;
        provider.say("/keys", Says::Empty(status));
        let token = provider.id_token(&json!({"aud": "apple-client"}));
        let answer = facade.json("/loginWithApple/", &body(&facade, &token), None).await;
        assert_eq!(answer.status, expected, "{}", answer.text);
        assert_eq!(
            answer.json()["message"] == "Unable to validate Apple token",
            expected == 400,
            "{}",
            answer.text
        );
        let token = provider.id_token(&json!({"aud": "google-client"}));
        let answer = facade.json("/loginWithGoogle/", &body(&facade, &token), None).await;
        assert_eq!(answer.json()["res"], 0, "{}", answer.text);
    }
}

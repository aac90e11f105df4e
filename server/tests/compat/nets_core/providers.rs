//! The providers of the recordings: one machine that is all of them, and what each exchange brought of them.

use serde_json::{Value, json};
use sereno_core::testing::{CLIENT, FakeProvider, Says, Signing, TestSereno};
use sereno_types::SocialKind;

/// A key for ES256 in PEM, made for these tests: Apple wants one.
const KEY: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgah//OwuHrLmQeFpD
clYqZFbCiTblgvJPQG+nloTHtoKhRANCAATqqRaCiQTpPZQqZ/ugBAwoOPnMsOWZ
qFeAKFnLb1WYE4EvPsBSB1X6nrXiA7at6J1jZBu+D1g000TUKYQLSLXX
-----END PRIVATE KEY-----";
/// Whose people sign in at Microsoft.
const TENANT: &str = "aaaabbbb-0000-cccc-1111-dddd2222eeee";

/// Sets all of them up, under their usual names behind this.
pub async fn start(test: &TestSereno, before: &str) -> FakeProvider {
    let provider = FakeProvider::start(test).await;
    for kind in [
        SocialKind::Google,
        SocialKind::Apple,
        SocialKind::Facebook,
        SocialKind::Microsoft,
        SocialKind::Github,
    ] {
        let mut command = provider.settings(kind);
        command.slug.insert_str(0, before);
        match kind {
            // as the package was configured
            SocialKind::Google => "google-client".clone_into(&mut command.client_id),
            SocialKind::Apple => {
                "apple-client".clone_into(&mut command.client_id);
                command.client_secret = Some(KEY.into());
                command.settings.team_id = Some("TEAM123456".to_owned());
                command.settings.key_id = Some("KEY1234567".to_owned());
            }
            _ => {}
        }
        provider.set_up(test, command).await;
    }
    provider
}

/// What an exchange brought; the providers say from then on what they said when it was recorded.
pub fn token(provider: &FakeProvider, exchange: &str) -> String {
    let says = |path: &str, answer: Value| provider.say(path, Says::Json(200, answer));
    let (door, case) = exchange.split_once('.').unwrap();
    match door {
        "google_social" | "google_legacy" | "apple" => id_token(provider, door, case),
        "facebook" => {
            let me = match case {
                "ok.form" | "wrong_client_secret" => json!({
                    "id": "10158", "name": "Fay Book", "first_name": "Fay", "last_name": "Book", "email": "fay@example.com",
                }),
                _ => json!({}),
            };
            says(
                "/debug_token",
                json!({"data": {"app_id": CLIENT.0, "is_valid": true, "user_id": "10158"}}),
            );
            says("/me", me);
            "fb-token".to_owned()
        }
        "microsoft" => {
            let me = match case {
                "upn_fallback" => json!({"displayName": "Upn Only", "userPrincipalName": "upn@tenant.example"}),
                _ => json!({
                    "displayName": "Mic Soft", "givenName": "Mic", "surname": "Soft", "mail": "mic@example.com",
                }),
            };
            let mut mine = me;
            mine["id"] = json!("an-oid");
            says("/v1.0/me", mine);
            match case {
                "bad_token" => "bad".to_owned(),
                _ => provider.id_token(&json!({"appid": CLIENT.0, "tid": TENANT, "oid": "an-oid"})),
            }
        }
        "github" => {
            let check = format!("/applications/{}/token", CLIENT.0);
            if case == "bad_token" {
                provider.say(&check, Says::Json(404, json!({"message": "Not Found"})));
                return "bad".to_owned();
            }
            says(&check, json!({"app": {"client_id": CLIENT.0}}));
            let (user, emails) = match case {
                "public_email" => (
                    json!({"id": 2, "login": "pub", "name": "Pub Lic", "email": "pub@example.com"}),
                    json!([]),
                ),
                _ => (
                    json!({"id": 1, "login": "octo"}),
                    json!([{"email": "unv@example.com", "primary": false, "verified": false}]),
                ),
            };
            says("/user", user);
            says("/user/emails", emails);
            "gh-token".to_owned()
        }
        other => panic!("nobody knows what {other} hands out"),
    }
}

fn id_token(provider: &FakeProvider, door: &str, case: &str) -> String {
    let audience = if door == "apple" {
        "apple-client"
    } else {
        "google-client"
    };
    let mut claims = json!({
        "aud": audience, "sub": format!("{door}.{case}"), "email": "goo@example.com", "email_verified": true,
        "name": "Goo Gle", "given_name": "Goo", "family_name": "Gle",
    });
    if door == "apple" {
        // Apple's tokens hold no names
        for name in ["name", "given_name", "family_name"] {
            claims[name] = json!("(absent)");
        }
    }
    let mut signing = Signing::Right;
    match case {
        "wrong_audience" => claims["aud"] = json!("x"),
        // an hour before the clock of the tests
        "expired" => claims["exp"] = json!(1_767_222_000),
        "bad_signature" | "unknown_kid" => signing = Signing::Forged,
        "no_email" | "no_email_uses_sub" => claims["email"] = json!("(absent)"),
        "email_not_verified_accepted" => {
            claims["email"] = json!("nvgoogle_social@example.com");
            claims["email_verified"] = json!(false);
        }
        "only_name" => {
            claims["email"] = json!("ongoogle_legacy@example.com");
            claims["given_name"] = json!("(absent)");
            claims["family_name"] = json!("(absent)");
        }
        "ok.new_user" | "ok.existing" if door == "google_legacy" => claims["email"] = json!("legacy@example.com"),
        _ => {}
    }
    provider.sign(signing);
    let token = provider.id_token(&claims);
    provider.sign(Signing::Right);
    token
}

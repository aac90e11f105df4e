//! Every setting, and what keeps the server from starting.

use serde_json::json;
use sereno_core::config::Config;
use sereno_server::compat;

use super::fixture::{CLIENT, NetsCore, png};
use super::providers;

/// What `config check` would name.
fn faults(text: &str) -> Vec<String> {
    let text = format!("[compat.nets_core]\nenabled = true\n{text}\n");
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
        ("prefix = \"x\"", "prefix"),
        ("prefix = \"/media\"", "prefix"),
        ("token_path = \"/o/\"", "token_path"),
        ("fields = []", "fields"),
        ("[login_code]\nalphabet = \"0123456789ABC\"", "enabled"),
        ("[login_code]\nenabled = false", "enabled"),
    ] {
        assert_eq!(faults(setting), [format!("compat.nets_core.{key}")], "{setting}");
    }
    let both = "prefix = \"/\"\n[compat.djwto]\nenabled = true\nprefix = \"/\"";
    assert!(!faults(both).is_empty(), "both have a door at /login/");
}

#[tokio::test]
async fn doors_stand_where_they_are_put() {
    let facade = NetsCore::with(|config| {
        let settings = &mut config.compat.nets_core;
        settings.prefix = "/api/auth".into();
        settings.token_path = "oauth2".into();
    })
    .await;
    let (access, _) = facade.sign_in("otp@example.com").await;
    assert_eq!(facade.json("/getProfile/", &json!({}), Some(&access)).await.status, 200);
    assert_eq!(facade.form("/oauth2/token/", &[]).await.status, 400);
    assert_eq!(facade.form("/o/token/", &[]).await.status, 404);
}

#[tokio::test]
async fn a_device_need_not_be_described() {
    let facade = NetsCore::with(|config| config.compat.nets_core.device_required = false).await;
    let answer = facade.json("/login/", &json!({"email": "otp@example.com"}), None).await;
    assert_eq!(answer.json()["extra"], json!({"device_uuid": null}));
}

#[tokio::test]
async fn without_session_cookies_none_is_set_and_none_speaks() {
    let facade = NetsCore::with(|config| config.compat.nets_core.session_cookie = false).await;
    let (code, device) = facade.ask("otp@example.com").await;
    let body = facade.credentials("otp@example.com", &code, &device);
    let answer = facade.json("/authenticate/", &body, None).await;
    assert_eq!(answer.set_cookies(), Vec::<String>::new());
    let (access, _) = super::fixture::pair_of(&answer);
    let cookie = format!("sessionid={access}");
    let shown = facade
        .place
        .send("GET", "/getProfile/", &[("cookie", &cookie)], "")
        .await;
    assert_eq!(shown.status, 403);
}

#[tokio::test]
async fn fields_are_those_of_the_settings() {
    let facade = NetsCore::with(|config| {
        let settings = &mut config.compat.nets_core;
        settings.fields = ["email", "id", "city", "tax_number"].map(str::to_owned).to_vec();
        settings.protected_words = vec!["tax".to_owned()];
        settings.prohibited_fields = vec!["first_name".to_owned()];
    })
    .await;
    let (access, _) = facade.sign_in("otp@example.com").await;
    let body = json!({"city": "Lima", "first_name": "Otto", "zzz": 1});
    let answer = facade.json("/update/", &body, Some(&access)).await;
    assert_eq!(
        answer.text,
        r#"{"res": 1, "data": {"email": "otp@example.com", "id": 6, "city": "Lima"}}"#
    );
    let all = json!({"fields": ["first_name", "zzz", "tax_number"]});
    let shown = facade.json("/getProfile/", &all, Some(&access)).await;
    assert_eq!(shown.json()["data"], json!({"first_name": ""}));
}

/// Nor is a picture, which comes beside the fields.
#[tokio::test]
async fn a_prohibited_picture_is_passed_over() {
    let facade = NetsCore::with(|config| {
        let settings = &mut config.compat.nets_core;
        settings.fields = ["first_name", "avatar"].map(str::to_owned).to_vec();
        settings.prohibited_fields = vec!["avatar".to_owned()];
    })
    .await;
    let (access, _) = facade.sign_in("otp@example.com").await;
    let bearer = format!("Bearer {access}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "multipart/form-data; boundary=parts"),
    ];
    let mut body = b"--parts\r\nContent-Disposition: form-data; name=\"first_name\"\r\n\r\nOtto\r\n\
        --parts\r\nContent-Disposition: form-data; name=\"avatar\"; filename=\"me.png\"\r\n\r\n"
        .to_vec();
    body.extend(png(0));
    body.extend_from_slice(b"\r\n--parts--\r\n");
    let answer = facade.place.send("POST", "/update/", &headers, body).await;
    assert_eq!(
        answer.json()["data"],
        json!({"first_name": "Otto", "avatar": null}),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn the_description_says_what_the_settings_say() {
    let facade = NetsCore::with(|config| {
        let settings = &mut config.compat.nets_core;
        settings.openapi_title = "Ours".into();
        settings.openapi_version = "2".into();
        settings.openapi_description = "About".into();
        settings.openapi_tags = vec!["auth".to_owned()];
    })
    .await;
    let said = facade.place.send("GET", "/openapi.json", &[], "").await.json();
    let info = json!({"title": "Ours", "version": "2", "description": "About"});
    assert_eq!(said["info"], info);
    assert_eq!(said["paths"]["/login/"]["post"]["tags"], json!(["auth"]));
}

#[tokio::test]
async fn what_is_switched_off_is_not_there() {
    let facade = NetsCore::with(|config| config.compat.nets_core.enabled = false).await;
    for door in ["/login/", "/authenticate/", "/o/token/"] {
        assert_eq!(facade.json(door, &json!({}), None).await.status, 404, "{door}");
    }
}

#[tokio::test]
async fn each_door_asks_the_provider_that_the_settings_name() {
    let facade = NetsCore::with(|config| {
        let settings = &mut config.compat.nets_core;
        for slug in [
            &mut settings.google,
            &mut settings.apple,
            &mut settings.facebook,
            &mut settings.microsoft,
            &mut settings.github,
        ] {
            slug.insert_str(0, "our-");
        }
    })
    .await;
    let provider = providers::start(&facade.place.test, "our-").await;
    for (door, exchange) in [
        ("/loginWithGoogle/", "google_legacy.ok.new_user"),
        ("/loginWithGoogleSocial/", "google_social.ok.new_user"),
        ("/loginWithApple/", "apple.no_email_uses_sub"),
        ("/loginWithFacebook/", "facebook.ok.form"),
        ("/loginWithMicrosoft/", "microsoft.ok.new_user"),
        ("/loginWithGithub/", "github.public_email"),
    ] {
        let token = providers::token(&provider, exchange);
        let body = json!({"token": token, "client_id": CLIENT, "client_secret": facade.secret()});
        let answer = facade.json(door, &body, None).await;
        assert_eq!(
            (answer.status, &answer.json()["res"]),
            (200, &json!(1)),
            "{door} {}",
            answer.text
        );
    }
}

//! What clients do from one end to the other.

use serde_json::json;

use super::fixture::{CLIENT, NetsCore, png};

/// Signs in, looks, changes, refreshes, looks again, signs out, and is out.
#[tokio::test]
async fn a_telephones_journey() {
    let facade = NetsCore::with(|_| ()).await;
    let (code, device) = facade.ask("neu@example.com").await;
    let (access, refresh) = facade.enter("neu@example.com", &code, &device).await;
    let profile = facade.json("/getProfile/", &json!({}), Some(&access)).await.json();
    assert_eq!(profile["data"]["email"], "neu@example.com");
    assert_eq!(profile["data"]["email_verified"], true);

    let answer = facade
        .json(
            "/update/",
            &json!({"first_name": "Neu", "last_name": "Ling"}),
            Some(&access),
        )
        .await;
    assert_eq!(answer.json()["data"]["full_name"], "Neu Ling");

    let secret = facade.secret().to_owned();
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh.as_str()),
        ("client_id", CLIENT),
        ("client_secret", secret.as_str()),
    ];
    let answer = facade.form("/o/token/", &fields).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let renewed = answer.json();
    let access = renewed["access_token"].as_str().unwrap();
    let profile = facade
        .json("/getProfile/", &json!({"fields": ["id"]}), Some(access))
        .await;
    assert_eq!(profile.status, 200, "{}", profile.text);
    assert!(profile.json()["data"]["email"].is_null());

    let body = json!({"device_uuid": device});
    assert_eq!(facade.json("/logout/", &body, Some(access)).await.status, 200);
    assert_eq!(facade.json("/getProfile/", &json!({}), Some(access)).await.status, 403);
    let refresh = renewed["refresh_token"].as_str().unwrap();
    let fields = [fields[0], ("refresh_token", refresh), fields[2], fields[3]];
    assert_eq!(facade.form("/o/token/", &fields).await.json()["error"], "invalid_grant");

    // and in again
    let (access, _) = facade.sign_in("neu@example.com").await;
    let profile = facade.json("/getProfile/", &json!({}), Some(&access)).await.json();
    assert_eq!(profile["data"]["first_name"], "Neu");
}

/// A picture, names and another address come in one form; the address counts when its mail was answered.
#[tokio::test]
async fn a_profile_is_changed_with_its_picture() {
    let facade = NetsCore::with(|config| {
        let fields = &mut config.compat.nets_core.fields;
        *fields = ["email", "first_name", "avatar"].map(str::to_owned).to_vec();
    })
    .await;
    let (access, _) = facade.sign_in("otp@example.com").await;
    let bearer = format!("Bearer {access}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "multipart/form-data; boundary=parts"),
    ];
    let send = async |picture: &[u8], email: &str| {
        let field = |name: &str, value: &str| {
            format!("--parts\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let file = "--parts\r\nContent-Disposition: form-data; name=\"avatar\"; filename=\"me.png\"\r\n\r\n";
        let mut body = (field("first_name", "Otto") + &field("email", email) + file).into_bytes();
        body.extend_from_slice(picture);
        body.extend_from_slice(b"\r\n--parts--\r\n");
        facade.place.send("POST", "/update/", &headers, body).await
    };
    let png = png(0);
    // what is wrong with one of them keeps all of them from being changed
    for (picture, email) in [(&b"no picture"[..], "new@example.com"), (&png[..], "no address")] {
        let answer = send(picture, email).await;
        assert_eq!(answer.status, 400, "{}", answer.text);
        let shown = facade.json("/getProfile/", &json!({}), Some(&access)).await;
        let unchanged = json!({"email": "otp@example.com", "first_name": "", "avatar": null});
        assert_eq!(shown.json()["data"], unchanged);
    }
    facade.place.test.mails().await;
    let answer = send(&png, "new@example.com").await;
    let data = &answer.json()["data"];
    assert_eq!(
        (data["first_name"].as_str(), data["email"].as_str()),
        (Some("Otto"), Some("otp@example.com"))
    );
    assert!(data["avatar"].as_str().unwrap().contains("/media/user/"), "{data}");
    let mails = facade.place.test.mails().await;
    assert!(mails.iter().any(|mail| mail.recipient == "new@example.com"));
}

/// A browser goes by its cookie, and leaves by it.
#[tokio::test]
async fn a_browsers_journey() {
    let facade = NetsCore::with(|_| ()).await;
    let (code, device) = facade.ask("otp@example.com").await;
    let body = facade.credentials("otp@example.com", &code, &device);
    let answer = facade.json("/authenticate/", &body, None).await;
    let cookie = format!("sessionid={}", answer.cookie("sessionid").unwrap());
    let headers = [("cookie", cookie.as_str())];
    let shown = facade.place.send("GET", "/getProfile/", &headers, "").await;
    assert_eq!(shown.status, 200, "{}", shown.text);
    let left = facade.place.send("POST", "/logout/", &headers, "").await;
    assert_eq!(left.cookie("sessionid").as_deref(), Some("\"\""));
    let shown = facade.place.send("GET", "/getProfile/", &headers, "").await;
    assert_eq!(shown.status, 403);
}

/// Whoever wants to go asks for a code, and sends it.
#[tokio::test]
async fn an_account_is_deleted_by_a_code() {
    let facade = NetsCore::with(|_| ()).await;
    let (access, _) = facade.sign_in("u1@example.com").await;
    let (code, _) = facade.ask("u1@example.com").await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let answer = facade
        .json("/delete/", &json!({"sure": true, "code": wrong}), Some(&access))
        .await;
    assert_eq!(answer.json()["message"], "Invalid code");
    let answer = facade
        .json("/delete/", &json!({"sure": true, "code": code}), Some(&access))
        .await;
    assert_eq!(answer.json()["data"], "Account deleted successfully", "{}", answer.text);
    assert_eq!(facade.json("/getProfile/", &json!({}), Some(&access)).await.status, 403);
}

/// The page works without a script, and by the core's own mail.
#[tokio::test]
async fn an_account_is_deleted_on_the_page() {
    let facade = NetsCore::with(|_| ()).await;
    let page = facade.place.send("GET", "/requestDelete/", &[], "").await;
    assert!(page.header("content-security-policy").contains("form-action 'self'"));
    let asked = facade.form("/requestDelete/", &[("email", "u2@example.com")]).await;
    assert!(asked.text.contains("on its way"), "{}", asked.text);
    let mail = facade.place.test.mails().await.pop().unwrap();
    let code = sereno_core::testing::code_of(&mail);
    let fields = [("email", "u2@example.com"), ("code", code.as_str())];
    let done = facade.form("/requestDelete/", &fields).await;
    assert!(done.text.contains("Account deleted successfully"), "{}", done.text);
    // of whom there is not, nothing is told
    let nobody = facade.form("/requestDelete/", &[("email", "ghost@example.com")]).await;
    assert_eq!(nobody.text, asked.text.replace("u2@example.com", "ghost@example.com"));
}

//! The account journey as a browser without JavaScript makes it: forms, redirects, pages.

use sereno_core::config::Verification;

use crate::door::{Door, PASSWORD, code_of, token_of};

#[tokio::test]
async fn from_sign_up_to_sign_out_without_javascript() {
    let door = Door::new().await;
    let fields = [
        ("email", "ana@example.org"),
        ("username", "ana"),
        ("password", PASSWORD),
    ];
    let answer = door.form("/account/fn/register", &fields, "/account/sign-up", "").await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    assert_eq!(
        door.page(answer.header("location"), &answer.cookies()).await.status,
        200
    );
    let mail = door.test.mails().await.remove(0);
    let link = format!("/account/activate?token={}", token_of(&mail.text));
    for _ in 0..2 {
        let page = door.page(&link, "").await;
        assert!(page.text.contains("/account/fn/activate"), "a GET consumed the link");
        assert_eq!(page.header("referrer-policy"), "same-origin");
    }
    let answer = door
        .form("/account/fn/activate", &[("token", &token_of(&mail.text))], &link, "")
        .await;
    assert_eq!(answer.status, 303);
    let fields = [("identifier", "ana"), ("password", PASSWORD), ("next", "/account")];
    let answer = door.form("/account/fn/sign_in", &fields, "/account/sign-in", "").await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/account"));
    let cookies = answer.cookies();
    assert!(cookies.starts_with("sid="), "{cookies}");
    let page = door.page("/account", &cookies).await;
    assert!(page.text.contains("ana@example.org"), "{}", page.text);
    let answer = door.form("/account/fn/sign_out", &[], "/account", &cookies).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("location")),
        (303, "/account/signed-out")
    );
    let page = door.page("/account", &cookies).await;
    assert!(page.status.is_redirection(), "the old cookie still opens the account");
}

#[tokio::test]
async fn where_no_confirmation_is_asked_for_the_sign_up_leads_to_the_sign_in() {
    for (verification, says) in [
        (Verification::Optional, "its link confirms your address"),
        (
            Verification::None,
            "Thank you. Sign in with what you have just chosen.<",
        ),
    ] {
        let door = Door::with(|config| config.registration.verification = verification).await;
        let fields = [("email", "ana@example.org"), ("password", PASSWORD)];
        // the same for an address that is taken by now
        for _ in 0..2 {
            let answer = door.form("/account/fn/register", &fields, "/account/sign-up", "").await;
            assert_eq!(answer.status, 303, "{}", answer.text);
            let page = door.page(answer.header("location"), "").await;
            assert!(page.text.contains(says), "{}", page.text);
        }
        let fields = [("identifier", "ana@example.org"), ("password", PASSWORD)];
        let answer = door.form("/account/fn/sign_in", &fields, "/account/sign-in", "").await;
        let cookies = answer.cookies();
        let page = door.page("/account", &cookies).await;
        for wanted in ["Not confirmed", "/account/resend-activation"] {
            assert!(page.text.contains(wanted), "{}", page.text);
        }
        let fields = [("email", "ana@example.org")];
        door.form(
            "/account/fn/resend_activation",
            &fields,
            "/account/resend-activation",
            &cookies,
        )
        .await;
        let mail = door.test.mails().await.pop().unwrap();
        let token = token_of(&mail.text);
        let link = format!("/account/activate?token={token}");
        let answer = door
            .form("/account/fn/activate", &[("token", &token)], &link, &cookies)
            .await;
        assert_eq!(answer.status, 303);
        let page = door.page("/account", &cookies).await;
        assert!(!page.text.contains("Not confirmed"), "{}", page.text);
    }
}

#[tokio::test]
async fn the_code_activates_on_another_device() {
    let door = Door::new().await;
    let fields = [("email", "ana@example.org"), ("password", PASSWORD)];
    door.form("/account/fn/register", &fields, "/account/sign-up", "").await;
    let mail = door.test.mails().await.remove(0);
    let fields = [("email", "ana@example.org"), ("code", &code_of(&mail.text))];
    let answer = door
        .form("/account/fn/activate", &fields, "/account/activate", "")
        .await;
    assert_eq!(answer.status, 303);
    door.login("ana@example.org").await;
}

#[tokio::test]
async fn a_refused_form_comes_back_with_its_faults_and_values_once() {
    let door = Door::new().await;
    let fields = [("email", "ana@example"), ("username", "ana"), ("password", "1234")];
    let answer = door.form("/account/fn/register", &fields, "/account/sign-up", "").await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("location")),
        (303, "/account/sign-up")
    );
    let cookies = answer.cookies();
    let page = door.page("/account/sign-up", &cookies).await;
    for wanted in [
        "ana@example\"",
        "role=\"alert\"",
        "aria-invalid=\"true\"",
        "<title>Error:",
    ] {
        assert!(page.text.contains(wanted), "{wanted} is missing");
    }
    assert!(!page.text.contains("1234"), "the password came back");
    let page = door.page("/account/sign-up", &cookies).await;
    assert!(!page.text.contains("role=\"alert\""), "the flash stays");
}

#[tokio::test]
async fn signing_in_gives_a_new_session_and_ends_the_old_one() {
    let door = Door::new().await;
    door.user("ana@example.org", None).await;
    let fields = [("identifier", "ana@example.org"), ("password", PASSWORD)];
    let first = door
        .form("/account/fn/sign_in", &fields, "/account/sign-in", "")
        .await
        .cookies();
    let second = door
        .form("/account/fn/sign_in", &fields, "/account/sign-in", &first)
        .await
        .cookies();
    assert_ne!(first, second);
    assert!(
        door.page("/account", &first).await.status.is_redirection(),
        "the replaced session still works"
    );
    let page = door.page("/account", &second).await;
    assert_eq!(page.status, 200, "{second} {:?}", page.headers);
    let planted = format!("sid={}", "A".repeat(22));
    let answer = door
        .form("/account/fn/sign_in", &fields, "/account/sign-in", &planted)
        .await;
    assert_ne!(answer.cookies(), planted, "a planted id became a session");
}

#[tokio::test]
async fn other_sites_cannot_post_our_forms() {
    use axum::body::Body;
    let door = Door::new().await;
    for headers in [
        &[("origin", "https://evil.example")][..],
        &[("origin", "null")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site"), ("origin", "http://127.0.0.1:3000")],
    ] {
        let mut all = vec![
            ("content-type", "application/x-www-form-urlencoded"),
            ("accept", "application/json"),
        ];
        all.extend_from_slice(headers);
        let sent = crate::door::request(
            "POST",
            "/account/fn/sign_in",
            &all,
            Body::from("identifier=a&password=b"),
        );
        let answer = door.send(sent).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (403, "cross_site_request"),
            "{headers:?}"
        );
    }
}

#[tokio::test]
async fn the_hint_says_what_the_setting_says() {
    let door = Door::with(|config| config.password.min_length = 14).await;
    let page = door.page("/account/sign-up?ui_locales=de", "").await;
    assert!(page.text.contains("Mindestens 14 Zeichen"), "{}", page.text);
}

//! Signing in by a mailed code or link on the pages, as a browser without JavaScript does.

use sereno_core::config::Tester;
use sereno_core::testing::login_code_of;

use crate::door::{Door, token_of};

#[tokio::test]
async fn a_code_is_asked_for_and_entered_without_javascript() {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    let page = door.page("/account/sign-in?next=%2Faccount%2Fprofile", "").await;
    let by_code = "/account/sign-in/code?next=%2Faccount%2Fprofile";
    assert!(page.text.contains(&format!("href=\"{by_code}\"")), "{}", page.text);
    let page = door.page(by_code, "").await;
    assert!(page.text.contains("action=\"/account/fn/ask_code\" method=\"post\""));
    let blank = door
        .form("/account/fn/ask_code", &[("identifier", "")], by_code, "")
        .await;
    assert_eq!(blank.header("location"), by_code);
    let page = door.page(by_code, &blank.cookies()).await;
    assert!(page.text.contains("id=\"identifier-error\""), "{}", page.text);
    let mut places = Vec::new();
    for who in ["ana", "nobody"] {
        let fields = [("identifier", who), ("next", "/account/profile")];
        let asked = door.form("/account/fn/ask_code", &fields, by_code, "").await;
        assert_eq!(asked.status, 303);
        places.push(asked.header("location").to_owned());
    }
    let place = &places[0];
    assert!(
        place.starts_with("/account/sign-in/code?next=%2Faccount%2Fprofile&request="),
        "{place}"
    );
    assert_eq!(place.len(), places[1].len());
    assert!(!place.contains("ana"), "no name enters the address");
    let code = login_code_of(&door.test.mails().await[0]);
    let page = door.page(place, "").await;
    assert!(page.text.contains("Check your mail"), "{}", page.text);
    let (_, after) = page.text.split_once("name=\"device_id\" value=\"").unwrap();
    let request = after.split('"').next().unwrap();
    assert!(page.text.contains("autocomplete=\"one-time-code\""));
    let enter = async |code: &str| {
        let fields = [("device_id", request), ("code", code), ("next", "/account/profile")];
        door.form("/account/fn/sign_in_with_code", &fields, place, "").await
    };
    let wrong = enter("00 00-0x").await;
    assert_eq!(wrong.header("location"), place, "back to the form");
    let page = door.page(place, &wrong.cookies()).await;
    assert!(page.text.contains("<title>Error:"), "{}", page.text);
    assert!(page.text.contains("wrong, has expired"), "{}", page.text);
    assert!(!page.text.contains("00 00-0x"), "the code came back");
    let typed = format!("{}-{}", &code[..3], &code[3..]);
    let right = enter(&typed).await;
    assert_eq!(right.header("location"), "/account/profile");
    assert_eq!(door.page("/account/profile", &right.cookies()).await.status, 200);
    assert_eq!(enter(&code).await.header("location"), place, "used");
}

#[tokio::test]
async fn a_link_shows_a_button_and_signs_in_once() {
    let door = Door::new().await;
    door.user("ana@example.org", None).await;
    door.form(
        "/account/fn/ask_code",
        &[("identifier", "ana@example.org")],
        "/account/sign-in/code",
        "",
    )
    .await;
    let token = token_of(&door.test.mails().await[0].text);
    let link = format!("/account/sign-in/link?token={token}");
    for _ in 0..2 {
        let page = door.page(&link, "").await;
        assert_eq!(page.status, 200);
        assert!(
            page.text
                .contains("action=\"/account/fn/sign_in_with_link\" method=\"post\""),
            "a GET consumed the link: {}",
            page.text
        );
        assert!(page.cookies().is_empty());
    }
    let press = async || {
        let fields = [("token", token.as_str())];
        door.form("/account/fn/sign_in_with_link", &fields, &link, "").await
    };
    let pressed = press().await;
    assert_eq!(pressed.header("location"), "/account");
    assert_eq!(door.page("/account", &pressed.cookies()).await.status, 200);
    let again = press().await;
    assert_eq!(again.header("location"), link);
    let page = door.page(&link, &again.cookies()).await;
    assert!(page.text.contains("Ask for another code"), "{}", page.text);
    let page = door.page("/account/sign-in/link", "").await;
    assert!(page.text.contains("Ask for another code") && !page.text.contains("sign_in_with_link"));
}

#[tokio::test]
async fn nothing_is_offered_where_it_is_switched_off() {
    let door = Door::with(|config| config.login_code.enabled = false).await;
    let page = door.page("/account/sign-in", "").await;
    assert!(!page.text.contains("/account/sign-in/code"));
    let fields = [("identifier", "ana")];
    let asked = door
        .form("/account/fn/ask_code", &fields, "/account/sign-in/code", "")
        .await;
    let page = door.page("/account/sign-in/code", &asked.cookies()).await;
    assert!(page.text.contains("Nobody can sign in by a code here"), "{}", page.text);
}

/// While a fixed code is open every page of the console says so.
#[tokio::test]
async fn the_console_tells_of_fixed_codes() {
    for open in [true, false] {
        let door = Door::with(|config| {
            if open {
                config.testers.entries.push(Tester {
                    who: "qa-team*".to_owned(),
                    code: "424242".into(),
                    until: None,
                });
            }
        })
        .await;
        let admin = door.administrator().await;
        for page in ["/console", "/console/users", "/console/signing-keys"] {
            let page = door.page(page, &admin).await;
            assert_eq!(page.status, 200);
            assert_eq!(page.text.contains("Fixed codes are open."), open);
            assert!(!page.text.contains("424242"));
        }
    }
}

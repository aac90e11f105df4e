//! The console journey as a browser without JavaScript makes it.

use sereno_core::config::Verification;

use crate::door::{Door, PASSWORD, token_of};

#[tokio::test]
async fn from_the_set_up_link_to_a_locked_user() {
    let door = Door::new().await;
    door.user("ana@example.org", Some("ana")).await;
    door.user("bob@example.org", None).await;
    let cookies = door.administrator().await;
    assert_eq!(door.page("/console", &cookies).await.status, 200);
    let list = door.page("/console/users?q=ana", &cookies).await;
    assert!(list.text.contains("ana@example.org"));
    assert!(!list.text.contains("bob@example.org"), "the search does not filter");
    let at = list.text.find("/console/users/0").expect("a link to the user");
    let path = list.text[at..].split(['"', '?']).next().unwrap().to_owned();
    let id = path.rsplit('/').next().unwrap();
    assert!(door.page(&path, &cookies).await.text.contains("ana@example.org"));
    let change = "/console/fn/change_user_state";
    let lock = [("id", id), ("change", "lock")];
    let answer = door.form(change, &lock, &path, &cookies).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    assert!(
        door.page("/console/users?state=locked", &cookies)
            .await
            .text
            .contains("ana@example.org")
    );
    let unlock = [("id", id), ("change", "unlock")];
    let answer = door.form(change, &unlock, &path, &cookies).await;
    assert_eq!(answer.status, 303);
    door.login("ana").await;
}

#[tokio::test]
async fn an_address_that_nobody_confirmed_is_told_and_its_mail_sent_again() {
    let door = Door::with(|config| config.registration.verification = Verification::Optional).await;
    let cookies = door.administrator().await;
    let fields = [("email", "ana@example.org"), ("password", PASSWORD)];
    door.form("/account/fn/register", &fields, "/account/sign-up", "").await;
    assert_eq!(door.test.mails().await.len(), 1);
    let id = door.test.holder_of("ana@example.org").await.to_string();
    let path = format!("/console/users/{id}");
    let page = door.page(&path, &cookies).await;
    for wanted in ["Not confirmed", "Send activation mail again", "Send password reset"] {
        assert!(page.text.contains(wanted), "no {wanted} in {}", page.text);
    }
    let asked = door.page(&format!("{path}?confirm=reset"), &cookies).await;
    assert!(
        asked.text.contains("Nobody has confirmed this address."),
        "{}",
        asked.text
    );
    let answer = door
        .form("/console/fn/send_activation", &[("id", &id)], &path, &cookies)
        .await;
    assert_eq!(answer.header("location"), format!("{path}?done=sent"));
    let mail = door.test.mails().await.pop().unwrap();
    let link = format!("/account/activate?token={}", token_of(&mail.text));
    let token = token_of(&mail.text);
    door.form("/account/fn/activate", &[("token", &token)], &link, "").await;
    let page = door.page(&path, &cookies).await;
    for unwanted in ["Not confirmed", "Send activation mail again"] {
        assert!(!page.text.contains(unwanted), "{unwanted} in {}", page.text);
    }
}

#[tokio::test]
async fn the_set_up_link_works_once() {
    let door = Door::new().await;
    let link = sereno_core::account::setup::link(&door.test.sereno).await.unwrap();
    let token = token_of(&link);
    let fields = [
        ("token", token.as_str()),
        ("email", "admin@example.org"),
        ("password", PASSWORD),
    ];
    let answer = door
        .form("/account/fn/set_up", &fields, &format!("/setup?token={token}"), "")
        .await;
    assert_eq!(door.page("/console", &answer.cookies()).await.status, 200);
    let fields = [
        ("token", token.as_str()),
        ("email", "eve@example.org"),
        ("password", PASSWORD),
    ];
    let answer = door
        .form("/account/fn/set_up", &fields, &format!("/setup?token={token}"), "")
        .await;
    assert!(door.page("/console", &answer.cookies()).await.status.is_redirection());
    assert!(sereno_core::account::setup::link(&door.test.sereno).await.is_err());
}

#[tokio::test]
async fn a_set_up_link_that_does_not_work_opens_a_page_that_says_so() {
    let door = Door::with(|config| config.password.min_length = 11).await;
    let link = sereno_core::account::setup::link(&door.test.sereno).await.unwrap();
    let path = format!("/setup?token={}", token_of(&link));
    for _ in 0..2 {
        let page = door.page(&path, "").await;
        assert_eq!(page.status, 200, "looking consumes nothing");
        assert!(page.text.contains("/account/fn/set_up\"") && page.text.contains("At least 11 characters"));
    }
    let says_so = async |path: &str| {
        let page = door.page(path, "").await;
        assert_eq!(page.status, 400, "{path}");
        assert!(page.text.contains("This set-up link does not work"), "{}", page.text);
        assert!(
            !page.text.contains("/account/fn/set_up\""),
            "there is a form for nothing"
        );
    };
    says_so("/setup?token=wrong").await;
    door.test.advance(std::time::Duration::from_hours(25));
    says_so(&path).await;
    let admin = door.administrator().await;
    says_so(&path).await;
    assert_eq!(door.page("/console", &admin).await.status, 200);
    assert_eq!(door.page("/setup", "").await.status, 200, "a token can be typed");
}

#[tokio::test]
async fn visitors_are_sent_to_sign_in_and_users_are_turned_away() {
    let door = Door::new().await;
    let answer = door.page("/console/users?q=a", "").await;
    assert!(answer.status.is_redirection());
    assert_eq!(
        answer.header("location"),
        "/account/sign-in?next=%2Fconsole%2Fusers%3Fq%3Da"
    );
    door.user("ana@example.org", None).await;
    let fields = [
        ("identifier", "ana@example.org"),
        ("password", PASSWORD),
        ("next", "/console"),
    ];
    let cookies = door
        .form("/account/fn/sign_in", &fields, "/account/sign-in", "")
        .await
        .cookies();
    assert_eq!(door.page("/console/users", &cookies).await.status, 403);
    let answer = door
        .form("/console/fn/list_users", &[], "/console/users", &cookies)
        .await;
    assert!(!answer.text.contains("ana@example.org"), "a user read the list");
}

#[tokio::test]
async fn server_functions_of_the_console_are_closed_to_others() {
    let door = Door::new().await;
    let paths = [
        "staff_profile",
        "overview",
        "list_users",
        "user",
        "change_user_state",
        "set_superuser",
        "send_activation",
        "user_profile",
        "update_user",
        "user_changes",
        "user_sessions",
        "end_user_session",
        "end_user_sessions",
        "list_attributes",
        "declare_attribute",
        "withdraw_attribute",
        "list_events",
        "event_kinds",
        "event",
        "list_devices",
        "device",
        "rename_device",
        "remove_device",
        "list_applications",
        "application",
        "preview_claims",
        "create_application",
        "update_application",
        "enable_application",
        "delete_application",
        "create_client_secret",
        "delete_client_secret",
        "list_signing_keys",
        "create_signing_key",
        "activate_signing_key",
        "delete_signing_key",
    ];
    for path in paths.map(|name| format!("/console/fn/{name}")) {
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("accept", "application/json"),
        ];
        let answer = door
            .send(crate::door::request("POST", &path, &headers, axum::body::Body::empty()))
            .await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (401, "authentication_required"),
            "{path}"
        );
    }
}

//! Passwords and addresses on the pages, as a browser without JavaScript uses them.

use crate::door::{Door, PASSWORD, token_of};

const NEW: &str = "lanterns in the rain";

async fn signed_in(door: &Door) -> String {
    door.user("ana@example.org", Some("ana")).await;
    sign_in(door, PASSWORD).await
}

async fn sign_in(door: &Door, password: &str) -> String {
    let fields = [("identifier", "ana"), ("password", password), ("next", "/account")];
    let answer = door.form("/account/fn/sign_in", &fields, "/account/sign-in", "").await;
    assert_eq!(answer.header("location"), "/account");
    answer.cookies()
}

#[tokio::test]
async fn a_forgotten_password_is_set_anew_without_javascript() {
    let door = Door::new().await;
    let cookies = signed_in(&door).await;
    let page = door.page("/account/sign-in", "").await;
    assert!(page.text.contains("href=\"/account/forgot-password\""));
    for identifier in ["ana@example.org", "nobody@example.org"] {
        let fields = [("identifier", identifier)];
        let answer = door
            .form("/account/fn/forgot_password", &fields, "/account/forgot-password", "")
            .await;
        assert_eq!(answer.status, 303);
        assert_eq!(answer.header("location"), "/account/forgot-password?done=sent");
    }
    assert!(
        door.page("/account/forgot-password?done=sent", "")
            .await
            .text
            .contains("Check your mail")
    );
    let mail = door.test.mails().await.remove(0);
    let token = token_of(&mail.text);
    let link = format!("/account/reset-password?token={token}");
    for _ in 0..2 {
        let page = door.page(&link, "").await;
        assert!(
            page.text.contains("/account/fn/reset_password"),
            "a GET consumed the link"
        );
        assert!(page.text.contains("At least 8 characters"));
        assert_eq!(page.header("referrer-policy"), "same-origin");
        assert_eq!(page.header("cache-control"), "no-store");
    }
    let reset = async |password: &str| {
        let fields = [("token", token.as_str()), ("password", password)];
        door.form("/account/fn/reset_password", &fields, &link, "").await
    };
    let weak = reset("1234").await;
    assert_eq!(weak.header("location"), link, "back to the link");
    let page = door.page(&link, &weak.cookies()).await;
    assert!(page.text.contains("<title>Error:") && page.text.contains("too short"));
    assert!(!page.text.contains("1234\""), "the password came back");
    assert_eq!(reset(NEW).await.header("location"), "/account/sign-in?done=reset");
    let page = door.page("/account/sign-in?done=reset", "").await;
    assert!(page.text.contains("Your new password is set"));
    assert!(door.page("/account", &cookies).await.status.is_redirection());
    let spent = reset(NEW).await;
    let page = door.page(&link, &spent.cookies()).await;
    assert!(page.text.contains("Ask for another link"), "{}", page.text);
    sign_in(&door, NEW).await;
}

#[tokio::test]
async fn without_the_links_token_the_mails_code_is_typed() {
    let door = Door::new().await;
    for (path, wanted) in [
        ("/account/reset-password", "Ask for another link"),
        ("/account/confirm-email", "Go to your account"),
    ] {
        let page = door.page(path, "").await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains(wanted) && page.text.contains("name=\"code\""));
    }
    let cookies = signed_in(&door).await;
    let asked = door
        .form(
            "/account/fn/forgot_password",
            &[("identifier", "ana@example.org")],
            "/account/forgot-password",
            "",
        )
        .await;
    assert!(asked.status.is_redirection());
    let code = crate::door::code_of(&door.test.mails().await.pop().unwrap().text);
    let path = "/account/reset-password";
    let typed = async |code: &str| {
        let fields = [("identifier", "ana@example.org"), ("code", code), ("password", NEW)];
        door.form("/account/fn/reset_password", &fields, path, "").await
    };
    let wrong = typed("0000-0000").await;
    assert_eq!(wrong.header("location"), path);
    let page = door.page(path, &wrong.cookies()).await.text;
    assert!(
        page.contains("value=\"ana@example.org\"") && !page.contains("0000-0000"),
        "{page}"
    );
    assert_eq!(typed(&code).await.header("location"), "/account/sign-in?done=reset");
    assert!(door.page("/account", &cookies).await.status.is_redirection());
    sign_in(&door, NEW).await;
}

#[tokio::test]
async fn the_account_page_changes_the_password_without_javascript() {
    let door = Door::new().await;
    let cookies = signed_in(&door).await;
    let other = sign_in(&door, PASSWORD).await;
    let change = async |old: &str, new: &str| {
        let fields = [("old_password", old), ("new_password", new)];
        door.form("/account/fn/change_password", &fields, "/account", &cookies)
            .await
    };
    let wrong = change("not the present one", NEW).await;
    assert_eq!(wrong.header("location"), "/account");
    let page = door.page("/account", &cookies).await;
    assert!(page.text.contains("<title>Error:"), "{}", page.text);
    assert!(page.text.contains("id=\"old_password-error\""), "beside the field, too");
    assert!(!page.text.contains("not the present one") && !page.text.contains(NEW));
    assert_eq!(change(PASSWORD, NEW).await.header("location"), "/account?done=password");
    let page = door.page("/account?done=password", &cookies).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("Your password is changed"));
    assert!(door.page("/account", &other).await.status.is_redirection());
    let nobody = door
        .form(
            "/account/fn/change_password",
            &[("old_password", NEW), ("new_password", PASSWORD)],
            "/account",
            "",
        )
        .await;
    assert!(
        nobody.status.is_redirection() || nobody.status == 401,
        "{}",
        nobody.status
    );
    sign_in(&door, NEW).await;
}

#[tokio::test]
async fn the_account_page_changes_the_address_without_javascript() {
    let door = Door::new().await;
    let cookies = signed_in(&door).await;
    let fields = [("email", "ana@example.net"), ("password", "")];
    let answer = door
        .form("/account/fn/change_email", &fields, "/account", &cookies)
        .await;
    assert_eq!(answer.header("location"), "/account?done=email");
    let mails = door.test.mails().await;
    let mail = mails.iter().find(|mail| mail.recipient == "ana@example.net").unwrap();
    let token = token_of(&mail.text);
    let link = format!("/account/confirm-email?token={token}");
    for _ in 0..2 {
        let page = door.page(&link, "").await;
        assert!(
            page.text.contains("/account/fn/confirm_email"),
            "a GET consumed the link"
        );
        assert_eq!(page.header("referrer-policy"), "same-origin");
    }
    let fields = [("token", token.as_str())];
    let answer = door.form("/account/fn/confirm_email", &fields, &link, "").await;
    assert_eq!(answer.header("location"), "/account/confirm-email?done=confirmed");
    let page = door.page("/account/confirm-email?done=confirmed", "").await;
    assert!(page.text.contains("Your e-mail address is changed"));
    assert!(door.page("/account", &cookies).await.text.contains("ana@example.net"));
    let spent = door.form("/account/fn/confirm_email", &fields, &link, "").await;
    let page = door.page(&link, &spent.cookies()).await;
    assert!(page.text.contains("This link has been used"));
    // an hour later the password is needed
    door.test.advance(std::time::Duration::from_hours(1));
    let fields = [("email", "ana@example.com"), ("password", "")];
    door.form("/account/fn/change_email", &fields, "/account", &cookies)
        .await;
    let page = door.page("/account", &cookies).await;
    assert!(page.text.contains("You signed in a while ago"));
    assert!(
        page.text.contains("value=\"ana@example.com\""),
        "what was typed is kept"
    );
}

#[tokio::test]
async fn an_address_that_was_taken_meanwhile_is_told_on_the_page() {
    let door = Door::new().await;
    let cookies = signed_in(&door).await;
    let fields = [("email", "bea@example.org"), ("password", "")];
    door.form("/account/fn/change_email", &fields, "/account", &cookies)
        .await;
    let mails = door.test.mails().await;
    let mail = mails.iter().find(|mail| mail.recipient == "bea@example.org").unwrap();
    door.user("bea@example.org", None).await;
    let token = token_of(&mail.text);
    let link = format!("/account/confirm-email?token={token}");
    let refused = door
        .form("/account/fn/confirm_email", &[("token", &token)], &link, "")
        .await;
    let page = door.page(&link, &refused.cookies()).await;
    assert!(page.text.contains("Another account has this e-mail address"));
    let again = door
        .post("/api/v1/me/email/confirm", &serde_json::json!({"token": token}), &[])
        .await;
    assert_eq!((again.status.as_u16(), again.code().as_str()), (422, "email_unique"));
}

#[tokio::test]
async fn staff_sends_the_link_from_the_users_page_after_a_question() {
    let door = Door::new().await;
    let admin = door.administrator().await;
    door.user("ana@example.org", None).await;
    let id = door.test.holder_of("ana@example.org").await.to_string();
    let page = format!("/console/users/{id}");
    let shown = door.page(&page, &admin).await;
    assert!(shown.text.contains(&format!("{page}?confirm=reset")));
    let asked = door.page(&format!("{page}?confirm=reset"), &admin).await;
    assert!(asked.text.contains("Send a link to set a new password?"));
    assert!(!asked.text.contains("type=\"password\""), "staff chooses no password");
    let answer = door
        .form("/console/fn/send_password_reset", &[("id", &id)], &page, &admin)
        .await;
    assert_eq!(answer.header("location"), format!("{page}?done=reset"));
    let mail = door.test.mails().await.remove(0);
    assert!(mail.recipient == "ana@example.org" && mail.text.contains("reset-password?token="));
}
